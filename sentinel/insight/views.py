"""Counts for analysts and the board."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.core.exports import csv_response
from sentinel.insight import incidents

bp = Blueprint("insight", __name__, url_prefix="/insight")


@bp.get("/incidents")
@guards.requires(Permission.INCIDENTS_COUNT)
def police_incidents() -> ResponseReturnValue:
    """Police incidents by month and district, drawn and as a table."""
    return render_template("insight/police_incidents.html", table=incidents.by_month_and_district())


@bp.get("/incidents.csv")
@guards.requires(Permission.INCIDENTS_COUNT)
def police_incidents_csv() -> ResponseReturnValue:
    """The same figures, to download."""
    table = incidents.by_month_and_district()
    header = ["Police incidents by month", *table.columns]
    return csv_response("police-incidents", header, ([month, *counts] for month, counts in table.rows))
