"""What may become of an intervention, and when it may begin and end."""

from datetime import date

import pytest

from config import agreed
from sentinel.core.errors import Refused
from sentinel.interventions import rules, states
from sentinel.interventions.models import STATES

TODAY = date(2026, 12, 2)
POWERS = [power for power in agreed.current().powers.power if power.active]


@pytest.mark.parametrize("power", POWERS, ids=lambda power: power.key)
def test_every_move_of_a_power_is_allowed_and_no_other(power):
    for state in STATES:
        for to in STATES:
            again = state == to == "breached"
            if to in power.moves.get(state, ()) or again:
                assert states.move(power.moves, state, to) == to
            else:
                with pytest.raises(Refused, match=f"is {states.WORDS[state]}"):
                    states.move(power.moves, state, to)


@pytest.mark.parametrize("power", POWERS, ids=lambda power: power.key)
def test_whatever_a_power_began_can_be_brought_to_an_end(power):
    """Otherwise a case with it could never be closed."""
    for state in power.moves:
        seen, ahead = set(), [state]
        while ahead:
            one = ahead.pop()
            seen.add(one)
            ahead += [to for to in power.moves[one] if to not in seen]
        assert seen.intersection(("ended", "refused"))


def test_a_power_the_standards_no_longer_describe_can_still_be_ended():
    assert states.moves_of({}) is states.USUAL
    assert states.moves_of(None) is states.USUAL
    assert states.move(states.moves_of(None), "in_force", "ended") == "ended"


def test_a_refusal_says_what_can_follow():
    with pytest.raises(Refused, match="waiting to be authorised. From there it can only become authorised, not started or not authorised"):
        states.move(states.USUAL, "proposed", "in_force")
    with pytest.raises(Refused, match="is ended. Nothing can follow that"):
        states.move(states.USUAL, "ended", "in_force")


def test_every_state_has_words_and_live_ones_have_moves():
    assert set(states.WORDS) == set(STATES)
    assert set(states.LIVE) == set(states.USUAL)


@pytest.mark.parametrize(
    ("starts_on", "not_before", "sentence"),
    [
        (None, None, "Enter the day it starts"),
        (date(2026, 12, 3), None, "still to come"),
        (date(2026, 11, 30), date(2026, 12, 1), "authorised on Tuesday 1 December"),
    ],
)
def test_a_start_is_refused(starts_on, not_before, sentence):
    with pytest.raises(Refused, match=sentence) as refused:
        rules.refuse_start(starts_on, today=TODAY, not_before=not_before)
    assert refused.value.field == "starts_on"


def test_a_start_on_the_day_of_authority_and_today_are_fine():
    assert rules.refuse_start(date(2026, 12, 1), today=TODAY, not_before=date(2026, 12, 1)) == date(2026, 12, 1)
    assert rules.refuse_start(TODAY, today=TODAY) == TODAY


@pytest.mark.parametrize(
    ("ends_on", "sentence"),
    [
        (None, "Enter the day it ends"),
        (date(2026, 11, 29), "before it starts"),
        (date(2026, 12, 1), "has passed"),
        (date(2062, 6, 1), "Check the year"),
    ],
)
def test_an_end_is_refused(ends_on, sentence):
    with pytest.raises(Refused, match=sentence) as refused:
        rules.refuse_end(date(2026, 11, 30), ends_on, today=TODAY)
    assert refused.value.field == "ends_on"


@pytest.mark.parametrize(("age", "refused"), [(0, True), (9, True), (10, False), (17, False), (None, False)])
def test_no_power_under_ten(age, refused):
    if refused:
        with pytest.raises(Refused, match="under 10"):
            rules.refuse_under_ten("Sam", age)
    else:
        rules.refuse_under_ten("Sam", age)


def test_for_a_child_both_have_to_be_answered():
    with pytest.raises(Refused, match="parent or guardian") as refused:
        rules.refuse_untold({"youth_justice": "yes"})
    assert refused.value.field == "parent_told"
    with pytest.raises(Refused, match="youth justice") as refused:
        rules.refuse_untold({"parent": "not_safe"})
    assert refused.value.field == "youth_justice"
    assert rules.told_words({"parent": "yes", "youth_justice": "not_yet"}) == "Parent or guardian told. Youth justice not told yet."


@pytest.mark.parametrize(
    ("tier", "before", "skips"),
    [
        ("court", (), True),
        ("court", ("advice",), True),
        ("court", ("advice", "early"), False),
        ("court", ("notice",), False),
        ("notice", (), False),
        ("early", (), False),
    ],
)
def test_going_to_court_with_nothing_between_is_a_skip(tier, before, skips):
    assert rules.skips_to_court(tier, before) is skips


@pytest.mark.parametrize(
    ("used", "further", "asks"),
    [
        ((), 9, False),
        (("advice",), 2, False),
        (("advice",), 3, True),
        (("advice", "early"), 3, True),
        (("early", "notice"), 5, False),
        (("court",), 3, False),
    ],
)
def test_three_further_incidents_on_early_steps_ask_for_more(used, further, asks):
    assert rules.more_to_consider(used, further) is asks
