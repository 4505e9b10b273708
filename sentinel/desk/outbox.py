"""Messages that did not go, wait, or were put aside: why, and another try."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.cases.models import Case, Party, Report
from sentinel.cases.queries import may_see_headline
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.core.viewer import Viewer, current
from sentinel.post import service
from sentinel.post.channels import in_words, settings
from sentinel.post.models import Outbox
from sentinel.referrals.models import Referral
from sentinel.risk.queries import seen_in_full
from sentinel.surveys.models import SurveyOffer

bp = Blueprint("outbox", __name__)

LATELY = timedelta(days=7)
SHOWN = 100
WHAT = {
    "acknowledgement": "Acknowledgement to a victim or caller",
    "officer_changed": "Who has the case now, to a victim",
    "summary": "What we said we would do",
    "referral": "Referral to an agency’s own system",
    "referral_notice": "Notice of a referral",
    "alerts_now": "Alert that cannot wait, to staff",
    "alerts_digest": "Morning digest, to staff",
    "survey": "Survey to a victim",
    "anchor": "Anchor of the record, to the information officer",
}
STATES = {"failed": "Did not go", "uncertain": "May or may not have gone", "waiting": "Waiting", "cancelled": "Put aside"}


@bp.get("/board/messages")
@guards.requires(Permission.BOARD_READ)
def index() -> ResponseReturnValue:
    """Messages about what the viewer may see; to governance all that are of no restricted case, without whom they are about."""
    viewer = current()
    rows = db.session.execute(_messages(viewer).order_by(_order(), Outbox.id.desc()).limit(SHOWN)).all()
    n = db.session.scalar(_messages(viewer).with_only_columns(func.count(Outbox.id)).where(Outbox.state.in_(service.RESENDABLE))) or 0
    return render_template(
        "post/index.html", rows=rows, n=n, what=WHAT, states=STATES, resendable=service.RESENDABLE, ways=in_words(settings())
    )


@bp.post("/board/messages/<int:message_id>/resend")
@guards.requires(Permission.BOARD_READ)
def resend(message_id: int) -> ResponseReturnValue:
    """Try again everything about what this message was about."""
    found: Any = db.session.execute(_messages(current()).where(Outbox.id == message_id)).first()
    if found is None:
        raise NotFound
    row: Outbox = found[0]
    n = service.resend(ref_table=row.ref_table, ref_id=UUID(str(row.ref_id)))
    flash("It is being sent again." if n else "It has gone meanwhile, or waits already: nothing was changed.", "success")
    return redirect(url_for(".index"))


def _messages(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    """Messages with the case they are about, where the viewer may see it; those about a restricted case only for the people named."""
    pressing = or_(Outbox.state.in_(service.RESENDABLE), and_(Outbox.state == "waiting", Outbox.attempts > 0))
    put_aside = and_(Outbox.state == "cancelled", Outbox.created_at > clock.now() - LATELY)
    secret = aliased(Case)
    on_list = exists().where(secret.id == Party.case_id, secret.restricted)
    open_to_governance = and_(~on_list, Report.restricted.isnot(True))
    mine = and_(Party.id.is_not(None), seen_in_full(viewer))
    seen = or_(open_to_governance, mine) if viewer.has("governance") else mine
    return (
        select(Outbox, Case)
        .outerjoin(Referral, and_(Outbox.ref_table == "referral", Referral.id == Outbox.ref_id))
        .outerjoin(SurveyOffer, and_(Outbox.ref_table == "survey_offer", SurveyOffer.id == Outbox.ref_id))
        .outerjoin(Party, Party.id == func.coalesce(Referral.party_id, SurveyOffer.party_id, Outbox.ref_id))
        .outerjoin(Report, Report.id == Party.report_id)
        .outerjoin(Case, and_(Case.id == Party.case_id, may_see_headline(viewer)))
        .where(or_(pressing, put_aside), seen)
    )


def _order() -> ColumnElement[Any]:
    return func.array_position(["failed", "uncertain", "waiting", "cancelled"], Outbox.state)
