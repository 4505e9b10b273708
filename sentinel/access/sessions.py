"""From the cookie to the viewer: active, locked when idle, over after some hours (core.md 9; how long: access.toml).

What a genuine form carries when it meets a session that was locked or has run out is kept as that person's draft. Roles and
standing are read anew at each request: whoever may not come in any more is out at the next click.
"""

from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from flask import current_app, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import ValidationError, validate_csrf
from sqlalchemy import select, text

from config import agreed
from sentinel.access import queries
from sentinel.access.guards import access_of
from sentinel.access.models import User, UserSession
from sentinel.access.service import digest, why_not
from sentinel.audit.service import record_access
from sentinel.core import clock, drafts, viewer
from sentinel.core.db import db

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
    at_the_door = viewer.Viewer(actor="system:sign-in", request_id=request_id)
    viewer.become(db.session(), at_the_door)
    public = access_of(current_app, request.endpoint) == "public"
    if public and request.blueprint == "access":
        return None  # the door itself: whoever is known already makes no difference there
    user = _user_of_cookie()
    if user and g.locked and not public:
        answer = _lock(user)
        db.session.commit()
        return answer
    seen_as = queries.viewer_of(user, request_id) if user and not g.locked else None
    _leave_the_door()
    if seen_as:
        g.user = user
        viewer.become(db.session(), seen_as)
        return None
    viewer.become(db.session(), viewer.system("sign-in") if public else viewer.NOBODY)
    return None if public else redirect(url_for("access.sign_in", next=_here()))


def _leave_the_door() -> None:
    """End the transaction in which somebody was recognised. What it read of them is a moment old, and is not read again."""
    session = db.session()
    session.expire_on_commit = False
    session.commit()
    session.expire_on_commit = True


def idle() -> timedelta:
    """How long nothing may be sent before the session locks."""
    return timedelta(minutes=agreed.current().access.idle_minutes)


def longest() -> timedelta:
    """How long a session lasts, whatever is done."""
    return timedelta(hours=agreed.current().access.longest_hours)


def ends_in() -> int:
    """Seconds until this request's session is over."""
    ends_at: datetime = g.ends_at
    return max(0, int((ends_at - clock.machine_now()).total_seconds()))


def _user_of_cookie() -> User | None:
    token = session.get(COOKIE)
    if not token:
        return None
    found = db.session.scalar(select(UserSession).where(UserSession.token_digest == digest(token), UserSession.ended_at.is_(None)))
    user = queries.with_roles(found.user_id) if found else None
    if found is None or user is None:
        return None
    if problem := why_not(user, clock.today()):
        _put_out(found, problem)
        return None
    moment = clock.machine_now()
    g.session_id, g.ends_at = found.id, found.started_at + longest()
    g.over = moment >= g.ends_at
    g.locked = g.over or moment - found.last_seen_at > idle()
    if g.locked:
        _note_lock(found, moment)
    elif moment - found.last_seen_at > TOUCH_EVERY:
        _touch(found, user, moment)
    return user


def _put_out(found: UserSession, problem: str) -> None:
    """This person may not be here any more: their session ends, and the sign-in page says whom to ask."""
    found.ended_at = clock.machine_now()
    record_access("put_out", found.user_id)
    session.clear()
    flash(problem)


def _note_lock(found: UserSession, moment: datetime) -> None:
    if found.locked_at is None:
        found.locked_at = moment
        record_access("session_over" if g.over else "session_locked", found.user_id)


def _touch(found: UserSession, user: User, moment: datetime) -> None:
    db.session.execute(text("SET LOCAL synchronous_commit = off"))
    found.last_seen_at = moment
    user.last_seen_at = clock.now()


def _lock(user: User) -> ResponseReturnValue:
    """The session is locked or over: what a genuine form carried is kept as this person's draft, then sign in again."""
    kept = request.method == "POST" and _genuine()
    if kept:
        fields = {name: values for name, values in request.form.lists() if name != "csrf_token"}
        drafts.save(user.id, "locked", fields, subject=request.path[:200])
    return redirect(url_for("access.sign_in", next=_here(), locked=("over_" if g.over else "") + ("kept" if kept else "yes")))


def _genuine() -> bool:
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError:
        return False
    return True


def _here() -> str:
    return request.path if request.method == "POST" else request.full_path.rstrip("?")
