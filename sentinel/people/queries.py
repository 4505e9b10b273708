"""Who on record may be the person speaking. Likeness is shown with its reason; people decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text

from sentinel.audit.service import record_look
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.people import keys
from sentinel.people.models import Person

# Inside the function a viewer's limits are applied before the number of rows is (design: core.md 7; migration 0003).
_MATCH = text(
    """SELECT person_id, likeness, same_name, sounds_alike, same_phone, same_email, same_building
       FROM match_people(:name, :sound, :phone, :email, :building, :at, :most)"""
)


@dataclass(frozen=True)
class Candidate:
    """Somebody on record who may be meant, and what speaks for it. `likeness` is of names, 0 to 1."""

    person_id: UUID
    likeness: float
    same_name: bool
    sounds_alike: bool
    same_phone: bool
    same_email: bool
    same_building: bool

    def reason(self, *, phone_given: bool) -> str:
        """ "Same name and number", "Similar name, different number", "Same building"."""
        name = "Same name" if self.same_name else "Similar name" if self.likeness or self.sounds_alike else ""
        same = [
            word for word, so in (("number", self.same_phone), ("e-mail address", self.same_email), ("building", self.same_building)) if so
        ]
        if name and same:
            return f"{name} and {' and '.join(same)}"
        if same:
            return f"Same {' and '.join(same)}"
        return f"{name}, different number" if phone_given else name


def match_candidates(*, name: str = "", phone: str = "", email: str = "", building: str = "", limit: int = 8) -> list[Candidate]:
    """People like these details, likest first, whom the viewer may know of; records one search with those shown.

    `building` is a key (places.keys.building_key). People who stand on restricted cases only are invisible.
    """
    wanted = {
        "name": keys.name_key(name),
        "sound": keys.sound_key(name),
        "phone": keys.phone_key(phone),
        "email": keys.email_key(email),
        "building": building,
    }
    if not any(wanted.values()):
        return []
    rows = db.session.execute(_MATCH, {**wanted, "at": clock.now(), "most": limit})
    found = [Candidate(*row) for row in rows]
    record_look("person", "match", person_ids=[candidate.person_id for candidate in found], kind="search")
    return found


def people(ids: Sequence[UUID]) -> dict[UUID, Person]:
    """The people with these keys."""
    return {person.id: person for person in db.session.scalars(select(Person).where(Person.id.in_(ids)))}


def ways_to_reach(person_id: UUID) -> dict[str, str]:
    """The latest telephone number and e-mail address on record, by kind, of somebody the viewer may know of.

    Whoever attaches a known person to a report puts their number on it without seeing the cases it comes from (migration 0013).
    """
    rows = db.session.execute(text("SELECT kind, value FROM ways_to_reach(:person)"), {"person": person_id})
    return {row.kind: row.value for row in rows}
