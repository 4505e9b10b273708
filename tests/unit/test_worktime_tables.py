"""Working time around every bank holiday and clock change of 2024 to 2028, against tables typed in by hand.

HOLIDAYS holds, for each, the last working day before it and the first after. That these are the days the law gives (Banking
and Financial Dealings Act 1971, with its substitutes) is shown by working them out from Easter once more.
"""

from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import pytest

from sentinel.core import worktime
from tests.unit import reckoner
from tests.unit.reckoner import LONDON, at

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)

# holiday, working day before, working day after
HOLIDAYS = """
2024-01-01 2023-12-29 2024-01-02  New Year, a Monday
2024-03-29 2024-03-28 2024-04-02  Good Friday
2024-04-01 2024-03-28 2024-04-02  Easter Monday, the day after the clocks changed
2024-05-06 2024-05-03 2024-05-07  early May
2024-05-27 2024-05-24 2024-05-28  spring
2024-08-26 2024-08-23 2024-08-27  summer
2024-12-25 2024-12-24 2024-12-27  Christmas, a Wednesday
2024-12-26 2024-12-24 2024-12-27  Boxing Day
2025-01-01 2024-12-31 2025-01-02  New Year, a Wednesday
2025-04-18 2025-04-17 2025-04-22  Good Friday
2025-04-21 2025-04-17 2025-04-22  Easter Monday
2025-05-05 2025-05-02 2025-05-06  early May
2025-05-26 2025-05-23 2025-05-27  spring
2025-08-25 2025-08-22 2025-08-26  summer
2025-12-25 2025-12-24 2025-12-29  Christmas, a Thursday
2025-12-26 2025-12-24 2025-12-29  Boxing Day, a Friday
2026-01-01 2025-12-31 2026-01-02  New Year, a Thursday
2026-04-03 2026-04-02 2026-04-07  Good Friday
2026-04-06 2026-04-02 2026-04-07  Easter Monday
2026-05-04 2026-05-01 2026-05-05  early May
2026-05-25 2026-05-22 2026-05-26  spring
2026-08-31 2026-08-28 2026-09-01  summer
2026-12-25 2026-12-24 2026-12-29  Christmas, a Friday
2026-12-28 2026-12-24 2026-12-29  for Boxing Day, a Saturday
2027-01-01 2026-12-31 2027-01-04  New Year, a Friday
2027-03-26 2027-03-25 2027-03-30  Good Friday
2027-03-29 2027-03-25 2027-03-30  Easter Monday, the day after the clocks changed
2027-05-03 2027-04-30 2027-05-04  early May
2027-05-31 2027-05-28 2027-06-01  spring
2027-08-30 2027-08-27 2027-08-31  summer
2027-12-27 2027-12-24 2027-12-29  for Christmas, a Saturday
2027-12-28 2027-12-24 2027-12-29  for Boxing Day, a Sunday
2028-01-03 2027-12-31 2028-01-04  for New Year, a Saturday
2028-04-14 2028-04-13 2028-04-18  Good Friday
2028-04-17 2028-04-13 2028-04-18  Easter Monday
2028-05-01 2028-04-28 2028-05-02  early May
2028-05-29 2028-05-26 2028-05-30  spring
2028-08-28 2028-08-25 2028-08-29  summer
2028-12-25 2028-12-22 2028-12-27  Christmas, a Monday
2028-12-26 2028-12-22 2028-12-27  Boxing Day
"""
ROWS = [tuple(date.fromisoformat(day) for day in line.split()[:3]) for line in HOLIDAYS.strip().splitlines()]
DAYS_OFF = {holiday for holiday, _, _ in ROWS}
# The Sunday, and whether an hour is lost (spring) or gained.
CLOCKS = """
2024-03-31 lost
2024-10-27 gained
2025-03-30 lost
2025-10-26 gained
2026-03-29 lost
2026-10-25 gained
2027-03-28 lost
2027-10-31 gained
2028-03-26 lost
2028-10-29 gained
"""
CHANGES = [(date.fromisoformat(day), change == "lost") for day, change in (line.split() for line in CLOCKS.strip().splitlines())]
# Every working day, in order; three days of 2023 and of 2029 so that spans may leave the table.
CALENDAR = [day for n in range(-6, 1836) if (day := date(2024, 1, 1) + n * DAY).weekday() < 5 and day not in DAYS_OFF]
EDGES = [time(8, 59), time(9), time(9, 1), time(16, 59), time(17), time(17, 1)]


def london(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, LONDON).astimezone(UTC)


def by_the_calendar(day: date, hour: time, n: int, *, same_day: bool) -> datetime:
    """Look the counting day up among the working days and go on by n."""
    if same_day:
        later = [one for one in CALENDAR if one > day]
    else:
        counting = next(one for one in CALENDAR if one > day or (one == day and hour < time(17)))
        later = [one for one in CALENDAR if one > counting]
    return london(later[n - 1], time(17))


