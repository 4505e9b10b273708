"""`make simulate MINUTES=n SEED=s`: histories from seed s on, one after another, until the time is up or one of them fails."""

import argparse
import logging
import sys
import time

import structlog

from sentinel.access import credentials
from tests.factories import QUICK
from tests.simulation.running import House, simulate


def main() -> int:
    """Say what each seed came to; the shortest failing history, and 1, at the first that does not agree."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=5)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    credentials._hasher = QUICK
    house, until = House(), time.monotonic() + given.minutes * 60
    seed, steps, case_days, promises = given.seed, 0, 0.0, 0
    while time.monotonic() < until:
        ran, failed = simulate(house, seed, until=until)
        print(f"seed {seed}: {ran.steps} steps ({ran.refused} refused), {ran.case_days:,.0f} case-days", flush=True)
        if failed:
            print(failed)
            return 1
        seed, steps, case_days, promises = seed + 1, steps + ran.steps, case_days + ran.case_days, promises + ran.promises
    told = f"{seed - given.seed} histories, {steps:,} steps, {promises:,} promises, {case_days:,.0f} case-days"
    print(f"Agreed throughout: {told} (the last history may be cut short).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
