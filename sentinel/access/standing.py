"""What stands of a person, a team or a partner, for whoever changes it: two who do so at once are told, and nobody's word is lost.

Each has a version for each form of theirs, made from what the form shows: a row also changes by itself (who was last seen when).
"""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from config import agreed
from sentinel.access.models import REGIMES, VETTING_LEVELS, Partner, Team, User
from sentinel.core.db import lock
from sentinel.core.errors import Stale
from sentinel.core.versions import version_of

Pairs = list[tuple[str, str]]
Row = TypeVar("Row", User, Team, Partner)
STALE = "Somebody else changed this while you had it open. Nothing of yours was saved. Compare the two, then save what should stand."


def hold(row: Row, standing: Callable[[Row], Pairs], version: int | None) -> None:
    """Hold a row until this transaction ends, as it is now. Raises Stale when `version` is not the one its editor had before them."""
    lock(row)
    if version is not None and version != (now := version_of(standing(row))):
        raise Stale(STALE, yours=[], theirs=standing(row), version=now)


def of_person(user: User) -> Pairs:
    """What somebody is called, their telephone, and what they hold."""
    held = sorted(f"{one.role.replace('_', ' ').capitalize()}, {one.team.name}" for one in user.holdings)
    return [("Name", user.name), ("Work telephone", user.phone or ""), ("Roles", "; ".join(held))]


def of_vetting(user: User) -> Pairs:
    """How far somebody is vetted, and until when."""
    return [("Vetting", VETTING_LEVELS.get(user.vetting_level or "", "")), ("Last day of the vetting", _day(user.vetted_until))]


def of_team(team: Team) -> Pairs:
    """What a team is called, and its telephone."""
    return [("Name", team.name), ("Telephone", team.phone or "")]


def of_partner(partner: Partner) -> Pairs:
    """The law a partner works under, its powers, and who came after it."""
    names = {power.key: power.name for power in agreed.current().powers.power}
    held = sorted(names.get(power.power_key, power.power_key) for power in partner.powers if power.until is None)
    after = partner.successor.name if partner.successor else ""
    return [
        ("Data protection", REGIMES[partner.regime]),
        ("Powers it holds", ", ".join(held)),
        ("Partner that came after it", after),
        ("Since", _day(partner.succeeded_on)),
    ]


def _day(date: date | None) -> str:
    return f"{date.day} {date:%B %Y}" if date else ""
