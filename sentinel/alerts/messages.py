"""Who gets a message about alerts: at once where it cannot wait, everything else in one digest each working morning."""

from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from sentinel.alerts.models import Alert, Telling
from sentinel.core import clock, worktime
from sentinel.core.db import db
from sentinel.post.service import queue_message

AT_ONCE, DIGEST = "alerts_now", "alerts_digest"
MORNING = range(6, 12)

# Another sweep may be writing messages at the same moment: each telling goes into one of them.
_UNSENT = text(
    """SELECT alert_id, step, user_id FROM telling WHERE outbox_id IS NULL AND via = :via
    AND (CAST(:alert_id AS bigint) IS NULL OR alert_id = :alert_id) ORDER BY user_id, alert_id, step FOR UPDATE SKIP LOCKED"""
)
_SENT_WITH = text(
    """UPDATE telling t SET outbox_id = :outbox_id FROM unnest(CAST(:alerts AS bigint[]), CAST(:steps AS int[])) AS u (alert_id, step)
    WHERE t.user_id = :user_id AND t.alert_id = u.alert_id AND t.step = u.step"""
)


def tell_at_once(key: UUID, alert_id: int | None = None) -> int:
    """One message to each person told of something that cannot wait and not yet written to. `key` names the sweep or the cause."""
    return sum(_write(user_id, f"now:{user_id}:{key}", AT_ONCE, rows) for user_id, rows in _unsent("now", alert_id).items())


def write_digests() -> int:
    """One digest to each person with something new or still open, on the morning of a working day; returns how many.

    Written once a day however often it is asked for. On other days, and after midday, nobody is written to.
    """
    here = clock.london(clock.now())
    if here.hour not in MORNING or not worktime.is_working_day(here.date()):
        return 0
    unsent = _unsent("digest", None)
    everybody = sorted({*unsent, *_people_with_open_alerts()})
    return sum(_write(user_id, f"digest:{user_id}:{here.date()}", DIGEST, unsent.get(user_id, [])) for user_id in everybody)


def _unsent(via: str, alert_id: int | None) -> dict[UUID, list[Any]]:
    rows = db.session.execute(_UNSENT, {"via": via, "alert_id": alert_id}).all()
    return {user_id: list(group) for user_id, group in groupby(rows, key=attrgetter("user_id"))}


def _people_with_open_alerts() -> list[UUID]:
    told = select(Telling.user_id).join(Alert, Alert.id == Telling.alert_id).where(Alert.closed_at.is_(None))
    return list(db.session.scalars(told.distinct()))


def _write(user_id: UUID, dedupe_key: str, template: str, tellings: list[Any]) -> bool:
    number = queue_message(dedupe_key=dedupe_key, channel="email", template=template, ref_table="app_user", ref_id=user_id)
    if number is None:
        return False
    alerts, steps = [row.alert_id for row in tellings], [row.step for row in tellings]
    db.session.execute(_SENT_WITH, {"outbox_id": number, "user_id": user_id, "alerts": alerts, "steps": steps})
    return True
