"""What other systems publish, brought in: nothing lost, nothing twice, every unusable row with its reason."""

import csv
import gzip
import threading
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from config.settings import ROOT
from sentinel.core import viewer
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.exchange.gazetteer import import_gazetteer
from sentinel.exchange.models import PoliceIncident, QuarantinedRow
from sentinel.exchange.police import import_police
from sentinel.exchange.police_rows import HEADER
from sentinel.places.models import Postcode
from tests.conftest import make_app

DATA = ROOT.parent / "shared" / "data"
needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real police and postcode files are not beside this checkout (../shared/data)"
)
ROW = ["", "2025-03", "Leicestershire Police", "Leicestershire Police", "-1.2", "52.6", "On or near Mill Lane", "E01025613", "Blaby 003A",
       "Anti-social behaviour", "", ""]  # fmt: skip


def changed(**changes: str) -> list[str]:
    """A good row with some columns changed, by header name with underscores."""
    row = list(ROW)
    for name, value in changes.items():
        row[HEADER.index(name.replace("_", " "))] = value
    return row


def street_file(folder: Path, rows: list[list[str]], name: str = "street.csv", header: tuple[str, ...] = HEADER) -> Path:
    """A street file as published."""
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def kept() -> int:
    """How many incidents are on record."""
    return db.session.scalar(select(func.count()).select_from(PoliceIncident))


def test_equal_rows_are_separate_incidents_and_a_second_run_adds_nothing(session, tmp_path):
    path = street_file(tmp_path, [ROW, ROW, ROW, changed(Location="On or near High Street")])
    first = import_police([path])
    again = import_police([path])
    assert (first.asb, first.accepted, first.already_known) == (4, 4, 0)
    assert (again.asb, again.accepted, again.already_known) == (4, 0, 4)
    assert kept() == 4


def test_a_later_delivery_that_holds_more_of_the_same_adds_only_the_difference(session, tmp_path):
    import_police([street_file(tmp_path, [ROW, ROW])])
    more = import_police([street_file(tmp_path, [ROW] * 5)])
    fewer = import_police([street_file(tmp_path, [ROW])])
    assert (more.accepted, more.already_known) == (3, 2)
    assert (fewer.accepted, fewer.already_known) == (0, 1)
    assert kept() == 5


def test_a_crime_id_spaces_and_letter_forms_do_not_make_two_of_one(session, tmp_path):
    import_police([street_file(tmp_path, [changed(Location="On or near Café Row")])])
    again = import_police([street_file(tmp_path, [changed(Location=" On or near Café Row ", Crime_ID="abc")])])
    assert again.accepted == 0


def test_every_row_is_accounted_for_and_every_unusable_one_says_why(session, tmp_path):
    rows = [
        ROW,
        changed(Crime_type="Drugs"),
        changed(LSOA_code=""),
        changed(Month="2025-13"),
        changed(Month="2099-01"),
        changed(Longitude="west a bit"),
        changed(Crime_type=""),
        ROW[:5],
    ]
    result = import_police([street_file(tmp_path, rows)])
    assert result.read == result.other + result.unreadable + result.asb == 8
    assert result.asb == result.accepted + result.already_known + result.quarantined_asb
    assert (result.other, result.unreadable, result.accepted, result.quarantined_asb) == (1, 2, 1, 4)
    reasons = session.scalars(select(QuarantinedRow.reason)).all()
    assert len(reasons) == 6 and all(reason.endswith(".") for reason in reasons)
    assert "It has no LSOA code, so its district cannot be told." in reasons


def test_a_row_outside_the_area_is_kept_and_marked(session, tmp_path):
    result = import_police([street_file(tmp_path, [ROW, changed(LSOA_code="E01033333", LSOA_name="Rushcliffe 010B")])])
    assert result.by_district == {"Blaby": 1, "Outside the area": 1}
    outside = session.scalars(select(PoliceIncident).where(PoliceIncident.outside_area)).one()
    assert (outside.district_code, outside.lsoa_name) == (None, "Rushcliffe 010B")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: street_file(folder, [ROW], header=("Month", "Place")), "its first line must be"),
        (lambda folder: _bytes(folder, ",".join(HEADER).encode() + b"\n\xff\xfe\xfa"), "not UTF-8"),
        (
            lambda folder: _bytes(folder, gzip.compress((",".join(HEADER) + "\n").encode() * 50)[:-20], "street.csv.gz"),
            "damaged or cut off",
        ),
        (lambda folder: _bytes(folder, b""), "It is: empty"),
        (lambda folder: folder / "not there.csv", "there is no such file"),
    ],
    ids=["wrong header", "wrong encoding", "truncated gzip", "empty", "missing"],
)
def test_a_file_that_cannot_be_used_at_all_is_refused_in_a_sentence_and_nothing_of_the_delivery_is_kept(session, tmp_path, make, words):
    good = street_file(tmp_path, [ROW], "good.csv")
    with pytest.raises(Refused, match=words):
        import_police([good, make(tmp_path)])
    session.rollback()
    assert kept() == 0


