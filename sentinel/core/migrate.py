"""Bringing a database to the schema this code was written for.

Alembic is imported where it works, not where somebody only asks which revision there is: it takes most of a second.
"""

from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from config.settings import ROOT

if TYPE_CHECKING:
    from alembic.config import Config

VERSIONS = ROOT / "migrations" / "versions"


def configuration(url: str = "") -> "Config":
    """Alembic's configuration for the database at `url` (the owner's)."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Apply every migration up to `revision`."""
    from alembic import command

    command.upgrade(configuration(owner_url), revision)


def downgrade(owner_url: str, revision: str) -> None:
    """Take migrations back down to `revision` (`base`: all of them)."""
    from alembic import command

    command.downgrade(configuration(owner_url), revision)


def head() -> str:
    """The newest revision this code knows: the highest number a migration's file begins with."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py"))


def current(connection: Connection) -> str | None:
    """The revision a database is at; None for an empty one."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision
