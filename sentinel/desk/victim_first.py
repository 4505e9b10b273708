"""Victim First's queue: acknowledge, contact, say what came of it. They see what they need to ring safely, and nothing else."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.audit.service import record_look
from sentinel.core import clock
from sentinel.core.errors import NotFound, Refused
from sentinel.core.forms import Form
from sentinel.core.viewer import current
from sentinel.desk import referral_cards as cards
from sentinel.desk.sending import send
from sentinel.referrals import forms, queries, service, states
from sentinel.referrals.models import Referral

bp = Blueprint("victim_first", __name__)

NEW, WAITING, REACHED = ("open",), ("acknowledged", "accepted"), ("contacted",)


@bp.get("/referrals")
@guards.requires(Permission.REFERRAL_WORK)
def queue() -> ResponseReturnValue:
    """Everything referred to the viewer's agency, worst first; the most pressing card stands open."""
    rows = _rows()
    first = next((one.referral for group in (NEW, WAITING) for one in _of(rows, group)), None)
    return _page(rows, first)


@bp.get("/referrals/<uuid:referral_id>")
@guards.requires(Permission.REFERRAL_WORK)
def referral(referral_id: UUID) -> ResponseReturnValue:
    """The queue with this card open."""
    return _page(_rows(), queries.referral_for(current(), referral_id))


@bp.post("/referrals/<uuid:referral_id>/acknowledge")
@guards.requires(Permission.REFERRAL_WORK)
def acknowledge(referral_id: UUID) -> ResponseReturnValue:
    """Say that they have it. Done already, it changes nothing."""
    found = queries.referral_for(current(), referral_id)
    try:
        service.move(referral=found, kind="acknowledged", actor=g.user)
    except states.ImpossibleMoveError:
        raise Refused(_OVER) from None
    flash(f"Acknowledged: {found.party.person.name}. The officer can see it.", "success")
    return redirect(_at(found))


@bp.route("/referrals/<uuid:referral_id>/contact", methods=["GET", "POST"])
@guards.requires(Permission.REFERRAL_WORK)
def contact(referral_id: UUID) -> ResponseReturnValue:
    """Log an attempt, or that they were reached."""
    found, form = queries.referral_for(current(), referral_id), forms.contact_form()

    def verb() -> None:
        reached, channel = form.reached.data == "yes", form.channel.data or ""
        service.log_contact(actor=g.user, referral=found, reached=reached, channel=channel, note=form.note.data, at=_when(form))

    return _do(found, form, "contact", verb, "Logged. The officer can see it.")


@bp.route("/referrals/<uuid:referral_id>/update", methods=["GET", "POST"])
@guards.requires(Permission.REFERRAL_WORK)
def update(referral_id: UUID) -> ResponseReturnValue:
    """Say what is new."""
    found, form = queries.referral_for(current(), referral_id), forms.UpdateForm()
    return _do(found, form, "update", lambda: service.add_update(actor=g.user, referral=found, note=form.note.data), "Added.")


@bp.route("/referrals/<uuid:referral_id>/decline", methods=["GET", "POST"])
@guards.requires(Permission.REFERRAL_WORK)
def decline(referral_id: UUID) -> ResponseReturnValue:
    """Decline, with a reason."""
    found, form = queries.referral_for(current(), referral_id), forms.decline_form()

    def verb() -> None:
        if not (note := form.because()):
            raise Refused("Say why in a sentence.", field="words")
        _move(found, "declined", note)

    return _do(found, form, "decline", verb, "Declined. The officer has been told and looks for other support.")


@bp.route("/referrals/<uuid:referral_id>/close", methods=["GET", "POST"])
@guards.requires(Permission.REFERRAL_WORK)
def close(referral_id: UUID) -> ResponseReturnValue:
    """Close the referral, saying what came of it."""
    found, form = queries.referral_for(current(), referral_id), forms.CloseForm()
    said = "Closed. You can read it here for 28 days."
    return _do(found, form, "close", lambda: _move(found, "closed", form.note.data), said)


_OVER = "This referral is over. Ask the officer who holds the case if you need to reach them again."


def _move(found: Referral, kind: str, note: str) -> None:
    try:
        moved = service.move(referral=found, kind=kind, actor=g.user, note=note)
    except states.ImpossibleMoveError:
        raise Refused(_OVER) from None
    if not moved:
        raise Refused("That was recorded already.")


def _do(found: Referral, form: Form, action: str, verb: Callable[[], None], said: str) -> ResponseReturnValue:
    if found.state in states.ENDED and request.method == "GET":
        raise NotFound(_OVER)

    def save() -> str:
        verb()
        flash(said, "success")
        return _at(found)

    sent = send(form, save)
    return sent.onwards or (_page(_rows(), found, form=form, action=action), sent.status)


def _when(form: forms.ContactForm) -> datetime:
    """The moment entered; today's date alone, or a span that is going on, means now at the latest."""
    return min(form.when.at or clock.now(), clock.now()) if form.when.at else clock.now()


def _at(found: Referral) -> str:
    return url_for(".referral", referral_id=found.id, _anchor=f"r-{found.id}")


def _rows() -> list[cards.Card]:
    found = queries.queue(current())
    events = queries.events_of([one.id for one in found])
    return cards.worst_first(cards.card(one, events[one.id], g.user) for one in found)


def _of(rows: list[cards.Card], state: tuple[str, ...]) -> list[cards.Card]:
    return [one for one in rows if one.referral.state in state]


def _page(rows: list[cards.Card], opened: Referral | None, *, form: Form | None = None, action: str = "") -> str:
    if opened and request.method == "GET":
        party = opened.party
        record_look("referral", opened.id, case_id=party.case_id, person_ids=[party.person_id])
    return render_template("referrals/queue.html", **_shown(rows, opened), form=form, action=action)


def _shown(rows: list[cards.Card], opened: Referral | None) -> dict[str, Any]:
    groups = [
        ("New: say you have them", _of(rows, NEW), False),
        ("Acknowledged: make the first contact", _of(rows, WAITING), False),
        ("Contacted: what came of it", _of(rows, REACHED), True),
        ("Over: here for 28 days", _of(rows, states.ENDED), True),
    ]
    return {
        "agency": g.user.partner.name,
        "groups": groups,
        "new": len(groups[0][1]),
        "waiting": len(groups[1][1]),
        "overdue": [one for one in rows if one.overdue],
        "opened_id": opened.id if opened else None,
        "opened": cards.opened(opened, queries.events_of([opened.id])[opened.id]) if opened else None,
        "today": cards.today(),
    }
