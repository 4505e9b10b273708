"""What follows for promises when something is done about a case: an intervention, a hearing, another officer.

Each function is named in `sentinel/reactions.py` beside the event it follows.
"""

from datetime import datetime, time
from typing import Any, Protocol
from uuid import UUID, uuid5

from sqlalchemy import select

from sentinel.access.models import User
from sentinel.cases.events import HandedOver, OfficerChanged
from sentinel.cases.models import Party
from sentinel.core import clock, worktime
from sentinel.core.db import db, new_id
from sentinel.post import service as post
from sentinel.victims import holding, letters, promises
from sentinel.victims.models import Contact, ContactCovers
from sentinel.victims.promises import make_promise, victims_of
from sentinel.victims.rules import Kind

TOLD_OF = ("in_force", "breached", "refused")
MORNING = time(9)
EVE_WORKING_DAYS = 5


class InterventionMoved(Protocol):
    """`interventions.events.InterventionMoved`, as far as promises follow it."""

    @property
    def intervention(self) -> Any: ...
    @property
    def actor(self) -> User: ...


class HearingSet(Protocol):
    """`interventions.events.HearingSet`, as far as promises follow it."""

    @property
    def hearing(self) -> Any: ...
    @property
    def before(self) -> Any: ...
    @property
    def actor(self) -> User | None: ...


class HearingEnded(Protocol):
    """`interventions.events.HearingEnded`, as far as promises follow it."""

    @property
    def hearing(self) -> Any: ...
    @property
    def actor(self) -> User: ...


def promise_after_intervention(event: InterventionMoved) -> None:
    """Something was started, breached or not authorised: the victims of the case are told. Once for each such step.

    What is still to be told of a breach is told together with the next one.
    """
    made = event.intervention
    if made.state not in TOLD_OF:
        return
    again = made.state == "breached"
    for party in victims_of(made.case_id):
        told = [promise for promise in promises.open_of(party) if promise.kind == Kind.AFTER_INTERVENTION]
        cause = new_id() if again else uuid5(made.id, made.state)
        known = promises.made_for(party, Kind.AFTER_INTERVENTION, cause) or (again and told)
        if promises.may_be_promised(party) and not known:
            since = _tellable(made.case_id, _acted(made))
            promise = make_promise(party=party, kind=Kind.AFTER_INTERVENTION, cause_id=cause, starts_at=since)
            promises.announce(party, [promise], event.actor)


def promise_hearing(event: HearingSet) -> None:
    """A hearing has a date: the victims are told it, spoken to in the five working days before, and not later than it is held.

    One that takes another's place leaves no earlier word behind: they hear of the new day by when they were to hear of the old.
    """
    hearing, before = event.hearing, event.before
    for party in victims_of(hearing.case_id):
        told_by = _no_longer_heard(party, before.id, event.actor) if before else None
        if promises.may_be_promised(party) and not promises.made_for(party, Kind.HEARING_SET, hearing.id):
            since, start, last = _tellable(hearing.case_id, clock.now()), *_eve(hearing.at)
            told_by = min(told_by or hearing.at, hearing.at)
            made = [
                make_promise(party=party, kind=Kind.HEARING_SET, cause_id=hearing.id, starts_at=since, no_later_than=told_by),
                make_promise(party=party, kind=Kind.HEARING_EVE, cause_id=hearing.id, starts_at=start, no_later_than=last),
            ]
            promises.announce(party, made, event.actor)


def promise_hearing_result(event: HearingEnded) -> None:
    """A hearing was held or cancelled: nobody need be prepared for it any more, and the victims are told what came of it."""
    hearing = event.hearing
    for party in victims_of(hearing.case_id):
        _no_longer_heard(party, hearing.id, event.actor)
        if promises.may_be_promised(party):
            since = _tellable(hearing.case_id, hearing.held_at)
            made = make_promise(party=party, kind=Kind.HEARING_RESULT, cause_id=hearing.id, starts_at=since)
            promises.announce(party, [made], event.actor)


def _eve(at: datetime) -> tuple[datetime, datetime]:
    """From when somebody is to be spoken to about a hearing, and by when: the five working days before it, at the latest itself."""
    now = clock.now()
    start = worktime.before(at, EVE_WORKING_DAYS, made_at=now)
    last_day = worktime.last_close_before(at)
    return start, last_day if last_day > start else at


def _no_longer_heard(party: Party, hearing_id: UUID, actor: User | None) -> datetime | None:
    """End what was still to be said about this hearing; by when its date was to be told, if it was not."""
    still = [one for one in promises.open_of(party) if one.kind in (Kind.HEARING_SET, Kind.HEARING_EVE)]
    over = [one for one in still if promises.origin(one).cause_id == hearing_id]
    for promise in over:
        promises.end(promise, state="ended", reason="The hearing was held, moved or cancelled.", actor=actor)
    return min((one.due_at for one in over if one.kind == Kind.HEARING_SET), default=None)


def _tellable(case_id: UUID, moment: datetime) -> datetime:
    """From when it may be told: at once, or when a supervisor no longer holds it."""
    held = holding.held_until(case_id)
    return max(moment, held) if held else moment


def _acted(made: Any) -> datetime:
    """When it was done: now, or nine on the earlier day it was started."""
    day = made.starts_on if made.state == "in_force" else None
    if day is None or day >= clock.today():
        return clock.now()
    return datetime.combine(day, MORNING, clock.LONDON).astimezone(clock.UTC)


def promise_who_has_it(event: OfficerChanged | HandedOver) -> None:
    """The case has another officer: its victims are told who, by themselves where the plan says that a way is safe.

    One promise a person and move. Who has not been told of an earlier move is told once, of whoever has it then; what is on
    its way to them already tells of the officer before, so that another is promised.
    """
    for parties in _by_person(victims_of(event.case.id) if event.case else []):
        party = next((one for one in parties if promises.may_be_promised(one)), None)
        if party is None or _untold(parties):
            continue
        made = make_promise(party=party, kind=Kind.OFFICER_CHANGED, cause_id=new_id(), starts_at=clock.now())
        promises.announce(party, [made], event.actor)
        if channel := letters.safe_way(party):
            key = f"officer_changed:{made.id}"
            post.queue_message(dedupe_key=key, channel=channel, template="officer_changed", ref_table="party", ref_id=party.id)


def _by_person(parties: list[Party]) -> list[list[Party]]:
    found: dict[UUID, list[Party]] = {}
    for party in parties:
        found.setdefault(party.person.canonical_id, []).append(party)
    return list(found.values())


def _untold(parties: list[Party]) -> bool:
    """Is it still to be told, and nothing on its way that tells it?"""
    still = [promise for promise in promises.open_of(*parties) if promise.kind == Kind.OFFICER_CHANGED]
    if not still:
        return False
    on_its_way = (
        select(Contact.id)
        .join(ContactCovers, ContactCovers.contact_id == Contact.id)
        .where(Contact.party_id.in_([party.id for party in parties]), ContactCovers.kind == Kind.OFFICER_CHANGED)
        .where(Contact.outcome == "one_way_sent", Contact.occurred_at >= max(promise.starts_at for promise in still))
    )
    return db.session.scalar(on_its_way.limit(1)) is None
