"""The sweep of the history: whole, killed between two commits, done twice, or by two workers at the same time."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from contextvars import copy_context
from datetime import datetime
from types import SimpleNamespace

from flask import Flask, current_app
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from config import agreed
from sentinel.alerts import sweep as sweeping
from sentinel.core import viewer
from sentinel.core.db import db
from tests import databases
from tests.simulation.telling import STEPS

# Several batches a sweep, so that a worker can die between two of them.
sweeping.BATCH = 5
PATIENCE = 0.2  # seconds the other worker has before this one goes on: all of its sweep, unless it waits for us


def sweep(at: datetime, *, killed: int | None = None, twice: bool = False, beside: int | None = None, whole: bool = False) -> None:
    """Sweep, perhaps after one that was killed before its n-th commit, perhaps beside another or once more; all triggers if `whole`."""
    with viewer.acting_as(viewer.system("sweep")):
        with nullcontext() if whole else _watching_what_the_model_knows():
            if killed:
                _killed(at, killed)
            _beside(at, beside) if beside else sweeping.sweep(at)
            if twice:
                again = sweeping.sweep(at)
                assert (again.opened, again.escalated, again.closed) == (0, 0, 0), f"a second sweep at the same moment did more: {again}"
        db.session.remove()


def _killed(at: datetime, batch: int) -> None:
    """A sweep whose connection is ended by the server before its n-th commit: that batch is lost, those before it stand."""

    def end(session: Session) -> None:
        pid = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with databases.superuser() as server:
            server.execute("SELECT pg_terminate_backend(%s)", (pid,))

    try:
        with _before_commit(batch, end):
            sweeping.sweep(at)
    except OperationalError:
        db.session.remove()


def _beside(at: datetime, batch: int) -> None:
    """Another worker sweeps on a connection of its own while this one is about to commit its n-th batch and holds what is in it."""
    others: list[Future[None]] = []
    with ThreadPoolExecutor(1) as pool:

        def begin(session: Session) -> None:
            others.append(pool.submit(copy_context().run, _another, current_app._get_current_object(), at))  # type: ignore[attr-defined]
            wait(others, timeout=PATIENCE)

        with _before_commit(batch, begin):
            sweeping.sweep(at)
    for other in others:
        other.result()


def _another(app: Flask, at: datetime) -> None:
    with app.app_context():
        sweeping.sweep(at)
        db.session.remove()


@contextmanager
def _before_commit(n: int, do: Callable[[Session], None]) -> Iterator[None]:
    """Do something before this thread commits for the n-th time."""
    left, this = [n], threading.get_ident()

    def look(session: Session) -> None:
        left[0] -= threading.get_ident() == this
        if left[0] == 0 and threading.get_ident() == this:
            do(session)

    event.listen(Session, "before_commit", look)
    try:
        yield
    finally:
        event.remove(Session, "before_commit", look)


@contextmanager
def _watching_what_the_model_knows() -> Iterator[None]:
    """The other triggers have tests of their own, and cost three quarters of a sweep: some sweeps watch them all."""
    whole = agreed.current().triggers
    known = [trigger for trigger in whole.trigger if trigger.key in (*STEPS, "no_promise")]
    fewer = whole.model_copy(update={"trigger": known})
    sweeping.agreed = SimpleNamespace(current=lambda: SimpleNamespace(triggers=fewer))
    try:
        yield
    finally:
        sweeping.agreed = agreed
