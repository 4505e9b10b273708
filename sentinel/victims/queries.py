"""Reading plans, promises and contacts. Views pass parties that the viewer may see in full."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from config import agreed
from sentinel.access.models import Team
from sentinel.cases.models import Case, CaseEvent, Party, Report
from sentinel.cases.queries import case_for, may_see_full, may_see_report
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.core.viewer import Viewer
from sentinel.people.models import Person
from sentinel.victims.models import Contact, ContactPlan, Promise

ROLE_ORDER = ("victim", "witness", "reporter")
TRIED = ("attempt", "failed")

Row = TypeVar("Row", Promise, Contact)
_Promises = dict[UUID, list[Promise]]
_Contacts = dict[UUID, list[Contact]]


@dataclass
class Care:
    """One person on a case, however many of its reports they stand on, and everything between them and us."""

    party: Party
    parties: list[Party]
    plan: ContactPlan | None
    open: list[Promise] = field(default_factory=list)
    past: list[Promise] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    attempts: list[Contact] = field(default_factory=list)

    @property
    def enhanced(self) -> bool:
        """Is any of their parties on the enhanced standard?"""
        return any(party.klass == "enhanced" for party in self.parties)

    @property
    def last(self) -> Contact | None:
        """The last time they were reached."""
        return next((contact for contact in self.contacts if contact.outcome == "reached"), None)


def party_to_contact(viewer: Viewer, party_id: UUID) -> Party:
    """A victim, witness or reporter whose case the viewer sees in full or whose report they may read; else nothing here."""
    on_case = Party.case_id.in_(select(Case.id).where(may_see_full(viewer)))
    on_report = Party.case_id.is_(None) & Party.report_id.in_(select(Report.id).where(may_see_report(viewer)))
    party = db.session.scalar(
        select(Party)
        .where(Party.id == party_id, Party.role.in_(ROLE_ORDER), on_case | on_report)
        .options(joinedload(Party.person), joinedload(Party.detail), joinedload(Party.case), joinedload(Party.report))
    )
    if party is None:
        raise NotFound
    return party


def promise_to_answer(viewer: Viewer, promise_id: UUID) -> Promise:
    """A promise on something the viewer may work on; else nothing here."""
    promise = db.session.get(Promise, promise_id)
    if promise is None:
        raise NotFound
    party_to_contact(viewer, promise.party_id)
    return promise


def matter(party: Party) -> ColumnElement[bool]:
    """The condition on `Party`: this person, on the same case, or before triage the same report."""
    person = aliased(Person)
    people = select(person.id).where(person.canonical_id == party.person.canonical_id)
    same = Party.case_id == party.case_id if party.case_id else Party.report_id == party.report_id
    return same & Party.person_id.in_(people)


def plan_for(party: Party) -> ContactPlan:
    """The party's contact plan; an empty one, kept nowhere, where nothing was asked."""
    return db.session.get(ContactPlan, party.id) or ContactPlan(
        party_id=party.id, ring="not_asked", voicemail="not_asked", text="not_asked", email="not_asked", post="not_asked", version=0
    )


def parties_of_person(party: Party) -> list[Party]:
    """This person's parties on the same case: joined reports leave one each."""
    return list(db.session.scalars(select(Party).where(matter(party), Party.role.in_(ROLE_ORDER)).order_by(Party.id)))


def open_promises(party: Party) -> list[Promise]:
    """What is promised to this person here, soonest first, on any of their parties."""
    query = select(Promise).join(Party).where(matter(party), Promise.state == "open").order_by(Promise.due_at, Promise.id)
    return list(db.session.scalars(query.options(joinedload(Promise.party))))


def latest_contact(party: Party) -> Contact | None:
    """What was logged last for this person here, contact or attempt."""
    query = select(Contact).join(Party, Party.id == Contact.party_id).where(matter(party))
    return db.session.scalar(query.order_by(Contact.logged_at.desc(), Contact.id.desc()).limit(1).options(joinedload(Contact.user)))


def was_reached(party: Party) -> bool:
    """Has a practitioner ever reached this person here?"""
    reached = (Contact.outcome == "reached", Contact.by_practitioner, Contact.at_intake.is_(False))
    query = select(func.count()).select_from(Contact).join(Party, Party.id == Contact.party_id).where(matter(party), *reached)
    return bool(db.session.scalar(query))


def attempts_for(promise: Promise) -> list[tuple[datetime, str]]:
    """Attempts since the promise began that reached nobody: when, and by which channel. Oldest first."""
    query = (
        select(Contact.occurred_at, Contact.channel)
        .join(Party, Party.id == Contact.party_id)
        .where(matter(promise.party), Contact.direction == "out", Contact.outcome.in_(TRIED), Contact.occurred_at >= promise.starts_at)
        .order_by(Contact.occurred_at)
    )
    return [(when, channel) for when, channel in db.session.execute(query)]


def plan_history(party: Party) -> list[CaseEvent]:
    """How this person's plan came to be as it is: what was changed, by whom, the latest first."""
    keys = [one.id for one in parties_of_person(party)]
    lines = select(CaseEvent).where(CaseEvent.party_id.in_(keys), CaseEvent.kind == "plan")
    return list(db.session.scalars(lines.order_by(CaseEvent.happened_at.desc(), CaseEvent.id.desc())))


