"""People of a partner: added, changed, vetted, closed. Its local administrator sees no case here, only how many wait."""

from collections.abc import Iterable
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from sentinel.access import guards, links, partnership, people, standing
from sentinel.access.models import VETTING_LEVELS, Partner
from sentinel.access.permissions import Permission
from sentinel.access.record_forms import ChangePersonForm, CloseAccountForm, NewPersonForm, ResetForm, VettingForm
from sentinel.core import clock
from sentinel.core.fields import Option
from sentinel.core.versions import version_of
from sentinel.desk.sending import send

bp = Blueprint("people", __name__)


@bp.get("/people/<uuid:user_id>")
@guards.requires(Permission.PEOPLE_MANAGE)
def person(user_id: UUID) -> ResponseReturnValue:
    """What somebody holds, how far they are vetted, whether they are away, and what waits for them."""
    found = people.person_for(g.user, user_id)
    return render_template(
        "people/person.html",
        one=found,
        own=found.id == g.user.id,
        vetting=VETTING_LEVELS,
        today=clock.today(),
        away=people.absence_of(found),
        sessions=people.count_sessions(found),
        second_factor=people.has_second_factor(found),
        work=people.work_of(found),
    )


@bp.route("/partnership/<uuid:partner_id>/people/new", methods=["GET", "POST"])
@guards.requires(Permission.PEOPLE_MANAGE)
def add(partner_id: UUID) -> ResponseReturnValue:
    """Add somebody to a partner."""
    partner = people.partner_for(g.user, partner_id)
    form = NewPersonForm()
    form.roles.options = _offered(partner)

    def save() -> str:
        user = people.add_person(
            actor=g.user,
            partner=partner,
            name=form.name.data,
            email=form.email.data,
            phone=form.phone.data,
            roles=_pairs(form.roles.data),
            vetting_level=form.level.data,
            vetted_until=form.until.data,
        )
        flash(f"{user.name} is added. They have no password yet.", "success")
        return url_for(".person", user_id=user.id)

    sent = send(form, save)
    return sent.onwards or (render_template("people/add.html", form=form, partner=partner), sent.status)


@bp.route("/people/<uuid:user_id>/change", methods=["GET", "POST"])
@guards.requires(Permission.PEOPLE_MANAGE)
def change(user_id: UUID) -> ResponseReturnValue:
    """Change somebody's name, telephone and roles."""
    found = people.person_for(g.user, user_id)
    held = {(one.role, one.team_id) for one in found.holdings}
    shown = {"name": found.name, "phone": found.phone, "roles": [_value(*pair) for pair in held]}
    form = ChangePersonForm(data=shown, version=version_of(standing.of_person(found)))
    form.roles.options = _offered(found.partner)
    offered = _pairs(option.value for option in form.roles.options)
    kept = [one for one in found.holdings if (one.role, one.team_id) not in offered]
    if not form.is_submitted():
        form.roles.data = [_value(*pair) for pair in held & offered]
    if kept:
        form.roles.required = ""

    def save() -> str:
        roles = _pairs(form.roles.data) | {(one.role, one.team_id) for one in kept}
        seen = form.version.data
        people.change_person(actor=g.user, user=found, name=form.name.data, phone=form.phone.data, roles=roles, version=seen)
        flash("Changed.", "success")
        return url_for(".person", user_id=found.id)

    sent = send(form, save)
    page = render_template("people/change.html", form=form, one=found, kept=kept, conflict=sent.conflict)
    return sent.onwards or (page, sent.status)


@bp.route("/people/<uuid:user_id>/vetting", methods=["GET", "POST"])
@guards.requires(Permission.PEOPLE_MANAGE)
def vetting(user_id: UUID) -> ResponseReturnValue:
    """Record how far somebody is vetted, and until when."""
    found = people.person_for(g.user, user_id)
    shown = {"level": found.vetting_level, "until": found.vetted_until}
    form = VettingForm(data=shown, version=version_of(standing.of_vetting(found)))

    def save() -> str:
        seen = form.version.data
        people.record_vetting(actor=g.user, user=found, level=form.level.data, until=form.until.data, version=seen)
        flash("Recorded.", "success")
        return url_for(".person", user_id=found.id)

    sent = send(form, save)
    return sent.onwards or (render_template("people/vetting.html", form=form, one=found, conflict=sent.conflict), sent.status)


