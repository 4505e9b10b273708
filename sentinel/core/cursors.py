"""Lists by pages that neither skip nor repeat a row when others come in between: the address names the last row seen."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from sentinel.core.db import db

SIZE = 40
READERS: dict[type, Any] = {datetime: datetime.fromisoformat, UUID: UUID, int: lambda word: min(int(word), 2**62)}

T = TypeVar("T")
Keys = Sequence[ColumnElement[Any] | InstrumentedAttribute[Any]]


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows in order, and the cursors of the pages beside this one, None at either end."""

    rows: list[T]
    further: str | None
    nearer: str | None


def page(query: Select[Any], keys: Keys, cursor: str | None = None, *, highest_first: bool = True, size: int = SIZE) -> Page[Any]:
    """One page of `query` (a select of one entity) in the order of `keys`, which together name a row and are never null.

    A cursor that is none, or of another list, opens the first page.
    """
    back, at = _read(cursor, keys)
    downwards = highest_first is not back
    order = [key.desc() if downwards else key.asc() for key in keys]
    found = query.add_columns(*keys).order_by(*order).limit(size + 1)
    if at:
        here = tuple_(*keys)
        there = tuple_(*at)
        found = found.where(here < there if downwards else here > there)
    rows = list(db.session.execute(found).unique())
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    further = _write("further", rows[-1][1:]) if rows and (back or more) else None
    nearer = _write("nearer", rows[0][1:]) if rows and at and (more or not back) else None
    return Page([row[0] for row in rows], further, nearer)


def _write(way: str, values: Sequence[Any]) -> str:
    words = [value.isoformat() if isinstance(value, datetime) else str(value) for value in values]
    return urlsafe_b64encode(json.dumps([way, *words]).encode()).decode().rstrip("=")


def _read(cursor: str | None, keys: Keys) -> tuple[bool, list[Any]]:
    try:
        way, *words = json.loads(urlsafe_b64decode((cursor or "") + "=" * (-len(cursor or "") % 4)))
        values = [READERS[key.type.python_type](word) for key, word in zip(keys, words, strict=True)]
    except (ValueError, TypeError, KeyError):
        return False, []
    return way == "nearer", values
