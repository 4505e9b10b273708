"""The second step of signing in: a code, or setting up the app that makes them where a role asks for it."""

from flask import render_template
from flask.typing import ResponseReturnValue

from sentinel.access import guards, second_factor, throttle
from sentinel.access.blueprint import bp
from sentinel.access.coming_in import come_in, half_in, safe_next, start
from sentinel.access.door import refuse
from sentinel.access.forms import CodeForm
from sentinel.core.errors import Refused


@bp.route("/sign-in/code", methods=["GET", "POST"])
@guards.public
def second_step() -> ResponseReturnValue:
    """The password was right; now the code of the app, or a recovery code. Wrong ones are slowed as passwords are."""
    user, form, status = half_in(), CodeForm(), 200
    if form.validate_on_submit():
        throttle.hold(user.email)
        until = throttle.waits_until(user.email)
        if until is None and second_factor.check(user, form.code.data):
            throttle.right(user.email)
            return come_in(user)
        if until is None:
            refuse(user.email, user)
        form.code.errors = [throttle.sentence(until) if until else second_factor.WRONG]
        status = 429 if until else 422
    elif form.errors:
        status = 422
    return render_template("access/code.html", form=form), status


@bp.route("/sign-in/set-up", methods=["GET", "POST"])
@guards.public
def first_set_up() -> ResponseReturnValue:
    """Somebody whose role needs a second factor sets it up before anything else, and is shown the recovery codes once."""
    user, form = half_in(), CodeForm()
    if form.validate_on_submit():
        try:
            codes = second_factor.confirm(user, form.code.data)
        except Refused as refused:
            form.refuse(refused)
        else:
            start(user)
            return render_template("access/recovery_codes.html", codes=codes, onwards=safe_next())
    shown = second_factor.secret(user) or ""
    picture = second_factor.picture(user, shown) if shown else ""
    return render_template("access/set_up.html", form=form, secret=shown, picture=picture), 422 if form.errors else 200
