"""Verbs on a case: notes, its officer, who else sees it. What every other verb of this room stands on."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from sentinel.access import queries as people_of
from sentinel.access.models import Partner, RoleHeld, Team, User
from sentinel.cases import states
from sentinel.cases.events import OfficerChanged
from sentinel.cases.models import Case, CaseEvent, CaseGrant, Party, Report
from sentinel.cases.named import refuse_unless_named
from sentinel.cases.timeline import tell
from sentinel.core import clock
from sentinel.core.db import db, lock
from sentinel.core.errors import NotAllowed, Refused, Stale
from sentinel.core.events import publish
from sentinel.core.words import day

CASEWORK = ("practitioner", "supervisor")
FULL_VIEW_DAYS = 28
Pairs = list[tuple[str, str]]
STALE = "{} changed this while you had it open. Nothing of yours was saved. Compare the two, then save what should stand."


def hold(record: Case | Report, version: int | None = None) -> None:
    """Lock a case or report until this transaction ends, as it is now.

    Raises Stale, with how it stands now, when `version` is not the one its editor had before them.
    """
    lock(record)
    if version is not None and record.version != version:
        raise Stale(STALE.format(_last_hand(record)), yours=[], theirs=standing(record), version=record.version)


def standing(record: Case | Report) -> Pairs:
    """How a case or report stands now, as (label, words)."""
    if isinstance(record, Case):
        officer = record.officer.name if record.officer else "Nobody yet"
        return [("State", states.CASE_WORDS[record.state].capitalize()), ("Officer", officer), ("Team", record.team.name)]
    return [("State", states.REPORT_WORDS[record.state].capitalize()), ("Team", record.team.name if record.team else "None yet")]


def _last_hand(record: Case | Report) -> str:
    mine = CaseEvent.case_id == record.id if isinstance(record, Case) else CaseEvent.report_id == record.id
    return db.session.scalar(select(CaseEvent.actor_name).where(mine).order_by(CaseEvent.id.desc()).limit(1)) or "Somebody"


def works_for(actor: User, partner_id: UUID) -> bool:
    """Is this person a practitioner or supervisor of the partner?"""
    return any(held.role in CASEWORK and held.team.partner_id == partner_id for held in actor.holdings)


def refuse_strangers(actor: User, owner_partner_id: UUID) -> None:
    """Only practitioners and supervisors of the owning partner decide about its reports and cases."""
    if not works_for(actor, owner_partner_id):
        raise NotAllowed("Only practitioners and supervisors of the partner that owns this can do that.")


def workers_on(case: Case) -> list[User]:
    """Practitioners and supervisors who see this case in full, by name: those who may be given an action on it."""
    granted = select(CaseGrant.grantee).where(CaseGrant.case_id == case.id, CaseGrant.level != "headline", CaseGrant.until > clock.now())
    everybody = or_(Team.partner_id == case.owner_partner_id, Team.id.in_(granted), Team.partner_id.in_(granted), User.id.in_(granted))
    named = User.id.in_(granted.where(CaseGrant.level == "named"))
    return list(
        db.session.scalars(
            select(User)
            .join(RoleHeld, RoleHeld.user_id == User.id)
            .join(Team, Team.id == RoleHeld.team_id)
            .where(RoleHeld.role.in_(CASEWORK), User.disabled_at.is_(None), named if case.restricted else everybody)
            .distinct()
            .order_by(User.name)
            .options(selectinload(User.partner))
        )
    )


def set_level(case: Case) -> None:
    """Make the case's level that of its victim at highest risk (rules.md, "Risk")."""
    db.session.flush()
    levels = db.session.scalars(select(Party.level).where(Party.case_id == case.id, Party.role == "victim")).all()
    case.level = states.highest(levels)


def add_note(*, actor: User, case: Case, text: str, happened_at: datetime | None = None) -> None:
    """Write a note on the story. Refuses one that says nothing and one dated in the future. A closed case takes notes too."""
    if not text.strip():
        raise Refused("Write the note in a sentence.", field="note")
    if happened_at and happened_at > clock.now():
        raise Refused("That is still to come. Enter when it happened.", field="happened_at")
    tell(kind="note", title="Note", body=text.strip(), case=case, actor=actor, happened_at=happened_at)


def move_to_officer(*, actor: User, case: Case, officer: User, reason: str, version: int | None = None) -> Case:
    """Give the case to another officer of its team. Its promises stay as they are and become the new officer's to keep.

    Refuses a closed case, somebody outside the team or not named on a restricted case, the officer who has it already, and no
    reason. Recorded on the story. Where somebody had it before, its victims are told (OfficerChanged in `sentinel/reactions.py`).
    """
    hold(case, version)
    refuse_strangers(actor, case.owner_partner_id)
    states.refuse_unless_live(case.state)
    if officer.id == case.officer_id:
        raise Refused(f"{officer.name} has this case already. Choose somebody else.", field="officer")
    refuse_outsiders(officer, case.team)
    refuse_unless_named(officer, case)
    if not reason.strip():
        raise Refused("Say why the case moves: the next officer reads it first.", field="reason")
    before = case.officer
    case.officer_id = officer.id
    db.session.flush()
    db.session.refresh(case, ["officer"])
    title = f"Moved from {before.name} to {officer.name}" if before else f"Given to {officer.name}"
    tell(kind="officer", title=title, body=reason.strip(), case=case, actor=actor)
    if before:
        publish(OfficerChanged(case, before, actor))
    return case


