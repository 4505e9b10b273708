"""Working time in England and Wales: spans from a moment, steps from a deadline (rules.md, "Time").

Every moment taken or given is aware and in UTC; days and hours are decided in London. No clock is read here.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.metadata import version

from govuk_bank_holidays.bank_holidays import BankHolidays

from config.agreed.spans import Span
from sentinel.core.clock import LONDON, london

OPENS, CLOSES = time(9), time(17)
DAY = timedelta(days=1)


@cache
def _holidays() -> frozenset[date]:
    listed = BankHolidays(use_cached_holidays=True).get_holidays(division=BankHolidays.ENGLAND_AND_WALES)
    return frozenset(holiday["date"] for holiday in listed)


CALENDAR_FROM = date(min(_holidays()).year, 1, 1)
CALENDAR_TO = date(max(_holidays()).year, 12, 31)
CALENDAR_VERSION = f"govuk-bank-holidays {version('govuk-bank-holidays')}, {CALENDAR_FROM.year} to {CALENDAR_TO.year}"


def utc(t: datetime) -> datetime:
    """The same moment in UTC. Two moments in one zone subtract by its wall clock, wrongly where the clocks change."""
    if t.tzinfo is None:
        raise ValueError("A moment needs its time zone.")
    return t.astimezone(UTC)


def calendar_warning(day: date) -> str | None:
    """A sentence when `day` lies outside the published bank holidays, else None.

    Outside the list only weekends are known, so a deadline there may fall early, never late.
    """
    if CALENDAR_FROM <= day <= CALENDAR_TO:
        return None
    return (
        f"The list of bank holidays covers {CALENDAR_FROM.year} to {CALENDAR_TO.year}, so {day.day} {day:%B %Y} is reckoned by weekends "
        "alone and may be too early. Install a newer govuk-bank-holidays."
    )


def is_working_day(day: date) -> bool:
    """Monday to Friday and no bank holiday in England and Wales."""
    return day.weekday() < 5 and day not in _holidays()


def working_days_between(first: date, last: date) -> int:
    """How many working days come after `first`, up to and including `last`; 0 when `last` is not later."""
    return sum(is_working_day(first + n * DAY) for n in range(1, (last - first).days + 1))


def clock_hours(t: datetime, n: int) -> datetime:
    """`n` hours by the clock after `t`, day and night."""
    return utc(t) + timedelta(hours=_positive(n))


def working_hours(t: datetime, n: int) -> datetime:
    """When `n` hours inside working hours have passed since `t`."""
    start, left = _work_from(t), timedelta(hours=_positive(n))
    while start + left > (close := _at(london(start).date(), CLOSES)):
        left -= close - start
        start = _work_from(close)
    return start + left


def working_days(t: datetime, n: int, *, same_day: bool = False) -> datetime:
    """17:00 on the `n`-th working day after the counting day of `t`.

    The counting day is t's London date if work is still going on then, else the next working day. `same_day` (high and
    enhanced promises) makes it t's London date whatever the hour.
    """
    day = london(utc(t)).date() if same_day else _counting_day(t)
    return _at(_move(day, _positive(n)), CLOSES)


def after(due: datetime, n: int) -> datetime:
    """17:00 on the `n`-th working day after the date of `due`."""
    return _at(_move(london(utc(due)).date(), _positive(n)), CLOSES)


def before(due: datetime, n: int, *, made_at: datetime) -> datetime:
    """09:00 on the `n`-th working day before the date of `due`, but never before the promise was made."""
    return max(_opening_before(due, n), utc(made_at))


def last_close_before(t: datetime) -> datetime:
    """17:00 on the last working day before the London date of `t`."""
    return _at(_move(london(utc(t)).date(), -1), CLOSES)


def next_work(t: datetime) -> datetime:
    """`t` itself inside working hours, else the next 09:00 of a working day."""
    return _work_from(t)


def reckon(span: Span, t: datetime, *, same_day: bool = False) -> datetime:
    """The moment an agreed span reaches from `t`, in the span's own unit."""
    match span.unit:
        case "at_once":
            return utc(t)
        case "clock_hours":
            return clock_hours(t, span.n)
        case "working_hours":
            return working_hours(t, span.n)
        case "working_days":
            return working_days(t, span.n, same_day=same_day)
        case "after_due":
            return after(t, span.n)
        case "before_due":
            return _opening_before(t, span.n)
        case "days_before":
            return _at(london(utc(t)).date() - span.n * DAY, OPENS)
        case _:
            raise ValueError(f"'{span.unit}' is no span of time.")


def cutoff(at: datetime, due: Callable[[datetime], datetime]) -> datetime:
    """The latest moment whose deadline has come by `at`, so that SQL can compare a stored moment with one number.

    `due` must never fall as its moment rises; every span here keeps that. Looks back two years; what is older is due too.
    """
    microsecond = timedelta(microseconds=1)
    low, high = utc(at) - 731 * DAY, utc(at) + 366 * DAY
    while high - low > microsecond:
        middle = low + (high - low) // 2
        low, high = (middle, high) if due(middle) <= at else (low, middle)
    return low


def _positive(n: int) -> int:
    if n < 1:
        raise ValueError(f"A span is 1 or more, not {n}.")
    return n


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, LONDON).astimezone(UTC)


def _move(day: date, n: int) -> date:
    step = DAY if n > 0 else -DAY
    for _ in range(abs(n)):
        day += step
        while not is_working_day(day):
            day += step
    return day


def _opening_before(due: datetime, n: int) -> datetime:
    return _at(_move(london(utc(due)).date(), -_positive(n)), OPENS)


def _counting_day(t: datetime) -> date:
    return london(_work_from(t)).date()


def _work_from(t: datetime) -> datetime:
    here = london(utc(t))
    if is_working_day(here.date()) and here.time() < CLOSES:
        return max(utc(t), _at(here.date(), OPENS))
    return _at(_move(here.date(), 1), OPENS)