@bp.route("/people/<uuid:user_id>/close", methods=["GET", "POST"])
@guards.requires(Permission.PEOPLE_MANAGE)
def close(user_id: UUID) -> ResponseReturnValue:
    """Close somebody's account, with a reason."""
    found = people.person_for(g.user, user_id)
    form = CloseAccountForm()

    def save() -> str:
        people.close_account(actor=g.user, user=found, reason=form.reason.data)
        flash(f"The account of {found.name} is closed. What they would have been told goes to whoever stands in.", "success")
        return url_for(".person", user_id=found.id)

    sent = send(form, save)
    page = render_template("people/close.html", form=form, one=found, work=people.work_of(found))
    return sent.onwards or (page, sent.status)


@bp.post("/people/<uuid:user_id>/link")
@guards.requires(Permission.PEOPLE_MANAGE)
def link(user_id: UUID) -> ResponseReturnValue:
    """Send somebody a link to choose a password; where no e-mail is set up its address is shown, this once."""
    found = people.person_for(g.user, user_id)
    made = people.send_link(actor=g.user, user=found)
    if links.by_email():
        flash(f"A link is on its way to {found.name}. It works once, for a few minutes after it is sent.", "success")
        return redirect(url_for(".person", user_id=found.id))
    return render_template("people/link.html", one=found, address=links.address_to_hand_over(made), until=made.expires_at)


@bp.route("/people/<uuid:user_id>/second-factor", methods=["GET", "POST"])
@guards.requires(Permission.PEOPLE_MANAGE)
def reset_second_factor(user_id: UUID) -> ResponseReturnValue:
    """Take away a second factor that somebody lost, with a reason."""
    found = people.person_for(g.user, user_id)
    form = ResetForm()

    def save() -> str:
        people.reset_second_factor(actor=g.user, user=found, reason=form.reason.data)
        flash(f"The second factor of {found.name} is reset. They are signed out everywhere and told by e-mail.", "success")
        return url_for(".person", user_id=found.id)

    sent = send(form, save)
    return sent.onwards or (render_template("people/reset_second_factor.html", form=form, one=found), sent.status)


@bp.post("/people/<uuid:user_id>/open")
@guards.requires(Permission.PEOPLE_MANAGE)
def open_again(user_id: UUID) -> ResponseReturnValue:
    """Open a closed account again."""
    found = people.person_for(g.user, user_id)
    people.open_again(actor=g.user, user=found)
    flash(f"The account of {found.name} is open again.", "success")
    return redirect(url_for(".person", user_id=found.id))


@bp.post("/people/<uuid:user_id>/end-sessions")
@guards.requires(Permission.PEOPLE_MANAGE)
def end_sessions(user_id: UUID) -> ResponseReturnValue:
    """Sign somebody out everywhere."""
    found = people.person_for(g.user, user_id)
    people.end_sessions(actor=g.user, user=found)
    flash(f"{found.name} is signed out everywhere.", "success")
    return redirect(url_for(".person", user_id=found.id))


def _offered(partner: Partner) -> list[Option]:
    """Every role this person may give, in every team of the partner."""
    teams = partnership.teams_of(partner)
    roles = people.may_give(g.user, partner)
    return [Option(_value(role, team.id), f"{role.replace('_', ' ').capitalize()}, {team.name}") for team in teams for role in roles]


def _value(role: str, team_id: UUID) -> str:
    return f"{role} {team_id}"


def _pairs(values: Iterable[str]) -> set[people.Pair]:
    split = (value.split(" ") for value in values)
    return {(role, UUID(team)) for role, team in split}
