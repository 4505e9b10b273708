"""Alerts (one open per trigger and subject), who was told at which step, personal answers, and how far the sweep got."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sentinel.access.models import User
from sentinel.core.db import Line, Model, RowNumber, Word, one_of, ref, where_set

ANSWERS = ("acknowledge", "snooze", "ask", "do", "give")


class Alert(Model):
    """A fact that needs somebody. Its step only rises; only the end of the fact closes it.

    `own_officer`: `officer_id` is somebody's own part, whoever has the case. `since` is the moment the condition counts from; `due_at`
    is empty for what has no date to be late for (a repeat victim).
    `passed` are the steps that were over before the sweep came by: recorded, and nobody told of them. What it is about has no
    foreign keys: one statement writes it from the very rows, nobody may delete those, and checking each of them was a fifth of a sweep.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index("uq_alert_open", "trigger_key", "subject_id", unique=True, postgresql_where="closed_at IS NULL"),
        Index("ix_alert_open_subject", "subject_id", postgresql_where="closed_at IS NULL"),
        Index("ix_alert_open_team", "team_id", "step", postgresql_where="closed_at IS NULL"),
        Index("ix_alert_case", "case_id"),
    )

    id: Mapped[RowNumber]
    trigger_key: Mapped[Word]
    subject_id: Mapped[UUID]
    case_id: Mapped[UUID | None]
    report_id: Mapped[UUID | None] = mapped_column(index=True)
    party_id: Mapped[UUID | None]
    owner_partner_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None] = mapped_column(index=True)
    officer_id: Mapped[UUID | None] = mapped_column(index=True)
    own_officer: Mapped[bool] = mapped_column(server_default="false")
    agency_id: Mapped[UUID | None]
    urgent: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime]
    due_at: Mapped[datetime | None]
    step: Mapped[int]
    passed: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list)
    opened_at: Mapped[datetime]
    stepped_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_reason: Mapped[Line | None]


class Telling(Model):
    """Somebody was told of an alert at a step; once. `via` says how they hear outside Sentinel: at once, or in the digest.

    No foreign key to the alert, for the reason the alert has none.
    """

    __tablename__ = "telling"
    __table_args__ = (
        one_of("via", ("now", "digest")),
        Index("ix_telling_user", "user_id", "told_at"),
        Index("ix_telling_unsent", "via", "user_id", postgresql_where="outbox_id IS NULL"),
        *where_set("telling", "outbox_id"),
    )

    alert_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]
    via: Mapped[Word]
    outbox_id: Mapped[int | None] = mapped_column(BigInteger, ref("outbox.id"))


class Answer(Model):
    """One person's own view of an alert. Never read by the sweep: it stops no step and hides nothing from others."""

    __tablename__ = "answer"
    __table_args__ = (one_of("kind", ANSWERS),)

    id: Mapped[RowNumber]
    alert_id: Mapped[int] = mapped_column(BigInteger, ref("alert.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    kind: Mapped[Word]
    reason: Mapped[Line]
    asked_id: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    until: Mapped[datetime | None]
    at: Mapped[datetime]

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    asked: Mapped[User | None] = relationship(foreign_keys=[asked_id])


class SweepMark(Model):
    """The last moment the sweep ran for, which never goes back, and what the clock said when it began."""

    __tablename__ = "sweep_mark"

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    swept_at: Mapped[datetime]
    begun_at: Mapped[datetime]
