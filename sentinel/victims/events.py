"""What happens between us and a victim."""

from dataclasses import dataclass
from datetime import datetime

from sentinel.access.models import User
from sentinel.cases.models import Party
from sentinel.victims.models import Contact, Promise


@dataclass(frozen=True)
class ContactLogged:
    """A contact or an attempt was logged; `kept` are the promises it kept, already closed."""

    contact: Contact
    kept: tuple[Promise, ...]


@dataclass(frozen=True)
class PromiseEnded:
    """A promise was excused, waived, reviewed or ended without a contact."""

    promise: Promise


@dataclass(frozen=True)
class Contactable:
    """A victim on something that goes on can be contacted from now on."""

    party: Party
    actor: User | None


@dataclass(frozen=True)
class DateHeld:
    """The date of a hearing was to be told by this promise, and is not before `since`."""

    promise: Promise
    since: datetime
