"""What the sweep owes, stated a second time: one promise at a time, in plain Python, without SQL."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from sentinel.core.db import db, new_id
from sentinel.victims.models import Promise


@dataclass
class Owed:
    """A promise as the model knows it: its four moments, how far it was told, and to whom."""

    id: UUID
    klass: str
    soon: datetime
    due: datetime
    supervisor: datetime
    manager: datetime
    open: bool = True
    step: int = 0
    told: set[tuple[int, str]] = field(default_factory=set)

    def reached(self, at: datetime) -> int:
        """The highest step whose moment has come."""
        steps = [n for n, moment in enumerate((self.soon, self.due, self.supervisor, self.manager), 1) if moment <= at]
        return steps[-1] if steps else 0


@dataclass
class Model:
    """Everything owed in one team, and who is in it."""

    promises: list[Owed]
    officer: str
    supervisors: tuple[str, ...]
    managers: tuple[str, ...]
    on_duty: tuple[str, ...] = ()

    def sweep(self, at: datetime, *, night: bool = False) -> tuple[int, int]:
        """How many alerts one sweep opens, and how many it raises."""
        opened = escalated = 0
        for promise in self.promises:
            before, now = promise.step, promise.reached(at) if promise.open else promise.step
            if now <= before:
                continue
            opened, escalated = opened + (before == 0), escalated + (before > 0)
            people = {1: {self.officer}, 2: {self.officer}, 3: set(self.supervisors), 4: set(self.managers)}[now]
            if now - before > 1:
                people |= {self.officer}
            if night and promise.klass == "enhanced" and now > 1:
                people |= set(self.on_duty)
            promise.step, promise.told = now, promise.told | {(now, email) for email in people}
        return opened, escalated

    @property
    def told(self) -> set[tuple[UUID, int, str]]:
        """Everybody told of everything, ever."""
        return {(promise.id, step, email) for promise in self.promises for step, email in promise.told}


def make_promises(parties: list[UUID], around: datetime, count: int, seed: int = 7) -> list[Owed]:
    """Write `count` promises with moments scattered about `around` straight into the table; the same, for the model."""
    chance = random.Random(seed)
    owed = [_owed(chance, around) for _ in range(count)]
    rows: list[dict[str, Any]] = [row(promise, chance.choice(parties), around) for promise in owed]
    db.session.execute(insert(Promise), rows)
    db.session.commit()
    return owed


def _owed(chance: random.Random, around: datetime) -> Owed:
    soon = around + timedelta(minutes=chance.randint(-9 * 1440, 9 * 1440))
    enhanced = chance.random() < 0.3
    due = soon + timedelta(minutes=chance.choice((0, 60, 1440, 2880)))
    supervisor = due if enhanced else due + timedelta(minutes=chance.choice((1, 1440, 4320)))
    manager = supervisor + timedelta(minutes=chance.choice((1, 1440, 4320)))
    return Owed(new_id(), "enhanced" if enhanced else "standard", soon, due, supervisor, manager)


def row(promise: Owed, party_id: UUID, around: datetime) -> dict[str, Any]:
    """The columns of a promise that was made 40 days before `around`."""
    made = around - timedelta(days=40)
    return {
        "id": promise.id,
        "party_id": party_id,
        "kind": "first_contact",
        "cause_id": new_id(),
        "klass": promise.klass,
        "standards_version": "1",
        "calendar_version": "test",
        "told_as": "A practitioner will be in touch.",
        "starts_at": made,
        "made_at": made,
        "due_at": promise.due,
        "soon_at": promise.soon,
        "supervisor_at": promise.supervisor,
        "manager_at": promise.manager,
        "next_step_at": promise.soon,
    }
