"""How a referral moves (rules.md, Referrals). Pure.

held | open -> acknowledged -> accepted -> contacted -> closed; declined or withdrawn from any open state. A later event
implies the earlier ones; one at or behind the present state changes nothing.
"""

FORWARD = ("open", "acknowledged", "accepted", "contacted", "closed")
ENDED = ("closed", "declined", "withdrawn")
OPEN = ("held", "open", "acknowledged", "accepted", "contacted")
AGENCY_EVENTS = ("acknowledged", "accepted", "declined", "contacted", "closed")


class ImpossibleMoveError(ValueError):
    """This cannot follow. `state` is the present one, `allowed` what can follow it."""

    def __init__(self, state: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"A referral that is {state} cannot do that.")
        self.state = state
        self.allowed = allowed


def allowed(state: str) -> tuple[str, ...]:
    """What can follow this state, nearest first."""
    if state in ENDED:
        return ()
    ahead = ("open",) if state == "held" else FORWARD[FORWARD.index(state) + 1 :]
    return (*ahead, *(("withdrawn",) if state == "held" else ("declined", "withdrawn")))


def after(state: str, event: str) -> str | None:
    """The state that follows, or None when the event is at or behind the present one. Otherwise ImpossibleMoveError."""
    if event in allowed(state):
        return event
    if event == state or _behind(state, event):
        return None
    raise ImpossibleMoveError(state, allowed(state))


def _behind(state: str, event: str) -> bool:
    return state in FORWARD and event in FORWARD and FORWARD.index(event) < FORWARD.index(state)
