"""Deciding about a report: open a case, join one, signpost, no further action, withdraw. Each once, each with a reason.

What follows for the promises and the risk is read in `sentinel/reactions.py` under ReportTriaged.
"""

from datetime import timedelta

from sqlalchemy import select

from config import agreed
from config.agreed.catalogue import Choice
from sentinel.access.models import Team, User
from sentinel.cases import states
from sentinel.cases.closure import open_again, reopen
from sentinel.cases.events import ClosingTakenBack, ReportTriaged
from sentinel.cases.models import Case, CaseDetail, CaseGrant, Handover, Report
from sentinel.cases.service import CASEWORK, hold, refuse_outsiders, refuse_strangers, set_level
from sentinel.cases.timeline import tell
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotAllowed, Refused
from sentinel.core.events import publish
from sentinel.core.viewer import tell_again

OTHER = "other"
NAMED_FOR_DAYS = 3_650
TITLE_LIMIT = 200


def reasons(outcome: str) -> tuple[Choice, ...]:
    """The reasons the partnership agreed for an outcome of triage, or for withdrawing."""
    outcomes = agreed.current().outcomes
    return outcomes.withdrawn if outcome == "withdrawn" else outcomes.reasons(outcome)


def because(choices: tuple[Choice, ...], reason: str, words: str) -> str:
    """The reason as it is kept. Refuses a reason that is not one of `choices`, and "something else" without words."""
    chosen = next((choice for choice in choices if choice.key == reason), None)
    if chosen is None:
        raise Refused("Choose a reason.", field="reason")
    words = words.strip()
    if chosen.key == OTHER:
        if not words:
            raise Refused("Say in a sentence why.", field="words")
        return words
    return f"{chosen.text}. {words}" if words else chosen.text


def title_of(report: Report) -> str:
    """What a case opened from this report is called: what and where, no names (the headline is widely seen)."""
    known = {category.key: category.name for category in agreed.current().categories.category}
    what = known.get(report.category or "", "Anti-social behaviour")
    where = report.place.address if report.place else ""
    return (f"{what}, {where}" if where else what)[:TITLE_LIMIT]


def open_case(
    *, actor: User, report: Report, officer: User, reason: str, words: str = "", title: str = "", version: int | None = None
) -> Case:
    """Open a case from a report. It keeps the report's number; its parties stand on the case from now on.

    Refuses a report already decided or offered to another partner, an officer outside the team, and no reason.
    """
    why = _ready(report, actor, "opened", reason, words, version)
    team = report.team or casework_team(actor)
    refuse_outsiders(officer, team)
    case = _new_case(report, team, officer, title.strip() or title_of(report))
    if report.restricted:
        _name_on(case, actor, officer)
        case.restricted = True
    _decide(report, "opened", actor, why, case)
    _carry(report, case)
    tell(kind="triage", title=f"Case opened for {officer.name}", body=why, case=case, report=report, actor=actor)
    publish(ReportTriaged(report, "opened", why, actor))
    return case


def join_case(*, actor: User, report: Report, case: Case, reason: str, words: str = "", version: int | None = None) -> Case:
    """Join a report to a case of the same partner: its parties and their promises go with it, its number leads there.

    Nobody is merged: a person joined twice stays two parties. A case proposed for closing is open again. Refuses a closed
    case, another partner's, and a restricted report on a case that is not.
    """
    why = _ready(report, actor, "joined", reason, words, version)
    hold(case)
    _refuse_unfit(report, case)
    _decide(report, "joined", actor, why, case)
    _carry(report, case)
    tell(kind="triage", title=f"Report {report.reference} joined to this case", body=why, case=case, report=report, actor=actor)
    if case.state == "closure_proposed":
        open_again(case)
        tell(kind="closure", title="Closing taken back: a new report came in", case=case, actor=actor)
        publish(ClosingTakenBack(case, actor))
    publish(ReportTriaged(report, "joined", why, actor))
    return case


def reopen_and_join(*, actor: User, report: Report, case: Case, reason: str, words: str = "", version: int | None = None) -> Case:
    """A new report about the same matter as a closed case: opens that again and joins the report to it, or does neither.

    Keeps every rule of `closure.reopen` and `join_case`. Refuses another partner's case: the report is offered to them. A case
    that somebody opened again meanwhile is joined (rules.md, Closure).
    """
    why = _ready(report, actor, "joined", reason, words, version)
    hold(case)
    _refuse_strange(report, case, then="they can open it again", field="closed_case")
    if case.state == "closed":
        reopen(actor=actor, case=case, reason=f"New report {report.reference} about the same matter. {why}")
    return join_case(actor=actor, report=report, case=case, reason=reason, words=words)


