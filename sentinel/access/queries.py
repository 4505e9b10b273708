"""Who is who: the viewer of a person, officers of a team, whoever stands in."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from sentinel.access.models import Absence, Duty, RoleHeld, Team, User
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.viewer import Viewer

SEE_HEADLINES = frozenset({"call_taker", "practitioner", "supervisor", "service_manager"})
CASEWORK = frozenset({"practitioner", "supervisor"})


def viewer_of(user: User, request_id: str = "") -> Viewer:
    """What the database is told when this person looks."""
    roles = frozenset(held.role for held in user.holdings)
    return Viewer(
        actor=str(user.id),
        user_id=user.id,
        partner_ids=frozenset({user.partner_id, *(held.team.partner_id for held in user.holdings)}),
        casework_partner_ids=frozenset(held.team.partner_id for held in user.holdings if held.role in CASEWORK),
        team_ids=frozenset(held.team_id for held in user.holdings),
        roles=roles,
        may_see_headlines=bool(roles & SEE_HEADLINES),
        request_id=request_id,
        roles_by_team=tuple((held.role, held.team_id) for held in user.holdings),
    )


def with_roles(user_id: UUID) -> User | None:
    """A person with what they hold."""
    return db.session.scalar(
        select(User).where(User.id == user_id).options(selectinload(User.holdings).joinedload(RoleHeld.team).joinedload(Team.partner))
    )


def officers(team_id: UUID) -> list[User]:
    """Practitioners and supervisors of a team who may sign in, by name."""
    return list(
        db.session.scalars(
            select(User)
            .join(RoleHeld)
            .where(RoleHeld.team_id == team_id, RoleHeld.role.in_(("practitioner", "supervisor")), User.disabled_at.is_(None))
            .distinct()
            .order_by(User.name)
        )
    )


def supervisors(team_id: UUID) -> list[User]:
    """Supervisors of a team who may sign in, by name."""
    return list(
        db.session.scalars(
            select(User)
            .join(RoleHeld)
            .where(RoleHeld.team_id == team_id, RoleHeld.role == "supervisor", User.disabled_at.is_(None))
            .order_by(User.name)
        )
    )


def absences(people: Iterable[UUID]) -> dict[UUID, Absence]:
    """Who of these people is away today, and until when."""
    today = clock.today()
    rows = db.session.scalars(select(Absence).where(Absence.user_id.in_(people), Absence.starts_on <= today, Absence.ends_on >= today))
    return {row.user_id: row for row in rows}


def is_away(user_id: UUID) -> bool:
    """Is this person recorded as absent today?"""
    return user_id in absences([user_id])


def duty_supervisor(team_id: UUID, at: datetime) -> User | None:
    """The dated duty supervisor of a team at a moment."""
    return db.session.scalar(
        select(User)
        .join(Duty, Duty.user_id == User.id)
        .where(Duty.team_id == team_id, Duty.starts_at <= at, Duty.ends_at > at, User.disabled_at.is_(None))
        .order_by(Duty.starts_at.desc())
        .limit(1)
    )


def teams() -> list[Team]:
    """Every team, by partner and name."""
    return list(db.session.scalars(select(Team).options(selectinload(Team.partner)).order_by(Team.name)))


def team_by_slug(slug: str) -> Team | None:
    """The team with this slug."""
    return db.session.scalar(select(Team).where(Team.slug == slug))
