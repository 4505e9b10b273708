"""What a supervisor themselves did this month: the review of 2016 found no supervisory footprint at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from sentinel.access.models import RoleHeld, Team, User
from sentinel.alerts.models import Alert, Answer, Telling
from sentinel.cases.models import CaseDetail, CaseEvent
from sentinel.core import clock
from sentinel.core.clock import london
from sentinel.core.db import db
from sentinel.interventions.models import Intervention
from sentinel.risk.models import Assessment
from sentinel.supervision.models import SupervisionReview


@dataclass(frozen=True)
class Footprint:
    """This month, by London's calendar. `middle` is minutes from being told (else from its last step) to answering."""

    month: str
    answered: int
    middle: float | None
    notes: int
    signed: int
    seen_by: list[str]

    @property
    def middle_words(self) -> str:
        """ "2 hours"."""
        if self.middle is None:
            return ""
        return f"{round(self.middle)} minutes" if self.middle < 90 else f"{round(self.middle / 60)} hours"


def footprint(user: User, teams: Sequence[Team]) -> Footprint:
    """What this person answered, wrote and signed since the first of the month, and who sees the same figures."""
    here = london(clock.now())
    since = here.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    answered, middle = _answers(user, since)
    return Footprint(f"{here:%B}", answered, middle, _notes(user, since), _signed(user, since), _seen_by(user, teams))


def _answers(user: User, since: datetime) -> tuple[int, float | None]:
    first = (
        select(Answer.alert_id, func.min(Answer.at).label("at"))
        .where(Answer.user_id == user.id, Answer.at >= since)
        .group_by(Answer.alert_id)
        .subquery()
    )
    told = select(func.min(Telling.told_at)).where(Telling.alert_id == first.c.alert_id, Telling.user_id == user.id).scalar_subquery()
    minutes = func.extract("epoch", first.c.at - func.coalesce(told, Alert.stepped_at)) / 60
    middle = func.percentile_cont(0.5).within_group(minutes)
    row = db.session.execute(select(func.count(), middle).select_from(first).join(Alert, Alert.id == first.c.alert_id)).one()
    return row[0], row[1]


def _notes(user: User, since: datetime) -> int:
    mine = (CaseEvent.actor == str(user.id), CaseEvent.kind.in_(("supervision", "note")), CaseEvent.recorded_at >= since)
    return db.session.scalar(select(func.count()).select_from(CaseEvent).where(*mine)) or 0


def _signed(user: User, since: datetime) -> int:
    signatures = (
        (Assessment.agreed_by, Assessment.agreed_at),
        (SupervisionReview.done_by, SupervisionReview.done_at),
        (Intervention.authorised_by, Intervention.authorised_at),
        (CaseDetail.signed_by, CaseDetail.signed_at),
    )
    counts = (db.session.scalar(select(func.count()).where(who == user.id, when >= since)) for who, when in signatures)
    return sum(n or 0 for n in counts)


def _seen_by(user: User, teams: Sequence[Team]) -> list[str]:
    partners = {team.partner_id for team in teams}
    held = select(RoleHeld.user_id).join(Team, Team.id == RoleHeld.team_id)
    managers = held.where(RoleHeld.role == "service_manager", Team.partner_id.in_(partners))
    named = select(User.name).where(User.id.in_(managers), User.id != user.id, User.disabled_at.is_(None)).order_by(User.name)
    return list(db.session.scalars(named))
