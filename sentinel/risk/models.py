"""Assessments, each with the version of the questions it used, and high episodes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sentinel.access.models import User
from sentinel.cases.models import LEVELS, Party
from sentinel.core.db import Key, Line, Model, Prose, Word, one_of, prose_limit, ref


class Assessment(Model):
    """One run of a question set for one party. `effective` is the level that holds until a pending lowering is agreed."""

    __tablename__ = "assessment"
    __table_args__ = (
        one_of("kind", ("screen", "full", "external")),
        one_of("state", ("in_force", "pending", "agreed", "refused", "superseded")),
        one_of("suggested", LEVELS),
        one_of("judged", LEVELS),
        one_of("effective", LEVELS),
        CheckConstraint("agreed_by <> assessor_id", name="agreed_by_another"),
        *prose_limit("rationale", "agreement_note"),
        Index("ix_assessment_party", "party_id", "assessed_at"),
        Index("ix_assessment_pending", "case_id", postgresql_where="state = 'pending'"),
    )

    id: Mapped[Key]
    party_id: Mapped[UUID] = mapped_column(ref("party.id"))
    case_id: Mapped[UUID | None] = mapped_column(ref("asb_case.id"), index=True)
    kind: Mapped[Word]
    set_version: Mapped[Word]
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    score: Mapped[int]
    suggested: Mapped[Word]
    because: Mapped[list[str]] = mapped_column(ARRAY(String(300)))
    judged: Mapped[Word]
    effective: Mapped[Word]
    state: Mapped[Word]
    rationale: Mapped[Prose | None]
    assessor_id: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    source: Mapped[Line | None]
    assessed_at: Mapped[datetime]
    agreed_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    agreed_at: Mapped[datetime | None]
    agreement_note: Mapped[Prose | None]
    review_by: Mapped[datetime]

    party: Mapped[Party] = relationship()
    assessor: Mapped[User | None] = relationship(foreign_keys=[assessor_id])


class HighEpisode(Model):
    """From the moment a party's effective level becomes high until a lowering takes effect or the case closes."""

    __tablename__ = "high_episode"
    __table_args__ = (Index("uq_high_episode_open", "party_id", unique=True, postgresql_where="ended_at IS NULL"),)

    id: Mapped[Key]
    party_id: Mapped[UUID] = mapped_column(ref("party.id"), index=True)
    opened_at: Mapped[datetime]
    opened_by_assessment: Mapped[UUID] = mapped_column(ref("assessment.id"), index=True)
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[Line | None]

    party: Mapped[Party] = relationship()
