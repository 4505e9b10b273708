"""Which reports and cases a viewer may see, and how much of each (rules.md, Who sees what)."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, or_, select
from sqlalchemy.orm import selectinload

from sentinel.access.models import Partner
from sentinel.cases.models import Case, CaseGrant, Handover, Party, Report, RestrictedTouch
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.core.viewer import Viewer

CASEWORK = ("practitioner", "supervisor")
LEVELS = ("none", "headline", "full", "named")


def _granted(viewer: Viewer, *levels: str) -> ColumnElement[bool]:
    return exists().where(
        CaseGrant.case_id == Case.id,
        CaseGrant.grantee.in_(viewer.grantees),
        CaseGrant.until > clock.now(),
        CaseGrant.level.in_(levels),
    )


def may_see_full(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `Case` for the full view."""
    owns = and_(Case.restricted.is_(False), Case.owner_partner_id.in_(viewer.casework_partner_ids))
    shared = and_(Case.restricted.is_(False), _granted(viewer, "full")) if viewer.has(*CASEWORK) else false()
    return or_(owns, shared, _granted(viewer, "named"))


def may_see_headline(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `Case` for at least its headline."""
    agreed = exists().where(Partner.id == Case.owner_partner_id, Partner.agreement_until >= clock.today())
    everywhere = and_(Case.restricted.is_(False), agreed) if viewer.may_see_headlines else false()
    granted = and_(Case.restricted.is_(False), _granted(viewer, "headline"))
    return or_(everywhere, granted, may_see_full(viewer))


def visible_cases(viewer: Viewer) -> Select[Case]:
    """Cases of which the viewer may see at least the headline."""
    return select(Case).where(may_see_headline(viewer))


def full_cases(viewer: Viewer) -> Select[Case]:
    """Cases the viewer may see in full."""
    return select(Case).where(may_see_full(viewer))


def level_for(viewer: Viewer, case_id: UUID) -> str:
    """How much of a case this viewer may see: none, headline, full or named."""
    row = db.session.execute(
        select(may_see_headline(viewer), may_see_full(viewer), _granted(viewer, "named")).where(Case.id == case_id)
    ).one_or_none()
    if row is None or not row[0]:
        return "none"
    return "named" if row[2] else "full" if row[1] else "headline"


def case_for(viewer: Viewer, case_id: UUID, *, need: str = "full") -> Case:
    """The case, if the viewer may see it at this level (`headline`, `full`); otherwise there is nothing here."""
    condition = may_see_full(viewer) if need == "full" else may_see_headline(viewer)
    case = db.session.scalar(
        select(Case)
        .where(Case.id == case_id, condition)
        .options(
            selectinload(Case.parties).joinedload(Party.person),
            selectinload(Case.place),
            selectinload(Case.officer),
            selectinload(Case.team),
        )
    )
    if case is None:
        raise NotFound
    return case


def may_see_report(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `Report` for reading it whole.

    One's own until triage; one's partner's, or offered to it; through its case; or because it names somebody on a restricted case
    that one is named on oneself.
    """
    took = and_(Report.taken_by == viewer.user_id, Report.state == "received") if viewer.user_id else false()
    unrestricted = Report.restricted.is_(False)
    owns = and_(unrestricted, Report.owner_partner_id.in_(viewer.casework_partner_ids))
    unrouted = and_(unrestricted, Report.unrouted) if viewer.has("governance") else false()
    through_case = Report.case_id.in_(select(Case.id).where(may_see_full(viewer)))
    offers = select(Handover.report_id).where(Handover.state == "offered", Handover.to_team_id.in_(viewer.team_ids))
    offered = and_(unrestricted, Report.id.in_(offers)) if viewer.has(*CASEWORK) else false()
    touching = select(RestrictedTouch.report_id).join(Case, Case.id == RestrictedTouch.case_id)
    touched = Report.id.in_(touching.where(Case.restricted, _granted(viewer, "named")))
    return or_(took, owns, unrouted, offered, through_case, and_(unrestricted, touched))


def visible_reports(viewer: Viewer) -> Select[Report]:
    """Reports the viewer may read."""
    return select(Report).where(may_see_report(viewer))


def urgency() -> ColumnElement[int]:
    """Of a report that waits for triage: 0 high, 1 not screened (it may be anything), 2 medium, 3 standard."""
    return case({"high": 0, "medium": 2, "standard": 3}, value=Report.level, else_=1)


def report_for(viewer: Viewer, report_id: UUID) -> Report:
    """The report, if the viewer may read it."""
    report = db.session.scalar(
        visible_reports(viewer)
        .where(Report.id == report_id)
        .options(selectinload(Report.parties).joinedload(Party.person), selectinload(Report.detail), selectinload(Report.place))
    )
    if report is None:
        raise NotFound
    return report


def party_for(viewer: Viewer, party_id: UUID) -> Party:
    """The party, if the viewer sees its case in full or may read its report."""
    party = db.session.get(Party, party_id)
    if party is None:
        raise NotFound
    if party.case_id:
        case_for(viewer, party.case_id)
    elif party.report_id:
        report_for(viewer, party.report_id)
    return party
