"""Rows that could not be used, kept with their reason until somebody has looked."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from sentinel.access.models import User
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.exchange.files import Line
from sentinel.exchange.models import Delivery, QuarantinedRow

AT_ONCE = 2_000
A_PAGE = 50


def rejected(path: Path, line: Line, reason: str) -> dict[str, Any]:
    """What is kept of a row that cannot be used."""
    content = line.content[:20_000].replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return {"file_name": path.name[:200], "line_number": line.number, "content": content, "reason": reason}


def quarantine(delivery: Delivery, refused: list[dict[str, Any]]) -> None:
    """Keep these rows; one that is there already, from the same line of the same file, stays as it was."""
    for row in refused:
        row |= {"delivery_id": delivery.id, "content_digest": sha256(row["content"].encode()).digest()}
    for part in parts(refused):
        db.session.execute(insert(QuarantinedRow).values(part).on_conflict_do_nothing())


def waiting(after: int = 0) -> list[QuarantinedRow]:
    """A page of rows nobody has looked at, oldest first, from after the one numbered `after`."""
    return list(
        db.session.scalars(
            select(QuarantinedRow)
            .where(QuarantinedRow.resolved_at.is_(None), QuarantinedRow.id > after)
            .order_by(QuarantinedRow.id)
            .limit(A_PAGE)
        )
    )


def count_waiting() -> int:
    """How many rows nobody has looked at."""
    return db.session.scalar(select(func.count()).select_from(QuarantinedRow).where(QuarantinedRow.resolved_at.is_(None))) or 0


def resolve(*, actor: User, row_id: int, resolution: str) -> None:
    """Somebody looked: the row leaves the list with what they decided. It is never deleted."""
    row = db.session.get(QuarantinedRow, row_id)
    if row is None:
        raise NotFound
    if row.resolved_at is None:
        row.resolved_at, row.resolved_by, row.resolution = clock.now(), actor.id, resolution
        db.session.flush()


def latest_deliveries(limit: int = 12) -> list[Delivery]:
    """What came last."""
    return list(db.session.scalars(select(Delivery).order_by(Delivery.delivered_at.desc(), Delivery.id.desc()).limit(limit)))


def parts(rows: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    """The rows, a few thousand at a time."""
    return (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))
