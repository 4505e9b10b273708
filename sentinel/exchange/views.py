"""What was imported, and the rows that could not be."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.core.addresses import row_number
from sentinel.exchange import quarantine
from sentinel.exchange.forms import RESOLUTIONS, ResolveForm

bp = Blueprint("exchange", __name__, url_prefix="/imports")


@bp.get("")
@guards.requires(Permission.QUARANTINE_READ)
def imports() -> ResponseReturnValue:
    """Deliveries, and the rows nobody has looked at, with why each could not be used."""
    rows = quarantine.waiting(after=request.args.get("after", 0, type=row_number))
    return render_template(
        "exchange/imports.html",
        rows=rows,
        waiting=quarantine.count_waiting(),
        deliveries=quarantine.latest_deliveries(),
        form=ResolveForm(),
        following=rows[-1].id if len(rows) == quarantine.A_PAGE else None,
    )


@bp.post("/<int:row_id>")
@guards.requires(Permission.QUARANTINE_READ)
def resolve(row_id: int) -> ResponseReturnValue:
    """Say what was done about a row."""
    form = ResolveForm()
    if form.validate_on_submit():
        quarantine.resolve(actor=g.user, row_id=row_id, resolution=RESOLUTIONS[form.resolution.data])
        flash("Row dealt with.", "success")
    else:
        flash("Choose what was done about the row.", "error")
    return redirect(url_for("exchange.imports"))
