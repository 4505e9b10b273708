"""Your account: where you are signed in, your password, your second factor."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from sentinel.access import credentials, guards, queries, second_factor, service, throttle
from sentinel.access.blueprint import bp
from sentinel.access.door import refuse
from sentinel.access.forms import ChangePasswordForm, CodeForm
from sentinel.access.models import User, UserSession
from sentinel.access.sessions import idle, longest
from sentinel.audit.service import record_access
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotFound, Refused

WRONG_PASSWORD = "This is not your present password. Enter the one you signed in with."  # noqa: S105


@bp.get("/account")
@guards.signed_in
def account() -> ResponseReturnValue:
    """Your sessions, and ways to what else is yours."""
    user = _me()
    facts = {"on": second_factor.is_on(user), "required": second_factor.required(user), "codes_left": second_factor.codes_left(user)}
    return render_template("access/account.html", sessions=_running(), this=g.session_id, **facts)


@bp.post("/account/sessions/<uuid:session_id>/end")
@guards.signed_in
def end_session(session_id: UUID) -> ResponseReturnValue:
    """End one of your sessions."""
    found = db.session.get(UserSession, session_id)
    if found is None or found.user_id != g.user.id or found.ended_at:
        raise NotFound
    found.ended_at = clock.machine_now()
    record_access("session_ended", g.user.id)
    flash("That browser is signed out.", "success")
    return redirect(url_for("access.account"))


@bp.post("/account/sessions/end")
@guards.signed_in
def end_others() -> ResponseReturnValue:
    """End all of your sessions but this one."""
    service.end_sessions(g.user.id, but=g.session_id)
    flash("You are signed out everywhere else.", "success")
    return redirect(url_for("access.account"))


@bp.route("/account/password", methods=["GET", "POST"])
@guards.signed_in
def password() -> ResponseReturnValue:
    """Change your password; every other session ends. A wrong present password is slowed as at the door."""
    form, user, status = ChangePasswordForm(), _me(), 200
    if form.validate_on_submit():
        try:
            status = _change(form, user)
        except Refused as refused:
            form.refuse(refused)
        if not form.errors:
            flash("Your password is changed. You are signed out everywhere else.", "success")
            return redirect(url_for("access.account"))
    return render_template("access/password.html", form=form), max(status, 422 if form.errors else 200)


def _change(form: ChangePasswordForm, user: User) -> int:
    throttle.hold(user.email)
    if until := throttle.waits_until(user.email):
        form.present.errors = [throttle.sentence(until)]
        return 429
    if credentials.check_password(user.email, form.present.data) is None:
        refuse(user.email, user)
        form.present.errors = [WRONG_PASSWORD]
        return 422
    credentials.set_password(user, form.password.data)
    service.end_sessions(user.id, but=g.session_id)
    return 200


@bp.route("/account/second-factor", methods=["GET", "POST"])
@guards.signed_in
def own_second_factor() -> ResponseReturnValue:
    """Set up your second factor; once it is on, turn it off or make new recovery codes, with a code."""
    user, form = _me(), CodeForm()
    asked = request.form.get("do", "")
    if asked == "begin":
        second_factor.begin(user)
        return redirect(url_for("access.own_second_factor"))
    if form.validate_on_submit():
        try:
            return _done(user, form, asked)
        except Refused as refused:
            form.refuse(refused)
    shown = second_factor.secret(user)
    facts = {"on": second_factor.is_on(user), "required": second_factor.required(user), "codes_left": second_factor.codes_left(user)}
    picture = second_factor.picture(user, shown) if shown else ""
    return render_template("access/second_factor.html", form=form, secret=shown, picture=picture, **facts), 422 if form.errors else 200


def _done(user: User, form: CodeForm, asked: str) -> ResponseReturnValue:
    """What was asked for with a code. Refused for a wrong one, and for whoever has to wait."""
    throttle.hold(user.email)
    if until := throttle.waits_until(user.email):
        raise Refused(throttle.sentence(until), field="code")
    if not second_factor.is_on(user):
        return render_template("access/recovery_codes.html", codes=second_factor.confirm(user, form.code.data), onwards="/account")
    if not second_factor.check(user, form.code.data):
        refuse(user.email, user)
        raise Refused(second_factor.WRONG, field="code")
    if asked == "off":
        second_factor.turn_off(user)
        flash("Your second factor is off.", "success")
        return redirect(url_for("access.account"))
    return render_template("access/recovery_codes.html", codes=second_factor.make_codes(user), onwards="/account")


def _me() -> User:
    user = queries.with_roles(g.user.id)
    assert user is not None
    return user


def _running() -> list[UserSession]:
    moment = clock.machine_now()
    mine = select(UserSession).where(UserSession.user_id == g.user.id, UserSession.ended_at.is_(None))
    mine = mine.where(UserSession.started_at > moment - longest(), UserSession.last_seen_at > moment - idle())
    return list(db.session.scalars(mine.order_by(UserSession.last_seen_at.desc())))
