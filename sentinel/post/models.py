"""The outbox: what must leave the building, written in the transaction that caused it. No body: built at sending."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from sentinel.core.db import Line, Model, RowNumber, Short, Word, one_of
from sentinel.post.channels import CARRIERS


class Outbox(Model):
    """One message. The same `dedupe_key` is never written twice; attempts follow the back-off of core.md 5.

    `next_attempt_at`, `lease_until` and `asked_at` are machine time: a demonstration's clock never hurries or delays the post.
    `fate` is what is known of a message that a carrier who can be asked has, or may have: `unsure` until it says that it took it.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        one_of("state", ("waiting", "sending", "sent", "uncertain", "failed", "cancelled")),
        one_of("channel", ("email", "text", "letter", "webhook", "in_system")),
        one_of("carrier", CARRIERS),
        one_of("fate", ("unsure", "taken", "arrived", "came_back")),
        Index("ix_outbox_next", "next_attempt_at", postgresql_where="state = 'waiting'"),
        Index("ix_outbox_lease", "lease_until", postgresql_where="state = 'sending'"),
        Index("ix_outbox_ref", "ref_table", "ref_id"),
        Index("ix_outbox_taken", "sent_at", postgresql_where="fate = 'taken'"),
    )

    id: Mapped[RowNumber]
    dedupe_key: Mapped[Short] = mapped_column(unique=True)
    channel: Mapped[Word]
    template: Mapped[Word]
    ref_table: Mapped[Word]
    ref_id: Mapped[UUID]
    state: Mapped[Word] = mapped_column(default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    provider_ref: Mapped[Short | None]
    last_error: Mapped[Line | None]
    carrier: Mapped[Word | None]
    fate: Mapped[Word | None]
    asked_at: Mapped[datetime | None]
