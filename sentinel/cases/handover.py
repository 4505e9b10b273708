"""Handing a report or a case to another team: offered, then accepted or declined. Until accepted, the giver owns it."""

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload

from config import agreed
from sentinel.access import queries as people_of
from sentinel.access.models import Team, User
from sentinel.cases import states
from sentinel.cases.closure import open_again
from sentinel.cases.events import ClosingTakenBack, HandedOver
from sentinel.cases.models import Case, Handover, Report
from sentinel.cases.named import keeps_the_list, named_on, refuse_unless_named, teams_of_named
from sentinel.cases.queries import may_see_headline
from sentinel.cases.service import CASEWORK, hold, refuse_outsiders, refuse_strangers
from sentinel.cases.timeline import tell
from sentinel.cases.triage import because
from sentinel.core import clock
from sentinel.core.db import db, lock
from sentinel.core.errors import NotAllowed, Refused
from sentinel.core.events import publish
from sentinel.core.viewer import Viewer


def teams_to_offer(owner_team: Team | None) -> list[Team]:
    """Teams that could accept: they have practitioners or supervisors, and their partner a current agreement."""
    return [team for team in people_of.teams() if _could_accept(team) and (owner_team is None or team.id != owner_team.id)]


def offered_to(viewer: Viewer) -> list[Handover]:
    """What waits for an answer of the viewer's teams, oldest first."""
    return _offers(viewer, Handover.to_team_id.in_(_casework_teams(viewer)))


def offered_by(viewer: Viewer) -> list[Handover]:
    """What the viewer's teams have offered and nobody has answered, oldest first."""
    return _offers(viewer, Handover.from_team_id.in_(_casework_teams(viewer)))


def open_offer(record: Report | Case) -> Handover | None:
    """The unanswered offer of a report or case."""
    same = Handover.case_id == record.id if isinstance(record, Case) else Handover.report_id == record.id
    return db.session.scalar(select(Handover).where(same, Handover.state == "offered"))


def offer(
    *, actor: User, to_team: Team, reason: str, report: Report | None = None, case: Case | None = None, version: int | None = None
) -> Handover:
    """Offer a report or a case to another team. Nothing moves until they accept: owner, officer and promises stay.

    Refuses the team that has it, a team that could not accept, no reason, a second offer, a decided report, a closed case, and
    for a restricted case a team in which nobody is named on it, or no supervisor: the list goes with the case.
    """
    record = _one(report, case)
    hold(record, version)
    refuse_strangers(actor, record.owner_partner_id)
    _refuse_unless_here(record)
    if open_offer(record):
        raise Refused("This is offered already. Take that offer back first.")
    if record.team is None:
        raise Refused("No team has this report yet: the partnership's governance gives it to one.")
    if to_team.id not in {team.id for team in teams_to_offer(record.team)}:
        raise Refused("Choose another team that works cases and whose partner has a current agreement.", field="team")
    if case and case.restricted:
        _refuse_unless_named_there(case, to_team)
    if not reason.strip():
        raise Refused("Say why it is theirs: they decide by it.", field="reason")
    made = Handover(
        report_id=report.id if report else None,
        case_id=case.id if case else None,
        from_team_id=record.team.id,
        to_team_id=to_team.id,
        reason=reason.strip(),
        offered_by=actor.id,
        offered_at=clock.now(),
    )
    db.session.add(made)
    tell(kind="handover", title=f"Offered to {to_team.name}", body=made.reason, report=report, case=case, actor=actor)
    return made


def accept(*, actor: User, handover: Handover, officer: User | None = None) -> Handover:
    """Accept an offer: the owner, the team and the officer change, and the promises are the new team's to keep.

    A proposal of the giver's to close the case ends: nobody signs for another partner. Refuses somebody outside the team it was
    offered to, an offer already answered, an officer of another team, and for a restricted case an officer who is not named on it.
    """
    record = _answerable(actor, handover)
    officer = officer or actor
    refuse_outsiders(officer, handover.to_team)
    if handover.case:
        refuse_unless_named(officer, handover.case)
    from_team, to_team = handover.from_team, handover.to_team
    _answer(handover, actor, "accepted", None)
    _move(record, to_team, officer)
    title = f"Handed over from {from_team.name} to {to_team.name}"
    body = f"{officer.name} is the officer now." if handover.case else None
    tell(kind="handover", title=title, body=body, report=handover.report, case=handover.case, actor=actor)
    if handover.case and handover.case.state == "closure_proposed":
        open_again(handover.case)
        tell(kind="closure", title="Closing taken back: the new owner decides afresh", case=handover.case, actor=actor)
        publish(ClosingTakenBack(handover.case, actor))
    publish(HandedOver(handover.report, handover.case, from_team, to_team, actor))
    return handover


