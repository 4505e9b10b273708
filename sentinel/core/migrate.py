"""Bringing a database to the schema this code was written for."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from config.settings import ROOT


def configuration(url: str = "") -> Config:
    """Alembic's configuration for the database at `url` (the owner's)."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Apply every migration up to `revision`."""
    command.upgrade(configuration(owner_url), revision)


def downgrade(owner_url: str, revision: str) -> None:
    """Take migrations back down to `revision` (`base`: all of them)."""
    command.downgrade(configuration(owner_url), revision)


def head() -> str:
    """The newest revision this code knows."""
    return ScriptDirectory.from_config(configuration()).get_current_head() or ""


def current(connection: Connection) -> str | None:
    """The revision a database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()
