"""What is on record about a person or a place, as far as the viewer may know of it: headlines only, counts of what they may see."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, distinct, exists, false, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from sentinel.access.models import Partner
from sentinel.cases import states
from sentinel.cases.models import Case, Party, Report
from sentinel.cases.queries import may_see_headline
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.viewer import Viewer
from sentinel.people.models import Person
from sentinel.places.models import Place


@dataclass
class Known:
    """Reports somebody is in or that name a place, and the open cases there are."""

    reports: int = 0
    first: datetime | None = None
    last: datetime | None = None
    homes: int = 0
    level: str | None = None
    cases: list[Case] = field(default_factory=list)


def may_know_of_report(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `Report` for knowing that it is there: as for a case of the same owner, or through its case."""
    owner = aliased(Partner)
    agreed = exists().where(owner.id == Report.owner_partner_id, owner.agreement_until >= clock.today())
    everywhere = agreed if viewer.may_see_headlines else false()
    own = Report.owner_partner_id.in_(viewer.casework_partner_ids)
    undecided = and_(Report.case_id.is_(None), Report.restricted.is_(False), or_(everywhere, own))
    return or_(undecided, Report.case_id.in_(select(Case.id).where(may_see_headline(viewer))))


def people(viewer: Viewer, ids: Sequence[UUID], *, alleged: bool = False) -> dict[UUID, Known]:
    """By canonical person: what is known of each on one side, as victim, witness or reporter, or else as alleged.

    Never both: neither side's record leaks to the other. The level is that of a victim.
    """
    side = Party.role == "alleged" if alleged else Party.role != "alleged"
    known = {person_id: Known() for person_id in ids}
    for person_id, *figures in db.session.execute(_counts(viewer, ids, side)):
        known[person_id] = _filled(known[person_id], figures)
    for person_id, found in db.session.execute(_open_cases(viewer, ids, side)):
        known[person_id].cases.append(found)
    for person_id, level in () if alleged else db.session.execute(_levels(viewer, ids)):
        known[person_id].level = states.highest([known[person_id].level, level])
    return known


def places(viewer: Viewer, ids: Sequence[UUID]) -> dict[UUID, Known]:
    """By place: what is known of the whole building it is in."""
    known: dict[UUID, Known] = {}
    for place in db.session.scalars(select(Place).where(Place.id.in_(ids))):
        there = Place.building_key == place.building_key
        counted = (
            select(func.count(Report.id), func.min(Report.received_at), func.max(Report.received_at), func.count(distinct(Place.id)))
            .join(Place, Place.id == Report.place_id)
            .where(there, may_know_of_report(viewer), Report.state != "withdrawn")
        )
        known[place.id] = _filled(Known(), db.session.execute(counted).one())
        known[place.id].cases = list(
            db.session.scalars(
                _live_cases(viewer)
                .join(Place, Place.id == Case.place_id)
                .where(there)
                .options(joinedload(Case.owner), joinedload(Case.officer))
            )
        )
    return known


def may_attach(viewer: Viewer, person_id: UUID) -> bool:
    """May this viewer know of the person at all? Otherwise there is nobody to attach."""
    on_report = Party.case_id.is_(None) & Party.report_id.in_(select(Report.id).where(may_know_of_report(viewer)))
    on_case = Party.case_id.in_(select(Case.id).where(may_see_headline(viewer)))
    found = select(Party.id).join(Person, Person.id == Party.person_id).where(Person.canonical_id == person_id, or_(on_report, on_case))
    return db.session.scalar(found.limit(1)) is not None


def may_attach_place(viewer: Viewer, place_id: UUID) -> bool:
    """May this viewer know of the place?"""
    on_report = exists().where(Report.place_id == place_id, may_know_of_report(viewer))
    on_case = exists().where(Case.place_id == place_id, may_see_headline(viewer))
    return bool(db.session.scalar(select(or_(on_report, on_case))))


def open_case_of(viewer: Viewer, person_id: UUID) -> Case | None:
    """The newest open case this person is a victim, witness or reporter in."""
    found = db.session.execute(_open_cases(viewer, [person_id], Party.role != "alleged")).first()
    return found[1] if found else None


def _filled(known: Known, figures: Sequence[Any]) -> Known:
    known.reports, known.first, known.last, known.homes = figures
    return known


def _counts(viewer: Viewer, ids: Sequence[UUID], side: ColumnElement[bool]) -> Select[Any, Any, Any, Any, Any]:
    reports, homes = func.count(distinct(Report.id)), func.count(distinct(Report.place_id))
    return (
        select(Person.canonical_id, reports, func.min(Report.received_at), func.max(Report.received_at), homes)
        .join(Party, Party.person_id == Person.id)
        .join(Report, Report.id == Party.report_id)
        .where(Person.canonical_id.in_(ids), side, may_know_of_report(viewer), Report.state != "withdrawn")
        .group_by(Person.canonical_id)
    )


def _live_cases(viewer: Viewer) -> Select[Case]:
    return select(Case).where(may_see_headline(viewer), Case.state.in_(states.LIVE)).order_by(Case.opened_at.desc())


def _open_cases(viewer: Viewer, ids: Sequence[UUID], side: ColumnElement[bool]) -> Select[UUID, Case]:
    return (
        select(Person.canonical_id, Case)
        .join(Party, Party.person_id == Person.id)
        .join(Case, Case.id == Party.case_id)
        .where(Person.canonical_id.in_(ids), side, may_see_headline(viewer), Case.state.in_(states.LIVE))
        .distinct()
        .order_by(Case.opened_at.desc())
        .options(joinedload(Case.officer), joinedload(Case.owner))
    )


def _levels(viewer: Viewer, ids: Sequence[UUID]) -> Select[UUID, str | None]:
    of_case = and_(Party.case_id == Case.id, Case.state.in_(states.LIVE), may_see_headline(viewer))
    of_report = and_(Party.case_id.is_(None), Report.state == "received", may_know_of_report(viewer))
    return (
        select(Person.canonical_id, Party.level)
        .join(Party, Party.person_id == Person.id)
        .outerjoin(Case, Case.id == Party.case_id)
        .outerjoin(Report, Report.id == Party.report_id)
        .where(Person.canonical_id.in_(ids), Party.role == "victim", or_(of_case, of_report))
    )
