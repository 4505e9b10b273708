"""Nothing about a person in logs, addresses, the broker, e-mail, error pages, the record's index or unsaved words at rest."""

import io
import json
import os
import zlib
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import html5lib
import pytest
import redis
from flask import Flask
from sqlalchemy import select, text

from sentinel.alerts.sweep import sweep
from sentinel.cases.models import Party, Report
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.documents.models import Document
from sentinel.post import delivery
from sentinel.referrals.models import Referral
from tests import databases, factories
from tests.filling import form_with
from tests.integration.carriers import mail_server
from tests.integration.leaking import (
    BROKER,
    CALL,
    INFORMATION,
    OFFICER,
    SUPERVISOR,
    TAKER,
    WORKER,
    Watched,
    all_that_is_logged,
    leaked,
    opened,
)
from tests.integration.test_record_asked import ask
from tests.pages import PageClient

WHY = "Asked for by the auditor."


@dataclass
class Job:
    """What the whole job left behind: addresses shown, headers sent, words logged, what the broker holds, letters, a database, files."""

    addresses: list[str]
    headers: list[str]
    log: str
    broker: list[bytes]
    letters: list[EmailMessage]
    database: str
    files: Path


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    """A call taken, locked, saved, opened as a case, assessed, contacted, referred; files added, lists taken away; swept, delivered."""
    name = f"sentinel_leaks_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with databases.superuser() as connection:
        databases.create(connection, name, databases.template())
    with redis.Redis.from_url(BROKER) as broker, all_that_is_logged() as log, mail_server() as mail:
        broker.flushdb()
        files = tmp_path_factory.mktemp("files")
        with opened(name, smtp_url=mail.url, redis_url=BROKER, data_dir=files) as app:
            clock.freeze(datetime(2026, 12, 2, 10, 42, tzinfo=UTC))
            _call(app)
            _casework(app)
            _files(app)
            _lists(app)
        with opened(name, smtp_url=mail.url, redis_url=BROKER):
            clock.freeze(datetime(2026, 12, 4, 12, tzinfo=UTC))
            sweep()
            delivery.deliver()
        clock.freeze(None)
        yield Job(app.extensions["addresses"], app.extensions["headers"], log.getvalue(), _held(broker), mail.got, name, files)
        broker.flushdb()
    with databases.superuser() as connection:
        databases.drop(connection, name)


def _call(house: Flask) -> None:
    taker, call = Watched(house, TAKER), CALL | {"submission_id": str(uuid4())}
    for part in ("draft", "matches", "screen", "heard/when", "heard/place"):
        taker.post(f"/reports/new/{part}", call, status=200)
    db.session.execute(text("UPDATE user_session SET last_seen_at = last_seen_at - interval '31 minutes'"))
    db.session.commit()
    assert "locked" in taker.post("/reports/new", call).headers["Location"]
    taker = Watched(house, TAKER)
    taker.get("/reports/new")
    taker.follow("/reports/new", call)


def _casework(house: Flask) -> None:
    officer, report = Watched(house, OFFICER), db.session.scalars(select(Report)).one()
    _sent(officer, f"/reports/{report.id}/triage", "words", outcome="opened", officer=str(factories.user().id), reason_opened="risk")
    victim = db.session.scalars(select(Party).where(Party.role == "victim")).one()
    said = {"channel": "phone", "outcome": "reached", "when": "now", "note": "The parrot is safe. Mr Snodgrass shouted."}
    _sent(officer, f"/parties/{victim.id}/contact", "note", covers="first_contact", **said)
    why = "Snodgrass has a knife; so does the parrot's keeper."
    _sent(officer, f"/parties/{victim.id}/risk", "rationale", **{"judged": "high", "rationale": why, "answers-happened": "weapon"})
    for page in ("", "/timeline", "/people", "/risk", "/victim-care", "/referrals", "/interventions", "/actions", "/access"):
        officer.ask("GET", f"/cases/{victim.case_id}{page}")
    worker, referral = Watched(house, WORKER), db.session.scalars(select(Referral)).one()
    worker.get("/referrals")
    worker.post(f"/referrals/{referral.id}/acknowledge")


def _files(house: Flask) -> None:
    """A file whose name says who it is about, another that is refused; taken away again, and withdrawn."""
    officer, case_id = Watched(house, OFFICER), db.session.scalars(select(Party.case_id).where(Party.role == "victim")).one()
    for name, body in (("Quillfeather 07700 900777.txt", b"The parrot of Zubaida Quillfeather."), ("Snodgrass.exe", b"MZ")):
        path = f"/cases/{case_id}/documents/add"
        form = form_with(officer.get(path).text, path, "description")
        sent = form.with_(kind="other", description="What the parrot saw.", file=(io.BytesIO(body), name))
        officer.ask("POST", path, data=sent)
    document = db.session.scalars(select(Document)).one()
    officer.get(f"/cases/{case_id}/documents/{document.id}")
    _sent(officer, f"/cases/{case_id}/documents/{document.id}/withdraw", "reason", reason="Mr Snodgrass is on it.")


def _lists(house: Flask) -> None:
    """The list of cases, the looks at a person and at a report as files; what was passed on."""
    supervisor, person = Watched(house, SUPERVISOR), db.session.scalars(select(Party).where(Party.role == "victim")).one()
    for kind in ("csv", "xlsx"):
        asked = {"whose": "all", "state": "any", "risk": "any", "reason": WHY, "kind": kind}
        assert supervisor.ask("POST", "/cases/export", data=asked | {"csrf_token": supervisor.token}).status_code == 200
    officer = Watched(house, INFORMATION)
    people = str(ask(officer, person.case.reference, reason=WHY))
    assert b"Quillfeather" in officer.get(people).data
    for path in (f"{people}/people/{person.person_id}", f"{people}/people/{person.person_id}.csv", "/disclosures", "/disclosures.csv"):
        officer.get(path)


