"""The actions of a case: what, who, by when, and what came of it."""

from uuid import UUID

from flask import Blueprint, flash, g, render_template, url_for
from flask.typing import ResponseReturnValue

from sentinel.access import guards
from sentinel.access import queries as people_of
from sentinel.access.models import User
from sentinel.access.permissions import Permission
from sentinel.cases import actions, forms, service
from sentinel.cases.models import Action
from sentinel.cases.queries import case_for
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.core.viewer import current
from sentinel.core.words import until
from sentinel.desk.case import opened
from sentinel.desk.sending import send

bp = Blueprint("actions", __name__)


@bp.route("/cases/<uuid:case_id>/actions", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def case_actions(case_id: UUID) -> ResponseReturnValue:
    """What is to be done, what was done, and a new action."""
    case = opened(case_id)
    form = forms.ActionForm()
    form.owner.options = forms.people(service.workers_on(case))

    def save() -> str:
        assert form.due_on.data is not None
        owner = db.session.get_one(User, forms.key(form.owner))
        action = actions.add_action(actor=g.user, case=case, what=form.what.data, owner=owner, due_on=form.due_on.data)
        flash(f"{owner.name} has this to do {until(action.due_at)}.", "success")
        return url_for(".case_actions", case_id=case.id)

    sent = send(form, save)
    return sent.onwards or (render_template("cases/actions.html", case=case, form=form, rows=actions.of(case)), sent.status)


@bp.route("/cases/<uuid:case_id>/actions/<uuid:action_id>", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def finish(case_id: UUID, action_id: UUID) -> ResponseReturnValue:
    """Say what came of an action."""
    case = case_for(current(), case_id)
    action = db.session.get(Action, action_id)
    if action is None or action.case_id != case.id:
        raise NotFound
    form = forms.FinishForm(version=action.version)

    def save() -> str:
        actions.finish_action(actor=g.user, action=action, case=case, outcome=form.outcome.data, version=form.version.data)
        flash("Done, and on the timeline.", "success")
        return url_for(".case_actions", case_id=case.id)

    sent = send(form, save)
    given_by = people_of.with_roles(action.created_by)
    page = render_template("cases/finish.html", case=case, form=form, action=action, conflict=sent.conflict, given_by=given_by)
    return sent.onwards or (page, sent.status)
