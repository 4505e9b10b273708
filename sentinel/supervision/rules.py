"""Drawing lots: which cases of a pool are drawn by a seed, so that anybody can draw them again. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import sha256
from math import log
from uuid import UUID

from sentinel.core import worktime
from sentinel.core.clock import london


def lot(seed: str, case_id: UUID) -> float:
    """The number between 0 and 1 that a seed gives a case: the first 53 bits of the SHA-256 of "seed:case"."""
    first = int.from_bytes(sha256(f"{seed}:{case_id}".encode()).digest()[:8]) >> 11
    return (first + 0.5) / 2**53


def drawn(seed: str, weights: Mapping[UUID, int], wanted: int) -> list[UUID]:
    """So many cases of the pool, each one as much likelier than the others left as its weight says (Efraimidis and Spirakis, 2006).

    Each case has its own number by the seed, whatever else is in the pool; -log(number) / weight, the smallest first.
    """
    return sorted(weights, key=lambda case_id: (-log(lot(seed, case_id)) / weights[case_id], case_id))[:wanted]


def drawn_of_each(seed: str, weights: Mapping[UUID, int], whose: Mapping[UUID, UUID]) -> list[UUID]:
    """One case of each officer, as likely among that officer's own cases as `drawn` would have it; `whose` says whose a case is."""
    first: dict[UUID, UUID] = {}
    for case_id in drawn(seed, weights, len(weights)):
        first.setdefault(whose[case_id], case_id)
    return list(first.values())


def week_of(moment: datetime) -> date:
    """The Monday, in London, of the week of a moment."""
    day = london(moment).date()
    return day - timedelta(days=day.weekday())


def quiet_since(at: datetime, after_working_days: int) -> datetime:
    """A case whose last entry was then or before has been quiet for so many working days."""
    return worktime.cutoff(at, partial(worktime.working_days, n=after_working_days))
