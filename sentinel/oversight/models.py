"""What staff declare, looks that somebody should ask about, and the questions put to the record with their reason."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from sentinel.audit.models import Xid8
from sentinel.core.db import Key, Line, Model, Short, Word, one_of, ref

WHYS = ("self", "address", "declared", "colleague")


class DeclaredInterest(Model):
    """A person or an address that a member of staff must not look up, in their own words; only they and the sweep read it."""

    __tablename__ = "declared_interest"
    __table_args__ = (CheckConstraint("num_nonnulls(name_key, building_key) = 1", name="person_or_address"),)

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    name: Mapped[Short | None]
    name_key: Mapped[Short | None]
    address: Mapped[Line | None]
    building_key: Mapped[Line | None]
    note: Mapped[Line | None]
    declared_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class LookFlag(Model):
    """Somebody looked at a person who may be themselves, a colleague, or whom they declared. Open until reviewed; one per pair."""

    __tablename__ = "look_flag"
    __table_args__ = (
        one_of("why", WHYS),
        Index("uq_look_flag_open", "user_id", "person_id", unique=True, postgresql_where="reviewed_at IS NULL"),
    )

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ref("person.id"), index=True)
    why: Mapped[Word]
    entry_id: Mapped[int] = mapped_column(BigInteger)
    at_us: Mapped[int] = mapped_column(BigInteger)
    flagged_at: Mapped[datetime]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    note: Mapped[Line | None]


class LookMark(Model):
    """Up to which transaction the looks have been compared with staff. One row."""

    __tablename__ = "look_mark"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    epoch: Mapped[int]
    xid: Mapped[int] = mapped_column(Xid8)


class RecordQuestion(Model):
    """An information officer opened the record of a case, a report or a member of staff, and said why."""

    __tablename__ = "record_question"
    __table_args__ = (one_of("about_table", ("asb_case", "report", "app_user")),)

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    about_table: Mapped[Word]
    about_id: Mapped[UUID]
    reason: Mapped[Line]
    asked_at: Mapped[datetime]
