"""The ladder of a case: what was tried, what may be used next and what it needs, what was considered and not used."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, render_template, url_for
from flask.typing import ResponseReturnValue

from config.agreed.powers import Power
from sentinel.access import guards
from sentinel.access.models import User
from sentinel.access.permissions import Permission
from sentinel.cases import forms as case_forms
from sentinel.cases import states as case_states
from sentinel.cases.models import Case, Party
from sentinel.cases.service import workers_on
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.core.forms import EditForm, Form
from sentinel.desk import ladder
from sentinel.desk.case import opened
from sentinel.desk.ladder import Open
from sentinel.desk.sending import Sent, send
from sentinel.interventions import forms, queries, service
from sentinel.interventions.models import Intervention

bp = Blueprint("interventions", __name__)


@bp.get("/cases/<uuid:case_id>/interventions")
@guards.requires(Permission.CASE_WORK)
def case_interventions(case_id: UUID) -> ResponseReturnValue:
    """The ladder and where the case stands on it."""
    return _page(opened(case_id))


@bp.route("/cases/<uuid:case_id>/interventions/use/<key>", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def use(case_id: UUID, key: str) -> ResponseReturnValue:
    """Use a power: the ladder with its form open under it, or what was sent."""
    case, power = opened(case_id), _power(key)
    if key not in queries.usable(g.user):
        raise NotFound
    form = forms.UseForm()
    form.party.options = forms.whom(queries.alleged(case))

    def save() -> str:
        made = service.propose(actor=g.user, case=case, power_key=key, party=_party(form), told=form.told, **_typed(form))
        waits = made.state == "proposed"
        flash(f"{power.name} {'waits for a supervisor to authorise it' if waits else 'is on the record'}.", "success")
        return _back(case, made)

    return _do(case, Open("use", key), form, save)


@bp.route("/cases/<uuid:case_id>/interventions/not-now/<key>", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def not_now(case_id: UUID, key: str) -> ResponseReturnValue:
    """Say why a power is not used; one that is not switched on, too."""
    case, power = opened(case_id), _power(key)
    form = forms.NotNowForm()
    form.reason.options = forms.reasons()

    def save() -> str:
        reason = form.reason.data or ""
        made = service.consider_not_used(actor=g.user, case=case, power_key=key, reason=reason, said=form.words.data)
        flash(f"{power.name}: considered and not used, with your reason.", "success")
        return _back(case, made)

    return _do(case, Open("not_now", key), form, save)


@bp.route("/cases/<uuid:case_id>/interventions/<uuid:intervention_id>/answer", methods=["GET", "POST"])
@guards.requires(Permission.INTERVENTION_AUTHORISE)
def answer(case_id: UUID, intervention_id: UUID) -> ResponseReturnValue:
    """Authorise what somebody else proposed, or not."""
    case = opened(case_id)
    one = queries.intervention_of(case, intervention_id)
    form = forms.AnswerForm(version=one.version)
    form.answer.options = forms.ANSWERS

    def save() -> str:
        if form.answer.data == "authorise":
            service.authorise(actor=g.user, intervention=one, note=form.note.data, version=form.version.data)
        else:
            service.refuse(actor=g.user, intervention=one, reason=form.note.data, version=form.version.data)
        flash("Answered. It is on the timeline with your name.", "success")
        return _back(case, one)

    return _do(case, Open("answer", str(one.id)), form, save)


@bp.route("/cases/<uuid:case_id>/interventions/<uuid:intervention_id>/<step>", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def move(case_id: UUID, intervention_id: UUID, step: str) -> ResponseReturnValue:
    """Start it, note a breach, let it go on, end it, take it back, name who looks after it, or record who was told."""
    case = opened(case_id)
    one = queries.intervention_of(case, intervention_id)
    if step not in STEPS:
        raise NotFound
    kind, verb = STEPS[step]
    form = kind(version=one.version)
    if isinstance(form, forms.HandOnForm):
        form.carer.options = case_forms.people(workers_on(case))

    def save() -> str:
        verb(one, form)
        flash("Saved, and on the timeline.", "success")
        return _back(case, one)

    return _do(case, Open(step, str(one.id)), form, save)


def _common(one: Intervention, form: EditForm) -> dict[str, Any]:
    return {"actor": g.user, "intervention": one, "version": form.version.data}


def _start(one: Intervention, form: forms.StartForm) -> None:
    days: dict[str, Any] = {"starts_on": form.starts_on.data, "ends_on": form.ends_on.data}
    service.start(**_common(one, form), **days, told=form.told, note=form.note.data)


def _breach(one: Intervention, form: forms.BreachForm) -> None:
    service.note_breach(**_common(one, form), happened_on=form.happened_on.data, note=form.note.data)


def _go_on(one: Intervention, form: forms.GoOnForm) -> None:
    service.go_on(**_common(one, form), note=form.note.data)


def _end(one: Intervention, form: forms.EndForm) -> None:
    service.end(**_common(one, form), outcome=form.outcome.data, ended_on=form.ended_on.data)


def _take_back(one: Intervention, form: forms.TakeBackForm) -> None:
    service.end(**_common(one, form), outcome=form.outcome.data)


def _hand_on(one: Intervention, form: forms.HandOnForm) -> None:
    carer = db.session.get_one(User, case_forms.key(form.carer))
    service.hand_on(**_common(one, form), carer=carer, until=form.until.data, note=form.note.data)


def _told(one: Intervention, form: forms.ToldForm) -> None:
    service.record_told(**_common(one, form), told=form.told)


STEPS: dict[str, tuple[type[EditForm], Callable[[Intervention, Any], None]]] = {
    "start": (forms.StartForm, _start),
    "breach": (forms.BreachForm, _breach),
    "go-on": (forms.GoOnForm, _go_on),
    "end": (forms.EndForm, _end),
    "take-back": (forms.TakeBackForm, _take_back),
    "told": (forms.ToldForm, _told),
    "hand-on": (forms.HandOnForm, _hand_on),
}


def _power(key: str) -> Power:
    found = queries.power_of(key)
    if found is None:
        raise NotFound
    return found


def _party(form: forms.UseForm) -> Party | None:
    return None if form.party.data in (None, forms.NOBODY) else db.session.get(Party, UUID(form.party.data))


def _typed(form: forms.UseForm) -> dict[str, Any]:
    return {name: form[name].data for name in ("note", "starts_on", "ends_on", "explanation")}


def _back(case: Case, one: Intervention) -> str:
    return url_for(".case_interventions", case_id=case.id, _anchor=f"i-{one.id}")


def _do(case: Case, open_: Open, form: Form, save: Callable[[], str]) -> ResponseReturnValue:
    sent = send(form, save)
    return sent.onwards or _page(case, open_, form, sent)


def _page(case: Case, open_: Open | None = None, form: Form | None = None, sent: Sent | None = None) -> ResponseReturnValue:
    sent = sent or Sent()
    page = render_template(
        "interventions/case_interventions.html",
        case=case,
        live=case.state in case_states.LIVE,
        seen=ladder.of(case, g.user),
        hearings=[one for one in queries.hearings_of(case) if one.state == "set"],
        open=open_,
        form=form,
        conflict=sent.conflict,
    )
    return page, sent.status