def record_safeguarding(*, actor: User, report: Report, done_by: str) -> None:
    """Record who made the safeguarding referral that a report asked for, now. Refuses one that asked for none, or has its answer."""
    refuse_strangers(actor, report.owner_partner_id)
    detail = report.detail
    if detail.safeguarding != "yes" or detail.safeguarding_done_at:
        raise Refused("This report is not waiting for a safeguarding referral.")
    if not done_by.strip():
        raise Refused("Say who made the referral, and to whom.", field="done_by")
    detail.safeguarding_done_by, detail.safeguarding_done_at = done_by.strip()[:200], clock.now()
    tell(kind="safeguarding", title=f"Safeguarding referral made: {detail.safeguarding_done_by}", report=report, actor=actor)


def refuse_outsiders(officer: User, team: Team, *, field: str = "officer") -> None:
    """The officer of a case is a practitioner or supervisor of its team who may sign in."""
    if officer.id not in {one.id for one in people_of.officers(team.id)}:
        raise Refused(f"{officer.name} is not a practitioner or supervisor of {team.name}. Choose one who is.", field=field)


def share_case(*, actor: User, case: Case, grantee: Team, level: str = "full", reason: str, until: datetime | None = None) -> CaseGrant:
    """Show the case to another team, 28 days unless said otherwise. A later share of the same team replaces the earlier.

    Refuses a restricted case (named people only) and a share without a reason. Recorded on the story.
    """
    refuse_strangers(actor, case.owner_partner_id)
    grant = _grant(actor=actor, case=case, team=grantee, level=level, reason=reason, until=until)
    tell(kind="share", title=f"Shared with {grantee.name}{_until(grant)}", body=reason.strip(), case=case, actor=actor)
    return grant


def ask_for_full(*, actor: User, case: Case, team: Team, reason: str) -> CaseGrant:
    """Open the full view for the asker's team, at once, for 28 days; the owner reads why on the story and may end it.

    Refuses a restricted case, a team the asker is not a practitioner or supervisor of, and no reason (rules.md, Who sees what).
    """
    if not any(held.team_id == team.id and held.role in CASEWORK for held in actor.holdings):
        raise NotAllowed("Only practitioners and supervisors may open the full view, for a team of their own.")
    grant = _grant(actor=actor, case=case, team=team, level="full", reason=reason)
    title = f"{actor.name} opened the full view for {team.name}{_until(grant)}"
    tell(kind="share", title=title, body=reason.strip(), case=case, actor=actor)
    return grant


def end_share(*, actor: User, case: Case, grant: CaseGrant, reason: str) -> None:
    """End a share at once. Only the owner does; recorded on the story with the reason."""
    refuse_strangers(actor, case.owner_partner_id)
    if grant.case_id != case.id or grant.until <= clock.now():
        raise Refused("That share has ended already.")
    if not reason.strip():
        raise Refused("Say why they no longer need to see the case.", field="reason")
    grant.until = clock.now()
    name = names_of([grant])[grant.grantee]
    tell(kind="share", title=f"No longer shared with {name}", body=reason.strip(), case=case, actor=actor)


def let_stand(*, actor: User, case: Case, grant: CaseGrant) -> None:
    """The owner has read why somebody of another partner opened the full view, and lets it stand until it ends by itself.

    Refuses anybody but the owner's practitioners and supervisors, and a share that has ended or was answered.
    """
    refuse_strangers(actor, case.owner_partner_id)
    if grant.case_id != case.id or grant.until <= clock.now():
        raise Refused("That share has ended already.")
    if grant.answered_at:
        raise Refused("Somebody has answered that already.")
    grant.answered_by, grant.answered_at = actor.id, clock.now()
    tell(kind="share", title=f"The full view of {names_of([grant])[grant.grantee]} may stand", case=case, actor=actor)


def names_of(grants: Iterable[CaseGrant]) -> dict[UUID, str]:
    """What the grantees (partners, teams, people) are called."""
    wanted = {grant.grantee for grant in grants}
    found: dict[UUID, str] = {}
    for model in (Partner, Team, User):
        found |= dict(db.session.execute(select(model.id, model.name).where(model.id.in_(wanted))).all())
    return found


def _grant(*, actor: User, case: Case, team: Team, level: str, reason: str, until: datetime | None = None) -> CaseGrant:
    if case.restricted:
        raise Refused("This case is restricted: only the people named on it see it.")
    if not reason.strip():
        raise Refused("Say why: the owner of the case reads it.", field="reason")
    moment = clock.now()
    for old in db.session.scalars(
        select(CaseGrant).where(
            CaseGrant.case_id == case.id, CaseGrant.grantee == team.id, CaseGrant.level == level, CaseGrant.until > moment
        )
    ):
        old.until = moment
    grant = CaseGrant(
        case_id=case.id,
        grantee=team.id,
        level=level,
        until=until or moment + timedelta(days=FULL_VIEW_DAYS),
        reason=reason.strip()[:500],
        granted_by=actor.id,
        granted_at=moment,
    )
    db.session.add(grant)
    db.session.flush()
    return grant


def _until(grant: CaseGrant) -> str:
    return f" until {day(clock.london(grant.until).date())}"
