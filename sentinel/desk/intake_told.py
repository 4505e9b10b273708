"""The card to read out once a report is saved, and sending the same by a way the caller said is safe."""

from typing import Any, NamedTuple
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from sqlalchemy import select

from config import agreed
from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.audit.service import record_look
from sentinel.cases.models import Party, Report
from sentinel.cases.queries import level_for, report_for
from sentinel.core import submissions
from sentinel.core.db import db
from sentinel.core.errors import NotFound, Refused
from sentinel.core.forms import Form
from sentinel.core.viewer import current
from sentinel.core.words import until
from sentinel.people.keys import mobile_key
from sentinel.post.channels import not_set_up
from sentinel.post.models import Outbox
from sentinel.post.service import queue_message
from sentinel.victims.letters import ACKNOWLEDGEMENT, NOT_SAFE, unsafe, waits
from sentinel.victims.models import ContactPlan, Promise

bp = Blueprint("intake_told", __name__)

REFERENCE = Markup('<span class="s-readout__ref">{}</span>')
CALLERS = ("reporter", "victim", "witness")
FIRST = {"reporter": "passed_on", "victim": "first_contact"}
CHANNELS = {"text": ("phone", "a text"), "email": ("email_address", "an e-mail"), "letter": ("address", "a letter")}
SENT = {
    "waiting": "will be sent",
    "sending": "is being sent",
    "sent": "was sent",
    "uncertain": "may have been sent, and nobody knows",
    "failed": "could not be sent",
    "cancelled": "was not sent",
}
EXPLAINED = ("waiting", "uncertain", "failed", "cancelled")
FATE = {"taken": "was sent; whether it arrived is not known yet", "arrived": "arrived", "came_back": "came back"}


class Way(NamedTuple):
    """A way to send the reference: what it is called, whether it is safe and possible, and what became of it so far."""

    channel: str
    words: str
    possible: bool
    why_not: str
    state: str


class SendForm(Form):
    """Nothing but its token: which way is the button pressed."""


@bp.get("/reports/<uuid:report_id>/told")
@guards.requires(Permission.REPORT_TAKE)
def told(report_id: UUID) -> ResponseReturnValue:
    """What to read out: the reference, what happens next, by when, who."""
    report, caller = _report(report_id)
    plan = db.session.get(ContactPlan, caller.id)
    lines = [] if report.detail.is_domestic else _lines(report, caller, plan)
    return render_template(
        "intake/told.html",
        report=report,
        caller=caller,
        plan=plan,
        lines=lines,
        ways=[] if report.detail.is_domestic else _ways(caller, plan),
        scripts=agreed.current().scripts,
        form=SendForm(),
    )


@bp.post("/reports/<uuid:report_id>/told/send")
@guards.requires(Permission.REPORT_TAKE)
def send(report_id: UUID) -> ResponseReturnValue:
    """Send the reference and the date by a way said to be safe; pressed twice it is sent once."""
    report, caller = _report(report_id)
    form = SendForm()
    plan = db.session.get(ContactPlan, caller.id)
    chosen = next((way for way in _ways(caller, plan) if way.channel == request.form.get("channel")), None)
    if not form.validate() or chosen is None or report.detail.is_domestic:
        raise Refused("Choose a way to send it that they said is safe.")
    if not chosen.possible:
        raise Refused(chosen.why_not)
    here = url_for(".told", report_id=report.id)
    if submissions.claim(form.submission_id.data) is None:
        key = f"{ACKNOWLEDGEMENT}:{caller.id}:{chosen.channel}:{form.submission_id.data}"
        queue_message(dedupe_key=key, channel=chosen.channel, template=ACKNOWLEDGEMENT, ref_table="party", ref_id=caller.id)
        submissions.receipt(form.submission_id.data, here)
        not_yet = waits(plan, chosen.channel) if plan else None
        then = f" {not_yet.reason}" if not_yet else ""
        flash(f"{chosen.words.capitalize()} with the reference and the date will be sent.{then}", "success")
    return redirect(here)


