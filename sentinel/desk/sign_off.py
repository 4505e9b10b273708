"""The page on which a supervisor signs: one list, answered in the row."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.audit.service import record_look
from sentinel.cases import signing
from sentinel.cases.models import Party
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.core.forms import Form
from sentinel.core.viewer import current
from sentinel.core.words import until
from sentinel.desk import to_sign
from sentinel.desk.case import opened
from sentinel.desk.sending import send
from sentinel.desk.to_sign import ToSign
from sentinel.interventions import queries as powers
from sentinel.interventions import service as enforcing
from sentinel.interventions.models import Intervention
from sentinel.referrals import queries as referrals
from sentinel.referrals import service as referring
from sentinel.risk import service as assessing
from sentinel.risk.models import Assessment
from sentinel.risk.queries import seen_in_full
from sentinel.supervision import service as supervision
from sentinel.supervision.forms import AskForm, ReviewForm, SignForm
from sentinel.supervision.models import MultiAgencyProposal, SupervisionReview

bp = Blueprint("sign_off", __name__)

ANSWERED = "Somebody has answered this already, or it is not yours to answer."
OfParty = TypeVar("OfParty", Assessment, SupervisionReview, MultiAgencyProposal)


@bp.get("/sign-off")
@guards.requires(Permission.RISK_AGREE)
def index() -> ResponseReturnValue:
    """Everything that waits for this supervisor."""
    return _page()


@bp.route("/sign-off/<kind>/<uuid:thing_id>", methods=["GET", "POST"])
@guards.requires(Permission.RISK_AGREE)
def answer(kind: str, thing_id: UUID) -> ResponseReturnValue:
    """The list with this row open; or the answer."""
    if kind not in ANSWERS:
        raise NotFound
    row = next((one for group in to_sign.groups(current()) for one in group.rows if (one.kind, one.id) == (kind, thing_id)), None)
    if row is None:
        raise NotFound(ANSWERED)
    form = _form(row)
    if request.method == "GET":
        record_look(TABLES[kind], thing_id)

    def save() -> str:
        flash(ANSWERS[kind](thing_id, form), "success")
        return url_for(".index")

    sent = send(form, save, at=lambda name: "note" if name == "reason" else name)
    return sent.onwards or (_page(row, form), sent.status)


@bp.route("/cases/<uuid:case_id>/ask-to-sign", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def ask(case_id: UUID) -> ResponseReturnValue:
    """Ask the service manager to sign on a case where no supervisor can."""
    case, form = opened(case_id), AskForm()

    def save() -> str:
        asked = signing.ask_manager(actor=g.user, case=case, why=form.why.data)
        names = " and ".join(user.name for user in asked)
        flash(f"{names} can sign it now, and was told." if asked else f"Asked. {signing.NOBODY} Whoever can mend that was told.", "success")
        return url_for("case.overview", case_id=case.id)

    sent = send(form, save)
    page = partial(render_template, "supervision/ask.html", case=case, form=form, unsigned=to_sign.unsigned_on(case))
    return sent.onwards or (page(who_can=signing.who_can(case)), sent.status)


def _form(row: ToSign) -> Form:
    if not row.answers:
        return ReviewForm()
    form = SignForm()
    form.answer.options = row.answers
    return form


def _page(opened: ToSign | None = None, form: Form | None = None) -> str:
    groups = to_sign.groups(current())
    late = sum(1 for group in groups for row in group.rows if row.due_at and row.due_at <= clock.now())
    return render_template(
        "supervision/index.html",
        groups=groups,
        waiting=sum(len(group.rows) for group in groups),
        late=late,
        opened=opened,
        form=form,
        own=to_sign.own_cases(current()),
    )


def _lowering(key: UUID, form: SignForm) -> str:
    found = _of_party(Assessment, key)
    if form.answer.data == "agree":
        assessing.agree_lowering(actor=g.user, assessment=found, note=form.note.data)
        return f"Agreed: the risk is {found.judged.capitalize()} from now."
    assessing.refuse_lowering(actor=g.user, assessment=found, note=form.note.data)
    return f"Not agreed: the risk stays {found.effective.capitalize()}. The officer can read why."


def _review(key: UUID, form: ReviewForm) -> str:
    following = supervision.sign_review(actor=g.user, review=_of_party(SupervisionReview, key), note=form.note.data)
    if following is None:
        return "Review recorded. It was the last."
    return f"Review recorded. The next is due {until(following.due_at)}."


def _proposal(key: UUID, form: SignForm) -> str:
    accept = form.answer.data == "accept"
    supervision.answer_proposal(actor=g.user, proposal=_of_party(MultiAgencyProposal, key), accept=accept, reason=form.note.data)
    return "It goes to the discussion." if accept else "Not taken to the discussion. The reason is kept."


def _referral(key: UUID, form: SignForm) -> str:
    found = referrals.referral_of_case(current(), key)
    send_it = form.answer.data == "send"
    referring.decide_held(actor=g.user, referral=found, send_it=send_it, reason=form.note.data)
    return f"Sent to {found.agency.name}." if send_it else "Not sent: their wish is respected."


def _intervention(key: UUID, form: SignForm) -> str:
    found = db.session.scalar(powers.waiting(current()).where(Intervention.id == key))
    if found is None:
        raise NotFound(ANSWERED)
    if form.answer.data == "authorise":
        enforcing.authorise(actor=g.user, intervention=found, note=form.note.data)
        return "Authorised. The officer can use it now."
    enforcing.refuse(actor=g.user, intervention=found, reason=form.note.data)
    return "Not authorised. The officer can read why."


def _of_party(model: type[OfParty], key: UUID) -> OfParty:
    found = db.session.scalar(select(model).join(Party, Party.id == model.party_id).where(model.id == key, seen_in_full(current())))
    if found is None:
        raise NotFound
    return found


ANSWERS: dict[str, Callable[[UUID, Any], str]] = {
    "lowering": _lowering,
    "review": _review,
    "proposal": _proposal,
    "referral": _referral,
    "intervention": _intervention,
}
TABLES = {
    "lowering": "assessment",
    "review": "supervision_review",
    "proposal": "multi_agency_proposal",
    "referral": "referral",
    "intervention": "intervention",
}
