"""What may become of a report and a case: every allowed move, and no other."""

from datetime import date

import pytest

from sentinel.cases import states
from sentinel.cases.models import CASE_STATES, REPORT_STATES
from sentinel.core.errors import Refused

REPORT = {("received", to) for to in ("opened", "joined", "signposted", "no_further_action", "withdrawn")}
CASE = {("open", "closure_proposed"), ("closure_proposed", "open"), ("closure_proposed", "closed"), ("closed", "open")}


@pytest.mark.parametrize("to", REPORT_STATES)
@pytest.mark.parametrize("state", REPORT_STATES)
def test_a_report_is_decided_once_and_never_again(state, to):
    if (state, to) in REPORT:
        assert states.move_report(state, to) == to
    else:
        with pytest.raises(Refused, match="This report was already decided"):
            states.move_report(state, to)


@pytest.mark.parametrize("to", CASE_STATES)
@pytest.mark.parametrize("state", CASE_STATES)
def test_a_case_is_proposed_for_closing_before_it_is_closed(state, to):
    if (state, to) in CASE:
        assert states.move_case(state, to) == to
    else:
        with pytest.raises(Refused, match=f"This case is {states.CASE_WORDS[state]}"):
            states.move_case(state, to)


def test_every_state_of_the_database_has_its_words_and_its_moves():
    assert set(states.REPORT_MOVES) == set(states.REPORT_WORDS) == set(REPORT_STATES)
    assert set(states.CASE_MOVES) == set(states.CASE_WORDS) == set(CASE_STATES)


def test_a_refusal_says_what_the_case_is_and_what_it_can_become():
    with pytest.raises(Refused) as refused:
        states.move_case("open", "closed")
    assert refused.value.sentence == "This case is open. From there it can only become proposed for closing."


@pytest.mark.parametrize("state", ["closed", "transferred"])
def test_nobody_works_on_a_case_that_is_not_live(state):
    with pytest.raises(Refused, match="Reopen it first"):
        states.refuse_unless_live(state)


def test_a_case_stands_at_the_highest_level_of_its_victims():
    assert states.highest(["standard", None, "high", "medium"]) == "high"
    assert states.highest(["standard", "medium"]) == "medium"
    assert states.highest([None, None]) is None


@pytest.mark.parametrize(
    ("born", "age", "child"),
    [
        (date(2008, 11, 23), None, True),
        (date(2008, 11, 22), None, False),
        (date(2008, 2, 29), None, False),
        (date(2008, 11, 22), 12, False),
        (None, 17, True),
        (None, 18, False),
        (None, None, False),
    ],
)
def test_a_child_is_under_eighteen_on_the_day(born, age, child):
    assert states.is_child(born, age, date(2026, 11, 22)) is child
