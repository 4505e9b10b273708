"""What follows for promises when something happens elsewhere: a report, a decision, an assessment, a closing.

Each function is named in `sentinel/reactions.py` beside the event it follows.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid5

from sqlalchemy import select, update

from config import agreed
from sentinel.access.models import User
from sentinel.cases.events import CaseClosed, CaseReopened, ReportTaken, ReportTriaged, SafeToApproach
from sentinel.cases.models import Party, Report
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.people.models import PersonContact
from sentinel.post import service as post
from sentinel.victims import plans, promises, reviews, rules, service
from sentinel.victims.models import Contact, ContactPlan, Promise
from sentinel.victims.promises import make_promise
from sentinel.victims.rules import Kind, Klass

ON_THE_LINE = ("phone", "visit")
MESSAGES = {"text": "text", "email": "email", "letter": "post", "post": "post"}
DECIDED = ("signposted", "no_further_action")
READ_OUT = "Gave the reference and read out what happens next, and by when."


class _Assessment(Protocol):
    """What this room needs to know of an assessment: it may not know the room that makes them."""

    id: Any
    kind: Any
    state: Any
    assessed_at: Any
    agreed_at: Any


class _Episode(Protocol):
    id: Any
    opened_at: Any


class RiskAssessed(Protocol):
    """`risk.events.RiskAssessed`, as far as promises follow it."""

    @property
    def party(self) -> Party: ...
    @property
    def assessment(self) -> _Assessment: ...
    @property
    def previous_level(self) -> str | None: ...
    @property
    def actor(self) -> User | None: ...


class RiskBecameHigh(Protocol):
    """`risk.events.RiskBecameHigh`, as far as promises follow it."""

    @property
    def party(self) -> Party: ...
    @property
    def assessment(self) -> _Assessment: ...
    @property
    def episode(self) -> _Episode: ...
    @property
    def actor(self) -> User | None: ...


def promise_on_report(event: ReportTaken) -> None:
    """Keep the contact plan, then promise each victim the reference, a safety call where needed, and first contact.

    Domestic abuse: no promise and no message, it goes the force's own way. A third-party reporter hears that it was passed
    on. A victim who may not know, or cannot be reached, is promised nothing yet.
    """
    parties = parties_of(event.report)
    caller = event.caller or _caller(parties)
    for party in parties:
        _begin_plan(party, event.plan if party is caller else event.plans.get(party.id, {}))
    domestic = event.report.detail is not None and event.report.detail.is_domestic
    for party in parties:
        if party.role == "victim":
            promises.classify(party)
        if domestic:
            party.contactable = False
        else:
            _promise_party(party, event, told=party is caller)
            reviews.promise_review(party, event.actor)
    db.session.flush()


def parties_of(report: Report) -> list[Party]:
    """The parties of a report, as they stand in the database."""
    return list(db.session.scalars(select(Party).where(Party.report_id == report.id).order_by(Party.id)))


def _caller(parties: list[Party]) -> Party | None:
    by_role = {party.role: party for party in reversed(parties)}
    return by_role.get("reporter") or by_role.get("victim") or by_role.get("witness")


def _begin_plan(party: Party, values: Mapping[str, Any]) -> None:
    if party.role == "alleged":
        return
    plan = service.plan_of(party)
    for column, value in values.items():
        setattr(plan, column, value or getattr(plan, column))  # a column that is not there is an AttributeError
    known = dict(db.session.execute(_known(party.person_id)).all())
    plan.phone = plan.phone or known.get("phone", "")[:200] or None
    plan.email_address = plan.email_address or known.get("email", "")[:200] or None
    if values and not plans.has_a_way(plan):
        party.contactable = False
    db.session.flush()


def _known(person_id: UUID) -> Any:
    return select(PersonContact.kind, PersonContact.value).where(PersonContact.person_id == person_id).order_by(PersonContact.added_at)


def _promise_party(party: Party, event: ReportTaken, *, told: bool) -> None:
    if party.role == "victim":
        party.contactable = party.contactable and not promises.is_hidden(party)
        db.session.flush()
    made = _due_on_report(party, event.report)
    if told:
        made = [*_acknowledge(party, event), *made]
    promises.announce(party, [promise for promise in made if promise.state == "open"], event.actor)


def _due_on_report(party: Party, report: Report) -> list[Promise]:
    """What a report promises beside the reference. The date counts from the report, not from its typing."""
    if party.role == "reporter" and party.contactable:
        return [_of_report(party, report, Kind.PASSED_ON)]
    if not promises.may_be_promised(party):
        return []
    call = rules.safety_call_needed(Klass(party.klass), report.received_at, agreed.current().contact)
    return [_of_report(party, report, kind) for kind in (*((Kind.SAFETY_CALL,) if call else ()), Kind.FIRST_CONTACT)]


def _of_report(party: Party, report: Report, kind: Kind) -> Promise:
    return make_promise(party=party, kind=kind, cause_id=report.id, starts_at=report.received_at)


def _acknowledge(party: Party, event: ReportTaken) -> list[Promise]:
    """The reference: told on the line, else by the safe channels the caller asked for, else not at all."""
    on_the_line = event.told_on_the_line and event.report.channel in ON_THE_LINE
    channels = _safe_channels(party, event.acknowledge_by) if party.contactable else []
    promised = []
    if promises.may_be_promised(party) and (on_the_line or channels):
        promised = [_of_report(party, event.report, Kind.ACKNOWLEDGE)]
    if on_the_line:
        _read_out(party, event)
    for channel in channels:
        post.queue_message(
            dedupe_key=f"acknowledgement:{party.id}:{channel}",
            channel=channel,
            template="acknowledgement",
            ref_table="party",
            ref_id=party.id,
        )
    return promised


def _safe_channels(party: Party, wanted: tuple[str, ...]) -> list[str]:
    plan = db.session.get(ContactPlan, party.id)
    safe = ["letter" if channel == "post" else channel for channel in wanted if plan and getattr(plan, MESSAGES[channel]) == "yes"]
    return list(dict.fromkeys(safe))


def _read_out(party: Party, event: ReportTaken) -> None:
    service.log_contact(
        actor=event.actor,
        party=party,
        channel=event.report.channel,
        direction="in",
        outcome="reached",
        occurred_at=event.report.received_at,
        note=READ_OUT,
        covers=(Kind.ACKNOWLEDGE,),
        at_intake=True,
    )


def follow_triage(event: ReportTriaged) -> None:
    """Promises go with the party. On a case, being kept in touch is promised from the report on; otherwise see `_decided`."""
    for party in parties_of(event.report):
        _carry(party)
        if event.outcome == "withdrawn":
            for promise in promises.open_of(party):
                promises.end(promise, state="ended", reason="The report was withdrawn.", actor=event.actor)
        elif event.outcome in DECIDED and party.role == "victim":
            _decided(party, event)
        else:
            begun = promises.never_without(party, since=event.report.received_at, cause_id=event.report.id)
            promises.announce(party, [begun] if begun else [], event.actor)
    if event.outcome == "withdrawn":
        reviews.look_again([event.report], event.actor)


def _carry(party: Party) -> None:
    for model in (ContactPlan, Contact):
        db.session.execute(update(model).where(model.party_id == party.id).values(case_id=party.case_id))


def _decided(party: Party, event: ReportTriaged) -> None:
    """What is open becomes "told what was decided and why", by the date they already have; only telling ends it.

    What they are to hear of the case review stays promised as it is: it is owed whatever was decided.
    """
    still = [promise for promise in promises.open_of(party) if promise.kind not in reviews.KINDS]
    if not still:
        return
    date = min((one.due_at for one in still if one.kind != Kind.ACKNOWLEDGE), default=None)
    made = make_promise(party=party, kind=Kind.DECISION, cause_id=event.report.id, starts_at=clock.now(), no_later_than=date)
    for promise in still:
        promises.end(promise, state="ended", reason="Became: told what was decided, and why.", actor=event.actor)
    promises.announce(party, [made], event.actor)


def promise_after_assessment(event: RiskAssessed) -> None:
    """After a full assessment, or a change of level: told the plan. Hate or a decision may have made the party enhanced."""
    party, assessment = event.party, event.assessment
    became = promises.classify(party)
    if became and party.level != "high":
        _become_enhanced(party, cause_id=assessment.id, since=assessment.assessed_at, actor=event.actor)
    changed = event.previous_level is not None and event.previous_level != party.level
    cause, since = _change(assessment)
    if promises.may_be_promised(party) and (assessment.kind == "full" or changed):
        made = make_promise(party=party, kind=Kind.AFTER_ASSESSMENT, cause_id=cause, starts_at=since)
        promises.announce(party, [made], event.actor)
    if promises.open_of(party):  # as above; hate may have come to light
        reviews.promise_review(party, event.actor, since=since)


def _change(assessment: _Assessment) -> tuple[UUID, datetime]:
    """What is to be told, and since when: the assessment; or the lower level, from when a supervisor agreed to it."""
    if assessment.state == "agreed":
        return uuid5(assessment.id, "agreed"), assessment.agreed_at
    return assessment.id, assessment.assessed_at


def become_enhanced(event: RiskBecameHigh) -> None:
    """High risk: the tighter promises beside those open, whose alerts come sooner (one of the five things of an episode)."""
    promises.classify(event.party)
    _become_enhanced(event.party, cause_id=event.episode.id, since=event.episode.opened_at, actor=event.actor)


def _become_enhanced(party: Party, *, cause_id: UUID, since: datetime, actor: User | None) -> None:
    if promises.open_of(party):  # on a report being taken nothing is promised yet: see `promise_on_report`
        promises.announce(party, promises.tighten(party, cause_id=cause_id, since=since), actor)


def promise_when_safe(event: SafeToApproach) -> None:
    """The victim may be contacted from now on: contactable where the plan knows a way, and promised first contact."""
    party = event.party
    party.contactable = plans.has_a_way(service.plan_of(party))
    promises.classify(party)
    service.first_contact(party, since=clock.now(), actor=event.actor)


def end_for_case(event: CaseClosed) -> None:
    """Closing the case ends being kept in touch with. Every other promise has been answered: closing asks for that."""
    for party in promises.victims_of(event.case.id):
        for promise in promises.open_of(party):
            if promise.kind == Kind.CADENCE:
                promises.end(promise, state="ended", reason="The case was closed.", actor=event.actor)


def begin_again(event: CaseReopened) -> None:
    """The case is open again: its victims hear from us within the interval of their class, from now."""
    for party in promises.victims_of(event.case.id):
        begun = promises.never_without(party, since=clock.now(), cause_id=new_id())
        promises.announce(party, [begun] if begun else [], event.actor)
