"""Signing in and out, and accounts."""

import secrets
from datetime import date
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select, update

from config.agreed.names import ROLES
from sentinel.access import credentials
from sentinel.access.models import Partner, RoleHeld, Team, User, UserSession
from sentinel.audit.service import record_access
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import Refused


def why_not(user: User, today: date) -> str | None:
    """Why this person may not come in, and whom to ask; None when they may (review 2019, paragraphs 2 to 8)."""
    if user.disabled_at:
        return "This account is closed. Ask your local administrator."
    if user.vetted_until is None:
        return "Your vetting is not recorded. Ask your local administrator."
    if user.vetted_until < today:
        return "Your vetting has lapsed. Ask your local administrator to record the new date."
    if user.partner.agreement_until is None or user.partner.agreement_until < today:
        return "Your organisation has no current information sharing agreement. Ask the partnership's governance officer."
    return None


def start_session(user: User, browser: str | None = None) -> str:
    """Begin a session; returns its token, of which only a digest is kept. Recorded."""
    token = secrets.token_urlsafe(32)
    moment = clock.machine_now()
    begun = UserSession(user_id=user.id, token_digest=digest(token), started_at=moment, last_seen_at=moment, browser=browser)
    db.session.add(begun)
    user.last_seen_at = clock.now()
    db.session.flush()
    record_access("signed_in", user.id)
    return token


def end_session(token: str) -> None:
    """End the session with this token, if it is running. Recorded."""
    session = db.session.scalar(select(UserSession).where(UserSession.token_digest == digest(token), UserSession.ended_at.is_(None)))
    if session:
        session.ended_at = clock.machine_now()
        record_access("signed_out", session.user_id)


def end_sessions(user_id: UUID, *, but: UUID | None = None) -> int:
    """End every session of this person, except perhaps one; recorded. Returns how many."""
    running = update(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
    running = running.where(UserSession.id != but) if but else running
    ended: int = db.session.execute(running.values(ended_at=clock.machine_now())).rowcount  # type: ignore[attr-defined]
    if ended:
        record_access("sessions_ended", user_id)
    return ended


def digest(token: str) -> bytes:
    """What of a session token is kept."""
    return sha256(token.encode()).digest()


def add_user(
    *, email: str, name: str, password: str | None, roles: list[tuple[str, str]], vetted_until: date | None, phone: str | None = None
) -> User:
    """Make an account holding (role, team slug) pairs; it belongs to the partner of its first team.

    Without a password nobody signs in until they set one by a link (`links.send_link`).

    Refuses an unknown role or team, an address in use, and a weak password.
    """
    email = email.strip().lower()
    if "@" not in email:
        raise Refused(f"{email} is not an e-mail address.", field="email")
    if db.session.scalar(select(User.id).where(User.email == email)):
        raise Refused(f"{email} already has an account.", field="email")
    if not roles:
        raise Refused("Say at least one role and its team.", field="role")
    teams = [_team(slug) for _, slug in roles]
    user = User(
        email=email,
        name=name,
        phone=phone,
        partner_id=teams[0].partner_id,
        vetted_until=vetted_until,
    )
    db.session.add(user)
    db.session.flush()
    for (role, _), team in zip(roles, teams, strict=True):
        if role not in ROLES:
            raise Refused(f"{role} is not a role. Roles are: {', '.join(ROLES)}.", field="role")
        db.session.add(RoleHeld(user_id=user.id, team_id=team.id, role=role))
    db.session.flush()
    if password is not None:
        credentials.set_password(user, password)
    return user


def disable_user(email: str) -> User:
    """Close an account and end its sessions at once."""
    user = db.session.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None:
        raise Refused(f"Nobody has the address {email}.", field="email")
    user.disabled_at = user.disabled_at or clock.now()
    end_sessions(user.id)
    return user


def _team(slug: str) -> Team:
    team = db.session.scalar(select(Team).where(Team.slug == slug))
    if team is None:
        known = ", ".join(db.session.scalars(select(Team.slug).order_by(Team.slug)))
        raise Refused(f"There is no team {slug}. Teams are: {known or 'none yet'}.", field="team")
    return team


def partner_by_slug(slug: str) -> Partner | None:
    """The partner with this slug."""
    return db.session.scalar(select(Partner).where(Partner.slug == slug))


def user(user_id: UUID) -> User | None:
    """The person with this key."""
    return db.session.get(User, user_id)
