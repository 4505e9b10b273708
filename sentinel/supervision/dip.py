"""Cases drawn by lot and checked against the partnership's questions (review of 2016, 2.4; numbers: supervision.toml)."""

from collections.abc import Mapping, Sequence
from datetime import date
from secrets import token_hex
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from config import agreed
from sentinel.access.models import User
from sentinel.access.queries import viewer_of
from sentinel.cases import actions, states
from sentinel.cases.models import Case
from sentinel.cases.timeline import tell
from sentinel.core import clock
from sentinel.core.db import db, lock, new_id
from sentinel.core.errors import NotAllowed, Refused
from sentinel.core.viewer import Viewer
from sentinel.supervision import queries, rules
from sentinel.supervision.models import DipDraw, DipSample

ANSWERS = {"yes": "Yes", "no": "No", "not_applicable": "Not applicable"}
TEAM, EACH_OFFICER = WAYS = ("team", "each_officer")
SEED_BYTES = 16
DRAWN = "This week’s cases are drawn already. The next can be drawn on Monday."


def draw_cases(*, actor: User, way: str = TEAM, seed: str | None = None) -> DipDraw:
    """Draw this week's cases from the live cases of the supervisor's teams, high risk and quiet ones likelier.

    `way`: so many of the whole team; or one of each officer (`each_officer`), which passes over cases nobody has yet and keeps of
    whom nothing could be drawn. Never a case that the supervisor has themselves, may not see in full, or that somebody drew in the
    last weeks. Refuses anybody else, a second draw in one week (London's, from Monday: nobody draws until the lots please them), a
    way that is none, and an empty pool. Records the seed, the pool with each weight, by whom and when. `seed` is for tests: it is
    made here, and chosen by nobody.
    """
    teams = [held.team_id for held in actor.holdings if held.role == "supervisor"]
    if not teams:
        raise NotAllowed("Only a supervisor draws cases to check.")
    now = clock.now()
    if db.session.scalar(select(DipDraw.id).where(DipDraw.drawn_by == actor.id, DipDraw.week_of == rules.week_of(now))):
        raise Refused(DRAWN)
    values = {
        "id": new_id(),
        "drawn_by": actor.id,
        "week_of": rules.week_of(now),
        "drawn_at": now,
        "seed": seed or token_hex(SEED_BYTES),
        "standards_version": agreed.current().supervision.version,
        **_lots(viewer_of(actor), teams, way),
    }
    once = insert(DipDraw).values(values).on_conflict_do_nothing(index_elements=[DipDraw.drawn_by, DipDraw.week_of])
    made = db.session.scalar(once.returning(DipDraw.id))
    if made is None:
        raise Refused(DRAWN)
    draw = db.session.get_one(DipDraw, made)
    _sample(draw, actor)
    return draw


def _lots(viewer: Viewer, teams: Sequence[UUID], way: str) -> dict[str, Any]:
    """From what is drawn, how and how many."""
    if way not in WAYS:
        raise Refused("Choose how the cases are drawn.", field="way")
    of_each = way == EACH_OFFICER
    pool = [one for one in queries.pool(viewer, teams) if one.officer_id or not of_each]
    if not pool:
        raise Refused("There is no case to draw: nobody else in your teams has a live case that was not drawn lately.")
    officers = {one.officer_id for one in pool}
    wanted = len(officers) if of_each else agreed.current().supervision.dip_sample.cases_a_week
    left_out = _left_out(viewer, teams, officers) if of_each else []
    return {"way": way, "wanted": wanted, "pool": [_entry(one) for one in pool], "left_out": left_out}


def _entry(one: queries.InPool) -> dict[str, Any]:
    weight = agreed.current().supervision.dip_sample.weight(high=one.high, quiet=one.quiet)
    officer = str(one.officer_id) if one.officer_id else None
    return {"case": str(one.case_id), "officer": officer, "weight": weight, "high": one.high, "quiet": one.quiet}


