"""Who has it: another officer, another partner's team, governance's list of reports that found no team."""

from uuid import UUID

from flask import Blueprint, flash, g, render_template, url_for
from flask.typing import ResponseReturnValue

from config import agreed
from sentinel.access import guards
from sentinel.access import queries as people_of
from sentinel.access.models import Team, User
from sentinel.access.permissions import Permission
from sentinel.audit.service import record_look
from sentinel.cases import forms, handover, service
from sentinel.cases.models import Case, Handover, Report
from sentinel.cases.named import named_on
from sentinel.cases.queries import case_for, report_for
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.core.viewer import current
from sentinel.desk import decisions
from sentinel.desk.case import opened
from sentinel.desk.frame import case_frame
from sentinel.desk.sending import send
from sentinel.desk.whats_next import promise_title

bp = Blueprint("ownership", __name__)


@bp.route("/cases/<uuid:case_id>/officer", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def officer(case_id: UUID) -> ResponseReturnValue:
    """Give the case to another officer of the team."""
    case = opened(case_id)
    form = forms.MoveForm(version=case.version)
    able = [one for one in _able(case, case.team_id) if one.id != case.officer_id]
    form.officer.options = forms.people(able, people_of.absences([one.id for one in able]))

    def save() -> str:
        chosen = db.session.get_one(User, forms.key(form.officer))
        service.move_to_officer(actor=g.user, case=case, officer=chosen, reason=form.reason.data, version=form.version.data)
        flash(f"{chosen.name} has this case now.", "success")
        return url_for("case.overview", case_id=case.id)

    sent = send(form, save)
    effects = decisions.open_promises(case.parties)
    return sent.onwards or (
        render_template("cases/officer.html", case=case, form=form, conflict=sent.conflict, n_promises=len(effects)),
        sent.status,
    )


@bp.route("/cases/<uuid:case_id>/hand-over", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def hand_over(case_id: UUID) -> ResponseReturnValue:
    """Offer a case to another team, or take the offer back."""
    case = opened(case_id)
    return _offer(case, url_for("case.overview", case_id=case.id), identity=case_frame(case, ""))


@bp.route("/reports/<uuid:report_id>/hand-over", methods=["GET", "POST"])
@guards.requires(Permission.REPORT_TRIAGE)
def hand_report_over(report_id: UUID) -> ResponseReturnValue:
    """Offer a report to another team, or take the offer back."""
    report = report_for(current(), report_id)
    return _offer(report, url_for("triage.queue"))


@bp.post("/handovers/<uuid:handover_id>/take-back")
@guards.requires(Permission.REPORT_TRIAGE)
def take_back(handover_id: UUID) -> ResponseReturnValue:
    """Take an unanswered offer back."""
    offer = _mine(handover_id)
    form = forms.TakeBackForm()

    def save() -> str:
        handover.take_back(actor=g.user, handover=offer)
        flash("The offer is taken back. It stays yours.", "success")
        return url_for("case.overview", case_id=offer.case_id) if offer.case_id else url_for("triage.report", report_id=offer.report_id)

    sent = send(form, save)
    record = offer.case or offer.report
    assert record is not None
    return sent.onwards or (_offer_page(record, forms.OfferForm(formdata=None, version=record.version), offer, form, None), sent.status)


@bp.get("/handovers/<uuid:handover_id>")
@guards.requires(Permission.REPORT_TRIAGE)
def answer(handover_id: UUID) -> ResponseReturnValue:
    """What is offered, by whom and why; accept or decline."""
    offer = _offered(handover_id)
    if offer.report:
        people = {party.person_id for party in offer.report.parties}
        record_look("report", offer.report.id, person_ids=people)
    return _answer_page(offer, _accept_form(offer, fresh=True), _decline_form(fresh=True)), 200


@bp.post("/handovers/<uuid:handover_id>/accept")
@guards.requires(Permission.REPORT_TRIAGE)
def accept(handover_id: UUID) -> ResponseReturnValue:
    """Accept what was offered."""
    offer = _offered(handover_id)
    form = _accept_form(offer)

    def save() -> str:
        chosen = db.session.get_one(User, forms.key(form.officer)) if offer.case else g.user
        handover.accept(actor=g.user, handover=offer, officer=chosen)
        flash(f"Accepted. It belongs to {offer.to_team.name} now.", "success")
        return url_for("case.overview", case_id=offer.case_id) if offer.case_id else url_for("triage.decide", report_id=offer.report_id)

    sent = send(form, save)
    return sent.onwards or (_answer_page(offer, form, _decline_form(fresh=True)), sent.status)


@bp.post("/handovers/<uuid:handover_id>/decline")
@guards.requires(Permission.REPORT_TRIAGE)
def decline(handover_id: UUID) -> ResponseReturnValue:
    """Decline what was offered."""
    offer = _offered(handover_id)
    form = _decline_form()

    def save() -> str:
        handover.decline(actor=g.user, handover=offer, reason=form.reason.data or "", words=form.words.data)
        flash(f"Declined. {offer.from_team.name} can read why.", "success")
        return url_for("triage.queue")

    sent = send(form, save)
    return sent.onwards or (_answer_page(offer, _accept_form(offer, fresh=True), form), sent.status)


@bp.route("/reports/<uuid:report_id>/route", methods=["GET", "POST"])
@guards.requires(Permission.REPORT_ROUTE)
def route(report_id: UUID) -> ResponseReturnValue:
    """Governance gives a report that found no team to one."""
    report = report_for(current(), report_id)
    if not report.unrouted:
        raise NotFound
    form = forms.OfferForm(version=report.version)
    form.team.options = forms.teams(handover.teams_to_offer(None))

    def save() -> str:
        team = db.session.get_one(Team, forms.key(form.team))
        handover.route(actor=g.user, report=report, team=team, reason=form.reason.data, version=form.version.data)
        flash(f"{team.name} has report {report.reference} now.", "success")
        return url_for("triage.queue")

    sent = send(form, save)
    seen = decisions.headline_of(report)
    return sent.onwards or (render_template("triage/route.html", report=report, form=form, conflict=sent.conflict, seen=seen), sent.status)


def _offer(record: Case | Report, onwards: str, identity: str = "") -> ResponseReturnValue:
    form = forms.OfferForm(version=record.version)
    form.team.options = forms.teams(handover.teams_to_offer(record.team))
    given = {"case": record} if isinstance(record, Case) else {"report": record}

    def save() -> str:
        team = db.session.get_one(Team, forms.key(form.team))
        handover.offer(actor=g.user, to_team=team, reason=form.reason.data, version=form.version.data, **given)
        flash(f"Offered to {team.name}. Until they accept, it stays yours.", "success")
        return onwards

    sent = send(form, save)
    return sent.onwards or (
        _offer_page(record, form, handover.open_offer(record), forms.TakeBackForm(formdata=None), sent.conflict),
        sent.status,
    )


def _offer_page(record: Case | Report, form: forms.OfferForm, offer: Handover | None, back: forms.TakeBackForm, conflict: object) -> str:
    is_case = isinstance(record, Case)
    promises = decisions.open_promises(record.parties)
    return render_template(
        "cases/hand_over.html" if is_case else "triage/hand_over.html",
        case=record,
        report=record,
        form=form,
        back=back,
        offer=offer,
        conflict=conflict,
        promises=promises,
    )


def _mine(handover_id: UUID) -> Handover:
    offer = next((one for one in handover.offered_by(current()) if one.id == handover_id), None)
    if offer is None:
        raise NotFound("This offer was answered or taken back already.")
    return offer


def _offered(handover_id: UUID) -> Handover:
    offer = next((one for one in handover.offered_to(current()) if one.id == handover_id), None)
    if offer is None:
        raise NotFound("This offer was answered or taken back already.")
    if offer.case_id:
        case_for(current(), offer.case_id, need="headline")
    return offer


def _accept_form(offer: Handover, *, fresh: bool = False) -> forms.AcceptForm:
    form = forms.AcceptForm(formdata=None) if fresh else forms.AcceptForm()
    form.officer.options = forms.people(_able(offer.case, offer.to_team_id))
    form.officer.data = form.officer.data or str(g.user.id)
    return form


def _able(case: Case | None, team_id: UUID) -> list[User]:
    """Officers of the team; of those named, where the case is restricted."""
    named = {one.user.id for one in named_on(case)} if case and case.restricted else None
    return [one for one in people_of.officers(team_id) if named is None or one.id in named]


def _decline_form(*, fresh: bool = False) -> forms.DeclineForm:
    form = forms.DeclineForm(formdata=None) if fresh else forms.DeclineForm()
    form.reason.options = forms.choices(agreed.current().outcomes.handover_declined)
    return form


def _answer_page(offer: Handover, accept_form: forms.AcceptForm, decline_form: forms.DeclineForm) -> str:
    record = offer.report or offer.case
    assert record is not None
    return render_template(
        "triage/answer.html",
        offer=offer,
        record=record,
        accept=accept_form,
        decline=decline_form,
        form=decline_form if decline_form.errors else accept_form,
        seen=decisions.headline_of(record),
        promises=decisions.open_promises(record.parties),
        offered_by=people_of.with_roles(offer.offered_by),
        title=promise_title,
    )
