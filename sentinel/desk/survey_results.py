"""What victims say of how their case was dealt with: counts by question, and their own words."""

from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from config import agreed
from sentinel.access import guards
from sentinel.access.models import Team
from sentinel.access.permissions import Permission
from sentinel.audit.service import record_look
from sentinel.core.exports import Cell, csv_response
from sentinel.core.viewer import current
from sentinel.surveys import queries
from sentinel.surveys.queries import Results

bp = Blueprint("surveys", __name__)

HEADER = ("Question", "Answer", "Number", "Per cent")


@bp.get("/surveys")
@guards.requires(Permission.SURVEY_READ)
def index() -> ResponseReturnValue:
    """The answers of one's teams, or of one of them."""
    found, team, teams = _chosen()
    record_look("survey_answer", "list")
    return render_template("surveys/index.html", found=found, team=team, teams=teams, words=agreed.current().survey)


@bp.get("/surveys.csv")
@guards.requires(Permission.SURVEY_READ)
def index_csv() -> ResponseReturnValue:
    """The same, to take away."""
    found, _, _ = _chosen()
    record_look("survey_answer", "list", kind="export")
    return csv_response("survey", HEADER, _rows(found))


def _chosen() -> tuple[Results, Team | None, list[Team]]:
    """Of the team chosen, where it has answers enough to be shown on its own; else of all."""
    viewer = current()
    teams = queries.teams(viewer)
    team = next((one for one in teams if str(one.id) == request.args.get("team")), None)
    key: UUID | None = team.id if team else None
    return queries.results(viewer, key), team, teams


def _rows(found: Results) -> Iterator[list[Cell]]:
    yield ["Answers", "", found.n, None]
    for one in found.questions:
        for words, n in one.answers:
            yield [one.question.text, words, n, one.per_cent(n)]
    for words in found.words:
        yield [agreed.current().survey.expected, words, None, None]
