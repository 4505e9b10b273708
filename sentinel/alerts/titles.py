"""What an alert is about, in words."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from config import agreed
from sentinel.alerts.models import Alert
from sentinel.core.db import db
from sentinel.victims.models import Promise

PROMISE = "promise_open"
# The words before what was promised, by step.
HOW = {1: "Due soon", 2: "Not done yet", 3: "Not kept", 4: "Not kept"}


def title_of(alert: Alert) -> str:
    """What is wrong: the trigger's title, or what was promised and is not done."""
    return titles_of([alert])[alert.id]


def titles_of(alerts: Sequence[Alert]) -> Mapping[int, str]:
    """What is wrong, by alert."""
    promises = _promises(alerts)
    titles = {trigger.key: trigger.title for trigger in agreed.current().triggers.trigger}
    kinds = {rule.kind: rule.title for rule in agreed.current().contact.promise}
    return {
        alert.id: f"{HOW[alert.step]}: {_lower(kinds[promises[alert.subject_id].kind])}"
        if alert.subject_id in promises
        else titles.get(alert.trigger_key, alert.trigger_key)
        for alert in alerts
    }


def details_of(alerts: Sequence[Alert]) -> Mapping[int, str]:
    """The line under the title, by alert: what the victim was told, or what to do."""
    promises = _promises(alerts)
    to_do = {trigger.key: trigger.what_to_do for trigger in agreed.current().triggers.trigger}
    return {
        alert.id: f"Told: “{promises[alert.subject_id].told_as}”" if alert.subject_id in promises else to_do.get(alert.trigger_key, "")
        for alert in alerts
    }


def _promises(alerts: Iterable[Alert]) -> dict[UUID, Promise]:
    keys = {trigger.key for trigger in agreed.current().triggers.trigger if trigger.condition == PROMISE}
    wanted = [alert.subject_id for alert in alerts if alert.trigger_key in keys]
    return {promise.id: promise for promise in db.session.scalars(select(Promise).where(Promise.id.in_(wanted)))} if wanted else {}


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]
