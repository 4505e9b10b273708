"""What people do for victims: contact them, excuse and waive promises, change the plan. Each stands on the story.

Promises themselves are made and kept in `promises.py`; what follows from other rooms' events is in `following.py`.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from config import agreed
from sentinel.access.models import User
from sentinel.cases.events import SafeToApproach
from sentinel.cases.models import Case, Party, Report
from sentinel.cases.signing import refuse_unless_signs, signers, stands_in
from sentinel.cases.timeline import tell
from sentinel.core import clock
from sentinel.core.db import db, lock, new_id
from sentinel.core.errors import NotAllowed, Refused, Stale
from sentinel.core.events import publish
from sentinel.people.models import Person
from sentinel.post import service as post
from sentinel.victims import closing, holding, plans, promises, queries, reviews, rules, sentences
from sentinel.victims.events import Contactable, ContactLogged
from sentinel.victims.models import CHANNELS, Contact, ContactCovers, ContactPlan, Promise
from sentinel.victims.promises import make_promise
from sentinel.victims.rules import Kind, Klass

__all__ = [
    "arrived",
    "came_back",
    "decide_vulnerable",
    "excuse",
    "log_contact",
    "make_promise",
    "record_review",
    "say_safe_to_approach",
    "set_plan",
    "waive",
]

NEVER_WAIVED = (Kind.ACKNOWLEDGE, Kind.CLOSURE, Kind.DECISION)
ONE_WAY_OUTCOMES = ("one_way_sent", "delivered", "failed")
CASEWORK = ("practitioner", "supervisor")
END_OF_DAY = time(17)
EXCUSES = "Only a supervisor of the team that owns this may excuse a promise."


def log_contact(
    *,
    actor: User | None,
    party: Party,
    channel: str,
    direction: str,
    outcome: str,
    occurred_at: datetime,
    note: str,
    covers: Iterable[str] = (),
    spoke_to: Person | None = None,
    next_by: date | None = None,
    at_intake: bool = False,
    outbox_id: int | None = None,
    closing_view: str = "",
) -> Contact:
    """Log a contact or an attempt, keep what it keeps, and promise the next (rules.md, Promises and contacts).

    Refuses: a moment still to come, no sentence, a channel the plan says is unsafe, and reaching out to somebody who may
    not know they were named. A contact dated before a promise began is accepted and keeps nothing of it. `spoke_to` is
    the representative, where it was not the victim. `next_by` promises the next contact sooner than the standard.
    `outbox_id` is the message that it was, where one went out by itself. `closing_view` is what a victim who was told that
    the case may close thinks of it (`closing.refuse_view`).
    """
    covers = tuple(covers)
    _refuse_contact(party, channel, direction, outcome, occurred_at, note)
    closing.refuse_view(party, closing_view, covers=covers, outcome=outcome, occurred_at=occurred_at)
    if outcome != "attempt":
        holding.refuse_held(party.case_id, covers, occurred_at)
    contact = Contact(
        id=new_id(),
        party_id=party.id,
        case_id=party.case_id,
        person_id=spoke_to.id if spoke_to else party.person_id,
        occurred_at=occurred_at,
        logged_at=clock.now(),
        by_user=actor.id if actor else None,
        by_practitioner=actor is not None and any(held.role in CASEWORK for held in actor.holdings),
        at_intake=at_intake,
        channel=channel,
        direction=direction,
        outcome=outcome,
        note=note.strip(),
        outbox_id=outbox_id,
        party=party,
    )
    db.session.add(contact)
    if outcome != "attempt":
        contact.covers = [ContactCovers(kind=kind) for kind in dict.fromkeys(Kind(kind).value for kind in covers)]
    db.session.flush()
    _keep_and_tell(contact, actor, spoke_to, next_by)
    closing.record_view(contact, closing_view)
    return contact


def _refuse_contact(party: Party, channel: str, direction: str, outcome: str, occurred_at: datetime, note: str) -> None:
    if party.role == "alleged":
        raise Refused("Write what somebody alleged to be responsible said as a note: contacts are with victims and witnesses.")
    if channel not in CHANNELS:
        raise Refused("Choose how.", field="channel")
    if occurred_at > clock.now():
        raise Refused("That is still to come. Enter when it happened, such as today 2:15pm.", field="when")
    if not note.strip():
        raise Refused("Say in a sentence what was said.", field="note")
    if outcome in ONE_WAY_OUTCOMES and (channel not in promises.ONE_WAY or direction != "out"):
        raise Refused(
            "Only a text, an e-mail or a letter of yours is sent without an answer. Say whether you reached them.", field="outcome"
        )
    if direction == "out":
        _refuse_unsafe(party, channel)


def _refuse_unsafe(party: Party, channel: str) -> None:
    if promises.is_hidden(party):
        raise Refused(f"Nobody contacts {party.person.name} until a practitioner has said, on the victim care page, that it is safe.")
    if why := sentences.unsafe(db.session.get(ContactPlan, party.id), channel):
        raise Refused(f"{why} {sentences.ANOTHER_WAY}", field="channel")


def _keep_and_tell(contact: Contact, actor: User | None, spoke_to: Person | None, next_by: date | None) -> None:
    kept = promises.keep(contact)
    following = promises.go_on(contact, kept, no_later_than=_end_of(next_by))
    party, who = contact.party, contact.party.person.name
    if spoke_to and spoke_to.id != party.person_id:
        who = f"{spoke_to.name}, for {who}"
    title = sentences.contact_title(who, channel=contact.channel, direction=contact.direction, outcome=contact.outcome)
    body = "\n".join(line for line in (contact.note, _kept_words(kept, contact), _next_words(following)) if line)
    data = {"contact": str(contact.id), "kept": [promise.kind for promise in kept]}
    tell(kind="contact", title=title, body=body, data=data, party=party, actor=actor, happened_at=contact.occurred_at)
    publish(ContactLogged(contact, tuple(kept)))


def _end_of(day: date | None) -> datetime | None:
    return datetime.combine(day, END_OF_DAY, clock.LONDON).astimezone(clock.UTC) if day else None


def _kept_words(kept: Iterable[Promise], contact: Contact) -> str:
    standards = agreed.current().contact
    rows = []
    for promise in kept:
        late = sentences.late_by(promise.due_at, contact.occurred_at, hours=sentences.in_hours(promise.kind, standards))
        rows.append(f"{promises.title(promise.kind)}{f' ({late})' if late else ''}")
    return f"Kept: {'; '.join(dict.fromkeys(rows))}." if rows else ""


def _next_words(following: Iterable[Promise]) -> str:
    return next((f"Next: {promises.phrase(promise)}." for promise in following), "")


def arrived(*, contact: Contact) -> None:
    """Whoever carries it says that it arrived: it keeps what it may keep, from when it was sent. Refuses what was not on its way."""
    if contact.outcome != "one_way_sent":
        raise Refused("Only a message on its way can arrive.")
    contact.outcome = "delivered"
    db.session.flush()
    _keep_and_tell(contact, None, None, None)


def came_back(*, actor: User | None, contact: Contact, note: str = "") -> list[Promise]:
    """A message came back for good: what it had kept is open again with its own due date. Refuses what was not a message."""
    if contact.outcome not in ("delivered", "one_way_sent"):
        raise Refused("Only a message that was sent can come back.")
    contact.outcome = "failed"
    back = promises.reopen_kept_by(contact, actor=actor)
    party = contact.party
    title = sentences.contact_title(party.person.name, channel=contact.channel, direction="out", outcome="failed")
    again = "; ".join(promises.phrase(promise) for promise in back)
    body = "\n".join(line for line in (note.strip(), f"Open again: {again}." if again else "") if line)
    tell(kind="contact", title=title, body=body or None, party=party, actor=actor)
    return back


def excuse(*, actor: User, promise: Promise, reason: str) -> Promise:
    """A supervisor excuses a promise after three attempts, by two ways, on two working days (numbers: contact.toml).

    Refuses anybody else, whoever has the case (`cases/signing.py` says who can), a promise no longer open, too few attempts, and no
    reason. Being in touch is promised anew.
    """
    _hold_open(promise)
    refuse_unless_signs(actor, promise.party.case, EXCUSES)
    if not supervises(actor, promise.party) and not stands_in(actor, promise.party.case):
        raise NotAllowed(EXCUSES)
    if missing := still_to_try(promise):
        raise Refused(missing)
    why = _said(reason, "Say why it is excused: the record shows it to whoever reads this later.", "reason")
    promises.end(promise, state="excused", reason=why, actor=actor)
    return _ended(promise, actor, "Excused", why)


def still_to_try(promise: Promise) -> str | None:
    """What is still needed before this promise may be excused, as a sentence; None when it may be."""
    attempts, wanted = queries.attempts_for(promise), agreed.current().contact.attempts
    if rules.excusable(attempts, agreed.current().contact):
        return None
    done = sentences.tries(attempts) or "Nobody has tried yet"
    return f"{done}. It takes {wanted.attempts} attempts, by {wanted.channels} ways, on {wanted.working_days} working days."


def waive(*, actor: User, promise: Promise, reason: str, note: str, every: int | None = None) -> Promise:
    """Waive a promise because the victim asked; for keeping in touch, agree a slower interval or none.

    `reason` is one of outcomes.toml, promise_waived. `every` is in working days, at most 60, where they asked for longer.
    Refuses the reference, the decision and the closing, which are always told; a victim on the enhanced standard without
    their supervisor. Where no contact is wanted an officer reviews the case on the same clock (`record_review`).
    """
    _hold_open(promise)
    if promise.kind in NEVER_WAIVED:
        raise Refused("This is always told: it cannot be waived.")
    words = {choice.key: choice.text for choice in agreed.current().outcomes.promise_waived}
    if reason not in words:
        raise Refused("Choose what they asked for.", field="reason")
    if promise.party.klass == Klass.ENHANCED and not agrees_to_less(actor, promise.party):
        raise NotAllowed("They are entitled to the enhanced standard, so a supervisor has to agree. Ask yours to waive it.")
    why = _said(note, "Say in a sentence what they asked for.", "note")
    if promise.kind == Kind.CADENCE:
        _slow_down(actor, promise.party, reason, every)
    promises.end(promise, state="waived", reason=f"{words[reason]}. {why}", actor=actor)
    return _ended(promise, actor, "Waived", f"{words[reason]}. {why}")


def _slow_down(actor: User, party: Party, reason: str, every: int | None) -> None:
    most = agreed.current().contact.slowed_at_most_working_days
    plan = plan_of(party)
    if reason == "asked_for_longer":
        if every is None or not 1 <= every <= most:
            raise Refused(f"Enter how many working days, at most {most}.", field="every")
        plan.every_working_days = every
    plan.no_contact = reason == "asked_not_to_be_contacted"
    plan.agreed_by = actor.id if agrees_to_less(actor, party) else None
    db.session.flush()


def record_review(*, actor: User, promise: Promise, note: str) -> Promise:
    """An officer reviewed the case of a victim who asked not to be contacted: the clock begins again. Refuses all others."""
    _hold_open(promise)
    if promise.kind != Kind.CADENCE or not plan_of(promise.party).no_contact:
        raise Refused("They have not asked us to stay away: log a contact instead.")
    why = _said(note, "Say in a sentence what you looked at and what you found.", "note")
    promises.end(promise, state="kept", reason=why, actor=actor)
    following = promises.never_without(promise.party, since=clock.now(), cause_id=promise.id)
    body = "\n".join(line for line in (why, _next_words([following] if following else [])) if line)
    title = f"Reviewed without contact, as {promise.party.person.name} asked"
    tell(kind="review", title=title, body=body, party=promise.party, actor=actor)
    return promise


def _ended(promise: Promise, actor: User, how: str, why: str) -> Promise:
    party = promise.party
    following = promises.never_without(party, since=clock.now(), cause_id=promise.id)
    body = "\n".join(line for line in (why, _next_words([following] if following else [])) if line)
    tell(kind="promise", title=f"{how}: {promises.phrase(promise)}, {party.person.name}", body=body, party=party, actor=actor)
    return promise


def set_plan(*, actor: User, party: Party, values: Mapping[str, Any], version: int | None = None, no_way: bool = False) -> ContactPlan:
    """Change how a party can be reached safely and what they want. The story keeps what it was before.

    `values` by column (`sentences.LABELS`); `version` is what its editor had before them, 0 where there was none. Raises Stale
    with both versions when somebody changed it meanwhile. Refuses: a way they prefer that is not safe; somebody who speaks for
    them without their consent; a plan that leaves no way, unless `no_way` says so; rarer contact with a victim on the enhanced
    standard without their supervisor. A victim who can be reached from now on is promised something at once; one who wants to
    hear sooner is promised that.
    """
    lock(party)
    kept = db.session.get(ContactPlan, party.id, populate_existing=True)
    plan = kept or plan_of(party)
    names = queries.people_names(party)
    changed = {column: value for column, value in values.items() if (getattr(plan, column) or None) != (value or None)}
    if version is not None and version != (kept.version if kept else 0):
        raise _stale(plan, changed, names)
    if not changed:
        return plan
    plans.refuse_unfit(plan, changed, no_way=no_way)
    if "every_working_days" in changed:
        _agree_interval(actor, party, plan, changed["every_working_days"])
    lines = [f"{_plan_line(column, value, names)} (was {_value(plan, column, names)})" for column, value in changed.items()]
    for column, value in changed.items():
        setattr(plan, column, value or None)
    db.session.flush()
    tell(kind="plan", title=f"Changed how to reach {party.person.name}", body="\n".join(lines), party=party, actor=actor)
    _now_contactable(party, plan, actor)
    if "safe_times" in changed:
        post.look_again(ref_table="party", ref_id=party.id)
    if changed.get("every_working_days"):
        promises.announce(party, promises.sooner(party), actor)
    return plan


def _agree_interval(actor: User, party: Party, plan: ContactPlan, every: int | None) -> None:
    """As often as they want; rarer than the standard of somebody enhanced only with their supervisor (rules.md)."""
    supervisor, rarer = agrees_to_less(actor, party), every and every > promises.standard_interval(Klass(party.klass))
    if rarer and party.klass == Klass.ENHANCED and not supervisor:
        sentence = "They are entitled to the enhanced standard, so a supervisor has to agree to less. Ask yours to change it."
        raise Refused(sentence, field="every")
    plan.no_contact, plan.agreed_by = False, actor.id if supervisor else None


def _stale(plan: ContactPlan, changed: Mapping[str, Any], names: Mapping[Any, str]) -> Stale:
    yours = [(sentences.LABELS[column], sentences.said(column, value, names)) for column, value in changed.items()]
    theirs = [(sentences.LABELS[column], _value(plan, column, names)) for column in changed]
    sentence = "Somebody changed this plan while you had it open. Yours is not saved. Compare the two, then save what should stand."
    return Stale(sentence, yours=yours, theirs=theirs, version=plan.version)


def _plan_line(column: str, value: Any, names: Mapping[Any, str]) -> str:
    return f"{sentences.LABELS[column]}: {sentences.said(column, value, names)}"


def _value(plan: ContactPlan, column: str, names: Mapping[Any, str]) -> str:
    return sentences.said(column, getattr(plan, column), names)


def plan_of(party: Party) -> ContactPlan:
    """The party's contact plan, begun when there is none."""
    plan = db.session.get(ContactPlan, party.id)
    if plan is None:
        plan = ContactPlan(party_id=party.id, case_id=party.case_id)
        db.session.add(plan)
        db.session.flush()
    return plan


