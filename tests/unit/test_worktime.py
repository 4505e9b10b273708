"""Working time, by table and against a slow second statement of the same rules (tests/unit/reckoner.py)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.agreed.spans import Span
from sentinel.core import worktime
from tests.unit import reckoner
from tests.unit.moments import moments
from tests.unit.reckoner import LONDON, at

counts = st.integers(1, 25)
slow = settings(max_examples=60)
quick = settings(max_examples=300)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-12-02 08:59", 4, "2026-12-02 13:00"),
        ("2026-12-02 09:00", 4, "2026-12-02 13:00"),
        ("2026-12-02 09:01", 4, "2026-12-02 13:01"),
        ("2026-12-02 13:00", 4, "2026-12-02 17:00"),
        ("2026-12-02 13:01", 4, "2026-12-03 09:01"),
        ("2026-12-02 16:59", 1, "2026-12-03 09:59"),
        ("2026-12-02 17:00", 1, "2026-12-03 10:00"),
        ("2026-12-04 16:00", 4, "2026-12-07 12:00"),
        ("2026-12-24 16:30", 1, "2026-12-29 09:30"),
        ("2026-03-27 16:00", 2, "2026-03-30 10:00"),
        ("2026-10-23 16:00", 2, "2026-10-26 10:00"),
        ("2024-02-28 16:00", 9, "2024-02-29 17:00"),
        ("2026-12-02 00:00", 20, "2026-12-04 13:00"),
    ],
)
def test_working_hours_pass_only_while_somebody_is_at_work(start: str, hours: int, end: str) -> None:
    assert worktime.working_hours(at(start), hours) == at(end)


@pytest.mark.parametrize(
    ("start", "days", "same_day", "end"),
    [
        ("2026-12-02 08:59", 1, False, "2026-12-03 17:00"),
        ("2026-12-02 16:59", 1, False, "2026-12-03 17:00"),
        ("2026-12-02 17:00", 1, False, "2026-12-04 17:00"),
        ("2026-12-02 17:00", 1, True, "2026-12-03 17:00"),
        ("2026-12-02 23:59", 1, True, "2026-12-03 17:00"),
        ("2026-12-03 00:00", 1, True, "2026-12-04 17:00"),
        ("2026-12-04 17:01", 1, True, "2026-12-07 17:00"),  # the example of rules.md: 17:01 on Friday, due Monday
        ("2026-12-04 17:01", 1, False, "2026-12-08 17:00"),
        ("2026-12-05 10:00", 1, False, "2026-12-08 17:00"),
        ("2026-12-05 10:00", 1, True, "2026-12-07 17:00"),
        ("2026-04-02 16:59", 1, False, "2026-04-07 17:00"),  # over Easter
        ("2026-04-02 17:00", 1, False, "2026-04-08 17:00"),
        ("2026-12-24 10:00", 1, False, "2026-12-29 17:00"),  # Boxing Day falls on a Saturday: its substitute counts
        ("2027-12-24 10:00", 2, False, "2027-12-30 17:00"),
        ("2027-12-31 10:00", 1, False, "2028-01-04 17:00"),
        ("2026-03-27 10:00", 1, False, "2026-03-30 17:00"),
        ("2026-10-23 10:00", 1, False, "2026-10-26 17:00"),
        ("2028-02-28 10:00", 1, False, "2028-02-29 17:00"),
    ],
)
def test_working_days_end_at_five_on_the_right_day(start: str, days: int, same_day: bool, end: str) -> None:
    assert worktime.working_days(at(start), days, same_day=same_day) == at(end)


def test_five_o_clock_is_an_hour_earlier_in_utc_in_summer() -> None:
    assert worktime.working_days(at("2026-03-27 10:00"), 1) == datetime(2026, 3, 30, 16, tzinfo=UTC)
    assert worktime.working_days(at("2026-10-23 10:00"), 1) == datetime(2026, 10, 26, 17, tzinfo=UTC)


def test_clock_hours_are_real_hours_when_the_clocks_change() -> None:
    assert worktime.clock_hours(at("2026-03-28 20:00"), 24) == at("2026-03-29 21:00")
    assert worktime.clock_hours(at("2026-10-24 20:00"), 24) == at("2026-10-25 19:00")


@pytest.mark.parametrize(
    ("due", "n", "made", "told"),
    [
        ("2026-12-07 17:00", 1, "2026-12-01 10:00", "2026-12-04 09:00"),
        ("2026-12-07 17:00", 1, "2026-12-04 09:01", "2026-12-04 09:01"),
        ("2026-12-29 17:00", 1, "2026-12-01 10:00", "2026-12-24 09:00"),
        ("2026-04-07 17:00", 2, "2026-03-01 10:00", "2026-04-01 09:00"),
    ],
)
def test_a_reminder_comes_at_nine_but_never_before_the_promise_was_made(due: str, n: int, made: str, told: str) -> None:
    assert worktime.before(at(due), n, made_at=at(made)) == at(told)


@slow
@given(moments, st.integers(1, 20))
def test_working_hours_agree_with_counting_every_minute(t: datetime, n: int) -> None:
    assert worktime.working_hours(t, n) == reckoner.working_hours(t, n)


@quick
@given(moments, counts, st.booleans())
def test_working_days_agree_with_counting_every_day(t: datetime, n: int, same_day: bool) -> None:
    assert worktime.working_days(t, n, same_day=same_day) == reckoner.working_days(t, n, same_day=same_day)


@quick
@given(moments, counts, moments)
def test_steps_from_a_deadline_agree_with_counting_every_day(due: datetime, n: int, made_at: datetime) -> None:
    assert worktime.after(due, n) == reckoner.after(due, n)
    assert worktime.before(due, n, made_at=made_at) == reckoner.before(due, n, made_at)


@quick
@given(st.dates(date(2024, 1, 1), date(2028, 12, 31)))
def test_working_days_are_those_of_the_published_list(day: date) -> None:
    assert worktime.is_working_day(day) == reckoner.worked(day)


@quick
@given(st.dates(date(2024, 1, 1), date(2028, 6, 1)), st.integers(-30, 120))
def test_days_between_are_counted_after_the_first_up_to_the_last(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    days = [first + timedelta(days=n) for n in range(1, 121)]
    assert worktime.working_days_between(first, last) == len([day for day in days if day <= last and reckoner.worked(day)])


@slow
@given(moments)
def test_the_next_work_begins_in_the_first_minute_somebody_is_there(t: datetime) -> None:
    later = t
    while not reckoner.at_work(later):
        later += reckoner.MINUTE
    assert worktime.next_work(t) == later


@quick
@given(moments, moments, counts)
def test_a_later_start_is_never_due_earlier(one: datetime, other: datetime, n: int) -> None:
    first, second = sorted((one, other))
    for same_day in (True, False):
        assert worktime.working_days(first, n, same_day=same_day) <= worktime.working_days(second, n, same_day=same_day)
    assert worktime.working_hours(first, n) <= worktime.working_hours(second, n)


@quick
@given(moments, st.integers(1, 20), st.sampled_from(["working_hours", "working_days", "clock_hours"]))
def test_the_cutoff_parts_what_is_due_from_what_is_not(now: datetime, n: int, unit: str) -> None:
    def due(t: datetime) -> datetime:
        return worktime.reckon(Span.model_validate({unit: n}), t)

    cutoff = worktime.cutoff(now, due)
    assert due(cutoff) <= now < due(cutoff + timedelta(microseconds=1))


@pytest.mark.parametrize("zone", [UTC, LONDON])
def test_answers_are_in_utc_whatever_zone_was_asked_in(zone: object) -> None:
    t = at("2026-07-02 16:59").astimezone(zone)  # type: ignore[arg-type]
    answers = [
        worktime.clock_hours(t, 1),
        worktime.working_hours(t, 1),
        worktime.working_days(t, 1),
        worktime.after(t, 1),
        worktime.before(t, 1, made_at=t),
        worktime.next_work(t),
    ]
    assert {answer.tzinfo for answer in answers} == {UTC}


def test_a_moment_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        worktime.working_days(datetime(2026, 12, 2, 10), 1)  # noqa: DTZ001


@pytest.mark.parametrize("n", [0, -1])
def test_a_span_of_nothing_is_refused(n: int) -> None:
    for reckon in (worktime.clock_hours, worktime.working_hours, worktime.working_days, worktime.after):
        with pytest.raises(ValueError, match="1 or more"):
            reckon(at("2026-12-02 10:00"), n)


def test_each_agreed_unit_is_reckoned_by_its_own_rule() -> None:
    t = at("2026-12-04 17:01")
    assert worktime.reckon(Span(at_once=True), t) == t
    assert worktime.reckon(Span(clock_hours=24), t) == at("2026-12-05 17:01")
    assert worktime.reckon(Span(working_hours=4), t) == at("2026-12-07 13:00")
    assert worktime.reckon(Span(working_days=1), t) == at("2026-12-08 17:00")
    assert worktime.reckon(Span(working_days=1), t, same_day=True) == at("2026-12-07 17:00")
    assert worktime.reckon(Span(after_due=3), t) == at("2026-12-09 17:00")
    assert worktime.reckon(Span(before_due=1), t) == at("2026-12-03 09:00")
    assert worktime.reckon(Span(days_before=28), t) == at("2026-11-06 09:00")
    with pytest.raises(ValueError, match="no span"):
        worktime.reckon(Span(as_promised=True), t)


def test_a_day_past_the_published_holidays_is_said_to_be_uncertain() -> None:
    assert worktime.calendar_warning(worktime.CALENDAR_TO) is None
    warning = worktime.calendar_warning(worktime.CALENDAR_TO + timedelta(days=1))
    assert warning and "Install a newer" in warning and str(worktime.CALENDAR_TO.year) in warning
    assert worktime.calendar_warning(date(2011, 12, 31))
    assert str(worktime.CALENDAR_TO.year) in worktime.CALENDAR_VERSION
