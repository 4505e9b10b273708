"""Files on a case: only what they say they are, encrypted at rest, scanned, given out to keep and never to run."""

import gc
import io
import os
import shutil
import socket
import subprocess
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from sentinel.audit.models import AuditEntry
from sentinel.core.errors import Refused
from sentinel.documents import service
from sentinel.documents.kinds import KINDS, LARGEST, clean_name, look
from sentinel.documents.models import Document
from tests import factories
from tests.waiting import eventually

pytestmark = pytest.mark.security

CLAMD = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
OFFICER = "officer@blaby.example"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
CAUGHT = b"a string of this test alone: the parrot of Zubaida"


def office(main: str = "word/document.xml", **parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", parts.pop("types", b"<Types/>"))
        made.writestr(main, b"<document/>")
        for name, body in parts.items():
            made.writestr(name, body)
    return out.getvalue()


def lying(body: bytes) -> bytes:
    """The directory says the last member is one byte long."""
    at = body.rindex(b"PK\x01\x02")
    return body[: at + 24] + (1).to_bytes(4, "little") + body[at + 28 :]


GOOD = {
    "diary.pdf": PDF,
    "photo.PNG": PNG,
    "photo.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 40 + b"\xff\xd9",
    "letter.docx": office(),
    "log.xlsx": office("xl/workbook.xml"),
    "notes.txt": "Zoë said: {{7*7}} = 49\n".encode(),
    "call.mp3": b"ID3\x04\x00" + b"\x00" * 40,
    "call.m4a": b"\x00\x00\x00\x20ftypM4A " + b"\x00" * 40,
    "call.wav": b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\x00" * 40,
    "door.mp4": b"\x00\x00\x00\x20ftypisom" + b"\x00" * 40,
}
BAD = {
    "empty.pdf": b"",
    "program.exe": b"MZ" + b"\x00" * 80,
    "program.pdf": b"MZ" + b"\x00" * 80 + PDF,
    "page.html": b"<html><script>alert(1)</script>",
    "page.txt": b"hello <script>alert(1)</script>",
    "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "drawing.png": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "script.txt": b"#!/bin/sh\nrm -rf /\n",
    "nul.txt": b"words\x00words",
    "archive.zip": office(),
    "archive.docx": office("anything.xml"),
    "macros.docm": office(),
    "macros.docx": office(**{"word/vbaProject.bin": b"x"}),
    "macros2.docx": office(types=b"<Override ContentType='application/vnd.ms-word.document.macroEnabled.main+xml'/>"),
    "climbs.docx": office(**{"../../etc/passwd": b"x"}),
    "bomb.docx": office(**{"word/media/1.png": bytes(101 * 1024 * 1024)}),
    "lies.docx": lying(office(**{"word/media/1.png": bytes(1024 * 1024)})),
    "cut.docx": office()[:-30],
    "many.docx": office(**{f"word/{n}.xml": b"" for n in range(2_001)}),
    "late.pdf": b"j" * 1_025 + PDF,
    "both.jpg": b"\xff\xd8\xff\xe0" + b"\x00" * 40 + office(),
    "large.txt": b"a" * (LARGEST + 1),
    "noending": b"words",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_file_that_is_what_it_says_is_taken(name: str) -> None:
    assert look(name, "application/octet-stream", GOOD[name]).media_type == KINDS[f".{name.rpartition('.')[2].lower()}"].media_type


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_has_no_place_here_is_refused_with_what_to_do(name: str) -> None:
    with pytest.raises(Refused) as refused:
        look(name, "application/octet-stream", BAD[name])
    assert refused.value.field == "file"
    assert any(word in refused.value.sentence for word in ("Choose", "choose", "Save it again"))


@pytest.mark.parametrize("name", GOOD)
def test_no_kind_passes_for_another(name: str) -> None:
    for ending in KINDS:
        if KINDS[ending].media_type not in (look(name, "", GOOD[name]).media_type,) and {ending, f".{name[-3:]}"} != {".m4a", ".mp4"}:
            with pytest.raises(Refused):
                look(f"file{ending}", "", GOOD[name])


def test_a_claimed_type_that_disagrees_is_refused() -> None:
    with pytest.raises(Refused):
        look("diary.pdf", "text/html", PDF)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\diary.pdf", "diary.pdf"),
        ("con.txt", "_con.txt"),
        ("a\x00b.pdf", "ab.pdf"),
        ("photo\u202egnp.exe.pdf", "photognp.exe.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        (".pdf", "file.pdf"),
        ("", "file"),
    ],
)
def test_the_name_shown_holds_nothing_of_the_senders_disk(sent: str, shown: str) -> None:
    assert clean_name(sent) == shown


def test_a_long_name_keeps_its_ending() -> None:
    assert len(clean_name("x" * 300 + ".pdf")) == 120 and clean_name("x" * 300 + ".pdf").endswith("x.pdf")


@pytest.fixture
def kept(app, monkeypatch, tmp_path):
    """Where the files of this test lie; call it with the address of a scanner."""

    def keep(clamd: str = "") -> Path:
        monkeypatch.setitem(app.config, "SENTINEL", app.config["SENTINEL"].model_copy(update={"data_dir": tmp_path, "clamd_url": clamd}))
        return tmp_path / "documents"

    keep()
    return keep


@pytest.fixture
def case(session):
    made = factories.case()
    session.commit()
    return made


def add(client, case, name="diary.pdf", body=PDF, status=302, **more):
    sent = {"file": (io.BytesIO(body), name), "kind": "statement", "description": "Diary of November"} | more
    return client.post(f"/cases/{case.id}/documents/add", sent, status=status, content_type="multipart/form-data")


def lying_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_kept_encrypted_and_given_out_to_keep(client_as, session, case, kept) -> None:
    client = client_as(OFFICER)
    add(client, case, name="../../Nasreen's diary.pdf")
    document = session.scalars(select(Document)).one()
    (path,) = lying_in(kept())
    assert path.name == str(document.stored_as) and path.stat().st_mode & 0o777 == 0o600
    assert b"PDF" not in path.read_bytes()
    assert "Not scanned: no virus scanner is set up" in client.get(f"/cases/{case.id}/documents").text
    answer = client.get(f"/cases/{case.id}/documents/{document.id}")
    assert answer.data == PDF and answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''Nasreen%27s%20diary.pdf"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox") and answer.headers["X-Content-Type-Options"] == "nosniff"
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.table_name == "document", AuditEntry.kind == "export"))
    assert (entry.row_id, entry.case_id) == (str(document.id), case.id)


