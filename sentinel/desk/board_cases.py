"""The cases of one officer, or of nobody yet, and giving several of them to somebody else."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sentinel.access import guards
from sentinel.access import queries as people
from sentinel.access.models import User
from sentinel.access.permissions import Permission, allows
from sentinel.cases.forms import GiveForm, key
from sentinel.cases.forms import people as as_options
from sentinel.cases.moving import Moves, move_many
from sentinel.core.db import db
from sentinel.core.errors import NotFound, Refused
from sentinel.core.pages import counted
from sentinel.core.viewer import current
from sentinel.desk import board_officers
from sentinel.desk.board_teams import overseen_teams
from sentinel.desk.sending import send

bp = Blueprint("board_cases", __name__)

NONE_MOVED = "None of these cases moved. Why stands beside each of them below."


@bp.get("/board/officers/<uuid:officer_id>")
@guards.requires(Permission.BOARD_READ)
def officer(officer_id: UUID) -> ResponseReturnValue:
    """One officer's live cases, what is due first at the top."""
    found = _officer(officer_id)
    return _page(found, _form(found, fresh=True))


@bp.get("/board/unallocated")
@guards.requires(Permission.BOARD_READ)
def unallocated() -> ResponseReturnValue:
    """Live cases that nobody has yet."""
    return _page(None, _form(None, fresh=True))


@bp.post("/board/officers/<uuid:officer_id>/give")
@guards.requires(Permission.SUPERVISE)
def give(officer_id: UUID) -> ResponseReturnValue:
    """Give several cases of an officer to somebody else."""
    return _give(_officer(officer_id))


@bp.post("/board/unallocated/give")
@guards.requires(Permission.SUPERVISE)
def allocate() -> ResponseReturnValue:
    """Give several cases that nobody has yet to somebody."""
    return _give(None)


def _officer(officer_id: UUID) -> User:
    found = db.session.get(User, officer_id)
    if found is None or not any(team.id in {held.team_id for held in found.holdings} for team in overseen_teams(current())):
        raise NotFound
    return found


def _give(officer: User | None) -> ResponseReturnValue:
    """What moved, moved; what did not is listed with why, and stays ticked."""
    if not overseen_teams(current()):
        raise NotFound
    form = _form(officer)
    done = Moves()

    def save() -> str:
        nonlocal done
        chosen = db.session.get_one(User, key(form.officer))
        done = move_many(actor=g.user, viewer=current(), cases=_versions(form), officer=chosen, reason=form.reason.data)
        if not done.moved:
            raise Refused(NONE_MOVED)
        flash(f"{chosen.name} has {counted(len(done.moved), 'more case', 'more cases')} now.", "success")
        return _address(officer)

    sent = send(form, save)
    if sent.onwards and not done.refused:
        return sent.onwards
    form.cases.data = [str(case_id) for case_id, _, _ in done.refused] or form.cases.data
    if done.moved:
        form.submission_id.process_data(None)
    return _page(officer, form, done), sent.status


def _address(officer: User | None) -> str:
    return url_for(".officer", officer_id=officer.id) if officer else url_for(".unallocated")


def _versions(form: GiveForm) -> dict[UUID, int]:
    """The cases that were ticked, each with the version it had on the page."""
    sent = {value: request.form.get(f"version-{value}", "") for value in form.cases.data}
    return {UUID(value): int(version) if version.isdecimal() and len(version) < 10 else 0 for value, version in sent.items()}


def _form(officer: User | None, *, fresh: bool = False) -> GiveForm:
    """Whom they may go to: whoever works cases in the teams of this board, but the officer themselves.

    A case that was ticked is answered for, also when it has left the list meanwhile.
    """
    form = GiveForm(formdata=None) if fresh else GiveForm()
    able = {one.id: one for team in overseen_teams(current()) for one in people.officers(team.id)}
    chosen_from = [one for one in able.values() if officer is None or one.id != officer.id]
    form.officer.options = as_options(sorted(chosen_from, key=lambda one: one.name), people.absences([one.id for one in chosen_from]))
    form.cases.data = [value for value in form.cases.data if _is_key(value)]
    form.cases.options = [(value, value) for value in form.cases.data]
    return form


def _is_key(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


def _page(officer: User | None, form: GiveForm, done: Moves | None = None) -> str:
    viewer = current()
    rows = board_officers.cases_of(viewer, officer.id if officer else None, [team.id for team in overseen_teams(viewer)])
    shown: dict[str, Any] = {str(case.id): case for case, _ in rows}
    why = {str(case_id): sentence for case_id, _, sentence in (done.refused if done else [])}
    return render_template(
        "board/officer.html",
        officer=officer,
        away=people.absences([officer.id]).get(officer.id) if officer else None,
        rows=rows,
        form=form,
        moved=len(done.moved) if done else 0,
        why=why,
        left=[(case, sentence) for case_id, case, sentence in (done.refused if done else []) if str(case_id) not in shown],
        gives=allows(viewer, Permission.SUPERVISE),
        sends=url_for(".give", officer_id=officer.id) if officer else url_for(".allocate"),
    )
