"""The footprint of every supervisor, for those who oversee them: this month and the two before, whoever left none included."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from sentinel.access import guards
from sentinel.access.models import RoleHeld, User
from sentinel.access.permissions import Permission
from sentinel.audit.service import record_look
from sentinel.core.clock import london
from sentinel.core.db import db
from sentinel.core.exports import Cell, csv_response
from sentinel.desk.board_footprint import Footprint, footprints, months

bp = Blueprint("footprints", __name__)

HEADER = (
    "Month",
    "Supervisor",
    "Teams",
    "Reviews due in their teams",
    "Reviews recorded",
    "Recorded in time",
    "Alerts answered",
    "Middle time, minutes",
    "Signed",
    "Cases drawn",
    "Cases checked",
    "Notes",
    "Entries read or commented on",
)


@bp.get("/board/footprints")
@guards.requires(Permission.FOOTPRINTS_READ)
def index() -> ResponseReturnValue:
    """A table a month."""
    found = [(since, footprints(since, until)) for since, until in months()]
    people = _people(one.user_id for _, rows in found for one in rows)
    return render_template("board/footprints.html", months=[(_month(since), _rows(rows, people)) for since, rows in found])


@bp.get("/board/footprints.csv")
@guards.requires(Permission.FOOTPRINTS_READ)
def index_csv() -> ResponseReturnValue:
    """The same, to take away."""
    record_look("app_user", "footprints", kind="export")
    return csv_response("footprints", HEADER, _lines())


def _month(since: datetime) -> str:
    return f"{london(since):%B %Y}"


def _people(keys: Iterator[UUID]) -> dict[UUID, User]:
    """Supervisors alone: whoever asks stands among them only if they are one."""
    query = select(User).where(User.id.in_(set(keys))).options(selectinload(User.holdings).joinedload(RoleHeld.team))
    return {user.id: user for user in db.session.scalars(query) if any(held.role == "supervisor" for held in user.holdings)}


def _rows(rows: list[Footprint], people: dict[UUID, User]) -> list[tuple[User, list[str], Footprint]]:
    known = [(people[one.user_id], one) for one in rows if one.user_id in people]
    return [(user, _teams(user), one) for user, one in sorted(known, key=lambda pair: (_teams(pair[0]), pair[0].name))]


def _teams(user: User) -> list[str]:
    return sorted(held.team.name for held in user.holdings if held.role == "supervisor")


def _lines() -> Iterator[list[Cell]]:
    for since, until in months():
        rows = footprints(since, until)
        for user, teams, one in _rows(rows, _people(row.user_id for row in rows)):
            middle = None if one.middle is None else round(one.middle)
            counts: list[Cell] = [one.reviews_due, one.reviews_done, one.reviews_in_time, one.answered, middle]
            yield [_month(since), user.name, ", ".join(teams), *counts, one.signed, one.drawn, one.checked, one.notes, one.comments]
