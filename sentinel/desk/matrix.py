"""The assessment page put together: questions beside last time's answers, the suggested level, what the record shows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, literal, select
from wtforms import Field

from config.agreed.risk import Group, Question, QuestionSet
from sentinel.cases.models import Party
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.viewer import Viewer
from sentinel.core.words import day
from sentinel.desk.frame import link_to
from sentinel.exchange.models import PoliceIncident
from sentinel.places.models import Place
from sentinel.risk import record, rules
from sentinel.risk.asked import UNCHOSEN
from sentinel.risk.forms import AssessmentForm, name_of
from sentinel.risk.queries import LastTime

NEAR = "On or near "
HALF_A_YEAR = timedelta(days=183)
HOW = {"screen": "on the phone", "full": "full assessment", "external": "from another system"}


@dataclass(frozen=True)
class Line:
    """One question: its field, last time's answer in words, and the follow-ups that open under it."""

    question: Question
    field: Field
    was: str
    was_values: str
    changed: bool
    follow_ups: tuple["Line", ...] = ()
    words: Field | None = None


class Shown(NamedTuple):
    """One thing the record shows."""

    what: str
    detail: str = ""
    href: str | None = None
    link: str = ""


def groups(form: AssessmentForm, last: LastTime | None) -> list[tuple[Group, list[Line]]]:
    """The questions under their headings, follow-ups under their own question."""
    questions = form.questions
    return [
        (group, [_line(one, form, last) for one in questions.question if one.group == group.key and not one.under])
        for group in questions.group
    ]


def _line(question: Question, form: AssessmentForm, last: LastTime | None) -> Line:
    field = form[name_of(question)]
    before = last.answers.get(question.key) if last else None
    under = [one for one in form.questions.question if one.under == question.key]
    words = f"words-{question.key}"
    return Line(
        question,
        field,
        was=_spoken(question, before) if last else "",
        was_values=" ".join(_values(before)),
        changed=before is not None and _values(before) != _values(field.data),
        follow_ups=tuple(_line(one, form, last) for one in under),
        words=getattr(form, words, None),
    )


def _spoken(question: Question, answer: Any) -> str:
    if not answer:
        return "Not asked"
    return ", ".join(UNCHOSEN.get(value) or question.choice(value).text for value in _values(answer))


def _values(answer: Any) -> list[str]:
    return sorted([answer] if isinstance(answer, str) else list(answer or []))


def bands(questions: QuestionSet) -> list[dict[str, Any]]:
    """The bands as the chart draws them, the last one open at its top."""
    top = questions.band[-1].level
    return [
        {
            "label": band.level.capitalize(),
            "words": f"{band.lowest} and over" if band.level == top else f"{band.lowest} to {band.highest}",
            "first": band.lowest,
            "level": band.level,
        }
        for band in questions.band
    ]


def about_last_time(last: LastTime, questions: QuestionSet, answers: rules.Answers) -> str:
    """ "Last time: Medium, 17. 10 answers carried over from the phone, 4 not asked then. 3 have changed." """
    main = [question.key for question in questions.question if not question.under]
    known = [key for key in main if last.answers.get(key)]
    changed = sum(_values(last.answers[key]) != _values(answers.get(key)) for key in known)
    begun = f"Last time: {last.assessment.effective.capitalize()}, {last.assessment.score}."
    carried = f" {len(known)} answers carried over{' from the phone' if last.assessment.kind == 'screen' else ''}"
    not_asked = f", {len(main) - len(known)} not asked then." if len(main) > len(known) else "."
    return f"{begun}{carried}{not_asked} {changed or 'None'} {'have' if changed > 1 else 'has'} changed."


def when_last(last: LastTime) -> str:
    """ "Friday 27 November, on the phone"."""
    return f"{day(clock.london(last.assessment.assessed_at).date())}, {HOW[last.assessment.kind]}"


def what_the_record_shows(viewer: Viewer, party: Party) -> list[Shown]:
    """Reports of the same victim, high-risk cases of those alleged, police calls nearby; each only as far as may be seen."""
    return [*_reports(party), *_alleged(viewer, party), *_police(party)]


def _reports(party: Party) -> list[Shown]:
    found = record.reports_of(party)
    if not found:
        return []
    own = party.case.owner.name if party.case else party.report.owner.name if party.report else ""
    days = (clock.today() - clock.london(found[0].received_at).date()).days
    span = f" in {days // 7} weeks" if days >= 14 else f" in {days} days" if days > 1 else ""
    dates = [day(clock.london(one.received_at).date()) + (f" (to {one.to})" if one.to != own else "") for one in found]
    return [Shown(f"{len(found)} report{'s' if len(found) != 1 else ''}{span}", ", ".join(dates))]


def _alleged(viewer: Viewer, party: Party) -> list[Shown]:
    shown = []
    for case in record.high_cases_of_the_alleged(viewer, party):
        href = link_to("case.overview", case_id=case.id) if record.may_open(viewer, case.id) else None
        detail = "That alone makes this high."
        shown.append(Shown("Somebody alleged here is alleged in another high-risk case", detail, href, case.reference))
    return shown


def _police(party: Party) -> list[Shown]:
    place = party.case.place if party.case else party.report.place if party.report else None
    calls = _calls_near(place) if place else 0
    if not calls:
        return []
    what = f"{calls} police call{'s' if calls != 1 else ''} to the street in 6 months"
    return [Shown(what, "Shown beside the reports, never added to them")]


def _calls_near(place: Place) -> int:
    """Police incidents of the last six published months whose street stands in the address. Streets, not houses, are published."""
    since = clock.london(clock.now() - HALF_A_YEAR).strftime("%Y-%m")
    street = func.replace(PoliceIncident.location, NEAR, "")
    query = (
        select(func.count(PoliceIncident.id))
        .where(PoliceIncident.month >= since, PoliceIncident.district_code == place.district_code)
        .where(PoliceIncident.location.startswith(NEAR), func.length(street) > 4)
        .where(func.strpos(literal(place.address.lower()), func.lower(street)) > 0)
    )
    return db.session.scalar(query) or 0
