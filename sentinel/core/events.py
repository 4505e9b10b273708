"""How one room tells the others that something happened, without knowing them.

A verb publishes a past-tense event; what follows is read off one page, `sentinel/reactions.py`, and happens at once, in
the same transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import current_app

Reaction = Callable[[Any], None]
Reactions = Mapping[type, Sequence[Reaction]]


def publish(event: object) -> None:
    """Call, in order, everything that follows from `event`. An event nobody listed is a programming error."""
    reactions: Reactions = current_app.extensions["sentinel.reactions"]
    for reaction in reactions[type(event)]:
        reaction(event)
