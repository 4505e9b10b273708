"""Scoring, judgement and review dates (rules.md, "Risk"). Pure: works for any question set."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from config.agreed.risk import AlwaysHigh, Option, Question, QuestionSet, Risk, Sign
from sentinel.core.worktime import working_days

Answers = Mapping[str, str | Collection[str]]
SKIP = "skip"
REFUSED = "refused"
NONE = "none"


class Level(StrEnum):
    """How much risk; `rank` puts them in order, for the words are not."""

    STANDARD = "standard"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 standard, 1 medium, 2 high."""
        return list(Level).index(self)


class Suggestion(NamedTuple):
    """What the answers suggest, and why. `automatic` are the keys of the rules that always mean high."""

    level: Level
    score: int
    automatic: tuple[str, ...]
    because: tuple[str, ...]
    not_asked: tuple[str, ...]
    refused: tuple[str, ...]


class WrongAnswer(ValueError):
    """An answer that this set of questions cannot have; `question` is its key."""

    def __init__(self, question: str, sentence: str) -> None:
        super().__init__(sentence)
        self.question = question


def score(question_set: QuestionSet, answers: Answers, facts: Collection[str] = ()) -> Suggestion:
    """The level suggested by the answers and by `facts` the record shows (config.agreed.names.FACTS).

    Skipped, refused and missing answers score nothing and are listed. Where several are ticked the highest counts.
    Raises WrongAnswer for a question or answer that is not in the set.
    """
    _refuse_unknown(question_set, answers)
    counted = [(question, best) for question in question_set.question if (best := _best(question, answers)) and best.points]
    total = sum(best.points for _, best in counted)
    automatic = [rule for rule in question_set.always_high if _applies(rule, answers, facts)]
    return Suggestion(
        level=Level.HIGH if automatic else Level(question_set.level(total)),
        score=total,
        automatic=tuple(rule.key for rule in automatic),
        because=(*(rule.because for rule in automatic), *_reasons(counted, answers)),
        not_asked=tuple(_not_asked(question_set, answers)),
        refused=tuple(question.key for question in question_set.question if REFUSED in _given(answers.get(question.key))),
    )


def carry_over(full: QuestionSet, screen_answers: Answers) -> dict[str, str | list[str]]:
    """The answers of the full set that the screen already gave; what was not answered there is left out."""
    carried: dict[str, str | list[str]] = {}
    for question in full.question:
        if question.carry and (values := _carried(question, screen_answers.get(question.carry.question, ()))):
            carried[question.key] = values if question.many else values[0]
    return carried


def effective(suggested: Level, current: Level | None, judged: Level) -> tuple[Level, bool]:
    """The level that holds, and whether the judged one waits for a supervisor.

    Below the higher of suggestion and current level a judgement is pending, and that higher level holds meanwhile.
    """
    floor = max(suggested, current or Level.STANDARD, key=lambda level: level.rank)
    pending = judged.rank < floor.rank
    return (floor if pending else judged), pending


def call_taker_may_choose(suggested: Level, chosen: Level) -> bool:
    """A call taker may raise the level of a screen, never lower it."""
    return chosen.rank >= suggested.rank


def rationale_needed(judged: Level, suggested: Level) -> bool:
    """A full assessment needs its reasons in words when it is high or differs from the suggestion (review of 2016, 9)."""
    return judged is Level.HIGH or judged is not suggested


def review_due(level: Level, at: datetime, standards: Risk) -> datetime:
    """When risk is looked at again. For a high level the day of the assessment counts, whatever the hour."""
    return working_days(at, standards.review.days(level), same_day=level is Level.HIGH)


def supervision_review_due(at: datetime, standards: Risk, *, first: bool) -> datetime:
    """When a supervisor looks at a high episode: after it opened (`first`), or after the last review."""
    review = standards.supervision_review
    return working_days(at, review.first if first else review.then_every, same_day=True)


def highest(levels: Collection[Level | None]) -> Level | None:
    """The highest of several levels: a case's is that of its victims. None when nobody is assessed."""
    return max((level for level in levels if level), key=lambda level: level.rank, default=None)


def _given(answer: str | Collection[str] | None) -> tuple[str, ...]:
    values = (answer,) if isinstance(answer, str) else tuple(answer or ())
    return tuple(value for value in values if value)


def _chosen(answer: str | Collection[str] | None) -> tuple[str, ...]:
    """What was really chosen: skipped and refused are no choice."""
    return tuple(value for value in _given(answer) if value not in (SKIP, REFUSED))


def _refuse_unknown(question_set: QuestionSet, answers: Answers) -> None:
    known = {question.key: question for question in question_set.question}
    for key, answer in answers.items():
        if key not in known:
            raise WrongAnswer(key, f"There is no question '{key}' in this set.")
        _refuse_choice(known[key], _chosen(answer))


def _refuse_choice(question: Question, chosen: tuple[str, ...]) -> None:
    if unknown := [value for value in chosen if value not in question.values]:
        raise WrongAnswer(question.key, f"'{unknown[0]}' is no answer to “{question.text}” Choose one of those shown.")
    if len(chosen) > 1 and not question.many:
        raise WrongAnswer(question.key, f"Choose one answer to “{question.text}”")
    if len(chosen) > 1 and NONE in chosen:
        raise WrongAnswer(question.key, f"“{question.text}”: choose either “{question.choice(NONE).text}” or the others.")


def _best(question: Question, answers: Answers) -> Option | None:
    options = [question.choice(value) for value in _chosen(answers.get(question.key))]
    return max(options, key=lambda option: option.points, default=None)


def _reasons(counted: list[tuple[Question, Option]], answers: Answers) -> Iterator[str]:
    """Heaviest first: "Harassed by them before (4)"; every tick of a list that has words of its own."""
    for question, best in sorted(counted, key=lambda pair: -pair[1].points):
        ticked = [question.choice(value) for value in _chosen(answers[question.key])]
        words = [option.because or option.text for option in ticked if option.points]
        yield f"{', '.join(words)} ({best.points})"


def _applies(rule: AlwaysHigh, answers: Answers, facts: Collection[str]) -> bool:
    return all(_is_so(sign, answers, facts) for sign in rule.all) and (
        not rule.any or any(_is_so(sign, answers, facts) for sign in rule.any)
    )


def _is_so(sign: Sign, answers: Answers, facts: Collection[str]) -> bool:
    if sign.question is None:
        return sign.fact in facts
    return not set(sign.answers).isdisjoint(_chosen(answers.get(sign.question)))


def _not_asked(question_set: QuestionSet, answers: Answers) -> Iterator[str]:
    """Questions skipped or without an answer; a follow-up only where its own question opened it."""
    for question in question_set.question:
        hidden = question.opens_on and set(question.opens_on).isdisjoint(_chosen(answers.get(question.under or "")))
        if not hidden and set(_given(answers.get(question.key))) <= {SKIP}:
            yield question.key


def _carried(question: Question, answer: str | Collection[str]) -> list[str]:
    assert question.carry
    given = {question.carry.answers[value] for value in _chosen(answer) if value in question.carry.answers}
    return sorted(given, key=lambda value: (-question.choice(value).points, question.values.index(value)))