def signpost(*, actor: User, report: Report, where_to: str, reason: str, words: str = "", version: int | None = None) -> Report:
    """Say who deals with it instead. Refuses a report already decided, and no reason or place to go."""
    why = _ready(report, actor, "signposted", reason, words, version)
    if not where_to.strip():
        raise Refused("Say who will deal with it, such as Leicestershire Police.", field="where_to")
    return _end(report, actor, "signposted", f"Signposted to {where_to.strip()}", why)


def take_no_further_action(*, actor: User, report: Report, reason: str, words: str = "", version: int | None = None) -> Report:
    """Decide that nothing more is done. Refuses a report already decided, and no reason."""
    why = _ready(report, actor, "no_further_action", reason, words, version)
    return _end(report, actor, "no_further_action", "No further action", why)


def withdraw(*, actor: User, report: Report, reason: str, words: str = "", version: int | None = None) -> Report:
    """Withdraw a report; it stays on record with the reason. Refuses a report already decided, and no reason."""
    why = _ready(report, actor, "withdrawn", reason, words, version)
    return _end(report, actor, "withdrawn", "Report withdrawn", why)


def casework_team(actor: User) -> Team:
    """The team this person works cases in; the first by name when there are several."""
    own = sorted((held.team for held in actor.holdings if held.role in CASEWORK), key=lambda team: team.name)
    if not own:
        raise NotAllowed("Only practitioners and supervisors decide about reports.")
    return own[0]


def _ready(report: Report, actor: User, outcome: str, reason: str, words: str, version: int | None) -> str:
    hold(report, version)
    refuse_strangers(actor, report.owner_partner_id)
    states.move_report(report.state, outcome)
    offered = db.session.scalar(select(Handover).where(Handover.report_id == report.id, Handover.state == "offered"))
    if offered:
        raise Refused(f"This report is offered to {offered.to_team.name}. Take the offer back first, or wait for their answer.")
    return because(reasons(outcome), reason, words)


def _decide(report: Report, outcome: str, actor: User, why: str, case: Case | None = None) -> None:
    report.detail.triage_reason = why
    report.case_id = case.id if case else None
    report.state = outcome
    report.triaged_at = clock.now()
    report.triaged_by = actor.id
    report.unrouted = False


def _end(report: Report, actor: User, outcome: str, title: str, why: str) -> Report:
    _decide(report, outcome, actor, why)
    tell(kind="triage", title=title, body=why, report=report, actor=actor)
    publish(ReportTriaged(report, outcome, why, actor))
    return report


def _new_case(report: Report, team: Team, officer: User, title: str) -> Case:
    case = Case(
        id=new_id(),
        reference=report.reference,
        title=title[:TITLE_LIMIT],
        state="open",
        level=report.level,
        categories=[report.category] if report.category else [],
        national_type=report.national_type,
        owner_partner_id=team.partner_id,
        team_id=team.id,
        officer_id=officer.id,
        place_id=report.place_id,
        opened_at=clock.now(),
    )
    db.session.add(case)
    db.session.flush()
    db.session.add(CaseDetail(case_id=case.id, summary=report.detail.what_happened))
    return case


def _carry(report: Report, case: Case) -> None:
    for party in report.parties:
        party.case_id = case.id
        party.detail.case_id = case.id
    report.owner_partner_id = case.owner_partner_id
    report.team_id = case.team_id
    report.restricted = case.restricted
    if report.category and report.category not in case.categories:
        case.categories = [*case.categories, report.category]
    set_level(case)
    db.session.flush()
    db.session.expire(case, ["reports", "parties"])
    db.session.expire(report, ["case", "team"])


def _refuse_unfit(report: Report, case: Case) -> None:
    if case.state == "closed":
        raise Refused(f"Case {case.reference} is closed. Reopen it first, or open a case for this report.", field="reference")
    states.refuse_unless_live(case.state)
    _refuse_strange(report, case, then="they can join it")
    if report.restricted and not case.restricted:
        raise Refused("This report is restricted and that case is not. Open a case of its own for it.", field="reference")


def _refuse_strange(report: Report, case: Case, *, then: str, field: str = "reference") -> None:
    if case.owner_partner_id != report.owner_partner_id:
        whose = f"Case {case.reference} belongs to {case.owner.name}"
        raise Refused(f"{whose}: offer this report to {case.team.name}, and {then}.", field=field)


def _name_on(case: Case, *people: User) -> None:
    """A restricted case is seen by the people named on it and nobody else."""
    moment = clock.now()
    for person in {one.id: one for one in people}.values():
        db.session.add(
            CaseGrant(
                case_id=case.id,
                grantee=person.id,
                level="named",
                until=moment + timedelta(days=NAMED_FOR_DAYS),
                reason="Opened from a restricted report",
                granted_by=people[0].id,
                granted_at=moment,
            )
        )
    tell_again(db.session())
