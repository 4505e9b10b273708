"""Every view says who may use it; one that says nothing is refused to everybody."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, abort, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from sentinel.access.permissions import Permission, allows
from sentinel.core.viewer import current

View = Callable[..., Any]
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def requires(permission: Permission) -> Callable[[View], View]:
    """Open the view to those the permission allows."""

    def mark(view: View) -> View:
        view.access = permission  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Open the view to anybody, signed in or not."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Open the view to anybody who is signed in."""
    view.access = "signed_in"  # type: ignore[attr-defined]
    return view


def takes(size: int) -> Callable[[View], View]:
    """Let the view be sent more than the rest of Sentinel takes: at most this many bytes."""

    def mark(view: View) -> View:
        view.takes = size  # type: ignore[attr-defined]
        return view

    return mark


def access_of(app: Flask, endpoint: str) -> object:
    """What an endpoint says of itself: a permission, "public", "signed_in", or None (forgotten)."""
    if endpoint in ("static", "assets"):
        return "public"
    return getattr(app.view_functions[endpoint], "access", None)


def make_room() -> None:
    """Run before anything is read of what was sent."""
    view = current_app.view_functions.get(request.endpoint or "")
    size = getattr(view, "takes", None)
    if size:
        request.max_content_length = size


def refuse_no_host() -> ResponseReturnValue | None:
    """Without a host that can be one no address of ours can be made, and so no page: a sentence is all there is."""
    if isinstance(request.routing_exception, BadRequest):
        return Response("This request names no host. Open Sentinel at its own address.", 400, mimetype="text/plain")
    return None


def refuse_other_sites() -> None:
    """A second line behind the token: no other site's page may send us a form, as the browser itself reports."""
    if request.method not in ("GET", "HEAD", "OPTIONS") and request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(403)


def refuse_what_is_no_form() -> None:
    """Pages send forms and nothing else: what is written in another way is read by nobody, least of all as if it were a form."""
    if request.method not in ("GET", "HEAD", "OPTIONS") and request.mimetype not in ("", *FORMS):
        abort(415)


def check() -> None:
    """Run before every view: refuse whoever may not use it."""
    if request.endpoint is None:
        return
    access = access_of(current_app, request.endpoint)
    if access == "public" or (access == "signed_in" and current().user_id):
        return
    if not isinstance(access, Permission) or not allows(current(), access):
        abort(403)
