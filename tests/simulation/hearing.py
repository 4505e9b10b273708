"""Hearings as rules.md has them ("Promises"): told the date, spoken to in the five days before, told the result.

Two decisions follow the code where rules.md is silent: the five days begin at nine on the fifth working day before and nobody is
spoken to later than five on the last working day before, or else the hearing itself; whoever comes late, or is found late, is
promised the hearings still to come.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.simulation.holding import tellable
from tests.simulation.matters import Against, Case, Hearing, Party, Promise, there
from tests.simulation.promising import end, make
from tests.unit import reckoner

if TYPE_CHECKING:
    from tests.simulation.model import Model

FURTHEST = timedelta(days=3 * 366)
BEFORE = ("hearing_set", "hearing_eve")
DAYS_BEFORE = 5


def set_hearing(world: Model, *, case: str, name: str, at: datetime) -> None:
    """A court will hear something about a case. Not twice at the same moment."""
    one = world.live_case(case)
    if any(each.case is one and each.at == at and each.state == "set" for each in world.hearings.values()):
        raise Against
    _begin(world, Hearing(name, one, at))


def move_hearing(world: Model, *, case: str, hearing: str, name: str, at: datetime) -> None:
    """Another day: the old one is no longer told of, and the new one by when the old one was to be told."""
    old = _to_come(world, case, hearing)
    if at == old.at:
        raise Against
    new = Hearing(name, old.case, at)
    _refuse_moment(world, at)
    old.state = "moved"
    _begin(world, new, _no_longer_heard(old))


def cancel_hearing(world: Model, *, case: str, hearing: str) -> None:
    """It will not be heard: told as a result is."""
    _ended(world, _to_come(world, case, hearing), "cancelled", world.now)


def hearing_held(world: Model, *, case: str, hearing: str, held: datetime) -> None:
    """What the court decided, and when."""
    one = _to_come(world, case, hearing)
    if held > world.now:
        raise Against
    _ended(world, one, "held", held)


def newcomers(world: Model, case: Case) -> None:
    """Whoever is owed something on the case and has not been promised a hearing to come is promised it now; nobody twice."""
    for one in world.hearings.values():
        if one.case is case and one.state == "set" and one.at > world.now:
            _promise(world, one, {})


def unprepared(hearing: Hearing) -> list[datetime]:
    """From when each victim was to be spoken to who has not been, while the hearing is to come."""
    if hearing.state != "set":
        return []
    return [one.starts for party in hearing.case.parties for one in _about(party, hearing, "hearing_eve") if one.state == "open"]


def _to_come(world: Model, case: str, name: str) -> Hearing:
    one: Hearing = there(world.hearings, name)
    world.live_case(case)
    if one.state != "set":
        raise Against
    return one


def _refuse_moment(world: Model, at: datetime) -> None:
    if not world.now < at <= world.now + FURTHEST:
        raise Against


def _begin(world: Model, hearing: Hearing, told_by: dict[str, datetime] | None = None) -> None:
    _refuse_moment(world, hearing.at)
    world.hearings[hearing.name] = hearing
    hearing.case.entered = world.now
    _promise(world, hearing, told_by or {})


def _promise(world: Model, hearing: Hearing, told_by: dict[str, datetime]) -> None:
    for party in hearing.case.parties:
        if party.owed and not _about(party, hearing, *BEFORE):
            latest = min(told_by.get(party.name, hearing.at), hearing.at)
            since = tellable(hearing.case, world.now, world.now)
            make(party, "hearing_set", since, world.now, latest=latest, hearing=hearing.name)
            start, last = _eve(hearing.at, world.now)
            make(party, "hearing_eve", start, world.now, latest=last, hearing=hearing.name)
            hearing.case.entered = world.now


def _eve(at: datetime, now: datetime) -> tuple[datetime, datetime]:
    start = reckoner.before(at, DAYS_BEFORE, now)
    last = reckoner.closing(reckoner.nth_working_day(at.astimezone(reckoner.LONDON).date(), -1))
    return start, last if last > start else at


def _ended(world: Model, hearing: Hearing, state: str, held: datetime) -> None:
    hearing.state = state
    hearing.case.entered = world.now
    _no_longer_heard(hearing)
    for party in hearing.case.parties:
        if party.owed:
            make(party, "hearing_result", tellable(hearing.case, held, world.now), world.now, hearing=hearing.name)


def _no_longer_heard(hearing: Hearing) -> dict[str, datetime]:
    """Nobody need be told or prepared any more; by when those who were not told were to be, by party."""
    told_by: dict[str, datetime] = {}
    for party in hearing.case.parties:
        still = [one for one in _about(party, hearing, *BEFORE) if one.state == "open"]
        dates = [one.due for one in still if one.kind == "hearing_set"]
        told_by |= {party.name: min(dates)} if dates else {}
        end(still)
    return told_by


def _about(party: Party, hearing: Hearing, *kinds: str) -> list[Promise]:
    return [one for one in party.promises if one.hearing == hearing.name and one.kind in kinds]
