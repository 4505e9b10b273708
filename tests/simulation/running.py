"""A history run through the real thing beside the model; cut to the shortest that still fails in the same way."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask

from sentinel.core import clock, viewer
from sentinel.core.db import db
from sentinel.core.errors import SentinelError
from tests import databases
from tests.conftest import make_app
from tests.simulation import standards, world
from tests.simulation.comparing import Comparing, Differs
from tests.simulation.history import history
from tests.simulation.matters import Against, Gone, Step
from tests.simulation.model import Model
from tests.simulation.verbs import Verbs
from tests.unit.reckoner import LONDON


@dataclass
class Ran:
    """What became of a history: how far it got, and what differed."""

    steps: int = 0
    refused: int = 0
    case_days: float = 0.0
    promises: int = 0
    failure: Differs | None = None
    failed_at: int = 0


class _Nobody:
    """A broker that is never there: it holds no truth."""

    def send_task(self, *given: Any, **named: Any) -> None:
        """Not sent."""


class House:
    """The application on a database of its own, made anew for every run."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name or f"sentinel_simulated_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
        self.template = databases.template()
        self.app: Flask = make_app(self.name)
        self.app.testing = True
        self.app.extensions["celery"] = _Nobody()

    @contextmanager
    def fresh(self) -> Iterator[None]:
        """A world in which nothing has happened yet."""
        with databases.superuser() as server:
            databases.create(server, self.name, self.template)
        try:
            with self.app.app_context():
                yield
        finally:
            with self.app.app_context():
                db.session.remove()
                db.engine.dispose()
            clock.freeze(None)
            viewer.reset()
            standards.agree(slower=False)
            with databases.superuser() as server:
                databases.drop(server, self.name)

    def run(self, steps: list[Step], *, until: float | None = None) -> Ran:
        """Step through a history; stops at the first difference, or (`until`, by the machine's clock) when time is up."""
        with self.fresh():
            with viewer.acting_as(viewer.system("simulation")):
                viewers = world.settle()
                db.session.remove()
            model, verbs = Model(world.PEOPLE), Verbs(viewers)
            comparing = Comparing(f"{databases.SERVER}/{self.name}", model, verbs)
            try:
                return _run(steps, model, verbs, comparing, until)
            finally:
                comparing.close()


def _run(steps: list[Step], model: Model, verbs: Verbs, comparing: Comparing, until: float | None) -> Ran:
    ran = Ran()
    for n, step in enumerate(steps, 1):
        if until and time.monotonic() > until:
            break
        try:
            done = one_step(step, model, verbs)
            if done is None:
                continue
            ran.refused += not done
            comparing.after(step.at, sweeps=(2 if step.about.get("beside") else 1) if step.verb == "sweep" else 0)
        except Differs as differs:
            ran.failure, ran.failed_at = differs, n
            return ran
        ran.steps += 1
        ran.case_days = case_days(model, step.at)
    ran.promises = sum(len(party.promises) for party in model.parties.values())
    return ran


def one_step(step: Step, model: Model, verbs: Verbs) -> bool | None:
    """Done by both, or refused by both (False); None where it speaks of what never was. Raises Differs where one refuses alone."""
    who = model.who(step)
    try:
        model.do(step)
        allowed = True
    except Against:
        allowed = False
    except Gone:
        return None
    try:
        verbs.do(step, who)
    except SentinelError as refusal:
        if allowed:
            raise Differs(f"refused: {step.verb}", [str(refusal)]) from None
        return False
    except Exception as trouble:
        raise Differs(f"broke: {step.verb}: {type(trouble).__name__}", [str(trouble)[:600]]) from trouble
    if not allowed:
        raise Differs(f"not refused: {step.verb}")
    return True


def case_days(model: Model, now: datetime) -> float:
    """Days that cases were open, all together."""
    still = sum((now - case.opened).total_seconds() for case in model.cases.values() if case.state != "closed")
    return still / 86400 + sum(case.days for case in model.cases.values())


# --- Cutting -----------------------------------------------------------------------------------------------------


def shrink(steps: list[Step], ran: Ran, run: Callable[[list[Step]], Ran], *, seconds: float) -> list[Step]:
    """Drop steps, in halves and then smaller parts, as long as what is left fails in the same way and time is left."""
    assert ran.failure
    kind, until = ran.failure.kind, time.monotonic() + seconds
    kept = steps[: ran.failed_at]

    def fails(some: list[Step]) -> bool:
        again = run(some)
        return again.failure is not None and again.failure.kind == kind

    about = _matters(kept[-1])
    for those in (
        lambda s: bool(_matters(s) & about),
        lambda s: bool(_matters(s) & about) or s.verb == "sweep",
        lambda s: s.verb not in ("sweep", "absent", "on_duty"),
    ):
        fewer = [step for step in kept[:-1] if those(step)] + kept[-1:]
        if len(fewer) < len(kept) and fails(fewer):
            kept = fewer
    size = max(len(kept) // 2, 1)
    while time.monotonic() < until:
        for start in range(len(kept) - 1 - size, -size, -size):
            low = max(start, 0)
            fewer = kept[:low] + kept[low + size if start >= 0 else start + size :]
            if len(fewer) < len(kept) and time.monotonic() < until and fails(fewer):
                kept = fewer
        if size == 1:
            break
        size //= 2
    return kept


def _matters(step: Step) -> set[str]:
    """The reports a step speaks of."""
    values = [step.about.get(name) for name in ("name", "report", "case", "party", "matter")] + list(step.about.get("reports", []))
    return {value.split("/")[0] for value in values if isinstance(value, str) and value.startswith("R")}


def told(steps: list[Step]) -> str:
    """A history as lines somebody can read."""
    return "\n".join(f"{step.at.astimezone(LONDON):%a %Y-%m-%d %H:%M}  {step.verb:16} {_words(step.about)}" for step in steps)


def _words(about: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}={value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else f"{name}={value}" for name, value in about.items()
    )


def simulate(house: House, seed: int, *, seconds_to_shrink: float = 60, until: float | None = None, **more: Any) -> tuple[Ran, str]:
    """Run the history of a seed; where it fails, the shortest found that still does, and the seed."""
    steps = history(seed, **more)
    ran = house.run(steps, until=until)
    if ran.failure is None:
        return ran, ""
    shortest = shrink(steps, ran, house.run, seconds=seconds_to_shrink)
    last = house.run(shortest)
    lines = f"Seed {seed}, {ran.failed_at} steps, cut to {len(shortest)}:\n{told(shortest)}\n\n{last.failure or ran.failure}"
    return ran, lines
