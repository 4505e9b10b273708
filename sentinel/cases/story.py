"""Reading the story of a case: its own lines and those of its reports, newest first (writing it is `timeline.tell`)."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from sentinel.cases.models import CaseEvent, Report
from sentinel.core.cursors import Page, page
from sentinel.core.db import among, db

# Which kinds of line belong together, in the words of the filter. A kind of a later room stands under its own name.
FAMILIES = {
    "contacts": ("Contacts and promises", ("contact", "promise", "plan")),
    "notes": ("Notes", ("note",)),
    "risk": ("Risk", ("risk", "supervision", "multi_agency")),
    "interventions": ("Interventions", ("intervention",)),
    "referrals": ("Referrals", ("referral",)),
    "actions": ("Actions", ("action",)),
    "reports": ("Reports", ("report", "triage", "incident", "danger", "domestic", "safeguarding")),
    "alerts": ("Alerts", ("alert",)),
    "ownership": ("Who has it, who sees it", ("officer", "handover", "share", "restricted", "disclosure")),
    "closing": ("Closing", ("closure",)),
}


class Family(NamedTuple):
    """A choice of the filter: its key, its words, and how many lines it has on this case."""

    key: str
    label: str
    n: int


def of_case(case_id: UUID) -> ColumnElement[bool]:
    """The condition on CaseEvent: told of the case, or of a report that stands on it."""
    reports = select(Report.id).where(Report.case_id == case_id)
    # An array, so that both sides of the "or" are found by index: with IN (SELECT ...) every line of every case was read.
    return or_(CaseEvent.case_id == case_id, CaseEvent.report_id == among(reports))


def entries(case_id: UUID, *, family: str = "", cursor: str | None = None, size: int = 40) -> Page[CaseEvent]:
    """A page of the story, newest first; only one family's lines when `family` is named."""
    query = select(CaseEvent).where(of_case(case_id))
    if family:
        query = query.where(CaseEvent.kind.in_(_kinds(family)))
    return page(query, (CaseEvent.happened_at, CaseEvent.id), cursor, size=size)


def of_report(report_id: UUID) -> list[CaseEvent]:
    """The whole story of one report, newest first."""
    order = (CaseEvent.happened_at.desc(), CaseEvent.id.desc())
    return list(db.session.scalars(select(CaseEvent).where(CaseEvent.report_id == report_id).order_by(*order)))


def families(case_id: UUID) -> list[Family]:
    """What the filter offers: only what this case has."""
    rows = db.session.execute(select(CaseEvent.kind, func.count()).where(of_case(case_id)).group_by(CaseEvent.kind))
    counts = dict(rows.all())
    known = [Family(key, label, sum(counts.pop(kind, 0) for kind in kinds)) for key, (label, kinds) in FAMILIES.items()]
    others = [Family(kind, kind.replace("_", " ").capitalize(), n) for kind, n in sorted(counts.items())]
    return [family for family in (*known, *others) if family.n]


def _kinds(family: str) -> tuple[str, ...]:
    return FAMILIES[family][1] if family in FAMILIES else (family[:40],)
