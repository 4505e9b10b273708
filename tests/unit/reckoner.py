"""Working time said a second time, slowly: straight from rules.md, minute by minute and day by day, for tests alone.

It shares nothing with sentinel.core.worktime but the time zone: the holidays are typed in from GOV.UK's page.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

PUBLISHED = """
    2024-01-01 2024-03-29 2024-04-01 2024-05-06 2024-05-27 2024-08-26 2024-12-25 2024-12-26
    2025-01-01 2025-04-18 2025-04-21 2025-05-05 2025-05-26 2025-08-25 2025-12-25 2025-12-26
    2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28
    2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28
    2028-01-03 2028-04-14 2028-04-17 2028-05-01 2028-05-29 2028-08-28 2028-12-25 2028-12-26
"""
BANK_HOLIDAYS = {date.fromisoformat(day) for day in PUBLISHED.split()}


def at(text: str) -> datetime:
    """ "2026-12-02 10:47" on a clock in London, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def worked(day: date) -> bool:
    """Is anybody at work on this day?"""
    return day.strftime("%A") not in ("Saturday", "Sunday") and day not in BANK_HOLIDAYS


def at_work(t: datetime) -> bool:
    """Is anybody at work in the minute that begins at `t`?"""
    here = t.astimezone(LONDON)
    return worked(here.date()) and 9 <= here.hour < 17


def working_hours(t: datetime, n: int) -> datetime:
    """Walk on a minute at a time until `n` hours of minutes at work have gone by."""
    left = n * 60
    while left:
        left -= at_work(t)
        t += MINUTE
    return t


def closing(day: date) -> datetime:
    """17:00 in London."""
    return datetime(day.year, day.month, day.day, 17, tzinfo=LONDON).astimezone(UTC)


def opening(day: date) -> datetime:
    """09:00 in London."""
    return datetime(day.year, day.month, day.day, 9, tzinfo=LONDON).astimezone(UTC)


def nth_working_day(day: date, n: int) -> date:
    """Walk on (or back, n < 0) a day at a time and count those worked."""
    step, left = (DAY, n) if n > 0 else (-DAY, -n)
    while left:
        day += step
        left -= worked(day)
    return day


def working_days(t: datetime, n: int, *, same_day: bool = False) -> datetime:
    """17:00 on the n-th working day after the counting day."""
    here = t.astimezone(LONDON)
    day = here.date()
    if not same_day and not (worked(day) and here.hour < 17):
        day = nth_working_day(day, 1)
    return closing(nth_working_day(day, n))


def after(due: datetime, n: int) -> datetime:
    """17:00 on the n-th working day after the date of `due`."""
    return closing(nth_working_day(due.astimezone(LONDON).date(), n))


def before(due: datetime, n: int, made_at: datetime) -> datetime:
    """09:00 on the n-th working day before, or when it was made if that is later."""
    wanted = opening(nth_working_day(due.astimezone(LONDON).date(), -n))
    return wanted if wanted > made_at else made_at
