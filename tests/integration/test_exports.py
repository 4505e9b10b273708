"""Files that leave: marked, on the record with a reason, only what the viewer may see, and no cell that runs."""

import csv
import io

import openpyxl
import pytest
from sqlalchemy import select

from sentinel.audit.models import AuditEntry
from sentinel.core.exports import csv_response, xlsx_response
from tests import factories

pytestmark = pytest.mark.security

RUNS = ["=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\ufeff=1", "\N{FULLWIDTH EQUALS SIGN}1", "\u200b\u00a0=1"]
KEPT = ["a=1", 'say "hello"', "one\ntwo", "a,b", "O'Neill", "Zoë\u202etxt"]


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize("typed", RUNS)
def test_a_cell_that_a_spreadsheet_would_run_is_text(typed: str) -> None:
    body = csv_response("cases", ["Title"], [[typed]]).get_data(as_text=True)
    assert rows_of(body)[2] == [f"'{typed}"]
    book = openpyxl.load_workbook(io.BytesIO(xlsx_response("cases", "Cases", ["Title"], [[typed]]).data))
    assert book.active["A3"].data_type == "s"


@pytest.mark.parametrize("typed", KEPT)
def test_any_other_cell_stays_as_it_was_typed(typed: str) -> None:
    assert rows_of(csv_response("cases", ["Title"], [[typed]]).get_data(as_text=True))[2] == [typed]
    book = openpyxl.load_workbook(io.BytesIO(xlsx_response("cases", "Cases", ["Title"], [[typed]]).data))
    assert book.active["A3"].value == typed


def test_every_file_is_marked_and_kept_by_nobody_on_the_way() -> None:
    written = csv_response("cases", ["Title"], [])
    assert written.data.startswith(b"\xef\xbb\xbfOFFICIAL-SENSITIVE")
    book = openpyxl.load_workbook(io.BytesIO(xlsx_response("cases", "Cases", ["Title"], []).data))
    assert book.active["A1"].value == book.active.oddHeader.center.text == book.active.oddFooter.center.text == "OFFICIAL-SENSITIVE"
    assert written.headers["Cache-Control"] == "no-store" and written.headers["Content-Disposition"].startswith("attachment")


@pytest.fixture
def listed(session):
    case = factories.case(title="=HYPERLINK(1)")
    victim = factories.party(on=case, who=factories.person("Nasreen Khan-Abdullahi"))
    factories.case(title="Nobody may see this", restricted=True)
    session.commit()
    return case, victim


ASKED = {"whose": "all", "state": "any", "risk": "any", "reason": "Monthly check", "kind": "csv"}


def test_the_list_is_exported_as_it_is_filtered_and_recorded_with_the_reason(client_as, session, listed) -> None:
    case, victim = listed
    answer = client_as("supervisor@blaby.example").post("/cases/export", ASKED, status=200)
    assert answer.headers["Content-Disposition"] == "attachment; filename=cases.csv"
    found = rows_of(answer.data.decode("utf-8"))
    assert [row[1] for row in found if row[0] == case.reference] == ["'=HYPERLINK(1)"]
    assert "Nobody may see this" not in answer.text
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.kind == "export", AuditEntry.case_id == case.id))
    assert (entry.authority, entry.person_ids) == ("Monthly check", [victim.person_id])


def test_a_list_at_another_risk_leaves_the_case_out(client_as, listed) -> None:
    answer = client_as("supervisor@blaby.example").post("/cases/export", ASKED | {"risk": "high", "kind": "xlsx"}, status=200)
    page = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert listed[0].reference not in [cell.value for cell in page["A"]]


def test_no_reason_no_file(client_as, session, listed) -> None:
    page = client_as("supervisor@blaby.example").post("/cases/export", ASKED | {"reason": " "}, status=422).text
    assert "Say why you need the list" in page
    assert session.scalar(select(AuditEntry).where(AuditEntry.kind == "export")) is None


def test_a_list_longer_than_a_file_holds_says_so(client_as, session, listed, monkeypatch) -> None:
    monkeypatch.setattr("sentinel.desk.cases_export.MOST", 1)
    factories.case(title="Another")
    session.commit()
    client = client_as("supervisor@blaby.example")
    assert "A file holds at most 1 cases" in client.get("/cases/export?whose=all&state=any").text
    assert len(rows_of(client.post("/cases/export", ASKED, status=200).data.decode())) == 3


def test_only_those_who_manage_may_export(client_as, listed) -> None:
    for email in ("officer@blaby.example", "calltaker@blaby.example"):
        client_as(email).post("/cases/export", ASKED, status=403)
