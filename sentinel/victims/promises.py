"""The life of a promise: made once with all its dates, tightened, kept, ended, opened again when a message came back.

`never_without` holds the invariant: every victim we may contact has an open promise with a date (rules.md).
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Select, select

from config import agreed
from sentinel.access.models import User
from sentinel.cases import states
from sentinel.cases.models import Case, Party, Report
from sentinel.cases.timeline import tell
from sentinel.core import clock, worktime
from sentinel.core.db import NEVER, db, new_id
from sentinel.core.events import publish
from sentinel.core.words import until
from sentinel.people.models import Person
from sentinel.victims import rules
from sentinel.victims.events import PromiseEnded
from sentinel.victims.models import Contact, ContactPlan, Promise
from sentinel.victims.rules import Kind, Klass, Schedule

ONE_WAY = {"text": "text", "email": "email", "letter": "post"}
OF_HEARINGS = (Kind.HEARING_SET, Kind.HEARING_EVE, Kind.HEARING_RESULT)
VERSION_LIMIT = 40


def make_promise(
    *,
    party: Party,
    kind: str,
    cause_id: UUID,
    starts_at: datetime,
    no_later_than: datetime | None = None,
    tightens: Promise | None = None,
    teller_id: UUID | None = None,
) -> Promise:
    """Promise a party something: one per party, kind and cause, so a second call returns the first.

    `starts_at` is when the duty arose (the report, the act, the assessment), not when it was typed. All step times are
    worked out here, once. `no_later_than` is a date they were given before; `teller_id` whoever was named to keep it, if not
    whoever has the case. Raises rules.NotPromised for what the standards do not promise to the party's class. Recorded by the
    audit; `announce` tells the story.
    """
    if found := made_for(party, kind, cause_id):
        return found
    klass, made_at, contact = Klass(party.klass), clock.now(), agreed.current().contact
    plan = _planned(party, Kind(kind), klass, starts_at, made_at)
    if no_later_than and no_later_than < plan.due_at:
        plan = rules.agreed_for(max(no_later_than, starts_at), klass, made_at, contact)
    promise = Promise(
        party_id=party.id,
        kind=kind,
        cause_id=cause_id,
        klass=klass.value,
        standards_version=contact.version,
        calendar_version=worktime.CALENDAR_VERSION[:VERSION_LIMIT],
        told_as=rules.words(Kind(kind), plan.due_at, contact, made_at),
        starts_at=starts_at,
        made_at=made_at,
        due_at=plan.due_at,
        soon_at=plan.soon_at,
        supervisor_at=plan.supervisor_at,
        manager_at=plan.manager_at,
        next_step_at=rules.initial_next_step(plan, made_at),
        tightens_id=tightens.id if tightens else None,
        teller_id=tightens.teller_id if tightens else teller_id,
    )
    db.session.add(promise)
    db.session.flush()
    return promise


def made_for(party: Party, kind: str, cause_id: UUID) -> Promise | None:
    """The promise of this kind that this cause has led to, whatever became of it."""
    return db.session.scalar(select(Promise).where(Promise.party_id == party.id, Promise.kind == kind, Promise.cause_id == cause_id))


def _planned(party: Party, kind: Kind, klass: Klass, starts_at: datetime, made_at: datetime) -> Schedule:
    contact = agreed.current().contact
    code = contact.victims_code.within(kind, klass) if party.detail and party.detail.code_decided_by else None
    if code:
        plan = rules.schedule(kind, klass, starts_at, made_at, contact)
        by_code = worktime.reckon(code, starts_at, same_day=klass is Klass.ENHANCED)
        return plan if plan.due_at <= by_code else rules.agreed_for(by_code, klass, made_at, contact)
    every = agreed_interval(party, klass) if kind is Kind.CADENCE else None
    if every:
        due_at = worktime.working_days(starts_at, every, same_day=klass is Klass.ENHANCED)
        return rules.agreed_for(due_at, klass, made_at, contact)
    return rules.schedule(kind, klass, starts_at, made_at, contact)


def next_date(party: Party, since: datetime) -> datetime:
    """By when a contact at `since` promises the next one."""
    return _planned(party, Kind.CADENCE, Klass(party.klass), since, since).due_at


def agreed_interval(party: Party, klass: Klass) -> int | None:
    """The working days between contacts that the victim asked for; rarer than enhanced only if a supervisor agreed."""
    plan = db.session.get(ContactPlan, party.id)
    every = plan.every_working_days if plan else None
    if plan is None or every is None or (klass is Klass.ENHANCED and plan.agreed_by is None and every > standard_interval(klass)):
        return None
    return every


def standard_interval(klass: Klass) -> int:
    """The working days between contacts of everybody in a class; 0 where the standards count in something else."""
    span = agreed.current().contact.rule(Kind.CADENCE).within(klass)
    return span.n if span and span.unit == "working_days" else 0


def sooner(party: Party) -> list[Promise]:
    """They asked to hear from us more often: the next time by then, beside what was promised, where that is later."""
    first = next((one for one in open_of(party) if one.kind == Kind.CADENCE), None)
    if first is None or _planned(party, Kind.CADENCE, Klass(party.klass), clock.now(), clock.now()).due_at >= first.due_at:
        return []
    return [make_promise(party=party, kind=Kind.CADENCE, cause_id=new_id(), starts_at=clock.now(), tightens=first)]


def classify(party: Party) -> bool:
    """Set the party's class from its level, perceived hate and a practitioner's decision. True when it became enhanced."""
    detail = party.detail
    enhanced = bool(detail and (detail.hate_perceived or detail.vulnerable_decided_by))
    before, after = party.klass, rules.klass_of(party.level, enhanced=enhanced)
    party.klass = after.value
    db.session.flush()
    return after is Klass.ENHANCED and before != after.value


def is_live(party: Party) -> bool:
    """Does the party stand on an open case, or on a report nobody has decided yet?"""
    if party.case_id:
        return db.session.get_one(Case, party.case_id).state in states.LIVE
    return party.report_id is not None and db.session.get_one(Report, party.report_id).state == "received"


def is_hidden(party: Party) -> bool:
    """May they not know that they were named, or is it domestic abuse, and nobody has said that contacting them is safe?"""
    detail, report = party.detail, party.report
    if detail is None or detail.safe_to_approach_by is not None:
        return False
    return detail.may_not_know or bool(report and report.detail and report.detail.is_domestic)


def may_be_promised(party: Party) -> bool:
    """A victim we can and may contact, on something still going on."""
    return party.role == "victim" and party.contactable and is_live(party)


def victims_of(case_id: UUID) -> list[Party]:
    """The victims of a case, one for each report they stand on."""
    return list(db.session.scalars(select(Party).where(Party.case_id == case_id, Party.role == "victim").order_by(Party.id)))


def open_of(*parties: Party) -> list[Promise]:
    """The open promises of these parties, soonest first, held until this transaction ends."""
    keys = [party.id for party in parties]
    return _held(select(Promise).where(Promise.party_id.in_(keys), Promise.state == "open").order_by(Promise.due_at, Promise.id))


def never_without(party: Party, *, since: datetime, cause_id: UUID, no_later_than: datetime | None = None) -> Promise | None:
    """Hold the invariant: a victim on an open case is kept in touch with; on an undecided report, something is promised.

    Returns the promise to be in touch within the interval of the party's class from `since`, where one had to be made.
    """
    if not may_be_promised(party):
        return None
    still = open_of(party)
    if any(promise.kind == Kind.CADENCE for promise in still) or (still and not party.case_id):
        return None
    return make_promise(party=party, kind=Kind.CADENCE, cause_id=cause_id, starts_at=since, no_later_than=no_later_than)


def tighten(party: Party, *, cause_id: UUID, since: datetime) -> list[Promise]:
    """The party became enhanced: tighter promises beside those open, whose alert steps are sped up; a safety call where needed.

    Returns the new promises.
    """
    slower = [promise for promise in open_of(party) if promise.klass != Klass.ENHANCED]
    made = twins(party, slower, cause_id=cause_id, since=since)
    for promise in slower:
        hasten(promise)
    called = may_be_promised(party) and rules.safety_call_needed(Klass(party.klass), since, agreed.current().contact)
    if called and not any(promise.kind == Kind.SAFETY_CALL for promise in open_of(party)):
        made.append(make_promise(party=party, kind=Kind.SAFETY_CALL, cause_id=cause_id, starts_at=since))
    return made


def twins(party: Party, slower: Iterable[Promise], *, cause_id: UUID, since: datetime) -> list[Promise]:
    """The standards for this party became tighter: the same promised from `since` beside these, where that is sooner.

    One for all of a kind that one contact will keep, but each hearing its own: it may yet be moved. What begins later, such as the
    days before a hearing or the end of a hold, is not brought forward.
    """
    alike: dict[tuple[str, UUID | None, datetime], list[Promise]] = defaultdict(list)
    for promise in open_of(party):
        hearing = origin(promise).cause_id if promise.kind in OF_HEARINGS else None
        alike[promise.kind, hearing, max(since, promise.starts_at)].append(promise)
    made = []
    for (kind, _, start), (first, *_others) in alike.items():
        if first in slower and _planned(party, Kind(kind), Klass(party.klass), start, clock.now()).due_at < first.due_at:
            cause = uuid5(cause_id, str(first.id)) if made_for(party, kind, cause_id) else cause_id
            made.append(make_promise(party=party, kind=kind, cause_id=cause, starts_at=start, tightens=first))
    return made


def again(promise: Promise, *, since: datetime, no_later_than: datetime | None = None) -> Promise:
    """The same promised anew from a later moment, in place of one that ended because it may not be told before."""
    cause = uuid5(promise.id, "again")
    return make_promise(
        party=promise.party, kind=promise.kind, cause_id=cause, starts_at=since, no_later_than=no_later_than, tightens=promise
    )


def origin(promise: Promise) -> Promise:
    """The first of those that were made beside it or in its place: its cause is what they are all about."""
    while promise.tightens_id:
        promise = db.session.get_one(Promise, promise.tightens_id)
    return promise


def hasten(promise: Promise) -> None:
    """Supervisor and manager hear of it as early as of an enhanced promise. Its date stays: no role may move that."""
    faster = rules.hastened(_plan_of(promise), promise.made_at, agreed.current().contact)
    promise.supervisor_at, promise.manager_at = faster.supervisor_at, faster.manager_at
    promise.next_step_at = min(promise.next_step_at, _next_step(faster, promise))
    db.session.flush()


def _plan_of(promise: Promise) -> Schedule:
    return Schedule(promise.due_at, promise.soon_at, promise.supervisor_at, promise.manager_at)


def _next_step(plan: Schedule, promise: Promise) -> datetime:
    if promise.step == 0:
        return rules.initial_next_step(plan, promise.made_at)
    return rules.next_step(plan, promise.step) or NEVER


def keep(contact: Contact) -> list[Promise]:
    """Mark as kept what this contact keeps: of this person, on this case or report, whichever party they stand as."""
    plans = _plans(contact)
    made = _as_made(contact)
    kept = [promise for promise in _held(_same_matter(contact)) if rules.keeps(made, _as_promised(promise, plans.get(promise.party_id)))]
    for promise in kept:
        promise.state, promise.kept_by, promise.ended_at = "kept", contact.id, clock.now()
        promise.ended_by = contact.by_user
    db.session.flush()
    return kept


def _same_matter(contact: Contact) -> Select[Promise]:
    return (
        select(Promise)
        .join(Party, Party.id == Promise.party_id)
        .where(_matter(contact), Promise.state == "open")
        .order_by(Promise.due_at, Promise.id)
    )


def _matter(contact: Contact) -> ColumnElement[bool]:
    return Party.case_id == contact.case_id if contact.case_id else Party.report_id == contact.party.report_id


def _plans(contact: Contact) -> dict[UUID, ContactPlan]:
    of_matter = select(Party.id).where(_matter(contact))
    return {plan.party_id: plan for plan in db.session.scalars(select(ContactPlan).where(ContactPlan.party_id.in_(of_matter)))}


def _canonical(person_id: UUID) -> UUID:
    return db.session.get_one(Person, person_id).canonical_id


def _as_made(contact: Contact) -> rules.ContactMade:
    return rules.ContactMade(
        person=_canonical(contact.person_id),
        occurred_at=contact.occurred_at,
        channel=contact.channel,
        outcome=rules.Outcome(contact.outcome),
        covers=[Kind(covered.kind) for covered in contact.covers],
        by_practitioner=contact.by_practitioner,
        at_intake=contact.at_intake,
    )


def _as_promised(promise: Promise, plan: ContactPlan | None) -> rules.PromiseMade:
    representative = plan.representative_person_id if plan else None
    return rules.PromiseMade(
        person=_canonical(promise.party.person_id),
        kind=Kind(promise.kind),
        starts_at=promise.starts_at,
        representatives=[_canonical(representative)] if representative else [],
        agreed_channels=[channel for channel, column in ONE_WAY.items() if plan and getattr(plan, column) == "yes"],
    )


def go_on(contact: Contact, kept: Iterable[Promise], *, no_later_than: datetime | None = None) -> list[Promise]:
    """After a contact that kept something: the next promise to be in touch, counted from when it happened."""
    parties = {promise.party_id: promise.party for promise in kept}
    following = (
        never_without(party, since=contact.occurred_at, cause_id=contact.id, no_later_than=no_later_than) for party in parties.values()
    )
    return [promise for promise in following if promise]


def end(promise: Promise, *, state: str, reason: str, actor: User | None) -> None:
    """End an open promise other than by a contact (`excused`, `waived`, `ended`; `kept` by a review), with the reason."""
    promise.state, promise.ended_reason, promise.ended_at = state, reason[:500], clock.now()
    promise.ended_by = actor.id if actor else None
    db.session.flush()
    publish(PromiseEnded(promise))


def reopen_kept_by(contact: Contact, *, actor: User | None) -> list[Promise]:
    """A message came back for good: what it had kept is open again, with the date it always had.

    What closing the case or withdrawing the report would have ended meanwhile is ended instead. Returns what is open.
    """
    back = _held(select(Promise).where(Promise.kept_by == contact.id, Promise.state == "kept"))
    for promise in back:
        promise.state, promise.kept_by, promise.ended_at, promise.ended_by = "open", None, None, None
        promise.step, promise.next_step_at = 0, promise.soon_at  # whoever was told before is told anew: it is a new alert
    db.session.flush()
    over = [promise for promise in back if _is_over(promise)]
    for promise in over:
        end(promise, state="ended", reason="It was over before the message came back.", actor=actor)
    return [promise for promise in back if promise not in over]


def _is_over(promise: Promise) -> bool:
    party = promise.party
    withdrawn = party.case_id is None and party.report is not None and party.report.state == "withdrawn"
    return withdrawn or (promise.kind == Kind.CADENCE and not is_live(party))


def announce(party: Party, promises: Iterable[Promise], actor: User | None) -> None:
    """One line of the story that says what was promised to whom by when."""
    rows = [phrase(promise) for promise in promises]
    if rows:
        tell(kind="promise", title=f"Promised {party.person.name}: {'; '.join(rows)}", party=party, actor=actor)


def title(kind: str) -> str:
    """What is promised, as a heading: "First contact"."""
    return agreed.current().contact.rule(kind).title


def phrase(promise: Promise) -> str:
    """ "first contact, by 5pm on Thursday 3 December"."""
    words = title(promise.kind)
    return f"{words[0].lower()}{words[1:]}, {until(promise.due_at)}"


def _held(query: Select[Promise]) -> list[Promise]:
    """Locked, as they are now: whoever comes second sees what the first one kept."""
    db.session.flush()
    return list(db.session.scalars(query.with_for_update(of=Promise).execution_options(populate_existing=True)))
