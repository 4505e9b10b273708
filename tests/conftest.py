"""Real parts: PostgreSQL in a database of one's own, the real application, a client that looks at every page."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from hypothesis import settings
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session, SessionTransaction

from config.settings import Settings
from sentinel.core import clock, viewer
from tests import databases
from tests.pages import PageClient

settings.register_profile("untimed", deadline=None)  # a busy machine is no defect
settings.load_profile("untimed")

REDIS = os.environ.get("SENTINEL_TEST_REDIS", "redis://127.0.0.1:6379/9")


class Compiled(BytecodeCache):
    """Templates, compiled once for all the applications that the tests of a process make."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key, bucket.checksum] = bucket.code


COMPILED = Compiled()


def configuration(**changes: Any) -> Settings:
    """The settings of a test: explicit, whatever the environment says."""
    values = {"secret_key": "the tests' own secret, used nowhere else", "redis_url": REDIS, "smtp_url": "", "victim_first_webhook_url": ""}
    return Settings(**(values | changes))


@event.listens_for(Engine, "begin")
def _begin_as_a_person(connection: Connection) -> None:
    if connection.engine.url.username == databases.TESTER:
        connection.exec_driver_sql("SET LOCAL ROLE sentinel_web")


@event.listens_for(Session, "after_begin", insert=True)
def _take_the_part(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    """A person looks as the web role does, under its policies; what a test itself prepares or checks, it does as the worker."""
    if not transaction.nested and connection.engine.url.username == databases.TESTER:
        prepares = viewer.current().actor.startswith("system:") and viewer.current().actor != "system:sign-in"
        part = "sentinel_worker" if prepares else "sentinel_web"
        connection.execute(text("SELECT set_config('role', :part, true)"), {"part": part})


def make_app(database: str, role: str = databases.TESTER, **changes: Any) -> Flask:
    """The application on a test database."""
    from sentinel import create_app

    app = create_app(databases.url(role, database), configuration(**changes))
    app.jinja_env.bytecode_cache = COMPILED
    return app


@pytest.fixture(autouse=True)
def _clean_slate() -> Iterator[None]:
    viewer.reset()
    clock.freeze(None)
    yield
    clock.freeze(None)
    viewer.reset()


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> None:
    """Hashing costs the tests nothing; what it costs elsewhere, unit/test_passwords.py asks of the module itself."""
    from sentinel.access import credentials
    from tests.factories import QUICK

    credentials._hasher = QUICK


@pytest.fixture
def at() -> Callable[[str], datetime]:
    """Hold the clock at a London time: at("2026-12-02 10:47"). Call again to move it."""

    def hold(words: str) -> datetime:
        moment = datetime.fromisoformat(words).replace(tzinfo=clock.LONDON).astimezone(clock.UTC)
        clock.freeze(moment)
        return moment

    return hold


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """A migrated, seeded database shared by the tests of this process; each test rolls back."""
    template = databases.template()
    name = f"sentinel_test_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with databases.superuser() as connection:
        databases.create(connection, name, template)
    yield name
    with databases.superuser() as connection:
        databases.drop(connection, name)


@pytest.fixture(scope="session")
def _shared_app(database: str) -> Iterator[Flask]:
    app = make_app(database)
    app.testing = True
    yield app
    with app.app_context():
        from sentinel.core.db import db

        db.engine.dispose()


@contextmanager
def undone(app: Flask) -> Iterator[Connection]:
    """The application inside one outer transaction that is rolled back (the connection stands in for the engine)."""
    from sentinel.core.db import db

    with app.app_context():
        engines = db._app_engines[app]
        real = engines[None]
        with real.connect() as connection:
            outer = connection.begin()
            engines[None] = connection
            db.session.configure(join_transaction_mode="create_savepoint")
            try:
                with viewer.acting_as(viewer.system("test")):
                    yield connection
            finally:
                db.session.remove()
                db.session.configure(join_transaction_mode="conditional_savepoint")
                engines[None] = real
                outer.rollback()


@pytest.fixture
def app(_shared_app: Flask) -> Iterator[Flask]:
    """The application; whatever a test does to its database is undone."""
    with undone(_shared_app):
        yield _shared_app


@pytest.fixture
def session(app: Flask) -> Session:
    """The session of the test; what it commits is seen by the client and rolled back at the end."""
    from sentinel.core.db import db

    return db.session()


@pytest.fixture
def prepared(session: Session) -> Callable[[], AbstractContextManager[None]]:
    """For tests that look as a person all along: `with prepared():` there may be made what only the system, or others, make."""

    @contextmanager
    def as_the_system() -> Iterator[None]:
        was = viewer.current()
        session.commit()
        viewer.become(session, viewer.system("test"))
        yield
        session.commit()
        viewer.become(session, was)

    return as_the_system


@pytest.fixture
def client_as(app: Flask) -> Callable[[str], PageClient]:
    """A client signed in as a demonstration account: client_as("officer@blaby.example")."""
    return lambda email: PageClient(app, email)


@pytest.fixture
def nobody(app: Flask) -> PageClient:
    """A client that is not signed in."""
    return PageClient(app, None)


@pytest.fixture
def own_database() -> Iterator[str]:
    """A database for this test alone, with real commits."""
    template = databases.template()
    name = f"sentinel_own_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with databases.superuser() as connection:
        databases.create(connection, name, template)
    yield name
    with databases.superuser() as connection:
        databases.drop(connection, name)


@pytest.fixture
def real_app(own_database: str) -> Iterator[Flask]:
    """The application on a database of its own, committing for real."""
    from sentinel.core.db import db

    app = make_app(own_database)
    app.testing = True
    with app.app_context(), viewer.acting_as(viewer.system("test")):
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def real_session(real_app: Flask) -> Session:
    """The session of `real_app`."""
    from sentinel.core.db import db

    return db.session()
