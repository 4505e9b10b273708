"""The Victims' Code as domain.md 4.2 has it: where the conduct is criminal, its clock runs beside ours and the sooner date is promised.

Our own dates are as soon as the Code's unless the partnership gives itself longer: so it does now and then, for new promises only.
What is decided later makes a sooner promise beside what is open, as becoming enhanced does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.matters import Against
from tests.simulation.promising import CODE, sooner

if TYPE_CHECKING:
    from tests.simulation.model import Model


def decide_code(world: Model, *, party: str, applies: bool) -> None:
    """What happened to this victim is a crime, or after all is not: that lengthens nothing."""
    one = world.party_of(party)
    if one.role != "victim" or one.code == applies:
        raise Against
    one.code = applies
    world.entered(one.report)
    if applies:
        sooner(one, [promise for promise in one.open if promise.kind in CODE], world.now, world.now)


def new_standard(world: Model, *, slower: bool) -> None:
    """The partnership gives itself longer for what the Code speaks of, or no longer. What was promised stays."""
    world.standards.slower = slower