def _now_contactable(party: Party, plan: ContactPlan, actor: User | None) -> None:
    """A way was found: the victim is promised something. A way was lost: what was promised stays, for a supervisor to excuse."""
    party.contactable = plans.has_a_way(plan) and not promises.is_hidden(party)
    db.session.flush()
    first_contact(party, since=clock.now(), actor=actor)


def first_contact(party: Party, *, since: datetime, actor: User | None) -> None:
    """Somebody can be contacted from now on: where nothing is promised, first contact; on a case, being kept in touch with."""
    if not promises.may_be_promised(party):
        return
    made = []
    if not promises.open_of(party) and not queries.was_reached(party):
        made = [make_promise(party=party, kind=Kind.FIRST_CONTACT, cause_id=new_id(), starts_at=since)]
    more = promises.never_without(party, since=since, cause_id=new_id())
    promises.announce(party, [*made, *([more] if more else [])], actor)
    reviews.promise_review(party, actor, since=since)
    publish(Contactable(party, actor))
    closing.promise_told(party, actor)


def decide_vulnerable(*, actor: User, party: Party, why: str) -> None:
    """A practitioner decides that a victim is vulnerable or intimidated: enhanced from now (prompted by ticks, never made by them).

    Refuses anybody but a victim, and no reason.
    """
    if party.role != "victim":
        raise Refused("Only victims have a standard of contact.")
    reason = _said(why, "Say what makes them vulnerable or intimidated: the tighter dates rest on it.", "why")
    party.detail.vulnerable_decided_by, party.detail.vulnerable_reason = actor.id, reason[:500]
    became = promises.classify(party)
    tell(kind="risk", title=f"{party.person.name}: enhanced standard of contact", body=reason, party=party, actor=actor)
    if became:
        promises.announce(party, promises.tighten(party, cause_id=new_id(), since=clock.now()), actor)


