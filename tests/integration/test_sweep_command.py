"""`sentinel sweep` and `sentinel deliver` as an operator runs them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from config.settings import settings
from sentinel.alerts.models import Alert
from sentinel.cli import main
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.models import Installation
from sentinel.post.service import queue_message
from sentinel.victims.models import Promise
from sentinel.victims.promises import make_promise
from tests import databases
from tests import factories as make
from tests.conftest import REDIS
from tests.integration.alerting import sign_everybody_in


@pytest.fixture
def run(real_app, own_database, monkeypatch):
    """Run the command on this test's database; (exit status, standard output, standard error)."""
    for role in ("web", "worker", "owner"):
        name = f"SENTINEL_{'' if role == 'web' else role.upper() + '_'}DATABASE_URL"
        monkeypatch.setenv(name, databases.url(f"sentinel_{role}", own_database))
    monkeypatch.setenv("SENTINEL_REDIS_URL", REDIS)
    monkeypatch.setenv("SENTINEL_SECRET_KEY", "the tests' own secret")

    def command(*words):
        db.session.rollback()
        clock.freeze(None)
        result = CliRunner().invoke(main, words)
        settings.cache_clear()
        return result.exit_code, result.stdout, result.stderr

    yield command
    settings.cache_clear()


def demonstrate(own_database):
    with databases.superuser(own_database) as connection:
        connection.execute("SELECT set_config('sentinel.actor', 'test', false)")
        connection.execute("UPDATE installation SET demonstration = true")


def promise_made(days_ago=0):
    sign_everybody_in()
    case = make.case(officer=make.user())
    party = make.party(on=case)
    made = make_promise(party=party, kind="first_contact", cause_id=case.id, starts_at=clock.now() - timedelta(days=days_ago))
    db.session.commit()
    return made


def offset():
    db.session.rollback()
    return db.session.scalar(select(Installation.clock_offset))


def alerts():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Alert))


def test_sweep_prints_one_object_and_raises_what_is_due(run):
    promise_made(days_ago=30)
    status, out, _ = run("sweep", "--json")
    assert status == 0
    assert json.loads(out) == {"opened": 1, "escalated": 0, "closed": 0, "open": 1}
    assert json.loads(run("sweep", "--json")[1]) == {"opened": 0, "escalated": 0, "closed": 0, "open": 1}
    assert run("sweep")[1] == "0 opened, 0 went up a step, 0 closed. 1 open.\n"


def test_at_moves_the_clock_of_a_demonstration_forward_for_everybody(run, own_database):
    demonstrate(own_database)
    due = promise_made().due_at
    to = due + timedelta(minutes=1)
    status, out, _ = run("sweep", "--at", to.isoformat(), "--json")
    assert status == 0
    assert json.loads(out)["opened"] == 1
    assert to <= datetime.now(UTC) + offset() < to + timedelta(minutes=5)
    status, _, error = run("sweep", "--at", (to - timedelta(days=1)).isoformat())
    assert status == 2
    assert "only goes forward" in error
    latest = text("SELECT actor FROM audit_entry WHERE table_name = 'installation' ORDER BY id DESC LIMIT 1")
    assert db.session.execute(latest).scalar_one() == "system:sweep"


def test_a_moment_without_a_zone_is_londons(run, own_database):
    demonstrate(own_database)
    assert run("sweep", "--at", "2031-07-01T12:00")[0] == 0
    moved = datetime.now(UTC) + offset()
    assert datetime(2031, 7, 1, 11, 0, tzinfo=UTC) <= moved < datetime(2031, 7, 1, 11, 10, tzinfo=UTC)


def test_elsewhere_the_clock_is_not_moved_and_nothing_is_written(run):
    promise_made(days_ago=30)
    status, out, error = run("sweep", "--at", "2031-07-01T12:00")
    assert (status, out) == (2, "")
    assert error == "Only a demonstration's clock can be moved, and this is none. To look only, add --dry-run.\n"
    assert offset() == timedelta()
    assert alerts() == 0


def test_a_dry_run_works_anywhere_in_either_direction_and_writes_nothing(run):
    promise = promise_made(days_ago=30)
    status, out, _ = run("sweep", "--at", "2031-07-01T12:00", "--dry-run", "--json")
    assert status == 0
    assert json.loads(out)["opened"] >= 1
    assert json.loads(run("sweep", "--at", "2020-07-01T12:00", "--dry-run", "--json")[1])["opened"] == 0
    assert "Looked only, nothing was written" in run("sweep", "--dry-run")[1]
    assert alerts() == 0
    assert db.session.get(Promise, promise.id, populate_existing=True).step == 0


@pytest.mark.parametrize("words", ["tomorrow", "2026-02-30", "12:00", ""])
def test_what_is_no_moment_is_refused_with_a_sentence(run, words):
    status, _, error = run("sweep", "--at", words, "--dry-run")
    assert status == 2
    assert error == f"'{words}' is not a moment. Write it like 2026-12-04T17:00.\n"


def test_deliver_says_what_it_sent_and_once_sends_one_batch(run):
    for _ in range(25):
        queue_message(dedupe_key=str(new_id()), channel="in_system", template="x", ref_table="person", ref_id=new_id())
    db.session.commit()
    status, out, _ = run("deliver", "--once", "--json")
    assert status == 0
    assert json.loads(out) == {"sent": 20, "failed": 0, "waiting": 5}
    assert run("deliver")[1] == "5 sent, 0 failed, 0 waiting.\n"
    assert json.loads(run("deliver", "--json")[1]) == {"sent": 0, "failed": 0, "waiting": 0}
