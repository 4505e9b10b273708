"""`sentinel start`: the order in which one whole system comes up, and what its user is told."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from sentinel.core.errors import Refused
from sentinel.core.instance import assets, broker, environment, keys, postgres, roles, schema
from sentinel.core.instance.place import Place
from sentinel.core.instance.processes import Launch, end, reap, spawn
from sentinel.core.instance.supervisor import NotReady, Part, Stopped, Supervisor, last_words

HOST = "127.0.0.1"
COMMAND = (sys.executable, "-m", "sentinel.cli")
ACCOUNTS = """
SELECT DISTINCT ON (held.role) app_user.email, replace(held.role, '_', ' '), app_user.name
FROM role_held held JOIN app_user ON app_user.id = held.user_id
WHERE app_user.disabled_at IS NULL AND (SELECT demonstration FROM installation)
ORDER BY held.role, app_user.id
"""


@dataclass
class System:
    """One embedded system: its place, secrets, two servers and the address it serves."""

    place: Place
    keys: keys.Keys
    database: postgres.Postgres
    broker: broker.Broker
    listener: socket.socket

    @classmethod
    def at(cls, place: Place, listener: socket.socket) -> "System":
        """The system of `place`, with keys of its own from the first time on."""
        secrets = keys.load_or_make(place.keys)
        return cls(place, secrets, postgres.at(place, secrets), broker.at(place), listener)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    @property
    def admin_url(self) -> str:
        return self.database.url(postgres.ADMIN, self.keys.admin, "postgres")

    @property
    def owner_url(self) -> str:
        return self.database.url(roles.role_name("owner"), self.keys.owner)

    def told(self, *who: environment.Role) -> dict[str, str]:
        """The environment of a child that works under these roles."""
        told = environment.of(self.place, self.keys, self.database, self.broker, *who)
        address = {"SENTINEL_BASE_URL": os.environ.get("SENTINEL_BASE_URL", f"http://{HOST}:{self.port}")}
        return environment.for_child(told | address)

    def launch(self, name: str, command: list[str], **how: object) -> Launch:
        """A child whose output goes to this place's logs."""
        log, record = self.place.logs / f"{name}.log", self.place.run / f"{name}.json"
        return Launch(command=command, log=log, record=record, **{"environment": self.told(), **how})  # type: ignore[arg-type]

    def ready_file(self, name: str) -> Path:
        """Where a part writes its pid once it is ready."""
        return self.place.run / f"{name}.ready"


def run(data: Path, port: int, *, demonstration: bool, say: Callable[[str], None]) -> None:
    """Start everything, tell the address, keep it alive until Ctrl-C or TERM, stop everything.

    Refuses a folder that cannot be written to or is in use, and a port that is taken.
    """
    place = Place.at(data)
    place.make()
    with place.claim() as held:
        if not held:
            raise Refused(_in_use(place))
        patience = _reap(place)
        with closing(_listen(port, patience)) as listener:
            _run(System.at(place, listener), demonstration=demonstration, say=say)


def _run(system: System, *, demonstration: bool, say: Callable[[str], None]) -> None:
    supervisor = Supervisor(say)
    supervisor.heed_signals()
    try:
        _bring_up(system, supervisor, demonstration=demonstration)
        system.place.announce(system.port)
        _tell(system, say)
        supervisor.watch()
    except Stopped:
        pass
    finally:
        system.place.withdraw()
        say("Stopping.")
        supervisor.stop()
        system.place.tidy()


def _bring_up(system: System, supervisor: Supervisor, *, demonstration: bool) -> None:
    supervisor.bring_up(_database(system))
    supervisor.bring_up(_broker(system))
    roles.ensure_roles(system.admin_url, postgres.DATABASE, system.keys.passwords())
    supervisor.check_stop()
    assets.ensure()
    _migrate(system, supervisor)
    if demonstration and _is_empty(system):
        _load_demonstration(system, supervisor)
    supervisor.bring_up(*_work(system))


def _database(system: System) -> Part:
    launch = system.launch(
        "database",
        system.database.command(),
        account=system.database.account,
        at_our_death=postgres.STOP,
        environment={"PATH": os.defpath},
    )
    return Part("database", launch, system.database.ready, prepare=system.database.prepare, stop_signal=postgres.STOP)


