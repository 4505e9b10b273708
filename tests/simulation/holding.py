"""Telling held for a police operation as rules.md has it ("Promises"): by a supervisor, at most five working days.

Follows the code where rules.md is silent: what is held are what was done, hearing dates and results; what was to be told of it by
the end is promised anew from then on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from tests.simulation.matters import Against, Case
from tests.simulation.promising import end, make
from tests.unit import reckoner

if TYPE_CHECKING:
    from tests.simulation.model import Model

HELD = ("after_intervention", "hearing_set", "hearing_result")
AT_MOST = 5


def hold_telling(world: Model, *, case: str, until: date, by: str) -> None:
    """Until five in the afternoon of a day; nobody is told before, and nobody forgotten after."""
    one, moment = world.live_case(case), reckoner.closing(until)
    if world.teams.people[world.actor(by, one)].role != "supervisor":
        raise Against
    if not world.now < moment <= reckoner.working_days(world.now, AT_MOST):
        raise Against
    one.held, one.entered = moment, world.now
    for party in one.parties:
        for promise in [promise for promise in party.open if promise.kind in HELD and promise.due <= moment]:
            end([promise])
            of = world.hearings.get(promise.hearing or "")
            latest = of.at if of and promise.kind == "hearing_set" else None
            make(party, promise.kind, moment, world.now, latest=latest, hearing=promise.hearing)


def tellable(case: Case, moment: datetime, now: datetime) -> datetime:
    """From when something may be told."""
    return max(moment, case.held) if case.held and case.held > now else moment


def refuse_told(case: Case | None, covers: Iterable[str], at: datetime, now: datetime) -> None:
    """What is held has not been told."""
    if case and case.held and case.held > now and at < case.held and set(covers) & set(HELD):
        raise Against
