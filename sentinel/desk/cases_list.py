"""The lists of cases and reports: whose, in what state, at what risk; the worst first, page by page."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import joinedload, selectinload

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.cases import states
from sentinel.cases.intake import CHANNELS
from sentinel.cases.models import Case, Party, Report
from sentinel.cases.queries import visible_cases, visible_reports
from sentinel.core.cursors import page
from sentinel.core.db import db
from sentinel.core.viewer import Viewer, current
from sentinel.desk import decisions
from sentinel.desk.frame import link_to
from sentinel.victims.models import Promise

bp = Blueprint("cases", __name__)

WHOSE = (("mine", "Mine"), ("team", "My team's"), ("all", "All I may see"))
STATES = (("live", "Open"), ("closure_proposed", "Proposed for closing"), ("closed", "Closed"), ("any", "In any state"))
LEVELS = (("any", "Any risk"), ("high", "High"), ("medium", "Medium"), ("standard", "Standard"), ("none", "Not assessed"))
REPORT_STATES = (("received", "Waiting"), ("decided", "Decided"), ("any", "All"))


@bp.get("/cases")
@guards.requires(Permission.CASE_READ)
def index() -> ResponseReturnValue:
    """Cases, the riskiest first, then the newest."""
    viewer = current()
    whose, state, level = chosen = filters_of(viewer, request.args)
    wanted = filtered(viewer, *chosen)
    found = page(with_names(wanted), (rank(), Case.opened_at, Case.id), request.args.get("from"))
    return render_template(
        "cases/index.html",
        page=found,
        n=db.session.scalar(wanted.with_only_columns(func.count(Case.id))),
        high=db.session.scalar(wanted.where(Case.level == "high").with_only_columns(func.count(Case.id))),
        due_dates=next_due(found.rows),
        filters=(("whose", "Whose", WHOSE, whose), ("state", "State", STATES, state), ("risk", "Risk", LEVELS, level)),
        chosen={"whose": whose, "state": state, "risk": level},
        state_words=states.CASE_WORDS,
        emergency=link_to("break_glass.door"),
        export=link_to("cases_export.export", whose=whose, state=state, risk=level),
    )


@bp.get("/reports")
@guards.requires(Permission.REPORT_READ)
def reports() -> ResponseReturnValue:
    """Reports, the newest first, and what became of them."""
    viewer = current()
    state = _asked(request.args, "state", REPORT_STATES, "any")
    wanted = visible_reports(viewer).where(*_report_state(state))
    options = (selectinload(Report.parties).joinedload(Party.person), joinedload(Report.place), joinedload(Report.team))
    found = page(wanted.options(*options), (Report.received_at, Report.id), request.args.get("from"))
    return render_template(
        "cases/reports.html",
        page=found,
        n=db.session.scalar(wanted.with_only_columns(func.count(Report.id))),
        filters=(("state", "State", REPORT_STATES, state),),
        chosen={"state": state},
        state_words=states.REPORT_WORDS,
        category_name=decisions.category_name,
        channels=CHANNELS,
    )


def filters_of(viewer: Viewer, sent: Mapping[str, str]) -> tuple[str, str, str]:
    """Whose cases, in what state, at what risk; the viewer's own list where nothing sensible was asked for."""
    whose = _asked(sent, "whose", WHOSE, _own_list(viewer))
    return whose, _asked(sent, "state", STATES, "live"), _asked(sent, "risk", LEVELS, "any")


def filtered(viewer: Viewer, whose: str, state: str, level: str) -> Select[Case]:
    """The cases of such a list that the viewer may see."""
    return visible_cases(viewer).where(*_whose(viewer, whose), *_in_state(state), *_at_level(level))


def _asked(sent: Mapping[str, str], name: str, known: tuple[tuple[str, str], ...], otherwise: str) -> str:
    asked = sent.get(name, otherwise)
    return asked if asked in dict(known) else otherwise


def _own_list(viewer: Viewer) -> str:
    """Practitioners look for their own cases first, supervisors and managers for the team's, all others for any."""
    if viewer.has("supervisor", "service_manager"):
        return "team"
    return "mine" if viewer.has("practitioner") else "all"


def _whose(viewer: Viewer, whose: str) -> list[ColumnElement[bool]]:
    if whose == "mine":
        return [Case.officer_id == viewer.user_id]
    return [Case.team_id.in_(viewer.team_ids)] if whose == "team" else []


def _in_state(state: str) -> list[ColumnElement[bool]]:
    if state == "live":
        return [Case.state.in_(states.LIVE)]
    return [] if state == "any" else [Case.state == state]


def _at_level(level: str) -> list[ColumnElement[bool]]:
    if level == "none":
        return [Case.level.is_(None)]
    return [] if level == "any" else [Case.level == level]


def _report_state(state: str) -> list[ColumnElement[bool]]:
    return {"received": [Report.state == "received"], "decided": [Report.state != "received"]}.get(state, [])


def rank() -> ColumnElement[int]:
    """The riskiest first."""
    return case({level: rank + 1 for level, rank in states.RANK.items()}, value=Case.level, else_=0)


def with_names(query: Select[Case]) -> Select[Case]:
    """The cases with what a line of the list shows."""
    return query.options(
        selectinload(Case.parties).joinedload(Party.person), joinedload(Case.place), joinedload(Case.officer), joinedload(Case.team)
    )


def next_due(cases: list[Case]) -> dict[UUID, datetime]:
    """By case, when its next promise is due."""
    rows = db.session.execute(
        select(Party.case_id, func.min(Promise.due_at))
        .join(Promise, Promise.party_id == Party.id)
        .where(Party.case_id.in_([one.id for one in cases]), Promise.state == "open")
        .group_by(Party.case_id)
    )
    return {case_id: due for case_id, due in rows if case_id}
