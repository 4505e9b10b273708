"""Who works for a partner: added, changed, vetted, closed and opened again by its local administrator or by governance.

A local administrator reaches the people of their own partner and no others, and gives no role that reaches beyond it. Nobody
does any of this to themselves.
"""

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, text
from sqlalchemy.exc import IntegrityError

from config.agreed.names import ROLES
from sentinel.access import links, queries, service, standing
from sentinel.access.events import SecondFactorReset
from sentinel.access.models import VETTING_LEVELS, Absence, AccessLink, Partner, RoleHeld, Team, User, UserSession
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotFound, Refused
from sentinel.core.events import publish

BEYOND = frozenset({"governance", "information_officer", "local_admin"})  # roles that governance alone gives and takes away
ONLY_ROLE = {"landlord": "landlord", "support": "victim_first"}  # what a partner's kind leaves its people: they work no cases here
ASK_ANOTHER = "Ask a governance officer or another administrator to do it."

Pair = tuple[str, UUID]  # a role, and the key of the team it is held in


class Work(NamedTuple):
    """What waits for somebody."""

    live_cases: int
    open_promises: int


def governs(actor: User) -> bool:
    """Is this a governance officer?"""
    return any(held.role == "governance" for held in actor.holdings)


def may_manage(actor: User, partner_id: UUID) -> bool:
    """Governance manages the people of every partner, a local administrator those of their own."""
    ours = any(held.role == "local_admin" and held.team.partner_id == actor.partner_id for held in actor.holdings)
    return governs(actor) or (ours and partner_id == actor.partner_id)


def person_for(actor: User, user_id: UUID) -> User:
    """Somebody this person may manage; otherwise there is nothing here."""
    found = queries.with_roles(user_id)
    if found is None or not may_manage(actor, found.partner_id):
        raise NotFound
    return found


def partner_for(actor: User, partner_id: UUID) -> Partner:
    """A partner whose people this person may manage; otherwise there is nothing here."""
    found = db.session.get(Partner, partner_id)
    if found is None or not may_manage(actor, partner_id):
        raise NotFound
    return found


def may_give(actor: User, partner: Partner) -> tuple[str, ...]:
    """The roles this person may give in this partner: those that fit its kind, and for governance those that reach beyond it."""
    return tuple(role for role in ROLES if (governs(actor) if role in BEYOND else _fits(role, partner)))


def _fits(role: str, partner: Partner) -> bool:
    only = ONLY_ROLE.get(partner.kind)
    return role == only if only else role not in ONLY_ROLE.values()


def add_person(
    *,
    actor: User,
    partner: Partner,
    name: str,
    email: str,
    phone: str = "",
    roles: Collection[Pair],
    vetting_level: str | None = None,
    vetted_until: date | None = None,
) -> User:
    """Add somebody to a partner. They have no password: a link lets them choose one.

    Refuses an address in use, no role, a role this person may not give, a team of another partner, vetting without its last day.
    """
    _refuse_beyond(actor, partner.id)
    if not roles:
        raise Refused("Choose at least one role.", field="roles")
    _refuse_vetting(vetting_level, vetted_until)
    user = User(
        id=new_id(),
        partner_id=partner.id,
        name=name.strip(),
        email=email.strip().lower(),
        phone=phone.strip() or None,
        vetting_level=vetting_level,
        vetted_until=vetted_until,
    )
    _add(user)
    _change_roles(actor, user, partner, set(), set(roles))
    return user


def change_person(*, actor: User, user: User, name: str, phone: str, roles: Collection[Pair], version: int | None = None) -> None:
    """Change what somebody is called, their telephone and everything they hold; a lost role ends what it opened at their next click.

    Refuses a change of one's own roles, roles this person may not give or take away, and a partner left without an administrator.
    Raises Stale when `version` is not how it stands.
    """
    _refuse_beyond(actor, user.partner_id)
    standing.hold(user, standing.of_person, version)
    before = {(held.role, held.team_id) for held in user.holdings}
    if before != set(roles):
        _refuse_self(actor, user, "You cannot change your own roles.", field="roles")
        _change_roles(actor, user, user.partner, before, set(roles))
    user.name, user.phone = name.strip(), phone.strip() or None
    db.session.flush()