def easter(year: int) -> date:
    """Easter Sunday (Gregorian; Oudin's way)."""
    century, golden = year // 100, year % 19
    moon = (century - century // 4 - (century - (century - 17) // 25) // 3 + 19 * golden + 15) % 30
    moon -= (moon // 28) * (1 - (29 // (moon + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    found = moon - weekday
    month = 3 + (found + 40) // 44
    return date(year, month, found + 28 - 31 * (month // 4))


def by_law(year: int) -> set[date]:
    """New Year, Good Friday, Easter Monday, three Mondays, Christmas and Boxing Day; at a weekend, the next days nobody has off."""

    def monday_from(day: date) -> date:
        return next(day + n * DAY for n in range(7) if (day + n * DAY).weekday() == 0)

    days = {easter(year) - 2 * DAY, easter(year) + DAY}
    days |= {monday_from(date(year, 5, 1)), monday_from(date(year, 5, 25)), monday_from(date(year, 8, 25))}
    for day in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        while day.weekday() > 4 or day in days:
            day += DAY
        days.add(day)
    return days


def test_the_table_holds_what_the_law_gives() -> None:
    assert [easter(year) for year in range(2024, 2029)] == [
        date(2024, 3, 31),
        date(2025, 4, 20),
        date(2026, 4, 5),
        date(2027, 3, 28),
        date(2028, 4, 16),
    ]
    assert set().union(*(by_law(year) for year in range(2024, 2029))) == DAYS_OFF


def test_every_day_of_five_years_is_worked_or_not_as_the_table_says() -> None:
    days = [date(2024, 1, 1) + n * DAY for n in range(1827)]
    assert days[-1] == date(2028, 12, 31)
    assert [day for day in days if worktime.is_working_day(day)] == [day for day in CALENDAR if day in set(days)]


@pytest.mark.parametrize(("holiday", "before", "after"), ROWS, ids=[str(row[0]) for row in ROWS])
class TestAroundEachHoliday:
    """Each holiday of the table with the working days beside it."""

    def test_the_working_day_before_and_after_are_those_of_the_table(self, holiday: date, before: date, after: date) -> None:
        assert not worktime.is_working_day(holiday)
        assert worktime.before(london(holiday, time(12)), 1, made_at=at("2023-01-01 00:00")) == london(before, time(9))
        assert worktime.after(london(holiday, time(12)), 1) == london(after, time(17))
        assert worktime.next_work(london(holiday, time(12))) == london(after, time(9))
        assert worktime.next_work(london(before, time(17))) == london(after, time(9))
        assert worktime.next_work(london(before, time(16, 59))) == london(before, time(16, 59))

    def test_one_working_day_from_just_before_five_and_from_five(self, holiday: date, before: date, after: date) -> None:
        assert worktime.working_days(london(before, time(16, 59)), 1) == london(after, time(17))
        following = next(day for day in CALENDAR if day > after)
        for hour in (time(17), time(17, 1), time(23, 59)):
            assert worktime.working_days(london(before, hour), 1) == london(following, time(17))
            assert worktime.working_days(london(before, hour), 1, same_day=True) == london(after, time(17))
        assert worktime.working_days(london(holiday, time(9)), 1) == london(following, time(17))
        assert worktime.working_days(london(holiday, time(9)), 1, same_day=True) == london(after, time(17))

    def test_one_three_and_five_working_days_from_every_edge_of_the_days_around_it(self, holiday: date, before: date, after: date) -> None:
        days = [before, holiday - DAY, holiday, holiday + DAY, after]
        for day, hour, n, same_day in product(days, EDGES, (1, 3, 5), (False, True)):
            due = by_the_calendar(day, hour, n, same_day=same_day)
            assert worktime.working_days(london(day, hour), n, same_day=same_day) == due, (day, hour, n, same_day)

    def test_four_working_hours_from_three_in_the_afternoon_before_end_at_eleven_after(
        self, holiday: date, before: date, after: date
    ) -> None:
        assert worktime.working_hours(london(before, time(15)), 4) == london(after, time(11))
        assert worktime.working_hours(london(holiday, time(15)), 4) == london(after, time(13))


@pytest.mark.parametrize(("sunday", "lost"), CHANGES, ids=[str(change[0]) for change in CHANGES])
class TestAcrossEachClockChange:
    """Each Sunday on which the clocks change, at one in the morning UTC."""

    def test_the_clocks_change_that_night(self, sunday: date, lost: bool) -> None:
        one = datetime.combine(sunday, time(1), UTC)
        hours = [(one - MINUTE).astimezone(LONDON).hour, one.astimezone(LONDON).hour]
        assert hours == ([0, 2] if lost else [1, 1])

    def test_clock_hours_are_real_hours(self, sunday: date, lost: bool) -> None:
        saturday = sunday - DAY
        assert worktime.clock_hours(london(saturday, time(20)), 24) == london(sunday, time(21) if lost else time(19))
        assert worktime.clock_hours(london(saturday - DAY, time(17, 1)), 48) == london(sunday, time(18, 1) if lost else time(16, 1))
        assert worktime.clock_hours(london(sunday, time(0, 30)), 2) == datetime.combine(sunday, time(2 if lost else 1, 30), UTC)
        assert worktime.clock_hours(london(sunday, time(3)), 24) == london(sunday + DAY, time(3))

    def test_a_deadline_is_five_by_the_clock_on_the_wall(self, sunday: date, lost: bool) -> None:
        friday, due = sunday - 2 * DAY, next(day for day in CALENDAR if day > sunday)
        if friday in DAYS_OFF:
            friday = next(day for day in reversed(CALENDAR) if day < friday)
        utc = datetime.combine(due, time(16) if lost else time(17), UTC)
        assert worktime.working_days(london(friday, time(16, 59)), 1) == utc
        assert worktime.working_days(london(friday, time(17, 1)), 1, same_day=True) == utc
        assert worktime.working_hours(london(friday, time(16)), 2) == london(due, time(10))
        assert worktime.before(utc, 1, made_at=london(friday - DAY, time(0))) == london(friday, time(9))

    def test_one_three_and_five_working_days_from_every_edge_of_the_days_around_it(self, sunday: date, lost: bool) -> None:
        for n, hour, span, same_day in product(range(-3, 3), EDGES, (1, 3, 5), (False, True)):
            day = sunday + n * DAY
            due = by_the_calendar(day, hour, span, same_day=same_day)
            assert worktime.working_days(london(day, hour), span, same_day=same_day) == due, (day, hour, span, same_day)
            assert reckoner.working_days(london(day, hour), span, same_day=same_day) == due
