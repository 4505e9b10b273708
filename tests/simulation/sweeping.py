"""The sweep of the history: whole, killed between two commits, or done twice."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from types import SimpleNamespace

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


def sweep(at: datetime, *, killed: int | None = None, twice: bool = False) -> None:
    """Sweep, perhaps after one that was killed before its n-th commit, perhaps once more."""
    with viewer.acting_as(viewer.system("sweep")):
        if killed:
            _killed(at, killed)
        with _watching_all() if killed or twice else _watching_what_the_model_knows():
            sweeping.sweep(at)
        if twice:
            again = sweeping.sweep(at)
            assert (again.opened, again.escalated, again.closed) == (0, 0, 0), f"a second sweep at the same moment did more: {again}"
        db.session.remove()


def _killed(at: datetime, batch: int) -> None:
    """A sweep whose connection is ended by the server before its n-th commit: that batch is lost, those before it stand."""
    left = [batch]

    def end(session: Session) -> None:
        left[0] -= 1
        if left[0] == 0:
            pid = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar()
            with databases.superuser() as server:
                server.execute("SELECT pg_terminate_backend(%s)", (pid,))

    event.listen(Session, "before_commit", end)
    try:
        sweeping.sweep(at)
    except OperationalError:
        db.session.remove()
    finally:
        event.remove(Session, "before_commit", end)


@contextmanager
def _watching_what_the_model_knows() -> Iterator[None]:
    """The other triggers have tests of their own, and cost three quarters of a sweep: they are watched when one is killed or run twice."""
    whole = agreed.current().triggers
    known = [trigger for trigger in whole.trigger if trigger.key in (*STEPS, "no_promise")]
    fewer = whole.model_copy(update={"trigger": known})
    sweeping.agreed = SimpleNamespace(current=lambda: SimpleNamespace(triggers=fewer))
    try:
        yield
    finally:
        sweeping.agreed = agreed


_watching_all = nullcontext
