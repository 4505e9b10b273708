"""Putting a message into the outbox, and sending a failed one again."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.transactions import enqueue
from sentinel.post.models import Outbox

RESENDABLE = ("failed", "uncertain")


def queue_message(*, dedupe_key: str, channel: str, template: str, ref_table: str, ref_id: UUID) -> int | None:
    """Write a message in this transaction; a worker sends it after the commit. Returns its number, None if it stood there already.

    The same `dedupe_key` is never written twice. `template` names the function that will write the words at sending
    (MESSAGES in `sentinel/reactions.py`); what it is about is `ref_table` and `ref_id`. No words are kept.
    """
    added = insert(Outbox).values(
        dedupe_key=dedupe_key,
        channel=channel,
        template=template,
        ref_table=ref_table,
        ref_id=ref_id,
        state="waiting",
        attempts=0,
        created_at=clock.now(),
        next_attempt_at=clock.machine_now(),
    )
    number = db.session.scalar(added.on_conflict_do_nothing(index_elements=[Outbox.dedupe_key]).returning(Outbox.id))
    enqueue("post.deliver")
    return number


def look_again(*, ref_table: str, ref_id: UUID) -> None:
    """What is known of this has changed: ask of every message that waits about it, at once, whether it may go now."""
    waiting = update(Outbox).where(Outbox.ref_table == ref_table, Outbox.ref_id == ref_id, Outbox.state == "waiting")
    db.session.execute(waiting.where(Outbox.channel != "letter").values(next_attempt_at=clock.machine_now()))
    enqueue("post.deliver")


def resend(*, ref_table: str, ref_id: UUID) -> int:
    """Try again, at once and with the same key, everything about this that failed or whose fate is unknown. Returns how many."""
    again = (
        update(Outbox)
        .where(Outbox.ref_table == ref_table, Outbox.ref_id == ref_id, Outbox.state.in_(RESENDABLE))
        .values(state="waiting", attempts=0, next_attempt_at=clock.machine_now(), failed_at=None, last_error=None)
    )
    number: int = db.session.execute(again).rowcount  # type: ignore[attr-defined]
    enqueue("post.deliver")
    return number
