"""Sign-in with a password, sign-out, links, and the role switch of a demonstration."""

from uuid import UUID

import structlog
from flask import abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user
from sqlalchemy import select

from sentinel.access import credentials, guards, links, service, throttle
from sentinel.access.blueprint import bp
from sentinel.access.coming_in import come_in, go_on
from sentinel.access.forms import NewPasswordForm, SignInForm
from sentinel.access.models import User
from sentinel.access.sessions import COOKIE
from sentinel.audit.service import record_access
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotFound, Refused
from sentinel.core.models import Installation
from sentinel.core.transactions import keep

WRONG_PAIR = "The e-mail address or the password is not right. Try again."
LOCKED = ("yes", "kept", "over_yes", "over_kept")
log = structlog.get_logger()


@bp.route("/sign-in", methods=["GET", "POST"])
@guards.public
def sign_in() -> ResponseReturnValue:
    """Sign in, and go on to where the person was going. 429, with until when, for whoever has to wait."""
    form, status = SignInForm(), 200
    if form.validate_on_submit():
        throttle.hold(form.email.data)
        until = throttle.waits_until(form.email.data)
        user, problem = (None, throttle.sentence(until)) if until else _proved(form.email.data, form.password.data)
        if user is not None and problem is None:
            return go_on(user)
        form.email.errors = [*form.email.errors, problem]
        status = 429 if until else 422
    elif form.errors:
        status = 422
    asked = request.args.get("locked") if request.method == "GET" else None
    return render_template("access/sign_in.html", form=form, locked=asked if asked in LOCKED else None), status


def _proved(email: str, password: str) -> tuple[User | None, str | None]:
    """Who proved themselves with this pair, and why they may not come in nevertheless."""
    user = credentials.check_password(email, password)
    problem = WRONG_PAIR if user is None else service.why_not(user, clock.today())
    if user is None:
        refuse(email, credentials.by_email(email))
    else:
        throttle.right(email)
        if problem:
            record_access("sign_in_refused", user.id)
            keep()
    return user, problem


def refuse(account: str, user: User | None) -> None:
    """Count and record a wrong try, whatever the answer; of an account that is not there nothing is recorded but the count."""
    waits = throttle.wrong(account)
    log.warning("sign_in_refused", waits=waits)
    if user is not None:
        record_access("sign_in_slowed" if waits else "sign_in_refused", user.id)
    keep()


@bp.post("/sign-out")
@guards.public
def sign_out() -> ResponseReturnValue:
    """End this session, here and in the database."""
    if token := session.get(COOKIE):
        service.end_session(token)
    session.clear()
    logout_user()
    return redirect(url_for("access.sign_in"))


@bp.post("/stay")
@guards.signed_in
def stay() -> ResponseReturnValue:
    """Still there: asking at all is what keeps the session from locking."""
    return "", 204


@bp.route("/link/<token>", methods=["GET", "POST"])
@guards.public
def link(token: str) -> ResponseReturnValue:
    """Set a password by a link. Looking uses nothing up; what is wrong with a link is not told apart."""
    try:
        found = links.opened(token)
    except Refused as refused:
        raise NotFound(refused.sentence) from None
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            links.use(token, form.password.data)
        except Refused as refused:
            form.refuse(refused)
        else:
            session.clear()
            flash("Your password is set. Sign in with it.", "success")
            return redirect(url_for("access.sign_in"))
    page = render_template("access/link.html", form=form, kind=found.kind, person_name=db.session.get_one(User, found.user_id).name)
    return page, 422 if form.errors else 200


@bp.post("/demonstration/become/<uuid:user_id>")
@guards.public
def become(user_id: UUID) -> ResponseReturnValue:
    """In a demonstration only: go on as another of its accounts, in one click, without password or code."""
    user = db.session.scalar(select(User).where(User.id == user_id, User.label.is_not(None)))
    if not db.session.scalar(select(Installation.demonstration)) or user is None or service.why_not(user, clock.today()):
        abort(404)
    if token := session.get(COOKIE):
        service.end_session(token)
    return come_in(user, to="/")
