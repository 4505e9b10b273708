"""Entry and payload apart, so that lawful erasure of a payload leaves the record whole (design: core.md 3)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DefaultClause, Identity, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PgUUID
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from sentinel.core.db import Line, Model, Short, Word, one_of


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction number."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name in DDL."""
        return "xid8"


class AuditEntry(Model):
    """Who did what to which row, or looked at it, and in which transaction. Times are microseconds since 1970, UTC."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        one_of("kind", ("change", "look", "search", "export", "access")),
        Index("ix_audit_entry_case", "case_id", "at_us"),
        Index("ix_audit_entry_actor", "actor", "at_us"),
        Index("ix_audit_entry_sealing", "epoch", "xid"),
        Index("ix_audit_entry_people", "person_ids", postgresql_using="gin", postgresql_where="kind <> 'change'"),
        {"postgresql_partition_by": "RANGE (at_us)"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at_us: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    epoch: Mapped[int] = mapped_column(DefaultClause(text("current_epoch()")))
    xid: Mapped[int] = mapped_column(Xid8, DefaultClause(text("pg_current_xact_id()")))
    actor: Mapped[Word]
    partner_id: Mapped[UUID | None]
    authority: Mapped[Line | None]
    request_id: Mapped[Word | None]
    kind: Mapped[Word]
    table_name: Mapped[Word]
    row_id: Mapped[Short | None]
    op: Mapped[Word]
    case_id: Mapped[UUID | None]
    person_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(PgUUID(as_uuid=True)))
    payload_digest: Mapped[bytes | None] = mapped_column(LargeBinary)


class AuditPayload(Model):
    """What changed, with the salt of its digest. The one part that may lawfully be erased."""

    __tablename__ = "audit_payload"
    __table_args__ = ({"postgresql_partition_by": "RANGE (at_us)"},)

    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at_us: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)


class AuditSeal(Model):
    """The n-th seal: how many entries of which transactions, their root, the chain to the seal before, signed outside the database."""

    __tablename__ = "audit_seal"

    n: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    epoch: Mapped[int]
    xid_from: Mapped[int] = mapped_column(Xid8)
    xid_to: Mapped[int] = mapped_column(Xid8)
    entries: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    prev: Mapped[bytes] = mapped_column(LargeBinary)
    chain: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_us: Mapped[int] = mapped_column(BigInteger)
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class Disposal(Model):
    """A payload that was lawfully erased: on what authority, by whom, and the entry (`recorded_as`) that records it."""

    __tablename__ = "disposal"

    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at_us: Mapped[int] = mapped_column(BigInteger)
    authority: Mapped[Line]
    by: Mapped[Word]
    at: Mapped[datetime]
    recorded_as: Mapped[int] = mapped_column(BigInteger)