def test_a_file_changed_on_disk_is_not_given_out(client_as, session, case, kept) -> None:
    client = client_as(OFFICER)
    add(client, case)
    (path,) = lying_in(kept())
    path.write_bytes(path.read_bytes()[:-9] + b"AAAAAAAA=")
    assert "cannot be opened" in client.get(f"/cases/{case.id}/documents/{session.scalars(select(Document.id)).one()}", status=404).text


def test_a_refused_file_leaves_nothing_and_loses_no_words(client_as, session, case, kept) -> None:
    page = add(client_as(OFFICER), case, body=b"MZ", status=422, description="What I typed").text
    assert "save it again as a PDF" in page and "What I typed" in page
    assert session.scalars(select(Document)).all() == [] and lying_in(kept()) == []


# What is refused while it is read is closed by the collector: here, and not in the middle of another test.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_more_than_is_taken_is_answered_with_a_page(client_as, case, kept) -> None:
    client = client_as(OFFICER)
    assert "larger than 10 MB" in add(client, case, body=b"a" * (LARGEST + 1), name="a.txt", status=422).text
    assert "That is too much at once" in add(client, case, body=b"a" * (LARGEST + 2**20 + 1), name="a.txt", status=413).text
    assert "That is too much at once" in add(client, case, status=413, description="a" * (2**21 + 1)).text
    client.post(f"/cases/{case.id}/notes", {"note": "a" * (2**21 + 1)}, status=413)
    client.post(f"/cases/{case.id}/notes", {f"note-{number}": "a" for number in range(1_001)}, status=413)
    gc.collect()


def test_a_case_holds_no_more_than_it_says(client_as, case, kept, monkeypatch) -> None:
    monkeypatch.setattr(service, "MOST", len(PDF))
    add(client_as(OFFICER), case)
    assert "holds its 200 MB" in add(client_as(OFFICER), case, status=422).text


