"""Logging a contact: on its own page, or under a row of My work."""

from collections.abc import Iterable
from uuid import UUID

from flask import Blueprint, flash, g, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config import agreed
from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.audit.service import record_look
from sentinel.cases.forms import choices
from sentinel.cases.models import Party
from sentinel.core import clock, drafts
from sentinel.core.addresses import is_ours
from sentinel.core.errors import Stale
from sentinel.core.fields import Option
from sentinel.core.viewer import current
from sentinel.core.words import by, clock_time, moment
from sentinel.desk.frame import link_to
from sentinel.desk.sending import Sent, send
from sentinel.people.models import Person
from sentinel.victims import closing, promises, queries, reviews, sentences, service
from sentinel.victims.forms import ContactForm
from sentinel.victims.models import Contact, ContactPlan, Promise
from sentinel.victims.rules import Kind

bp = Blueprint("victims", __name__)

DRAFT = "contact"
NOT_KEPT = ("csrf_token", "submission_id", "seen", "next")
THEMSELVES = "themselves"
NOTHING_OPEN = "nothing open"


@bp.route("/parties/<uuid:party_id>/contact", methods=["GET", "POST"])
@guards.requires(Permission.CONTACT_LOG)
def log_contact(party_id: UUID) -> ResponseReturnValue:
    """Log a contact or an attempt, then back to where the button was."""
    party = queries.party_to_contact(current(), party_id)
    if request.method == "GET":
        record_look("party", party.id, case_id=party.case_id, person_ids=[party.person_id])
        return _page(party, begun(party, request.args.get("next", "")), Sent())
    form = prepared(party, ContactForm())
    sent = send(form, lambda: _saved(party, form))
    if sent.conflict:
        form.seen.data = _seen(party)
    return sent.onwards or _page(party, form, sent)


@bp.post("/parties/<uuid:party_id>/contact/draft")
@guards.requires(Permission.CONTACT_LOG)
def draft(party_id: UUID) -> ResponseReturnValue:
    """Keep what was typed so far."""
    party = queries.party_to_contact(current(), party_id)
    fields = {name: values for name, values in request.form.lists() if name not in NOT_KEPT}
    saved_at = drafts.save(g.user.id, DRAFT, fields, subject=str(party.id))
    return jsonify(saved_at=clock_time(clock.london(saved_at).time()), reference=None)


def begun(party: Party, onwards: str) -> ContactForm:
    """The form as it opens: what is open ticked, the safest way chosen, now; or as its writer left it."""
    kept = drafts.find(g.user.id, DRAFT, str(party.id)) or drafts.find(
        g.user.id, "locked", url_for("victims.log_contact", party_id=party.id)
    )
    left = drafts.read(kept) if kept else {}
    form = ContactForm.restored(left) if left else ContactForm(formdata=None, channel=_likeliest(queries.plan_for(party)), when="now")
    prepared(party, form)
    if not left:
        form.covers.data = [option.value for option in form.covers.options if option.note != NOTHING_OPEN]
    form.seen.data, form.next.data = _seen(party), onwards
    return form


def prepared(party: Party, form: ContactForm) -> ContactForm:
    """The form with the answers that fit this person."""
    plan = queries.plan_for(party)
    form.channel.options = [Option(one.value, one.label, note=_unsafe(plan, one.value)) for one in form.channel.options]
    still = _covers(queries.open_promises(party))
    known = {option.value for option in still}
    if (asked := closing.asks(party)) and Kind.CLOSURE not in known:
        still.append(Option(Kind.CLOSURE, agreed.current().contact.rule(Kind.CLOSURE).covers, note=NOTHING_OPEN))
    form.covers.options = [*still, *_kept_since(form, {option.value for option in still})]
    form.closing_view.options = choices(closing.choices()) if asked else []
    form.spoke_to.options = _speakers(party, plan.representative)
    return form


def told(party: Party) -> dict[str, object]:
    """What stands beside the form: the plan, what is open, what saving promises next."""
    live = promises.may_be_promised(party)
    plan = queries.plan_for(party)
    return {
        "plan": plan,
        "beside": sentences.beside(plan, clock.now()),
        "next_date": promises.next_date(party, clock.now()) if live else None,
        "kept_by_any": live and any(one.kind == Kind.CADENCE for one in queries.open_promises(party)),
    }


def _page(party: Party, form: ContactForm, sent: Sent) -> ResponseReturnValue:
    open_ones = queries.open_promises(party)
    page = render_template(
        "victims/log_contact.html",
        party=party,
        form=form,
        conflict=sent.conflict,
        open_ones=open_ones,
        title=promises.title,
        onwards=inside(form.next.data) or _home(party),
        last=queries.latest_contact(party),
        contact_words=contact_words,
        words_to_say=lambda kind: reviews.words_to_say(party, kind),
        **told(party),
    )
    return page, sent.status


