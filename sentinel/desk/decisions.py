"""What whoever decides about a report needs beside it: likely cases, and what each decision does to the promises."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import joinedload, selectinload

from config import agreed
from sentinel.cases import states
from sentinel.cases.intake import CHANNELS
from sentinel.cases.models import Case, Party, Report
from sentinel.cases.queries import full_cases, may_see_full, visible_reports
from sentinel.core import clock, reference
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.core.pages import counted
from sentinel.core.viewer import Viewer
from sentinel.core.words import by, day, moment
from sentinel.desk.whats_next import promise_title
from sentinel.people.models import Person
from sentinel.places.models import Place
from sentinel.victims import rules
from sentinel.victims.models import Promise
from sentinel.victims.rules import Kind, Klass

LIKELY, NEAR = 5, 20
FORTNIGHT = timedelta(days=14)


@dataclass(frozen=True)
class Likely:
    """A case this report may belong to, and why."""

    case: Case
    why: str

    @property
    def is_closed(self) -> bool:
        """Has it to be reopened first?"""
        return self.case.state not in states.LIVE


def open_promises(parties: Iterable[Party]) -> list[Promise]:
    """The open promises of these parties, soonest first."""
    return list(
        db.session.scalars(
            select(Promise)
            .where(Promise.party_id.in_([party.id for party in parties]), Promise.state == "open")
            .order_by(Promise.due_at, Promise.id)
            .options(joinedload(Promise.party).joinedload(Party.person))
        )
    )


def headline_of(record: Report | Case) -> dict[str, str]:
    """What somebody offered a report or case sees of it first."""
    names = sorted({party.person.name for party in record.parties if party.role == "victim"}) or ["Nobody named"]
    if isinstance(record, Case):
        return {"who": ", ".join(names), "what": record.title, "when": f"Opened {day(clock.london(record.opened_at).date())}"}
    return {
        "who": ", ".join(names),
        "what": category_name(record.category),
        "when": f"Received {moment(record.received_at)}, {CHANNELS[record.channel]}",
    }


def category_name(key: str | None) -> str:
    """The kind of behaviour, in words."""
    known = {category.key: category.name for category in agreed.current().categories.category}
    return known.get(key or "", "Kind of behaviour not said")


def likely_cases(viewer: Viewer, report: Report) -> list[Likely]:
    """Cases seen in full that share a person or the building, or that the call taker attached it to; the likeliest first.

    Closed ones of the last months too; which of them the report proposes to reopen says `reopenable`.
    """
    people = [party.person.canonical_id for party in report.parties]
    found: dict[Case, list[str]] = {}
    if report.suggested_case_id:
        for case in db.session.scalars(full_cases(viewer).where(Case.id == report.suggested_case_id)):
            found.setdefault(case, []).append("the call taker attached it")
    for case, name, role in db.session.execute(_by_people(viewer, people)).unique():
        found.setdefault(case, []).append(f"{name} is alleged there" if role == "alleged" else f"{name} is in it")
    if report.place:
        for case in db.session.scalars(_by_place(viewer, report.place)).unique():
            found.setdefault(case, []).append("same address" if case.place_id == report.place_id else "same building")
    ranked = sorted(found.items(), key=lambda item: (item[0].state == "closed", -len(item[1]), -states.RANK.get(item[0].level or "", -1)))
    return [Likely(case, _listed(reasons)) for case, reasons in ranked if case.owner_partner_id == report.owner_partner_id][:LIKELY]


def reopenable(viewer: Viewer, report: Report) -> list[Likely]:
    """Closed cases that this report proposes to reopen: the same victim, person alleged or building, closed not too long ago.

    Of the report's own partner, seen in full, the latest first. How long: outcomes.toml, `reopen_within_months`.
    """
    sides = [_same_side(report, role) for role in ("victim", "alleged")]
    lately = and_(Case.state == "closed", Case.closed_at > _reopens_since(), Case.owner_partner_id == report.owner_partner_id)
    found: dict[Case, list[str]] = {}
    query = _seen(viewer, select(Case, Person.name, Party.role)).join(Party, Party.case_id == Case.id).join(Person)
    for case, name, role in db.session.execute(query.where(lately, or_(*sides)).order_by(Person.name)).unique():
        found.setdefault(case, []).append(f"{name} is alleged there too" if role == "alleged" else f"{name} is a victim there")
    if report.place:
        there = _seen(viewer, select(Case)).join(Place, Place.id == Case.place_id).where(Place.building_key == report.place.building_key)
        for case in db.session.scalars(there.where(lately)).unique():
            found.setdefault(case, []).append("same address" if case.place_id == report.place_id else "same building")
    latest = sorted(found.items(), key=lambda item: (item[0].closed_at, item[0].id), reverse=True)
    return [Likely(case, _listed(reasons)) for case, reasons in latest][:LIKELY]


def _same_side(report: Report, role: str) -> ColumnElement[bool]:
    people = [party.person.canonical_id for party in report.parties if party.role == role]
    return and_(Party.role == role, Person.canonical_id.in_(people))


def _seen(viewer: Viewer, query: Any) -> Any:
    return query.where(may_see_full(viewer)).options(joinedload(Case.officer))


def _reopens_since() -> ColumnElement[datetime]:
    months = agreed.current().outcomes.reopen_within_months
    return func.london_before(clock.now(), func.make_interval(0, months))


def case_with_number(viewer: Viewer, typed: str) -> Case:
    """The case that a reference leads to: its own, or that of a report joined to it.

    Refuses what is no reference, one with a wrong digit, and one the viewer may see no case for, each with what to do.
    """
    number = reference.parse(typed)
    through = select(Report.case_id).where(Report.reference == number)
    case = db.session.scalar(select(Case).where(or_(Case.reference == number, Case.id.in_(through)), may_see_full(viewer)))
    if case is None:
        raise Refused(f"There is no case {number} that you may work on. Check the number, or hand this report over instead.")
    return case


def reports_near(viewer: Viewer, report: Report) -> list[Report]:
    """Other reports of the partner within two weeks of this one that share its case, its building or a person."""
    people = [party.person.canonical_id for party in report.parties]
    same: list[ColumnElement[bool]] = [Report.id.in_(select(Party.report_id).join(Person).where(Person.canonical_id.in_(people)))]
    if report.place:
        same.append(Report.place_id.in_(select(Place.id).where(Place.building_key == report.place.building_key)))
    if report.case_id:
        same.append(Report.case_id == report.case_id)
    first, last = report.received_at - FORTNIGHT, report.received_at + FORTNIGHT
    return list(
        db.session.scalars(
            visible_reports(viewer)
            .where(or_(*same), Report.id != report.id, Report.received_at.between(first, last))
            .where(Report.owner_partner_id == report.owner_partner_id, Report.state != "withdrawn")
            .order_by(Report.received_at.desc(), Report.id)
            .limit(NEAR)
            .options(selectinload(Report.parties).joinedload(Party.person))
        )
    )


def effects(report: Report) -> dict[str, list[str]]:
    """For each decision, what it does to what was promised, in sentences; said before it is saved."""
    promises = open_promises(report.parties)
    victims = [party for party in report.parties if party.role == "victim"]
    moving = _moving(promises)
    ending = _ending(promises)
    return {
        "opened": [*moving, *_assessments(victims), "The officer is told, and keeps the promises from now on."],
        "joined": [*moving, *_assessments(victims), "One contact can keep a promise here and its twin on the case."],
        "reopened": [
            "The case is open again, with its number, its story and its people. Everybody on it whom we may contact is promised contact.",
            *moving,
            *_assessments(victims),
        ],
        "signposted": _becoming(promises),
        "no_further_action": _becoming(promises),
        "withdrawn": ending,
    }


def decision_due(party: Party, promises: Sequence[Promise]) -> datetime | None:
    """By when a victim is told what was decided and why: never later than what they were promised before."""
    mine = [promise for promise in promises if promise.party_id == party.id]
    if party.role != "victim" or not mine:
        return None
    now = clock.now()
    due = rules.schedule(Kind.DECISION, Klass(party.klass), now, now, agreed.current().contact).due_at
    before = min((promise.due_at for promise in mine if promise.kind != Kind.ACKNOWLEDGE), default=due)
    return max(min(due, before), now)


def _by_people(viewer: Viewer, people: Sequence[object]) -> Any:
    return (
        _recent(viewer, select(Case, Person.name, Party.role))
        .join(Party, Party.case_id == Case.id)
        .join(Person, Person.id == Party.person_id)
        .where(Person.canonical_id.in_(people))
        .ext(distinct_on(Case.id, Person.canonical_id))
        .order_by(Case.id, Person.canonical_id, Party.role)
        .options(joinedload(Case.officer))
    )


def _by_place(viewer: Viewer, place: Place) -> Any:
    return (
        _recent(viewer, select(Case))
        .join(Place, Place.id == Case.place_id)
        .where(Place.building_key == place.building_key)
        .order_by(Case.opened_at.desc())
        .limit(LIKELY * 2)
        .options(joinedload(Case.officer))
    )


def _recent(viewer: Viewer, query: Any) -> Any:
    return query.where(may_see_full(viewer), or_(Case.state.in_(states.LIVE), Case.closed_at > _reopens_since()))


def _moving(promises: Sequence[Promise]) -> list[str]:
    if not promises:
        return ["Nothing is promised on this report, so nothing moves."]
    said = "; ".join(
        f"{_lower(promise_title(promise.kind))} with {promise.party.person.name}, {by(promise.due_at)}" for promise in promises
    )
    return [f"{counted(len(promises), 'promise')} {'moves' if len(promises) == 1 else 'move'} to the case: {said}."]


def _assessments(victims: Sequence[Party]) -> list[str]:
    names = [party.person.name for party in victims]
    return [f"A full risk assessment of {_listed(names)} falls due by the day first contact is due."] if names else []


def _becoming(promises: Sequence[Promise]) -> list[str]:
    said = []
    for party in {promise.party_id: promise.party for promise in promises}.values():
        due = decision_due(party, promises)
        mine = [_lower(promise_title(promise.kind)) for promise in promises if promise.party_id == party.id]
        if due:
            said.append(
                f"{party.person.name}: {_listed(mine)} becomes: told what was decided and why, {by(due)}. Only telling them ends it."
            )
        else:
            said.append(f"{party.person.name}: {_listed(mine)} stays promised.")
    return said or ["Nothing is promised on this report, so nobody has to be told."]


def _ending(promises: Sequence[Promise]) -> list[str]:
    if not promises:
        return ["Nothing is promised on this report. It stays on record, with your reason."]
    names = sorted({promise.party.person.name for promise in promises})
    ends = f"{counted(len(promises), 'promise')} to {_listed(names)} {'ends' if len(promises) == 1 else 'end'}"
    return [f"{ends}, and Sentinel reminds nobody to tell them. It stays on record, with your reason."]


def _listed(words: Sequence[str]) -> str:
    different = list(dict.fromkeys(words))
    return different[0] if len(different) == 1 else f"{', '.join(different[:-1])} and {different[-1]}"


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]
