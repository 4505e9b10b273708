"""What the record already shows about a victim and those alleged: beside the answers, and two facts the score uses."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from config import agreed
from sentinel.access.models import Partner
from sentinel.cases.known import may_know_of_report
from sentinel.cases.models import Case, Party, Report
from sentinel.cases.queries import may_see_headline
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.viewer import Viewer, current
from sentinel.people.models import Person
from sentinel.risk.models import HighEpisode

EARLIER_REPORT = "earlier_report"
ALLEGED_ELSEWHERE = "alleged_in_another_high_case"
A_HALF_YEAR = 6


class ReportSeen(NamedTuple):
    """A report that this person made, or was the victim of."""

    reference: str
    received_at: datetime
    to: str


def facts(party: Party) -> frozenset[str]:
    """Which of `config.agreed.names.FACTS` are so for this party, as far as the viewer may know them."""
    found = {
        EARLIER_REPORT: earlier_reports(party),
        ALLEGED_ELSEWHERE: high_cases_of_the_alleged(current(), party),
    }
    return frozenset(fact for fact, shown in found.items() if shown)


def reports_of(party: Party) -> list[ReportSeen]:
    """Every report of this victim in six calendar months, this one too, oldest first (rules.md, Repeats)."""
    rows = db.session.execute(_reports(party).order_by(Report.received_at))
    return [ReportSeen(report.reference, report.received_at, owner) for report, owner in rows]


def earlier_reports(party: Party) -> list[ReportSeen]:
    """Those of distinct incidents, made before the report this party stands on."""
    own = party.report
    if own is None:
        return []
    other = and_(Report.id != own.id, Report.received_at <= own.received_at)
    if own.incident_id:
        other = and_(other, Report.incident_id.is_distinct_from(own.incident_id))
    rows = db.session.execute(_reports(party).where(other).order_by(Report.received_at))
    return [ReportSeen(report.reference, report.received_at, owner) for report, owner in rows]


def _reports(party: Party) -> Select[Report, str]:
    until = party.report.received_at if party.report else clock.now()
    months = func.make_interval(0, _months())
    victim = (
        exists()
        .where(Party.report_id == Report.id, Party.role == "victim", Party.person_id == Person.id)
        .where(Person.canonical_id == party.person.canonical_id)
    )
    return (
        select(Report, Partner.name)
        .join(Partner, Partner.id == Report.owner_partner_id)
        .where(victim, Report.state != "withdrawn", Report.received_at >= literal(until) - months)
        .where(may_know_of_report(current()) if current().user_id else Report.restricted.is_(False))
    )


def _months() -> int:
    trigger = agreed.current().triggers.watching("repeat_victim")
    return trigger.params["months"] if trigger else A_HALF_YEAR


def high_cases_of_the_alleged(viewer: Viewer, party: Party) -> list[Case]:
    """Other cases the viewer may know of, high now or once, in which somebody alleged here is alleged too."""
    seen = may_see_headline(viewer) if viewer.user_id else Case.restricted.is_(False)
    return list(
        db.session.scalars(
            select(Case)
            .where(Case.id.in_(_cases_of(_alleged(party))), _ever_high(), seen)
            .where(Case.id != party.case_id if party.case_id else literal(True))
            .order_by(Case.opened_at.desc())
        )
    )


def may_open(viewer: Viewer, case_id: UUID) -> bool:
    """May this viewer at least see that case's headline?"""
    return bool(db.session.scalar(select(Case.id).where(Case.id == case_id, may_see_headline(viewer))))


def _alleged(party: Party) -> Select[UUID]:
    """Canonical keys of those alleged on the same report or case."""
    same = [Party.report_id == party.report_id] if party.report_id else []
    same += [Party.case_id == party.case_id] if party.case_id else []
    return select(Person.canonical_id).join(Party, Party.person_id == Person.id).where(Party.role == "alleged", or_(*same))


def _cases_of(people: Select[UUID]) -> Select[UUID | None]:
    there = aliased(Party)
    return (
        select(there.case_id)
        .join(Person, Person.id == there.person_id)
        .where(there.role == "alleged", there.case_id.is_not(None), Person.canonical_id.in_(people))
    )


def _ever_high() -> ColumnElement[bool]:
    victim = aliased(Party)
    episode = exists().where(HighEpisode.party_id == victim.id, victim.case_id == Case.id)
    return or_(Case.level == "high", episode)
