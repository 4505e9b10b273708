"""Victim First's cards: whom to ring, how to do it safely, why, and by when. Nothing else of the case."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sentinel.access import queries as access
from sentinel.access.models import User
from sentinel.cases.models import Party
from sentinel.core import clock
from sentinel.core.pages import due_state
from sentinel.core.words import by, day, lateness, moment, moment_within, until
from sentinel.people.models import Person
from sentinel.referrals import queries, safe
from sentinel.referrals.models import Referral, ReferralEvent
from sentinel.risk.models import Assessment
from sentinel.victims.models import Promise

CONSENT = {
    "given": "Given by them",
    "refused": "Refused by them; sent for a safeguarding reason",
    "not_asked": "Not asked; sent because of high risk",
    "unsafe_to_ask": "Not safe to ask; sent because of high risk",
}
SAID = ("contacted", "contact", "attempt", "update", "closed", "declined")
AWAITED = ("open", "acknowledged", "accepted")  # the first contact is still to come
THIRD = 3
SHOWN = 3
TRIES = {1: "once", 2: "twice", 3: "three times"}


@dataclass(frozen=True)
class Due:
    """A date with the lines under it."""

    first: str
    lines: tuple[str, ...]
    state: str


@dataclass(frozen=True)
class Holder:
    """Whom to ask about the case."""

    name: str
    team: str
    phone: str
    there: str
    reference: str


@dataclass(frozen=True)
class Card:
    """One referral as a row; `open` has what the open card shows beside it."""

    referral: Referral
    name: str
    sub: str
    level: str | None
    note: str
    reach: safe.Reach
    due: Due
    overdue: bool
    tries: int
    new_report: str
    last_note: str


@dataclass(frozen=True)
class Opened:
    """What stands in the open card."""

    because: list[str]
    rationale: str
    whose_words: str
    happened: str
    told: list[str]
    holder: Holder
    consent: str
    events: list[ReferralEvent]
    third_try: str
    times_left: str


def card(referral: Referral, events: list[ReferralEvent], viewer: User) -> Card:
    """The row of one referral."""
    assessment, tries = queries.assessment_of(referral), _tries(events)
    since = queries.reported_since(referral)
    return Card(
        referral=referral,
        name=_with_age(referral.party.person),
        sub=_sub(referral, events, viewer, tries),
        level=assessment.effective if assessment else referral.party.level,
        note=_note(referral, assessment),
        reach=safe.reach(queries.plan_of(referral)),
        due=_due(referral),
        overdue=_is_overdue(referral),
        tries=tries,
        new_report=f"New report {moment_within(since)}" if since else "",
        last_note=next((event.note for event in events if event.note and event.kind in SAID), ""),
    )


def opened(referral: Referral, events: list[ReferralEvent]) -> Opened:
    """What the open card says."""
    assessment = queries.assessment_of(referral)
    report = referral.party.report
    holder = _holder(referral)
    return Opened(
        because=list(assessment.because[:3]) if assessment else [],
        rationale=(assessment.rationale or "") if assessment else referral.why,
        whose_words=_whose(assessment),
        happened=report.detail.what_happened if report and report.detail else "",
        told=_told(referral, queries.promises_of(referral)),
        holder=holder,
        consent=CONSENT[referral.consent] + (f": {referral.decision_reason}" if referral.decision_reason else ""),
        events=events,
        third_try=_third_try(referral, _tries(events), holder),
        times_left=safe.times_left(queries.plan_of(referral), clock.now(), referral.contact_by if referral.state in AWAITED else None),
    )


def worst_first(cards: Iterable[Card]) -> list[Card]:
    """Overdue before the others, then by the date of first contact."""
    return sorted(cards, key=lambda one: (not one.overdue, one.referral.contact_by or one.referral.referred_at))


def _with_age(person: Person) -> str:
    age = person.age_years
    if person.born_on:
        today = clock.today()
        age = today.year - person.born_on.year - ((today.month, today.day) < (person.born_on.month, person.born_on.day))
    return f"{person.name}, {age}" if age is not None else person.name


def _sub(referral: Referral, events: list[ReferralEvent], viewer: User, tries: int) -> str:
    if referral.state == "open":
        team, giver = queries.holder_of(referral), queries.giver_of(referral)
        whose = team.name if team else giver.name if giver else "the partnership"
        return f"From {whose}, {moment_within(referral.referred_at)}"
    if referral.state in ("acknowledged", "accepted"):
        return f"{_whose_is(referral, viewer)}. {_tried(events, tries)}"
    if referral.contacted_at:
        return f"Reached {moment_within(referral.contacted_at)}, {_hours(referral.referred_at, referral.contacted_at)} after referral"
    return f"{referral.state.capitalize()} {moment_within(referral.ended_at or referral.referred_at)}"


def _whose_is(referral: Referral, viewer: User) -> str:
    if referral.worker is None:
        return "Nobody’s yet"
    return "Yours" if referral.worker_id == viewer.id else f"{referral.worker.name}’s"


def _tried(events: list[ReferralEvent], tries: int) -> str:
    if not tries:
        return "Not tried yet"
    last = next(event for event in events if event.kind == "attempt")
    return f"Tried {TRIES.get(tries, f'{tries} times')}, last {moment_within(last.at)}"


def _tries(events: list[ReferralEvent]) -> int:
    return sum(event.kind == "attempt" for event in events)


def _note(referral: Referral, assessment: Assessment | None) -> str:
    if assessment and assessment.kind == "external":
        return f"Risk set by {assessment.source}"
    return "" if referral.consent == "given" else CONSENT[referral.consent]


def _due(referral: Referral) -> Due:
    if referral.state == "open":
        return _due_new(referral)
    if referral.state in ("acknowledged", "accepted") and referral.contact_by:
        told = f"{_team(referral)}’s supervisor was told" if referral.escalate_by and referral.escalate_by <= clock.now() else ""
        return Due(by(referral.contact_by), (lateness(referral.contact_by, hours=True), told), due_state(referral.contact_by))
    if referral.state == "contacted":
        return Due("Contacted", (moment(referral.contacted_at or referral.referred_at),), "kept")
    return Due(referral.state.capitalize(), (moment(referral.ended_at or referral.referred_at),), "")


def _due_new(referral: Referral) -> Due:
    """Acknowledging comes first when it is due today or late; else the first contact, which is what the 48 hours are about."""
    acknowledge, contact = referral.acknowledge_by, referral.contact_by
    if acknowledge and due_state(acknowledge) in ("over", "today"):
        return Due(
            by(acknowledge),
            (f"Acknowledge: {_small(lateness(acknowledge))}", f"First contact {until(contact)}" if contact else ""),
            due_state(acknowledge),
        )
    if contact is None:
        return Due("As soon as you can", (), "")
    return Due(by(contact), ("First contact: 48 hours", f"Acknowledge {until(acknowledge)}" if acknowledge else ""), due_state(contact))


def _is_overdue(referral: Referral) -> bool:
    late = [referral.contact_by] if referral.state in AWAITED else []
    late += [referral.acknowledge_by] if referral.state == "open" else []
    return any(when and when <= clock.now() for when in late)


def _whose(assessment: Assessment | None) -> str:
    if assessment is None:
        return ""
    who = f"{assessment.assessor.name}’s words" if assessment.assessor else assessment.source or ""
    return f"{who}, {moment_within(assessment.assessed_at)}"


def _told(referral: Referral, promises: list[Promise]) -> list[str]:
    soonest = {promise.kind: promise.told_as for promise in reversed(promises)}
    told = [words for words in dict.fromkeys(promise.told_as for promise in promises) if words in soonest.values()][:SHOWN]
    if referral.consent == "given":
        told.insert(0, "That Victim First would ring: they agreed to it.")
    elif referral.consent == "refused":
        told.insert(0, "They said no to Victim First. Say first why you ring all the same.")
    else:
        told.insert(0, "Nothing about Victim First: nobody could ask them.")
    return told


def _holder(referral: Referral) -> Holder:
    party: Party = referral.party
    team, giver = queries.holder_of(referral), queries.giver_of(referral)
    officer = party.case.officer if party.case else None
    record = party.case or party.report
    phone = (officer.phone if officer else None) or (team.phone if team else None) or ""
    there = ("away today: ask the team" if access.is_away(officer.id) else "in today") if officer else "no officer yet: ask the team"
    return Holder(
        name=officer.name if officer else (team.name if team else giver.name if giver else "The partnership"),
        team=team.name if team and officer else "",
        phone=phone,
        there=there,
        reference=record.reference if record else "",
    )


def _third_try(referral: Referral, tries: int, holder: Holder) -> str:
    if tries < THIRD or referral.state not in ("open", "acknowledged", "accepted"):
        return ""
    return f"{tries} tries and nobody reached. Ring {holder.name}: they may know a better time, or whether all is well."


def _team(referral: Referral) -> str:
    team = queries.holder_of(referral)
    return team.name if team else "The team"


def _hours(since: datetime, until_: datetime) -> str:
    hours = int((until_ - since).total_seconds() // 3600)
    return "less than an hour" if not hours else "1 hour" if hours == 1 else f"{hours} hours" if hours < 72 else f"{hours // 24} days"


def _small(words: str) -> str:
    return words[0].lower() + words[1:]


def today() -> str:
    """ "Wednesday 2 December"."""
    return day(clock.today())