def decline(*, actor: User, handover: Handover, reason: str, words: str = "") -> Handover:
    """Decline an offer, with a reason. It stays where it is. Refuses what `accept` refuses."""
    _answerable(actor, handover)
    why = because(agreed.current().outcomes.handover_declined, reason, words)
    _answer(handover, actor, "declined", why)
    tell(kind="handover", title=f"{handover.to_team.name} declined", body=why, report=handover.report, case=handover.case, actor=actor)
    return handover


def take_back(*, actor: User, handover: Handover) -> Handover:
    """Take back an offer nobody has answered. Refuses anybody but the giver's practitioners and supervisors."""
    _hold_open(handover)
    if not _works_in(actor, handover.from_team):
        raise NotAllowed("Only the team that offered it can take the offer back.")
    _answer(handover, actor, "withdrawn", None)
    title = f"Offer to {handover.to_team.name} taken back"
    tell(kind="handover", title=title, report=handover.report, case=handover.case, actor=actor)
    return handover


def route(*, actor: User, report: Report, team: Team, reason: str, version: int | None = None) -> Report:
    """Governance gives a report nobody owns to a team. Refuses one that has a team, and a team that works no cases."""
    hold(report, version)
    if not any(held.role == "governance" for held in actor.holdings):
        raise NotAllowed("Only the partnership's governance gives out reports that found no team.")
    states.move_report(report.state, "opened")
    if not report.unrouted:
        raise Refused(f"This report has a team already: {report.team.name if report.team else 'its own'}.")
    if not _could_accept(team):
        raise Refused("Choose a team that works cases and whose partner has a current agreement.", field="team")
    if not reason.strip():
        raise Refused("Say why it is theirs.", field="reason")
    before = report.team
    _move(report, team, None)
    report.unrouted = False
    tell(kind="handover", title=f"Given to {team.name}", body=reason.strip(), report=report, actor=actor)
    publish(HandedOver(report, None, before, team, actor))
    return report


def _could_accept(team: Team) -> bool:
    until = team.partner.agreement_until
    return until is not None and until >= clock.today() and bool(people_of.officers(team.id))


def _casework_teams(viewer: Viewer) -> list[object]:
    return [team_id for role, team_id in viewer.roles_by_team if role in CASEWORK]


def _offers(viewer: Viewer, condition: ColumnElement[bool]) -> list[Handover]:
    """Of restricted cases only where the viewer is named on them; a report offered is unrestricted or its giver's own."""
    cases = select(Case.id).where(or_(Case.restricted.is_(False), may_see_headline(viewer)))
    known = or_(Handover.case_id.is_(None), Handover.case_id.in_(cases))
    return list(
        db.session.scalars(
            select(Handover)
            .where(Handover.state == "offered", condition, known)
            .order_by(Handover.offered_at, Handover.id)
            .options(joinedload(Handover.report), joinedload(Handover.case), joinedload(Handover.to_team), joinedload(Handover.from_team))
        )
    )


def _one(report: Report | None, case: Case | None) -> Report | Case:
    if report is not None and case is None:
        return report
    assert case is not None and report is None, "offer one report or one case"
    return case


def _refuse_unless_here(record: Report | Case) -> None:
    if isinstance(record, Case):
        states.refuse_unless_live(record.state)
    else:
        states.move_report(record.state, "opened")


def _hold_open(handover: Handover) -> None:
    lock(handover)
    if handover.state != "offered":
        raise Refused(f"This offer was {handover.state} already. Reload the page to see by whom.")


def _answerable(actor: User, handover: Handover) -> Report | Case:
    _hold_open(handover)
    if not _works_in(actor, handover.to_team):
        raise NotAllowed(f"Only practitioners and supervisors of {handover.to_team.name} can answer this.")
    record = handover.report or handover.case
    assert record is not None
    hold(record)
    return record


def _refuse_unless_named_there(case: Case, team: Team) -> None:
    """Nobody else could see the offer, and without a supervisor of theirs nobody could ever change the list again."""
    if team.id not in teams_of_named(case):
        raise Refused(f"Nobody of {team.name} is named on this restricted case. Name somebody of theirs on it first.", field="team")
    if not any(keeps_the_list(one.user, team.partner_id) for one in named_on(case)):
        raise Refused(f"No supervisor of {team.partner.name} is named on this restricted case. Name one on it first.", field="team")


def _works_in(actor: User, team: Team) -> bool:
    return any(held.team_id == team.id and held.role in CASEWORK for held in actor.holdings)


def _answer(handover: Handover, actor: User, state: str, words: str | None) -> None:
    handover.state = state
    handover.answered_by = actor.id
    handover.answered_at = clock.now()
    handover.answer = words
    db.session.flush()


def _move(record: Report | Case, team: Team, officer: User | None) -> None:
    """The reports of a case go with it: who owns the one owns the others."""
    for one in (record, *(record.reports if isinstance(record, Case) else ())):
        one.owner_partner_id = team.partner_id
        one.team_id = team.id
    if isinstance(record, Case):
        record.officer_id = officer.id if officer else None
    db.session.flush()
    db.session.expire(record, ["team", "owner"])
    if isinstance(record, Case):
        db.session.expire(record, ["officer"])
