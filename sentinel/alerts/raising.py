"""Opening, raising, following and closing alerts: one trigger at a time, at one moment, in the present transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import text

from config.agreed.triggers import Trigger
from sentinel.alerts import rules, statements
from sentinel.core import worktime
from sentinel.core.db import db

# What somebody hears at that minute, whoever sleeps (rules.md, Risk).
AT_ANY_HOUR = "high_episode_unseen"


@dataclass(frozen=True)
class Raised:
    """How many alerts were opened, rose and closed, and how many promises were moved to get there."""

    opened: int
    escalated: int
    closed: int = 0
    moved: int = 0


def raise_promises(trigger: Trigger, at: datetime, batch: int) -> Raised:
    """Move up to `batch` promises to the step they have reached, and tell. Nobody else's batch is touched or waited for."""
    (counts,) = _execute(statements.RAISE_PROMISES, at, _people(trigger, at) | {"batch": batch})
    return Raised(counts.opened, counts.escalated, moved=counts.moved)


def raise_facts(trigger: Trigger, at: datetime, subject: UUID | None = None) -> Raised:
    """Open or raise an alert for every fact that has reached a step, tell, and close those whose fact has ended.

    With `subject`, for that one only.
    """
    rows = _execute(_about(statements.RAISE_FACTS, trigger), at, _values(trigger, at, subject))
    opened = [row for row in rows if row.opened]
    ended = sum(row.ended for row in rows)
    if trigger.due and opened:
        dates = [rules.due_at(trigger, row.since) for row in opened]
        _change(statements.DUE_DATES, at, {"ids": [row.id for row in opened], "dates": dates})
    return Raised(len(opened), len(rows) - len(opened) - ended, closed=ended)


def close_promises(trigger: Trigger, at: datetime, ended_after: datetime) -> int:
    """Close alerts whose promise ended after that moment."""
    return _change(statements.CLOSE_PROMISES, at, {"trigger": trigger.key, "ended_after": ended_after})


def close_fact(trigger: Trigger, at: datetime, subject: UUID) -> int:
    """Close the alert of one subject if its fact has ended."""
    return _change(_about(statements.CLOSE_FACT, trigger), at, _values(trigger, at, subject))


def close_unwatched(triggers: Sequence[Trigger], at: datetime) -> int:
    """Close alerts of triggers that the partnership has taken out."""
    return _change(statements.CLOSE_UNWATCHED, at, {"triggers": [trigger.key for trigger in triggers]})


def follow(triggers: Sequence[Trigger], at: datetime, alerts: Sequence[int] | None = None) -> int:
    """Take open alerts (all, or these) along with their case or report, and tell whoever has it now; returns how many moved."""
    moved = _execute(statements.FOLLOW, at, {"alerts": alerts})
    for trigger in triggers:
        followed = [row.id for row in moved if row.trigger_key == trigger.key]
        if followed:
            _execute(statements.TELL_AGAIN, at, _people(trigger, at) | {"alerts": followed, "officer_too": False})
    return len(moved)


def name_teller(trigger: Trigger, at: datetime, case_id: UUID) -> int:
    """Take the open alerts of what was promised on a case to whoever is named to keep it now, and tell them; returns how many moved."""
    moved = [row.id for row in _execute(statements.NAME_TELLER, at, {"case": case_id, "trigger": trigger.key})]
    if moved:
        _execute(statements.TELL_AGAIN, at, _people(trigger, at) | {"alerts": moved, "officer_too": True})
    return len(moved)


def condition(trigger: Trigger) -> str:
    """The SELECT this trigger watches (given at start-up: `sentinel/reactions.py`)."""
    conditions: Mapping[str, str] = current_app.extensions["sentinel.conditions"]
    return conditions[trigger.condition]


def _about(statement: str, trigger: Trigger) -> str:
    return statement.format(condition=condition(trigger))


def _people(trigger: Trigger, at: datetime) -> dict[str, Any]:
    audiences = rules.audiences(trigger)
    return {
        "trigger": trigger.key,
        "told_steps": [step for step, _ in audiences],
        "told_whos": [who for _, who in audiences],
        "dated": rules.has_due_date(trigger),
        "urgent_from": rules.told_at_once_from(trigger),
        "out_of_hours": worktime.next_work(at) != at,
        "somebody_awake": worktime.next_work(at) != at and trigger.condition == AT_ANY_HOUR,
    }


def _values(trigger: Trigger, at: datetime, subject: UUID | None = None) -> dict[str, Any]:
    reached = rules.reaches(trigger, at)
    moments = {
        "subject": subject,
        "steps": [reach.step for reach in reached],
        "reaches": [reach.since for reach in reached],
        "first": reached[0].since,
        "only_enhanced": trigger.tell_at_once == "when_enhanced",
    }
    return _people(trigger, at) | moments | trigger.params


def _execute(statement: str, at: datetime, values: dict[str, Any]) -> Sequence[Any]:
    return db.session.execute(text(statement), {"at": at, **values}).all()


def _change(statement: str, at: datetime, values: dict[str, Any]) -> int:
    changed: int = db.session.execute(text(statement), {"at": at, **values}).rowcount  # type: ignore[attr-defined]
    return changed
