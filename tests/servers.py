"""A PostgreSQL and a broker for the tests, where the machine has none: the embedded ones, for the length of the run.

SENTINEL_TEST_POSTGRES and SENTINEL_TEST_REDIS name servers of one's own; SENTINEL_TEST_POSTGRES=embedded asks for ours.
"""

import atexit
import os
import shutil
import socket
import tempfile
from pathlib import Path

from sentinel.core.instance import broker, keys, postgres, roles
from sentinel.core.instance.place import Place
from sentinel.core.instance.processes import Launch
from sentinel.core.instance.supervisor import Part, Supervisor

POSTGRES = "SENTINEL_TEST_POSTGRES"
REDIS = "SENTINEL_TEST_REDIS"
USUAL = {POSTGRES: 5432, REDIS: 6379}


def ensure() -> None:
    """Tell this process and its children where the servers of the tests are, starting them if need be."""
    asked_for_ours = os.environ.get(POSTGRES) == "embedded"
    named = POSTGRES in os.environ and not asked_for_ours
    if asked_for_ours or not (named or all(map(_answers, USUAL.values()))):
        _start()


def _answers(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def _start() -> None:
    folder = Path(tempfile.mkdtemp(prefix="sentinel-tests-"))
    folder.chmod(0o711)  # the database's account passes through
    place = Place.at(folder)
    place.make()
    secrets = keys.load_or_make(place.keys)
    database, queue = postgres.at(place, secrets), broker.at(place)
    supervisor = Supervisor(print)
    atexit.register(_stop, supervisor, place)
    supervisor.bring_up(Part("database", _launch(place, "database", database), database.ready, database.prepare, postgres.STOP))
    supervisor.bring_up(Part("broker", _launch(place, "broker", queue), lambda _: queue.ready()))
    everyone = dict.fromkeys(roles.ROLES, secrets.admin)
    roles.ensure_roles(database.url(postgres.ADMIN, secrets.admin, "postgres"), "unused", everyone)
    os.environ.update(
        {
            POSTGRES: f"postgresql://{postgres.ADMIN}@",  # the rest libpq reads from the variables that follow
            "PGHOST": str(place.sockets),
            "PGPORT": str(postgres.PORT),
            "PGPASSWORD": secrets.admin,
            REDIS: queue.url.replace("db=0", "db=9"),
        }
    )


def _launch(place: Place, name: str, server: postgres.Postgres | broker.Broker) -> Launch:
    account = server.account if isinstance(server, postgres.Postgres) else None
    return Launch(server.command(), {"PATH": os.defpath}, place.logs / f"{name}.log", place.run / f"{name}.json", account)


def _stop(supervisor: Supervisor, place: Place) -> None:
    supervisor.stop()
    place.tidy()
    shutil.rmtree(place.data, ignore_errors=True)
