"""Referrals as the case sees them: where each stands, whether it was delivered, what the agency did with it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.audit.service import record_look
from sentinel.cases.models import Case
from sentinel.cases.queries import case_for
from sentinel.core.errors import NotFound, Refused
from sentinel.core.forms import Form
from sentinel.core.viewer import current
from sentinel.desk.frame import link_to
from sentinel.desk.sending import send
from sentinel.post.models import Outbox
from sentinel.referrals import forms, queries, service, states
from sentinel.referrals.models import Referral

bp = Blueprint("referrals", __name__)

DELIVERY = {
    "waiting": "waiting to be sent",
    "sending": "being sent",
    "sent": "delivered",
    "uncertain": "sent, but nobody knows whether it arrived",
    "failed": "could not be delivered",
    "cancelled": "not needed any more",
}
WHERE = {"in_system": "Their queue in Sentinel", "webhook": "Their own system"}


@bp.get("/cases/<uuid:case_id>/referrals")
@guards.requires(Permission.CASE_READ)
def case_referrals(case_id: UUID) -> ResponseReturnValue:
    """Every referral of the case's victims, and every high episode that led to none."""
    case = case_for(current(), case_id)
    record_look("referral", case.id, case_id=case.id, person_ids={one.person_id for one in queries.of_case(case)})
    return _page(case)


@bp.post("/cases/<uuid:case_id>/referrals/<uuid:referral_id>/again")
@guards.requires(Permission.CASE_WORK)
def send_again(case_id: UUID, referral_id: UUID) -> ResponseReturnValue:
    """Send again what could not be delivered, under the same key."""
    case, referral = _referral(case_id, referral_id)
    service.resend(actor=g.user, referral=referral)
    flash("It is being sent again.", "success")
    return redirect(url_for(".case_referrals", case_id=case.id))


@bp.route("/cases/<uuid:case_id>/referrals/<uuid:referral_id>/withdraw", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def withdraw(case_id: UUID, referral_id: UUID) -> ResponseReturnValue:
    """Take a referral back, with a reason the agency reads."""
    case, referral = _referral(case_id, referral_id)
    form = forms.WithdrawForm()
    if referral.state in states.ENDED and request.method == "GET":
        raise NotFound("This referral is over.")

    def save() -> str:
        try:
            service.move(referral=referral, kind="withdrawn", actor=g.user, note=form.reason.data)
        except states.ImpossibleMoveError:
            raise Refused("This referral is over already.") from None
        flash(f"Taken back. {referral.agency.name} can read why.", "success")
        return url_for(".case_referrals", case_id=case.id)

    sent = send(form, save)
    return sent.onwards or (_page(case, referral, form), sent.status)


def _referral(case_id: UUID, referral_id: UUID) -> tuple[Case, Referral]:
    case = case_for(current(), case_id)
    found = next((one for one in queries.of_case(case) if one.id == referral_id), None)
    if found is None:
        raise NotFound
    return case, queries.referral_of_case(current(), found.id)


def _page(case: Case, opened: Referral | None = None, form: Form | None = None) -> str:
    found = queries.of_case(case)
    keys = [one.id for one in found]
    messages = queries.deliveries(keys)
    return render_template(
        "referrals/case_referrals.html",
        case=case,
        referrals=found,
        events=queries.events_of(keys),
        deliveries={key: [_delivery(one) for one in messages[key]] for key in keys},
        failed={key for key in keys if any(one.state in ("failed", "uncertain") for one in messages[key])},
        held={one.id: service.why_held(one.party) for one in found if one.state == "held"},
        not_made=queries.not_made(case),
        ended=states.ENDED,
        opened=opened,
        form=form,
        decide={one.id: link_to("sign_off.answer", kind="referral", thing_id=one.id) for one in found if one.state == "held"},
        may_work=link_to("referrals.send_again", case_id=case.id, referral_id=case.id) is not None,
    )


def _delivery(message: Outbox) -> dict[str, Any]:
    return {
        "where": WHERE.get(message.channel, message.channel.capitalize()),
        "words": DELIVERY[message.state],
        "failed": message.state in ("failed", "uncertain"),
        "at": message.sent_at or message.failed_at or message.created_at,
        "error": message.last_error if message.state in ("failed", "uncertain", "waiting") else None,
        "attempts": message.attempts,
    }