def tried_in_vain(viewer: Viewer) -> list[tuple[Promise, Party, Case | None]]:
    """Open promises after so many attempts, by so many ways, as a supervisor may excuse one after, where this viewer is a supervisor;
    not of cases they have themselves.

    How many working days they were on is asked of each: `service.still_to_try`.
    """
    teams = [team_id for role, team_id in viewer.roles_by_team if role in ("supervisor", "service_manager")]
    partners = select(Team.partner_id).where(Team.id.in_(teams))
    on_case = _tried().join(Case, Case.id == Party.case_id).where(Case.owner_partner_id.in_(partners), may_see_full(viewer))
    on_case = on_case.where(Case.officer_id.is_distinct_from(viewer.user_id))
    alone = _tried(before_triage=True).join(Report, Report.id == Party.report_id)
    on_report = alone.where(Party.case_id.is_(None), Report.owner_partner_id.in_(partners), may_see_report(viewer))
    keys = [key for query in (on_case, on_report) for key in db.session.scalars(query)]
    wanted = select(Promise, Party, Case).join(Party, Party.id == Promise.party_id).outerjoin(Case, Case.id == Party.case_id)
    rows = db.session.execute(wanted.where(Promise.id.in_(keys)).order_by(Promise.due_at, Promise.id).options(joinedload(Party.person)))
    return [(promise, party, case) for promise, party, case in rows]


def _tried(*, before_triage: bool = False) -> Select[UUID]:
    """Keys of open promises with enough attempts at that person on the same case, or before triage on the same report."""
    enough, other, theirs, person = agreed.current().contact.attempts, aliased(Party), aliased(Person), aliased(Person)
    same = other.report_id == Party.report_id if before_triage else other.case_id == Party.case_id
    vain = (Contact.direction == "out", Contact.outcome.in_(TRIED), Contact.occurred_at >= Promise.starts_at)
    return (
        select(Promise.id)
        .join(Party, Party.id == Promise.party_id)
        .join(person, person.id == Party.person_id)
        .join(other, same)
        .join(theirs, theirs.id == other.person_id)
        .join(Contact, Contact.party_id == other.id)
        .where(Promise.state == "open", theirs.canonical_id == person.canonical_id, *vain)
        .group_by(Promise.id)
        .having(func.count() >= enough.attempts, func.count(Contact.channel.distinct()) >= enough.channels)
    )


def people_names(party: Party) -> dict[object, str]:
    """Names of the people on the same case or report, by key: who may speak for somebody."""
    same = Party.case_id == party.case_id if party.case_id else Party.report_id == party.report_id
    rows = db.session.execute(select(Person.id, Person.name).join(Party, Party.person_id == Person.id).where(same))
    return dict(rows.all())


def representatives(party: Party) -> list[Person]:
    """Whoever on the same case or report might speak for this party: not those alleged, not themselves."""
    same = Party.case_id == party.case_id if party.case_id else Party.report_id == party.report_id
    query = select(Person).join(Party, Party.person_id == Person.id).where(same, Party.role != "alleged", Person.id != party.person_id)
    return list(db.session.scalars(query.distinct().order_by(Person.name)))


def care_of(viewer: Viewer, case_id: UUID) -> tuple[Case, list[Care]]:
    """A case in full, and everybody on it whom we are in touch with, victims at highest risk first."""
    case = case_for(viewer, case_id)
    people = _by_person(case.parties)
    keys = [party.id for party in case.parties]
    plans = {plan.party_id: plan for plan in db.session.scalars(select(ContactPlan).where(ContactPlan.party_id.in_(keys)))}
    promises = _by_party(_promises(keys))
    contacts = _by_party(_contacts(keys))
    return case, sorted((_care(parties, plans, promises, contacts) for parties in people), key=_consequence)


def _by_person(parties: Iterable[Party]) -> list[list[Party]]:
    groups: dict[UUID, list[Party]] = defaultdict(list)
    for party in parties:
        if party.role in ROLE_ORDER:
            groups[party.person.canonical_id].append(party)
    return list(groups.values())


def _promises(keys: Sequence[UUID]) -> Sequence[Promise]:
    query = select(Promise).where(Promise.party_id.in_(keys)).order_by(Promise.due_at, Promise.id)
    return db.session.scalars(query.options(joinedload(Promise.contact))).all()


def _contacts(keys: Sequence[UUID]) -> Sequence[Contact]:
    query = select(Contact).where(Contact.party_id.in_(keys)).order_by(Contact.occurred_at.desc(), Contact.id.desc())
    return db.session.scalars(query.options(joinedload(Contact.user), joinedload(Contact.person), selectinload(Contact.covers))).all()


def _by_party(rows: Iterable[Row]) -> dict[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.party_id].append(row)
    return found


def _care(parties: list[Party], plans: dict[UUID, ContactPlan], promises: _Promises, contacts: _Contacts) -> Care:
    parties = sorted(parties, key=lambda party: (ROLE_ORDER.index(party.role), party.id))
    made = sorted((one for party in parties for one in promises[party.id]), key=lambda one: one.due_at)
    done = sorted((one for party in parties for one in contacts[party.id]), key=lambda one: one.occurred_at, reverse=True)
    return Care(
        party=parties[0],
        parties=parties,
        plan=next((plans[party.id] for party in parties if party.id in plans), None),
        open=[one for one in made if one.state == "open"],
        past=sorted((one for one in made if one.state != "open"), key=lambda one: one.ended_at or one.due_at, reverse=True),
        contacts=[one for one in done if one.outcome not in TRIED],
        attempts=[one for one in done if one.outcome in TRIED],
    )


def _consequence(care: Care) -> tuple[int, int, str]:
    risk = {"high": 0, "medium": 1, "standard": 2}.get(care.party.level or "", 3)
    return ROLE_ORDER.index(care.party.role), risk, care.party.person.name
