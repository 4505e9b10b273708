"""Who is duty supervisor, and who stands in for somebody away: arranged from the board."""

from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from config import agreed
from sentinel.access import guards, rota
from sentinel.access import queries as people
from sentinel.access.models import Duty, Team, User
from sentinel.access.permissions import Permission
from sentinel.cases.forms import people as as_options
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.core.fields import LINE, DateField, MomentField, SelectField, TextField
from sentinel.core.forms import Form
from sentinel.core.viewer import current
from sentinel.desk.board_teams import overseen_teams
from sentinel.desk.sending import send

bp = Blueprint("rota", __name__)


class DutyForm(Form):
    """Who, for which team, from when to when."""

    team = SelectField("Team", required="Choose the team.", empty="Choose a team")
    who = SelectField("Who", required="Choose who is on duty.", empty="Choose somebody")
    starts = MomentField("From", required="Enter when the duty begins, such as Friday 5pm.", hint="Such as Friday 5pm", future=True)
    until = MomentField("Until", required="Enter when the duty ends, such as Monday 9am.", hint="Such as Monday 9am", future=True)


class CoverForm(Form):
    """When somebody is away, and who stands in."""

    starts = DateField("First day away", required="Enter the first day.")
    until = DateField("Last day away", required="Enter the last day.")
    cover = SelectField("Who stands in", hint="Alerts for the officer go to them", empty="Nobody yet: the duty supervisor hears")
    reason = TextField("Why", hint="Only if others need to know", max_length=LINE)


@bp.route("/board/duty", methods=["GET", "POST"])
@guards.requires(Permission.BOARD_READ)
def duty() -> ResponseReturnValue:
    """Who is on duty now and next; put somebody on duty."""
    teams = overseen_teams(current())
    form = DutyForm()
    form.team.options = [(str(team.id), team.name) for team in teams]
    if len(teams) == 1:
        form.team.data = form.team.data or str(teams[0].id)
    form.who.options = as_options({user.id: user for team in teams for user in people.officers(team.id)}.values())

    def save() -> str:
        team = db.session.get_one(Team, UUID(form.team.data))
        user = db.session.get_one(User, UUID(form.who.data))
        assert form.starts.span and form.until.span
        rota.put_on_duty(actor=g.user, team=team, user=user, starts_at=form.starts.span.start, ends_at=form.until.span.start)
        flash(f"{user.name} is on duty for {team.name}.", "success")
        return url_for(".duty")

    sent = send(form, save)
    coming = rota.coming_duty([team.id for team in teams])
    gaps = rota.gaps(teams, days_ahead())
    return sent.onwards or (render_template("board/duty.html", form=form, teams=teams, coming=coming, gaps=gaps), sent.status)


def days_ahead() -> int:
    """How far ahead a time with nobody on duty is shown."""
    return agreed.current().supervision.duty_days_ahead


@bp.post("/board/duty/<uuid:duty_id>/end")
@guards.requires(Permission.BOARD_READ)
def end_duty(duty_id: UUID) -> ResponseReturnValue:
    """End somebody's duty, or take it back."""
    found = db.session.get(Duty, duty_id)
    if found is None or found.team_id not in {team.id for team in overseen_teams(current())}:
        raise NotFound
    rota.end_duty(actor=g.user, duty=found)
    flash(f"{found.user.name} is not on duty for {found.team.name} any longer.", "success")
    return redirect(url_for(".duty"))


@bp.route("/board/officers/<uuid:officer_id>/cover", methods=["GET", "POST"])
@guards.requires(Permission.BOARD_READ)
def cover(officer_id: UUID) -> ResponseReturnValue:
    """Say that somebody is away, and who stands in."""
    officer, team = _officer(officer_id)
    away = people.absences([officer.id]).get(officer.id)
    known = {"starts": away.starts_on, "until": away.ends_on, "cover": away.cover_user_id, "reason": away.reason} if away else {}
    form = CoverForm(data=known)
    form.cover.options = as_options(rota.present_officers(team, but=officer))

    def save() -> str:
        stands_in = db.session.get_one(User, UUID(form.cover.data)) if form.cover.data else None
        assert form.starts.data and form.until.data
        rota.arrange_cover(
            actor=g.user,
            team=team,
            user=officer,
            cover=stands_in,
            starts_on=form.starts.data,
            ends_on=form.until.data,
            reason=form.reason.data,
        )
        flash(f"{stands_in.name if stands_in else 'The duty supervisor'} hears what {officer.name} would have heard.", "success")
        return url_for("board.board")

    sent = send(form, save)
    return sent.onwards or (render_template("board/cover.html", form=form, officer=officer, away=away), sent.status)


def _officer(officer_id: UUID) -> tuple[User, Team]:
    """Somebody of the viewer's teams, and the team they are in."""
    for team in overseen_teams(current()):
        for officer in people.officers(team.id):
            if officer.id == officer_id:
                return officer, team
    raise NotFound
