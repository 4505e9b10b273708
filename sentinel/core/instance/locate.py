"""Finding the system a command is about: an outside one by environment, or the embedded one by its data folder."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from config.settings import settings
from sentinel.core.errors import Refused
from sentinel.core.instance import broker, checks, environment, keys, postgres
from sentinel.core.instance.environment import OURS, URL_NAMES, Role
from sentinel.core.instance.place import Place
from sentinel.core.instance.processes import Launch, end, spawn

PATIENCE = 60.0  # seconds for a system that is just starting, or for another command to finish
PULSE = 0.1
FIELDS: dict[Role, str] = {"web": "database_url", "worker": "worker_database_url", "owner": "owner_database_url"}


@dataclass(frozen=True)
class Found:
    """What was found: an outside system, a running embedded one, or a stopped one whose database runs for us."""

    kind: Literal["outside", "running", "stopped"]
    data: Path


@contextmanager
def system(data: Path | None, *roles: Role) -> Iterator[Found]:
    """Inside, `settings()` are those of the system this command is about, for `roles`.

    An address in the environment (SENTINEL_*DATABASE_URL) means an outside system; otherwise the embedded one in `data`,
    else SENTINEL_DATA_DIR, else var/. If that one is stopped, its database is started and stopped again.
    Refuses when there is none, or when the environment lacks an address that is needed.
    """
    if data is None and any(os.environ.get(name) for name in URL_NAMES.values()):
        settings.cache_clear()
        checks.require(settings(), *(FIELDS[role] for role in roles))
        yield Found("outside", settings().data_dir)
        return
    place = Place.at(data or settings().data_dir)
    if not place.exists:
        raise Refused(f"There is no Sentinel in {place.data}. Start one there first (make start), or name its folder with --data.")
    with _database_running(place) as kind, _environment(place, *roles):
        yield Found(kind, place.data)


def url_of(role: Role) -> str:
    """The database address of `role` in the present settings."""
    return str(getattr(settings(), FIELDS[role]))


@contextmanager
def _database_running(place: Place) -> Iterator[Literal["running", "stopped"]]:
    deadline = time.monotonic() + PATIENCE
    while True:
        with place.claim() as held:
            if held:
                with _started(place):
                    yield "stopped"
                return
        if place.port() is not None:
            yield "running"
            return
        if time.monotonic() > deadline:
            raise Refused(f"Sentinel in {place.data} is busy starting or with another command: try again when it has finished.")
        time.sleep(PULSE)


@contextmanager
def _started(place: Place) -> Iterator[None]:
    """The database of a stopped system, for as long as we need it."""
    place.withdraw()
    server = postgres.at(place, keys.load(place.keys))
    server.prepare()
    log = place.logs / "database.log"
    process = spawn(
        Launch(server.command(), {"PATH": os.defpath}, log, place.run / "database.json", server.account, at_our_death=postgres.STOP)
    )
    try:
        _wait_until_ready(server, process, log)
        yield
    finally:
        end(process, postgres.STOP, grace=10)
        place.tidy()


def _wait_until_ready(server: postgres.Postgres, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not server.ready(process.pid):
        if process.poll() is not None or time.monotonic() > deadline:
            raise Refused(f"The database in {server.cluster} does not start: see {log}.")
        time.sleep(PULSE)


@contextmanager
def _environment(place: Place, *roles: Role) -> Iterator[None]:
    secrets = keys.load(place.keys)
    told = environment.of(place, secrets, postgres.at(place, secrets), broker.at(place), *roles)
    before = dict(os.environ)
    for name in OURS:
        os.environ.pop(name, None)
    os.environ.update(told)
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()
