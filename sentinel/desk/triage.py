"""Triage: what waits for a decision, the report itself, and the decision."""

from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from sentinel.access import guards
from sentinel.access import queries as people_of
from sentinel.access.models import User
from sentinel.access.permissions import Permission, allows
from sentinel.audit.service import record_look
from sentinel.cases import forms, handover, incidents, service, states, story, triage
from sentinel.cases.intake import CHANNELS
from sentinel.cases.models import Case, Party, Report
from sentinel.cases.queries import case_for, level_for, may_see_report, report_for, urgency, visible_reports
from sentinel.core.cursors import page
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.core.pages import day
from sentinel.core.viewer import Viewer, current
from sentinel.desk import decisions
from sentinel.desk.sending import Sent, send
from sentinel.desk.whats_next import promise_title

bp = Blueprint("triage", __name__)

ANOTHER = "another"
REOPENED = "reopened"
OUTCOMES = (
    ("opened", "Open a case", ""),
    ("joined", "Join it to a case there is", ""),
    (REOPENED, "Reopen a closed case, and join it to that", "It is about the same matter"),
    ("signposted", "Signpost it", "Somebody else deals with it"),
    ("no_further_action", "No further action", ""),
    ("withdrawn", "Withdraw it", "It should not be here: entered twice, by mistake, or taken back"),
)


@bp.get("/queue")
@guards.requires(Permission.QUEUE_READ)
def queue() -> ResponseReturnValue:
    """Reports waiting for a decision, worst first; what other teams offer us and we offer them."""
    viewer = current()
    found = page(_waiting(viewer), (urgency(), Report.received_at, Report.id), request.args.get("from"), highest_first=False)
    return render_template(
        "triage/queue.html",
        page=found,
        n=count_waiting(viewer),
        high=db.session.scalar(_counted(viewer).where(Report.level == "high")),
        promises=_first_promises(found.rows),
        offered=[(offer, decisions.headline_of(_record(offer))) for offer in handover.offered_to(viewer)],
        waiting=[(offer, decisions.headline_of(_record(offer))) for offer in handover.offered_by(viewer)],
        routes=allows(viewer, Permission.REPORT_ROUTE),
        category_name=decisions.category_name,
        channels=CHANNELS,
    )


@bp.get("/reports/<uuid:report_id>")
@guards.requires(Permission.REPORT_READ)
def report(report_id: UUID) -> ResponseReturnValue:
    """The report as it was taken, what became of it, and its story."""
    found = _opened(report_id)
    case_seen = level_for(current(), found.case_id) if found.case_id else "none"
    return render_template(
        "triage/report.html",
        report=found,
        seen=decisions.headline_of(found),
        may_decide=found.state == "received" and _decides(found),
        case=found.case if case_seen != "none" else None,
        state=states.REPORT_WORDS[found.state],
        events=story.of_report(found.id),
        same=_linked(found),
        promises=decisions.open_promises(found.parties),
        offer=handover.open_offer(found),
        decider=people_of.with_roles(found.triaged_by) if found.triaged_by else None,
        own=service.works_for(g.user, found.owner_partner_id),
        may_link=allows(current(), Permission.REPORT_TRIAGE),
        title=promise_title,
    )


@bp.route("/reports/<uuid:report_id>/triage", methods=["GET", "POST"])
@guards.requires(Permission.REPORT_TRIAGE)
def decide(report_id: UUID) -> ResponseReturnValue:
    """Decide about a report, seeing what each decision does to what was promised."""
    found = _opened(report_id)
    service.refuse_strangers(g.user, found.owner_partner_id)
    if request.method == "GET" and found.state != "received":
        return redirect(url_for(".report", report_id=found.id))
    likely = decisions.likely_cases(current(), found)
    closed = decisions.reopenable(current(), found)
    form = _form(found, likely, closed)
    sent = send(form, lambda: _decided(found, form), at=form.at)
    if sent.onwards:
        return sent.onwards
    return _decide_page(found, form, likely, sent)


