"""Reviews that a high episode sets off, proposals for a discussion, cases drawn by lot to be checked, and what was read."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sentinel.access.models import User
from sentinel.cases.models import Case
from sentinel.core.db import Key, Model, Prose, Word, one_of, prose_limit, ref


class SupervisionReview(Model):
    """A supervisor looks at a high-risk party: within 1 working day, then every 10 while high."""

    __tablename__ = "supervision_review"
    __table_args__ = (
        Index("uq_supervision_review_first", "episode_id", unique=True, postgresql_where="number = 1"),
        Index("ix_supervision_review_due", "due_at", postgresql_where="done_at IS NULL"),
        *prose_limit("note"),
    )

    id: Mapped[Key]
    episode_id: Mapped[UUID] = mapped_column(ref("high_episode.id"), index=True)
    party_id: Mapped[UUID] = mapped_column(ref("party.id"), index=True)
    number: Mapped[int]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    ended_at: Mapped[datetime | None]
    note: Mapped[Prose | None]


class MultiAgencyProposal(Model):
    """A high-risk victim is proposed for discussion by the partnership; answered by a supervisor."""

    __tablename__ = "multi_agency_proposal"
    __table_args__ = (one_of("state", ("proposed", "accepted", "declined")), *prose_limit("reason"))

    id: Mapped[Key]
    episode_id: Mapped[UUID] = mapped_column(ref("high_episode.id"), unique=True)
    party_id: Mapped[UUID] = mapped_column(ref("party.id"), index=True)
    state: Mapped[Word] = mapped_column(default="proposed")
    proposed_at: Mapped[datetime]
    answered_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    answered_at: Mapped[datetime | None]
    reason: Mapped[Prose | None]


class DipDraw(Model):
    """One supervisor's lots of one week, with everything it takes to draw them again: the seed, and each case's weight.

    `pool` is a list of {"case", "officer", "weight", "high", "quiet"}; what is drawn from it is a matter of `supervision.rules` alone.
    `left_out`: the officers of whom nothing could be drawn where one case of each was wanted, {"officer", "why"}.
    """

    __tablename__ = "dip_draw"
    __table_args__ = (
        UniqueConstraint("drawn_by", "week_of"),
        CheckConstraint("wanted > 0", name="wants_some"),
        one_of("way", ("team", "each_officer")),
    )

    id: Mapped[Key]
    drawn_by: Mapped[UUID] = mapped_column(ref("app_user.id"))
    week_of: Mapped[date]
    drawn_at: Mapped[datetime]
    seed: Mapped[Word]
    standards_version: Mapped[Word]
    way: Mapped[Word] = mapped_column(default="team")
    wanted: Mapped[int]
    pool: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    left_out: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)


class DipSample(Model):
    """A case drawn to be checked, and what the supervisor found. `answers` is a list of {"key", "ask", "answer"}, as it was asked."""

    __tablename__ = "dip_sample"
    __table_args__ = (
        UniqueConstraint("draw_id", "case_id"),
        CheckConstraint("num_nonnulls(done_at, answers) IN (0, 2)", name="done_with_answers"),
        Index("ix_dip_sample_drawn_for", "drawn_for", "drawn_at"),
        *prose_limit("note"),
    )

    id: Mapped[Key]
    draw_id: Mapped[UUID] = mapped_column(ref("dip_draw.id"))
    place: Mapped[int]
    case_id: Mapped[UUID] = mapped_column(ref("asb_case.id"), index=True)
    drawn_for: Mapped[UUID] = mapped_column(ref("app_user.id"))
    drawn_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    answers: Mapped[list[dict[str, str]] | None] = mapped_column(JSONB(none_as_null=True))
    note: Mapped[Prose | None]

    case: Mapped[Case] = relationship()


class EntryComment(Model):
    """A supervisor read a line of the story, and perhaps said something about it. Without `words`: read. Never changed."""

    __tablename__ = "entry_comment"
    __table_args__ = (
        Index("uq_entry_comment_read", "event_id", "by_user", unique=True, postgresql_where="words IS NULL"),
        Index("ix_entry_comment_event", "event_id"),
        *prose_limit("words"),
    )

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(BigInteger, ref("case_event.id"))
    case_id: Mapped[UUID] = mapped_column(ref("asb_case.id"), index=True)
    by_user: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    at: Mapped[datetime]
    words: Mapped[Prose | None]

    user: Mapped[User] = relationship()
