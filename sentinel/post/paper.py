"""Letters on paper: somebody prints one, posts it and says so. An accessible PDF (PDF/UA), made when it is opened and not kept.

As with everything that leaves, its words are made at that moment and only if the way is safe then. Royal Mail gives no word of a
plain letter: posted counts as delivered until it comes back, as with e-mail that a server has accepted.
"""

import json
from pathlib import Path

import typst
from flask import current_app
from sqlalchemy import Select, select, update

from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotFound, Refused
from sentinel.core.words import day
from sentinel.post.delivery import AS_MESSAGE, message_of, tell_others
from sentinel.post.events import MessageSent
from sentinel.post.letters import Message, NotSent, Paper
from sentinel.post.models import Outbox

LAID_OUT = Path(__file__).with_name("letter.typ")
POINTS, LARGE_POINTS = 12, 18
TITLE = "A letter to you"
NO_FONT = (
    "It holds letters of an alphabet that this machine has no font for. Write it by hand, and ask whoever keeps Sentinel "
    "to install the Noto fonts."
)
GONE = "Somebody has posted this letter, or put it aside, meanwhile."


def letters() -> Select[Outbox]:
    """Every letter, whatever became of it."""
    return select(Outbox).where(Outbox.channel == "letter")


def to_print() -> Select[Outbox]:
    """Letters that wait for somebody to print and post them."""
    return letters().where(Outbox.state == "waiting")


def letter(message_id: int) -> Paper | NotSent:
    """The letter as it would be printed now, or why it may not be sent after all."""
    return _written(_message(message_id))


def _written(message: Message) -> Paper | NotSent:
    made = current_app.extensions["sentinel.messages"][message.template](message)
    if not isinstance(made, Paper | NotSent):
        raise NotFound
    return made


def pdf(paper: Paper) -> bytes:
    """The letter as PDF/UA-1. What is in it is text and never markup. Refuses what the machine's fonts cannot show: no box goes out."""
    said = {
        "title": TITLE,
        "to": paper.to,
        "date": day(clock.today()),
        "paragraphs": [" ".join(part.split()) for part in paper.body.split("\n\n") if part.strip()],
        "sender": paper.sender,
        "size": LARGE_POINTS if paper.large else POINTS,
    }
    try:
        return bytes(typst.compile(LAID_OUT.read_bytes(), sys_inputs={"letter": json.dumps(said)}, pdf_standards="ua-1"))
    except typst.TypstError as error:
        raise Refused(NO_FONT) from error


def became(message_id: int) -> tuple[str, str]:
    """A letter's state, and why it was put aside. Holds it until this transaction ends: a second click waits for what the first does."""
    held = letters().with_only_columns(Outbox.state, Outbox.last_error).where(Outbox.id == message_id).with_for_update()
    state, reason = db.session.execute(held).one()
    return state, reason or ""


def posted(message_id: int) -> str | None:
    """Somebody posted it: what it was to do is done. Returns why it must not go, where it became unsafe meanwhile: then it is put aside."""
    message = _message(message_id)
    made = _written(message)
    if isinstance(made, NotSent):
        _finish(message_id, state="cancelled", last_error=made.reason)
        return made.reason
    _finish(message_id, state="sent", sent_at=clock.now(), last_error=None)
    tell_others(message, MessageSent(message))
    return None


def put_aside(message_id: int, reason: str) -> None:
    """It is not to be posted, and why."""
    if not reason.strip():
        raise Refused("Say why it is not posted.", field="reason")
    _finish(message_id, state="cancelled", last_error=reason.strip()[:500])


def _message(message_id: int) -> Message:
    row = db.session.execute(to_print().with_only_columns(*AS_MESSAGE).where(Outbox.id == message_id)).first()
    if row is None:
        raise NotFound(GONE)
    return message_of(row)


def _finish(message_id: int, **values: object) -> None:
    changed = update(Outbox).where(Outbox.id == message_id, Outbox.channel == "letter", Outbox.state == "waiting").values(**values)
    if not db.session.execute(changed.execution_options(synchronize_session="fetch")).rowcount:  # type: ignore[attr-defined]
        raise NotFound(GONE)
