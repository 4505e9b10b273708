"""The hearings about a case: set, moved, cancelled, and what the court decided."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, g, render_template, url_for
from flask.typing import ResponseReturnValue

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.cases import states as case_states
from sentinel.cases.models import Case
from sentinel.core.errors import NotFound
from sentinel.core.forms import EditForm
from sentinel.desk.case import opened
from sentinel.desk.interventions import bp
from sentinel.desk.ladder import Open
from sentinel.desk.sending import Sent, send
from sentinel.interventions import forms, hearings, queries
from sentinel.interventions.models import Hearing

SAVED = "Saved. What the victims have to be told is promised to them."


@bp.route("/cases/<uuid:case_id>/hearings", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def case_hearings(case_id: UUID) -> ResponseReturnValue:
    """The hearings about this case, and setting one."""
    case, form = opened(case_id), forms.HearingForm()

    def save() -> str:
        typed = {"about": form.about.data, "court": form.court.data, "note": form.note.data}
        hearings.set_hearing(actor=g.user, case=case, at=form.at.at, **typed)
        return _saved(case)

    sent = send(form, save)
    return sent.onwards or _page(case, None, form, sent)


@bp.route("/cases/<uuid:case_id>/hearings/<uuid:hearing_id>/<step>", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def hearing(case_id: UUID, hearing_id: UUID, step: str) -> ResponseReturnValue:
    """One hearing: its result, another day, or that it will not be."""
    case = opened(case_id)
    one = queries.hearing_of(case, hearing_id)
    if step not in STEPS:
        raise NotFound
    kind, verb = STEPS[step]
    form = kind(version=one.version, **({"court": one.court, "note": one.note} if step == "moved" else {}))

    def save() -> str:
        verb(one, form)
        return _saved(case)

    sent = send(form, save)
    return sent.onwards or _page(case, Open(step, str(one.id)), form, sent)


def _saved(case: Case) -> str:
    flash(SAVED, "success")
    return url_for(".case_hearings", case_id=case.id)


def _common(one: Hearing, form: EditForm) -> dict[str, Any]:
    return {"actor": g.user, "hearing": one, "version": form.version.data}


def _result(one: Hearing, form: forms.ResultForm) -> None:
    hearings.record_result(**_common(one, form), held_at=form.at.at, result=form.result.data)


def _moved(one: Hearing, form: forms.HearingForm) -> None:
    hearings.move_hearing(**_common(one, form), at=form.at.at, court=form.court.data, note=form.note.data)


def _cancelled(one: Hearing, form: forms.CancelForm) -> None:
    hearings.cancel_hearing(**_common(one, form), reason=form.reason.data)


STEPS: dict[str, tuple[type[EditForm], Callable[[Hearing, Any], None]]] = {
    "result": (forms.ResultForm, _result),
    "moved": (forms.HearingForm, _moved),
    "cancelled": (forms.CancelForm, _cancelled),
}


def _page(case: Case, open_: Open | None, form: EditForm, sent: Sent) -> ResponseReturnValue:
    rows = [one for one in queries.hearings_of(case) if one.state != "moved"]
    page = render_template(
        "interventions/case_hearings.html",
        case=case,
        live=case.state in case_states.LIVE,
        to_come=[one for one in rows if one.state == "set"],
        past=[one for one in reversed(rows) if one.state != "set"],
        open=open_,
        form=form,
        conflict=sent.conflict,
    )
    return page, sent.status
