"""What tests of the sealed record stand on: entries made as people make them, sealed as the worker does, checked as the owner."""

import base64
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import text

from sentinel.audit import sealing, verify
from sentinel.core import viewer
from sentinel.core.db import db
from tests import databases
from tests import factories as make
from tests.conftest import make_app
from tests.waiting import eventually

KEY = base64.b64encode(b"of these tests alone, 32 bytes..").decode()
OTHER_KEY = base64.b64encode(b"somebody else's key, 32 bytes...").decode()


@contextmanager
def at_work(database: str, role: str):
    """The application on this database, under this role, committing for real."""
    app = make_app(database, role)
    with app.app_context(), viewer.acting_as(viewer.system("test")):
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def happen(database: str, n: int = 3) -> None:
    """n cases with a victim each, opened by a practitioner: changes with payloads."""
    with at_work(database, databases.TESTER):
        for _ in range(n):
            make.party(on=make.case(officer=make.user()))
            db.session.commit()


def seal(database: str, folder: Path, key: str = KEY) -> int:
    """Seal until nothing is left; a transaction of another test may hold it back for a while. Returns how many entries."""
    total = 0
    with at_work(database, "sentinel_worker"):

        def all_sealed() -> bool:
            nonlocal total
            total += sealing.seal(key, folder).entries
            left = db.session.scalar(text("SELECT record_unsealed_since()"))
            db.session.rollback()
            return left is None

        assert eventually(all_sealed)
    return total


def check(database: str, folder: Path, anchor_file: Path | None = None, key: str = "") -> verify.Checked:
    """The record as the owner checks it: with the public key file, unless a key is given."""
    with at_work(database, "sentinel_owner"):
        return verify.check(folder, key, anchor_file)


def execute(database: str, role: str | None, *statements: str) -> None:
    """Run statements as one of the roles, or as superuser."""
    address = databases.url(role, database).replace("+psycopg", "") if role else f"{databases.SERVER}/{database}"
    with psycopg.connect(address) as connection:
        for statement in statements:
            connection.execute(statement)


def value(database: str, query: str):
    """One value, read as superuser."""
    with databases.superuser(database) as connection:
        return connection.execute(query).fetchone()[0]