def test_the_same_file_twice_in_one_delivery_is_refused(session, tmp_path):
    with pytest.raises(Refused, match="are the same file"):
        import_police([street_file(tmp_path, [ROW], "a.csv"), street_file(tmp_path, [ROW], "b.csv")])


def test_a_null_character_and_a_huge_field_do_no_harm(session, tmp_path):
    rows = [changed(Location="On or near \x00 Lane"), changed(Context="x" * 200_000), ROW]
    result = import_police([street_file(tmp_path, rows)])
    assert result.read == 3 and result.accepted >= 1


def test_two_imports_of_one_month_at_once_keep_it_once(own_database, tmp_path):
    path = street_file(tmp_path, [ROW] * 40)
    errors: list[BaseException] = []

    def run(app: Flask) -> None:
        with app.app_context(), viewer.acting_as(viewer.system("test")):
            try:
                import_police([path])
                db.session.commit()
            except BaseException as problem:
                errors.append(problem)
            finally:
                db.session.remove()
                db.engine.dispose()

    threads = [threading.Thread(target=run, args=[make_app(own_database, "sentinel_worker")]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    app = make_app(own_database, "sentinel_worker")
    with app.app_context(), viewer.acting_as(viewer.system("test")):
        assert kept() == 40
        db.session.remove()
        db.engine.dispose()


def test_a_gazetteer_with_another_header_is_refused(session, tmp_path):
    with pytest.raises(Refused, match="its first line must be"):
        import_gazetteer(_bytes(tmp_path, b"postcode,lat,lon\nLE1 1AA,52.6,-1.1\n"))


def _bytes(folder: Path, content: bytes, name: str = "street.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@needs_data
def test_nine_months_of_real_police_files_are_kept_whole_with_their_districts(session):
    paths = sorted((DATA / "police").glob("*.gz"))
    result = import_police(paths)
    assert (result.asb, result.accepted, result.quarantined_asb, result.unreadable) == (11_190, 11_190, 0, 0)
    assert result.by_district == _counted_by_hand(paths)
    again = import_police(paths)
    assert (again.accepted, again.already_known) == (0, 11_190)
    assert kept() == 11_190


def _counted_by_hand(paths: list[Path]) -> dict[str, int]:
    """Another way to the same figures: the area look-up, not the area's name."""
    with (DATA / "geography" / "llr_lsoa_to_lad.csv").open() as file:
        districts = {row["lsoa_code"]: row["lad_name"] for row in csv.DictReader(file)}
    counted: Counter[str] = Counter()
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            counted.update(
                districts.get(row["LSOA code"], "Outside the area") for row in csv.DictReader(file) if row["Crime type"] == ROW[9]
            )
    return dict(counted)


@needs_data
def test_the_real_gazetteer_is_kept_whole_and_finds_a_postcodes_district(session):
    result = import_gazetteer(DATA / "geography" / "llr_postcodes_latlon_derived.csv")
    assert (result.read, result.accepted, result.quarantined) == (23_753, 23_753, 0)
    assert session.get(Postcode, "CV100RY").district_code == "E07000132"
    assert import_gazetteer(DATA / "geography" / "llr_lsoa_to_lad.csv").quarantined == 0


def test_the_page_of_counts_draws_and_tabulates_and_downloads_the_same_figures(client_as, session, tmp_path):
    import_police([street_file(tmp_path, [ROW, ROW, changed(Month="2025-04", LSOA_name="Charnwood 001A", LSOA_code="E01025700")])])
    client = client_as("analyst@county.example")
    page = client.get("/insight/incidents").text
    assert "3 ASB incidents" in page and "March 2025" in page
    download = client.get("/insight/incidents.csv").text
    assert "2025-03,2," in download.replace(" ", "")


def test_a_quarantined_row_is_looked_at_and_leaves_the_list(client_as, session, tmp_path):
    import_police([street_file(tmp_path, [changed(LSOA_code="")])])
    client = client_as("governance@county.example")
    assert "It has no LSOA code" in client.get("/imports").text
    row = session.scalars(select(QuarantinedRow)).one()
    client.post(f"/imports/{row.id}", {"resolution": "sender"})
    assert "Nothing waits here" in client.get("/imports").text
