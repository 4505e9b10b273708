"""Who gets a message about alerts: at once where it cannot wait, everything else in one digest each working morning."""

from datetime import date
from uuid import UUID

from sqlalchemy import select, text

from sentinel.alerts.models import Alert, Telling
from sentinel.core import clock, worktime
from sentinel.core.db import db
from sentinel.post.service import queue_message

TEMPLATES = {"now": "alerts_now", "digest": "alerts_digest"}
MORNING = range(6, 12)

_UNSENT = "outbox_id IS NULL AND via = :via AND (CAST(:alert_id AS bigint) IS NULL OR alert_id = :alert_id)"
_TO_TELL = text(f"SELECT DISTINCT user_id FROM telling WHERE {_UNSENT}")  # noqa: S608
_TELL_WITH = text(
    f"""UPDATE telling t SET outbox_id = m.message
    FROM unnest(CAST(:users AS uuid[]), CAST(:messages AS bigint[])) AS m (user_id, message)
    WHERE t.user_id = m.user_id AND {_UNSENT}"""  # noqa: S608
)
# Sweeps write their messages one after the other, as the last thing they do: each telling goes into one message, and none is empty.
# What somebody's act tells at once nobody else can see yet.
_IN_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('messages of alerts', 0))")


def tell_at_once(key: UUID, alert_id: int | None = None) -> int:
    """One message to each person told of something that cannot wait and not yet written to. `key` names the sweep or the cause."""
    return _write(_to_tell("now", alert_id), "now", key, alert_id)


def write_digests() -> int:
    """One digest to each person with something new or still open, on the morning of a working day; returns how many.

    Written once a day however often it is asked for. On other days, and after midday, nobody is written to.
    """
    here = clock.london(clock.now())
    if here.hour not in MORNING or not worktime.is_working_day(here.date()):
        return 0
    return _write({*_to_tell("digest"), *_people_with_open_alerts()}, "digest", here.date())


def _to_tell(via: str, alert_id: int | None = None) -> set[UUID]:
    if alert_id is None:
        db.session.execute(_IN_TURN)
    return set(db.session.scalars(_TO_TELL, {"via": via, "alert_id": alert_id}))


def _people_with_open_alerts() -> list[UUID]:
    told = select(Telling.user_id).join(Alert, Alert.id == Telling.alert_id).where(Alert.closed_at.is_(None))
    return list(db.session.scalars(told.distinct()))


def _write(people: set[UUID], via: str, key: UUID | date, alert_id: int | None = None) -> int:
    """A message to each, once for this key, and with it everything they have been told of and not yet written to about."""
    queued = {user_id: _queue(user_id, via, key) for user_id in sorted(people)}
    messages = {user_id: number for user_id, number in queued.items() if number is not None}
    if messages:
        numbers = {"users": list(messages), "messages": list(messages.values())}
        db.session.execute(_TELL_WITH, {"via": via, "alert_id": alert_id, **numbers})
    return len(messages)


def _queue(user_id: UUID, via: str, key: UUID | date) -> int | None:
    return queue_message(
        dedupe_key=f"{via}:{user_id}:{key}", channel="email", template=TEMPLATES[via], ref_table="app_user", ref_id=user_id
    )
