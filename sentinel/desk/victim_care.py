"""Victim care: the plan, what is promised, contacts and attempts, and what may be done about each."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from flask import flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config import agreed
from sentinel.access import guards
from sentinel.access.permissions import Permission, allows
from sentinel.audit.service import record_look
from sentinel.cases.forms import choices
from sentinel.cases.models import Party
from sentinel.cases.service import works_for
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.core.fields import Option
from sentinel.core.forms import Form
from sentinel.core.viewer import current
from sentinel.core.words import moment
from sentinel.desk.case import opened as case_opened
from sentinel.desk.contact import bp, contact_words
from sentinel.desk.frame import link_to
from sentinel.desk.sending import Sent, send
from sentinel.victims import closing, code, holding, promises, queries, sentences, service, summary
from sentinel.victims.forms import CodeForm, HoldForm, PlanForm, ReasonForm, SummaryForm, WaiveForm
from sentinel.victims.models import Contact, Promise
from sentinel.victims.rules import Kind

TYPED_LATE = timedelta(hours=1)


@bp.get("/cases/<uuid:case_id>/victim-care")
@guards.requires(Permission.CASE_READ)
def case_care(case_id: UUID) -> ResponseReturnValue:
    """Per person: how to reach them safely, promises open and past, contacts, attempts."""
    case, people = queries.care_of(current(), case_id)
    record_look("contact", case.id, case_id=case.id, person_ids={one.party.person_id for one in people})
    return render_template(
        "victims/case_care.html",
        case=case,
        people=people,
        counts=_counts(people),
        may_work=allows(current(), Permission.CONTACT_LOG),
        may_excuse=allows(current(), Permission.PROMISE_EXCUSE) and works_for(g.user, case.owner_partner_id),
        title=promises.title,
        kept_words=kept_words,
        contact_words=contact_words,
        typed_late=lambda contact: contact.logged_at - contact.occurred_at > TYPED_LATE,
        covered=covered,
        waivable=lambda promise: promise.kind not in service.NEVER_WAIVED,
        is_hidden=promises.is_hidden,
        beside=lambda plan: sentences.beside(plan, clock.now()),
        held=holding.held_until(case.id),
        may_hold=allows(current(), Permission.SUPERVISE) and works_for(g.user, case.owner_partner_id),
    )


def _counts(people: list[queries.Care]) -> dict[str, int]:
    past = [promise for one in people for promise in one.past if promise.state == "kept"]
    late = sum(was_late(promise) for promise in past)
    return {"open": sum(len(one.open) for one in people), "on_time": len(past) - late, "late": late}


def was_late(promise: Promise) -> bool:
    """Was it kept after its date? By when the contact happened, however late it was typed."""
    when = promise.contact.occurred_at if promise.contact else promise.ended_at
    return when is not None and when > promise.due_at


def kept_words(promise: Promise) -> str:
    """ "Kept on time", "Kept 1 working day late", "Excused by Marcia Thornton-Clarke"."""
    if promise.state != "kept":
        by_whom = f" by {promise.ender.name}" if promise.ender else ""
        return f"{promise.state.capitalize()}{by_whom}"
    when = promise.contact.occurred_at if promise.contact else promise.ended_at
    assert when is not None
    late = sentences.late_by(promise.due_at, when, hours=sentences.in_hours(promise.kind, agreed.current().contact))
    return f"Kept {late}" if late else "Kept on time"


def covered(contact: Contact) -> str:
    """What a contact was about."""
    return sentences.list_of(agreed.current().contact.rule(one.kind).covers for one in contact.covers)


@bp.route("/parties/<uuid:party_id>/plan", methods=["GET", "POST"])
@guards.requires(Permission.CONTACT_LOG)
def plan(party_id: UUID) -> ResponseReturnValue:
    """Change how somebody can be reached safely."""
    party = _opened(party_id)
    kept = queries.plan_for(party)
    form = PlanForm(obj=kept, every=str(kept.every_working_days or ""))
    form.representative_person_id.options = [Option(str(one.id), one.name) for one in queries.representatives(party)]

    def save() -> str:
        service.set_plan(actor=g.user, party=party, values=_values(form), version=form.version.data, no_way=form.no_way.data)
        flash(
            f"Saved. Everybody who contacts {party.person.name} sees it from now on.{sentences.unread_times(form.safe_times.data)}",
            "success",
        )
        return home(party)

    sent = send(form, save)
    more = {"history": queries.plan_history(party), "no_contact": kept.no_contact}
    return sent.onwards or _page("victims/plan.html", party, form, sent, **more)


def _values(form: PlanForm) -> dict[str, object]:
    values: dict[str, object] = {column: form[column].data for column in sentences.LABELS if column != "every_working_days"}
    chosen, every = form.representative_person_id.data, form.every.data
    speaker = {"representative_person_id": UUID(chosen)} if chosen else {"representative_person_id": None, "representative_consent": None}
    return values | speaker | {"every_working_days": int(every) if every else None}


@bp.route("/parties/<uuid:party_id>/summary", methods=["GET", "POST"])
@guards.requires(Permission.CONTACT_LOG)
def send_summary(party_id: UUID) -> ResponseReturnValue:
    """Send somebody what we said we would do, by a way they said is safe."""
    party, form = _opened(party_id), SummaryForm()
    there = summary.ways(party)
    form.channel.options = [Option(way, words.capitalize()) for way, words, why_not in there if not why_not]

    def save() -> str:
        flash(summary.send_summary(actor=g.user, party=party, channel=form.channel.data or "", key=form.submission_id.data), "success")
        return home(party) if form.channel.data == "email" else url_for("letters.index")

    sent = send(form, save)
    return sent.onwards or _page("victims/summary.html", party, form, sent, why_not=[(words, why) for _, words, why in there if why])


@bp.route("/promises/<uuid:promise_id>/excuse", methods=["GET", "POST"])
@guards.requires(Permission.PROMISE_EXCUSE)
def excuse(promise_id: UUID) -> ResponseReturnValue:
    """A supervisor excuses a promise after enough attempts."""
    promise, form = _promise(promise_id), ReasonForm()

    def save() -> str:
        service.excuse(actor=g.user, promise=promise, reason=form.reason.data)
        flash(f"Excused: {promises.title(promise.kind)}. The story says why.", "success")
        return home(promise.party)

    sent = send(form, save)
    more = {"promise": promise, "missing": service.still_to_try(promise), "attempts": queries.attempts_for(promise)}
    return sent.onwards or _page("victims/excuse.html", promise.party, form, sent, **more)


@bp.route("/promises/<uuid:promise_id>/waive", methods=["GET", "POST"])
@guards.requires(Permission.CONTACT_LOG)
def waive(promise_id: UUID) -> ResponseReturnValue:
    """Waive or slow down a promise because the victim asked."""
    promise, form = _promise(promise_id), WaiveForm()
    form.reason.options = choices(agreed.current().outcomes.promise_waived)

    def save() -> str:
        every = int(form.every.data) if form.every.data else None
        service.waive(actor=g.user, promise=promise, reason=form.reason.data or "", note=form.note.data, every=every)
        flash(f"Waived: {promises.title(promise.kind)}. The story says what they asked for.", "success")
        return home(promise.party)

    sent = send(form, save)
    agreed_here = service.agrees_to_less(g.user, promise.party)
    return sent.onwards or _page("victims/waive.html", promise.party, form, sent, promise=promise, supervisor=agreed_here)


@bp.route("/promises/<uuid:promise_id>/review", methods=["GET", "POST"])
@guards.requires(Permission.CONTACT_LOG)
def review(promise_id: UUID) -> ResponseReturnValue:
    """Record a review of the case of somebody who asked not to be contacted."""
    promise = _promise(promise_id)
    return _decide(
        promise.party,
        "victims/review.html",
        lambda why: service.record_review(actor=g.user, promise=promise, note=why),
        "Review recorded. The clock begins again.",
        promise=promise,
    )


@bp.route("/parties/<uuid:party_id>/vulnerable", methods=["GET", "POST"])
@guards.requires(Permission.RISK_ASSESS)
def vulnerable(party_id: UUID) -> ResponseReturnValue:
    """Decide that a victim is vulnerable or intimidated."""
    party = _opened(party_id)
    return _decide(
        party,
        "victims/vulnerable.html",
        lambda why: service.decide_vulnerable(actor=g.user, party=party, why=why),
        f"{party.person.name} has the enhanced standard from now on.",
    )


@bp.route("/parties/<uuid:party_id>/victims-code", methods=["GET", "POST"])
@guards.requires(Permission.RISK_ASSESS)
def victims_code(party_id: UUID) -> ResponseReturnValue:
    """Say whether the conduct is criminal, so that the Victims' Code holds too."""
    party, form = _opened(party_id), CodeForm()

    def save() -> str:
        code.decide_code(actor=g.user, party=party, applies=form.applies.data == "yes", why=form.reason.data)
        flash("Saved. Dates that the Code makes sooner are promised beside the others.", "success")
        return home(party)

    sent = send(form, save, at=lambda field: "reason" if field == "why" else field)
    return sent.onwards or _page("victims/code.html", party, form, sent, standards=agreed.current().contact.victims_code)


