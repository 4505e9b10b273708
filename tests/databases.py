"""Real PostgreSQL for the tests: a migrated, seeded template, and copies of it."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from config.settings import ROOT

PLACE = hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]  # two checkouts on one machine do not take each other's template away
SERVER = os.environ.get("SENTINEL_TEST_POSTGRES", "postgresql://root@127.0.0.1:5432")
LOCK = 515_151
ROLES = ("sentinel_owner", "sentinel_web", "sentinel_worker", "sentinel_sealer")
TESTER = "sentinel_test"  # may become the web role, to look as a person, or the worker, to prepare what there is to see


def _host() -> str:
    return SERVER.split("@", 1)[1]


def url(role: str, database: str) -> str:
    """SQLAlchemy's address of a database as one of the roles."""
    return f"postgresql+psycopg://{role}@{_host()}/{database}"


@contextmanager
def superuser(database: str = "postgres") -> Iterator[psycopg.Connection]:
    """A connection that may make and drop databases."""
    with psycopg.connect(f"{SERVER}/{database}", autocommit=True, connect_timeout=60) as connection:
        yield connection


def ensure_roles(connection: psycopg.Connection) -> None:
    """The four roles, without passwords: this server trusts the machine it runs on."""
    for role in ROLES:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS").format(sql.Identifier(role)))
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (TESTER,)).fetchone():
        connection.execute("CREATE ROLE sentinel_test LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT IN ROLE sentinel_web, sentinel_worker")


def create(connection: psycopg.Connection, name: str, template: str = "template0") -> None:
    """A fresh database, replacing one of that name that an interrupted run left behind."""
    drop(connection, name)
    options = sql.SQL("") if template != "template0" else sql.SQL("ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER sentinel_owner TEMPLATE {} {}").format(sql.Identifier(name), sql.Identifier(template), options)
    )


def drop(connection: psycopg.Connection, name: str) -> None:
    """Drop the database and whoever is still in it."""
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def fingerprint() -> str:
    """Changes when the schema, the standards or the seeds do."""
    digest = hashlib.sha256()
    for folder, pattern in (("migrations", "**/*.py"), ("config/standards", "*.toml"), ("tests", "factories.py")):
        for path in sorted(Path(ROOT / folder).glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def template() -> str:
    """The name of the migrated and seeded template; made once, by whichever test process comes first."""
    name = f"sentinel_template_{PLACE}_{fingerprint()}"
    with superuser() as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        ensure_roles(connection)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s AND datistemplate", (name,)).fetchone():
            _make(connection, name)
    return name


def _make(connection: psycopg.Connection, name: str) -> None:
    from sentinel.core import migrate
    from tests import factories

    mine = "SELECT datname FROM pg_database WHERE datname LIKE %s"
    for (old,) in connection.execute(mine, (f"sentinel_template_{PLACE}_%",)).fetchall():
        connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(sql.Identifier(old)))
        drop(connection, old)
    create(connection, name)
    migrate.upgrade(url("sentinel_owner", name))
    factories.seed(url("sentinel_worker", name))
    connection.execute(sql.SQL("ALTER DATABASE {} IS_TEMPLATE true").format(sql.Identifier(name)))
