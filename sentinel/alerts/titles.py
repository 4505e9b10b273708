"""What an alert is about, in words."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from config import agreed
from sentinel.alerts.models import Alert
from sentinel.core.db import db
from sentinel.victims.models import Promise

PROMISE = "promise_open"


def title_of(alert: Alert) -> str:
    """What is wrong: the trigger's title, or what was promised."""
    return titles_of([alert])[alert.id]


def titles_of(alerts: list[Alert]) -> Mapping[int, str]:
    """What is wrong, by alert."""
    promised = [alert.subject_id for alert in alerts if alert.trigger_key in _promise_keys()]
    kinds: dict[UUID, str] = dict(db.session.execute(select(Promise.id, Promise.kind).where(Promise.id.in_(promised))).all())
    titles = {trigger.key: trigger.title for trigger in agreed.current().triggers.trigger}
    contact = agreed.current().contact
    return {
        alert.id: contact.rule(kinds[alert.subject_id]).title
        if alert.subject_id in kinds
        else titles.get(alert.trigger_key, alert.trigger_key)
        for alert in alerts
    }


def _promise_keys() -> set[str]:
    return {trigger.key for trigger in agreed.current().triggers.trigger if trigger.condition == PROMISE}