def _left_out(viewer: Viewer, teams: Sequence[UUID], drawn_from: set[UUID | None]) -> list[dict[str, str]]:
    """The officers of whom nothing can be drawn, and why: no live case that the supervisor sees, or each of them drawn lately."""
    at_work = queries.at_work(viewer, teams)
    return [{"officer": str(key), "why": "lately" if at_work[key] else "none"} for key in sorted(at_work) if key not in drawn_from]


def _sample(draw: DipDraw, actor: User) -> None:
    for place, case_id in enumerate(cases_of(draw), start=1):
        sample = DipSample(draw_id=draw.id, place=place, case_id=case_id, drawn_for=actor.id, drawn_at=draw.drawn_at)
        db.session.add(sample)
    db.session.flush()


def cases_of(draw: DipDraw) -> list[UUID]:
    """The cases that a draw's seed and weights draw, whoever works it out, whenever."""
    weights = {UUID(one["case"]): one["weight"] for one in draw.pool}
    if draw.way == EACH_OFFICER:
        return rules.drawn_of_each(draw.seed, weights, {UUID(one["case"]): UUID(one["officer"]) for one in draw.pool})
    return rules.drawn(draw.seed, weights, draw.wanted)


def check_case(
    *, actor: User, sample: DipSample, answers: Mapping[str, str], note: str, action: str = "", due_on: date | None = None
) -> DipSample:
    """Record what a supervisor found in a case drawn for them, on its story; with `action`, give its officer something to do.

    `answers` by question of supervision.toml: yes, no, not_applicable. Refuses anybody but whose lots these are, the officer of the
    case, a case checked already or no longer live, a question without an answer, no note where an answer is no, an action where none
    is, and what `add_action` refuses.
    """
    lock(sample)
    case = sample.case
    _refuse_check(actor, sample, case)
    questions = agreed.current().supervision.question
    for question in questions:
        if answers.get(question.key) not in ANSWERS:
            raise Refused("Answer yes, no or not applicable.", field=question.key)
    wrong = [question.ask for question in questions if answers[question.key] == "no"]
    if wrong and not note.strip():
        raise Refused("Say what is missing: the officer reads it.", field="note")
    if action.strip():
        _ask_officer(actor, case, action, due_on, wrong)
    sample.done_at, sample.note = clock.now(), note.strip() or None
    sample.answers = [{"key": one.key, "ask": one.ask, "answer": answers[one.key]} for one in questions]
    db.session.flush()
    _tell(actor, case, sample, wrong)
    return sample


def _refuse_check(actor: User, sample: DipSample, case: Case) -> None:
    if sample.drawn_for != actor.id:
        raise NotAllowed("Only the supervisor these cases were drawn for checks them.")
    if case.officer_id == actor.id:
        raise NotAllowed("You have this case yourself, so you cannot check it. Another supervisor may draw it.")
    if sample.done_at:
        raise Refused("You have checked this case already. What you found is on its timeline.")
    states.refuse_unless_live(case.state)


def _ask_officer(actor: User, case: Case, action: str, due_on: date | None, wrong: list[str]) -> None:
    if not wrong:
        raise Refused("No answer is no, so there is nothing to put right. Change the answer, or leave this empty.", field="action")
    if case.officer is None:
        raise Refused("Nobody has this case yet, so nobody can be asked. Give it to somebody first, or leave this empty.", field="action")
    if due_on is None:
        raise Refused("Enter the day it is to be done by.", field="due_on")
    actions.add_action(actor=actor, case=case, what=action, owner=case.officer, due_on=due_on)


def _tell(actor: User, case: Case, sample: DipSample, wrong: list[str]) -> None:
    asked = [one for one in sample.answers or [] if one["answer"] != "not_applicable"]
    title = f"Dip-sample: {len(asked) - len(wrong)} of {len(asked)} as they should be"
    lines = [*(f"No: {ask}" for ask in wrong), *([sample.note] if sample.note else [])]
    tell(kind="supervision", title=title, body="\n".join(lines) or None, data={"dip_sample": str(sample.id)}, case=case, actor=actor)
