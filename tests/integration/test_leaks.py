"""Nothing about a person in logs, addresses, the broker, e-mail, error pages, the record's index or unsaved words at rest."""

import io
import json
import logging
import os
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import html5lib
import pytest
import redis
from flask import Flask
from sqlalchemy import select, text

from sentinel.alerts.sweep import sweep
from sentinel.cases.models import Party, Report
from sentinel.core import clock, viewer
from sentinel.core import logging as ours
from sentinel.core.db import db
from sentinel.post import delivery
from sentinel.referrals.models import Referral
from tests import databases, factories
from tests.conftest import REDIS, make_app
from tests.filling import form_with
from tests.integration.carriers import mail_server
from tests.pages import PageClient

BROKER = f"{REDIS.rpartition('/')[0]}/11"
TAKER, OFFICER, WORKER = "calltaker@blaby.example", "officer@blaby.example", "worker@victimfirst.example"
# Words that stand nowhere else in Sentinel: wherever one of them turns up, somebody's data has got out.
SECRETS = ("Quillfeather", "900777", "zq@quill.example", "Sandalwood", "parrot", "Snodgrass", "LE3 3KM", "LE33KM")
CALL = {
    "finish": "save",
    "danger": "no",
    "who": "them",
    "name": "Zubaida Quillfeather",
    "phone": "07700 900777",
    "ring": "yes",
    "email": "yes",
    "email_address": "zq@quill.example",
    "send": "email",
    "place": "77 Sandalwood Crescent, LE3 3KM",
    "home": "yes",
    "what": "He says he will wring the neck of her parrot, and has a knife.",
    "relation": "neighbour",
    "alleged_name": "Bartholomew Snodgrass",
    "answers-frequency": "daily",
    "answers-targeted": "me",
    "answers-affected": "extremely",
    "answers-happened": "weapon",
    "consent": "given",
}


def leaked(words: str) -> list[str]:
    """Which of the secrets stand in these words."""
    return [secret for secret in SECRETS if secret.lower() in words.lower()]


class Watched(PageClient):
    """A client that keeps every address it was shown or sent to."""

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """As ever, and remember the addresses."""
        response = super().ask(method, path, **more)
        self.app.extensions["addresses"] += [path, *response.headers.getlist("Location"), *_addresses_in(response.text)]
        return response


def _addresses_in(page: str) -> list[str]:
    nodes = html5lib.parse(page).iter() if "<html" in page else []
    found = [node.get(name) for node in nodes for name in ("href", "action", "formaction", "src", "data-live-url", "data-draft")]
    return [address for address in found if address and not address.startswith(("tel:", "mailto:"))]


