"""The door for emergencies: a restricted case is opened by its reference and a reason, and nothing here says which there are."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.cases import emergency, forms
from sentinel.core.db import db
from sentinel.core.errors import Refused

bp = Blueprint("break_glass", __name__)


@bp.route("/break-glass", methods=["GET", "POST"])
@guards.requires(Permission.BREAK_GLASS)
def door() -> ResponseReturnValue:
    """Open a restricted case for four hours, before witnesses."""
    form = forms.BreakGlassForm()
    if form.validate_on_submit():
        try:
            case_id = emergency.open_in_emergency(actor=g.user, typed=form.reference.data, reason=form.reason.data)
        except Refused as refused:
            db.session.commit()  # the try is recorded although nothing came of it
            form.refuse(Refused(refused.sentence, field=refused.field or "reference"))
        else:
            flash("The case is open to you. The people named on it and the information officer are told, with your reason.", "success")
            return redirect(url_for("case.overview", case_id=case_id))
    return render_template("restricted/break_glass.html", form=form), 422 if form.errors else 200
