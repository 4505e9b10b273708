"""What happens to an alert next, if nothing else does: when it rises, and who is told then."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text

from config import agreed
from config.agreed.triggers import Step, Trigger
from sentinel.access.models import User
from sentinel.alerts.models import Alert
from sentinel.cases.models import Case
from sentinel.core import worktime
from sentinel.core.db import NEVER, db
from sentinel.victims.models import Promise

_RECIPIENTS = text("SELECT user_id FROM recipients(:who, :officer, :team, NULL, :about, :secret, :at)")


@dataclass(frozen=True)
class Foreseen:
    """The next step: its moment, and the names of those who would be told."""

    at: datetime
    names: list[str]


def next_step(alert: Alert) -> Foreseen | None:
    """When the alert rises next, None when it has risen to its highest step."""
    trigger = next((one for one in agreed.current().triggers.trigger if one.key == alert.trigger_key), None)
    if trigger is None or alert.step >= len(trigger.step):
        return None
    step = trigger.step[alert.step]
    moment = _moment(trigger, step, alert)
    return Foreseen(moment, _names(alert, step, moment)) if moment else None


def _moment(trigger: Trigger, step: Step, alert: Alert) -> datetime | None:
    if trigger.condition == "promise_open":
        promise = db.session.get(Promise, alert.subject_id)
        return promise.next_step_at if promise and promise.next_step_at != NEVER else None
    return None if step.when.unit == "at_start" else worktime.reckon(step.when, alert.due_at or alert.since)


def _names(alert: Alert, step: Step, at: datetime) -> list[str]:
    case = db.session.get(Case, alert.case_id) if alert.case_id else None
    common = {
        "officer": case.officer_id if case and alert.officer_id is None else alert.officer_id,
        "team": alert.team_id,
        "about": None if alert.case_id or alert.report_id else alert.subject_id,
        "secret": case.id if case and case.restricted else None,
        "at": at,
    }
    people = {row.user_id for who in step.who if who != "agency" for row in db.session.execute(_RECIPIENTS, {"who": who, **common})}
    return list(db.session.scalars(select(User.name).where(User.id.in_(people)).order_by(User.name)))
