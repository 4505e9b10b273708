"""When it is safe to write to somebody, in their own words. Every row was worked out by hand, from the words alone."""

from datetime import datetime

import pytest

from sentinel.core.clock import LONDON, UTC
from sentinel.victims.hours import ALWAYS, understood

# November and December 2026: the 30th is a Monday.
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = (
    "2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03", "2026-12-04", "2026-12-05", "2026-12-06",
)  # fmt: skip

# What was said; moments that are safe; moments that are not.
SAID = [
    ("after 3pm", [f"{MONDAY} 15:00", f"{SUNDAY} 20:59"], [f"{MONDAY} 14:59", f"{MONDAY} 21:00", f"{MONDAY} 03:00"]),
    ("After 3.30 pm", [f"{MONDAY} 15:30"], [f"{MONDAY} 15:29"]),
    ("after 3pm, not Fridays", [f"{THURSDAY} 16:00", f"{SATURDAY} 16:00"], [f"{FRIDAY} 16:00", f"{THURSDAY} 10:00"]),
    ("not Fridays, after 3pm", [f"{THURSDAY} 16:00"], [f"{FRIDAY} 16:00", f"{THURSDAY} 10:00"]),
    ("9:30am to 2:30pm, weekdays", [f"{MONDAY} 09:30", f"{FRIDAY} 14:29"], [f"{MONDAY} 14:30", f"{SATURDAY} 10:00", f"{MONDAY} 09:29"]),
    ("Mon-Fri 9am-5pm", [f"{FRIDAY} 16:59"], [f"{FRIDAY} 17:00", f"{SUNDAY} 10:00"]),
    ("Friday to Monday, mornings", [f"{FRIDAY} 09:00", f"{MONDAY} 09:00"], [f"{TUESDAY} 09:00", f"{THURSDAY} 09:00", f"{FRIDAY} 12:00"]),
    ("before 9am or after 6pm", [f"{MONDAY} 08:30", f"{MONDAY} 18:00"], [f"{MONDAY} 09:00", f"{MONDAY} 17:59", f"{MONDAY} 07:59"]),
    ("after 3pm but before 8pm", [f"{MONDAY} 19:59"], [f"{MONDAY} 20:00", f"{MONDAY} 14:00"]),
    ("not on Fridays", [f"{THURSDAY} 08:00", f"{SATURDAY} 20:59"], [f"{FRIDAY} 12:00", f"{SATURDAY} 00:00"]),
    ("never before 10am", [f"{MONDAY} 10:00"], [f"{MONDAY} 09:59", f"{MONDAY} 21:00"]),
    ("not safe after 6pm", [f"{MONDAY} 17:59"], [f"{MONDAY} 18:00", f"{MONDAY} 20:00"]),
    ("not mornings", [f"{MONDAY} 12:00"], [f"{MONDAY} 11:59"]),
    ("any time except Fridays and Saturdays", [f"{THURSDAY} 12:00", f"{SUNDAY} 12:00"], [f"{FRIDAY} 12:00", f"{SATURDAY} 12:00"]),
    ("mornings, not Tuesdays or Thursdays", [f"{MONDAY} 11:00"], [f"{TUESDAY} 11:00", f"{THURSDAY} 11:00", f"{MONDAY} 13:00"]),
    ("mornings and evenings", [f"{MONDAY} 08:00", f"{MONDAY} 17:00"], [f"{MONDAY} 13:00"]),
    ("weekends", [f"{SATURDAY} 09:00", f"{SUNDAY} 09:00"], [f"{FRIDAY} 20:00"]),
    ("5pm onwards", [f"{MONDAY} 17:00"], [f"{MONDAY} 16:59"]),
    ("18:00 until 20:00", [f"{MONDAY} 19:59"], [f"{MONDAY} 20:00"]),
    ("between 10am and noon", [f"{MONDAY} 11:59"], [f"{MONDAY} 12:00"]),
    ("Weds after 3pm", [f"{WEDNESDAY} 15:00"], [f"{THURSDAY} 15:00"]),
]  # fmt: skip
# What a person has to judge: it says no times, or could be read in two ways, or so that nothing is left.
FOR_A_PERSON = [
    "when he is at work", "school hours", "9 to 5", "after three", "9-5", "tomorrow", "term time, mornings", "never", "not safe",
    "weekdays after 6pm, weekends any time", "Mondays after 3pm, Tuesdays mornings", "not Fridays after 3pm", "not Fridays, Saturdays",
    "not mornings, afternoons", "unsafe evenings", "home after 6pm", "10pm to 2am", "5pm to 9am", "after 10pm", "before 7am",
    "afternoons after 3pm", "after 3pm, mornings", "Mondays, not Mondays", "ask her first", "2:30 to 3:30", "25:00 to 26:00", "13pm",
]  # fmt: skip


def moment(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(("words", "safe", "unsafe"), SAID, ids=[words for words, *_ in SAID])
def test_what_was_said_holds_when_it_was_said_to_and_at_no_other_time(words, safe, unsafe):
    times = understood(words)
    assert times is not None
    assert [at for at in safe if not times.holds(moment(at))] == []
    assert [at for at in unsafe if times.holds(moment(at))] == []


@pytest.mark.parametrize("words", FOR_A_PERSON)
def test_what_only_a_person_can_judge_is_not_guessed(words):
    assert understood(words) is None


@pytest.mark.parametrize("words", ["", "  ", None, "any time", "Anytime."])
def test_where_nothing_was_said_of_times_any_will_do(words):
    assert understood(words) == ALWAYS


@pytest.mark.parametrize(
    ("words", "from_", "to"),
    [
        ("after 3pm", f"{MONDAY} 10:12", f"{MONDAY} 15:00"),
        ("after 3pm", f"{MONDAY} 15:00", f"{MONDAY} 15:00"),
        ("after 3pm", f"{MONDAY} 22:00", f"{TUESDAY} 15:00"),
        ("after 3pm, not Tuesdays", f"{MONDAY} 22:00", f"{WEDNESDAY} 15:00"),
        ("weekends", f"{MONDAY} 09:00", f"{SATURDAY} 08:00"),
        ("Mondays", f"{MONDAY} 21:00", "2026-12-07 08:00"),
        ("after 3pm", "2026-10-25 00:30", "2026-10-25 15:00"),  # the clocks go back at two
        ("after 3pm", "2027-03-27 22:00", "2027-03-28 15:00"),  # and forward at one
    ],
)
def test_what_waits_goes_at_the_first_moment_that_is_safe(words, from_, to):
    times = understood(words)
    assert times is not None
    assert times.next(moment(from_)) == moment(to)


@pytest.mark.parametrize(
    ("words", "from_", "until", "begin"),
    [
        ("after 3pm", f"{MONDAY} 10:00", f"{TUESDAY} 14:00", [f"{MONDAY} 15:00"]),
        ("mornings and evenings", f"{MONDAY} 10:00", f"{TUESDAY} 17:01", [f"{MONDAY} 17:00", f"{TUESDAY} 08:00", f"{TUESDAY} 17:00"]),
        ("after 3pm", f"{MONDAY} 16:00", f"{TUESDAY} 15:00", []),
    ],
)
def test_the_safe_times_that_are_left_are_where_one_begins(words, from_, until, begin):
    times = understood(words)
    assert times is not None
    assert times.openings(moment(from_), moment(until)) == [moment(at) for at in begin]
