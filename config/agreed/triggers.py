"""triggers.toml: what is watched, who hears at each step, and what they are told to do."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from config.agreed.base import Agreed, Key, Some, Strict, Words, named, once_each, pick, refuse_twice
from config.agreed.names import CONDITIONS, TELL, TOLD
from config.agreed.spans import Number, Span

DUE_UNITS = ("clock_hours", "working_hours", "working_days")
STEP_UNITS = ("at_start", "at_once", "as_promised", "clock_hours", "before_due", "after_due", "days_before")
ALONE = ("promise_open", "victim_without_promise")  # their steps are the promise’s own; a breach is mended once
Due = Annotated[Span, AfterValidator(lambda span: span.needs(*DUE_UNITS))]
When = Annotated[Span, AfterValidator(lambda span: span.needs(*STEP_UNITS))]


class Step(Strict):
    """Who is told when. Steps only rise; reaching one without the passing of the fact tells its people."""

    step: Annotated[int, Field(ge=1, le=4)]
    who: Some[Annotated[str, named(TOLD)]]
    when: When


class Trigger(Strict):
    """A fact that needs somebody. `due` is reckoned from the condition's own moment; without it that moment is the due date."""

    key: Key
    condition: Annotated[str, named(CONDITIONS)]
    params: dict[str, Number] = {}
    due: Due | None = None
    title: Words
    what_to_do: Words
    tell_at_once: Annotated[str, named(TELL)] = "in_the_digest"
    step: Annotated[Some[Step], once_each("step")]

    @model_validator(mode="after")
    def _params_fit(self) -> "Trigger":
        wanted = CONDITIONS[self.condition].params
        if set(self.params) != wanted:
            told = ", ".join(sorted(wanted)) or "none"
            raise ValueError(f"Condition '{self.condition}' takes these parameters: {told}.")
        return self

    @model_validator(mode="after")
    def _steps_rise(self) -> "Trigger":
        if [step.step for step in self.step] != list(range(1, len(self.step) + 1)):
            raise ValueError("Number the steps 1, 2, 3 in order, without a gap.")
        for earlier, later in zip(self.step, self.step[1:], strict=False):
            if _place(later.when) < _place(earlier.when):
                raise ValueError(f"Step {later.step} would come before step {earlier.step}.")
        return self


def _place(when: Span) -> tuple[int, int]:
    """Where a moment stands in the order of steps: before the due date, on it, after it."""
    if when.unit in ("before_due", "days_before"):
        return (0, -when.n)
    return (1, 0) if when.unit in ("at_once", "as_promised") else (2, when.n)


def _alone(triggers: tuple[Trigger, ...]) -> tuple[Trigger, ...]:
    refuse_twice(trigger.condition for trigger in triggers if trigger.condition in ALONE)
    return triggers


class Triggers(Agreed):
    """All triggers. Several may watch one condition, each with its own parameters, steps, people and words."""

    trigger: Annotated[Some[Trigger], once_each("key"), AfterValidator(_alone)]

    def get(self, key: str) -> Trigger:
        """The trigger with this key, or KeyError."""
        return pick(self.trigger, "key", key)

    def watching(self, condition: str) -> Trigger | None:
        """The first trigger that watches a condition, whose date people are shown; None when the partnership left it out."""
        return next(iter(self.all_watching(condition)), None)

    def all_watching(self, condition: str) -> list[Trigger]:
        """Every trigger that watches a condition."""
        return [trigger for trigger in self.trigger if trigger.condition == condition]
