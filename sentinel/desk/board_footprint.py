"""What supervisors themselves did: the review of 2016 found no supervisory footprint at all.

The same figures for whoever sees them: the supervisor, their service manager, governance (`supervisory_footprint`, migration 0017).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from sentinel.access.models import RoleHeld, Team, User
from sentinel.core import clock
from sentinel.core.clock import london
from sentinel.core.db import db

MONTHS = 3

_FOOTPRINTS = text("SELECT * FROM supervisory_footprint(:since, :until)")


@dataclass(frozen=True)
class Footprint:
    """One person's month, by London's calendar. `middle` is minutes from being told (else from its last step) to answering.

    `reviews_due` fell due in the teams they supervise; `reviews_done` they recorded, `reviews_in_time` of those by the date due.
    """

    user_id: UUID
    since: datetime
    reviews_due: int = 0
    reviews_done: int = 0
    reviews_in_time: int = 0
    answered: int = 0
    middle: float | None = None
    notes: int = 0
    signed: int = 0
    drawn: int = 0
    checked: int = 0
    comments: int = 0

    @property
    def month(self) -> str:
        """ "December"."""
        return f"{london(self.since):%B}"

    @property
    def middle_words(self) -> str:
        """ "2 hours"."""
        if self.middle is None:
            return ""
        return f"{round(self.middle)} minutes" if self.middle < 90 else f"{round(self.middle / 60)} hours"


def months(n: int = MONTHS) -> list[tuple[datetime, datetime]]:
    """Beginning and end of this month and those before it, in London, the latest first."""
    here = london(clock.now())
    years_months = [divmod(here.year * 12 + here.month - 1 - back, 12) for back in range(-1, n)]
    begins = [datetime(year, month + 1, 1, tzinfo=clock.LONDON) for year, month in years_months]
    return list(zip(begins[1:], begins, strict=False))


def footprints(since: datetime, until: datetime) -> list[Footprint]:
    """The footprints of a time that the viewer may see: their own, and of whom they oversee."""
    rows = db.session.execute(_FOOTPRINTS, {"since": since, "until": until}).mappings()
    return [Footprint(since=since, **row) for row in rows]


def footprint(user_id: UUID) -> Footprint:
    """What this person did since the first of the month."""
    since, until = months(1)[0]
    return next((one for one in footprints(since, until) if one.user_id == user_id), Footprint(user_id, since))


def seen_by(user: User, teams: Sequence[Team]) -> list[str]:
    """The service managers who see the same figures."""
    partners = {team.partner_id for team in teams}
    held = select(RoleHeld.user_id).join(Team, Team.id == RoleHeld.team_id)
    managers = held.where(RoleHeld.role == "service_manager", Team.partner_id.in_(partners))
    named = select(User.name).where(User.id.in_(managers), User.id != user.id, User.disabled_at.is_(None)).order_by(User.name)
    return list(db.session.scalars(named))
