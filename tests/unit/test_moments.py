"""Moments in words: what is understood, what is asked, what is refused with a sentence."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.core.clock import london
from sentinel.core.moments import NotUnderstoodError, UnreadableError, real_date, understand, written
from tests.unit.moments import moments

NOW = datetime(2026, 12, 2, 10, 47, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("today 6:30am", "Wednesday 2 December 2026, 6:30am"),
        ("TODAY, at 6.30 a.m.", "Wednesday 2 December 2026, 6:30am"),
        ("half past six this morning", "Wednesday 2 December 2026, 6:30am"),
        ("quarter to seven yesterday evening", "Tuesday 1 December 2026, 6:45pm"),
        ("yesterday evening", "Tuesday 1 December 2026, in the evening"),
        ("yesterday afternoon around 3", "Tuesday 1 December 2026, 3pm"),
        ("last night", "Tuesday 1 December 2026, at night"),
        ("last night at 2am", "Wednesday 2 December 2026, 2am"),
        ("early hours of this morning", "Wednesday 2 December 2026, in the early hours"),
        ("10pm", "Tuesday 1 December 2026, 10pm"),
        ("noon", "Tuesday 1 December 2026, midday"),
        ("Friday", "Friday 27 November 2026"),
        ("last Wednesday", "Wednesday 25 November 2026"),
        ("Saturday 14:00", "Saturday 28 November 2026, 2pm"),
        ("1/12/2026 18:05", "Tuesday 1 December 2026, 6:05pm"),
        ("1/12/26 18:05", "Tuesday 1 December 2026, 6:05pm"),
        ("2026-12-01T10:05", "Tuesday 1 December 2026, 10:05am"),
        ("2026-12-01T18:05", "Tuesday 1 December 2026, 6:05pm"),
        ("December 1st 9am", "Tuesday 1 December 2026, 9am"),
        ("25 dec", "Thursday 25 December 2025"),
        ("29 February", "Thursday 29 February 2024"),
        ("2 hours ago", "Wednesday 2 December 2026, 8:47am"),
        ("half an hour ago", "Wednesday 2 December 2026, 10:17am"),
        ("three days ago", "Sunday 29 November 2026"),
        ("now", "Wednesday 2 December 2026, 10:47am"),
    ],
)
def test_words_for_a_time_are_said_back_as_a_date(typed: str, understood: str) -> None:
    assert understand(typed, NOW).words == understood


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("tomorrow 2pm", "Thursday 3 December 2026, 2pm"),
        ("Friday 10am", "Friday 4 December 2026, 10am"),
        ("25 December", "Friday 25 December 2026"),
        ("3pm", "Wednesday 2 December 2026, 3pm"),
        ("9am", "Thursday 3 December 2026, 9am"),
    ],
)
def test_a_time_to_come_is_the_next_one(typed: str, understood: str) -> None:
    assert understand(typed, NOW, future=True).words == understood


def test_a_summer_time_is_london_time() -> None:
    assert understand("4 June 2026 2pm", NOW).start == datetime(2026, 6, 4, 13, tzinfo=UTC)


def test_what_is_still_going_on_ends_now() -> None:
    span = understand("this morning", NOW)
    assert (span.start, span.end) == (datetime(2026, 12, 2, 6, tzinfo=UTC), NOW)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("30 February", "30 February is not a date. Enter a real day, month and year, such as 3 12 2026."),
        ("31/02/2026", "31 February is not a date. Enter a real day, month and year, such as 3 12 2026."),
        ("1/13/2026", "1/13 is not a date. Enter a real day, month and year, such as 3 12 2026."),
        ("tomorrow 2pm", "Thursday 3 December 2026, 2pm has not happened yet. Enter when it happened, such as today 6:30am."),
        ("yesterday 6:30", "Enter whether 6:30 is morning or evening: 6:30am or 6:30pm."),
        ("1/1/1026", "Check the year: 1026 is too long ago. Enter it in four figures, such as 3 12 2026."),
        ("13pm", "“13pm” is not a time of day. Enter a day and a time, such as today 6:30am, yesterday evening or 3 December 2pm."),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_what_to_type(typed: str, sentence: str) -> None:
    with pytest.raises(NotUnderstoodError) as refused:
        understand(typed, NOW)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("typed", ["on and off for weeks", "💩", "every night", "dunno", "٣", "²"])
def test_words_that_are_no_time_are_told_apart_from_wrong_ones(typed: str) -> None:
    with pytest.raises(UnreadableError):
        understand(typed, NOW)


@given(st.text(max_size=60), st.booleans())
def test_no_text_breaks_the_reading_of_moments(typed: str, future: bool) -> None:
    try:
        span = understand(typed, NOW, future=future)
    except NotUnderstoodError:
        return
    assert span.start <= span.end


@given(moments)
def test_a_stored_moment_is_read_back_the_same(moment: datetime) -> None:
    again = understand(written(moment), NOW, future=moment > NOW).start
    assert again == moment or (london(again).replace(tzinfo=None) == london(moment).replace(tzinfo=None) and london(moment).fold)


def test_the_leap_day_of_a_common_year_is_no_date() -> None:
    with pytest.raises(NotUnderstoodError, match="29 February is not a date"):
        real_date(2026, 2, 29)


@pytest.mark.parametrize("typed", ["1 December 10am", "1/12 10am", "30 November"])
def test_a_day_that_has_just_passed_is_not_taken_for_next_year(typed: str) -> None:
    now = datetime(2026, 12, 2, 9, 0, tzinfo=UTC)
    with pytest.raises(NotUnderstoodError, match="has passed. If you mean 2027, enter the year too"):
        understand(typed, now, future=True)
    assert understand("1 December 2027 10am", now, future=True).start.year == 2027
    assert understand("1 September 10am", now, future=True).start.year == 2027
