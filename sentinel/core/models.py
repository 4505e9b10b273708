"""The installation itself, drafts, and receipts of forms already sent."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, Interval, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sentinel.core.db import Key, Line, Model, Short, Word, new_id


class Installation(Model):
    """One row: is this a demonstration, how far its clock is set forward, and how often it was restored (`epoch`, from 1)."""

    __tablename__ = "installation"
    __table_args__ = (
        CheckConstraint("id = 1", name="only_one"),
        CheckConstraint("demonstration OR clock_offset = '0'", name="clock_moves_in_a_demonstration"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    demonstration: Mapped[bool] = mapped_column(default=False)
    clock_offset: Mapped[timedelta] = mapped_column(Interval, default=timedelta())
    epoch: Mapped[int] = mapped_column(server_default="1")


class ReferenceCounter(Model):
    """The last sequence number given out in a London year."""

    __tablename__ = "reference_counter"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Draft(Model):
    """What somebody typed and has not saved; encrypted, readable by nobody else."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("user_id", "form", "subject"),)

    id: Mapped[Key]
    user_id: Mapped[UUID]
    form: Mapped[Word]
    subject: Mapped[Short]
    key_id: Mapped[Word]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    reference: Mapped[Word | None]
    updated_at: Mapped[datetime]


class Submission(Model):
    """A form that was saved, and where that led: a double click gets the first receipt."""

    __tablename__ = "submission"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID | None]
    result: Mapped[Line]
    at: Mapped[datetime]
