"""Sentinel's web process as its users meet it: a port of this machine, a demonstration in a database of its own, a clock we set."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from config.settings import ROOT
from sentinel.core.clock import LONDON
from sentinel.core.instance.processes import Launch, end, spawn
from tests import databases
from tests.conftest import REDIS
from tests.factories import PASSWORD

CASES = 60
OPENED_AT = datetime(2026, 12, 2, 10, 42, tzinfo=LONDON)  # a Wednesday
BROKER = f"{REDIS.rpartition('/')[0]}/10"  # nobody works on it: what the pages ask for is done by the commands of a test
PATIENCE = 60.0
GUNICORN = (sys.executable, "-m", "gunicorn", "--config", str(ROOT / "config" / "gunicorn.py"))


@dataclass(frozen=True)
class House:
    """A running Sentinel."""

    address: str
    database: str
    log: Path

    def command(self, *words: str) -> str:
        """What `sentinel <words>` prints when it is run against this house."""
        return command(self.database, *words)

    def one(self, query: str, *values: object) -> tuple[object, ...] | None:
        """The first row of a query, seen by a superuser."""
        with databases.superuser(self.database) as connection:
            return connection.execute(query, values or None).fetchone()

    def change(self, query: str, *values: object) -> None:
        """Change something that no page can: a session's age, a clock."""
        with databases.superuser(self.database) as connection, connection.transaction():
            connection.execute("SELECT set_config('sentinel.actor', 'system:test', true)")
            connection.execute(query, values or None)


def make_demonstration(name: str, cases: int = CASES) -> None:
    """A database with a demonstration in it, as `sentinel demo` makes it."""
    with databases.superuser() as connection:
        databases.create(connection, name, databases.template())
    command(name, "demo", "--cases", str(cases), "--as-of", OPENED_AT.date().isoformat())


@contextmanager
def house(demonstration: str, name: str, folder: Path, **settings: str) -> Iterator[House]:
    """Serve a copy of a demonstration, with these settings besides; on leaving, everything that was started is gone."""
    with databases.superuser() as connection:
        databases.create(connection, name, demonstration)
    try:
        with _served(name, folder, settings) as served:
            yield served
    finally:
        with databases.superuser() as connection:
            databases.drop(connection, name)


def command(database: str, *words: str) -> str:
    """Run the `sentinel` command against a database; its standard output."""
    ran = subprocess.run(
        [sys.executable, "-m", "sentinel.cli", *words], env=_environment(database), cwd=ROOT, capture_output=True, text=True
    )
    assert ran.returncode == 0, f"sentinel {' '.join(words)} ended with {ran.returncode}\n{ran.stderr}"
    return ran.stdout


@contextmanager
def _served(database: str, folder: Path, settings: Mapping[str, str]) -> Iterator[House]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        process = _start(database, folder, {"SENTINEL_BASE_URL": address, **settings}, listening.fileno())
    served = House(address, database, folder / f"{database}.log")
    try:
        _wait_for(served, process)
        set_clock(served, OPENED_AT)
        yield served
    finally:
        end(process, signal.SIGTERM, grace=5)


def _start(database: str, folder: Path, settings: Mapping[str, str], descriptor: int) -> subprocess.Popen[bytes]:
    return spawn(
        Launch(
            [*GUNICORN, "--workers", "1", "--bind", f"fd://{descriptor}", "sentinel.wsgi:app"],
            _environment(database) | {"SENTINEL_DATA_DIR": str(folder)} | settings,
            folder / f"{database}.log",
            folder / f"{database}.json",
            descriptors=[descriptor],
        )
    )


def set_clock(served: House, moment: datetime) -> None:
    """Let the demonstration's clock stand at `moment` now; unlike the command, also backwards."""
    served.change("UPDATE installation SET clock_offset = %s", moment - datetime.now(UTC))


def _wait_for(served: House, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, f"The web process ended.\n{served.log.read_text()}"
        try:
            with urllib.request.urlopen(f"{served.address}/healthz", timeout=PATIENCE):
                return
        except OSError:
            assert time.monotonic() < deadline, f"The web process does not answer.\n{served.log.read_text()}"


def _environment(database: str) -> dict[str, str]:
    ours = {
        "SENTINEL_DATABASE_URL": databases.url("sentinel_web", database),
        "SENTINEL_WORKER_DATABASE_URL": databases.url("sentinel_worker", database),
        "SENTINEL_OWNER_DATABASE_URL": databases.url("sentinel_owner", database),
        "SENTINEL_REDIS_URL": BROKER,
        "SENTINEL_SECRET_KEY": "the browser tests' own secret, used nowhere else",
        "SENTINEL_DEMO_PASSWORD": PASSWORD,
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("SENTINEL_")} | ours