@bp.route("/reports/<uuid:report_id>/incident", methods=["GET", "POST"])
@guards.requires(Permission.REPORT_TRIAGE)
def incident(report_id: UUID) -> ResponseReturnValue:
    """Link reports of one incident, so that it is counted once."""
    found = _opened(report_id)
    service.refuse_strangers(g.user, found.owner_partner_id)
    others = [one for one in decisions.reports_near(current(), found) if one.incident_id is None or one.incident_id != found.incident_id]
    form = forms.IncidentForm()
    form.reports.options = [_as_option(one) for one in others]

    def save() -> str:
        chosen = [one for one in others if str(one.id) in form.reports.data]
        incidents.link(actor=g.user, reports=[found, *chosen])
        flash("Linked: counted once from now on.", "success")
        return url_for(".report", report_id=found.id)

    sent = send(form, save)
    linked = _linked(found)
    return sent.onwards or (render_template("triage/incident.html", report=found, form=form, linked=linked, others=others), sent.status)


@bp.post("/reports/<uuid:report_id>/incident/unlink")
@guards.requires(Permission.REPORT_TRIAGE)
def unlink(report_id: UUID) -> ResponseReturnValue:
    """Say that a report is of an incident of its own."""
    found = report_for(current(), report_id)
    incidents.unlink(actor=g.user, report=found)
    flash("No longer linked: an incident of its own.", "success")
    return redirect(url_for(".report", report_id=found.id))


@bp.route("/reports/<uuid:report_id>/safeguarding", methods=["GET", "POST"])
@guards.requires(Permission.REPORT_TRIAGE)
def safeguarding(report_id: UUID) -> ResponseReturnValue:
    """Record that the safeguarding referral was made, by whom."""
    found = _opened(report_id)
    form = forms.SafeguardingForm()

    def save() -> str:
        service.record_safeguarding(actor=g.user, report=found, done_by=form.done_by.data)
        flash("Recorded: the safeguarding referral is made.", "success")
        return url_for("case.overview", case_id=found.case_id) if found.case_id else url_for(".report", report_id=found.id)

    sent = send(form, save)
    return sent.onwards or (
        render_template("triage/safeguarding.html", report=found, form=form, seen=decisions.headline_of(found)),
        sent.status,
    )


def count_waiting(viewer: Viewer) -> int:
    """How many reports wait for a decision of this viewer's teams."""
    return db.session.scalar(_counted(viewer)) or 0


def _waiting(viewer: Viewer) -> Select[Report]:
    parties = selectinload(Report.parties).joinedload(Party.person)
    return visible_reports(viewer).where(*_theirs(viewer)).options(parties, joinedload(Report.place), joinedload(Report.team))


def _counted(viewer: Viewer) -> Select[int]:
    return visible_reports(viewer).where(*_theirs(viewer)).with_only_columns(func.count(Report.id))


def _theirs(viewer: Viewer) -> list[ColumnElement[bool]]:
    """Reports of the teams they work cases in; for governance those that found no team."""
    teams = [team_id for role, team_id in viewer.roles_by_team if role in service.CASEWORK]
    own = Report.team_id.in_(teams) if teams else Report.unrouted.is_(True)
    return [Report.state == "received", own]


def _first_promises(reports: list[Report]) -> dict[UUID, object]:
    """By report, its promise that is due first."""
    first: dict[UUID, object] = {}
    for promise in decisions.open_promises(party for report in reports for party in report.parties):
        if promise.party.report_id:
            first.setdefault(promise.party.report_id, promise)
    return first


def _record(offer: object) -> Report | Case:
    found: Report | Case = offer.report or offer.case  # type: ignore[attr-defined]
    return found


def _opened(report_id: UUID) -> Report:
    found = report_for(current(), report_id)
    if request.method == "GET":
        record_look("report", found.id, case_id=found.case_id, person_ids={party.person_id for party in found.parties})
    return found


def _linked(found: Report) -> list[Report]:
    """The other reports of its incident that the viewer may read."""
    others = select(Report).where(Report.incident_id == found.incident_id, Report.incident_id.is_not(None), Report.id != found.id)
    return list(db.session.scalars(others.where(may_see_report(current())).order_by(Report.received_at, Report.id)))


def _decides(found: Report) -> bool:
    return allows(current(), Permission.REPORT_TRIAGE) and service.works_for(g.user, found.owner_partner_id)


