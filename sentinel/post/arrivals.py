"""Asking what became of messages that a carrier took: did they arrive, or will they never?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import or_, select, update

from sentinel.core import clock
from sentinel.core.db import db
from sentinel.post import notify
from sentinel.post.channels import settings
from sentinel.post.delivery import AS_MESSAGE, chosen_once, message_of, tell_others
from sentinel.post.events import MessageArrived, MessageCameBack
from sentinel.post.letters import Message
from sentinel.post.models import Outbox

BATCH = 100
AGAIN = timedelta(minutes=2)
# Notify tries for 72 hours before it says that a telephone was off; a little later it has said so.
ASKED_FOR = timedelta(hours=76)

log = structlog.get_logger()


@dataclass
class Counts:
    """How many were asked about, and what was said of them."""

    asked: int = 0
    arrived: int = 0
    came_back: int = 0


def ask(batch: int = BATCH) -> Counts:
    """Ask about those that were asked about longest ago, and record what is final. Stops when nobody answers.

    Commits as it goes; ends the caller's transaction.
    """
    counts = Counts()
    if not settings().notify_api_key:
        return counts
    for message, number in _claimed(batch):
        try:
            state = notify.state(number, settings())
        except notify.Unanswered as unanswered:
            log.warning("arrivals_not_told", reason=unanswered.sentence)
            break
        counts.asked += 1
        if state == notify.DELIVERED:
            counts.arrived += _recorded(message, MessageArrived(message), fate="arrived")
        elif sentence := notify.FAILED.get(state):
            back = {"state": "failed", "failed_at": clock.now(), "last_error": sentence}
            counts.came_back += _recorded(message, MessageCameBack(message, sentence), fate="came_back", **back)
    return counts


def _claimed(batch: int) -> Sequence[tuple[Message, str]]:
    """Marked as asked before they are: two workers ask about different ones, and one that is never answered blocks no other."""
    moment = clock.machine_now()
    due = (
        select(Outbox.id)
        .where(Outbox.fate == "taken", Outbox.state == "sent", Outbox.sent_at > clock.now() - ASKED_FOR)
        .where(or_(Outbox.asked_at.is_(None), Outbox.asked_at < moment - AGAIN))
        .order_by(Outbox.asked_at.nulls_first(), Outbox.id)
        .limit(batch)
        .with_for_update(skip_locked=True)
    )
    asked = update(Outbox).where(Outbox.id.in_(chosen_once(due))).values(asked_at=moment).returning(*AS_MESSAGE, Outbox.provider_ref)
    rows = db.session.execute(asked.execution_options(synchronize_session=False)).all()
    db.session.commit()
    return [(message_of(row), str(row.provider_ref)) for row in rows]


def _recorded(message: Message, event: object, **values: Any) -> bool:
    still = update(Outbox).where(Outbox.id == message.id, Outbox.state == "sent", Outbox.fate == "taken").values(**values)
    ours = bool(db.session.execute(still.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]
    if ours:
        tell_others(message, event)
    db.session.commit()
    return ours