def say_safe_to_approach(*, actor: User, party: Party, why: str) -> None:
    """A practitioner says that a victim who may not know they were named can be contacted. Refuses no reason, and anybody else."""
    if not promises.is_hidden(party):
        raise Refused(f"{party.person.name} can be contacted already: the plan says how.")
    reason = _said(why, "Say how you know that it is safe.", "why")
    party.detail.safe_to_approach_by = actor.id
    db.session.flush()
    tell(kind="plan", title=f"Safe to contact {party.person.name}", body=reason, party=party, actor=actor)
    publish(SafeToApproach(party, actor))


def supervises(actor: User, party: Party) -> bool:
    """Is this person a supervisor of the partner that owns the party's case or report?"""
    owner = db.session.get_one(Case, party.case_id) if party.case_id else db.session.get_one(Report, party.report_id)
    return any(held.role == "supervisor" and held.team.partner_id == owner.owner_partner_id for held in actor.holdings)


def agrees_to_less(actor: User, party: Party) -> bool:
    """May this supervisor agree that somebody enhanced hears less: not for a case of their own, unless there is no other?"""
    own = party.case is not None and party.case.officer_id == actor.id
    return supervises(actor, party) and not (own and party.case and signers(party.case))


def _hold_open(promise: Promise) -> None:
    lock(promise)
    if promise.state != "open":
        raise Refused(f"This promise is no longer open: it was {promise.state} meanwhile. Go back to see by whom.")


def _said(text: str, sentence: str, field: str) -> str:
    if not text.strip():
        raise Refused(sentence, field=field)
    return text.strip()
