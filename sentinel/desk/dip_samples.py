"""Dip-samples: this week's lots of a supervisor, how they were drawn, and the next case to check."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from config import agreed
from sentinel.access import guards
from sentinel.access.models import User
from sentinel.access.permissions import Permission
from sentinel.cases import story
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.core.pages import counted
from sentinel.core.viewer import Viewer, current
from sentinel.desk import whats_next
from sentinel.desk.case import opened
from sentinel.desk.sending import send
from sentinel.supervision import dip, queries, rules
from sentinel.supervision.forms import CheckForm, DrawForm, check_form, name_of
from sentinel.supervision.models import DipDraw, DipSample

bp = Blueprint("dip_samples", __name__)

LATEST = 6
GONE = "This case was not drawn for you, or you no longer see it in full."


@dataclass(frozen=True)
class Standing:
    """Where a supervisor's dip-samples stand: this week's draw if there is one, how much of it is checked, what is next."""

    draw: DipDraw | None
    done: int
    drawn: int
    next: DipSample | None
    waiting: int


def standing(viewer: Viewer) -> Standing:
    """This week's draw and what is still to check, of any week."""
    latest = queries.draws_of(viewer, limit=1)
    draw = latest[0] if latest and latest[0].week_of == rules.week_of(clock.now()) else None
    samples = queries.samples_of(viewer, [draw]) if draw else []
    waiting = queries.to_check(viewer)
    done = sum(sample.done_at is not None for sample in samples)
    return Standing(draw, done, len(samples), waiting[0] if waiting else None, len(waiting))


@bp.get("/board/dip-samples")
@guards.requires(Permission.SUPERVISE)
def index() -> ResponseReturnValue:
    """The draws of the last weeks, what was found, and how they were drawn."""
    form = DrawForm(formdata=None)
    form.way.options = _ways()
    return _index(form)


@bp.post("/board/dip-samples/draw")
@guards.requires(Permission.SUPERVISE)
def draw() -> ResponseReturnValue:
    """Draw this week's cases."""
    form = DrawForm()
    form.way.options = _ways()

    def save() -> str:
        made = dip.draw_cases(actor=g.user, way=form.way.data or "")
        drawn = f"{counted(min(made.wanted, len(made.pool)), 'case')} drawn from {len(made.pool)}"
        flash(f"{drawn}: one of each officer." if made.way == dip.EACH_OFFICER else f"{drawn}.", "success")
        return url_for(".index")

    sent = send(form, save)
    return sent.onwards or (_index(form), sent.status)


@bp.route("/board/dip-samples/<uuid:sample_id>", methods=["GET", "POST"])
@guards.requires(Permission.SUPERVISE)
def check(sample_id: UUID) -> ResponseReturnValue:
    """The case beside the questions."""
    sample = queries.sample_for(current(), sample_id)
    if sample is None:
        raise NotFound(GONE)
    case = opened(sample.case_id)
    questions = agreed.current().supervision.question
    form = check_form(questions)()

    def save() -> str:
        dip.check_case(actor=g.user, sample=sample, **_given(form))
        flash("Checked, and on the timeline of the case.", "success")
        following = queries.to_check(current())
        return url_for(".check", sample_id=following[0].id) if following else url_for(".index")

    sent = send(form, save, at=lambda field: name_of(field) if field in {one.key for one in questions} else field)
    if sent.onwards:
        return sent.onwards
    page = render_template(
        "supervision/check.html",
        sample=sample,
        case=case,
        form=form,
        fields=[form[name_of(one.key)] for one in questions],
        next=whats_next.of(case)[:LATEST],
        latest=story.entries(case.id, size=LATEST).rows,
        own=case.officer_id == g.user.id,
    )
    return page, sent.status


def _ways() -> list[tuple[str, str, str]]:
    n = agreed.current().supervision.dip_sample.cases_a_week
    return [
        (dip.TEAM, f"{counted(n, 'case').capitalize()} of the whole team", "Whoever has them, and those nobody has yet"),
        (
            dip.EACH_OFFICER,
            "One case of each officer",
            "Of theirs, high-risk and quiet ones are likelier. Those nobody has yet are left out",
        ),
    ]


def _given(form: CheckForm) -> dict[str, Any]:
    questions = agreed.current().supervision.question
    answers = {one.key: form[name_of(one.key)].data for one in questions}
    return {"answers": answers, "note": form.note.data, "action": form.action.data, "due_on": form.due_on.data}


def _index(form: DrawForm) -> str:
    viewer = current()
    draws = queries.draws_of(viewer)
    samples = queries.samples_of(viewer, draws)
    return render_template(
        "supervision/dip_samples.html",
        standing=standing(viewer),
        form=form,
        rows=[(one, [sample for sample in samples if sample.draw_id == one.id], _groups(one), _without(one)) for one in draws],
        how=agreed.current().supervision.dip_sample,
    )


def _groups(draw: DipDraw) -> list[tuple[str, int, int]]:
    """The pool by what made a case likelier: words, how many cases, the weight of each."""
    names = {(True, True): "high risk and quiet", (True, False): "high risk", (False, True): "quiet", (False, False): "neither"}
    found: dict[tuple[str, int], int] = {}
    for one in draw.pool:
        key = names[one["high"], one["quiet"]], one["weight"]
        found[key] = found.get(key, 0) + 1
    return [(words, n, weight) for (words, weight), n in sorted(found.items(), key=lambda item: -item[0][1])]


def _without(draw: DipDraw) -> dict[str, list[str]]:
    """Of whom nothing could be drawn, by name, under why."""
    why = {one["officer"]: one["why"] for one in draw.left_out}
    people = db.session.scalars(select(User).where(User.id.in_([UUID(key) for key in why])).order_by(User.name)) if why else ()
    found: dict[str, list[str]] = {}
    for user in people:
        found.setdefault(why[str(user.id)], []).append(user.name)
    return found