def record_vetting(*, actor: User, user: User, level: str | None, until: date | None, version: int | None = None) -> None:
    """Record how far somebody is vetted, and until when. Refuses one's own, a level without a last day, and a day that has passed.

    Raises Stale when `version` is not how it stands.
    """
    _refuse_beyond(actor, user.partner_id)
    _refuse_self(actor, user, "You cannot record your own vetting.", field="until")
    _refuse_vetting(level, until)
    if level is None:
        raise Refused("Choose how far they are vetted.", field="level")
    standing.hold(user, standing.of_vetting, version)
    user.vetting_level, user.vetted_until = level, until
    db.session.flush()


def close_account(*, actor: User, user: User, reason: str) -> None:
    """Close an account: its sessions end at once, and what its owner would have been told goes to whoever stands in.

    Refuses one's own, one that is closed, no reason, and a partner left without an administrator.
    """
    _refuse_beyond(actor, user.partner_id)
    _refuse_self(actor, user, "You cannot close your own account.")
    if user.disabled_at:
        raise Refused("This account is closed already.")
    if not reason.strip():
        raise Refused("Say why the account is closed.", field="reason")
    _refuse_above(actor, user)
    _hold(user.partner_id)
    _refuse_no_administrator(user, set())
    user.disabled_at, user.closed_reason = clock.now(), reason.strip()[:500]
    end_sessions(actor=actor, user=user)


def open_again(*, actor: User, user: User) -> None:
    """Open a closed account: its owner may sign in again. Refuses one that is open."""
    _refuse_beyond(actor, user.partner_id)
    if user.disabled_at is None:
        raise Refused("This account is open already.")
    _refuse_above(actor, user)
    user.disabled_at = user.closed_reason = None
    db.session.flush()


def end_sessions(*, actor: User, user: User) -> None:
    """End every session of somebody at once; they may sign in again unless the account is closed."""
    _refuse_beyond(actor, user.partner_id)
    db.session.flush()
    service.end_sessions(user.id)


def send_link(*, actor: User, user: User) -> AccessLink:
    """Send somebody a link to choose a password with: an invitation until they have signed in once, a reset after that.

    Refuses oneself, a closed account, and for a local administrator whoever holds a role that reaches beyond their partner: a
    link that is handed over in person opens the account.
    """
    _refuse_beyond(actor, user.partner_id)
    _refuse_self(actor, user, "You cannot send yourself a link.")
    _refuse_above(actor, user)
    return links.send_link(actor=actor, user=user, kind="reset" if user.last_seen_at else "invitation")


def has_second_factor(user: User) -> bool:
    """Does somebody sign in with a code that the viewer may take away? All that is told of it."""
    return bool(db.session.scalar(select(func.has_second_factor(user.id))))


def reset_second_factor(*, actor: User, user: User, reason: str) -> None:
    """Take away the second factor of somebody who lost it: their sessions end and they are told. Recorded with the reason.

    Where a role asks for one they set up another at their next sign-in. Refuses oneself, no reason, somebody who has none, and
    for a local administrator whoever holds a role that reaches beyond their partner.
    """
    _refuse_beyond(actor, user.partner_id)
    _refuse_self(actor, user, "You cannot reset your own second factor.")
    _refuse_above(actor, user)
    if not reason.strip():
        raise Refused("Say why it is reset.", field="reason")
    if not has_second_factor(user):
        raise Refused(f"{user.name} has no second factor set up, so there is nothing to reset.")
    db.session.execute(text("SELECT reset_second_factor(:user, :reason)"), {"user": user.id, "reason": reason.strip()[:500]})
    end_sessions(actor=actor, user=user)
    publish(SecondFactorReset(user))


def count_sessions(user: User) -> int:
    """How many browsers somebody is signed in with."""
    return db.session.scalar(select(func.count()).select_from(UserSession).where(_running(user))) or 0


