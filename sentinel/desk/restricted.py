"""Restricting a case, who is named on it, taking the restriction off, and what the people named have to answer."""

from collections.abc import Iterable
from uuid import UUID

from flask import Blueprint, flash, g, render_template, url_for
from flask.typing import ResponseReturnValue

from sentinel.access import guards
from sentinel.access.models import User
from sentinel.access.permissions import Permission
from sentinel.cases import emergency, forms, restricting
from sentinel.cases.models import BreakGlass, Case, RestrictedTouch
from sentinel.cases.named import named_on
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, NotFound, Refused
from sentinel.core.fields import Option
from sentinel.desk.case import opened
from sentinel.desk.sending import send

bp = Blueprint("restricted", __name__)


@bp.route("/cases/<uuid:case_id>/restrict", methods=["GET", "POST"])
@guards.requires(Permission.CASE_RESTRICT)
def restrict(case_id: UUID) -> ResponseReturnValue:
    """Restrict the case to the people named."""
    case = _kept_by_viewer(case_id)
    if case.restricted:
        raise NotFound("This case is restricted already.")
    form = forms.RestrictForm(version=case.version, named=[str(case.officer_id)] if case.officer_id else [])
    form.reason.options = restricting.REASONS
    people = restricting.may_be_named(case)
    form.named.options = _offered((one for one in people if one.partner_id == case.owner_partner_id and one.id != g.user.id), case)
    form.officer.options = forms.people(one for one in people if case.team_id in {held.team_id for held in one.holdings})

    def save() -> str:
        named = _chosen(people, form.named.data, form.other.data)
        officer = db.session.get(User, forms.key(form.officer)) if form.officer.data else None
        why = {"reason": form.reason.data or "", "words": form.words.data}
        restricting.restrict_case(actor=g.user, case=case, named=named, officer=officer, version=form.version.data, **why)
        flash("The case is restricted. Nobody but the people named knows of it from now on.", "success")
        return url_for("case.access", case_id=case.id)

    sent = send(form, save)
    return sent.onwards or (render_template("restricted/restrict.html", case=case, form=form, conflict=sent.conflict), sent.status)


@bp.route("/cases/<uuid:case_id>/named", methods=["GET", "POST"])
@guards.requires(Permission.CASE_RESTRICT)
def names(case_id: UUID) -> ResponseReturnValue:
    """Name somebody else on the case, or take somebody off."""
    case = _restricted(case_id)
    listed = named_on(case)
    form = forms.NamesForm(version=case.version, named=[str(one.user.id) for one in listed])
    people, before = restricting.may_be_named(case), [one.user for one in listed]
    ours = [one for one in people if one.partner_id == case.owner_partner_id]
    form.named.options = _offered({one.id: one for one in (*before, *ours)}.values(), case)

    def save() -> str:
        named = _chosen([*people, *before], form.named.data, form.other.data)
        restricting.change_names(actor=g.user, case=case, named=named, reason=form.reason.data, version=form.version.data)
        flash("The list is changed. Whoever was taken off no longer knows of the case.", "success")
        return url_for("case.access", case_id=case.id)

    sent = send(form, save)
    return sent.onwards or (render_template("restricted/names.html", case=case, form=form, conflict=sent.conflict), sent.status)


@bp.route("/cases/<uuid:case_id>/lift", methods=["GET", "POST"])
@guards.requires(Permission.CASE_RESTRICT)
def lift(case_id: UUID) -> ResponseReturnValue:
    """Take the restriction off."""
    case = _restricted(case_id)
    form = forms.LiftForm(version=case.version)

    def save() -> str:
        restricting.lift_restriction(actor=g.user, case=case, reason=form.reason.data, version=form.version.data)
        flash(f"The case is no longer restricted: {case.owner.name} sees it as any of its cases.", "success")
        return url_for("case.access", case_id=case.id)

    sent = send(form, save)
    listed = named_on(case) if case.restricted else []
    page = render_template("restricted/lift.html", case=case, form=form, named=listed, conflict=sent.conflict)
    return sent.onwards or (page, sent.status)


@bp.route("/cases/<uuid:case_id>/openings/<uuid:opening_id>", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def review(case_id: UUID, opening_id: UUID) -> ResponseReturnValue:
    """Say whether an emergency opening was right."""
    case = opened(case_id)
    opening = db.session.get(BreakGlass, opening_id)
    if opening is None or opening.case_id != case.id:
        raise NotFound
    form = forms.ReviewOpeningForm()

    def save() -> str:
        emergency.review(actor=g.user, opening=opening, found_right=form.found.data == "right", note=form.note.data)
        flash("Your review is recorded.", "success")
        return url_for("case.access", case_id=case.id)

    sent = send(form, save)
    mine = g.user.id != opening.opened_by and g.user.id in {one.user.id for one in named_on(case)}
    return sent.onwards or (render_template("restricted/review.html", case=case, opening=opening, form=form, mine=mine), sent.status)


@bp.route("/cases/<uuid:case_id>/touches/<uuid:touch_id>", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def touch(case_id: UUID, touch_id: UUID) -> ResponseReturnValue:
    """Say what was done about a report that names somebody on the case."""
    case = opened(case_id)
    found = db.session.get(RestrictedTouch, touch_id)
    if found is None or found.case_id != case.id:
        raise NotFound
    form = forms.TouchForm()

    def save() -> str:
        restricting.answer_touch(actor=g.user, touch=found, case=case, answer=form.answer.data)
        flash("Recorded. The alert about this report is closed.", "success")
        return url_for("case.access", case_id=case.id)

    sent = send(form, save)
    return sent.onwards or (render_template("restricted/touch.html", case=case, touch=found, form=form), sent.status)


def _kept_by_viewer(case_id: UUID) -> Case:
    case = opened(case_id)
    if not restricting.may_restrict(g.user, case):
        who = f"Only a supervisor of {case.owner.name}, who owns this case, can do that"
        raise NotAllowed(f"{who}; once it is restricted, one who is named on it.")
    return case


def _restricted(case_id: UUID) -> Case:
    case = _kept_by_viewer(case_id)
    if not case.restricted:
        raise NotFound("This case is not restricted.")
    return case


def _offered(people: Iterable[User], case: Case) -> list[Option]:
    return [Option(str(one.id), f"{one.name}, {_place_of(one, case)}") for one in people]


def _place_of(person: User, case: Case) -> str:
    roles = sorted({held.role for held in person.holdings if held.role in ("practitioner", "supervisor")}, reverse=True)
    what = " and ".join(roles) or "no casework now"
    where = what if person.partner_id == case.owner_partner_id else f"{what}, {person.partner.name}"
    return f"{where}; has this case" if person.id == case.officer_id else where


def _chosen(people: Iterable[User], ticked: list[str], address: str) -> list[User]:
    found = {str(one.id): one for one in people}
    named = [found[key] for key in ticked if key in found]
    if not address:
        return named
    other = next((one for one in found.values() if one.email == address.strip().lower()), None)
    if other is None:
        raise Refused("No practitioner or supervisor who may sign in has this address. Check it, or leave it empty.", field="other")
    return [*named, other]
