"""Actions: what somebody will do on a case, by a date, and what came of it."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from sentinel.access.models import User
from sentinel.cases import states
from sentinel.cases.models import Action, Case
from sentinel.cases.service import workers_on
from sentinel.cases.timeline import tell
from sentinel.core import clock, words
from sentinel.core.db import db, lock
from sentinel.core.errors import Refused, Stale
from sentinel.core.worktime import CLOSES

WHAT_LIMIT = 500


def end_of(day: date) -> datetime:
    """5pm on that day in London: when an action due on it is due."""
    return datetime.combine(day, CLOSES, clock.LONDON).astimezone(clock.UTC)


def of(case: Case) -> list[Action]:
    """Every action of a case: open ones by date, then the done, the latest first."""
    rows = db.session.scalars(select(Action).where(Action.case_id == case.id).options(joinedload(Action.owner))).all()
    open_ones = sorted((row for row in rows if not row.done_at), key=lambda row: (row.due_at, row.id))
    done = sorted((row for row in rows if row.done_at), key=lambda row: (row.done_at, row.id), reverse=True)
    return [*open_ones, *done]


def add_action(*, actor: User, case: Case, what: str, owner: User, due_on: date) -> Action:
    """Give somebody an action by 5pm of a day. Recorded on the story; late, it alerts its owner and then the supervisor.

    Refuses a closed case, no words, a day that has passed, and an owner who does not see this case in full.
    """
    states.refuse_unless_live(case.state)
    if not what.strip():
        raise Refused("Say what is to be done.", field="what")
    if due_on < clock.today():
        raise Refused("That date has passed. Enter today or a later date.", field="due_on")
    if owner.id not in {one.id for one in workers_on(case)}:
        raise Refused(f"{owner.name} does not see this case. Choose somebody who does, or share the case first.", field="owner")
    action = Action(
        case_id=case.id,
        what=what.strip()[:WHAT_LIMIT],
        owner_id=owner.id,
        due_at=end_of(due_on),
        created_by=actor.id,
        created_at=clock.now(),
    )
    db.session.add(action)
    title = f"Action for {owner.name}, {words.until(action.due_at)}"
    tell(kind="action", title=title, body=action.what, case=case, actor=actor)
    return action


def finish_action(*, actor: User, action: Action, case: Case, outcome: str, version: int | None = None) -> Action:
    """Say what came of an action. Refuses one finished already and no outcome; Stale when somebody else changed it."""
    lock(action)
    if action.done_at:
        raise Stale(
            "Somebody else finished this action while you had it open. Nothing of yours was saved.",
            yours=[("Outcome", outcome)],
            theirs=[("Outcome", action.outcome or "")],
            version=action.version,
        )
    if version is not None and action.version != version:
        sentence = "Somebody else changed this action while you had it open. Nothing of yours was saved."
        raise Stale(sentence, yours=[], theirs=[], version=action.version)
    if not outcome.strip():
        raise Refused("Say in a sentence what came of it.", field="outcome")
    action.done_at = clock.now()
    action.outcome = outcome.strip()
    tell(kind="action", title=f"Done: {action.what}", body=action.outcome, case=case, actor=actor)
    return action