def work_of(user: User) -> Work:
    """What waits for somebody, without restricted cases: two numbers, which is all an administrator sees of any case."""
    row = db.session.execute(text("SELECT live_cases, open_promises FROM work_of(:user)"), {"user": user.id}).one()
    return Work(*row)


def absence_of(user: User) -> Absence | None:
    """Why somebody is away today, or will be next."""
    coming = select(Absence).where(Absence.user_id == user.id, Absence.ends_on >= clock.today()).order_by(Absence.starts_on)
    return db.session.scalar(coming.limit(1))


def _running(user: User) -> ColumnElement[bool]:
    return (UserSession.user_id == user.id) & UserSession.ended_at.is_(None)


def _add(user: User) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(user)
    except IntegrityError:
        raise Refused("This e-mail address is in use. Check it, or ask a governance officer.", field="email") from None


def _change_roles(actor: User, user: User, partner: Partner, before: set[Pair], wanted: set[Pair]) -> None:
    gained, lost = wanted - before, before - wanted
    if any(role in BEYOND for role, _ in gained | lost) and not governs(actor):
        raise Refused("Only a governance officer gives or takes away that role.", field="roles")
    if not {role for role, _ in gained} <= set(may_give(actor, partner)):
        raise Refused(f"Choose roles that the people of {partner.name} can hold.", field="roles")
    ours = set(db.session.scalars(select(Team.id).where(Team.partner_id == partner.id)))
    if not {team for _, team in gained} <= ours:
        raise Refused("Choose roles in teams of this partner.", field="roles")
    if not wanted:
        raise Refused("Choose at least one role, or close the account.", field="roles")
    _hold(partner.id)
    _refuse_no_administrator(user, {role for role, team in wanted if team in ours})
    for role, team_id in lost:
        db.session.execute(delete(RoleHeld).where(RoleHeld.user_id == user.id, RoleHeld.team_id == team_id, RoleHeld.role == role))
    db.session.add_all(RoleHeld(user_id=user.id, team_id=team_id, role=role) for role, team_id in sorted(gained))
    db.session.flush()
    db.session.expire(user, ["holdings"])


def _hold(partner_id: UUID) -> None:
    """Two changes of who administers a partner follow one another: each sees what the other left."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('people ' || :partner, 0))"), {"partner": str(partner_id)})


def _refuse_no_administrator(user: User, roles_left: Iterable[str]) -> None:
    if "local_admin" in roles_left:
        return
    ours = select(Team.id).where(Team.partner_id == user.partner_id)
    administer = select(RoleHeld.user_id).where(RoleHeld.role == "local_admin", RoleHeld.team_id.in_(ours))
    people = select(User.id).where(User.partner_id == user.partner_id, User.disabled_at.is_(None))
    administrators = set(db.session.scalars(people.where(User.id.in_(administer))))
    others = set(db.session.scalars(people)) - {user.id}
    if administrators == {user.id} and others:
        raise Refused("Nobody would be left to administer this partner. Make somebody else its local administrator first.", field="roles")


def _refuse_vetting(level: str | None, until: date | None) -> None:
    if level is not None and level not in VETTING_LEVELS:
        raise Refused("Choose one of the levels.", field="level")
    if (level is None) != (until is None):
        raise Refused("Enter both the level and its last day.", field="until")
    if until and until < clock.today():
        raise Refused("That day has passed. Enter one still to come, or close the account.", field="until")


def _refuse_beyond(actor: User, partner_id: UUID) -> None:
    if not may_manage(actor, partner_id):
        raise NotFound


def _refuse_above(actor: User, user: User) -> None:
    if any(held.role in BEYOND for held in user.holdings) and not governs(actor):
        raise Refused(f"{user.name} holds a role that only governance gives and takes away. Ask a governance officer.")


def _refuse_self(actor: User, user: User, sentence: str, field: str | None = None) -> None:
    if actor.id == user.id:
        raise Refused(f"{sentence} {ASK_ANOTHER}", field=field)
