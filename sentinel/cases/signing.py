"""Who signs: a supervisor of the owner, but never the officer of the case; where that leaves nobody, the service manager.

A supervisor who has a case themselves signs neither its closing, nor a lower level of risk, an excused promise, a referral that was
refused or a supervision review of it: another supervisor of the partner does. With no other who can sign in, whoever works on the
case (`ask_manager`) or sees the board (`ask_for_team`) asks the service manager, who sees it in full for five days and signs those
five things there, and nothing else anywhere (review of 2016, 2.4). With no service manager either, whoever is told of alerts in
their place hears of it, and can have a supervisor named.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, func, select, text

from config import agreed
from sentinel.access.models import RoleHeld, Team, User
from sentinel.cases.events import SignatureAsked
from sentinel.cases.models import Case, CaseDetail, CaseGrant
from sentinel.cases.named import CASEWORK, named_on
from sentinel.cases.timeline import tell
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused
from sentinel.core.events import publish
from sentinel.core.words import day

ASKED_FOR = timedelta(days=5)
ONLY_SUPERVISORS = "Only a supervisor may sign this."
TO_SIGN = "To sign where no supervisor can"
NOBODY = "There is no other supervisor and no service manager who can sign in."
_RECIPIENTS = text("SELECT user_id FROM recipients('manager', :officer, :team, NULL, NULL, :secret, :at)")
_ASK = text("SELECT ask_managers(:team, :attempts, :lasts, :title, :why)")


def signers(case: Case) -> list[User]:
    """Supervisors of the owner who can sign in and do not have the case themselves; of a restricted case those named on it."""
    able = [user for user in supervisors_of(case.owner_partner_id) if user.id != case.officer_id]
    if not case.restricted:
        return able
    named = {one.user.id for one in named_on(case)}
    return [user for user in able if user.id in named]


def managers(case: Case) -> list[User]:
    """Service managers of the owner who can sign in and do not have the case themselves."""
    return [user for user in managers_of(case.owner_partner_id) if user.id != case.officer_id]


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
        return f"There is no other supervisor: ask {_or(asked)}, on the page of the case."
    return f"{NOBODY} {told_instead(case)}"


def told_instead(case: Case) -> str:
    """Who hears of it, in the order of those told of alerts, where there is neither a supervisor nor a service manager to sign."""
    told = _told(case.team_id, case.officer_id, case.id if case.restricted else None)
    return f"{_or(told)} is told when you ask, and can have one named." if told else "Ask your local administrator for one."


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


def ask_manager(*, actor: User, case: Case, why: str) -> list[User]:
    """Let the service managers see a case in full for five days, because nobody else can sign on it; they are alerted. On the story.

    Refuses whoever does not work on it for its owner, no reason, a case that waits for no signature or that a supervisor can sign,
    and asking again within the five days. With no service manager, whoever is told in their place is alerted. Returns the managers.
    """
    if not any(held.role in CASEWORK and held.team.partner_id == case.owner_partner_id for held in actor.holdings):
        raise NotAllowed("Only practitioners and supervisors of the partner that owns this case ask for a signature on it.")
    if signers(case):
        raise Refused(who_can(case))
    if not unsigned(case):
        raise Refused("Nothing on this case waits for a signature, so there is nothing to ask.")
    if not why.strip():
        raise Refused("Say in a sentence what they are to sign, and why it cannot wait.", field="why")
    asked, now, detail = managers(case), clock.now(), db.session.get_one(CaseDetail, case.id)
    if is_asked(case):
        raise Refused("They were asked already, and see the case." if asked else "It was asked already. You can ask again after five days.")
    detail.sign_asked_by, detail.sign_asked_at, detail.sign_asked_why = actor.id, now, why.strip()[:500]
    reason, until = f"{TO_SIGN}: {why.strip()}"[:500], now + ASKED_FOR
    about = {"case_id": case.id, "level": "named", "until": until, "reason": reason, "granted_by": actor.id, "granted_at": now}
    for manager in asked:
        db.session.add(CaseGrant(grantee=manager.id, **about))
    db.session.flush()
    tell(kind="share", title=_asked_words(asked), body=why.strip(), case=case, actor=actor)
    publish(SignatureAsked(case, now, actor))
    return asked


def is_asked(case: Case) -> bool:
    """Was somebody asked to sign on this case within the last five days, whoever can sign of those asked now?"""
    at = db.session.get_one(CaseDetail, case.id).sign_asked_at
    return at is not None and at > clock.now() - ASKED_FOR and (bool(asked_until(case)) or not managers(case))


def unsigned(case: Case) -> list[str]:
    """What waits for a signature on this case, by kind: lowering, review, excuse, referral, closing."""
    attempts = agreed.current().contact.attempts.attempts
    return list(db.session.scalar(select(func.unsigned(case.id, attempts))) or [])


def waiting_in(team: Team) -> int:
    """How many cases of a team wait for a signature that no supervisor can give, and were not asked for lately."""
    return _of_team(team, None)


def ask_for_team(*, actor: User, team: Team, why: str) -> int:
    """Ask the service managers for every case of a team that no supervisor can sign on, without seeing one; returns how many.

    For whoever sees the board: the database does it, so that no case is opened to the one who asks. The sweep alerts them. Refuses
    no reason, and where nothing waits that was not asked for.
    """
    if not why.strip():
        raise Refused("Say in a sentence why it cannot wait.", field="why")
    n = _of_team(team, why.strip()[:500])
    if not n:
        raise Refused(f"Nothing waits in {team.name} that a supervisor cannot sign and that was not asked for in the last five days.")
    db.session.expire_all()
    return n


def managers_of(partner_id: UUID) -> list[User]:
    """Service managers of a partner who can sign in."""
    return _holders("service_manager", partner_id)


def supervisors_of(partner_id: UUID) -> list[User]:
    """Supervisors of a partner, in whatever team, who can sign in."""
    return _holders("supervisor", partner_id)


def told_for(team: Team) -> list[User]:
    """Who hears what a service manager of this team would, at this moment."""
    return _told(team.id)


def _of_team(team: Team, why: str | None) -> int:
    values = {"team": team.id, "attempts": agreed.current().contact.attempts.attempts, "lasts": ASKED_FOR, "why": why}
    db.session.flush()
    return db.session.scalar(_ASK, values | {"title": _asked_words(managers_of(team.partner_id))}) or 0


def _told(team: UUID, officer: UUID | None = None, secret: UUID | None = None) -> list[User]:
    told = db.session.scalars(_RECIPIENTS, {"team": team, "officer": officer, "secret": secret, "at": clock.now()})
    return list(db.session.scalars(select(User).where(User.id.in_(list(told))).order_by(User.name)))


def _asked_words(asked: list[User]) -> str:
    until = day(clock.london(clock.now() + ASKED_FOR).date())
    return f"{_or(asked)} asked to sign, until {until}" if asked else "A signature asked for: there is nobody yet who can sign"


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