def _broker(system: System) -> Part:
    launch = system.launch("broker", system.broker.command(), at_our_death=signal.SIGTERM, environment={"PATH": os.defpath})
    return Part("broker", launch, lambda _: system.broker.ready())


def _work(system: System) -> list[Part]:
    """Web, worker and beat: each told only what it needs."""
    descriptor = system.listener.fileno()
    web = [*COMMAND, "web", "--bind", f"fd://{descriptor}"]
    return [
        Part("web", system.launch("web", web, environment=system.told("web"), descriptors=(descriptor,)), lambda _: _answers(system.port)),
        _signing_in(system, "worker", environment=system.told("worker")),
        _signing_in(system, "beat"),
    ]


def _signing_in(system: System, name: str, **how: object) -> Part:
    """A part that writes its pid into a file when it is ready."""
    file = system.ready_file(name)
    launch = system.launch(name, [*COMMAND, name, "--ready-file", str(file)], **how)
    return Part(name, launch, partial(_signed_in, file))


def _signed_in(file: Path, pid: int) -> bool:
    return file.exists() and file.read_text() == str(pid)


def _answers(port: int) -> bool:
    with closing(http.client.HTTPConnection(HOST, port, timeout=5)) as connection:
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False


def _reap(place: Place) -> float:
    """End what a run that was killed left behind. How long, in seconds, may its port still be taken?

    Its database is left to `Postgres.prepare`, which knows how to tell it from a stranger.
    """
    was_killed = place.port() is not None
    place.withdraw()
    for record in place.run.glob("*.json"):
        if record.stem != "database":
            reap(record, signal.SIGTERM, grace=10)
    return 5.0 if was_killed else 0.0


def _listen(port: int, patience: float) -> socket.socket:
    """The address, taken before anything is started. gunicorn listens on it: it outlives a web process that dies."""
    deadline = time.monotonic() + patience
    while True:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            return listener
        except OSError as error:
            listener.close()
            if time.monotonic() > deadline:
                raise Refused(f"Port {port} cannot be used ({error.strerror}). Choose another with --port.") from error
        time.sleep(0.1)


def _in_use(place: Place) -> str:
    port = place.port()
    where = f"Sentinel is already running there: http://{HOST}:{port}" if port else "another command is working there"
    return f"{place.data} is in use: {where}. Stop it first, or choose another folder with --data."


def _is_empty(system: System) -> bool:
    with psycopg.connect(roles.libpq_url(system.owner_url)) as connection:
        row = connection.execute("SELECT NOT EXISTS (SELECT FROM app_user)").fetchone()
        return bool(row and row[0])


def _migrate(system: System, supervisor: Supervisor) -> None:
    if not schema.is_current(system.owner_url, system.place):
        _run_to_end(system, supervisor, "migrate", system.told("owner"))
        schema.note_current(system.owner_url, system.place)


def _load_demonstration(system: System, supervisor: Supervisor) -> None:
    supervisor.say("Loading the demonstration partnership.")
    told = system.told("owner", "worker", "web")
    if told["SENTINEL_DEMO_PASSWORD"] != system.keys.demo_password:
        system.keys = keys.with_demo_password(system.place.keys, system.keys, told["SENTINEL_DEMO_PASSWORD"])
    _run_to_end(system, supervisor, "demo", told)


def _run_to_end(system: System, supervisor: Supervisor, name: str, told: dict[str, str]) -> None:
    """Run one of our own commands and wait for it."""
    launch = system.launch(name, [*COMMAND, name], environment=told)
    process = spawn(launch)
    try:
        while process.poll() is None:
            supervisor.check_stop()
            _pause(process)
    finally:
        end(process, signal.SIGTERM, grace=2)
        launch.record.unlink(missing_ok=True)
    if process.returncode != 0:
        raise NotReady(f"`sentinel {name}` failed: {last_words(launch.log)}")


def _pause(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(0.1)
    except subprocess.TimeoutExpired:
        return


def _tell(system: System, say: Callable[[str], None]) -> None:
    with psycopg.connect(roles.libpq_url(system.owner_url)) as connection:
        accounts = connection.execute(ACCOUNTS).fetchall()
    if accounts:
        say(f"Demonstration accounts, all with the password {system.keys.demo_password}")
        for email, role, name in accounts:
            say(f"  {email:<30} {role:<20} {name}")
    say(f"READY http://{HOST}:{system.port}")
