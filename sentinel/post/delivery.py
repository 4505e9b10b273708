"""Sending what is in the outbox: claim, send outside any transaction, finish (core.md 5).

At least once, under one key: a worker that dies while sending leaves a lease that lapses. What a receiver can recognise is
then sent again, and so is what Notify, asked first, does not have; anything else is marked uncertain, for a person to decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from flask import current_app
from sqlalchemy import ColumnElement, Select, case, func, null, select, update

from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.events import publish
from sentinel.core.logging import where
from sentinel.post import notify
from sentinel.post.channels import NO_EMAIL, NO_TEXT, NOTIFY, SMTP, carriers, not_set_up, settings
from sentinel.post.email import send_email
from sentinel.post.events import MessageFailed, MessageSent
from sentinel.post.letters import Builder, Failed, Later, Letter, Message, NotSent, NotYet, Outcome, Paper, Sent, Text, Uncertain, Webhook
from sentinel.post.models import Outbox
from sentinel.post.webhook import send_webhook

CLAIM = 20
LEASE = timedelta(seconds=90)
# No sending begins with less than this left of its lease: longer than the longest wait for an answer.
ENOUGH = timedelta(seconds=35)
# A task is stopped by force after ten minutes; what is left is taken up by the next one.
LONGEST = timedelta(minutes=4)
AS_MESSAGE = (
    Outbox.id,
    Outbox.dedupe_key,
    Outbox.channel,
    Outbox.template,
    Outbox.ref_table,
    Outbox.ref_id,
    Outbox.attempts,
    Outbox.fate,
)
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
SAFE_TO_REPEAT = ("webhook", "in_system")
LAPSED = "Whoever was sending it stopped in the middle."
GONE_BEFORE = "It may have gone at an earlier try; by now it must not be sent."
LEFT_WITH = "GOV.UK Notify may have sent it, and it is no longer set up here: nobody can ask."

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
    asked = [way for way, carrier in carriers(settings()).items() if carrier == NOTIFY]
    can_be_asked = (Outbox.carrier == NOTIFY) & Outbox.channel.in_(asked)
    repeat = (Outbox.channel.in_(SAFE_TO_REPEAT) | can_be_asked) & (Outbox.attempts <= len(BACK_OFF))
    db.session.execute(
        update(Outbox)
        .where(Outbox.state == "sending", Outbox.lease_until < moment)
        .values(
            state=case((repeat, "waiting"), else_="uncertain"),
            failed_at=case((repeat, None), else_=clock.now()),
            next_attempt_at=moment,
            lease_token=None,
            last_error=LAPSED,
            fate=case((Outbox.carrier == NOTIFY, "unsure"), else_=Outbox.fate),
        )
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def _claim(limit: int) -> tuple[Sequence[Message], UUID, datetime] | None:
    moment, token = clock.machine_now(), new_id()
    due = (
        select(Outbox.id)
        .where(Outbox.state == "waiting", Outbox.next_attempt_at <= moment, Outbox.channel != "letter")  # people post those
        .order_by(Outbox.next_attempt_at, Outbox.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = db.session.execute(
        update(Outbox)
        .where(Outbox.id.in_(chosen_once(due)))
        .values(state="sending", attempts=Outbox.attempts + 1, lease_token=token, lease_until=moment + LEASE, carrier=_carrier())
        .returning(*AS_MESSAGE)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.commit()
    return (sorted(map(message_of, rows), key=lambda message: message.id), token, moment + LEASE) if rows else None


def chosen_once(due: Select[Any]) -> Select[Any]:
    """These rows and no more: as a plain subquery PostgreSQL may choose others for each row it compares, past the limit."""
    return select(due.cte("due").c.id)


def message_of(row: Any) -> Message:
    """The message in a row that begins with AS_MESSAGE."""
    return Message(*row[: len(AS_MESSAGE)])


def _carrier() -> ColumnElement[Any]:
    by = carriers(settings())
    return case(by, value=Outbox.channel) if by else null()


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
    if message.channel != "email" and (why_not := not_set_up().get(message.channel)):
        return Failed(why_not) if message.fate != "unsure" else Uncertain(LEFT_WITH)
    builders: Mapping[str, Builder] = current_app.extensions["sentinel.messages"]
    try:
        letter: Letter = builders[message.template](message)
    except Exception as error:  # a fault in one message's words must not stop the others
        log.error("message_not_written", outbox=message.id, template=message.template, kind=type(error).__name__, where=where(error))
        return Later(f"Its words could not be made ({type(error).__name__}).", unsure=message.fate == "unsure")
    finally:
        db.session.rollback()
    return _sent(message, letter)


def _sent(message: Message, letter: Letter) -> Outcome:
    if isinstance(letter, NotYet):
        return letter
    if isinstance(letter, NotSent):
        return letter if message.fate != "unsure" else Uncertain(GONE_BEFORE)
    if isinstance(letter, Webhook):
        return send_webhook(message, letter)
    assert not isinstance(letter, Paper), "a letter is posted by somebody (paper.py)"
    chosen = settings()
    carrier = carriers(chosen).get(message.channel)
    if carrier == NOTIFY:
        return notify.send(message, letter, chosen)
    if message.fate == "unsure":
        return Uncertain(LEFT_WITH)
    if isinstance(letter, Text):
        return Failed(NO_TEXT)
    if carrier == SMTP:
        return send_email(message, letter, chosen.smtp_url, chosen.base_url)
    return NotSent(NO_EMAIL) if letter.nudge else Failed(NO_EMAIL)


def _finish(message: Message, token: UUID, outcome: Outcome) -> str | None:
    """Record what came of it and return its state; None when the lease lapsed and somebody else has it now."""
    values = _recorded(message, outcome)
    if isinstance(outcome, Later) and outcome.unsure:
        values["fate"] = "unsure"
    finished = update(Outbox).where(Outbox.id == message.id, Outbox.lease_token == token).values(lease_token=None, **values)
    ours = bool(db.session.execute(finished.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]
    if ours:
        _publish(message, outcome, values)
    db.session.commit()
    return values["state"] if ours else None


def _recorded(message: Message, outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Sent(provider_ref, reports_back):
            fate = "taken" if reports_back else None
            return {"state": "sent", "sent_at": clock.now(), "provider_ref": provider_ref, "last_error": None, "fate": fate}
        case NotSent(reason):
            return {"state": "cancelled", "last_error": reason}
        case NotYet(until, reason):
            due = clock.machine_now() + (until - clock.now())
            return {"state": "waiting", "next_attempt_at": due, "attempts": message.attempts - 1, "last_error": reason}
        case Uncertain(error):
            return {"state": "uncertain", "failed_at": clock.now(), "last_error": error}
        case Later(error) if message.attempts <= len(BACK_OFF):
            return {"state": "waiting", "next_attempt_at": clock.machine_now() + BACK_OFF[message.attempts - 1], "last_error": error}
        case Later(error, unsure) if unsure or message.fate == "unsure":
            return {"state": "uncertain", "failed_at": clock.now(), "last_error": error}
        case Later(error) | Failed(error):
            return {"state": "failed", "failed_at": clock.now(), "last_error": error}


def _publish(message: Message, outcome: Outcome, values: dict[str, Any]) -> None:
    if isinstance(outcome, Sent):
        tell_others(message, MessageSent(message, outcome.reports_back))
    elif values["state"] in ("failed", "uncertain"):
        tell_others(message, MessageFailed(message, values["last_error"]))


def tell_others(message: Message, event: object) -> None:
    """Tell the other rooms. What they make of it cannot undo that it was sent."""
    try:
        with db.session.begin_nested():
            publish(event)
    except Exception as error:
        log.error("reaction_to_message_failed", outbox=message.id, template=message.template, kind=type(error).__name__, where=where(error))
