"""Answers to the questions of the matrix that come out at a wanted level."""

import random
from typing import Any

from config.agreed.risk import QuestionSet
from sentinel.risk import rules

LEAN = {"standard": 0.15, "medium": 0.5, "high": 0.85}
TRIES = 2_000


def answers_for(question_set: QuestionSet, level: str, chance: random.Random) -> tuple[dict[str, Any], rules.Suggestion]:
    """Answers that suggest `level`, and the suggestion."""
    lean = LEAN[level]
    alone_high = {(sign.question, value) for rule in question_set.always_high for sign in rule.signs for value in sign.answers}
    for attempt in range(TRIES):
        chosen = {question.key: _pick(question, lean, chance, alone_high) for question in question_set.question if not question.opens_on}
        suggestion = rules.score(question_set, chosen)
        if suggestion.level == level:
            return chosen, suggestion
        lean += 0.03 if rules.Level(level).rank > suggestion.level.rank else -0.03
        lean = min(0.98, max(0.02, lean if attempt % 20 else LEAN[level]))
    raise RuntimeError(f"No answers of {question_set.key} came out {level} in {TRIES} tries.")


def _pick(question: Any, lean: float, chance: random.Random, alone_high: set[tuple[str | None, str]]) -> Any:
    options = sorted(question.option, key=lambda option: (option.points, (question.key, option.value) in alone_high))
    if question.many:
        return [chance.choice(options[1:]).value if chance.random() < lean * 0.6 else options[0].value]
    place = round(chance.gauss(lean, 0.22) * (len(options) - 1))
    return options[min(len(options) - 1, max(0, place))].value
