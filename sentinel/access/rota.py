"""Who is on duty, who is away and who stands in. What alerts follow (`recipients`, migration 0007)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from sentinel.access.models import Absence, Duty, RoleHeld, Team, User
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused

MOMENT = timedelta(seconds=1)
MANAGERS = ("supervisor", "service_manager", "local_admin")


def may_arrange(actor: User, team: Team) -> bool:
    """Supervisors of the team; service managers and local administrators of its partner."""
    return any(
        held.role in MANAGERS and (held.team_id == team.id or (held.role != "supervisor" and held.team.partner_id == team.partner_id))
        for held in actor.holdings
    )


def put_on_duty(*, actor: User, team: Team, user: User, starts_at: datetime, ends_at: datetime) -> Duty:
    """Make somebody duty supervisor of a team for a time; recorded.

    Refuses anybody who does not arrange the team's rota, an end before the beginning or in the past, a person who cannot
    sign in, and a time when somebody is on duty already.
    """
    _refuse_strangers(actor, team)
    if ends_at <= starts_at:
        raise Refused("The duty ends before it begins. Check both times.", field="until")
    if ends_at <= clock.now():
        raise Refused("That time has passed. Enter one still to come.", field="until")
    if user.disabled_at:
        raise Refused(f"{user.name} can no longer sign in. Choose somebody else.", field="who")
    meets = select(Duty).where(Duty.team_id == team.id, Duty.starts_at < ends_at, Duty.ends_at > starts_at)
    if already := db.session.scalar(meets.options(joinedload(Duty.user)).limit(1)):
        raise Refused(f"{already.user.name} is on duty for part of that time. Choose another.", field="starts")
    duty = Duty(team_id=team.id, user_id=user.id, starts_at=starts_at, ends_at=ends_at)
    db.session.add(duty)
    db.session.flush()
    return duty


def end_duty(*, actor: User, duty: Duty) -> None:
    """End a duty at once, or take back one that has not begun; recorded. Refuses one that is over."""
    _refuse_strangers(actor, duty.team)
    now = clock.now()
    if duty.ends_at <= now:
        raise Refused("That duty is over already.")
    duty.starts_at, duty.ends_at = min(duty.starts_at, now - MOMENT), now
    db.session.flush()


def arrange_cover(*, actor: User, team: Team, user: User, cover: User | None, starts_on: date, ends_on: date, reason: str = "") -> Absence:
    """Record that somebody is away from one day to another, both included, and who stands in; recorded.

    An absence that meets these days is changed rather than made again. Refuses an end before the beginning, days that have
    passed, cover by the absent person, and by somebody who is away or cannot sign in.
    """
    _refuse_strangers(actor, team)
    if ends_on < starts_on:
        raise Refused("The last day is before the first. Check both.", field="until")
    if ends_on < clock.today():
        raise Refused("Those days have passed. Enter days still to come.", field="until")
    if cover:
        _refuse_cover(user, cover, starts_on, ends_on)
    absence = db.session.scalar(_meeting(user, starts_on, ends_on).limit(1)) or Absence(user_id=user.id)
    absence.starts_on, absence.ends_on = starts_on, ends_on
    absence.cover_user_id, absence.reason = cover.id if cover else None, reason.strip()[:500] or None
    db.session.add(absence)
    db.session.flush()
    return absence


def coming_duty(teams: Collection[UUID]) -> list[Duty]:
    """Who is on duty for these teams now and later, by time."""
    rows = select(Duty).where(Duty.team_id.in_(teams), Duty.ends_at > clock.now()).order_by(Duty.starts_at)
    return list(db.session.scalars(rows.options(joinedload(Duty.user), joinedload(Duty.team))))


@dataclass(frozen=True)
class Gap:
    """A time in which a team has nobody on duty."""

    team: Team
    starts_at: datetime
    ends_at: datetime


def gaps(teams: Sequence[Team], days: int) -> list[Gap]:
    """When these teams have nobody on duty who can sign in, from now on for so many days; by team and time."""
    now = clock.now()
    until = now + timedelta(days=days)
    duties = [duty for duty in coming_duty([team.id for team in teams]) if _answers(duty.user, duty.starts_at)]
    return [gap for team in teams for gap in _between([duty for duty in duties if duty.team_id == team.id], team, now, until)]


def _answers(user: User, at: datetime) -> bool:
    """May this person sign in then? Somebody who may not hears nothing."""
    return user.disabled_at is None and user.vetted_until is not None and user.vetted_until >= clock.london(at).date()


def _between(duties: Sequence[Duty], team: Team, now: datetime, until: datetime) -> Iterator[Gap]:
    free = now
    for duty in duties:
        if duty.starts_at > free and free < until:
            yield Gap(team, free, min(duty.starts_at, until))
        free = max(free, duty.ends_at)
    if free < until:
        yield Gap(team, free, until)


def present_officers(team: Team, but: User) -> list[User]:
    """Practitioners and supervisors of the team who may stand in for somebody, by name."""
    held = select(RoleHeld.user_id).where(RoleHeld.team_id == team.id, RoleHeld.role.in_(("practitioner", "supervisor")))
    wanted = select(User).where(User.id.in_(held), User.id != but.id, User.disabled_at.is_(None))
    return list(db.session.scalars(wanted.order_by(User.name)))


def _refuse_strangers(actor: User, team: Team) -> None:
    if not may_arrange(actor, team):
        raise NotAllowed("Only the supervisors and service managers of this team arrange who is on duty and who stands in.")


def _refuse_cover(user: User, cover: User, starts_on: date, ends_on: date) -> None:
    if cover.id == user.id:
        raise Refused("Nobody stands in for themselves. Choose somebody else.", field="cover")
    if cover.disabled_at:
        raise Refused(f"{cover.name} can no longer sign in. Choose somebody else.", field="cover")
    if db.session.scalar(_meeting(cover, starts_on, ends_on).limit(1)):
        raise Refused(f"{cover.name} is away on some of these days. Choose somebody else.", field="cover")


def _meeting(user: User, starts_on: date, ends_on: date) -> Select[Absence]:
    return select(Absence).where(Absence.user_id == user.id, Absence.starts_on <= ends_on, Absence.ends_on >= starts_on)
