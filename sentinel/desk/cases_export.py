"""The list of cases as it is filtered, taken away in a file: with a reason, and on the record."""

from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.audit.service import record_export
from sentinel.cases import forms, states
from sentinel.cases.models import Case
from sentinel.core.db import db
from sentinel.core.exports import Cell, csv_response, xlsx_response
from sentinel.core.viewer import current
from sentinel.desk.cases_list import LEVELS, STATES, WHOSE, filtered, filters_of, next_due, rank, with_names

bp = Blueprint("cases_export", __name__)

MOST = 5_000
HEADER = ("Reference", "Case", "Risk", "State", "Opened", "Victims", "Place", "Officer", "Team", "Next promise")


@bp.route("/cases/export", methods=["GET", "POST"])
@guards.requires(Permission.CASES_EXPORT)
def export() -> ResponseReturnValue:
    """Say why, choose the kind of file, and take the list away."""
    chosen = filters_of(current(), request.values)
    form = forms.ExportForm(whose=chosen[0], state=chosen[1], risk=chosen[2])
    if form.validate_on_submit():
        return _file(form, chosen)
    shown = (dict(WHOSE)[chosen[0]], dict(STATES)[chosen[1]], dict(LEVELS)[chosen[2]])
    n = db.session.scalar(filtered(current(), *chosen).with_only_columns(func.count(Case.id)))
    page = render_template("cases/export.html", form=form, n=n, most=MOST, shown=shown, chosen=chosen)
    return page, 422 if form.errors else 200


def _file(form: forms.ExportForm, chosen: tuple[str, str, str]) -> Response:
    wanted = with_names(filtered(current(), *chosen)).order_by(rank().desc(), Case.opened_at.desc(), Case.id)
    cases = list(db.session.scalars(wanted.limit(MOST)).unique())
    record_export({case.id: {party.person_id for party in case.parties} for case in cases}, why=form.reason.data)
    if form.kind.data == "csv":
        return csv_response("cases", HEADER, _rows(cases))
    return xlsx_response("cases", "Cases", HEADER, _rows(cases))


def _rows(cases: list[Case]) -> Iterator[list[Cell]]:
    """What the list itself shows of each case, and no more: it is what the headline allows."""
    due = next_due(cases)
    for case in cases:
        victims = sorted({party.person.name for party in case.parties if party.role == "victim"})
        place = case.place.address if case.place else ""
        officer = case.officer.name if case.officer else ""
        state, risk = states.CASE_WORDS[case.state], case.level or "not assessed"
        head: list[Cell] = [case.reference, case.title, risk, state, case.opened_at]
        yield [*head, ", ".join(victims), place, officer, case.team.name, due.get(case.id)]
