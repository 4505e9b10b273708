"""What is sent: the row that asks for it, the words made from it at the last moment, and what came of sending them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Message:
    """A row of the outbox that somebody is sending."""

    id: int
    dedupe_key: str
    channel: str
    template: str
    ref_table: str
    ref_id: UUID
    attempts: int
    fate: str | None = None


@dataclass(frozen=True)
class Email:
    """An e-mail in plain text. A `nudge` only says that there is something to read in Sentinel."""

    to: str
    subject: str
    body: str
    nudge: bool = False


@dataclass(frozen=True)
class Text:
    """A text message, to a number with its country. Who sends it is not in its words: the number it comes from says so."""

    to: str
    subject: str
    body: str


@dataclass(frozen=True)
class Paper:
    """A letter to print and post: to whom and where, by whom, in paragraphs. `large` for who reads large print only."""

    to: tuple[str, ...]
    sender: tuple[str, ...]
    body: str
    large: bool = False


@dataclass(frozen=True)
class Webhook:
    """A signed POST of JSON."""

    url: str
    secret: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class NotSent:
    """It is not sent after all, and why: no longer wanted, or not safe."""

    reason: str


@dataclass(frozen=True)
class NotYet:
    """It waits for a moment (in UTC), and why."""

    until: datetime
    reason: str


Letter = Email | Text | Paper | Webhook | NotSent | NotYet
Builder = Callable[[Message], Letter]


@dataclass(frozen=True)
class Sent:
    """Whoever carries it has taken it, perhaps under a number of their own; some can be asked later whether it arrived."""

    provider_ref: str | None = None
    reports_back: bool = False


@dataclass(frozen=True)
class Later:
    """It did not go; trying again may help. `error` names no person. `unsure`: perhaps it did go, and no answer came back."""

    error: str
    unsure: bool = False


@dataclass(frozen=True)
class Failed:
    """It did not go and trying again will not help."""

    error: str


@dataclass(frozen=True)
class Uncertain:
    """Nobody knows whether it went. Sending it again by itself might send it twice."""

    error: str


Outcome = Sent | Later | Failed | Uncertain | NotSent | NotYet
