"""Assessing a victim's risk, and every assessment of a case as it was asked."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from config import agreed
from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.audit.service import record_look
from sentinel.cases.models import Party
from sentinel.cases.queries import case_for, party_for
from sentinel.core import clock, drafts
from sentinel.core.errors import NotFound, Refused
from sentinel.core.viewer import current
from sentinel.core.words import clock_time
from sentinel.desk import foreseen, matrix
from sentinel.desk.frame import link_to
from sentinel.desk.sending import send
from sentinel.risk import forms, queries, service
from sentinel.risk.forms import AssessmentForm
from sentinel.risk.models import Assessment
from sentinel.risk.rules import Level, Suggestion
from sentinel.supervision import queries as supervision

bp = Blueprint("risk", __name__)

DRAFT = "risk"
NOT_KEPT = ("csrf_token", "show", "keep", "discard")


@bp.route("/parties/<uuid:party_id>/risk", methods=["GET", "POST"])
@guards.requires(Permission.RISK_ASSESS)
def assess(party_id: UUID) -> ResponseReturnValue:
    """Assess in full; or show the level, keep a draft, throw it away."""
    party = _victim(party_id)
    if request.method == "GET":
        record_look("party", party.id, case_id=party.case_id, person_ids=[party.person_id])
        return _page(party, _begun(party))
    form = _form()
    if "discard" in request.form:
        drafts.discard(g.user.id, DRAFT, str(party.id))
        return redirect(url_for(".assess", party_id=party.id))
    if "keep" in request.form:
        _keep(party)
        flash("Draft kept. Only you can see it.", "success")
        return redirect(_onwards(party))
    if "show" in request.form:
        return _page(party, form)
    return _save(party, form)


@bp.post("/parties/<uuid:party_id>/risk/level")
@guards.requires(Permission.RISK_ASSESS)
def level(party_id: UUID) -> ResponseReturnValue:
    """A fragment: the level the answers suggest so far, and why."""
    party = _victim(party_id)
    return render_template("risk/level.html", **_level(party, _form()))


@bp.post("/parties/<uuid:party_id>/risk/then")
@guards.requires(Permission.RISK_ASSESS)
def then(party_id: UUID) -> ResponseReturnValue:
    """A fragment: what saving would set off."""
    party = _victim(party_id)
    return render_template("risk/then.html", **_then(party, _form()))


@bp.post("/parties/<uuid:party_id>/risk/draft")
@guards.requires(Permission.RISK_ASSESS)
def draft(party_id: UUID) -> ResponseReturnValue:
    """Keep what was typed so far."""
    saved_at = _keep(_victim(party_id))
    return jsonify(saved_at=saved_at, reference=None)


@bp.get("/cases/<uuid:case_id>/risk")
@guards.requires(Permission.CASE_READ)
def case_risk(case_id: UUID) -> ResponseReturnValue:
    """Every victim's assessments and high episodes, in the words in which they were asked."""
    case = case_for(current(), case_id)
    history = queries.history(case)
    record_look("assessment", case.id, case_id=case.id, person_ids={party.person_id for party, _, _ in history})
    return render_template(
        "risk/case_risk.html",
        case=case,
        history=history,
        reviews={party.id: supervision.reviews_of(party) for party, _, _ in history},
        proposals={party.id: supervision.proposal_of(party) for party, _, _ in history},
        answerers=queries.answerers(history),
        how=matrix.HOW,
        sign_off=link_to("sign_off.index"),
        may_assess=link_to("risk.assess", party_id=history[0][0].id) is not None if history else False,
    )


def _victim(party_id: UUID) -> Party:
    party = party_for(current(), party_id)
    if party.role != "victim":
        raise NotFound
    return party


def _form(fields: MultiDict[str, str] | None = None, **filled: Any) -> AssessmentForm:
    made = forms.form_of(agreed.current().risk.full)
    form = made(formdata=fields, **filled) if fields is not None or filled else made()
    form.judged.options = [(name, name.capitalize()) for name in ("high", "medium", "standard")]
    return form


def _begun(party: Party) -> AssessmentForm:
    """A draft as it was left; else last time's answers, to be changed where they have changed."""
    kept = drafts.find(g.user.id, DRAFT, str(party.id)) or drafts.find(g.user.id, "locked", request.path)
    if kept and (fields := drafts.read(kept)):
        return _form(MultiDict([(name, value) for name, values in fields.items() for value in values]))
    last, latest = queries.last_time(party), queries.latest(party.id)
    filled: dict[str, Any] = {f"answers-{key}": answer for key, answer in (last.answers if last else {}).items()}
    filled |= {f"words-{key}": text for key, text in (last.words if last else {}).items()}
    return _form(seen=str(latest.id) if latest else "", **filled)


