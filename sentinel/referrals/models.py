"""Referrals to an agency: one open per agency and person; a later cause becomes an update of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sentinel.access.models import Partner, User
from sentinel.cases.models import Case, Party
from sentinel.core.db import Key, Line, Model, Prose, RowNumber, Short, Word, one_of, prose_limit, ref
from sentinel.people.models import Person

STATES = ("held", "open", "acknowledged", "accepted", "contacted", "closed", "declined", "withdrawn")
OPEN_STATES = ("held", "open", "acknowledged", "accepted", "contacted")
# In words, not parameters: a prepared statement finds its partial index only so.
IS_OPEN = text("state IN ('held', 'open', 'acknowledged', 'accepted', 'contacted')")


class Referral(Model):
    """A person put before an agency. Delivery is the outbox row's business and shown beside it."""

    __tablename__ = "referral"
    __table_args__ = (
        one_of("state", STATES),
        one_of("consent", ("given", "refused", "not_asked", "unsafe_to_ask")),
        Index("uq_referral_open", "agency_id", "person_id", unique=True, postgresql_where=IS_OPEN),
        Index("ix_referral_agency_state", "agency_id", "state"),
        *prose_limit("why", "decision_reason"),
    )

    id: Mapped[Key]
    agency_id: Mapped[UUID] = mapped_column(ref("partner.id"))
    person_id: Mapped[UUID] = mapped_column(ref("person.id"), index=True)
    party_id: Mapped[UUID] = mapped_column(ref("party.id"), index=True)
    case_id: Mapped[UUID | None] = mapped_column(ref("asb_case.id"), index=True)
    report_id: Mapped[UUID | None] = mapped_column(ref("report.id"), index=True)
    state: Mapped[Word]
    consent: Mapped[Word]
    why: Mapped[Prose]
    referred_at: Mapped[datetime]
    decide_by: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    decision_reason: Mapped[Prose | None]
    acknowledge_by: Mapped[datetime | None]
    contact_by: Mapped[datetime | None]
    escalate_by: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    worker_id: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "eager_defaults": False}

    agency: Mapped[Partner] = relationship()
    person: Mapped[Person] = relationship()
    party: Mapped[Party] = relationship()
    case: Mapped[Case | None] = relationship()
    worker: Mapped[User | None] = relationship(foreign_keys=[worker_id])


class ReferralEvent(Model):
    """What happened to a referral, by us or by the agency. `event_id` is the sender's key: the same one counts once."""

    __tablename__ = "referral_event"
    __table_args__ = (Index("ix_referral_event_referral", "referral_id", "at"), *prose_limit("note"))

    id: Mapped[RowNumber]
    referral_id: Mapped[UUID] = mapped_column(ref("referral.id"))
    event_id: Mapped[Short | None] = mapped_column(unique=True)
    kind: Mapped[Word]
    at: Mapped[datetime]
    by_user: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    by_name: Mapped[Short]
    channel: Mapped[Word | None]
    note: Mapped[Prose | None]


class EpisodeReferral(Model):
    """Which referral answers a high episode; one each."""

    __tablename__ = "episode_referral"

    episode_id: Mapped[UUID] = mapped_column(ref("high_episode.id"), primary_key=True)
    referral_id: Mapped[UUID | None] = mapped_column(ref("referral.id"), index=True)
    reason: Mapped[Line | None]
