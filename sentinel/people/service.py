"""Recording a person and the ways to reach them."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotFound
from sentinel.people import keys
from sentinel.people.models import Person, PersonContact, Residence

NOT_GIVEN = "Name not given"
NOT_KNOWN = "Name not known"
KEYS = {"phone": keys.phone_key, "email": keys.email_key}


def find_or_make_person(
    *, name: str = "", known: UUID | None = None, unnamed: str = NOT_GIVEN, born_on: date | None = None, age_years: int | None = None
) -> Person:
    """The person a call taker attached, else always a new record: likeness alone never joins two people.

    Without a name the record says so in the words of `unnamed` and has no key, so that it matches nobody.
    """
    if known:
        return _known(known)
    person = Person(
        id=new_id(),
        name=name or unnamed,
        name_key=keys.name_key(name),
        sound_key=keys.sound_key(name),
        born_on=born_on,
        age_years=age_years,
        created_at=clock.now(),
    )
    db.session.add(person)
    db.session.flush()
    return person


def add_contact(person: Person, kind: str, value: str) -> PersonContact | None:
    """Record a telephone number or e-mail address, once; None for an empty one or one that can reach nobody."""
    key = KEYS[kind](value)
    if not key:
        return None
    same = select(PersonContact).where(PersonContact.person_id == person.id, PersonContact.kind == kind, PersonContact.value_key == key)
    found = db.session.scalar(same)
    if found is None:
        found = PersonContact(person_id=person.id, kind=kind, value=value, value_key=key, added_at=clock.now())
        db.session.add(found)
        db.session.flush()
    return found


def add_residence(person: Person, place_id: UUID) -> Residence:
    """Record where a person lives, once."""
    found = db.session.scalar(select(Residence).where(Residence.person_id == person.id, Residence.place_id == place_id))
    if found is None:
        found = Residence(person_id=person.id, place_id=place_id, added_at=clock.now())
        db.session.add(found)
        db.session.flush()
    return found


def _known(person_id: UUID) -> Person:
    person = db.session.get(Person, person_id)
    if person is None:
        raise NotFound
    return person
