"""Who is named on a restricted case."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import selectinload

from sentinel.access.models import RoleHeld, User
from sentinel.cases.models import Case, CaseGrant
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import Refused

CASEWORK = ("practitioner", "supervisor")


class Named(NamedTuple):
    """Somebody on the list of a restricted case."""

    user: User
    grant: CaseGrant


def on_the_list(case_id: UUID) -> ColumnElement[bool]:
    """The condition on `CaseGrant`: a person named on the case now. Whoever opened it in an emergency is not on the list."""
    still = CaseGrant.until > clock.now()
    return (CaseGrant.case_id == case_id) & (CaseGrant.level == "named") & still & CaseGrant.break_glass_id.is_(None)


def named_on(case: Case) -> list[Named]:
    """The people named on a case, by name."""
    query = select(User, CaseGrant).join(CaseGrant, CaseGrant.grantee == User.id).where(on_the_list(case.id))
    rows = db.session.execute(query.order_by(User.name, User.id).options(selectinload(User.holdings)))
    return [Named(user, grant) for user, grant in rows]


def refuse_unless_named(officer: User, case: Case, *, field: str = "officer") -> None:
    """A restricted case goes only to somebody named on it."""
    if case.restricted and officer.id not in {one.user.id for one in named_on(case)}:
        how = "Name them on it first, or choose somebody who is."
        raise Refused(f"{officer.name} is not named on this restricted case. {how}", field=field)


def keeps_the_list(person: User, partner_id: UUID) -> bool:
    """Is this person a supervisor of the partner, so that they may change the list and take the restriction off?"""
    return any(held.role == "supervisor" and held.team.partner_id == partner_id for held in person.holdings)


def teams_of_named(case: Case) -> set[UUID]:
    """Teams that somebody named works cases in: where a restricted case may be offered to."""
    people = select(CaseGrant.grantee).where(on_the_list(case.id))
    return set(db.session.scalars(select(RoleHeld.team_id).where(RoleHeld.user_id.in_(people), RoleHeld.role.in_(CASEWORK))))
