"""Telling held for a police operation: by a supervisor, for at most five working days (rules.md, Promises; contact.toml).

Nothing that was done is told before then. What was to be told is promised again from then on, so that it is not forgotten.
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from uuid import UUID

from config import agreed
from sentinel.access.models import User
from sentinel.cases import closure
from sentinel.cases.models import Case, CaseDetail
from sentinel.cases.service import hold
from sentinel.cases.states import refuse_unless_live
from sentinel.cases.timeline import tell
from sentinel.core import clock, words, worktime
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused
from sentinel.core.events import publish
from sentinel.victims import promises
from sentinel.victims.events import DateHeld
from sentinel.victims.models import Promise
from sentinel.victims.rules import Kind

HELD = (Kind.AFTER_INTERVENTION, Kind.HEARING_SET, Kind.HEARING_RESULT)
EVENING = time(17)


def hold_telling(*, actor: User, case: Case, until: date | None, reason: str, version: int | None = None) -> datetime:
    """Hold what was done, and hearings, until 5pm of a day. What is open of it is promised anew from then. Returns that moment.

    Refuses anybody but a supervisor of the owning partner, a day past or more than five working days away, and no reason. Recorded.
    """
    hold(case, version)
    refuse_unless_live(case.state)
    if not any(held.role == "supervisor" and held.team.partner_id == case.owner_partner_id for held in actor.holdings):
        raise NotAllowed("Only a supervisor of the partner that owns the case can hold what victims are told.")
    moment = _until(until)
    if not reason.strip():
        raise Refused("Say why: the police operation, and who asked.", field="reason")
    detail = closure.detail_of(case)
    detail.hold_until, detail.hold_reason, detail.hold_by = moment, reason.strip()[:500], actor.id
    db.session.flush()
    tell(kind="promise", title=f"Telling held until {words.moment(moment)}", body=reason.strip(), case=case, actor=actor)
    for party in case.parties:
        for promise in promises.open_of(party):
            if promise.kind in HELD and promise.due_at <= moment:
                _promise_again(promise, moment, actor)
    return moment


def _promise_again(promise: Promise, since: datetime, actor: User) -> None:
    promises.end(promise, state="ended", reason="Telling is held: promised again from then.", actor=actor)
    if promise.kind == Kind.HEARING_SET:
        publish(DateHeld(promise, since))  # by when at the latest, the room of hearings knows
    else:
        promises.again(promise, since=since)


def held_until(case_id: UUID | None) -> datetime | None:
    """Until when what was done is not told on this case; None when nothing is held."""
    detail = db.session.get(CaseDetail, case_id) if case_id else None
    return detail.hold_until if detail and detail.hold_until and detail.hold_until > clock.now() else None


def refuse_held(case_id: UUID | None, covers: Iterable[str], occurred_at: datetime) -> None:
    """Refuse to log that something was told that is held."""
    until = held_until(case_id)
    if until and occurred_at < until and set(covers) & {kind.value for kind in HELD}:
        raise Refused(
            f"A supervisor holds what was done until {words.moment(until)}. If you have told it already, tell your supervisor now.",
            field="covers",
        )


def _until(day: date | None) -> datetime:
    days = agreed.current().contact.hold_telling_at_most_working_days
    last = worktime.working_days(clock.now(), days)
    moment = datetime.combine(day, EVENING, clock.LONDON).astimezone(clock.UTC) if day else None
    if moment is None or moment <= clock.now():
        raise Refused("Enter a day to come.", field="until")
    if moment > last:
        raise Refused(f"At most {days} working days: {words.day(clock.london(last).date())} or earlier.", field="until")
    return moment
