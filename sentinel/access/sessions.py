"""From the cookie to the viewer: active, locked when idle for 30 minutes, over after 12 hours (core.md 9)."""

from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from flask import current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import ValidationError, validate_csrf
from sqlalchemy import select, text

from sentinel.access import queries
from sentinel.access.guards import access_of
from sentinel.access.models import User, UserSession
from sentinel.access.service import digest, why_not
from sentinel.core import clock, drafts, viewer
from sentinel.core.db import db

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)
COOKIE = "sid"


def load_viewer() -> ResponseReturnValue | None:
    """Before every request: find out who is looking, and set it before anything else is read."""
    viewer.reset()
    g.user = None
    g.locked = False
    request_id = uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id, endpoint=request.endpoint)
    if request.endpoint is None or request.endpoint in ("static", "assets"):
        return None
    viewer.become(db.session(), viewer.system("sign-in"))
    user = _user_of_cookie()
    public = access_of(current_app, request.endpoint) == "public"
    if user and g.locked and not public:
        answer = _lock(user)
        db.session.commit()
        return answer
    seen_as = queries.viewer_of(user, request_id) if user and not g.locked else None
    db.session.commit()
    if seen_as:
        g.user = user
        viewer.become(db.session(), seen_as)
        return None
    viewer.become(db.session(), viewer.system("sign-in") if public else viewer.NOBODY)
    return None if public else redirect(url_for("access.sign_in", next=_here()))


def _user_of_cookie() -> User | None:
    token = session.get(COOKIE)
    if not token:
        return None
    found = db.session.scalar(select(UserSession).where(UserSession.token_digest == digest(token), UserSession.ended_at.is_(None)))
    moment = clock.machine_now()
    if found is None or moment - found.started_at > LONGEST:
        return None
    user = queries.with_roles(found.user_id)
    if user is None or why_not(user, clock.today()):
        return None
    g.locked = moment - found.last_seen_at > IDLE
    if not g.locked and moment - found.last_seen_at > TOUCH_EVERY:
        _touch(found, user, moment)
    return user


def _touch(found: UserSession, user: User, moment: datetime) -> None:
    db.session.execute(text("SET LOCAL synchronous_commit = off"))
    found.last_seen_at = moment
    user.last_seen_at = clock.now()


def _lock(user: User) -> ResponseReturnValue:
    """The session is locked: what a genuine form carried is kept as this person's draft, then sign in again."""
    kept = request.method == "POST" and _genuine()
    if kept:
        fields = {name: values for name, values in request.form.lists() if name != "csrf_token"}
        drafts.save(user.id, "locked", fields, subject=request.path[:200])
    return redirect(url_for("access.sign_in", next=_here(), locked="kept" if kept else "yes"))


def _genuine() -> bool:
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return False
    return True


def _here() -> str:
    return request.path if request.method == "POST" else request.full_path.rstrip("?")
