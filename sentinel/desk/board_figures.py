"""The four figures of the board. Small numbers stay numbers: no per cent of fewer than 20."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from sentinel.cases import states
from sentinel.cases.models import Case, Party, Report
from sentinel.core import clock, words
from sentinel.core.clock import london
from sentinel.core.db import db
from sentinel.core.pages import counted
from sentinel.core.worktime import working_days_between
from sentinel.victims.models import Contact, Promise

LATELY = timedelta(days=28)
FEWEST_FOR_PER_CENT = 20

Teams = Collection[UUID]
Query = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Figure:
    """A large number, the link under it and the sentence under that."""

    value: str
    label: str
    key: str
    detail: str
    late: bool = False


def figures(teams: Teams) -> list[Figure]:
    """Promises overdue; high-risk victims not fully assessed; promises kept in time; report to first screen."""
    return [_overdue(teams), _unassessed(teams), _kept(teams), _screened(teams)]


def next_promise(teams: Teams) -> datetime | None:
    """When the next promise of these teams falls due."""
    return db.session.scalar(of_teams(select(func.min(Promise.due_at)), teams).where(Promise.state == "open"))


def of_teams(query: Query, teams: Teams) -> Query:
    """A query of promises, narrowed to those that these teams owe. Restricted cases are counted nowhere."""
    on_case = and_(Case.team_id.in_(teams), Case.restricted.is_(False))
    on_report = and_(Party.case_id.is_(None), Report.team_id.in_(teams), Report.restricted.is_(False))
    return (
        query.select_from(Promise)
        .join(Party, Party.id == Promise.party_id)
        .outerjoin(Case, Case.id == Party.case_id)
        .outerjoin(Report, Report.id == Party.report_id)
        .where(or_(on_case, on_report))
    )


def share(kept: int, of: int) -> str:
    """ "91%", or "18 of 19" where there are too few to speak of per cent."""
    if of == 0:
        return "None due"
    return f"{kept * 100 // of}%" if of >= FEWEST_FOR_PER_CENT else f"{kept} of {of}"


def kept_between(teams: Teams, since: datetime, until: datetime) -> tuple[int, int]:
    """How many promises that fell due in a time were kept by then, and how many fell due. Excused and waived ones are in neither."""
    query = of_teams(select(func.count().filter(in_time()), func.count()), teams).outerjoin(Contact, Contact.id == Promise.kept_by)
    row = db.session.execute(query.where(Promise.state.in_(("kept", "open")), Promise.due_at > since, Promise.due_at <= until)).one()
    return row[0], row[1]


def in_time() -> ColumnElement[bool]:
    """Kept, by when it happened and not by when it was typed."""
    return and_(Promise.state == "kept", Contact.occurred_at <= Promise.due_at)


def _overdue(teams: Teams) -> Figure:
    now = clock.now()
    query = of_teams(select(func.count(), func.count().filter(Promise.klass == "enhanced"), func.min(Promise.due_at)), teams)
    n, enhanced, oldest = db.session.execute(query.where(Promise.state == "open", Promise.due_at <= now)).one()
    label = "promise overdue" if n == 1 else "promises overdue"
    if not n:
        return Figure("0", label, "overdue", "Every promise that has fallen due is kept.")
    late = working_days_between(london(oldest).date(), london(now).date())
    detail = f"{enhanced} to high-risk or enhanced victims. Oldest: {counted(late, 'working day') if late else 'less than 1 working day'}."
    return Figure(str(n), label, "overdue", detail, late=True)


def _unassessed(teams: Teams) -> Figure:
    found = db.session.execute(without_assessment(select(func.count(), func.min(Party.assess_by)), teams)).one()
    n, first = found[0], found[1]
    label = "high-risk victim not fully assessed" if n == 1 else "high-risk victims not fully assessed"
    if not n:
        return Figure("0", label, "not-assessed", "Every victim at high risk has been assessed.")
    detail = f"{words.lateness(first)}." if n == 1 else f"Worst: {words.lateness(first)}."
    return Figure(str(n), label, "not-assessed", detail, late=first <= clock.now())


def _kept(teams: Teams) -> Figure:
    now = clock.now()
    kept, of = kept_between(teams, now - LATELY, now)
    was_kept, was_of = kept_between(teams, now - 2 * LATELY, now - LATELY)
    if not of:
        return Figure("None due", "promises kept in time", "kept", "No promise fell due in the last 28 days.")
    per_cent = of >= FEWEST_FOR_PER_CENT
    before = f" Was {share(was_kept, was_of)}." if was_of else ""
    detail = f"Last 28 days: {kept} of {of}.{before}" if per_cent else f"Last 28 days.{before}"
    return Figure(share(kept, of), "of promises kept in time" if per_cent else "promises kept in time", "kept", detail)


def _screened(teams: Teams) -> Figure:
    minutes = func.extract("epoch", Report.screened_at - Report.received_at) / 60
    spread = [func.percentile_cont(part).within_group(minutes) for part in (0.5, 0.9)]
    screened = select(func.count(), *spread).where(*reported_lately(teams), Report.screened_at.is_not(None))
    n, middle, most = db.session.execute(screened).one()
    waits = db.session.scalar(select(func.count()).select_from(Report).where(*reported_lately(teams), *_unscreened())) or 0
    waiting = f" {counted(waits, 'report')} not screened yet." if waits else ""
    if not n:
        return Figure("None", "reports to screen", "screened", f"No report was screened in the last 28 days.{waiting}", late=bool(waits))
    detail = f"Middle of the last 28 days. Nine in ten within {_long(most)}.{waiting}"
    return Figure(_long(middle), "report to first risk screen", "screened", detail, late=bool(waits))


def _long(minutes: float) -> str:
    whole = round(minutes)
    if whole < 90:
        return f"{whole} min"
    hours = round(whole / 60)
    return f"{hours} hours" if hours < 48 else f"{round(hours / 24)} days"


def reported_lately(teams: Teams) -> list[ColumnElement[bool]]:
    """The conditions on `Report` for the last 28 days."""
    return [Report.team_id.in_(teams), Report.restricted.is_(False), Report.received_at > clock.now() - LATELY]


def _unscreened() -> list[ColumnElement[bool]]:
    victim = select(Party.id).where(Party.report_id == Report.id, Party.role == "victim").exists()
    return [Report.screened_at.is_(None), Report.state == "received", victim]


def without_assessment(query: Query, teams: Teams) -> Query:
    """A query of parties, narrowed to victims at high risk on live cases who have not been assessed in full."""
    return (
        query.select_from(Party)
        .join(Case, Case.id == Party.case_id)
        .where(Case.team_id.in_(teams), Case.restricted.is_(False), Case.state.in_(states.LIVE))
        .where(Party.role == "victim", Party.level == "high", Party.assess_by.is_not(None))
    )
