"""The call taker's page: it follows the call, shows what is known beside it, and ends with a card to read out (screens.md, 1)."""

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from config import agreed
from sentinel.access import guards
from sentinel.access.models import Partner
from sentinel.access.permissions import Permission
from sentinel.cases.intake import take_report
from sentinel.cases.models import Report
from sentinel.cases.states import REPORT_WORDS
from sentinel.core import clock, submissions
from sentinel.core.cursors import page
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.core.pages import time_of
from sentinel.core.viewer import current
from sentinel.desk import intake_drafts, intake_report, known
from sentinel.desk.intake_drafts import Unsaved
from sentinel.desk.intake_form import SAVE, CallForm, call_form
from sentinel.desk.intake_screen import screen_so_far
from sentinel.desk.sending import send
from sentinel.places import queries as places
from sentinel.post.channels import not_set_up

bp = Blueprint("intake", __name__)

ENDINGS = (SAVE, "gone", "danger")
SHOWN = 5


@bp.route("/reports/new", methods=["GET", "POST"])
@guards.requires(Permission.REPORT_TAKE)
def new() -> ResponseReturnValue:
    """Take a report. Attaching and finding show the page again; saving leads to the card to read out."""
    if request.method == "GET":
        return _page(*_begun())
    form = _form()
    ending = request.form.get("finish", "")
    if ending not in ENDINGS:
        _attach(form)
        intake_drafts.keep(g.user.id, str(form.submission_id.data))
        return _page(form)
    form.ending = ending
    sent = send(form, lambda: _save(form))
    return sent.onwards or (_page(form), sent.status)


@bp.post("/reports/new/draft")
@guards.requires(Permission.REPORT_TAKE)
def draft() -> ResponseReturnValue:
    """Keep what is typed so far, with its reference; what was saved meanwhile is no draft any more."""
    key = _form().submission_id.data
    if submissions.was_sent(key):
        return {"saved_at": time_of(clock.now()), "reference": None}
    saved_at, reference = intake_drafts.keep(g.user.id, str(key))
    return {"saved_at": time_of(saved_at), "reference": reference}


@bp.post("/reports/new/matches")
@guards.requires(Permission.REPORT_TAKE)
def matches() -> ResponseReturnValue:
    """The cards of what is known, for what is typed so far, after attaching, undoing or putting away one of them."""
    form = _form()
    _attach(form)
    return render_template("intake/matches.html", form=form, **_matches(form))


@bp.post("/reports/new/screen")
@guards.requires(Permission.REPORT_TAKE)
def screen() -> ResponseReturnValue:
    """The risk screen so far."""
    form = _form()
    return render_template("intake/screen.html", form=form, screen=screen_so_far(form, current()))


@bp.post("/reports/new/heard/<part>")
@guards.requires(Permission.REPORT_TAKE)
def heard(part: str) -> ResponseReturnValue:
    """How the words for the time, the place or the kind of behaviour are understood."""
    form = _form()
    understood = {"when": _when_heard, "place": _place_heard, "category": _category_heard}.get(part)
    return render_template("intake/heard.html", words=understood(form) if understood else "")


@bp.post("/reports/new/throw-away")
@guards.requires(Permission.REPORT_TAKE)
def throw_away() -> ResponseReturnValue:
    """Throw a draft away because its writer says so."""
    intake_drafts.discard(g.user.id, request.form.get("draft", ""))
    return redirect(url_for(".new"))


@bp.get("/reports/mine")
@guards.requires(Permission.REPORT_TAKE)
def mine() -> ResponseReturnValue:
    """Reports the viewer took, newest first, and those not saved."""
    taken = select(Report).where(Report.taken_by == g.user.id, Report.restricted.is_(False))
    taken = taken.options(joinedload(Report.place), joinedload(Report.team))
    found = page(taken, (Report.received_at, Report.id), request.args.get("from"))
    names = {category.key: category.name for category in agreed.current().categories.category}
    return render_template("intake/mine.html", page=found, unsaved=intake_drafts.unsaved(g.user.id), states=REPORT_WORDS, categories=names)


