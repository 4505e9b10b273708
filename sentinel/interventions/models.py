"""What was tried against the behaviour, and what was considered and not used."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sentinel.access.models import User
from sentinel.cases.models import Case, Party
from sentinel.core.db import Key, Line, Model, Prose, Word, one_of, prose_limit, ref

TIERS = ("advice", "early", "notice", "court", "area")
STATES = ("proposed", "authorised", "refused", "in_force", "ended", "breached", "not_used")
PARENT_TOLD = ("yes", "not_safe", "not_yet")


class Intervention(Model):
    """One power or tool on one case. `not_used` is considered and not used, with its reason.

    `looked_after_by` looks after it when its case has closed, until `looked_after_until`.
    """

    __tablename__ = "intervention"
    __table_args__ = (
        one_of("tier", TIERS),
        one_of("state", STATES),
        one_of("parent_told", PARENT_TOLD),
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("(looked_after_by IS NULL) = (looked_after_until IS NULL)", name="looked_after_until_a_day"),
        CheckConstraint("authorised_by <> proposed_by OR self_authorised", name="authorised_by_another"),
        Index("ix_intervention_case", "case_id", "proposed_at"),
        Index("ix_intervention_ends", "ends_on", postgresql_where="state IN ('in_force', 'breached')"),
        Index("ix_intervention_looked_after", "looked_after_until", postgresql_where="state IN ('in_force', 'breached')"),
        *prose_limit("note", "reason"),
    )

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ref("asb_case.id"))
    party_id: Mapped[UUID | None] = mapped_column(ref("party.id"), index=True)
    power_key: Mapped[Word]
    power_version: Mapped[Word]
    tier: Mapped[Word]
    state: Mapped[Word]
    self_authorised: Mapped[bool] = mapped_column(default=False)
    proposed_by: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    proposed_at: Mapped[datetime]
    authorised_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    authorised_at: Mapped[datetime | None]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    ends_at: Mapped[datetime | None]
    looked_after_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    looked_after_until: Mapped[date | None]
    parent_told: Mapped[Word | None]
    note: Mapped[Prose | None]
    reason: Mapped[Prose | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "eager_defaults": False}

    case: Mapped[Case] = relationship()
    party: Mapped[Party | None] = relationship()
    proposer: Mapped[User] = relationship(foreign_keys=[proposed_by])
    authoriser: Mapped[User | None] = relationship(foreign_keys=[authorised_by])
    carer: Mapped[User | None] = relationship(foreign_keys=[looked_after_by])


class Hearing(Model):
    """A day in court about what this case is about. One that is moved makes way for another, so that each was told of once."""

    __tablename__ = "hearing"
    __table_args__ = (
        one_of("state", ("set", "held", "moved", "cancelled")),
        CheckConstraint("(state = 'set') = (ended_at IS NULL)", name="ended_has_time"),
        Index("ix_hearing_set", "at", postgresql_where="state = 'set'"),
        *prose_limit("note", "result"),
    )

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ref("asb_case.id"), index=True)
    about: Mapped[Line]
    at: Mapped[datetime]
    court: Mapped[Line]
    note: Mapped[Prose | None]
    state: Mapped[Word] = mapped_column(default="set")
    set_at: Mapped[datetime]
    set_by: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    held_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[Prose | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "eager_defaults": False}

    case: Mapped[Case] = relationship()
    setter: Mapped[User] = relationship()