@contextmanager
def all_that_is_logged() -> Iterator[io.StringIO]:
    """Everything that is written to the log, by Sentinel and by the libraries."""
    written, real = io.StringIO(), sys.stderr
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    sys.stderr = written
    ours.set_up()
    try:
        yield written
    finally:
        sys.stderr = real
        ours.set_up()
        logging.getLogger().removeHandler(handler)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged during a test."""
    with all_that_is_logged() as written:
        yield written


@contextmanager
def opened(database: str, **settings: Any) -> Iterator[Flask]:
    """The application with real commits."""
    app = make_app(database, **settings)
    app.extensions["addresses"] = []
    with app.app_context(), viewer.acting_as(viewer.system("test")):
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def house(log: io.StringIO, own_database: str) -> Iterator[Flask]:
    """The application on a database of its own."""
    with opened(own_database, smtp_url="smtp://127.0.0.1:1") as app:
        yield app


@dataclass
class Job:
    """What the whole job left behind: addresses shown, words logged, what the broker holds, letters sent, a database."""

    addresses: list[str]
    log: str
    broker: list[bytes]
    letters: list[EmailMessage]
    database: str


@pytest.fixture(scope="module")
def job() -> Iterator[Job]:
    """A call taken, matched, kept as a draft, locked, saved, opened as a case, assessed, contacted, referred, swept, delivered."""
    name = f"sentinel_leaks_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with databases.superuser() as connection:
        databases.create(connection, name, databases.template())
    with redis.Redis.from_url(BROKER) as broker, all_that_is_logged() as log, mail_server() as mail:
        broker.flushdb()
        with opened(name, smtp_url=mail.url, redis_url=BROKER) as app:
            clock.freeze(datetime(2026, 12, 2, 10, 42, tzinfo=UTC))
            _call(app)
            _casework(app)
        with opened(name, smtp_url=mail.url, redis_url=BROKER):
            clock.freeze(datetime(2026, 12, 4, 12, tzinfo=UTC))
            sweep()
            delivery.deliver()
        clock.freeze(None)
        yield Job(app.extensions["addresses"], log.getvalue(), _held(broker), mail.got, name)
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


def test_unsaved_words_at_rest_cannot_be_read(house: Flask, own_database: str) -> None:
    Watched(house, TAKER).post("/reports/new/draft", CALL | {"submission_id": str(uuid4())}, status=200)
    with databases.superuser(own_database) as connection:
        (row,) = connection.execute("SELECT d::text, convert_from(body, 'LATIN1') FROM draft d").fetchall()
    assert leaked("".join(row)) == []


def test_a_page_for_a_failure_tells_nothing_and_the_log_tells_where(house: Flask, log: io.StringIO, monkeypatch: Any) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LookupError("Zubaida Quillfeather, 07700 900777")

    monkeypatch.setattr("sentinel.desk.intake.take_report", fail)
    page = Watched(house, TAKER).post("/reports/new", CALL | {"submission_id": str(uuid4())}, status=500).text
    assert leaked(page) == []
    assert "LookupError" in log.getvalue()
    assert leaked(log.getvalue()) == []


def test_a_failure_in_the_database_tells_nothing(house: Flask, log: io.StringIO, monkeypatch: Any) -> None:
    def fail(*_: object, **__: object) -> None:
        db.session.execute(text("SELECT CAST(:words AS integer)"), {"words": "Zubaida Quillfeather"})

    monkeypatch.setattr("sentinel.desk.intake.take_report", fail)
    page = Watched(house, TAKER).post("/reports/new", CALL | {"submission_id": str(uuid4())}, status=500).text
    assert leaked(page) == []
    assert "DataError" in log.getvalue()
    assert leaked(log.getvalue()) == []


def test_a_message_whose_words_cannot_be_made_tells_the_log_nothing(house: Flask, log: io.StringIO) -> None:
    def fail(_: object) -> None:
        raise LookupError("Zubaida Quillfeather, 07700 900777")

    Watched(house, TAKER).post("/reports/new", CALL | {"submission_id": str(uuid4())})
    house.extensions["sentinel.messages"] = dict.fromkeys(house.extensions["sentinel.messages"], fail)
    delivery.deliver()
    assert "message_not_written" in log.getvalue()
    assert leaked(log.getvalue()) == []


def test_a_task_that_fails_tells_the_log_nothing(house: Flask, log: io.StringIO) -> None:
    celery = house.extensions["celery"]

    @celery.task(name="test.fail")
    def fail() -> None:
        raise LookupError("Zubaida Quillfeather, 07700 900777")

    assert fail.apply().failed()
    assert "LookupError" in log.getvalue()
    assert leaked(log.getvalue()) == []


def test_nobody_learns_that_a_case_they_may_not_see_exists(house: Flask) -> None:
    case, nowhere = factories.case(restricted=True, title="Quillfeather"), uuid4()
    factories.party(on=case, who=factories.person("Zubaida Quillfeather"))
    stranger = Watched(house, "officer@charnwood.example")
    for path in ("/cases/{}", "/cases/{}/timeline", "/cases/{}/people", "/cases/{}/risk"):
        real, unreal = (stranger.get(path.format(key), status=404).text for key in (case.id, nowhere))
        assert _plain(real) == _plain(unreal)
        assert leaked(real) == []


def _plain(page: str) -> str:
    return " ".join("".join(html5lib.parse(page).itertext()).split())
