"""The case: overview, timeline, people, who looked at it and who else sees it."""

from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sentinel.access import guards
from sentinel.access.models import Team
from sentinel.access.permissions import Permission, allows
from sentinel.audit.service import record_look
from sentinel.cases import closure, disclosures, emergency, forms, handover, restricting, service, sharing, states, story
from sentinel.cases.models import Case, CaseGrant
from sentinel.cases.queries import case_for, level_for
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, NotFound
from sentinel.core.viewer import current
from sentinel.desk import footprints, to_sign, whats_next, who
from sentinel.desk import overview as gathered
from sentinel.desk.decisions import category_name
from sentinel.desk.frame import case_frame, counts, link_to, next_promise
from sentinel.desk.sending import Sent, send
from sentinel.supervision import reading
from sentinel.supervision.forms import AskForm

bp = Blueprint("case", __name__)
bp.add_app_template_global(case_frame)

LATEST = 5
SHOWN_NEXT = 12


def opened(case_id: UUID) -> Case:
    """The case in full, its opening recorded."""
    case = case_for(current(), case_id)
    if request.method == "GET":
        record_look("case_detail", case.id, case_id=case.id, person_ids={party.person_id for party in case.parties})
    return case


def own(case: Case) -> bool:
    """Does the signed-in person work for the partner that owns the case?"""
    return service.works_for(g.user, case.owner_partner_id)


@bp.get("/cases/<uuid:case_id>")
@guards.requires(Permission.CASE_READ)
def overview(case_id: UUID) -> ResponseReturnValue:
    """Who is at risk, what is next, what was tried and promised; only the headline for those without the full view."""
    if level_for(current(), case_id) in ("full", "named"):
        return _overview(opened(case_id), forms.NoteForm(formdata=None), Sent())
    case = case_for(current(), case_id, need="headline")
    record_look("asb_case", case.id, case_id=case.id, person_ids={party.person_id for party in case.parties})
    return _headline(case, _ask_form(), Sent())


@bp.post("/cases/<uuid:case_id>/notes")
@guards.requires(Permission.CASE_WORK)
def note(case_id: UUID) -> ResponseReturnValue:
    """Add a note; back to the overview."""
    case = case_for(current(), case_id)
    form = forms.NoteForm()

    def save() -> str:
        service.add_note(actor=g.user, case=case, text=form.note.data)
        flash("Note added.", "success")
        return url_for(".overview", case_id=case.id)

    sent = send(form, save)
    return sent.onwards or _overview(case, form, sent)


@bp.post("/cases/<uuid:case_id>/full-view")
@guards.requires(Permission.CASE_WORK)
def ask(case_id: UUID) -> ResponseReturnValue:
    """Open the full view for a team of one's own, with a reason the owner reads."""
    case = case_for(current(), case_id, need="headline")
    form = _ask_form()

    def save() -> str:
        team = db.session.get_one(Team, forms.key(form.team))
        service.ask_for_full(actor=g.user, case=case, team=team, reason=form.reason.data)
        flash(f"You see this case in full for 28 days. {case.owner.name} can read why.", "success")
        return url_for(".overview", case_id=case.id)

    sent = send(form, save)
    return sent.onwards or _headline(case, form, sent)


@bp.get("/cases/<uuid:case_id>/timeline")
@guards.requires(Permission.CASE_READ)
def timeline(case_id: UUID) -> ResponseReturnValue:
    """The story, by day, newest first; forty lines to a page."""
    case = opened(case_id)
    family = request.args.get("kind", "")[:40]
    page = story.entries(case.id, family=family, cursor=request.args.get("from"))
    shown = {name: value for name, value in (("kind", family), ("from", request.args.get("from", "")[:200])) if value}
    return render_template(
        "cases/timeline.html",
        case=case,
        page=page,
        family=family,
        families=story.families(case.id),
        said=reading.on(page.rows),
        reads=allows(current(), Permission.SUPERVISE),
        reader=g.user.id,
        shown=shown,
    )


@bp.get("/cases/<uuid:case_id>/people")
@guards.requires(Permission.CASE_READ)
def people(case_id: UUID) -> ResponseReturnValue:
    """Everybody on the case, each once on their side, with the reports they stand on."""
    case = opened(case_id)
    numbers = {report.id: report.reference for report in case.reports}
    return render_template("cases/people.html", case=case, people=who.people(case), numbers=numbers, contact_words=who.contact_words)


@bp.get("/cases/<uuid:case_id>/access")
@guards.requires(Permission.CASE_READ)
def access(case_id: UUID) -> ResponseReturnValue:
    """Who sees the case, and who looked at it, when and why."""
    case = opened(case_id)
    page = footprints.of_case(case, request.args.get("from"))
    return render_template(
        "cases/access.html",
        case=case,
        page=page,
        shares=footprints.shares(case),
        own=own(case),
        keeps=restricting.may_restrict(g.user, case),
        openings=emergency.openings(case),
        disclosed=[(one, disclosures.gateway_of(one)) for one in disclosures.of_case(case)],
        discloses=allows(current(), Permission.CASE_WORK),
        touches=restricting.touches(case) if case.restricted else [],
    )


