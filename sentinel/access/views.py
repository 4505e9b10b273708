"""Who the partnership is, and the parts of the blueprint: the door, one's own account."""

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from sentinel.access import account, door, guards, second_step, single_sign_on  # noqa: F401  their views hang on the blueprint
from sentinel.access.blueprint import bp
from sentinel.access.models import Partner, RoleHeld, Team
from sentinel.access.permissions import Permission
from sentinel.core import clock
from sentinel.core.db import db


@bp.get("/partnership")
@guards.requires(Permission.PARTNERSHIP_READ)
def partnership() -> ResponseReturnValue:
    """Partners, their teams, and who is in them."""
    partners = db.session.scalars(select(Partner).order_by(Partner.name)).all()
    teams = db.session.scalars(select(Team).order_by(Team.name)).all()
    held = db.session.scalars(select(RoleHeld).options(selectinload(RoleHeld.user))).all()
    return render_template("access/partnership.html", partners=partners, teams=teams, held=held, today=clock.today())