def test_a_withdrawn_file_stays_in_the_list_with_its_reason(client_as, session, case, kept) -> None:
    client = client_as(OFFICER)
    add(client, case)
    key = session.scalars(select(Document.id)).one()
    client.post(f"/cases/{case.id}/documents/{key}/withdraw", {"reason": ""}, status=422)
    page = client.follow(f"/cases/{case.id}/documents/{key}/withdraw", {"reason": "Wrong case"}).text
    assert "Wrong case" in page and f"/documents/{key}" not in page
    client.get(f"/cases/{case.id}/documents/{key}", status=404)
    assert len(lying_in(kept())) == 1


def test_nobody_without_the_full_view_reaches_a_file(client_as, session, case, kept) -> None:
    add(client_as(OFFICER), case)
    key = session.scalars(select(Document.id)).one()
    for email in ("officer@charnwood.example", "calltaker@blaby.example", "manager@blaby.example"):
        client_as(email).get(f"/cases/{case.id}/documents/{key}", status=404)
    other = factories.case()
    session.commit()
    client_as(OFFICER).get(f"/cases/{other.id}/documents/{key}", status=404)


def test_a_file_waits_while_the_scanner_does_not_answer(client_as, session, case, kept, tmp_path) -> None:
    kept(f"unix://{tmp_path}/nobody")
    client = client_as(OFFICER)
    add(client, case)
    key = session.scalars(select(Document.id)).one()
    assert "Waiting for the scanner" in client.get(f"/cases/{case.id}/documents").text
    assert "asks again every few minutes" in client.get(f"/cases/{case.id}/documents/{key}", status=422).text


@pytest.fixture(scope="module")
def clamd(tmp_path_factory):
    """A real ClamAV with one signature, of a string of this test's own."""
    if CLAMD is None:
        pytest.skip("ClamAV (clamd) is not on this machine.")
    place = tmp_path_factory.mktemp("clamd")
    (place / "ours.ndb").write_text(f"Sentinel.Test.Parrot:0:*:{CAUGHT.hex()}\n")
    settings = {"LocalSocket": place / "socket", "DatabaseDirectory": place, "Foreground": "yes", "TemporaryDirectory": place}
    if os.getuid() == 0:
        settings["User"] = "root"
    (place / "clamd.conf").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    with subprocess.Popen([CLAMD, "-c", str(place / "clamd.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            assert eventually(lambda: _answers(place / "socket"))
            yield f"unix://{place}/socket"
        finally:
            process.terminate()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(str(path))
            line.sendall(b"zPING\0")
            return line.recv(10).startswith(b"PONG")
        except OSError:
            return False


def test_the_scanner_lets_a_clean_file_through(client_as, session, case, kept, clamd) -> None:
    kept(clamd)
    client = client_as(OFFICER)
    add(client, case)
    document = session.scalars(select(Document)).one()
    assert document.scan_state == "clean"
    client.get(f"/cases/{case.id}/documents/{document.id}")


def test_what_the_scanner_finds_is_recorded_and_not_kept(client_as, session, case, kept, clamd) -> None:
    folder = kept(clamd)
    client = client_as(OFFICER)
    add(client, case, name="notes.txt", body=b"Before. " + CAUGHT + b" After.")
    document = session.scalars(select(Document)).one()
    assert (document.scan_state, document.stored_as) == ("infected", None)
    assert document.scan_words.startswith("Sentinel.Test.Parrot") and lying_in(folder) == []
    assert "Not kept: the scanner found Sentinel.Test.Parrot" in client.get(f"/cases/{case.id}/documents").text
    client.get(f"/cases/{case.id}/documents/{document.id}", status=404)


def test_what_waited_is_scanned_when_the_scanner_is_back(client_as, session, case, kept, clamd, tmp_path) -> None:
    kept(f"unix://{tmp_path}/nobody")
    add(client_as(OFFICER), case)
    add(client_as(OFFICER), case, name="notes.txt", body=CAUGHT)
    folder = kept(clamd)
    service.scan_waiting()
    session.commit()
    assert {document.name_shown: document.scan_state for document in session.scalars(select(Document))} == {
        "diary.pdf": "clean",
        "notes.txt": "infected",
    }
    assert len(lying_in(folder)) == 1
