"""Who stands on a case: each person once on each side, with their risk, how to reach them, and what they were promised."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from sentinel.cases import states
from sentinel.cases.models import Case, Party
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.risk.models import Assessment
from sentinel.victims.models import Contact, ContactPlan, Promise

ROLE_WORDS = {"victim": "Victim", "witness": "Witness", "reporter": "Reported it", "alleged": "Alleged"}
ROLE_ORDER = ("victim", "witness", "reporter", "alleged")
CHANNEL_WORDS = {"phone": "by telephone", "visit": "in person", "text": "by text", "email": "by e-mail", "letter": "by letter"}

Dated = TypeVar("Dated", Assessment, Contact)


@dataclass
class Seen:
    """One person on the case, whatever number of times they stand on it; never two sides of it at once."""

    party: Party
    parties: list[Party] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    level: str | None = None
    plan: ContactPlan | None = None
    assessment: Assessment | None = None
    last: Contact | None = None
    next: Promise | None = None

    @property
    def name(self) -> str:
        """What they are called."""
        return self.party.person.name

    @property
    def age(self) -> int | None:
        """Years old today, as far as known."""
        born = self.party.person.born_on
        if born is None:
            return self.party.person.age_years
        today = clock.today()
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))

    @property
    def is_enhanced(self) -> bool:
        """Does the enhanced standard hold for them?"""
        return any(party.klass == "enhanced" for party in self.parties)


def people(case: Case) -> list[Seen]:
    """Everybody on the case, once each per side: victims by risk, then witnesses, reporters, those alleged."""
    plans = _by_party(db.session.scalars(select(ContactPlan).where(ContactPlan.party_id.in_(_keys(case)))).all())
    assessed = _latest_assessments(case)
    contacts, promises = _last_contacts(case), _next_promises(case)
    seen: dict[tuple[UUID, bool], Seen] = {}
    for party in sorted(case.parties, key=lambda one: ROLE_ORDER.index(one.role)):
        one = seen.setdefault((party.person.canonical_id, party.role == "alleged"), Seen(party))
        one.parties.append(party)
        if ROLE_WORDS[party.role] not in one.roles:
            one.roles.append(ROLE_WORDS[party.role])
        one.level = states.highest((one.level, party.level))
        one.plan = plans.get(party.id) or one.plan
        one.assessment = _later(one.assessment, assessed.get(party.id), "assessed_at")
        one.last = _later(one.last, contacts.get(party.id), "occurred_at")
        one.next = _sooner(one.next, promises.get(party.id))
    return sorted(seen.values(), key=_worst_first)


def contact_words(contact: Contact) -> str:
    """ "Spoke by telephone", "Tried by telephone", "Sent by letter"."""
    verb = {"reached": "Spoke", "attempt": "Tried", "failed": "Could not be delivered"}.get(contact.outcome, "Sent")
    if contact.direction == "in":
        verb = "They got in touch"
    return f"{verb} {CHANNEL_WORDS[contact.channel]}"


def _keys(case: Case) -> list[UUID]:
    return [party.id for party in case.parties]


def _by_party(plans: Sequence[ContactPlan]) -> dict[UUID, ContactPlan]:
    return {plan.party_id: plan for plan in plans}


def _latest_assessments(case: Case) -> dict[UUID, Assessment]:
    rows = db.session.scalars(
        select(Assessment)
        .where(Assessment.party_id.in_(_keys(case)), Assessment.state != "refused")
        .ext(distinct_on(Assessment.party_id))
        .order_by(Assessment.party_id, Assessment.assessed_at.desc(), Assessment.id.desc())
    )
    return {row.party_id: row for row in rows}


def _last_contacts(case: Case) -> dict[UUID, Contact]:
    rows = db.session.scalars(
        select(Contact)
        .where(Contact.party_id.in_(_keys(case)))
        .ext(distinct_on(Contact.party_id))
        .order_by(Contact.party_id, Contact.occurred_at.desc(), Contact.id.desc())
    )
    return {row.party_id: row for row in rows}


def _next_promises(case: Case) -> dict[UUID, Promise]:
    rows = db.session.scalars(
        select(Promise)
        .where(Promise.party_id.in_(_keys(case)), Promise.state == "open")
        .ext(distinct_on(Promise.party_id))
        .order_by(Promise.party_id, Promise.due_at, Promise.id)
    )
    return {row.party_id: row for row in rows}


def _later(one: Dated | None, other: Dated | None, when: str) -> Dated | None:
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda row: getattr(row, when))


def _sooner(one: Promise | None, other: Promise | None) -> Promise | None:
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda row: row.due_at)


def _worst_first(one: Seen) -> tuple[int, int, str]:
    return (ROLE_ORDER.index(one.party.role), -states.RANK.get(one.level or "", -1), one.name)