def _saved(party: Party, form: ContactForm) -> str:
    _refuse_when_somebody_else_did(party, form)
    spoke_to = None
    if form.spoke_to.data and form.spoke_to.data != THEMSELVES:
        spoke_to = queries.plan_for(party).representative
    assert form.when.at is not None
    contact = service.log_contact(
        actor=g.user,
        party=party,
        channel=form.channel.data or "",
        direction=form.direction,
        outcome=form.came_of_it,
        occurred_at=form.when.at,
        note=form.note.data,
        covers=form.covers.data,
        spoke_to=spoke_to,
        next_by=form.next_by.data,
        closing_view=form.closing_view.data or "",
    )
    drafts.discard(g.user.id, DRAFT, str(party.id))
    drafts.discard(g.user.id, "locked", request.path)
    flash(_flashed(party, contact), "success")
    return inside(form.next.data) or _home(party)


def _refuse_when_somebody_else_did(party: Party, form: ContactForm) -> None:
    latest = queries.latest_contact(party)
    if latest is None or form.seen.data == str(latest.id):
        return
    who = latest.user.name if latest.user else "Sentinel"
    sentence = f"{who} logged a contact with {party.person.name} while you had this open. Is yours another one? Then save it again."
    yours = [("What", form.channel.spoken()), ("When", form.when.data), ("What was said", form.note.data)]
    theirs = [("What", contact_words(latest)), ("When", moment(latest.occurred_at)), ("What was said", latest.note)]
    raise Stale(sentence, yours=yours, theirs=theirs)


def contact_words(contact: Contact) -> str:
    """ "Spoke to Nasreen Khan-Abdullahi by telephone"."""
    who = contact.person.name
    return sentences.contact_title(who, channel=contact.channel, direction=contact.direction, outcome=contact.outcome)


def _flashed(party: Party, contact: Contact) -> str:
    """What saving did: attempts keep nothing; a contact says what comes next."""
    if contact.outcome == "attempt":
        return f"Attempt to reach {party.person.name} logged. What was promised stays promised."
    following = [one for one in queries.open_promises(party) if one.kind == Kind.CADENCE]
    after = f" Next: {by(following[0].due_at)}." if following else ""
    return f"Contact with {party.person.name} logged.{after}"


def _seen(party: Party) -> str:
    latest = queries.latest_contact(party)
    return str(latest.id) if latest else ""


def _likeliest(plan: ContactPlan) -> str:
    if plan.preferred and not sentences.unsafe(plan, plan.preferred):
        return plan.preferred
    if plan.phone and plan.ring != "no":
        return "phone"
    if plan.email_address and plan.email == "yes":
        return "email"
    return "text" if plan.phone and plan.text == "yes" else "visit"


def _unsafe(plan: ContactPlan, channel: str) -> str:
    return "not safe" if sentences.unsafe(plan, channel) else ""


def _covers(open_ones: Iterable[Promise]) -> list[Option]:
    """One tick for each kind that is open, saying what it keeps and how late; being in touch is kept by any contact."""
    standards, now = agreed.current().contact, clock.now()
    first: dict[str, Promise] = {}
    for promise in open_ones:
        first.setdefault(promise.kind, promise)
    return [
        Option(kind, standards.rule(kind).covers, note=_keeps(promise, sentences.late_by(promise.due_at, now, hours=_in_hours(kind))))
        for kind, promise in first.items()
        if kind != Kind.CADENCE
    ]


def _kept_since(form: ContactForm, still: set[str]) -> list[Option]:
    """What was open when the form was made and is not any more: still an answer, so that sending it twice is no mistake."""
    standards = agreed.current().contact
    ticked = [kind for kind in form.covers.data or [] if kind in set(Kind) - {Kind.CADENCE} and kind not in still]
    return [Option(kind, standards.rule(kind).covers, note=NOTHING_OPEN) for kind in ticked]


def _in_hours(kind: str) -> bool:
    return sentences.in_hours(kind, agreed.current().contact)


def _keeps(promise: Promise, late: str) -> str:
    return f"keeps the promise, {late}" if late else "keeps the promise"


def _speakers(party: Party, representative: Person | None) -> list[Option]:
    if representative is None:
        return []
    return [Option(THEMSELVES, party.person.name), Option("representative", f"{representative.name}, who may speak for them")]


def inside(address: str) -> str | None:
    """The address, if it is one of this installation's own pages."""
    return address if is_ours(address) else None


def _home(party: Party) -> str:
    if party.case_id:
        return url_for("victims.case_care", case_id=party.case_id)
    return link_to("triage.report", report_id=party.report_id) or "/"