def _held(broker: redis.Redis) -> list[bytes]:
    """Every key and value of the broker, and the bodies of its messages as they read."""
    held: list[bytes] = []
    for key in broker.scan_iter():
        listed = broker.lrange(key, 0, -1) if broker.type(key) == b"list" else [broker.dump(key) or b""]
        held += [key, *listed, *(b64decode(json.loads(value)["body"]) for value in listed if value.startswith(b"{"))]
    return held


def _sent(client: PageClient, path: str, box: str, **filled: object) -> None:
    form = form_with(client.get(path).text, path, box)
    client.follow(form.action, form.with_(**filled))


def test_nothing_about_anybody_is_in_the_log(job: Job) -> None:
    assert "swept" in job.log
    assert "delivered" in job.log
    assert leaked(job.log) == []


def test_nothing_about_anybody_is_in_an_address(job: Job) -> None:
    assert len(job.addresses) > 100
    assert leaked("\n".join(job.addresses)) == []


def test_nothing_about_anybody_is_in_a_header_but_a_files_own_name_for_whoever_takes_it_away(job: Job) -> None:
    told = [header for header in job.headers if leaked(header)]
    assert len(job.headers) > 400
    assert [header.partition(": ")[2] for header in told] == ["attachment; filename*=UTF-8''Quillfeather%2007700%20900777.txt"]


def test_files_taken_away_are_named_by_us(job: Job) -> None:
    names = {header.partition("filename=")[2] for header in job.headers if "filename=" in header}
    assert names == {"cases.csv", "cases.xlsx", "looks-at-a-person.csv", "disclosures.csv"}


def test_nobody_is_told_where_somebody_came_from(job: Job) -> None:
    told = {header.rpartition(": ")[2] for header in job.headers if " Referrer-Policy: " in header}
    assert told == {"same-origin"}


def test_files_at_rest_cannot_be_read_and_are_named_by_us(job: Job) -> None:
    kept = [path for path in job.files.rglob("*") if path.is_file()]
    assert len(kept) == 1
    assert leaked(str(kept[0]) + kept[0].read_bytes().decode("latin-1")) == []


def test_the_cookie_that_every_request_carries_cannot_be_read(job: Job) -> None:
    cookies = [header.partition("sentinel=")[2].partition(";")[0] for header in job.headers if " Set-Cookie: " in header]
    assert len(cookies) > 10
    assert leaked("".join(map(_unpacked, cookies))) == []


def _unpacked(cookie: str) -> str:
    """What anybody can read of a cookie: its parts as base64, and those unpacked."""
    parts = [urlsafe_b64decode(f"{part}===") for part in cookie.strip(".").split(".")]
    return "".join(words.decode("latin-1") for part in parts for words in (part, _inflated(part)))


def _inflated(part: bytes) -> bytes:
    try:
        return zlib.decompress(part)
    except zlib.error:
        return b""


def test_the_broker_holds_names_of_tasks_and_nothing_else(job: Job) -> None:
    assert any(b"post.deliver" in value for value in job.broker)
    assert leaked(b"\n".join(job.broker).decode("utf-8", "replace")) == []


def test_only_the_one_who_rang_is_written_to_and_no_letter_names_anybody(job: Job) -> None:
    assert {letter["To"] for letter in job.letters} > {"zq@quill.example"}
    for letter in job.letters:
        kept = f"{letter['Subject']}\n{letter['From']}\n{letter['Message-ID']}\n{letter.get_content()}"
        assert leaked(kept) == [], letter["Subject"]


@pytest.mark.parametrize("table", ["audit_entry", "outbox", "submission", "alert", "telling", "user_session"])
def test_rows_that_machines_keep_name_nobody(table: str, job: Job) -> None:
    with databases.superuser(job.database) as connection:
        rows = [row for (row,) in connection.execute(f"SELECT t::text FROM {table} t")]
    assert rows
    assert leaked("\n".join(rows)) == []


def test_unsaved_words_at_rest_cannot_be_read(watched: Flask, own_database: str) -> None:
    Watched(watched, TAKER).post("/reports/new/draft", CALL | {"submission_id": str(uuid4())}, status=200)
    with databases.superuser(own_database) as connection:
        (row,) = connection.execute("SELECT d::text, convert_from(body, 'LATIN1') FROM draft d").fetchall()
    assert leaked("".join(row)) == []


def test_nobody_learns_that_a_case_they_may_not_see_exists(watched: Flask) -> None:
    case, nowhere = factories.case(restricted=True, title="Quillfeather"), uuid4()
    factories.party(on=case, who=factories.person("Zubaida Quillfeather"))
    stranger = Watched(watched, "officer@charnwood.example")
    for path in ("/cases/{}", "/cases/{}/timeline", "/cases/{}/people", "/cases/{}/risk"):
        real, unreal = (stranger.get(path.format(key), status=404).text for key in (case.id, nowhere))
        assert _plain(real) == _plain(unreal)
        assert leaked(real) == []


def _plain(page: str) -> str:
    return " ".join("".join(html5lib.parse(page).itertext()).split())
