"""Dates and lateness in words, as on the drawn screens."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentinel.core import words
from tests.unit import reckoner
from tests.unit.moments import moments
from tests.unit.reckoner import LONDON, at

NOW = at("2026-12-02 10:47")  # Wednesday


@pytest.mark.parametrize(
    ("due", "said"),
    [
        ("2026-12-04 17:00", "Friday 4 December, by 5pm"),
        ("2026-12-02 17:00", "Today, by 5pm"),
        ("2026-12-04 11:02", "Friday 4 December, by 11:02am"),
        ("2027-01-05 17:00", "Tuesday 5 January 2027, by 5pm"),
        ("2026-12-05 00:00", "Friday 4 December, by midnight"),
        ("2026-12-03 00:00", "Today, by midnight"),
        ("2026-12-04 12:00", "Friday 4 December, by midday"),
        ("2026-07-03 17:00", "Friday 3 July, by 5pm"),
    ],
)
def test_a_deadline_is_said_as_day_and_hour(due: str, said: str) -> None:
    assert words.by(at(due), NOW) == said


def test_a_deadline_read_to_a_caller_never_says_today() -> None:
    assert words.until(at("2026-12-03 17:00"), NOW) == "by 5pm on Thursday 3 December"
    assert words.until(at("2026-12-02 17:00"), NOW) == "by 5pm on Wednesday 2 December"


def test_a_moment_is_said_as_day_and_minute() -> None:
    assert words.moment(at("2026-12-01 14:05"), NOW) == "Tuesday 1 December, 2:05pm"
    assert words.moment(at("2026-12-02 10:47"), NOW) == "Today, 10:47am"
    assert words.moment(at("2025-12-01 00:05"), NOW) == "Monday 1 December 2025, 12:05am"


def test_a_day_has_its_year_only_when_it_is_another() -> None:
    assert words.day(at("2026-12-01 12:00").date(), NOW) == "Tuesday 1 December"
    assert words.day(at("2027-01-01 12:00").date(), NOW) == "Friday 1 January 2027"


@pytest.mark.parametrize(
    ("due", "said"),
    [
        ("2026-12-01 17:00", "Overdue by 1 working day"),
        ("2026-11-30 17:00", "Overdue by 2 working days"),
        ("2026-12-02 10:47", "Overdue by less than 1 working day"),
        ("2026-12-02 17:00", "6 hours left"),
        ("2026-12-02 11:46", "59 minutes left"),
        ("2026-12-02 11:48", "1 hour left"),
        ("2026-12-03 17:00", "In 1 working day"),
        ("2026-12-07 17:00", "In 3 working days"),
        ("2026-12-22 17:00", "In 14 working days"),
    ],
)
def test_lateness_is_said_in_working_days(due: str, said: str) -> None:
    assert words.lateness(at(due), NOW) == said


def test_lateness_is_said_by_the_clock_where_the_clock_was_promised() -> None:
    assert words.lateness(at("2026-12-03 09:15"), NOW, hours=True) == "22 hours left"
    assert words.lateness(at("2026-12-01 09:50"), at("2026-12-02 11:20"), hours=True) == "Overdue by 25 hours"
    assert words.lateness(NOW, NOW, hours=True) == "Overdue by less than a minute"


def test_a_weekend_deadline_is_counted_in_hours_for_no_working_day_comes_first() -> None:
    assert words.lateness(at("2026-12-06 17:00"), at("2026-12-05 10:00")) == "31 hours left"


def test_a_promise_missed_on_friday_evening_is_not_a_working_day_late_on_sunday() -> None:
    assert words.lateness(at("2026-12-04 17:00"), at("2026-12-06 12:00")) == "Overdue by less than 1 working day"
    assert words.lateness(at("2026-12-04 17:00"), at("2026-12-07 00:00")) == "Overdue by 1 working day"


def test_hours_across_the_change_of_clocks_are_real_hours() -> None:
    due, now = (at(text).astimezone(LONDON) for text in ("2026-10-25 06:00", "2026-10-24 23:00"))
    assert words.lateness(due, now, hours=True) == "8 hours left"


@settings(max_examples=200)
@given(moments, st.integers(0, 60 * 24 * 40))
def test_how_overdue_agrees_with_counting_the_days(due: datetime, minutes_late: int) -> None:
    now = due + timedelta(minutes=minutes_late)
    first = (due - reckoner.MINUTE).astimezone(LONDON).date()  # midnight belongs to the day it ends
    days = [first + n * reckoner.DAY for n in range(1, 50)]
    late = sum(reckoner.worked(day) for day in days if day <= now.astimezone(LONDON).date())
    if late == 0:
        assert words.lateness(due, now) == "Overdue by less than 1 working day"
    else:
        assert words.lateness(due, now).split()[2] == str(late)


@settings(max_examples=200)
@given(st.lists(moments, min_size=2, max_size=6))
def test_different_minutes_are_never_said_alike(times: list[datetime]) -> None:
    for one, other in pairwise(sorted(set(times))):
        repeated_hour = one.astimezone(LONDON).replace(tzinfo=None) == other.astimezone(LONDON).replace(tzinfo=None)
        assert repeated_hour or words.by(one, NOW) != words.by(other, NOW)
