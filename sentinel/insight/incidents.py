"""Police incidents by month and district: counts only, beside case-managed reports and never added to them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from sentinel.core.db import db
from sentinel.exchange.models import PoliceIncident
from sentinel.places import districts

OUTSIDE = "Outside the area"


@dataclass(frozen=True)
class Table:
    """Counts: one row a month, one column a district; `columns` names them, the last is the total."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def named_rows(self) -> list[tuple[str, tuple[int, ...]]]:
        """The rows under the names of their months: January 2025."""
        return [(f"{date.fromisoformat(month + '-01'):%B %Y}", counts) for month, counts in self.rows]

    @property
    def totals(self) -> tuple[int, ...]:
        """The sum of each column."""
        return tuple(sum(column) for column in zip(*(counts for _, counts in self.rows), strict=True))

    @property
    def total(self) -> int:
        """Every incident."""
        return self.totals[-1] if self.rows else 0


def by_month_and_district() -> Table:
    """All police incidents on record, months in order, districts by name, then those outside the area, then the sum."""
    counted = db.session.execute(
        select(PoliceIncident.month, PoliceIncident.district_code, func.count())
        .group_by(PoliceIncident.month, PoliceIncident.district_code)
        .order_by(PoliceIncident.month)
    ).all()
    named = districts.names()
    codes: list[str | None] = [*named, None]
    months: dict[str, dict[str | None, int]] = {}
    for month, code, number in counted:
        place = code if code in named else None
        months.setdefault(month, {}).setdefault(place, 0)
        months[month][place] += number
    rows = tuple((month, (*(found.get(code, 0) for code in codes), sum(found.values()))) for month, found in months.items())
    return Table(columns=(*named.values(), OUTSIDE, "All"), rows=rows)
