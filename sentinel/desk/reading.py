"""A supervisor reads the story of a case and says so."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.cases.queries import case_for
from sentinel.core.fields import AreaField
from sentinel.core.forms import Form
from sentinel.core.viewer import current
from sentinel.desk.case import opened
from sentinel.desk.sending import send
from sentinel.supervision import reading

bp = Blueprint("reading", __name__)


class CommentForm(Form):
    """What a supervisor says of an entry."""

    words = AreaField("Your comment", required="Write what you want to say, or mark it as read.", max_length=2_000, rows=3)


@bp.post("/cases/<uuid:case_id>/timeline/<int:event_id>/read")
@guards.requires(Permission.SUPERVISE)
def mark(case_id: UUID, event_id: int) -> ResponseReturnValue:
    """Mark an entry as read; back to where it stands."""
    case = case_for(current(), case_id)
    reading.mark_read(actor=g.user, case=case, entry=reading.entry_for(case, event_id))
    return redirect(_back(case_id, event_id))


@bp.route("/cases/<uuid:case_id>/timeline/<int:event_id>/comment", methods=["GET", "POST"])
@guards.requires(Permission.SUPERVISE)
def comment(case_id: UUID, event_id: int) -> ResponseReturnValue:
    """Comment on an entry."""
    case = opened(case_id)
    entry = reading.entry_for(case, event_id)
    form = CommentForm()

    def save() -> str:
        reading.comment(actor=g.user, case=case, entry=entry, words=form.words.data)
        flash(f"{entry.actor_name} finds your comment on the timeline and in My work.", "success")
        return _back(case_id, event_id)

    sent = send(form, save)
    if sent.onwards:
        return sent.onwards
    said, back = reading.on([entry]), _back(case_id, event_id)
    return render_template("supervision/comment.html", case=case, entry=entry, form=form, said=said, back=back), sent.status


def _back(case_id: UUID, event_id: int) -> str:
    """The page of the timeline that this was asked from, at the entry."""
    shown = {name: value for name in ("kind", "from") if (value := request.args.get(name, "")[:200])}
    return url_for("case.timeline", case_id=case_id, _anchor=f"entry-{event_id}", **dict[str, Any](shown))
