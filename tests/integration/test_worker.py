"""A real Celery worker over a real Redis: what beat asks for is there, and what it does is done once."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import redis
from sqlalchemy import func, select, text

from config.settings import ROOT
from sentinel.alerts.models import Alert, Telling
from sentinel.alerts.sweep import last_swept
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.transactions import enqueue
from sentinel.post.models import Outbox
from sentinel.post.service import queue_message
from sentinel.victims.promises import make_promise
from tests import databases
from tests import factories as make
from tests.conftest import REDIS, make_app
from tests.integration.alerting import sign_everybody_in
from tests.waiting import eventually
from workers import schedule

pytestmark = pytest.mark.worker

MINE = 10 + int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)
BROKER = f"{REDIS.rpartition('/')[0]}/{MINE}"


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    """A database of the broker that no other test uses, empty before and after."""
    connection = redis.Redis.from_url(BROKER)
    connection.flushdb()
    yield connection
    connection.flushdb()
    connection.close()


@pytest.fixture
def app(own_database, broker):
    """The web application beside the worker: its database, its broker."""
    from sentinel.core import viewer

    made = make_app(own_database, redis_url=BROKER)
    with made.app_context(), viewer.acting_as(viewer.system("test")):
        yield made
        db.session.remove()
        db.engine.dispose()


def environment(database: str) -> dict[str, str]:
    """What a worker is told."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SENTINEL_")}
    return ours | {
        "SENTINEL_WORKER_DATABASE_URL": databases.url("sentinel_worker", database),
        "SENTINEL_REDIS_URL": BROKER,
        "SENTINEL_SECRET_KEY": "the tests' own secret",
        "SENTINEL_AUDIT_KEY": "none yet",
    }


@contextmanager
def worker(database: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with one process of its own, ready."""
    command = [sys.executable, "-m", "celery", "-A", "workers.app", "worker", "--concurrency", "1", "--loglevel", "INFO"]
    command += ["--without-gossip", "--without-mingle", "--hostname", f"{log.stem}@%h"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(database), stdout=out, stderr=out)
    try:
        assert eventually(lambda: b" ready." in log.read_bytes() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield process
    finally:
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.terminate()
        process.wait(60)
        for child in children:
            if child.is_running():
                child.kill()


def seen(query) -> int:
    """What another process has committed by now."""
    db.session.rollback()
    return db.session.scalar(query) or 0


def overdue(n: int) -> None:
    """n promises to enhanced victims that were due an hour ago, without waiting for it."""
    sign_everybody_in()
    db.session.execute(text("UPDATE app_user SET last_seen_at = now()"))
    for _ in range(n):
        case = make.case(officer=make.user())
        party = make.party(on=case, who=make.person(f"Victim {new_id()}"), klass="enhanced")
        make_promise(party=party, kind="safety_call", cause_id=case.id, starts_at=clock.now() - timedelta(hours=25))
    db.session.commit()


def test_a_promise_that_is_due_becomes_an_alert_over_the_broker_and_its_message_goes_out(app, own_database, tmp_path):
    overdue(1)
    with worker(own_database, tmp_path / "one.log"):
        enqueue("alerts.sweep")
        db.session.commit()
        raised = select(func.count()).select_from(Alert).where(Alert.trigger_key == "promise", Alert.step >= 3)
        assert eventually(lambda: seen(raised) == 1), (tmp_path / "one.log").read_text()
        # Queued by the sweep after its commit, taken up without waiting for beat; without a mail server it is put aside.
        put_aside = select(func.count()).select_from(Outbox).where(Outbox.template == "alerts_now", Outbox.state == "cancelled")
        assert eventually(lambda: seen(put_aside) > 0), (tmp_path / "one.log").read_text()
    actors = set(db.session.scalars(text("SELECT DISTINCT actor FROM audit_entry WHERE table_name = 'promise' AND op = 'update'")))
    assert actors <= {"system:alerts.sweep"}


def test_sweeps_of_two_workers_at_once_raise_and_tell_once(app, own_database, tmp_path):
    overdue(40)
    with ExitStack() as stack:
        for name in ("one", "two"):
            stack.enter_context(worker(own_database, tmp_path / f"{name}.log"))
        for _ in range(4):
            app.extensions["celery"].send_task("alerts.sweep")
        logs = [tmp_path / "one.log", tmp_path / "two.log"]
        assert eventually(lambda: sum(log.read_text().count("alerts.sweep") and log.read_text().count("succeeded") for log in logs) >= 4)
        assert all(b"alerts.sweep" in log.read_bytes() for log in logs), "one worker did everything"
    assert seen(select(func.count()).select_from(Alert).where(Alert.trigger_key == "promise")) == 40
    tellings = db.session.execute(select(Telling.alert_id, Telling.step, Telling.user_id)).all()
    assert len(tellings) == len(set(tellings))
    assert last_swept() is not None


def test_a_task_that_was_killed_in_the_middle_is_done_by_another_worker(app, own_database, broker, tmp_path):
    number = queue_message(dedupe_key="k", channel="in_system", template="x", ref_table="person", ref_id=new_id())
    db.session.commit()
    with worker(own_database, tmp_path / "one.log") as first:
        gone = select(func.count()).select_from(Outbox).where(Outbox.id == number, Outbox.state == "sent")
        assert eventually(lambda: seen(gone) == 1)
        for child in psutil.Process(first.pid).children():
            child.kill()
        app.extensions["celery"].send_task("alerts.sweep")
        assert eventually(lambda: seen(select(func.count()).select_from(text("sweep_mark"))) == 1), (tmp_path / "one.log").read_text()


def test_every_task_that_is_asked_for_is_registered_and_every_beat_entry_exists(own_database, broker):
    listing = "import json; from workers.app import celery; celery.loader.import_default_modules(); print(json.dumps(sorted(celery.tasks)))"
    names = subprocess.run(
        [sys.executable, "-c", listing],
        cwd=ROOT,
        env=environment(own_database),
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    registered = set(json.loads(names.splitlines()[-1]))
    asked = {entry["task"] for entry in schedule.BEAT.values()}
    for path in (ROOT / "sentinel").rglob("*.py"):
        asked |= set(re.findall(r'enqueue\("([^"]+)"', path.read_text()))
    assert asked <= registered
    assert {"alerts.sweep", "alerts.digest", "post.deliver"} <= asked


def test_the_sweep_runs_every_five_minutes_and_the_digest_never_around_midnight():
    when = {name: entry["schedule"] for name, entry in schedule.BEAT.items()}
    assert sorted(when["sweep"].minute) == list(range(0, 60, 5))
    assert sorted(when["deliver"].minute) == list(range(60))
    assert when["digest"].hour == {6, 7, 8, 9, 10}
