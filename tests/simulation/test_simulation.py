"""Two years of cases, stepped through the real verbs and the real sweep, agree with a model written from rules.md alone."""

from collections.abc import Iterator

import pytest

from tests.simulation import history
from tests.simulation.running import House, simulate

SEEDS = (101, 102, 103)
SLOWLY = 72.0  # hours from step to step: a minute for all of them; `make simulate` takes its time


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """The application, on databases of its own."""
    yield House()


@pytest.mark.parametrize("seed", SEEDS)
def test_no_promise_is_missed_invented_or_told_twice_and_nobody_is_without_one(house: House, seed: int) -> None:
    ran, failed = simulate(house, seed, pace=SLOWLY)
    assert not failed, failed
    print(f"Seed {seed}: {ran.steps} steps, {ran.case_days:,.0f} case-days.")
    assert ran.promises > 30, "a history in which nothing is promised proves nothing"


def test_a_seed_always_tells_the_same_history() -> None:
    assert history.history(7, days=200) == history.history(7, days=200)
