"""A person is one record, whatever part they play; the part (victim here, alleged there) belongs to the party."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from sentinel.core.db import Key, Line, Model, Short, Word, new_id, one_of, ref


class Person(Model):
    """Somebody, or somebody known only by a description. A merged record points at its canonical one (core.md 6)."""

    __tablename__ = "person"
    __table_args__ = (
        Index("ix_person_name_trgm", "name_key", postgresql_using="gin", postgresql_ops={"name_key": "gin_trgm_ops"}),
        Index("ix_person_sound", "sound_key"),
    )

    id: Mapped[Key]
    canonical_id: Mapped[UUID] = mapped_column(ref("person.id"), index=True)
    name: Mapped[Short]
    name_key: Mapped[Short]
    sound_key: Mapped[Short]
    born_on: Mapped[date | None]
    age_years: Mapped[int | None]
    created_at: Mapped[datetime]

    def __init__(self, **values: object) -> None:
        values.setdefault("id", new_id())
        values.setdefault("canonical_id", values["id"])
        super().__init__(**values)


class PersonContact(Model):
    """A way to reach a person, or where they live. `value_key` is what equals is decided by."""

    __tablename__ = "person_contact"
    __table_args__ = (one_of("kind", ("phone", "email")), Index("ix_person_contact_kind_value_key", "kind", "value_key"))

    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ref("person.id"), index=True)
    kind: Mapped[Word]
    value: Mapped[Line]
    value_key: Mapped[Line]
    added_at: Mapped[datetime]


class Residence(Model):
    """Where a person lives or lived."""

    __tablename__ = "residence"

    id: Mapped[Key]
    person_id: Mapped[UUID] = mapped_column(ref("person.id"), index=True)
    place_id: Mapped[UUID] = mapped_column(ref("place.id"), index=True)
    added_at: Mapped[datetime]
