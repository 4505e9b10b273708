"""Which pages a person is led to, and where they land."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from sentinel.access import guards
from sentinel.access.models import User
from sentinel.access.permissions import Permission, allows
from sentinel.core.db import db
from sentinel.core.models import Installation
from sentinel.core.viewer import current

bp = Blueprint("home", __name__)


@dataclass(frozen=True)
class Item:
    """A page in the main navigation, for those its permission allows."""

    label: str
    endpoint: str
    permission: Permission


ITEMS = [
    Item("Partnership", "access.partnership", Permission.PARTNERSHIP_READ),
]


def init_app(app: Flask) -> None:
    """Put the navigation on every page."""
    app.register_blueprint(bp)
    app.context_processor(context)


@bp.get("/")
@guards.signed_in
def index() -> ResponseReturnValue:
    """Where a person's work is."""
    for item in ITEMS:
        if allows(current(), item.permission):
            return redirect(url_for(item.endpoint))
    return redirect(url_for("access.sign_in"))


def context() -> dict[str, Any]:
    """What the layout shows: navigation, the person, the demonstration."""
    user: User | None = g.get("user")
    if user is None:
        return {"nav": [], "person": None, "demonstration": _demonstration()}
    nav = [
        {"label": item.label, "href": url_for(item.endpoint), "current": request.endpoint == item.endpoint}
        for item in ITEMS
        if allows(current(), item.permission)
    ]
    return {"nav": nav, "person": user, "demonstration": _demonstration()}


def _demonstration() -> list[User] | None:
    if not db.session.scalar(select(Installation.demonstration)):
        return None
    return list(db.session.scalars(select(User).where(User.email.like("%.example"), User.disabled_at.is_(None)).order_by(User.email)))