def _save(party: Party, form: AssessmentForm) -> ResponseReturnValue:
    def save() -> str:
        made = _assessed(party, form)
        drafts.discard(g.user.id, DRAFT, str(party.id))
        drafts.discard(g.user.id, "locked", request.path)
        flash(_saved(made), "success")
        return _onwards(party)

    sent = send(form, save)
    if sent.conflict:
        latest = queries.latest(party.id)
        form.seen.data = str(latest.id) if latest else ""
    return sent.onwards or (_page(party, form, conflict=sent.conflict), sent.status)


def _assessed(party: Party, form: AssessmentForm) -> Assessment:
    return service.assess(
        actor=g.user,
        party=party,
        answers=form.answers(),
        judged=form.judged.data or "",
        rationale=form.rationale.data,
        words=form.words(),
        vulnerable=service.Vulnerable(form.vulnerable_why.data) if form.vulnerable.data else None,
        seen=_key(form.seen.data),
    )


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _saved(made: Assessment) -> str:
    if made.state == "pending":
        return f"Saved. The risk stands at {made.effective.capitalize()} until a supervisor agrees to {made.judged.capitalize()}."
    return f"Saved: {made.effective.capitalize()} risk."


def _onwards(party: Party) -> str:
    if party.case_id:
        return url_for(".case_risk", case_id=party.case_id)
    return link_to("triage.report", report_id=party.report_id) or url_for(".assess", party_id=party.id)


def _keep(party: Party) -> str:
    fields = {name: values for name, values in request.form.lists() if name not in NOT_KEPT}
    saved_at = drafts.save(g.user.id, DRAFT, fields, subject=str(party.id))
    return clock_time(clock.london(saved_at).time())


def _suggested(party: Party, form: AssessmentForm) -> tuple[Suggestion, str]:
    """What the answers suggest; where one of them cannot be, what the others suggest, and the sentence."""
    questions = form.questions
    try:
        return service.suggest(questions, form.answers(), party), ""
    except Refused as refused:
        return service.suggest(questions, {}, party), refused.sentence


def _level(party: Party, form: AssessmentForm) -> dict[str, Any]:
    suggestion, problem = _suggested(party, form)
    last = queries.last_time(party)
    return {
        "suggestion": suggestion,
        "problem": problem,
        "maximum": form.questions.maximum,
        "bands": matrix.bands(form.questions),
        "last": matrix.about_last_time(last, form.questions, form.answers()) if last else "",
        "notes": foreseen.notes(party, g.user, suggestion.level),
    }


def _then(party: Party, form: AssessmentForm) -> dict[str, Any]:
    suggestion, _ = _suggested(party, form)
    chosen = form.judged.data in list(Level)
    judged = Level(form.judged.data) if chosen and form.judged.data else suggestion.level
    detail = party.detail
    known = bool(detail and (detail.hate_perceived or detail.vulnerable_decided_by))
    enhanced = known or form.answers().get("hate") == "yes" or bool(form.vulnerable.data)
    return {"saving": foreseen.foresee(foreseen.Asked(party, g.user, suggestion, judged, chosen, enhanced))}


def _page(party: Party, form: AssessmentForm, *, conflict: Any = None) -> str:
    last, shown = queries.last_time(party), _level(party, form)
    form.judged.label.text = f"What is the risk to {party.person.name}?"
    form.judged.options = [(name, name.capitalize(), shown["notes"][name]) for name in ("high", "medium", "standard")]
    form.rationale.label.text = f"Why {form.judged.data.capitalize()}?" if form.judged.data in list(Level) else "Why?"
    kept = drafts.find(g.user.id, DRAFT, str(party.id))
    return render_template(
        "risk/assess.html",
        party=party,
        form=form,
        groups=matrix.groups(form, last),
        when_last=matrix.when_last(last) if last else "Last time",
        record=matrix.what_the_record_shows(current(), party),
        questions=form.questions,
        standards=agreed.current().risk,
        first=not any(one.kind == "full" for one in queries.of_party(party.id)),
        review_by=_review_by(party),
        kept=kept,
        conflict=conflict,
        onwards=_onwards(party),
        **shown,
        **_then(party, form),
    )


def _review_by(party: Party) -> Any:
    latest = queries.latest(party.id)
    return party.assess_by or (latest.review_by if latest and latest.kind != "screen" else None)