@bp.route("/cases/<uuid:case_id>/share", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def share(case_id: UUID) -> ResponseReturnValue:
    """Show the case to another team for 28 days."""
    case = _ours(case_id)
    form = forms.ShareForm()
    whole = [team for team in handover.teams_to_offer(case.team) if team.partner_id != case.owner_partner_id]
    headline = [team for team in sharing.landlord_teams() if team.id not in {one.id for one in whole}]
    form.team.options = [*forms.teams(whole), *(_headline_option(team) for team in headline)]

    def save() -> str:
        team = db.session.get_one(Team, forms.key(form.team))
        level = "headline" if team.id in {one.id for one in headline} else "full"
        service.share_case(actor=g.user, case=case, grantee=team, level=level, reason=form.reason.data)
        what = "the headline of this case" if level == "headline" else "this case"
        flash(f"{team.name} sees {what} for 28 days.", "success")
        return url_for(".access", case_id=case.id)

    sent = send(form, save)
    return sent.onwards or (render_template("cases/share.html", case=case, form=form), sent.status)


@bp.post("/cases/<uuid:case_id>/shares/<uuid:grant_id>/fine")
@guards.requires(Permission.CASE_WORK)
def let_stand(case_id: UUID, grant_id: UUID) -> ResponseReturnValue:
    """The full view that somebody of another partner opened may stand."""
    case, grant = _share(case_id, grant_id)
    if grant.answered_at is None:
        service.let_stand(actor=g.user, case=case, grant=grant)
        flash("Noted. They see the case until that day, unless you end it.", "success")
    return redirect(url_for(".access", case_id=case.id))


@bp.route("/cases/<uuid:case_id>/shares/<uuid:grant_id>/end", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def end_share(case_id: UUID, grant_id: UUID) -> ResponseReturnValue:
    """End a share, with a reason."""
    case, grant = _share(case_id, grant_id)
    form = forms.EndShareForm()

    def save() -> str:
        service.end_share(actor=g.user, case=case, grant=grant, reason=form.reason.data)
        return url_for(".access", case_id=case.id)

    sent = send(form, save)
    name = service.names_of([grant]).get(grant.grantee, "them")
    return sent.onwards or (render_template("cases/end_share.html", case=case, form=form, name=name, grant=grant), sent.status)


def _ours(case_id: UUID) -> Case:
    case = case_for(current(), case_id)
    if not own(case):
        raise NotAllowed(f"Only {case.owner.name}, who owns this case, can do that.")
    return case


def _headline_option(team: Team) -> forms.Option:
    return forms.Option(str(team.id), f"{team.name}, {team.partner.name}: the headline")


def _share(case_id: UUID, grant_id: UUID) -> tuple[Case, CaseGrant]:
    """A share of a case of one's own; the list of a restricted case is changed elsewhere."""
    case = _ours(case_id)
    grant = db.session.get(CaseGrant, grant_id)
    if grant is None or grant.case_id != case.id or grant.level == "named":
        raise NotFound
    return case, grant


def _ask_form() -> forms.AskForm:
    form = forms.AskForm()
    mine = sorted({held.team for held in g.user.holdings if held.role in service.CASEWORK}, key=lambda team: team.name)
    form.team.options = forms.teams(mine)
    if len(mine) == 1 and not form.team.data:
        form.team.data = str(mine[0].id)
    return form


def _headline(case: Case, form: forms.AskForm, sent: Sent) -> ResponseReturnValue:
    may_ask = bool(form.team.options) and allows(current(), Permission.CASE_WORK)
    names = sorted({party.person.name for party in case.parties})
    seen = {"names": names, "promise": next_promise(case), "state": states.CASE_WORDS[case.state]}
    categories = ", ".join(category_name(key) for key in case.categories)
    return render_template("cases/headline.html", case=case, form=form, may_ask=may_ask, categories=categories, **seen), sent.status


def _overview(case: Case, form: forms.NoteForm, sent: Sent) -> ResponseReturnValue:
    everybody = who.people(case)
    page = render_template(
        "cases/overview.html",
        case=case,
        form=form,
        detail=closure.detail_of(case),
        own=own(case),
        next=whats_next.of(case),
        shown_next=SHOWN_NEXT,
        at_risk=[one for one in everybody if "Victim" in one.roles],
        alleged=[one for one in everybody if one.party.role == "alleged"],
        n_people=len(everybody),
        ladder=gathered.ladder(case),
        promised=gathered.promised(case),
        latest=story.entries(case.id, size=LATEST).rows,
        n_entries=counts(case.id).entries,
        place_facts=gathered.place_facts(case),
        around=gathered.around(case),
        missing=closure.missing(case) if case.state in states.LIVE else [],
        words=gathered,
        contact_words=who.contact_words,
        link=link_to,
        unsigned=to_sign.unsigned_on(case),
        ask_form=AskForm(formdata=None),
        may_ask=own(case),
        offer=handover.open_offer(case),
    )
    return page, sent.status
