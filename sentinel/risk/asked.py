"""An assessment is kept in the words in which it was asked, so that it can be read when the questions have changed."""

from collections.abc import Iterable, Mapping
from typing import Any

from config.agreed.risk import QuestionSet
from sentinel.risk.rules import REFUSED, SKIP, Answers

UNCHOSEN = {SKIP: "Not asked", REFUSED: "Would rather not say"}


def as_asked(questions: QuestionSet, answers: Answers, words: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What `Assessment.answers` holds: the answers, the questions as they then read, the victim's own words, the bands."""
    return {
        "given": {key: answer if isinstance(answer, str) else list(answer) for key, answer in answers.items()},
        "asked": list(_spoken(questions, answers)),
        "words": dict(words or {}),
        "title": questions.title,
        "maximum": questions.maximum,
        "bands": [[band.level, band.lowest, band.highest] for band in questions.band],
    }


def _spoken(questions: QuestionSet, answers: Answers) -> Iterable[list[str]]:
    for question in questions.question:
        answer = answers.get(question.key) or SKIP
        values = [answer] if isinstance(answer, str) else list(answer)
        yield [question.key, question.text, ", ".join(UNCHOSEN.get(value) or question.choice(value).text for value in values)]
