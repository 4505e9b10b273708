"""Reviews that a high episode sets off, and proposals for a multi-agency discussion."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

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
