"""The risk screen while the call goes on: for the call taker only, worked out by the same rules as when it is saved."""

from datetime import datetime
from typing import NamedTuple

from config import agreed
from config.agreed.spans import Span
from sentinel.core import clock
from sentinel.core.pages import counted
from sentinel.core.viewer import Viewer
from sentinel.desk import intake_report, known
from sentinel.desk.intake_form import CallForm
from sentinel.risk import rules
from sentinel.risk.record import EARLIER_REPORT
from sentinel.risk.rules import Level
from sentinel.victims import rules as victims
from sentinel.victims.rules import Kind, Klass

DOMESTIC = "No promise is made: it is handed over by the force’s domestic abuse route."
NOT_KNOWN = "No promise yet: nobody contacts them until a practitioner says that it is safe."
NO_WAY = "No way to reach them, so no promise is made. It is still looked at and reviewed."
UNITS = {"working_days": "working day", "working_hours": "working hour", "clock_hours": "hour"}


class ScreenSoFar(NamedTuple):
    """The level the answers suggest, or None before any; why; and what saving it now would promise."""

    level: Level | None
    because: tuple[str, ...]
    due: datetime | None = None
    words: str = ""
    no_promise: str = ""
    problem: str = ""


def screen_so_far(form: CallForm, viewer: Viewer) -> ScreenSoFar:
    """What the answers typed so far suggest. Nothing is written."""
    answers = form.answers()
    raised = "high" if form.danger.data == "yes" else form.raised_to.data
    if not answers and not raised:
        return ScreenSoFar(None, ())
    facts = [EARLIER_REPORT] if known.earlier_report(form, viewer) else []
    try:
        found = rules.score(agreed.current().risk.screen, answers, facts)
    except rules.WrongAnswer as wrong:
        return ScreenSoFar(None, (), problem=str(wrong))
    level = max(found.level, Level(raised) if raised in list(Level) else found.level, key=lambda one: one.rank)
    because = (*(() if level is found.level else ("You raised it",)), *found.because)
    return _with_promise(form, viewer, level, because)


def _with_promise(form: CallForm, viewer: Viewer, level: Level, because: tuple[str, ...]) -> ScreenSoFar:
    if why_not := _no_promise(form, viewer):
        return ScreenSoFar(level, because, no_promise=why_not)
    contact, now = agreed.current().contact, clock.now()
    klass = victims.klass_of(level.value, enhanced=bool(form.ticked("hate")))
    plan = victims.schedule(Kind.FIRST_CONTACT, klass, intake_report.received_at(form), now, contact)
    span = contact.rule(Kind.FIRST_CONTACT).within(klass)
    return ScreenSoFar(level, because, plan.due_at, f"First contact: {_span(span)}, because {_ground(level, klass)}")


def _no_promise(form: CallForm, viewer: Viewer) -> str:
    if form.relation.data == "partner_or_family":
        return DOMESTIC
    victim = next((one for one in intake_report.parties(form, viewer) if one.role == "victim"), None)
    if victim and victim.may_not_know:
        return NOT_KNOWN
    return "" if victim and (victim.reach.possible or victim.known) else NO_WAY


def _span(span: Span | None) -> str:
    return counted(span.n, UNITS[span.unit]) if span and span.unit in UNITS else "at once"


def _ground(level: Level, klass: Klass) -> str:
    return "hate" if klass is Klass.ENHANCED and level is not Level.HIGH else f"{level.value} risk"
