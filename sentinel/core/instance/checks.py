"""What must be true of an installation before it may serve: each check says in a sentence what is wrong."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg

from config.settings import Settings
from sentinel.core import clock
from sentinel.core.errors import Refused
from sentinel.core.instance.roles import libpq_url

OLDEST = 150_000  # PostgreSQL 15
SHORTEST_SECRET = 32
SEED = 32
CLOCKS_APART = 5.0  # seconds
NAMES = {
    "database_url": "SENTINEL_DATABASE_URL",
    "worker_database_url": "SENTINEL_WORKER_DATABASE_URL",
    "owner_database_url": "SENTINEL_OWNER_DATABASE_URL",
    "superuser_database_url": "SENTINEL_SUPERUSER_DATABASE_URL",
    "redis_url": "SENTINEL_REDIS_URL",
    "secret_key": "SENTINEL_SECRET_KEY",
    "audit_key": "SENTINEL_AUDIT_KEY",
}
ABOUT_ROLE = """
SELECT rolsuper, rolbypassrls, pg_has_role(current_user, datdba, 'MEMBER') AND NOT rolsuper, current_user
FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()
"""
ABOUT_DATABASE = """
SELECT current_setting('server_version_num')::int, current_setting('server_version'), datctype,
       pg_encoding_to_char(encoding), extract(epoch FROM clock_timestamp())::float8
FROM pg_database WHERE datname = current_database()
"""


def require(settings: Settings, *fields: str) -> None:
    """Refuse to go on without these settings, naming all that are missing or cannot be right."""
    problems = [sentence for name in fields if (sentence := _setting(settings, name))]
    if problems:
        raise Refused(" ".join(problems))


def secret(value: str) -> str | None:
    """The secret that sessions are signed with must be there and long."""
    if len(value) < SHORTEST_SECRET:
        return f"SENTINEL_SECRET_KEY must have {SHORTEST_SECRET} characters or more."
    return None


def audit_key(value: str) -> str | None:
    """The record is signed with an Ed25519 key, whose seed is 32 bytes."""
    try:
        fits = len(base64.b64decode(value, validate=True)) == SEED
    except ValueError:
        fits = False
    return None if fits else f"SENTINEL_AUDIT_KEY must be {SEED} bytes in base64 (make one: openssl rand -base64 32)."


def role(url: str, name: str) -> Iterator[str]:
    """What is wrong with the role of a database address that pages or tasks work under."""
    with _connected(url, name) as connection:
        row = connection.execute(ABOUT_ROLE).fetchone()
        assert row is not None
        superuser, bypasses, owner, user = row
    for is_so, sentence in (
        (superuser, "is a superuser"),
        (bypasses, "bypasses row-level security"),
        (owner, "owns the database"),
    ):
        if is_so:
            yield f"The role {user} of {name} {sentence}: policies would not hold it. Use the role made for it (sentinel roles)."


def database(url: str, name: str) -> Iterator[str]:
    """What is wrong with the database behind an address: version, character set, clock."""
    with _connected(url, name) as connection:
        row = connection.execute(ABOUT_DATABASE).fetchone()
        assert row is not None
        number, version, ctype, encoding, its_time = row
    if number < OLDEST:
        yield f"PostgreSQL {version} is too old: Sentinel needs 15 or newer."
    if encoding != "UTF8" or not _is_utf8(ctype):
        yield f"The database has encoding {encoding} and LC_CTYPE {ctype}: make it with UTF8 and C.UTF-8, or names are not found."
    if abs(clock.machine_now().timestamp() - its_time) > CLOCKS_APART:
        yield "The clocks of this machine and of the database differ by more than 5 seconds: set both by the network's time."


def time_zone() -> str | None:
    """London time must be known: promises are kept in it."""
    try:
        ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        return "This machine does not know London time: install its time zone data (Debian: tzdata)."
    return None


def _is_utf8(ctype: str) -> bool:
    return ctype.lower().replace("-", "").endswith("utf8")


def _setting(settings: Settings, field: str) -> str | None:
    value, name = getattr(settings, field), NAMES[field]
    if not value:
        return f"{name} is not set."
    if field == "secret_key":
        return secret(value)
    if field == "audit_key":
        return audit_key(value)
    if field.endswith("database_url") and not value.startswith("postgresql+psycopg://"):
        return f"{name} must begin with postgresql+psycopg://"
    if field == "redis_url" and urlsplit(value).scheme not in ("redis", "rediss", "unix"):
        return f"{name} must begin with redis://, rediss:// or unix://"
    return None


@contextmanager
def _connected(url: str, name: str) -> Iterator[psycopg.Connection]:
    try:
        connection = psycopg.connect(libpq_url(url), connect_timeout=10)
    except psycopg.Error as error:
        raise Refused(f"The database of {name} does not answer: {str(error).strip().splitlines()[0]}") from error
    with connection:
        yield connection


def schema(url: str) -> Iterator[str]:
    """Is the database at the schema of this code?"""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import OperationalError

    from sentinel.core import migrate

    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            at_head = migrate.current(connection) == migrate.head()
    except OperationalError as error:
        raise Refused(f"The database does not answer: {str(error.orig).strip().splitlines()[0]}") from error
    finally:
        engine.dispose()
    if not at_head:
        yield "The database is not at this version's schema: run `sentinel migrate` (`sentinel start` does it by itself)."


def broker(url: str) -> Iterator[str]:
    """Does the broker answer?"""
    import redis

    try:
        redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5).ping()
    except (redis.RedisError, OSError, ValueError) as error:
        yield f"The broker of SENTINEL_REDIS_URL does not answer: {error}"
