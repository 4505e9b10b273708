"""What was answered: counts by question and the free words, of the teams a viewer oversees; and the answers somebody wants read."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, true

from config import agreed
from config.agreed.survey import Question
from sentinel.access.models import Team
from sentinel.core.db import db
from sentinel.core.viewer import Viewer
from sentinel.surveys.models import SurveyAnswer, SurveyOffer

EVERYWHERE = ("governance", "analyst")


@dataclass(frozen=True)
class Counted:
    """A question, and how many gave each answer to it."""

    question: Question
    answers: list[tuple[str, int]]

    @property
    def total(self) -> int:
        """How many answered it."""
        return sum(n for _, n in self.answers)

    def per_cent(self, n: int) -> int | None:
        """What part of them that is, where they are enough for a per cent to mean something."""
        return round(100 * n / self.total) if self.total >= agreed.current().survey.fewest_for_per_cent else None


@dataclass(frozen=True)
class Results:
    """How many answered, and, where they are not too few, what."""

    n: int
    shown: bool
    questions: list[Counted]
    words: list[str]


def results(viewer: Viewer, team_id: UUID | None = None) -> Results:
    """The answers of one team, or of everything the viewer oversees. Too few, and only their number is given."""
    rows = db.session.scalars(_seen(viewer, team_id).order_by(SurveyAnswer.id)).all()
    few = len(rows) < agreed.current().survey.fewest_shown
    if few:
        return Results(len(rows), False, [], [])
    questions = [_counted(question, rows) for question in agreed.current().survey.question]
    return Results(len(rows), True, questions, [row.expected for row in rows if row.expected])


def teams(viewer: Viewer) -> list[Team]:
    """The teams with answers enough to be shown on their own.

    Where what is left over would be too few, so that it could be reckoned from the whole, the smallest of them is left out too.
    """
    counts = dict(db.session.execute(_counts(viewer)).all())
    fewest = agreed.current().survey.fewest_shown
    shown = sorted((team for team, n in counts.items() if n >= fewest), key=lambda team: (counts[team], team))
    rest = sum(counts.values()) - sum(counts[team] for team in shown)
    if 0 < rest < fewest:
        shown = shown[1:]
    return list(db.session.scalars(select(Team).where(Team.id.in_(shown)).order_by(Team.name)))


def offers_of(case_id: UUID) -> list[tuple[SurveyOffer, SurveyAnswer | None]]:
    """Whom of a case the survey was offered to, and the answers that they want read."""
    query = select(SurveyOffer, SurveyAnswer).outerjoin(SurveyAnswer, SurveyAnswer.offer_id == SurveyOffer.id)
    rows = db.session.execute(query.where(SurveyOffer.case_id == case_id).order_by(SurveyOffer.offered_at, SurveyOffer.id))
    return [(offer, answer) for offer, answer in rows]


def in_words(answer: SurveyAnswer) -> list[tuple[str, str]]:
    """Questions and answers as they are worded now; what is asked no more is left out."""
    asked = agreed.current().survey.question
    said = ((question, answer.answers.get(question.key)) for question in asked)
    return [(question.text, words) for question, key in said for choice, words in _choices(question) if choice == key]


def _choices(question: Question) -> Iterable[tuple[str, str]]:
    return ((choice.key, choice.text) for choice in question.answer)


def _counted(question: Question, rows: Sequence[SurveyAnswer]) -> Counted:
    given = Counter(row.answers.get(question.key) for row in rows)
    return Counted(question, [(words, given[key]) for key, words in _choices(question)])


def _oversees(viewer: Viewer) -> ColumnElement[bool]:
    return true() if viewer.has(*EVERYWHERE) else SurveyAnswer.partner_id.in_(viewer.partner_ids)


def _seen(viewer: Viewer, team_id: UUID | None) -> Select[SurveyAnswer]:
    query = select(SurveyAnswer).where(_oversees(viewer))
    return query.where(SurveyAnswer.team_id == team_id) if team_id else query


def _counts(viewer: Viewer) -> Select[UUID, int]:
    return select(SurveyAnswer.team_id, func.count()).where(_oversees(viewer)).group_by(SurveyAnswer.team_id)
