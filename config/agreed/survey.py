"""survey.toml: what victims are asked once their case has closed, for how long, and from how many answers on they are shown."""

from typing import Annotated

from pydantic import Field, model_validator

from config.agreed.base import Agreed, Key, Some, Strict, Words, once_each, pick
from config.agreed.catalogue import Choice

MOST_QUESTIONS = 6


class Question(Strict):
    """A question with its answers."""

    key: Key
    text: Words
    answer: Annotated[Some[Choice], once_each("key")]

    @model_validator(mode="after")
    def _a_choice(self) -> "Question":
        if len(self.answer) < 2:
            raise ValueError("One answer is no choice. Give at least two.")
        return self


class Survey(Agreed):
    """The survey after closing."""

    switched_on: bool
    valid_days: Annotated[int, Field(ge=7, le=180)]
    fewest_shown: Annotated[int, Field(ge=5, le=50)]
    fewest_for_per_cent: Annotated[int, Field(ge=20, le=200)]
    subject: Words
    title: Words
    intro: Words
    free: Words
    expected: Words
    expected_hint: Words
    may_read: Words
    thanks: Words
    gone: Words
    question: Annotated[Some[Question], once_each("key")]

    def ask(self, key: str) -> Question:
        """The question with this key, or KeyError."""
        return pick(self.question, "key", key)

    @model_validator(mode="after")
    def _few_enough(self) -> "Survey":
        if len(self.question) > MOST_QUESTIONS:
            raise ValueError(f"More than {MOST_QUESTIONS} questions are not answered. Take some out.")
        return self
