"""The database: base class, column types, keys, and the names of constraints."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import psycopg
from flask_sqlalchemy import SQLAlchemy
from psycopg.types.datetime import TimestamptzLoader
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Select,
    String,
    Text,
    any_,
    func,
    inspect,
    select,
)
from sqlalchemy.dialects.postgresql import UUID as PgUUID
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry
from uuid_utils.compat import uuid7

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table: names by convention, no RETURNING behind our back (a policy may hide the row just written)."""

    registry = registry(metadata=MetaData(naming_convention=NAMES), type_annotation_map={datetime: DateTime(timezone=True)})
    __mapper_args__ = {"eager_defaults": False}


NEVER = datetime.max.replace(tzinfo=UTC)


class _Never(TimestamptzLoader):
    """'infinity' ("no further step") is a moment that never comes; psycopg refuses to read it."""

    def load(self, data: Any) -> datetime:
        return NEVER if bytes(data) == b"infinity" else super().load(data)


psycopg.adapters.register_loader("timestamptz", _Never)

db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:

    class Model(Base):
        """What every table is, as the type checker sees it."""

        __abstract__ = True

else:
    Model = db.Model


def new_id() -> UUID:
    """A key for something people refer to: UUIDv7, so that keys sort by when they were made."""
    return uuid7()


Key = Annotated[UUID, mapped_column(PgUUID(as_uuid=True), primary_key=True, default=new_id)]
RowNumber = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Short = Annotated[str, mapped_column(String(200))]
Line = Annotated[str, mapped_column(String(500))]
Prose = Annotated[str, mapped_column(Text)]
Word = Annotated[str, mapped_column(String(40))]

PROSE_LIMIT = 20_000


def lock(row: "Model") -> None:
    """Hold a row until this transaction ends, and read it afresh: whoever comes second sees what the first one saved.

    Neither refresh nor get: the one would lock the outer joins with which a list may have loaded the row, the other refuses a
    row whose version has moved on.
    """
    db.session.flush()
    state = inspect(row)
    assert state.identity is not None
    query = select(type(row)).where(*(column == value for column, value in zip(state.mapper.primary_key, state.identity, strict=True)))
    db.session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()


def among(keys: Select[Any]) -> ColumnElement[Any]:
    """`column == among(keys)`: one of the keys that a query finds first, so that the rest is found by index."""
    return any_(func.array(keys.scalar_subquery()))


def ref(target: str, *, ondelete: str | None = None) -> ForeignKey:
    """A foreign key to `table.column`."""
    return ForeignKey(target, ondelete=ondelete)


def where_set(table: str, *columns: str) -> list[Index]:
    """Indexes over columns that most rows leave empty: those rows cost them nothing."""
    return [Index(f"ix_{table}_{column}", column, postgresql_where=f"{column} IS NOT NULL") for column in columns]


def one_of(column: str, values: tuple[str, ...] | list[str]) -> CheckConstraint:
    """The column holds one of these words (or nothing, where it may be null)."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=f"{column}_known")


def prose_limit(*columns: str) -> list[CheckConstraint]:
    """Free text columns hold at most 20,000 characters."""
    return [CheckConstraint(f"length({column}) <= {PROSE_LIMIT}", name=f"{column}_length") for column in columns]