def _report(report_id: UUID) -> tuple[Report, Party]:
    """The report and whoever called. Recorded as a look by anybody but the one who took it."""
    report = report_for(current(), report_id)
    by_role = {party.role: party for party in reversed(report.parties)}
    caller = next((by_role[role] for role in CALLERS if role in by_role), None)
    if caller is None:
        raise NotFound
    if report.taken_by != g.user.id:
        record_look("report", report.id, case_id=report.case_id, person_ids=[party.person_id for party in report.parties])
    return report, caller


def _lines(report: Report, caller: Party, plan: ContactPlan | None) -> list[Markup]:
    """The sentences of the card, from the promises that were made."""
    promises = _promises(caller)
    first = promises.pop(FIRST.get(caller.role, ""), None)
    lines = [_opening(report, caller, first), *(escape(promise.told_as) for promise in promises.values())]
    if first and plan and caller.role == "victim":
        lines.append(escape(_manner(plan)))
    return [line for line in (*lines, _script("again")) if line]


def _promises(caller: Party) -> dict[str, Promise]:
    """By kind, soonest first; the reference itself has been given."""
    query = select(Promise).where(Promise.party_id == caller.id, Promise.state == "open", Promise.kind != "acknowledge")
    found: dict[str, Promise] = {}
    for promise in db.session.scalars(query.order_by(Promise.due_at)):
        found.setdefault(promise.kind, promise)
    return found


def _opening(report: Report, caller: Party, first: Promise | None) -> Markup:
    known = report.suggested_case_id is not None and level_for(current(), report.suggested_case_id) != "none"
    officer = report.suggested_case.officer if known and report.suggested_case else None
    gaps: dict[str, Any] = {
        "reference": REFERENCE.format(report.reference),
        "team": report.team.name if report.team else agreed.current().partners.name,
        "who": Markup("<b>{}</b>").format(officer.name if officer else "Somebody"),
    }
    if first:
        key = "read_out_for_another" if caller.role == "reporter" else "read_out"
        return _script(key, by=Markup("<b>{}</b>").format(until(first.due_at)), **gaps)
    return _script("read_out_no_promise" if caller.contactable else "read_out_nobody_to_reach", **gaps)


def _manner(plan: ContactPlan) -> str:
    if plan.ring == "no":
        return "Nobody will ring you, as you asked."
    words = "The number may show as withheld."
    return words if plan.voicemail == "yes" else f"{words} No message will be left."


def _script(key: str, **gaps: Any) -> Markup:
    return escape(agreed.current().scripts.line_for(key).say or "").format(**gaps)


def _ways(caller: Party, plan: ContactPlan | None) -> list[Way]:
    rows = db.session.execute(
        select(Outbox.channel, Outbox.state, Outbox.fate, Outbox.last_error)
        .where(Outbox.ref_table == "party", Outbox.ref_id == caller.id, Outbox.template == ACKNOWLEDGEMENT)
        .order_by(Outbox.id)
    )
    states = {row.channel: _became(row) for row in rows}
    return [_way(channel, caller, plan, states.get(channel, "")) for channel in CHANNELS]


def _became(row: Any) -> str:
    """What became of a message, and why not."""
    words = FATE.get(row.fate, SENT[row.state]) if row.state in ("sent", "failed") else SENT[row.state]
    return f"{words}. {row.last_error.rstrip('.')}" if row.state in EXPLAINED and row.last_error else words


def _way(channel: str, caller: Party, plan: ContactPlan | None, state: str) -> Way:
    column, words = CHANNELS[channel]
    why_not = not_set_up().get(channel, "")
    if unsafe_because := unsafe(caller, plan, channel):
        why_not = "They did not say that this is safe." if unsafe_because == NOT_SAFE else unsafe_because
    elif not why_not and not (where := getattr(plan, column)):
        why_not = f"There is nothing to send {words} to."
    elif channel == "text" and not why_not and not mobile_key(where):
        why_not = "Their number is not a mobile’s."
    return Way(channel, words, not why_not, why_not, state)
