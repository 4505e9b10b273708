"""What was delivered, the police incidents in it, and every row that could not be used."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sentinel.core.db import Key, Line, Model, Prose, RowNumber, Short, Word, one_of, ref


class Delivery(Model):
    """All the files of one import."""

    __tablename__ = "delivery"
    __table_args__ = (one_of("kind", ("police", "gazetteer")),)

    id: Mapped[Key]
    kind: Mapped[Word]
    system: Mapped[Short]
    files: Mapped[Prose]
    read: Mapped[int]
    accepted: Mapped[int]
    already_known: Mapped[int]
    quarantined: Mapped[int]
    delivered_at: Mapped[datetime]
    delivered_by: Mapped[Word]


class PoliceIncident(Model):
    """An ASB incident as the police published it. Content is no identity: equal rows are separate incidents, so each
    is its content and how many like it came before (core.md 10)."""

    __tablename__ = "police_incident"
    __table_args__ = (
        UniqueConstraint("force", "month", "content_digest", "ordinal"),
        Index("ix_police_incident_month_district", "month", "district_code"),
    )

    id: Mapped[RowNumber]
    delivery_id: Mapped[UUID] = mapped_column(ref("delivery.id"), index=True)
    system: Mapped[Short]
    force: Mapped[Short]
    month: Mapped[Word]
    content_digest: Mapped[bytes] = mapped_column(LargeBinary)
    ordinal: Mapped[int]
    reported_by: Mapped[Short]
    longitude: Mapped[Word | None]
    latitude: Mapped[Word | None]
    location: Mapped[Line]
    lsoa_code: Mapped[Word | None]
    lsoa_name: Mapped[Short | None]
    district_code: Mapped[Word | None] = mapped_column(ref("district.code"), index=True)
    outside_area: Mapped[bool] = mapped_column(default=False)
    context: Mapped[Line | None]


class QuarantinedRow(Model):
    """A row that could not be used, with why, kept until somebody has looked."""

    __tablename__ = "quarantined_row"
    __table_args__ = (
        UniqueConstraint("content_digest", "file_name", "line_number"),
        Index("ix_quarantined_row_open", "delivery_id", postgresql_where="resolved_at IS NULL"),
    )

    id: Mapped[RowNumber]
    delivery_id: Mapped[UUID] = mapped_column(ref("delivery.id"))
    file_name: Mapped[Short]
    line_number: Mapped[int] = mapped_column(BigInteger)
    content_digest: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[Prose]
    reason: Mapped[Line]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    resolution: Mapped[Line | None]
