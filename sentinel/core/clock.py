"""The only source of the present moment.

A demonstration may have its clock set forward (`sentinel sweep --at`): the offset is one row that is read with the
viewer at the start of every transaction, so web, worker, beat and commands agree.
"""

from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

_offset: ContextVar[timedelta] = ContextVar("clock_offset", default=timedelta())
_frozen: ContextVar[datetime | None] = ContextVar("clock_frozen", default=None)


def now() -> datetime:
    """The present moment, in UTC, on the clock of this installation."""
    return _frozen.get() or datetime.now(UTC) + _offset.get()


def machine_now() -> datetime:
    """The machine's own time, whatever a demonstration's clock says: for sessions and leases, never for a rule."""
    return datetime.now(UTC)


def today() -> date:
    """Today's date in London."""
    return london(now()).date()


def london(moment: datetime) -> datetime:
    """`moment` as a clock in London shows it."""
    return moment.astimezone(LONDON)


def set_offset(offset: timedelta) -> None:
    """Set how far this installation's clock is ahead of the real one."""
    _offset.set(offset)


def frozen() -> datetime | None:
    """The moment the clock is held at, if it is."""
    return _frozen.get()


def freeze(moment: datetime | None) -> None:
    """Hold the clock at `moment` (dry runs, building a demonstration, tests); None lets it go."""
    _frozen.set(moment)
