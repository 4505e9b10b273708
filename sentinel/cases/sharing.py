"""What landlords see: cases shared with them, what became of what they reported; and full views that an owner has not answered."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import joinedload, selectinload

from sentinel.access.models import RoleHeld, Team, User
from sentinel.cases.models import Case, CaseGrant, Party, Report
from sentinel.cases.queries import CASEWORK
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.core.viewer import Viewer


class Opened(NamedTuple):
    """A full view that somebody of another partner opened, and nobody of the owner has answered."""

    grant: CaseGrant
    case: Case
    team: Team
    by: User


def landlord_teams() -> list[Team]:
    """Teams of landlords whose partner has a current agreement, by name: a case is shared with them by its headline."""
    held = exists().where(RoleHeld.team_id == Team.id, RoleHeld.role == "landlord")
    found = db.session.scalars(select(Team).where(held).options(joinedload(Team.partner)).order_by(Team.name))
    today = clock.today()
    return [team for team in found if team.partner.agreement_until and team.partner.agreement_until >= today]


def pushed(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `Report`: the viewer's partner owns it, or somebody of it took it; never a restricted one."""
    takers = select(User.id).where(User.partner_id.in_(viewer.partner_ids))
    return and_(Report.restricted.is_(False), or_(Report.owner_partner_id.in_(viewer.partner_ids), Report.taken_by.in_(takers)))


def shared_cases(viewer: Viewer) -> list[Case]:
    """Cases whose headline was shared with the viewer, or that a report of their partner led to, the newest first."""
    return list(db.session.scalars(_shared(viewer).order_by(Case.opened_at.desc(), Case.id)))


def shared_case(viewer: Viewer, case_id: UUID) -> Case:
    """One of them; otherwise there is nothing here."""
    found = db.session.scalar(_shared(viewer).where(Case.id == case_id))
    if found is None:
        raise NotFound
    return found


def reasons(viewer: Viewer, case_ids: list[UUID]) -> dict[UUID, tuple[str, datetime | None]]:
    """By case: why the viewer sees it, and until when; without an end where their own report led to it."""
    led = select(Report.case_id, Report.reference).where(Report.case_id.in_(case_ids), pushed(viewer))
    found: dict[UUID, tuple[str, datetime | None]] = {}
    for case_id, reference in db.session.execute(led.order_by(Report.received_at)):
        if case_id:
            found[case_id] = (f"Your report {reference} led to it", None)
    for grant in db.session.scalars(_grants(viewer).where(CaseGrant.case_id.in_(case_ids))):
        if grant.case_id:
            found.setdefault(grant.case_id, (grant.reason, grant.until))
    return found


def pushed_reports(viewer: Viewer, limit: int = 100) -> list[Report]:
    """Reports of the viewer's partner, the newest first."""
    query = select(Report).where(pushed(viewer)).order_by(Report.received_at.desc(), Report.id).limit(limit)
    return list(db.session.scalars(query.options(joinedload(Report.team), joinedload(Report.case))))


def to_answer(viewer: Viewer) -> list[Opened]:
    """Full views that other partners opened of the viewer's cases, or for supervisors of their teams', waiting for "fine" or an end."""
    supervised = [team_id for role, team_id in viewer.roles_by_team if role == "supervisor"]
    mine = or_(Case.officer_id == viewer.user_id, Case.team_id.in_(supervised))
    query = (
        select(CaseGrant, Case, Team, User)
        .join(Case, Case.id == CaseGrant.case_id)
        .join(Team, Team.id == CaseGrant.grantee)
        .join(User, User.id == CaseGrant.granted_by)
        .where(CaseGrant.level == "full", CaseGrant.until > clock.now(), CaseGrant.answered_at.is_(None), mine)
        .where(Case.restricted.is_(False), Case.owner_partner_id.in_(viewer.partner_ids), User.partner_id != Case.owner_partner_id)
        .order_by(CaseGrant.granted_at, CaseGrant.id)
    )
    return [Opened(*row) for row in db.session.execute(query)] if viewer.has(*CASEWORK) else []


def _grants(viewer: Viewer) -> Select[CaseGrant]:
    still = CaseGrant.until > clock.now()
    return select(CaseGrant).where(CaseGrant.grantee.in_(viewer.grantees), CaseGrant.level.in_(("headline", "full")), still)


def _shared(viewer: Viewer) -> Select[Case]:
    granted = Case.id.in_(_grants(viewer).with_only_columns(CaseGrant.case_id))
    led_to = Case.id.in_(select(Report.case_id).where(pushed(viewer)))
    people = selectinload(Case.parties).joinedload(Party.person)
    whose = joinedload(Case.owner), joinedload(Case.officer), joinedload(Case.team)
    return select(Case).where(Case.restricted.is_(False), or_(granted, led_to)).options(people, *whose)
