"""The last steps of signing in, whichever way somebody proved who they are."""

from datetime import timedelta
from uuid import UUID

from flask import redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user

from sentinel.access import browsers, queries, second_factor, service
from sentinel.access.models import User
from sentinel.access.sessions import COOKIE
from sentinel.core import clock
from sentinel.core.addresses import is_ours
from sentinel.core.errors import NotFound

HALF = "half"
HALF_LIFE = timedelta(minutes=5)
TOO_SLOW = "Signing in took longer than 5 minutes, so it has to be begun again. Go to the sign-in page."


def go_on(user: User, *, to: str | None = None, proved_twice: bool = False) -> ResponseReturnValue:
    """Who they are is proved: come in, or to the second step first. `proved_twice`: somebody we trust asked for a second factor."""
    if proved_twice:
        return come_in(user, to)
    if second_factor.is_on(user):
        return _half(user, "access.second_step", to)
    if second_factor.required(user):
        second_factor.begin(user)
        return _half(user, "access.first_set_up", to)
    return come_in(user, to)


def half_in() -> User:
    """Whose password was right not more than 5 minutes ago. NotFound when nobody's was, or they may not come in."""
    user_id, at = session.get(HALF) or ("", 0)
    if not 0 <= clock.machine_now().timestamp() - at < HALF_LIFE.total_seconds():
        raise NotFound(TOO_SLOW)
    user = queries.with_roles(UUID(user_id))
    if user is None or service.why_not(user, clock.today()):
        raise NotFound(TOO_SLOW)
    return user


def start(user: User) -> None:
    """Begin the session: a new token, and nothing of what the cookie held before."""
    session.clear()
    session[COOKIE] = service.start_session(user, browsers.in_words(request.user_agent.string))
    login_user(queries.with_roles(user.id))


def come_in(user: User, to: str | None = None) -> ResponseReturnValue:
    """Begin the session and go to where the person was going."""
    start(user)
    return redirect(to or safe_next())


def safe_next() -> str:
    """Where the person was going, if that is a page of ours."""
    target = request.args.get("next", "")
    return target if is_ours(target) and not target.startswith(("/sign-in", "/sign-out", "/link/")) else "/"


def _half(user: User, endpoint: str, to: str | None) -> ResponseReturnValue:
    onwards = to or safe_next()
    session.clear()
    session[HALF] = [str(user.id), clock.machine_now().timestamp()]
    return redirect(url_for(endpoint, next=onwards))
