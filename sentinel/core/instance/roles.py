"""The four database roles of Sentinel and the database they share, on the embedded or on one's own PostgreSQL 15+.

owner: migrations, backup. web: pages, under row-level policies. worker: tasks. sealer: reads the record to seal it.
None is a superuser, none passes by policies.
"""

from collections.abc import Mapping
from itertools import product
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

ROLES = ("owner", "web", "worker", "sealer")
AT_WORK = ("web", "worker")
# A transaction they leave open would hold back the sealing of the record. Many short statements: compiling one costs more than it saves.
SETTINGS = ("ALTER ROLE {role} SET idle_in_transaction_session_timeout = '60s'", "ALTER ROLE {role} SET jit = off")
MAKE = "CREATE ROLE {role}"
RIGHTS = "ALTER ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {password}"

# Letters are what Unicode calls letters; order is by code point, the same on every machine.
MAKE_DATABASE = "CREATE DATABASE {name} OWNER {owner} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
# A statement that fails is logged by us, without its words; the server's own line would hold what somebody typed ("Key (email)=(...)
# already exists"). Where this needs a right that the role lacks, whoever keeps the server sets it (README).
QUIET = "ALTER DATABASE {name} SET log_min_messages = 'log'"
MAY_BE_QUIET = "SELECT has_parameter_privilege('log_min_messages', 'SET')"
LOCK = 7_283_117


def role_name(role: str) -> str:
    """What `role` is called in the database."""
    return f"sentinel_{role}"


def ensure_roles(superuser_conninfo: str, database: str, passwords: Mapping[str, str]) -> None:
    """Make the four roles and `database` as they should be, whatever is there already; repeat at will.

    `superuser_conninfo`: libpq string or URL of a role that may make roles and databases. `passwords`: by role (owner,
    web, worker, sealer); a role that is not named keeps the password it has.
    """
    with psycopg.connect(libpq_url(superuser_conninfo), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # two at once would trip over each other
        for role in ROLES:
            _ensure_role(connection, role_name(role), passwords.get(role))
        for role, setting in product(AT_WORK, SETTINGS):
            connection.execute(sql.SQL(setting).format(role=sql.Identifier(role_name(role))))
        _ensure_database(connection, database)


def libpq_url(url: str) -> str:
    """An SQLAlchemy address as libpq spells it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def password_in(url: str) -> str | None:
    """The password of a database address."""
    password = urlsplit(url).password
    return unquote(password) if password else None


def _ensure_role(connection: psycopg.Connection, name: str, password: str | None) -> None:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone() is None:
        connection.execute(sql.SQL(MAKE).format(role=sql.Identifier(name)))
    rights = sql.SQL(RIGHTS if password else RIGHTS.removesuffix(" PASSWORD {password}"))
    connection.execute(rights.format(role=sql.Identifier(name), password=sql.Literal(password)))


def _ensure_database(connection: psycopg.Connection, name: str) -> None:
    names = {"name": sql.Identifier(name), "owner": sql.Identifier(role_name("owner"))}
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
        connection.execute(sql.SQL(MAKE_DATABASE).format(**names))
    connection.execute(sql.SQL("ALTER DATABASE {name} OWNER TO {owner}").format(**names))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**names))
    if connection.execute(MAY_BE_QUIET).fetchone() == (True,):
        connection.execute(sql.SQL(QUIET).format(**names))
    for role in ROLES:
        grant = sql.SQL("GRANT CONNECT ON DATABASE {name} TO {role}")
        connection.execute(grant.format(name=names["name"], role=sql.Identifier(role_name(role))))
