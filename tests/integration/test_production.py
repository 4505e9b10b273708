"""The parts run singly against one's own PostgreSQL and Redis, configured by the environment and by nothing else."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest

from sentinel.core.instance.roles import ensure_roles
from tests import databases
from tests.conftest import REDIS
from tests.waiting import eventually

pytestmark = pytest.mark.worker

FOUR = ["sentinel_owner", "sentinel_web", "sentinel_worker", "sentinel_sealer"]
SENTINEL = (sys.executable, "-m", "sentinel.cli")


@pytest.fixture
def name() -> Iterator[str]:
    """The name of a database that is not there yet."""
    name = f"sentinel_production_{uuid4().hex[:8]}"
    yield name
    with databases.superuser() as connection:
        databases.drop(connection, name)


@pytest.fixture
def urls(name: str) -> dict[str, str]:
    """Every address, as an operator would write them down."""
    server = urlsplit(databases.SERVER)
    superuser = urlunsplit(server._replace(scheme="postgresql+psycopg", path="/postgres"))
    return {
        "SENTINEL_SUPERUSER_DATABASE_URL": superuser,
        "SENTINEL_OWNER_DATABASE_URL": databases.url("sentinel_owner", name),
        "SENTINEL_DATABASE_URL": databases.url("sentinel_web", name),
        "SENTINEL_WORKER_DATABASE_URL": databases.url("sentinel_worker", name),
        "SENTINEL_REDIS_URL": re.sub(r"\d+$", "14", REDIS),
        "SENTINEL_SECRET_KEY": "of this test alone, and long enough",
        "SENTINEL_AUDIT_KEY": "bm90IGEga2V5IHRoYXQgYW55Ym9keSBzaWducyB3aXQ=",
    }


def told(urls: dict[str, str], *names: str) -> dict[str, str]:
    """An environment with these settings and no other of Sentinel's."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("SENTINEL_")}
    return others | {f"SENTINEL_{name}": urls[f"SENTINEL_{name}"] for name in names}


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SENTINEL, *words], env=environment, capture_output=True, text=True)


@contextmanager
def running(environment: dict[str, str], *words: str, output: IO[bytes] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([*SENTINEL, *words], env=environment, stdout=output, stderr=output) as process:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(port: int, path: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0


def made(urls: dict[str, str], name: str) -> None:
    every_url = ("SUPERUSER_DATABASE_URL", "OWNER_DATABASE_URL", "DATABASE_URL", "WORKER_DATABASE_URL")
    assert run(told(urls, *every_url), "roles", "--database", name).returncode == 0


def test_every_part_works_with_no_more_than_its_own_settings(urls: dict[str, str], name: str, tmp_path: Path) -> None:
    made(urls, name)
    migrated = run(told(urls, "OWNER_DATABASE_URL"), "migrate", "--json")
    assert (migrated.returncode, migrated.stderr) == (0, "")

    ready = {part: tmp_path / part for part in ("worker", "beat")}
    port = free_port()
    web_told = told(urls, "DATABASE_URL", "REDIS_URL", "SECRET_KEY")
    worker_told = told(urls, "WORKER_DATABASE_URL", "REDIS_URL", "AUDIT_KEY")
    beat_told = told(urls, "REDIS_URL") | {"SENTINEL_DATA_DIR": str(tmp_path)}
    with ExitStack() as stack:
        stack.enter_context(running(web_told, "web", "--bind", f"127.0.0.1:{port}"))
        stack.enter_context(running(worker_told, "worker", "--ready-file", str(ready["worker"])))
        stack.enter_context(running(beat_told, "beat", "--ready-file", str(ready["beat"])))
        assert eventually(lambda: answers(port, "/readyz") == 200)
        assert answers(port, "/sign-in") == 200
        assert eventually(lambda: all(file.exists() for file in ready.values()))


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        ("OWNER", "The role sentinel_owner of SENTINEL_DATABASE_URL owns the database: policies would not hold it."),
        ("SUPERUSER", "of SENTINEL_DATABASE_URL is a superuser: policies would not hold it."),
    ],
)
def test_web_refuses_a_role_that_policies_would_not_hold(urls: dict[str, str], name: str, role: str, sentence: str) -> None:
    made(urls, name)
    environment = told(urls, "REDIS_URL", "SECRET_KEY") | {"SENTINEL_DATABASE_URL": urls[f"SENTINEL_{role}_DATABASE_URL"]}

    refused = run(environment, "web", "--bind", f"127.0.0.1:{free_port()}")

    assert refused.returncode == 2
    assert sentence in refused.stderr


def test_making_the_roles_again_changes_nothing_but_what_was_wrong(urls: dict[str, str], name: str) -> None:
    made(urls, name)
    with psycopg.connect(f"{databases.SERVER}/{name}", autocommit=True) as connection:
        connection.execute("ALTER ROLE sentinel_sealer BYPASSRLS")
        connection.execute("CREATE TABLE kept (id int)")

        ensure_roles(urls["SENTINEL_SUPERUSER_DATABASE_URL"], name, {})

        found = connection.execute("SELECT count(*) FROM pg_roles WHERE rolname = ANY(%s) AND NOT rolsuper AND NOT rolbypassrls", [FOUR])
        assert found.fetchone() == (4,)
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    with psycopg.connect(f"{databases.SERVER}/{name}") as connection:
        assert connection.execute("SHOW log_min_messages").fetchone() == ("log",), "a refused statement's words are in the server's log"