@bp.route("/cases/<uuid:case_id>/hold-telling", methods=["GET", "POST"])
@guards.requires(Permission.SUPERVISE)
def hold_telling(case_id: UUID) -> ResponseReturnValue:
    """Hold what was done for a police operation."""
    case = case_opened(case_id)
    form = HoldForm(version=case.version)

    def save() -> str:
        until = holding.hold_telling(actor=g.user, case=case, until=form.until.data, reason=form.reason.data, version=form.version.data)
        flash(f"Nobody tells the victims what was done before {moment(until)}. It is promised to them from then.", "success")
        return url_for(".case_care", case_id=case.id)

    sent = send(form, save)
    days = agreed.current().contact.hold_telling_at_most_working_days
    page = render_template("victims/hold.html", case=case, form=form, conflict=sent.conflict, days=days)
    return sent.onwards or (page, sent.status)


@bp.route("/parties/<uuid:party_id>/safe-to-contact", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def safe_to_contact(party_id: UUID) -> ResponseReturnValue:
    """Say that somebody who may not know they were named can be contacted."""
    party = _opened(party_id)
    return _decide(
        party,
        "victims/safe_to_contact.html",
        lambda why: service.say_safe_to_approach(actor=g.user, party=party, why=why),
        f"{party.person.name} can be contacted from now on.",
    )


@bp.route("/parties/<uuid:party_id>/unanswered", methods=["GET", "POST"])
@guards.requires(Permission.CASE_SIGN)
def unanswered(party_id: UUID) -> ResponseReturnValue:
    """A supervisor signs that a victim did not answer whether the case may close."""
    party = _opened(party_id)
    case = closing.asks(party)
    if case is None:
        raise NotFound("This case is not proposed for closing any more.")
    one = next(each for each in closing.standing(case) if each.party.person.canonical_id == party.person.canonical_id)
    back = url_for("closing.case_closing", case_id=case.id)
    return _decide(
        party,
        "victims/unanswered.html",
        lambda why: closing.go_without(actor=g.user, party=party, reason=why),
        f"Signed: {party.person.name} did not answer.",
        to=back,
        one=one,
        missing=None if one.may_go_without else closing.still_to_wait(one),
        back=back,
    )


@bp.route("/contacts/<uuid:contact_id>/came-back", methods=["GET", "POST"])
@guards.requires(Permission.CONTACT_LOG)
def came_back(contact_id: UUID) -> ResponseReturnValue:
    """Say that a message came back: what it had kept is open again."""
    contact = db.session.get(Contact, contact_id)
    if contact is None:
        raise NotFound
    party = _opened(contact.party_id)
    return _decide(
        party,
        "victims/came_back.html",
        lambda why: service.came_back(actor=g.user, contact=contact, note=why),
        "Recorded. What it had kept is open again, with its own date.",
        contact=contact,
        contact_words=contact_words,
    )


def _decide(party: Party, template: str, verb: Callable[[str], object], done: str, *, to: str = "", **more: object) -> ResponseReturnValue:
    """A page that asks why, and does it; then on to `to`, else where the party's care is."""
    form = ReasonForm()

    def save() -> str:
        verb(form.reason.data)
        flash(done, "success")
        return to or home(party)

    sent = send(form, save, at=lambda field: "reason" if field in ("why", "note", "reason") else field)
    return sent.onwards or _page(template, party, form, sent, **more)


def home(party: Party) -> str:
    """Where somebody came from: victim care of the case, or the report."""
    if party.case_id:
        return url_for(".case_care", case_id=party.case_id)
    return link_to("triage.report", report_id=party.report_id) or "/"


def _opened(party_id: UUID) -> Party:
    party = queries.party_to_contact(current(), party_id)
    if request.method == "GET":
        record_look("party", party.id, case_id=party.case_id, person_ids=[party.person_id])
    return party


def _promise(promise_id: UUID) -> Promise:
    return queries.promise_to_answer(current(), promise_id)


def _page(template: str, party: Party, form: Form, sent: Sent, **more: object) -> ResponseReturnValue:
    page = render_template(
        template,
        party=party,
        reference=party.case.reference if party.case else party.report.reference if party.report else "",
        form=form,
        conflict=sent.conflict,
        onwards=home(party),
        title_of=promises.title,
        cadence=Kind.CADENCE,
        **more,
    )
    return page, sent.status
