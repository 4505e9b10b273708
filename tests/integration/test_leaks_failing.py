"""Whatever fails, in a page, in the database, in a task, in a command: nothing about anybody in a log, a page or an answer."""

import io
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text

from config.settings import settings
from sentinel.cli import main
from sentinel.core.db import db
from sentinel.post import delivery
from tests import databases, factories
from tests.conftest import REDIS
from tests.integration.leaking import CALL, OFFICER, TAKER, Watched, leaked

pytestmark = pytest.mark.security

SOMEBODY = "Zubaida Quillfeather, 07700 900777"
# Each answered by PostgreSQL with the values in its words: "Key (...)=(...) already exists", "Failing row contains (...)".
TWICE = """INSERT INTO draft (id, user_id, form, subject, key_id, body, updated_at)
    SELECT gen_random_uuid(), id, 'report', :words, 'v1', '', now()
    FROM app_user CROSS JOIN generate_series(1, 2) WHERE email = 'calltaker@blaby.example'"""
REFUSED = {
    "a number that is none": ("SELECT CAST(:words AS integer)", 500, "DataError"),
    "a key that is there": (TWICE, 409, "uq_draft"),
    "too long": ("INSERT INTO submission (id, result, at) VALUES (gen_random_uuid(), repeat(:words, 90), now())", 500, "DataError"),
    "no such function": ("SELECT quillfeather(:words)", 500, "ProgrammingError"),
}


def failing(*_: object, **__: object) -> None:
    raise LookupError(SOMEBODY)


def call(house: Flask, status: int) -> str:
    """What somebody who saves a call is shown."""
    return Watched(house, TAKER).post("/reports/new", CALL | {"submission_id": str(uuid4())}, status=status).text


def test_a_page_for_a_failure_tells_nothing_and_the_log_tells_where(watched: Flask, logged: io.StringIO, monkeypatch: Any) -> None:
    monkeypatch.setattr("sentinel.desk.intake.take_report", failing)
    assert leaked(call(watched, 500)) == []
    assert "LookupError" in logged.getvalue()
    assert "test_leaks_failing.py" in logged.getvalue()
    assert leaked(logged.getvalue()) == []


def test_a_page_that_fails_half_drawn_tells_nothing(watched: Flask, logged: io.StringIO, monkeypatch: Any) -> None:
    case = factories.case(officer=factories.user(), title="Quillfeather and the parrot")
    factories.party(on=case, who=factories.person(SOMEBODY))
    db.session.commit()
    monkeypatch.setitem(watched.jinja_env.filters, "reference", lambda number: failing())
    page = Watched(watched, OFFICER).get(f"/cases/{case.id}", status=500).text
    assert "<h1" in page
    assert leaked(page + logged.getvalue()) == []


def test_a_page_for_a_failure_that_fails_itself_is_a_sentence(watched: Flask, logged: io.StringIO, monkeypatch: Any) -> None:
    monkeypatch.setattr("sentinel.desk.intake.take_report", failing)
    monkeypatch.setattr("sentinel.core.problems.render_template", failing)
    assert call(watched, 500).startswith("Sentinel failed")
    assert leaked(logged.getvalue()) == []


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_database_refuses_tells_nothing(what: str, watched: Flask, logged: io.StringIO, monkeypatch: Any) -> None:
    statement, status, said = REFUSED[what]
    monkeypatch.setattr("sentinel.desk.intake.take_report", lambda **_: db.session.execute(text(statement), {"words": SOMEBODY}).all())
    page = call(watched, status)
    assert said in logged.getvalue()
    assert leaked(page + logged.getvalue()) == []


def test_the_words_of_an_exception_hold_no_value_of_a_statement(watched: Flask) -> None:
    with pytest.raises(Exception, match="hide_parameters") as caught:
        db.session.execute(text("SELECT no_such_function(:words)"), {"words": SOMEBODY})
    assert leaked(str(caught.value)) == []


def test_a_message_whose_words_cannot_be_made_tells_the_log_nothing(watched: Flask, logged: io.StringIO) -> None:
    call(watched, 302)
    watched.extensions["sentinel.messages"] = dict.fromkeys(watched.extensions["sentinel.messages"], failing)
    delivery.deliver()
    assert "message_not_written" in logged.getvalue()
    assert leaked(logged.getvalue()) == []


def failing_in_the_database() -> None:
    db.session.execute(text("SELECT CAST(:words AS integer)"), {"words": SOMEBODY})


@pytest.mark.parametrize("failure", [failing, failing_in_the_database])
def test_a_task_that_fails_tells_the_log_and_whoever_asked_nothing(failure: Any, watched: Flask, logged: io.StringIO) -> None:
    celery = watched.extensions["celery"]
    result = celery.task(failure, name=f"test.fail.{uuid4()}").apply()
    assert result.failed()
    assert "task_failed" in logged.getvalue()
    assert celery.conf.task_ignore_result
    assert leaked(f"{logged.getvalue()} {result.result!r} {result.traceback} {result.result.__context__}") == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"--name": SOMEBODY * 9}, 1),  # more than the column holds
        ({"--team": "quillfeather-lane"}, 2),
        ({"--vetted-until": "Sandalwood"}, 2),
        ({"email": "officer@blaby.example"}, 2),
    ],
)
def test_a_command_that_fails_prints_no_values(changes: dict[str, str], status: int, own_database: str, monkeypatch: Any) -> None:
    for role, name in (("web", ""), ("owner", "OWNER_"), ("worker", "WORKER_")):
        monkeypatch.setenv(f"SENTINEL_{name}DATABASE_URL", databases.url(f"sentinel_{role}", own_database))
    monkeypatch.setenv("SENTINEL_REDIS_URL", REDIS)
    monkeypatch.setenv("SENTINEL_SECRET_KEY", "the tests' own secret, used nowhere else")
    settings.cache_clear()
    given = {"email": "zq@quill.example", "--name": SOMEBODY, "--role": "call_taker", "--team": "blaby-customer-services"} | changes
    words = [given.pop("email"), *(part for pair in given.items() for part in pair)]
    result = CliRunner().invoke(main, ["user", "add", *words])
    settings.cache_clear()
    assert result.exit_code == status, result.output
    assert result.output
    typed = [word for word in leaked(result.output) if word.lower() not in str(changes).lower()]
    assert typed == []
    assert "[parameters" not in result.output and "Traceback" not in result.output
