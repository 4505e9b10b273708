"""Sign-in, sign-out, the role switch of a demonstration, and who the partnership is."""

from uuid import UUID

import structlog
from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from sentinel.access import credentials, guards, queries, service
from sentinel.access.forms import SignInForm
from sentinel.access.models import Partner, RoleHeld, Team, User
from sentinel.access.permissions import Permission
from sentinel.access.sessions import COOKIE
from sentinel.core import clock
from sentinel.core.addresses import is_ours
from sentinel.core.db import db
from sentinel.core.models import Installation

bp = Blueprint("access", __name__)
log = structlog.get_logger()


@bp.route("/sign-in", methods=["GET", "POST"])
@guards.public
def sign_in() -> ResponseReturnValue:
    """Sign in, and go on to where the person was going."""
    form = SignInForm()
    if form.validate_on_submit():
        user = credentials.check_password(form.email.data, form.password.data)
        problem = "The e-mail address or the password is not right. Try again." if user is None else service.why_not(user, clock.today())
        if user is not None and problem is None:
            return _come_in(user)
        log.warning("sign_in_refused")
        form.email.errors = [*form.email.errors, problem]
    locked = request.args.get("locked") if request.method == "GET" else None
    return render_template("access/sign_in.html", form=form, locked=locked), 422 if form.errors else 200


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


@bp.post("/demonstration/become/<uuid:user_id>")
@guards.public
def become(user_id: UUID) -> ResponseReturnValue:
    """In a demonstration only: go on as another of its accounts."""
    user = db.session.scalar(select(User).where(User.id == user_id, User.label.is_not(None)))
    if not db.session.scalar(select(Installation.demonstration)) or user is None or service.why_not(user, clock.today()):
        abort(404)
    if token := session.get(COOKIE):
        service.end_session(token)
    return _come_in(user, to="/")


@bp.get("/partnership")
@guards.requires(Permission.PARTNERSHIP_READ)
def partnership() -> ResponseReturnValue:
    """Partners, their teams, and who is in them."""
    partners = db.session.scalars(select(Partner).order_by(Partner.name)).all()
    teams = db.session.scalars(select(Team).order_by(Team.name)).all()
    held = db.session.scalars(select(RoleHeld).options(selectinload(RoleHeld.user))).all()
    return render_template("access/partnership.html", partners=partners, teams=teams, held=held, today=clock.today())


def _come_in(user: User, to: str | None = None) -> ResponseReturnValue:
    session.clear()
    session[COOKIE] = service.start_session(user)
    found = queries.with_roles(user.id)
    login_user(found)
    return redirect(to or _safe_next())


def _safe_next() -> str:
    target = request.args.get("next", "")
    return target if is_ours(target) and not target.startswith(("/sign-in", "/sign-out")) else "/"
