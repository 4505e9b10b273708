"""Dates and lateness as people say them, in London time. The year is said only when it is not this one."""

from datetime import date, datetime, time, timedelta

from sentinel.core import clock
from sentinel.core.clock import london
from sentinel.core.worktime import utc, working_days_between


def day(value: date, now: datetime | None = None) -> str:
    """ "Tuesday 1 December"."""
    year = "" if value.year == _today(now).year else f" {value.year}"
    return f"{value:%A} {value.day} {value:%B}{year}"


def clock_time(hour: time) -> str:
    """ "5pm", "2:05pm", "midday"."""
    if (hour.hour, hour.minute) == (12, 0):
        return "midday"
    minutes = f":{hour.minute:02d}" if hour.minute else ""
    return f"{hour.hour % 12 or 12}{minutes}{'am' if hour.hour < 12 else 'pm'}"


def moment(value: datetime, now: datetime | None = None) -> str:
    """ "Tuesday 1 December, 2:05pm", or "Today, 2:05pm"."""
    here = london(value)
    return f"{_today_or_day(here.date(), now)}, {clock_time(here.time())}"


def moment_within(value: datetime, now: datetime | None = None) -> str:
    """The same in the middle of a sentence: "today, 2:05pm"."""
    return moment(value, now).replace("Today", "today")


def by(due: datetime, now: datetime | None = None) -> str:
    """ "Friday 4 December, by 5pm", or "Today, by 5pm"."""
    last_day, hour = _deadline(due)
    return f"{_today_or_day(last_day, now)}, by {hour}"


def until(due: datetime, now: datetime | None = None) -> str:
    """ "by 5pm on Thursday 3 December": never "today", for it is read out now and read again later."""
    last_day, hour = _deadline(due)
    return f"by {hour} on {day(last_day, now)}"


def lateness(due: datetime, now: datetime | None = None, *, hours: bool = False) -> str:
    """ "Overdue by 1 working day", "6 hours left", "In 2 working days"; by the clock where `hours` were promised."""
    now, due = utc(now or clock.now()), utc(due)
    today, due_day = london(now).date(), _deadline(due)[0]
    if now >= due:
        return f"Overdue by {_elapsed(now - due) if hours else _working_days_late(due_day, today)}"
    ahead = working_days_between(today, due_day)
    if hours or due_day == today or not ahead:
        return f"{_elapsed(due - now)} left"
    return f"In {_count(ahead, 'working day')}"


def _deadline(due: datetime) -> tuple[date, str]:
    """Midnight belongs to the day it ends: "by midnight" on the morrow would be heard as a day later."""
    here = london(due)
    if here.time() == time(0):
        return here.date() - timedelta(days=1), "midnight"
    return here.date(), clock_time(here.time())


def _working_days_late(due_day: date, today: date) -> str:
    late = working_days_between(due_day, today)
    return _count(late, "working day") if late else "less than 1 working day"


def _elapsed(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    return _count(minutes // 60, "hour") if minutes >= 60 else _count(minutes, "minute")


def _count(n: int, unit: str) -> str:
    return f"{n} {unit}" if n == 1 else f"{n} {unit}s"


def _today(now: datetime | None) -> date:
    return london(now or clock.now()).date()


def _today_or_day(value: date, now: datetime | None) -> str:
    return "Today" if value == _today(now) else day(value, now)
