"""Sending what is in the outbox: claim, send outside any transaction, finish (core.md 5).

At least once, under one key: a worker that dies while sending leaves a lease that lapses. What a receiver can recognise is
then sent again; an e-mail or text is marked uncertain, for a person to decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from flask import current_app
from sqlalchemy import case, func, select, update

from config.settings import Settings
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.events import publish
from sentinel.core.logging import where
from sentinel.post.email import send_email
from sentinel.post.events import MessageFailed, MessageSent
from sentinel.post.letters import Builder, Failed, Later, Letter, Message, NotSent, Outcome, Sent, Uncertain, Webhook
from sentinel.post.models import Outbox
from sentinel.post.webhook import send_webhook

CLAIM = 20
LEASE = timedelta(seconds=90)
# No sending begins with less than this left of its lease: longer than the longest wait for an answer.
ENOUGH = timedelta(seconds=35)
# A task is stopped by force after ten minutes; what is left is taken up by the next one.
LONGEST = timedelta(minutes=4)
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
SAFE_TO_REPEAT = ("webhook", "in_system")
LAPSED = "Whoever was sending it stopped in the middle."
NO_EMAIL = "E-mail is not set up here (SENTINEL_SMTP_URL)."
NOT_SET_UP = {
    "text": "Text messages are not set up here. Ring, or reach them another safe way.",
    "letter": "Letters are not sent from here. Write and post it, then log the contact.",
}

log = structlog.get_logger()


@dataclass
class Counts:
    """What became of the messages that were due, and how many still wait."""

    sent: int = 0
    failed: int = 0
    waiting: int = 0


def deliver(limit: int = CLAIM, *, once: bool = False) -> Counts:
    """Send everything that is due, `limit` at a time (or, with `once`, that many and no more).

    Commits as it goes; ends the caller's transaction.
    """
    counts, until = Counts(), clock.machine_now() + LONGEST
    _take_back_lapsed()
    while clock.machine_now() < until and (claimed := _claim(limit)):
        _send_all(*claimed, counts)
        if once:
            break
    counts.waiting = db.session.scalar(select(func.count()).select_from(Outbox).where(Outbox.state == "waiting")) or 0
    db.session.rollback()
    log.info("delivered", sent=counts.sent, failed=counts.failed, waiting=counts.waiting)
    return counts


def _take_back_lapsed() -> None:
    moment = clock.machine_now()
    repeat = Outbox.channel.in_(SAFE_TO_REPEAT) & (Outbox.attempts <= len(BACK_OFF))
    db.session.execute(
        update(Outbox)
        .where(Outbox.state == "sending", Outbox.lease_until < moment)
        .values(
            state=case((repeat, "waiting"), else_="uncertain"),
            failed_at=case((repeat, None), else_=clock.now()),
            next_attempt_at=moment,
            lease_token=None,
            last_error=LAPSED,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def _claim(limit: int) -> tuple[Sequence[Message], UUID, datetime] | None:
    moment, token = clock.machine_now(), new_id()
    due = (
        select(Outbox.id)
        .where(Outbox.state == "waiting", Outbox.next_attempt_at <= moment)
        .order_by(Outbox.next_attempt_at, Outbox.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = db.session.execute(
        update(Outbox)
        .where(Outbox.id.in_(due.scalar_subquery()))
        .values(state="sending", attempts=Outbox.attempts + 1, lease_token=token, lease_until=moment + LEASE)
        .returning(Outbox.id, Outbox.dedupe_key, Outbox.channel, Outbox.template, Outbox.ref_table, Outbox.ref_id, Outbox.attempts)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.commit()
    return (sorted((Message(*row) for row in rows), key=lambda message: message.id), token, moment + LEASE) if rows else None


def _send_all(messages: Sequence[Message], token: UUID, lease_until: datetime, counts: Counts) -> None:
    for place, message in enumerate(messages):
        if lease_until - clock.machine_now() < ENOUGH:
            _give_back(messages[place:], token)
            return
        state = _finish(message, token, _attempt(message))
        counts.sent += state == "sent"
        counts.failed += state in ("failed", "uncertain")


def _give_back(messages: Sequence[Message], token: UUID) -> None:
    db.session.execute(
        update(Outbox)
        .where(Outbox.id.in_([message.id for message in messages]), Outbox.lease_token == token)
        .values(state="waiting", attempts=Outbox.attempts - 1, lease_token=None)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def _attempt(message: Message) -> Outcome:
    """Write the words, then send them with no transaction open."""
    if message.channel == "in_system":
        return Sent()
    if message.channel in NOT_SET_UP:
        return Failed(NOT_SET_UP[message.channel])
    builders: Mapping[str, Builder] = current_app.extensions["sentinel.messages"]
    try:
        letter: Letter = builders[message.template](message)
    except Exception as error:  # a fault in one message's words must not stop the others
        log.error("message_not_written", outbox=message.id, template=message.template, kind=type(error).__name__, where=where(error))
        return Later(f"Its words could not be made ({type(error).__name__}).")
    finally:
        db.session.rollback()
    return _sent(message, letter)


def _sent(message: Message, letter: Letter) -> Outcome:
    settings: Settings = current_app.config["SENTINEL"]
    if isinstance(letter, NotSent):
        return letter
    if isinstance(letter, Webhook):
        return send_webhook(message, letter)
    if settings.smtp_url:
        return send_email(message, letter, settings.smtp_url, settings.base_url)
    return NotSent(NO_EMAIL) if letter.nudge else Failed(NO_EMAIL)


def _finish(message: Message, token: UUID, outcome: Outcome) -> str | None:
    """Record what came of it and return its state; None when the lease lapsed and somebody else has it now."""
    values = _recorded(message, outcome)
    finished = update(Outbox).where(Outbox.id == message.id, Outbox.lease_token == token).values(lease_token=None, **values)
    ours = bool(db.session.execute(finished.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]
    if ours:
        _publish(message, values)
    db.session.commit()
    return values["state"] if ours else None


def _recorded(message: Message, outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Sent(provider_ref):
            return {"state": "sent", "sent_at": clock.now(), "provider_ref": provider_ref, "last_error": None}
        case NotSent(reason):
            return {"state": "cancelled", "last_error": reason}
        case Uncertain(error):
            return {"state": "uncertain", "failed_at": clock.now(), "last_error": error}
        case Later(error) if message.attempts <= len(BACK_OFF):
            return {"state": "waiting", "next_attempt_at": clock.machine_now() + BACK_OFF[message.attempts - 1], "last_error": error}
    return {"state": "failed", "failed_at": clock.now(), "last_error": outcome.error}


def _publish(message: Message, values: dict[str, Any]) -> None:
    """Tell the other rooms. What they make of it cannot undo that it was sent."""
    try:
        with db.session.begin_nested():
            if values["state"] == "sent":
                publish(MessageSent(message))
            elif values["state"] in ("failed", "uncertain"):
                publish(MessageFailed(message, values["last_error"]))
    except Exception as error:
        log.error("reaction_to_message_failed", outbox=message.id, template=message.template, kind=type(error).__name__, where=where(error))
