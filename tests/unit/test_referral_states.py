"""How a referral may move, against an independent table of every state and event."""

import pytest

from sentinel.referrals import states
from sentinel.referrals.models import OPEN_STATES, STATES

MOVES, SAME, NO = "moves", "same", "impossible"
EVENTS = ("open", "acknowledged", "accepted", "contacted", "closed", "declined", "withdrawn")
# Written from rules.md, "Referrals": a row for each present state, a column for each event above.
TABLE = {
    "held": (MOVES, NO, NO, NO, NO, NO, MOVES),
    "open": (SAME, MOVES, MOVES, MOVES, MOVES, MOVES, MOVES),
    "acknowledged": (SAME, SAME, MOVES, MOVES, MOVES, MOVES, MOVES),
    "accepted": (SAME, SAME, SAME, MOVES, MOVES, MOVES, MOVES),
    "contacted": (SAME, SAME, SAME, SAME, MOVES, MOVES, MOVES),
    "closed": (SAME, SAME, SAME, SAME, SAME, NO, NO),
    "declined": (NO, NO, NO, NO, NO, SAME, NO),
    "withdrawn": (NO, NO, NO, NO, NO, NO, SAME),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("event", EVENTS)
def test_every_event_in_every_state_does_what_the_rules_say(state, event):
    expected = TABLE[state][EVENTS.index(event)]
    if expected == NO:
        with pytest.raises(states.ImpossibleMoveError) as impossible:
            states.after(state, event)
        assert impossible.value.state == state
        assert event not in impossible.value.allowed
    else:
        assert states.after(state, event) == (event if expected == MOVES else None)


def test_what_is_allowed_is_exactly_what_moves():
    for state, row in TABLE.items():
        assert set(states.allowed(state)) == {event for event, result in zip(EVENTS, row, strict=True) if result == MOVES}


def test_the_states_here_are_those_of_the_table_in_the_database():
    assert {*states.OPEN, *states.ENDED} == set(STATES)
    assert set(states.OPEN) == set(OPEN_STATES)