def _form(found: Report, likely: list[decisions.Likely], closed: list[decisions.Likely]) -> forms.DecideForm:
    form = forms.DecideForm(version=found.version, title=triage.title_of(found))
    form.outcome.options = [outcome for outcome in OUTCOMES if closed or outcome[0] != REOPENED]
    team = found.team or triage.casework_team(g.user)
    officers = people_of.officers(team.id)
    form.officer.options = forms.people(officers)
    if request.method == "GET" and g.user.id in {one.id for one in officers}:
        form.officer.data = str(g.user.id)
    live = [
        forms.Option(str(one.case.id), f"{one.case.reference}: {one.case.title}", one.why[0].upper() + one.why[1:])
        for one in likely
        if not one.is_closed
    ]
    form.case.options = [*live, forms.Option(ANOTHER, "Another case, by its reference")]
    form.closed_case.options = [_reopening(one) for one in closed]
    if not closed:
        del form.closed_case
    for key, _, _ in OUTCOMES:
        form[f"reason_{key}"].options = forms.choices(triage.reasons("joined" if key == REOPENED else key))
    return form


def _reopening(one: decisions.Likely) -> forms.Option:
    assert one.case.closed_at is not None
    why = f"{one.why[0].upper()}{one.why[1:]}. Closed {day(one.case.closed_at)}."
    return forms.Option(str(one.case.id), f"Reopen {one.case.reference}: {one.case.title}", why)


def _decided(found: Report, form: forms.DecideForm) -> str:
    why = {"reason": form.reason.data or "", "words": form.words.data, "version": form.version.data}
    common = {"actor": g.user, "report": found, **why}
    match form.outcome.data:
        case "opened":
            if not form.officer.data:
                raise Refused("Choose who takes the case.", field="officer")
            chosen = db.session.get_one(User, forms.key(form.officer))
            opened = triage.open_case(**common, officer=chosen, title=form.title.data)
            flash(f"Case {opened.reference} is open, with {chosen.name}.", "success")
            return url_for("case.overview", case_id=opened.id)
        case "joined":
            joined = triage.join_case(**common, case=_case_chosen(form))
            flash(f"Report {found.reference} is joined to this case.", "success")
            return url_for("case.overview", case_id=joined.id)
        case "reopened":
            if not form.closed_case.data:
                raise Refused("Choose which case to reopen.", field="closed_case")
            again = triage.reopen_and_join(**common, case=case_for(current(), UUID(form.closed_case.data)))
            flash(f"Case {again.reference} is open again, and report {found.reference} is joined to it.", "success")
            return url_for("case.overview", case_id=again.id)
        case "signposted":
            triage.signpost(**common, where_to=form.where_to.data)
        case "no_further_action":
            triage.take_no_further_action(**common)
        case _:
            triage.withdraw(**common)
    flash(f"Report {found.reference} is decided: {states.REPORT_WORDS[found.state]}.", "success")
    return url_for(".queue")


def _case_chosen(form: forms.DecideForm) -> Case:
    if not form.case.data:
        raise Refused("Choose the case it belongs to.", field="case")
    if form.case.data != ANOTHER:
        return case_for(current(), UUID(form.case.data))
    if form.reference.is_empty():
        raise Refused("Enter the reference of the case.", field="reference")
    try:
        return decisions.case_with_number(current(), form.reference.data)
    except Refused as refused:
        raise Refused(refused.sentence, field="reference") from None


def _decide_page(found: Report, form: forms.DecideForm, likely: list[decisions.Likely], sent: Sent) -> ResponseReturnValue:
    page_ = render_template(
        "triage/decide.html",
        report=found,
        form=form,
        conflict=sent.conflict,
        likely=likely,
        effects=decisions.effects(found),
        seen=decisions.headline_of(found),
        promises=decisions.open_promises(found.parties),
        title=promise_title,
        offer=handover.open_offer(found),
    )
    return page_, sent.status


def _as_option(one: Report) -> forms.Option:
    seen = decisions.headline_of(one)
    return forms.Option(str(one.id), f"{one.reference}: {seen['who']}", f"{seen['what']}. {seen['when']}")
