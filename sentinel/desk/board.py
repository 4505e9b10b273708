"""The board: what is slipping, worst first, answered in the row; who carries how much; who is on duty (screens.md 5)."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import and_, not_

from config import agreed
from sentinel.access import guards, rota
from sentinel.access import queries as people
from sentinel.access.models import User
from sentinel.access.permissions import Permission, allows
from sentinel.alerts import foreseen, queries, service
from sentinel.alerts.forms import ASK, DO, GIVE, AnswerForm
from sentinel.alerts.sweep import last_swept
from sentinel.cases import sharing
from sentinel.cases.forms import people as as_options
from sentinel.cases.service import works_for
from sentinel.core.addresses import row_number
from sentinel.core.db import db
from sentinel.core.errors import NotFound, Refused
from sentinel.core.viewer import Viewer, current
from sentinel.desk import board_figures, board_officers, board_partnership, dip_samples, to_sign, unsupervised
from sentinel.desk.board_footprint import footprint, seen_by
from sentinel.desk.board_rows import BEHIND
from sentinel.desk.board_teams import heading, overseen_teams
from sentinel.desk.frame import link_to
from sentinel.desk.rota import days_ahead
from sentinel.desk.sending import send
from sentinel.post import service as post

bp = Blueprint("board", __name__)

FIRST = 6
SIGNS = 5
UNSENT = {"referral_failed": "referral", "message_failed": "party"}


@bp.get("/board")
@guards.requires(Permission.BOARD_READ)
def board() -> ResponseReturnValue:
    """What waits for an answer, and how the teams stand."""
    opened = request.args.get("open", type=row_number)
    line = _line(current(), opened) if opened else None
    return _page(current(), line, _form(line) if line else None)


@bp.post("/board/alerts/<int:alert_id>")
@guards.requires(Permission.BOARD_READ)
def answer(alert_id: int) -> ResponseReturnValue:
    """A supervisor's answer: ask, do, or give away. It stops no clock."""
    line = _line(current(), alert_id)
    form = _form(line)
    sent = send(form, lambda: _answered(line, form))
    return sent.onwards or (_page(current(), line, form), sent.status)


@bp.post("/board/alerts/<int:alert_id>/resend")
@guards.requires(Permission.BOARD_READ)
def resend(alert_id: int) -> ResponseReturnValue:
    """Send again, under the same key, what failed."""
    alert = queries.alert_for(current(), alert_id)
    if alert.trigger_key not in UNSENT:
        raise NotFound
    n = post.resend(ref_table=UNSENT[alert.trigger_key], ref_id=alert.subject_id)
    flash("It is being sent again. The alert closes itself when it has gone." if n else "Nothing waits to be sent again.", "success")
    return redirect(url_for(".board"))


@bp.get("/board/<key>")
@guards.requires(Permission.BOARD_READ)
def figure(key: str) -> ResponseReturnValue:
    """The cases and reports behind a figure."""
    teams = overseen_teams(current())
    keys = [team.id for team in teams]
    shown = {one.key: one for one in board_figures.figures(keys)}
    if key not in shown:
        raise NotFound
    return render_template("board/figure.html", figure=shown[key], rows=BEHIND[key](keys), of=heading(current(), teams))


def _page(viewer: Viewer, line: queries.Line | None, form: AnswerForm | None) -> str:
    teams = overseen_teams(viewer)
    keys = [team.id for team in teams]
    concern, waits = queries.overseen(viewer), queries.waiting(viewer)
    expanded, signs = request.args.get("all"), allows(viewer, Permission.RISK_AGREE)
    return render_template(
        "board/board.html",
        heading=heading(viewer, teams),
        teams=teams,
        figures=board_figures.figures(keys) if teams else [],
        governed=board_partnership.figures() if viewer.has("governance") else [],
        expanded=expanded,
        waiting=queries.open_lines(viewer, and_(concern, waits), limit=None if expanded == "waiting" else FIRST),
        n_waiting=queries.count_open(viewer, and_(concern, waits)),
        answered=queries.open_lines(viewer, and_(concern, not_(waits)), limit=None if expanded == "answered" else FIRST),
        n_answered=queries.count_open(viewer, and_(concern, not_(waits))),
        line=line,
        form=form,
        foreseen=foreseen.next_step(line.alert) if line else None,
        officers=board_officers.loads(teams),
        n_signs=to_sign.count(viewer) if signs else None,
        signs=_first_to_sign(viewer) if signs else [],
        footprint=footprint(g.user.id),
        seen_by=seen_by(g.user, teams),
        every=allows(viewer, Permission.FOOTPRINTS_READ),
        samples=dip_samples.standing(viewer) if allows(viewer, Permission.SUPERVISE) else None,
        duty=rota.coming_duty(keys),
        gaps=rota.gaps(teams, days_ahead()),
        unsupervised=unsupervised.of_viewer(viewer),
        away=people.absences([user.id for key in keys for user in people.supervisors(key)]),
        next_due=board_figures.next_promise(keys),
        swept=last_swept(),
        unsent=UNSENT,
        opened_by_others=sharing.to_answer(viewer),
        emergency=link_to("break_glass.door"),
        full_load=board_officers.FULL_LOAD,
        quiet_after=agreed.current().supervision.dip_sample.quiet_after_working_days,
    )


def _first_to_sign(viewer: Viewer) -> list[to_sign.ToSign]:
    """The first few, by consequence; kinds behind them are not looked for."""
    found: list[to_sign.ToSign] = []
    for kind, _, find in to_sign.KINDS:
        if len(found) < SIGNS and to_sign.signs(viewer, kind):
            found += find(viewer)
    return found[:SIGNS]


def _line(viewer: Viewer, alert_id: int) -> queries.Line:
    """The alert's row; closed meanwhile, it can still be read."""
    alert = queries.alert_for(viewer, alert_id)
    return queries.line_of(viewer, alert)


def _form(line: queries.Line) -> AnswerForm:
    form = AnswerForm()
    form.kind.options = list(_kinds(line))
    team = line.case.team_id if line.case else None
    officers = [one for one in people.officers(team) if not line.officer or one.id != line.officer.id] if team else []
    form.officer.options = as_options(officers)
    if request.method == "GET" and line.away and any(option.value == GIVE for option in form.kind.options):
        form.kind.data = GIVE
    return form


def _kinds(line: queries.Line) -> list[tuple[str, str]]:
    kinds = []
    if line.officer and line.officer.id != g.user.id:
        kinds.append((ASK, "Ask the officer to do it"))
    kinds.append((DO, "Do it myself"))
    if line.case and works_for(g.user, line.case.owner_partner_id):
        kinds.append((GIVE, "Give it to somebody else"))
    return kinds


def _answered(line: queries.Line, form: AnswerForm) -> str:
    kind = form.kind.data or ""
    asked: Any = {ASK: line.officer, DO: None}.get(kind)
    if kind == GIVE:
        if not form.officer.data:
            raise Refused("Choose who takes it.", field="officer")
        asked = db.session.get_one(User, UUID(form.officer.data))
    service.answer(alert=line.alert, user=g.user, kind=kind, reason=form.reason.data, asked=asked)
    flash("Your answer is on the case. It stops no clock: the alert closes itself when the thing is done.", "success")
    if kind == DO and line.case:
        return url_for("case.overview", case_id=line.case.id)
    return url_for(".board")
