"""What may become of an intervention: each power's own table of moves, read here (rules.md, "Interventions"). Pure."""

from collections.abc import Mapping

from sentinel.core.errors import Refused

Moves = Mapping[str, tuple[str, ...]]

# For a power that the standards no longer describe: what was begun can still be finished.
USUAL: Moves = {
    "proposed": ("authorised", "refused", "ended"),
    "authorised": ("in_force", "ended"),
    "in_force": ("breached", "ended"),
    "breached": ("in_force", "ended"),
}

WORDS = {
    "proposed": "waiting to be authorised",
    "authorised": "authorised, not started",
    "refused": "not authorised",
    "in_force": "in force",
    "breached": "breached",
    "ended": "ended",
    "not_used": "considered and not used",
}

LIVE = ("proposed", "authorised", "in_force", "breached")


def moves_of(own: Moves | None) -> Moves:
    """The moves of a power: its own, else the usual ones."""
    return own or USUAL


def may(moves: Moves, state: str, to: str) -> bool:
    """Can it go from `state` to `to`? A breach may be noted again and again while it lasts."""
    return to in moves.get(state, ()) or (state == to == "breached")


def move(moves: Moves, state: str, to: str) -> str:
    """The new state, or Refused with a sentence that says what it is now and what can follow."""
    if may(moves, state, to):
        return to
    possible = " or ".join(WORDS[one] for one in moves.get(state, ()))
    after = f"From there it can only become {possible}." if possible else "Nothing can follow that."
    raise Refused(f"This intervention is {WORDS[state]}. {after}")
