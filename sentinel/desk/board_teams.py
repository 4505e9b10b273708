"""Whose work a viewer oversees: supervisors their teams, service managers every team of their partner, governance none."""

from collections.abc import Sequence

from sqlalchemy import select

from sentinel.access.models import RoleHeld, Team
from sentinel.core.db import db
from sentinel.core.viewer import Viewer

CASEWORK = ("practitioner", "supervisor")


def overseen_teams(viewer: Viewer) -> list[Team]:
    """The teams on this viewer's board, by name."""
    own = {team_id for role, team_id in viewer.roles_by_team if role == "supervisor"}
    managed = [team_id for role, team_id in viewer.roles_by_team if role == "service_manager"]
    partners = select(Team.partner_id).where(Team.id.in_(managed))
    working = select(RoleHeld.team_id).where(RoleHeld.role.in_(CASEWORK))
    theirs = Team.partner_id.in_(partners) & Team.id.in_(working)
    return list(db.session.scalars(select(Team).where(Team.id.in_(own) | theirs).order_by(Team.name)))


def heading(viewer: Viewer, teams: Sequence[Team]) -> str:
    """What the board is of."""
    if len(teams) == 1:
        return teams[0].name
    if not teams:
        return "Partnership"
    partners = {team.partner_id: team.partner.name for team in teams}
    return next(iter(partners.values())) if len(partners) == 1 else f"Your {len(teams)} teams"
