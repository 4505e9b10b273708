"""A partner's page: its agreement, powers and people; and what governance records of it."""

from uuid import UUID

from flask import Blueprint, flash, g, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from config import agreed
from sentinel.access import guards, partnership, people, rota
from sentinel.access import standing as stands
from sentinel.access.models import REGIMES, VETTING_LEVELS, Partner, RoleHeld, Team
from sentinel.access.permissions import Permission, allows
from sentinel.access.record_forms import AgreementForm, StandingForm, TeamForm
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.core.fields import Option
from sentinel.core.versions import version_of
from sentinel.core.viewer import current
from sentinel.desk.sending import send
from sentinel.desk.unsupervised import of_partners

bp = Blueprint("partnership", __name__)


@bp.get("/partnership/<uuid:partner_id>")
@guards.requires(Permission.PARTNERSHIP_READ)
def partner(partner_id: UUID) -> ResponseReturnValue:
    """Whether its people may sign in and until when, what it may do, and who they are."""
    found = _partner(partner_id)
    teams = partnership.teams_of(found)
    duty = [one for one in rota.coming_duty([team.id for team in teams]) if one.starts_at <= clock.now()]
    return render_template(
        "partnership/partner.html",
        partner=found,
        agreements=partnership.agreements(found),
        powers=_powers(found),
        regime=REGIMES[found.regime],
        vetting=VETTING_LEVELS,
        today=clock.today(),
        teams=teams,
        unsupervised=of_partners(current(), select(Partner.id).where(Partner.id == found.id)),
        duty={one.team_id: one for one in duty},
        held=_held(teams),
        governs=allows(current(), Permission.PARTNERSHIP_GOVERN),
        manages=people.may_manage(g.user, found.id),
    )


@bp.route("/partnership/<uuid:partner_id>/agreement", methods=["GET", "POST"])
@guards.requires(Permission.PARTNERSHIP_GOVERN)
def agreement(partner_id: UUID) -> ResponseReturnValue:
    """Record an agreement that was signed."""
    found = _partner(partner_id)
    form = AgreementForm()

    def save() -> str:
        assert form.signed_on.data and form.review_on.data
        days = {"signed_on": form.signed_on.data, "review_on": form.review_on.data}
        partnership.record_agreement(actor=g.user, partner=found, version=form.version.data, signed_by=form.signed_by.data, **days)
        flash(f"Recorded. {_who_may_enter(found)}", "success")
        return url_for(".partner", partner_id=found.id)

    sent = send(form, save)
    return sent.onwards or (render_template("partnership/agreement.html", form=form, partner=found), sent.status)


@bp.route("/partnership/<uuid:partner_id>/standing", methods=["GET", "POST"])
@guards.requires(Permission.PARTNERSHIP_GOVERN)
def standing(partner_id: UUID) -> ResponseReturnValue:
    """Record the law it works under, its powers, and who came after it."""
    found = _partner(partner_id)
    held = [power.power_key for power in found.powers if power.until is None]
    known = {"regime": found.regime, "powers": held, "successor": found.successor_id, "succeeded_on": found.succeeded_on}
    form = StandingForm(data=known, version=version_of(stands.of_partner(found)))
    form.powers.options = [Option(power.key, power.name) for power in agreed.current().powers.power]
    others = db.session.scalars(select(Partner).where(Partner.id != found.id).order_by(Partner.name))
    form.successor.options = [Option(str(one.id), one.name) for one in others]

    def save() -> str:
        successor = db.session.get(Partner, UUID(form.successor.data)) if form.successor.data else None
        partnership.change_standing(
            actor=g.user,
            partner=found,
            regime=form.regime.data or "",
            powers=form.powers.data,
            successor=successor,
            succeeded_on=form.succeeded_on.data,
            version=form.version.data,
        )
        flash("Recorded.", "success")
        return url_for(".partner", partner_id=found.id)

    sent = send(form, save)
    page = render_template("partnership/standing.html", form=form, partner=found, conflict=sent.conflict)
    return sent.onwards or (page, sent.status)


@bp.route("/partnership/<uuid:partner_id>/teams", methods=["GET", "POST"])
@guards.requires(Permission.PARTNERSHIP_GOVERN)
def add_team(partner_id: UUID) -> ResponseReturnValue:
    """Add a team."""
    found = _partner(partner_id)
    form = TeamForm()

    def save() -> str:
        team = partnership.add_team(actor=g.user, partner=found, name=form.name.data, phone=form.phone.data)
        flash(f"{team.name} is there. Nobody is in it yet.", "success")
        return url_for(".partner", partner_id=found.id)

    sent = send(form, save)
    page = render_template("partnership/team.html", form=form, partner=found, team=None, conflict=None)
    return sent.onwards or (page, sent.status)


@bp.route("/partnership/teams/<uuid:team_id>", methods=["GET", "POST"])
@guards.requires(Permission.PARTNERSHIP_GOVERN)
def team(team_id: UUID) -> ResponseReturnValue:
    """Change a team's name and telephone."""
    found = db.session.get(Team, team_id)
    if found is None:
        raise NotFound
    form = TeamForm(data={"name": found.name, "phone": found.phone}, version=version_of(stands.of_team(found)))

    def save() -> str:
        partnership.change_team(actor=g.user, team=found, name=form.name.data, phone=form.phone.data, version=form.version.data)
        flash("Changed.", "success")
        return url_for(".partner", partner_id=found.partner_id)

    sent = send(form, save)
    page = render_template("partnership/team.html", form=form, partner=found.partner, team=found, conflict=sent.conflict)
    return sent.onwards or (page, sent.status)


def _partner(partner_id: UUID) -> Partner:
    found = db.session.get(Partner, partner_id)
    if found is None:
        raise NotFound
    return found


def _powers(found: Partner) -> list[str]:
    names = {power.key: power.name for power in agreed.current().powers.power}
    return [names.get(power.power_key, power.power_key) for power in found.powers if power.held_on(clock.today())]


def _held(teams: list[Team]) -> list[RoleHeld]:
    """Who is in these teams, by name."""
    rows = select(RoleHeld).where(RoleHeld.team_id.in_([team.id for team in teams])).options(joinedload(RoleHeld.user))
    return sorted(db.session.scalars(rows), key=lambda held: (held.user.name, str(held.user_id), held.role))


def _who_may_enter(found: Partner) -> str:
    assert found.agreement_until
    if found.agreement_until < clock.today():
        return f"Its review date has passed: nobody of {found.name} can sign in, and their alerts go to others."
    return f"The people of {found.name} can sign in until the review date."
