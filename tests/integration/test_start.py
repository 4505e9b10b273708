"""`sentinel start` as its user meets it: from nothing, through the death of its parts and its own, and side by side."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
import pytest

from sentinel.core.instance import keys, postgres, roles
from sentinel.core.instance.place import Place
from tests.waiting import eventually, gone

pytestmark = pytest.mark.embedded

SENTINEL = (sys.executable, "-m", "sentinel.cli")
PARTS = ("database", "broker", "web", "worker", "beat")


@dataclass
class Running:
    """A started system."""

    process: subprocess.Popen[str]
    place: Place
    port: int

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def pid(self, part: str) -> int:
        return int(json.loads((self.place.run / f"{part}.json").read_text())["pid"])

    def all_pids(self) -> list[int]:
        return [self.process.pid, *(child.pid for child in psutil.Process(self.process.pid).children(recursive=True))]

    def works(self) -> bool:
        return self.get("/readyz")[0] == 200

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(120)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder's parent that the database's account can pass through, as a user's would be (pytest's cannot)."""
    with tempfile.TemporaryDirectory(prefix="sentinel-test-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture
def closed_folder(tmp_path: Path) -> Iterator[Path]:
    """One that, for root, only root can enter: the database is then kept elsewhere."""
    tmp_path.chmod(0o700)
    yield tmp_path
    for secrets in tmp_path.glob("*/secrets.json"):
        shutil.rmtree(postgres.BEYOND_ROOT / keys.load(secrets).instance, ignore_errors=True)


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SENTINEL_")}


@contextmanager
def started(data: Path, port: int = 0) -> Iterator[Running]:
    """A system without a demonstration, from the command line, until READY."""
    command = [*SENTINEL, "start", "--port", str(port), "--data", str(data), "--no-demo"]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout
            lines: list[str] = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith("READY http://127.0.0.1:"):
                    break
            else:
                pytest.fail("".join(lines))
            yield Running(process, Place.at(data), int(lines[-1].rsplit(":", 1)[1]))
        finally:
            process.terminate()
            process.wait(120)


def refused(data: Path, port: int) -> tuple[int, str]:
    result = subprocess.run(
        [*SENTINEL, "start", "--port", str(port), "--data", str(data)], env=environment(), capture_output=True, text=True
    )
    return result.returncode, result.stderr


def sentinel(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SENTINEL, *words], env=environment(), capture_output=True, text=True)


@contextmanager
def rows(place: Place) -> Iterator[psycopg.Connection]:
    """A connection as the worker."""
    secrets = keys.load(place.keys)
    url = postgres.at(place, secrets).url(roles.role_name("worker"), secrets.worker)
    with psycopg.connect(roles.libpq_url(url)) as connection:
        connection.execute("SELECT set_config('sentinel.actor', 'system:test', false)")
        yield connection


def save_a_row(place: Place) -> str:
    name = str(uuid4())
    with rows(place) as connection:
        connection.execute("INSERT INTO submission (id, result, at) VALUES (%s, 'kept', now())", [name])
    return name


def kept(place: Place, name: str) -> bool:
    with rows(place) as connection:
        return connection.execute("SELECT 1 FROM submission WHERE id = %s", [name]).fetchone() is not None


def logged_of(place: Place, words: str) -> bool:
    """Does the database's own log hold the words of a statement that it refused?"""
    with rows(place) as connection, suppress(psycopg.Error):
        connection.execute("SELECT CAST(%s::text AS integer)", [words])
    return words in (place.logs / "database.log").read_text()


def test_from_nothing_to_ready_through_every_death_without_losing_a_row(folder: Path) -> None:
    data = folder / "data"
    with started(data) as system:
        status, page = system.get("/sign-in")
        assert (status, "<h1" in page) == (200, True)
        assert system.get("/assets/govuk-frontend.min.css")[0] == 200
        saved = [save_a_row(system.place)]

        for part in PARTS:
            before = system.pid(part)
            os.kill(before, signal.SIGKILL)
            assert eventually(lambda part=part, before=before: system.pid(part) != before), f"{part} was not started again"
            assert eventually(system.works), f"the pages did not recover from the death of the {part}"
        saved.append(save_a_row(system.place))

        everything = system.all_pids()
        assert len(everything) > len(PARTS)
        system.process.kill()
        assert eventually(lambda: all(map(gone, everything))), "something was left after kill -9"

    with started(data) as system:
        assert system.works()
        assert all(kept(system.place, name) for name in saved)
        assert not logged_of(system.place, "Zubaida Quillfeather")
        everything = system.all_pids()
        assert system.stop() == 0
        assert all(map(gone, everything))

    report = json.loads(sentinel("doctor", "--data", str(data), "--json").stdout)
    assert report["ok"], report
    assert sentinel("migrate", "--data", str(data)).returncode == 0


def test_two_systems_run_side_by_side_and_neither_lets_a_third_in(folder: Path, closed_folder: Path) -> None:
    with ExitStack() as stack:
        one, two = (stack.enter_context(started(each / "data")) for each in (folder, closed_folder))
        name = save_a_row(one.place)
        assert kept(one.place, name)
        assert not kept(two.place, name)
        assert one.works()
        assert two.works()

        assert refused(folder / "third", one.port) == (
            2,
            f"Port {one.port} cannot be used (Address already in use). Choose another with --port.\n",
        )
        status, sentence = refused(one.place.data, 0)
        assert status == 2
        assert f"is in use: Sentinel is already running there: http://127.0.0.1:{one.port}." in sentence

        assert one.stop() == 0
        assert two.works()
