"""The ASB case review as rules.md has it ("Repeats"): explained at the second distinct incident, and when somebody may ask for one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tests.simulation import telling
from tests.simulation.matters import Party, Report
from tests.simulation.promising import end, make

if TYPE_CHECKING:
    from tests.simulation.model import Model

KINDS = ("explain_review", "may_apply")
MONTHS = 6


def due(world: Model, party: Party) -> list[str]:
    """Two distinct incidents in six calendar months up to this report: explained. Three, or one of hate: they may ask."""
    received = party.report.received
    after = telling.months_before(received, MONTHS)
    own = [one for one in _parties(world, party.person) if one.report.state != "withdrawn" and after < one.report.received <= received]
    incidents = {one.report.incident or one.report.name for one in own}
    found = {"explain_review": len(incidents) >= 2, "may_apply": len(incidents) >= 3 or any(one.hate for one in own)}
    return [kind for kind in KINDS if found[kind]]


def tell(world: Model, party: Party, since: datetime) -> None:
    """Promise it, once in the months that count, from when it came to light."""
    if party.owed:
        after = telling.months_before(party.report.received, MONTHS)
        made = [one for each in _parties(world, party.person) for one in each.promises if one.state != "ended" and one.starts > after]
        for kind in due(world, party):
            if kind not in [one.kind for one in made]:
                make(party, kind, since, world.now)
                world.entered(party.report)  # whoever's act it was, it stands on the story of this case


def follow(world: Model, reports: list[Report]) -> None:
    """Linked or withdrawn: for each victim of these, what no longer holds is taken back, and what holds now is promised now."""
    for person in dict.fromkeys(party.person for one in reports for party in one.parties if party.role == "victim"):
        parties = sorted(_parties(world, person), key=lambda party: (party.report.received, int(party.report.name[1:])))
        for party in parties:
            still = due(world, party)
            end([one for one in party.open if one.kind in KINDS and one.kind not in still])
        for party in [party for party in parties if party.owed][-1:]:
            tell(world, party, world.now)


def _parties(world: Model, person: str) -> list[Party]:
    return [party for party in world.parties.values() if party.person == person and party.role == "victim"]
