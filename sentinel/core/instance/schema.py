"""Is an embedded database at the schema of this code? Answered without loading the migrations: that takes seconds."""

from hashlib import sha256

import psycopg

from config.settings import ROOT
from sentinel.core.instance.place import Place
from sentinel.core.instance.roles import libpq_url


def is_current(owner_url: str, place: Place) -> bool:
    """Were these very migrations applied at an earlier start, and is the database still where they left it?"""
    note = place.run / "schema"
    return note.exists() and note.read_text() == _state(owner_url)


def note_current(owner_url: str, place: Place) -> None:
    """Remember that the migrations have been applied."""
    (place.run / "schema").write_text(_state(owner_url))


def _state(owner_url: str) -> str:
    return f"{_fingerprint()} {_revision(owner_url)}"


def _revision(owner_url: str) -> str:
    with psycopg.connect(libpq_url(owner_url)) as connection:
        if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
            return "none"
        return ",".join(row[0] for row in connection.execute("SELECT version_num FROM alembic_version"))


def _fingerprint() -> str:
    digest = sha256()
    for file in sorted((ROOT / "migrations" / "versions").glob("*.py")):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
