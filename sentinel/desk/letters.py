"""Letters to print and post: what waits, each as a PDF made when it is opened, and what became of it."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, and_, func, select

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.audit.service import record_look
from sentinel.cases.models import Party
from sentinel.core.db import db
from sentinel.core.errors import NotFound, Refused
from sentinel.core.fields import LINE, TextField
from sentinel.core.forms import Form
from sentinel.core.viewer import Viewer, current
from sentinel.desk.outbox import WHAT
from sentinel.desk.sending import send
from sentinel.post import paper
from sentinel.post.letters import NotSent
from sentinel.post.models import Outbox
from sentinel.risk.queries import seen_in_full

bp = Blueprint("letters", __name__, url_prefix="/letters")

SHOWN = 100
COUNTS = "It counts as delivered until it comes back."


class PutAsideForm(Form):
    """Why a letter is not posted."""

    reason = TextField("Why is it not posted?", required="Say why it is not posted.", max_length=LINE)


@bp.get("")
@guards.requires(Permission.CONTACT_LOG)
def index() -> ResponseReturnValue:
    """Letters that wait for somebody to print and post them, about what the viewer works on."""
    return _letters_page(PutAsideForm(formdata=None), None, 200)


@bp.get("/<int:message_id>")
@guards.requires(Permission.CONTACT_LOG)
def letter(message_id: int) -> ResponseReturnValue:
    """The letter as PDF, made now; or why it must not go."""
    party = _party_of(message_id, paper.to_print())
    made = paper.letter(message_id)
    if isinstance(made, NotSent):
        flash(f"Do not post it. {made.reason}", "warning")
        return redirect(url_for(".index"))
    try:
        drawn = paper.pdf(made)
    except Refused as refused:
        flash(refused.sentence, "warning")
        return redirect(url_for(".index"))
    record_look("letter", message_id, case_id=party.case_id, person_ids=[party.person_id])
    headers = {"Content-Disposition": f'inline; filename="letter-{message_id}.pdf"', "Cache-Control": "no-store"}
    return Response(drawn, mimetype="application/pdf", headers=headers)


@bp.post("/<int:message_id>/posted")
@guards.requires(Permission.CONTACT_LOG)
def posted(message_id: int) -> ResponseReturnValue:
    """Somebody printed and posted it; once, however often they say so."""
    _party_of(message_id, paper.letters())
    state, why_not = paper.became(message_id)
    if state == "waiting":
        why_not = paper.posted(message_id) or ""
    if state == "cancelled" or why_not:
        flash(f"It was put aside. {why_not} If it is in the post already, tell your supervisor now.", "warning")
    else:
        flash(f"Posted. {COUNTS}" if state == "waiting" else f"Posted already. {COUNTS}", "success")
    return redirect(url_for(".index"))


@bp.route("/<int:message_id>/put-aside", methods=["GET", "POST"])
@guards.requires(Permission.CONTACT_LOG)
def put_aside(message_id: int) -> ResponseReturnValue:
    """It is not posted, and why."""
    _party_of(message_id, paper.to_print())
    form = PutAsideForm()

    def save() -> str:
        paper.put_aside(message_id, form.reason.data)
        flash("Put aside. What it was to tell them is still promised.", "success")
        return url_for(".index")

    sent = send(form, save)
    return sent.onwards or _letters_page(form, message_id, sent.status)


def count_waiting(viewer: Viewer) -> int:
    """How many letters wait to be printed."""
    return db.session.scalar(select(func.count()).select_from(waiting(viewer).order_by(None).subquery())) or 0


def waiting(viewer: Viewer) -> Select[Any]:
    """Letters to print about people on what the viewer sees in full, the oldest first."""
    return _seen(paper.to_print(), viewer).order_by(Outbox.created_at, Outbox.id)


def _seen(letters: Select[Outbox], viewer: Viewer) -> Select[Any]:
    about = and_(Outbox.ref_table == "party", Party.id == Outbox.ref_id)
    return letters.add_columns(Party).join(Party, about).where(seen_in_full(viewer))


def _party_of(message_id: int, letters: Select[Outbox]) -> Party:
    """Whom one of these letters is about, where the viewer sees it."""
    row: Any = db.session.execute(_seen(letters, current()).where(Outbox.id == message_id)).first()
    if row is None:
        raise NotFound(paper.GONE)
    found: Party = row[1]
    return found


def _letters_page(form: PutAsideForm, open_: int | None, status: int) -> ResponseReturnValue:
    rows = db.session.execute(waiting(current()).limit(SHOWN)).all()
    return render_template("post/letters.html", rows=rows, n=count_waiting(current()), what=WHAT, form=form, open=open_), status
