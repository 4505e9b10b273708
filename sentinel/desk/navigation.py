"""Which pages a person is led to, and where they land."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, Flask, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from config import agreed
from sentinel.access import guards, sessions
from sentinel.access.models import User
from sentinel.access.permissions import Permission, allows
from sentinel.alerts.queries import count_inbox, count_overseen
from sentinel.core.db import db
from sentinel.core.models import Installation
from sentinel.core.viewer import Viewer, current
from sentinel.desk import to_sign
from sentinel.desk.my_work import count as count_due
from sentinel.desk.triage import count_waiting
from sentinel.oversight.flags import count_open as count_flags
from sentinel.referrals.queries import count_new

bp = Blueprint("home", __name__)


@dataclass(frozen=True)
class Item:
    """A page in the main navigation, for those its permission allows.

    `count` says how many things wait there; the pages of the blueprints in `also` belong to it. Whoever may use `unless`
    finds the same things there.
    """

    label: str
    endpoint: str
    permission: Permission
    count: Callable[[Viewer], int] | None = None
    counts: str = "waiting"
    also: tuple[str, ...] = ()
    unless: Permission | None = None


@dataclass
class Shown:
    """An item as a page shows it. It is counted when it is drawn: whatever draws no navigation need not wait for the counts."""

    item: Item
    label: str
    href: str
    current: bool
    counts: str
    end: bool = False

    @cached_property
    def count(self) -> int | None:
        """How many things wait there."""
        return self.item.count(current()) if self.item.count else None


BOARD_PAGES = ("board", "board_cases", "rota", "outbox", "dip_samples", "footprints")
CASE_PAGES = ("victims", "case", "restricted", "actions", "closing", "risk", "interventions", "referrals", "documents", "reading")

# In order of where a person's work is: the first they may use is where they land.
ITEMS = [
    Item("Team board", "board.board", Permission.BOARD_READ, count_overseen, also=BOARD_PAGES),
    Item("My work", "my_work.index", Permission.CASE_WORK, count_due, counts="promises due", also=("my_work",)),
    Item("Take a report", "intake.new", Permission.REPORT_TAKE),
    Item("Reports I took", "intake.mine", Permission.REPORT_TAKE),
    Item("To decide", "triage.queue", Permission.QUEUE_READ, count_waiting),
    Item("Alerts", "alerts.inbox", Permission.ALERT_ANSWER, count_inbox, also=("alerts",), unless=Permission.BOARD_READ),
    Item("Cases", "cases.index", Permission.CASE_READ, also=("cases_export", *CASE_PAGES)),
    Item("Sign-off", "sign_off.index", Permission.RISK_AGREE, to_sign.count, also=("sign_off",)),
    Item("Referrals", "victim_first.queue", Permission.REFERRAL_WORK, count_new, also=("victim_first",)),
    Item("Shared with us", "shared.index", Permission.SHARED_READ, also=("shared",)),
    Item("Police incidents", "insight.police_incidents", Permission.INCIDENTS_COUNT),
    Item("What victims say", "surveys.index", Permission.SURVEY_READ, also=("surveys",)),
    Item("Imports", "exchange.imports", Permission.QUARANTINE_READ),
    Item("The record", "record.index", Permission.RECORD_READ, count_flags, counts="looks to ask about", also=("record",)),
    Item("Disclosures", "disclosures.index", Permission.DISCLOSURE_READ, also=("disclosures",)),
    Item("Partnership", "access.partnership", Permission.PARTNERSHIP_READ, also=("partnership", "people")),
]


def init_app(app: Flask) -> None:
    """Put the navigation on every page."""
    app.register_blueprint(bp)
    app.before_request(_load)
    app.context_processor(context)


@bp.get("/")
@guards.signed_in
def index() -> ResponseReturnValue:
    """Where a person's work is."""
    for item in ITEMS:
        if allows(current(), item.permission):
            return redirect(url_for(item.endpoint))
    return render_template("home/index.html")


def context() -> dict[str, Any]:
    """What the layout shows. Read before the view, so that a page about a failure (it has no navigation) asks the database nothing."""
    found: dict[str, Any] = g.get("layout", {})
    return found


def _load() -> None:
    if request.endpoint in (None, "static", "assets", "healthz", "readyz", "metrics"):
        return
    user: User | None = g.get("user")
    g.layout = {
        "demonstration": _demonstration(user),
        "partnership": agreed.current().partners.name,
        "person": SimpleNamespace(name=user.name) if user else None,
        "nav": [],
        "footer": [],
    }
    if user is not None:
        g.layout["nav"] = [_shown(item) for item in ITEMS if _offered(item)]
    if user is not None:
        g.layout |= {
            "person_role": _role(user),
            "footer": [{"label": "Declare people and addresses you must not look up", "href": url_for("declared.index")}],
            "sign_out": url_for("access.sign_out"),
            "stay": url_for("access.stay"),
            "account": url_for("access.account"),
            "idle_minutes": int(sessions.idle().total_seconds() // 60),
            "ends_in": sessions.ends_in(),
            "warn_of_end": agreed.current().access.warn_of_end_minutes,
        }


def _offered(item: Item) -> bool:
    viewer = current()
    return allows(viewer, item.permission) and not (item.unless and allows(viewer, item.unless))


def _shown(item: Item) -> Shown:
    here = request.endpoint == item.endpoint or request.blueprint in item.also
    return Shown(item, item.label, url_for(item.endpoint), here, item.counts)


def _role(user: User) -> str:
    held = user.holdings[0] if user.holdings else None
    return f"{held.role.replace('_', ' ').capitalize()}, {held.team.name}" if held else ""


def _demonstration(user: User | None) -> list[dict[str, Any]] | None:
    if not db.session.scalar(select(Installation.demonstration)):
        return None
    accounts = db.session.execute(select(User.id, User.name, User.label).where(User.label.is_not(None)).order_by(User.email))
    return [
        {
            "label": account.label,
            "href": url_for("access.become", user_id=account.id),
            "current": user is not None and user.id == account.id,
        }
        for account in accounts
    ]
