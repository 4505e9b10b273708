"""Files people take away: marked, and without anything a spreadsheet would run."""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

MARKING = "OFFICIAL-SENSITIVE"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A CSV to download as `name`.csv: the marking in its first row, then the header, then the rows, none of them a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([f"{MARKING}: {name}"])
    writer.writerow([_plain(cell) for cell in header])
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _plain(cell: object) -> str:
    """Text that a spreadsheet shows and does not work out; a number stays one."""
    if isinstance(cell, int | float):
        return str(cell)
    words = "" if cell is None else str(cell)
    return f"'{words}" if words.lstrip(" ").startswith(FORMULA) else words
