"""Declaring people and addresses that one must not look up. Everybody sees only their own."""

from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from sentinel.access import guards
from sentinel.desk.sending import send
from sentinel.oversight import declaring
from sentinel.oversight.forms import AddressForm, PersonForm

bp = Blueprint("declared", __name__)


@bp.route("/declared", methods=["GET", "POST"])
@guards.signed_in
def index() -> ResponseReturnValue:
    """What one has declared, and a person more."""
    form = PersonForm()

    def save() -> str:
        declaring.declare_person(actor=g.user, name=form.name.data, note=form.note.data)
        flash("Declared. If you look this name up, the information officer will ask you why.", "success")
        return url_for(".index")

    sent = send(form, save)
    return sent.onwards or (render_template("declared/index.html", form=form, declared=declaring.declared_by(g.user)), sent.status)


@bp.route("/declared/address", methods=["GET", "POST"])
@guards.signed_in
def address() -> ResponseReturnValue:
    """An address: one's own, or of family."""
    form = AddressForm()

    def save() -> str:
        declaring.declare_address(actor=g.user, address=form.address.data, postcode=form.postcode.data, note=form.note.data)
        flash("Declared. If you look up somebody who lives there, the information officer will ask you why.", "success")
        return url_for(".index")

    sent = send(form, save)
    return sent.onwards or (render_template("declared/address.html", form=form), sent.status)


@bp.post("/declared/<uuid:declared_id>/withdraw")
@guards.signed_in
def withdraw(declared_id: UUID) -> ResponseReturnValue:
    """What no longer holds."""
    declaring.withdraw(actor=g.user, declared_id=declared_id)
    flash("Withdrawn.", "success")
    return redirect(url_for(".index"))