def _begun() -> tuple[CallForm, Unsaved | None]:
    """A draft asked for, else what was being sent when the session locked, else a new report."""
    unsaved = intake_drafts.unsaved(g.user.id)
    wanted = request.args.get("draft", "")
    found = next((one for one in unsaved if one.key == wanted or (not wanted and one.locked)), None)
    if found and "fresh" not in request.args:
        return _with_lists(call_form().restored(found.typed)), found
    form = _form()
    form.started.data = clock.now().isoformat()
    form.channel.data = "phone"
    return form, None


def _form() -> CallForm:
    return _with_lists(call_form()())


def _with_lists(form: CallForm) -> CallForm:
    landlords = db.session.execute(select(Partner.id, Partner.name).where(Partner.kind == "landlord").order_by(Partner.name))
    form.landlord.options = [(str(row.id), row.name) for row in landlords]
    return form


def _save(form: CallForm) -> str:
    key = str(form.submission_id.data)
    reference = intake_drafts.reference_of(g.user.id, key)
    with db.session.begin_nested():  # a refusal leaves nothing behind that the page shown again would find
        made = intake_report.new_report(form, viewer=current(), reference=reference)
        report = take_report(actor=g.user, report=made, received_at=intake_report.received_at(form))
    intake_drafts.discard(g.user.id, key)
    return url_for("intake_told.told", report_id=report.id)


def _attach(form: CallForm) -> None:
    """One press on a card: attach it, undo that, or put it away."""
    pressed = {name: request.form.get(name, "") for name in ("attach", "detach", "not_this")}
    kind = pressed["attach"].partition(":")[0]
    gone = {pressed["detach"], pressed["not_this"]}
    kept = [key for key in form.attached.data if key not in gone and not (kind and key.startswith(f"{kind}:"))]
    form.attached.process_formdata([*kept, pressed["attach"]])
    form.put_away.process_formdata([*form.put_away.data, pressed["not_this"]])


def _page(form: CallForm, found: Unsaved | None = None) -> str:
    key = str(form.submission_id.data)
    others = [one for one in intake_drafts.unsaved(g.user.id) if one.key != key]
    return render_template(
        "intake/new.html",
        form=form,
        found=found,
        unsaved=others[:SHOWN] if request.method == "GET" else [],
        reference=intake_drafts.reference_of(g.user.id, key) or (found.reference if found else None),
        started=time_of(intake_report.received_at(form)),
        scripts=agreed.current().scripts,
        questions=agreed.current().risk.screen.question,
        screen=screen_so_far(form, current()),
        not_sent=" ".join(not_set_up().values()),
        when_heard=_when_heard(form),
        place_heard=_place_heard(form),
        category_heard=_category_heard(form),
        **_matches(form),
    )


def _matches(form: CallForm) -> dict[str, Any]:
    said_in = g.user.partner.district_code or g.user.partner.slug
    return {"matches_found": known.cards(form, current(), said_in=said_in), "about": known.asked_about(form)}


def _when_heard(form: CallForm) -> str:
    return form.when.understood


def _place_heard(form: CallForm) -> str:
    if not form.place.data:
        return ""
    try:
        found = places.resolve(form.place.data)
    except Refused as refused:
        return refused.sentence
    where = " in ".join(part for part in (found.postcode, places.district_name(found.district_code)) if part)
    return f"Understood as {where}" if where else "Taken as words: no postcode in it"


def _category_heard(form: CallForm) -> str:
    key = intake_report.category_of(form)
    if key is None:
        return ""
    category = agreed.current().categories.get(key)
    said = "" if form.category.data else f"The words suggest: {category.name}. "
    return f"{said}{category.national_type.capitalize()}. It does not set the date: risk does."
