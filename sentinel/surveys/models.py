"""Surveys offered, and what was answered. An answer is kept apart from who gave it, unless they want it read."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PgUUID
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sentinel.cases.models import Party
from sentinel.core.db import Key, Model, Prose, Word, one_of, ref

CHANNELS = ("email", "text")
MOST_WORDS = 4_000


class SurveyOffer(Model):
    """A survey offered to a victim: once for each person and case, whatever becomes of the case afterwards.

    Only a digest of its link is kept, from when it is sent. `sent_as` is a digest of the form it was answered by, so that a double
    click is no second answer.
    """

    __tablename__ = "survey_offer"
    __table_args__ = (
        one_of("channel", CHANNELS),
        UniqueConstraint("case_id", "person_id"),
        UniqueConstraint("token_digest"),
        CheckConstraint("(token_digest IS NULL) = (expires_at IS NULL)", name="sent_has_end"),
    )

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ref("asb_case.id"))
    person_id: Mapped[UUID] = mapped_column(ref("person.id"), index=True)
    party_id: Mapped[UUID] = mapped_column(ref("party.id"), index=True)
    channel: Mapped[Word]
    offered_at: Mapped[datetime]
    token_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    sent_as: Mapped[bytes | None] = mapped_column(LargeBinary)

    party: Mapped[Party] = relationship()


class SurveyAnswer(Model):
    """What somebody answered: for which team, in which month (its first day). `offer_id` only where they want it read on their case.

    The key says nothing of when it was made, and so nothing of whose it is.
    """

    __tablename__ = "survey_answer"
    __table_args__ = (CheckConstraint(f"length(expected) <= {MOST_WORDS}", name="expected_length"),)

    id: Mapped[UUID] = mapped_column(PgUUID(as_uuid=True), primary_key=True, default=uuid4)
    partner_id: Mapped[UUID] = mapped_column(ref("partner.id"), index=True)
    team_id: Mapped[UUID] = mapped_column(ref("team.id"), index=True)
    offer_id: Mapped[UUID | None] = mapped_column(ref("survey_offer.id"), index=True)
    month: Mapped[date]
    standards_version: Mapped[Word]
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    expected: Mapped[Prose | None]
