"""risk.toml: the question sets, what always means high, the bands, and when risk is looked at again."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, model_validator

from config.agreed.base import Agreed, Key, Many, Some, Strict, Words, named, once_each, pick
from config.agreed.names import FACTS, LEVELS
from config.agreed.spans import Number

Points = Annotated[int, Field(ge=0, le=20)]
Level = Annotated[str, named(LEVELS)]
SETS = ("screen", "full")


class Option(Strict):
    """One answer that may be chosen; `because` is said in the reasons when it counts."""

    value: Key
    text: Words
    points: Points = 0
    because: Words | None = None


class Carry(Strict):
    """Which earlier question answers this one, and how its answers translate."""

    question: Key
    answers: dict[str, str]


class Question(Strict):
    """A question as it is read out. `under` places a follow-up beneath another; `opens_on` says which answers show it."""

    key: Key
    group: Key
    text: Words
    hint: Words | None = None
    many: bool = False
    under: Key | None = None
    opens_on: Many[Key] = ()
    carry: Carry | None = None
    option: Annotated[Some[Option], once_each("value")]

    def choice(self, value: str) -> Option:
        """The option with this value, or KeyError."""
        return pick(self.option, "value", value)

    @property
    def values(self) -> tuple[str, ...]:
        """The values that may be chosen."""
        return tuple(option.value for option in self.option)

    @property
    def most(self) -> int:
        """The most points this question can give: where several are ticked, the highest counts."""
        return max(option.points for option in self.option)


class Group(Strict):
    """A heading over some questions."""

    key: Key
    title: Words


class Sign(Strict):
    """One thing that is so: an answer among `answers` to `question`, or a `fact` the record shows."""

    question: Key | None = None
    answers: Many[Key] = ()
    fact: Annotated[str, named(FACTS)] | None = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> "Sign":
        if (self.question is None) == (self.fact is None) or (self.question is None) != (not self.answers):
            raise ValueError("Give a question with its answers, or a fact.")
        return self


class AlwaysHigh(Strict):
    """Whatever the score: high when all of `all` are so and, where `any` is given, one of them."""

    key: Key
    because: Words
    all: Many[Sign] = ()
    any: Many[Sign] = ()

    @model_validator(mode="after")
    def _says_when(self) -> "AlwaysHigh":
        if not self.signs:
            raise ValueError("Say when, with 'all' or 'any'.")
        return self

    @property
    def signs(self) -> tuple[Sign, ...]:
        """Everything this rule looks at."""
        return self.all + self.any


class Band(Strict):
    """The scores that suggest a level, both ends included."""

    level: Level
    lowest: Annotated[int, Field(ge=0)]
    highest: Annotated[int, Field(ge=0)]


class QuestionSet(Strict):
    """A versioned set of questions with its own bands."""

    key: Annotated[str, named(SETS)]
    version: Words
    title: Words
    group: Annotated[Some[Group], once_each("key")]
    question: Annotated[Some[Question], once_each("key")]
    always_high: Annotated[Some[AlwaysHigh], once_each("key")]
    band: Some[Band]

    def ask(self, key: str) -> Question:
        """The question with this key, or KeyError."""
        return pick(self.question, "key", key)

    @property
    def maximum(self) -> int:
        """The highest score there can be."""
        return sum(question.most for question in self.question)

    def level(self, score: int) -> str:
        """The level whose band holds `score`."""
        return next(band.level for band in self.band if band.lowest <= score <= band.highest)

    @model_validator(mode="after")
    def _bands_meet(self) -> "QuestionSet":
        if tuple(band.level for band in self.band) != LEVELS:
            raise ValueError(f"Give one band for each level, in this order: {', '.join(LEVELS)}.")
        starts = [0, *(band.highest + 1 for band in self.band)]
        for start, band in zip(starts, self.band, strict=False):
            if band.lowest != start or band.highest < band.lowest:
                raise ValueError(f"Bands may not overlap or leave a gap: '{band.level}' must begin at {start} and not end before it.")
        if self.band[-1].highest != self.maximum:
            raise ValueError(f"The questions can score {self.maximum}, so the last band must end at {self.maximum}.")
        return self

    @model_validator(mode="after")
    def _names_meet(self) -> "QuestionSet":
        groups = {group.key for group in self.group}
        for question in self.question:
            if question.group not in groups:
                raise ValueError(f"Question '{question.key}' stands under group '{question.group}', which is not there.")
            if question.under:
                self._known(question.under, question.opens_on, f"Question '{question.key}'")
        for rule in self.always_high:
            for sign in rule.signs:
                if sign.question:
                    self._known(sign.question, sign.answers, f"Rule '{rule.key}'")
        return self

    def _known(self, key: str, values: Iterable[str], who: str) -> None:
        if key not in {question.key for question in self.question}:
            raise ValueError(f"{who} speaks of question '{key}', which is not there.")
        if unknown := [value for value in values if value not in self.ask(key).values]:
            raise ValueError(f"{who} speaks of answer '{unknown[0]}' to '{key}', which cannot be given.")


class Review(Strict):
    """Working days from an assessment to the next one, by level."""

    standard: Number
    medium: Number
    high: Number

    def days(self, level: str) -> int:
        """Working days for a level."""
        return {"standard": self.standard, "medium": self.medium, "high": self.high}[level]


class SupervisionReview(Strict):
    """Working days from a high episode's opening to the first supervision review, and between the later ones."""

    first: Number
    then_every: Number


class Risk(Agreed):
    """The risk matrix."""

    review: Review
    supervision_review: SupervisionReview
    set: Annotated[Some[QuestionSet], once_each("key")]

    @property
    def screen(self) -> QuestionSet:
        """The six questions of the call."""
        return pick(self.set, "key", "screen")

    @property
    def full(self) -> QuestionSet:
        """The fourteen questions of the practitioner."""
        return pick(self.set, "key", "full")

    @model_validator(mode="after")
    def _carried(self) -> "Risk":
        if missing := [key for key in SETS if key not in {one.key for one in self.set}]:
            raise ValueError(f"No [[set]] with key: {', '.join(missing)}.")
        for question in self.full.question:
            if question.carry:
                self._translates(question, question.carry)
        return self

    def _translates(self, question: Question, carry: Carry) -> None:
        try:
            asked = self.screen.ask(carry.question)
        except KeyError:
            raise ValueError(f"'{question.key}' is carried from screen question '{carry.question}', which is not there.") from None
        if unknown := [value for value in carry.answers if value not in asked.values]:
            raise ValueError(f"'{question.key}' is carried from answer '{unknown[0]}' to '{asked.key}', which cannot be given.")
        if unknown := [value for value in carry.answers.values() if value not in question.values]:
            raise ValueError(f"'{question.key}' would be carried over as '{unknown[0]}', which is not one of its answers.")
