"""Teams without a supervisor who can sign in: who signs and hears instead, and asking the service manager for what waits."""

from typing import NamedTuple
from uuid import UUID

from flask import Blueprint, flash, g, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select

from sentinel.access import guards
from sentinel.access.models import Partner, Team, User
from sentinel.access.permissions import Permission, allows
from sentinel.cases import signing
from sentinel.core.errors import NotFound
from sentinel.core.pages import counted
from sentinel.core.viewer import Viewer, current
from sentinel.desk.sending import send
from sentinel.supervision.forms import AskForm

bp = Blueprint("unsupervised", __name__)


class NoSupervisor(NamedTuple):
    """A team that nobody supervises: who else of the partner signs, who can be asked, who hears, and what waits to be asked for."""

    team: Team
    others: str
    managers: str
    told: str
    waits: int


def of_partners(viewer: Viewer, partner_ids: Select[UUID]) -> list[NoSupervisor]:
    """Such teams of these partners; what waits is counted for those who see the board."""
    return [_standing(viewer, team) for team in signing.unsupervised(partner_ids)]


def of_viewer(viewer: Viewer) -> list[NoSupervisor]:
    """Such teams of every partner for governance, else of the viewer's."""
    every = select(Partner.id)
    return of_partners(viewer, every if viewer.has("governance") else every.where(Partner.id.in_(viewer.partner_ids)))


@bp.route("/board/unsupervised/<uuid:team_id>", methods=["GET", "POST"])
@guards.requires(Permission.BOARD_READ)
def ask(team_id: UUID) -> ResponseReturnValue:
    """Ask the service manager to sign what waits in a team that nobody supervises."""
    one = next((each for each in of_viewer(current()) if each.team.id == team_id), None)
    if one is None:
        raise NotFound("This team has a supervisor who can sign in, or it is not one of yours.")
    form = AskForm()

    def save() -> str:
        n = signing.ask_for_team(actor=g.user, team=one.team, why=form.why.data)
        flash(f"Asked for {counted(n, 'case')}. {one.managers or one.told} is told within minutes.", "success")
        return url_for("board.board")

    sent = send(form, save)
    return sent.onwards or (render_template("board/ask_team.html", one=one, form=form), sent.status)


def _standing(viewer: Viewer, team: Team) -> NoSupervisor:
    managers, others = signing.managers_of(team.partner_id), signing.supervisors_of(team.partner_id)
    waits = signing.waiting_in(team) if allows(viewer, Permission.BOARD_READ) else 0
    return NoSupervisor(team, _names(others), _names(managers), _names(signing.told_for(team)), waits)


def _names(people: list[User]) -> str:
    return " or ".join(user.name for user in people)
