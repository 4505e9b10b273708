"""One's own alerts: what they are, seen or put off, and what closed itself lately."""

from datetime import timedelta

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import and_, not_

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.alerts import queries, service
from sentinel.alerts.forms import SnoozeForm
from sentinel.alerts.titles import title_of
from sentinel.core import clock
from sentinel.core.viewer import current
from sentinel.desk.sending import send

bp = Blueprint("alerts", __name__)

LATELY = timedelta(days=7)
SHOWN = 40


@bp.get("/alerts")
@guards.requires(Permission.ALERT_ANSWER)
def inbox() -> ResponseReturnValue:
    """Alerts one was told of, worst first; those one has seen or put off; those that closed themselves lately."""
    viewer = current()
    mine, waits = queries.inbox(viewer), queries.waiting(viewer)
    return render_template(
        "alerts/inbox.html",
        waiting=queries.open_lines(viewer, and_(mine, waits), limit=_limit("waiting")),
        n_waiting=queries.count_open(viewer, and_(mine, waits)),
        seen=queries.open_lines(viewer, and_(mine, not_(waits)), limit=_limit("seen")),
        n_seen=queries.count_open(viewer, and_(mine, not_(waits))),
        closed=queries.closed_since(viewer, mine, clock.now() - LATELY),
    )


@bp.post("/alerts/<int:alert_id>/acknowledge")
@guards.requires(Permission.ALERT_ANSWER)
def acknowledge(alert_id: int) -> ResponseReturnValue:
    """Seen: it goes below the line, for this person only, until it rises."""
    alert = queries.alert_for(current(), alert_id)
    if alert.closed_at is None:
        service.answer(alert=alert, user=g.user, kind="acknowledge")
    flash("Marked as seen. It comes back if it rises a step.", "success")
    return redirect(url_for(".inbox"))


@bp.route("/alerts/<int:alert_id>/snooze", methods=["GET", "POST"])
@guards.requires(Permission.ALERT_ANSWER)
def snooze(alert_id: int) -> ResponseReturnValue:
    """Put it off, for this person only, with a reason."""
    alert = queries.alert_for(current(), alert_id)
    form = SnoozeForm()

    def save() -> str:
        service.answer(alert=alert, user=g.user, kind="snooze", reason=form.reason.data, until=form.at)
        flash("Put off. It comes back that morning, or as soon as it rises a step.", "success")
        return url_for(".inbox")

    sent = send(form, save)
    return sent.onwards or (render_template("alerts/snooze.html", form=form, title=title_of(alert)), sent.status)


def _limit(group: str) -> int | None:
    return None if request.args.get("all") == group else SHOWN
