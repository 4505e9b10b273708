"""Verbs on hearings: set, moved to another day, cancelled, held with a result (rules.md, Promises: hearing_set, _eve, _result).

Each locks its case, writes a line of the story and publishes what victims have to be told.
"""

from datetime import datetime, timedelta

from sentinel.access.models import User
from sentinel.cases.events import CaseReopened, ReportTriaged
from sentinel.cases.models import Case
from sentinel.cases.timeline import tell
from sentinel.core import clock, words
from sentinel.core.db import db, lock
from sentinel.core.errors import Refused, Stale
from sentinel.core.events import publish
from sentinel.interventions import queries
from sentinel.interventions.events import HearingEnded, HearingSet
from sentinel.interventions.models import Hearing
from sentinel.interventions.service import STALE, in_words, refuse_unless_worked_by
from sentinel.victims import promises
from sentinel.victims.events import Contactable, DateHeld

FURTHEST = timedelta(days=3 * 366)


def set_hearing(*, actor: User, case: Case, about: str, at: datetime | None, court: str, note: str = "") -> Hearing:
    """A court will hear something about this case: its victims are promised the date, to be spoken to before, and the result.

    Whoever brings it, and wherever the order itself is kept. Refuses a case that is not open, a moment that has passed or is not
    known, no court, nothing that it is about, and a second hearing in one place at the same moment. Recorded.
    """
    refuse_unless_worked_by(actor, case)
    _refuse_moment(at)
    what = in_words(about, "Say what it is about, such as the injunction.", field="about")
    where = _court(court)
    if any((one.at, one.court, one.state) == (at, where, "set") for one in queries.hearings_of(case)):
        raise Refused("This hearing is on the record already.", field="at")
    return _set(actor, case, Hearing(about=what, at=at, court=where, note=note.strip() or None), before=None)


def move_hearing(*, actor: User, hearing: Hearing, at: datetime | None, court: str, note: str = "", version: int | None = None) -> Hearing:
    """It will be heard at another time. Who was told of the old one is told of the new one. Refuses one that is not to come. Recorded."""
    _hold(actor, hearing, version)
    _refuse_moment(at)
    if at == hearing.at:
        raise Refused("That is when it is already. Enter the new day and time.", field="at")
    where = _court(court)
    hearing.state, hearing.ended_at = "moved", clock.now()
    db.session.flush()
    return _set(actor, hearing.case, Hearing(about=hearing.about, at=at, court=where, note=note.strip() or None), before=hearing)


def cancel_hearing(*, actor: User, hearing: Hearing, reason: str, version: int | None = None) -> Hearing:
    """It will not be heard. Victims are told as of a result. Refuses one that is not to come, and no reason. Recorded."""
    _hold(actor, hearing, version)
    why = in_words(reason, "Say in a sentence why it will not be heard.", field="reason")
    hearing.state, hearing.held_at, hearing.ended_at, hearing.result = "cancelled", clock.now(), clock.now(), why
    return _ended(hearing, actor, f"Hearing cancelled: {words.moment(hearing.at)}")


def record_result(*, actor: User, hearing: Hearing, held_at: datetime | None, result: str, version: int | None = None) -> Hearing:
    """What the court decided, and when. Refuses a moment still to come, and no result. Recorded."""
    _hold(actor, hearing, version)
    if held_at is None or held_at > clock.now():
        raise Refused("That is still to come. Enter when it was decided, such as today 2:15pm.", field="at")
    hearing.result = in_words(result, "Say in a sentence what the court decided.", field="result")
    hearing.state, hearing.held_at, hearing.ended_at = "held", held_at, clock.now()
    return _ended(hearing, actor, f"Hearing held: {words.moment(held_at)}")


def tell_newcomers(event: Contactable | ReportTriaged | CaseReopened) -> None:
    """Somebody came to the case, can be contacted from now on, or is owed something again: they hear of the hearings to come."""
    case = event.case if isinstance(event, CaseReopened) else _case_of(event)
    for hearing in queries.hearings_of(case) if case else ():
        if hearing.state == "set" and hearing.at > clock.now():
            publish(HearingSet(hearing, None, event.actor))


def _case_of(event: Contactable | ReportTriaged) -> Case | None:
    case_id = event.party.case_id if isinstance(event, Contactable) else event.report.case_id
    return db.session.get(Case, case_id) if case_id else None


def promise_date_again(event: DateHeld) -> None:
    """The date may not be told yet: promised from when it may be, and not later than the hearing, where that is later still."""
    hearing = db.session.get_one(Hearing, promises.origin(event.promise).cause_id)
    promises.again(event.promise, since=event.since, no_later_than=hearing.at)


def _court(court: str) -> str:
    return in_words(court, "Enter which court, such as Leicester County Court.", field="court")


def _refuse_moment(at: datetime | None) -> None:
    if at is None or at <= clock.now():
        raise Refused("That has passed. Enter the day and time of the hearing, such as 14 December 10am.", field="at")
    if at > clock.now() + FURTHEST:
        raise Refused("That is more than three years away. Check the year.", field="at")


def _hold(actor: User, hearing: Hearing, version: int | None) -> None:
    refuse_unless_worked_by(actor, hearing.case)
    lock(hearing)
    if version is not None and version != hearing.version:
        theirs = [("Hearing", f"{words.moment(hearing.at)}: {WORDS[hearing.state]}")]
        raise Stale(STALE, yours=[], theirs=theirs, version=hearing.version)
    if hearing.state != "set":
        raise Refused(f"This hearing {WORDS[hearing.state]}: there is nothing left to record.")


WORDS = {"set": "is to come", "held": "was held", "moved": "was moved", "cancelled": "was cancelled"}


def _set(actor: User, case: Case, made: Hearing, *, before: Hearing | None) -> Hearing:
    made.case, made.set_at, made.set_by = case, clock.now(), actor.id
    db.session.add(made)
    db.session.flush()
    verb = "Hearing moved to" if before else "Hearing set for"
    body = "\n".join(line for line in (f"{made.about}, {made.court}.", made.note) if line)
    _tell(made, actor, f"{verb} {words.moment(made.at)}", body)
    publish(HearingSet(made, before, actor))
    return made


def _ended(hearing: Hearing, actor: User, title: str) -> Hearing:
    db.session.flush()
    _tell(hearing, actor, title, hearing.result or "")
    publish(HearingEnded(hearing, actor))
    return hearing


def _tell(hearing: Hearing, actor: User, title: str, body: str) -> None:
    tell(kind="hearing", title=title, body=body, case=hearing.case, actor=actor, data={"hearing": str(hearing.id)})
