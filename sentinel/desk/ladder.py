"""The ladder of a case as its page shows it: tiers, what was done on each and its next steps, and which powers are left to use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from config import agreed
from config.agreed.powers import Power
from sentinel.access import queries as people_of
from sentinel.access.models import User
from sentinel.cases.models import Case, CaseEvent
from sentinel.desk.overview import TIERS, intervention_standing, reason_words
from sentinel.interventions import forms, needs, queries, states
from sentinel.interventions.models import Intervention
from sentinel.interventions.needs import Need
from sentinel.interventions.rules import skips_to_court


class Open(NamedTuple):
    """Which form is open, and under which power or intervention."""

    what: str
    key: str


@dataclass(frozen=True)
class Tried:
    """An intervention, how it stands, what may be done next and what its story says."""

    one: Intervention
    power: Power | None
    name: str
    standing: str
    steps: list[tuple[str, str]]
    lines: Sequence[CaseEvent]
    for_child: bool
    untold: bool


@dataclass(frozen=True)
class Choice:
    """A power that may be used, and what it needs."""

    power: Power
    needs: list[Need]
    usually: str
    skips: bool


@dataclass(frozen=True)
class Tier:
    """A rung: what was tried, what was considered and not used, what may be used."""

    key: str
    name: str
    tried: list[Tried]
    not_used: list[tuple[Intervention, str, str]]
    choices: list[Choice]
    shut: list[tuple[Power, str]]

    @property
    def is_done(self) -> bool:
        """Was anything of it carried out?"""
        return bool(queries.carried_out(row.one for row in self.tried))


@dataclass(frozen=True)
class Ladder:
    """The whole page."""

    tiers: list[Tier]
    stands: str
    waiting: int
    further: int
    vulnerable: list[str]
    children: bool
    signers: list[User]

    @property
    def shut(self) -> list[tuple[str, str, list[Power]]]:
        """The powers that cannot be used here: by tier and the reason why."""
        grouped: dict[tuple[str, str], list[Power]] = {}
        for tier in self.tiers:
            for power, why in tier.shut:
                grouped.setdefault((tier.name, why), []).append(power)
        return [(tier_name, why, powers) for (tier_name, why), powers in grouped.items()]


def of(case: Case, actor: User) -> Ladder:
    """The ladder of this case as this person may use it."""
    rows = queries.of_case(case)
    lines = queries.history(case)
    tiers = [_tier(key, name, case, actor, rows, lines) for key, name in TIERS]
    return Ladder(
        tiers=tiers,
        stands=_stands(rows),
        waiting=sum(row.state == "proposed" for row in rows),
        further=queries.further_incidents(case, rows),
        vulnerable=needs.vulnerable(case),
        children=any(queries.is_child(one) for one in queries.alleged(case)),
        signers=people_of.supervisors(case.team_id),
    )


def _tier(key: str, name: str, case: Case, actor: User, rows: Sequence[Intervention], lines: dict[str, list[CaseEvent]]) -> Tier:
    mine = [row for row in rows if row.tier == key]
    powers = [power for power in agreed.current().powers.power if power.tier == key]
    usable = queries.usable(actor)
    done = [row.tier for row in queries.carried_out(rows)]
    return Tier(
        key,
        name,
        [_tried(row, actor, lines.get(str(row.id), [])) for row in mine if row.state != "not_used"],
        [(row, queries.power_name(row.power_key), reason_words(row)) for row in mine if row.state == "not_used"],
        [Choice(power, needs.of(power, case), forms.usually(power), skips_to_court(key, done)) for power in powers if power.key in usable],
        [(power, queries.why_not(power, actor)) for power in powers if power.key not in usable],
    )


def _tried(row: Intervention, actor: User, lines: Sequence[CaseEvent]) -> Tried:
    power = queries.power_of(row.power_key)
    told: dict[str, str] = next((line.data["told"] for line in reversed(lines) if line.data and "told" in line.data), {})
    child = queries.is_child(row.party)
    untold = child and row.starts_on is not None and row.state in states.LIVE and "not_yet" in told.values()
    name = queries.power_name(row.power_key)
    steps = _after_closing(row) if row.case.state == "closed" else _steps(row, power, actor, untold)
    return Tried(row, power, name, intervention_standing(row), steps, lines, child, untold)


def _steps(row: Intervention, power: Power | None, actor: User, untold: bool) -> list[tuple[str, str]]:
    """What may be done with it now, as (step, words), the usual one first."""
    moves = states.moves_of(power.moves if power else None)
    if row.state == "proposed":
        return [("answer", "Answer")] if queries.may_answer(actor, row) else [("take-back", "Take back")]
    if row.state == "authorised":
        return [("start", "Start"), ("take-back", "Not carried out")]
    offered = [("told", "Record who was told")] if untold else []
    if states.may(moves, row.state, "breached"):
        offered.append(("breach", "Note a breach"))
    if row.state == "breached":
        offered.append(("go-on", "It goes on"))
    offered.append(("end", "End it"))
    if row.case.state == "closure_proposed":
        offered.append(("hand-on", "Somebody looks after it"))
    return offered if row.state in states.LIVE else []


def _after_closing(row: Intervention) -> list[tuple[str, str]]:
    """What may be done once the case has closed with what somebody looks after."""
    goes_on = row.looked_after_by is not None and row.state in states.LIVE
    return [("end", "End it"), ("hand-on", "Somebody else looks after it")] if goes_on else []


def _stands(rows: Iterable[Intervention]) -> str:
    """The highest tier on which something was carried out, in words."""
    reached = {row.tier for row in queries.carried_out(rows)}
    names = [name for key, name in TIERS if key in reached]
    return names[-1] if names else ""
