"""Who signs: a supervisor of the owner, but never the officer of the case; where that leaves nobody, the service manager.

A supervisor who has a case themselves signs neither its closing, nor a lower level of risk, an excused promise or a supervision
review of it: another supervisor of the partner does. With no other who can sign in, they ask the service manager (`ask_manager`), who
sees that case in full for five days and signs those four things there, and nothing else anywhere (review of 2016, 2.4).
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, select

from sentinel.access.models import RoleHeld, Team, User
from sentinel.cases.models import Case, CaseGrant
from sentinel.cases.named import named_on
from sentinel.cases.timeline import tell
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused
from sentinel.core.words import day

ASKED_FOR = timedelta(days=5)
ONLY_SUPERVISORS = "Only a supervisor may sign this."


def signers(case: Case) -> list[User]:
    """Supervisors of the owner who can sign in and do not have the case themselves; of a restricted case those named on it."""
    able = [user for user in _holders("supervisor", case.owner_partner_id) if user.id != case.officer_id]
    if not case.restricted:
        return able
    named = {one.user.id for one in named_on(case)}
    return [user for user in able if user.id in named]


def managers(case: Case) -> list[User]:
    """Service managers of the owner who can sign in and do not have the case themselves."""
    return [user for user in _holders("service_manager", case.owner_partner_id) if user.id != case.officer_id]


def refuse_unless_signs(actor: User, case: Case | None, sentence: str = ONLY_SUPERVISORS) -> None:
    """Refuse whoever has the case themselves, saying who can; and whoever is neither a supervisor nor stands in for the last of them.

    Which supervisors (of which partner) is the verb's own to ask. Before there is a case nobody has it.
    """
    if not _holds(actor, "supervisor") and not stands_in(actor, case):
        raise NotAllowed(sentence)
    if case and case.officer_id == actor.id:
        raise NotAllowed(f"You have this case yourself, so you cannot sign for it. {who_can(case)}")


def who_can(case: Case) -> str:
    """Who signs instead of the officer, as a sentence."""
    if others := signers(case):
        return f"{_or(others)} can."
    if asked := managers(case):
        return f"There is no other supervisor: ask {_or(asked)}, on the page of signatures."
    return "There is no other supervisor and no service manager who can sign in: ask your local administrator for one."


def stands_in(actor: User, case: Case | None) -> bool:
    """Is this a service manager of the owner of a case that no supervisor can sign for?"""
    if case is None or not any(held.role == "service_manager" and held.team.partner_id == case.owner_partner_id for held in actor.holdings):
        return False
    return actor.id != case.officer_id and not signers(case)


def asked_until(case: Case) -> list[CaseGrant]:
    """The service managers who were asked to sign for the officer and still see the case."""
    asked = [one.id for one in managers(case)]
    still = CaseGrant.until > clock.now()
    return list(db.session.scalars(select(CaseGrant).where(CaseGrant.case_id == case.id, CaseGrant.grantee.in_(asked), still)))


def ask_manager(*, actor: User, case: Case) -> list[User]:
    """Let the service managers see a case of one's own in full for five days, because nobody else can sign for it. On the story.

    Refuses anybody but a supervisor who has the case, while another supervisor can sign, where there is no service manager, and
    where they were asked already.
    """
    if case.officer_id != actor.id or not _holds(actor, "supervisor"):
        raise NotAllowed("Only a supervisor who has the case themselves asks somebody to sign in their place.")
    asked = managers(case)
    if signers(case) or not asked:
        raise Refused(who_can(case))
    if asked_until(case):
        raise Refused("They were asked already, and see the case.")
    until = clock.now() + ASKED_FOR
    reason = "To sign for a supervisor who has the case themselves"
    about = {"case_id": case.id, "level": "named", "until": until, "reason": reason, "granted_by": actor.id, "granted_at": clock.now()}
    for manager in asked:
        db.session.add(CaseGrant(grantee=manager.id, **about))
    db.session.flush()
    title = f"{_or(asked)} asked to sign for {actor.name}, until {day(clock.london(until).date())}"
    tell(kind="share", title=title, case=case, actor=actor)
    return asked


def unsupervised(partner_ids: Select[UUID]) -> list[Team]:
    """Teams of these partners that work cases and have no supervisor who can sign in."""
    today = clock.today()
    worked = select(RoleHeld.team_id).where(RoleHeld.role.in_(("practitioner", "supervisor")))
    able = select(RoleHeld.team_id).join(User, User.id == RoleHeld.user_id).where(RoleHeld.role == "supervisor")
    able = able.where(User.disabled_at.is_(None), User.vetted_until >= today)
    lost = select(Team).where(Team.partner_id.in_(partner_ids), Team.id.in_(worked), Team.id.not_in(able))
    return list(db.session.scalars(lost.order_by(Team.name)))


def _holders(role: str, partner_id: UUID) -> list[User]:
    held = select(RoleHeld.user_id).join(Team, Team.id == RoleHeld.team_id).where(RoleHeld.role == role, Team.partner_id == partner_id)
    able = select(User).where(User.id.in_(held), User.disabled_at.is_(None), User.vetted_until >= clock.today())
    return list(db.session.scalars(able.order_by(User.name)))


def _holds(actor: User, role: str) -> bool:
    return any(held.role == role for held in actor.holdings)


def _or(people: list[User]) -> str:
    return " or ".join(user.name for user in people)
