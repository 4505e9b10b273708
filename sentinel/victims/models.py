"""The contact plan, the promises made to a party, and the contacts and attempts that keep them (core.md 1)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sentinel.access.models import User
from sentinel.cases.models import CLASSES, Party
from sentinel.core.db import Key, Line, Model, Prose, Short, Word, one_of, prose_limit, ref, where_set
from sentinel.people.models import Person

SAFE = ("yes", "no", "not_asked")
CHANNELS = ("phone", "visit", "text", "email", "letter")
FORMATS = ("large_print", "easy_read", "audio", "braille", "sign_language", "other")


class ContactPlan(Model):
    """What makes it safe to reach a party, as they told us. Not asked blocks automatic sending.

    `every_working_days` and `no_contact` are there because the victim asked; `agreed_by` is the supervisor who agreed
    where the victim is entitled to the enhanced standard.
    """

    __tablename__ = "contact_plan"
    __table_args__ = (
        *(one_of(column, SAFE) for column in ("ring", "voicemail", "text", "email", "post")),
        one_of("preferred", CHANNELS),
        one_of("accessible_format", FORMATS),
        CheckConstraint("every_working_days BETWEEN 1 AND 60", name="every_at_most_60"),
        CheckConstraint("representative_person_id IS NULL OR representative_consent IS NOT NULL", name="speaks_with_consent"),
        *prose_limit("wishes"),
    )

    party_id: Mapped[UUID] = mapped_column(ref("party.id"), primary_key=True)
    case_id: Mapped[UUID | None] = mapped_column(ref("asb_case.id"), index=True)
    phone: Mapped[Short | None]
    email_address: Mapped[Short | None]
    address: Mapped[Line | None]
    ring: Mapped[Word] = mapped_column(default="not_asked")
    voicemail: Mapped[Word] = mapped_column(default="not_asked")
    text: Mapped[Word] = mapped_column(default="not_asked")
    email: Mapped[Word] = mapped_column(default="not_asked")
    post: Mapped[Word] = mapped_column(default="not_asked")
    safe_times: Mapped[Line | None]
    language: Mapped[Short | None]
    never: Mapped[Line | None]
    preferred: Mapped[Word | None]
    accessible_format: Mapped[Word | None]
    needs: Mapped[Line | None]
    wishes: Mapped[Prose | None]
    representative_person_id: Mapped[UUID | None] = mapped_column(ref("person.id"), index=True)
    representative_consent: Mapped[Line | None]
    every_working_days: Mapped[int | None]
    no_contact: Mapped[bool] = mapped_column(default=False)
    agreed_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "eager_defaults": False}

    party: Mapped[Party] = relationship()
    representative: Mapped[Person | None] = relationship()


class Promise(Model):
    """Something a person was told would happen by a date. All times are worked out once, when it is made.

    `step` 0 made, 1 soon, 2 due, 3 supervisor, 4 manager; `next_step_at` is what the sweep compares ('infinity' after 4).
    No role may update `due_at`: a deadline, once promised, never moves (rules.md, Time). `teller_id` is whoever was named to keep it,
    where that is not whoever has the case.
    """

    __tablename__ = "promise"
    __table_args__ = (
        one_of("klass", CLASSES),
        one_of("state", ("open", "kept", "excused", "waived", "ended")),
        CheckConstraint("step BETWEEN 0 AND 4", name="step_range"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended_has_time"),
        CheckConstraint("due_at >= starts_at", name="due_after_start"),
        UniqueConstraint("party_id", "kind", "cause_id"),
        Index("ix_promise_next", "next_step_at", postgresql_where="state = 'open'"),
        Index("ix_promise_open_party", "party_id", postgresql_where="state = 'open'"),
        *where_set("promise", "kept_by", "ended_by", "ended_at", "tightens_id", "teller_id"),
    )

    id: Mapped[Key]
    party_id: Mapped[UUID] = mapped_column(ref("party.id"))
    kind: Mapped[Word]
    cause_id: Mapped[UUID]
    klass: Mapped[Word]
    standards_version: Mapped[Word]
    calendar_version: Mapped[Word]
    told_as: Mapped[Line]
    starts_at: Mapped[datetime]
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    soon_at: Mapped[datetime]
    supervisor_at: Mapped[datetime]
    manager_at: Mapped[datetime]
    step: Mapped[int] = mapped_column(default=0)
    next_step_at: Mapped[datetime]
    state: Mapped[Word] = mapped_column(default="open")
    kept_by: Mapped[UUID | None] = mapped_column(ref("contact.id"))
    ended_reason: Mapped[Line | None]
    ended_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"))
    ended_at: Mapped[datetime | None]
    tightens_id: Mapped[UUID | None] = mapped_column(ref("promise.id"))
    teller_id: Mapped[UUID | None] = mapped_column(ref("app_user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "eager_defaults": False}

    party: Mapped[Party] = relationship()
    contact: Mapped["Contact | None"] = relationship(foreign_keys=[kept_by])
    ender: Mapped[User | None] = relationship(foreign_keys=[ended_by])


class Contact(Model):
    """A contact with a party, or an attempt at one. `occurred_at` decides what it keeps; `logged_at` shows late typing."""

    __tablename__ = "contact"
    __table_args__ = (
        one_of("channel", CHANNELS),
        one_of("direction", ("in", "out")),
        one_of("outcome", ("reached", "attempt", "one_way_sent", "delivered", "failed")),
        CheckConstraint("occurred_at <= logged_at + interval '5 minutes'", name="not_in_the_future"),
        Index("ix_contact_party", "party_id", "occurred_at"),
        *prose_limit("note"),
    )

    id: Mapped[Key]
    party_id: Mapped[UUID] = mapped_column(ref("party.id"))
    case_id: Mapped[UUID | None] = mapped_column(ref("asb_case.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ref("person.id"), index=True)
    occurred_at: Mapped[datetime]
    logged_at: Mapped[datetime]
    by_user: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    by_practitioner: Mapped[bool] = mapped_column(default=False)
    at_intake: Mapped[bool] = mapped_column(default=False)
    channel: Mapped[Word]
    direction: Mapped[Word]
    outcome: Mapped[Word]
    note: Mapped[Prose]
    outbox_id: Mapped[int | None] = mapped_column(BigInteger, ref("outbox.id"), index=True)

    party: Mapped[Party] = relationship()
    person: Mapped[Person] = relationship()
    user: Mapped[User | None] = relationship()
    covers: Mapped[list["ContactCovers"]] = relationship()


class ClosingView(Model):
    """What a victim thinks of closing the case, for the proposal of `proposed_at`: the latest for their person counts.

    `contact_id` is where they were told and asked; without one a supervisor answered for somebody who did not.
    """

    __tablename__ = "closing_view"
    __table_args__ = (Index("ix_closing_view_case", "case_id", "proposed_at"), *prose_limit("note"))

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ref("asb_case.id"))
    party_id: Mapped[UUID] = mapped_column(ref("party.id"), index=True)
    proposed_at: Mapped[datetime]
    view: Mapped[Word]
    note: Mapped[Prose | None]
    contact_id: Mapped[UUID | None] = mapped_column(ref("contact.id"), index=True)
    by_user: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    at: Mapped[datetime]

    party: Mapped[Party] = relationship()
    contact: Mapped[Contact | None] = relationship()
    user: Mapped[User | None] = relationship()


class ContactCovers(Model):
    """What a contact was about, by kind of promise."""

    __tablename__ = "contact_covers"

    contact_id: Mapped[UUID] = mapped_column(ref("contact.id"), primary_key=True)
    kind: Mapped[Word] = mapped_column(primary_key=True)
