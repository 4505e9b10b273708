"""Files people take away: marked, named without anybody's data, and with no cell that a spreadsheet would run.

    return csv_response("cases", ["Reference", "Risk"], rows)

Rows hold text, numbers, days or nothing. What a spreadsheet would read as a formula is written as text (OWASP, "CSV injection").
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from unicodedata import category, normalize

import xlsxwriter
from flask import Response

from sentinel.core import clock

MARKING = "OFFICIAL-SENSITIVE"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULA = "=+-@"
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
# Spaces, controls, and marks without width: what stands before a formula without being seen.
UNSEEN = ("Z", "C")
CELL = 32_767

Cell = str | int | float | date | datetime | None


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """The rows as a CSV file that Excel opens as UTF-8. `name` is a word of ours: never a person's."""
    out = io.StringIO()
    out.write(BOM)
    writer = csv.writer(out)
    writer.writerow([MARKING])
    writer.writerows([_harmless(_written(cell)) for cell in row] for row in (header, *rows))
    return _download(out.getvalue().encode("utf-8", "replace"), CSV, f"{name}.csv")


def xlsx_response(name: str, sheet: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """The rows as an Excel workbook of one sheet. Made in memory: nothing about anybody passes through a temporary folder."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    page, bold = book.add_worksheet(sheet[:31]), book.add_format({"bold": True})
    page.set_header(f"&C{MARKING}")
    page.set_footer(f"&C{MARKING}")
    page.write_string(0, 0, MARKING, bold)
    for number, row in enumerate((header, *rows), start=1):
        for column, cell in enumerate(row):
            _put(page, number, column, cell, bold if number == 1 else None)
    page.freeze_panes(2, 0)
    page.set_column(0, max(len(header) - 1, 0), 22)
    book.close()
    return _download(out.getvalue(), XLSX, f"{name}.xlsx")


def attachment(body: bytes, media_type: str, disposition: str) -> Response:
    """A file to keep, never to show: as an attachment, with nothing in it that a browser may run or store."""
    response = Response(body, content_type=media_type)
    response.headers["Content-Disposition"] = disposition
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "no-store"
    return response


def _download(body: bytes, media_type: str, filename: str) -> Response:
    charset = "; charset=utf-8" if media_type == CSV else ""
    return attachment(body, media_type + charset, f"attachment; filename={filename}")


def _put(page: xlsxwriter.worksheet.Worksheet, row: int, column: int, cell: Cell, style: object) -> None:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        page.write_number(row, column, cell, style)
    else:
        page.write_string(row, column, str(_written(cell))[:CELL], style)


def _written(cell: Cell) -> str | int | float:
    if isinstance(cell, datetime):
        return f"{clock.london(cell):%Y-%m-%d %H:%M}"
    if isinstance(cell, date):
        return cell.isoformat()
    return "" if cell is None else cell


def _harmless(cell: str | int | float) -> str | int | float:
    """Text that a spreadsheet would run gets an apostrophe before it, as a person would type it."""
    if not isinstance(cell, str) or not cell:
        return cell
    first = next((letter for letter in cell if not category(letter).startswith(UNSEEN)), "")
    runs = cell[0] in "\t\r\n" or normalize("NFKC", first)[:1] in tuple(FORMULA)
    return f"'{cell}" if runs else cell
