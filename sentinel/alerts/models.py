"""Alerts (one open per trigger and subject), who was told at which step, personal answers, and how far the sweep got."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from sentinel.core.db import Line, Model, RowNumber, Word, one_of, ref


class Alert(Model):
    """A fact that needs somebody. Its step only rises; only the end of the fact closes it."""

    __tablename__ = "alert"
    __table_args__ = (
        Index("uq_alert_open", "trigger_key", "subject_id", unique=True, postgresql_where="closed_at IS NULL"),
        Index("ix_alert_open_team", "team_id", "step", postgresql_where="closed_at IS NULL"),
        Index("ix_alert_case", "case_id"),
    )

    id: Mapped[RowNumber]
    trigger_key: Mapped[Word]
    subject_id: Mapped[UUID]
    case_id: Mapped[UUID | None] = mapped_column(ref("asb_case.id"))
    report_id: Mapped[UUID | None] = mapped_column(ref("report.id"), index=True)
    party_id: Mapped[UUID | None] = mapped_column(ref("party.id"), index=True)
    owner_partner_id: Mapped[UUID | None] = mapped_column(ref("partner.id"), index=True)
    team_id: Mapped[UUID | None] = mapped_column(ref("team.id"), index=True)
    officer_id: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    urgent: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime | None]
    step: Mapped[int]
    opened_at: Mapped[datetime]
    stepped_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_reason: Mapped[Line | None]


class Telling(Model):
    """Somebody was told of an alert at a step; once."""

    __tablename__ = "telling"
    __table_args__ = (Index("ix_telling_user", "user_id", "told_at"),)

    alert_id: Mapped[int] = mapped_column(BigInteger, ref("alert.id"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ref("app_user.id"), primary_key=True)
    told_at: Mapped[datetime]
    via: Mapped[Word] = mapped_column(default="in_system")
    outbox_id: Mapped[int | None] = mapped_column(BigInteger, ref("outbox.id"), index=True)


class Answer(Model):
    """One person's own view of an alert. Never read by the sweep: it stops no step and hides nothing from others."""

    __tablename__ = "answer"
    __table_args__ = (one_of("kind", ("acknowledge", "snooze", "act")),)

    id: Mapped[RowNumber]
    alert_id: Mapped[int] = mapped_column(BigInteger, ref("alert.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    kind: Mapped[Word]
    reason: Mapped[Line]
    until: Mapped[datetime | None]
    at: Mapped[datetime]


class SweepMark(Model):
    """The last moment the sweep ran for. Never goes back."""

    __tablename__ = "sweep_mark"

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    swept_at: Mapped[datetime]
