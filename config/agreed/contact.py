"""contact.toml: what is promised to a victim, by when, and who hears when it is not kept."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from config.agreed.base import Agreed, Some, Strict, Words, named, once_each, pick, refuse_twice, with_gaps
from config.agreed.names import KINDS, KLASSES
from config.agreed.spans import Number, Span

PROMISE_UNITS = ("at_once", "clock_hours", "working_hours", "working_days")


def _or_none(value: Any) -> Any:
    return None if value == "not promised" else value


Promised = Annotated[
    Span | None,
    AfterValidator(lambda span: span and span.needs(*PROMISE_UNITS)),
    BeforeValidator(_or_none),
]
CodeSpan = Annotated[Span, AfterValidator(lambda span: span.needs("working_days"))]
Step = Annotated[Span, AfterValidator(lambda span: span.needs("at_once", "before_due", "after_due"))]


class PromiseRule(Strict):
    """One kind of promise: its date for each class, and its words."""

    kind: Annotated[str, named(KINDS)]
    title: Words
    covers: Words
    caller: Annotated[Words, with_gaps("by")]
    standard: Promised
    medium: Promised
    enhanced: Promised

    def within(self, klass: str) -> Span | None:
        """The span promised to a class, or None where nothing is."""
        if klass not in KLASSES:
            raise KeyError(klass)
        span: Span | None = getattr(self, klass)
        return span

    @model_validator(mode="after")
    def _more_at_risk_waits_no_longer(self) -> "PromiseRule":
        for slower, faster in (("standard", "medium"), ("medium", "enhanced")):
            slow, fast = self.within(slower), self.within(faster)
            if slow and fast and slow.unit == fast.unit and fast.n > slow.n:
                raise ValueError(f"A {faster} victim would wait longer than a {slower} one. Shorten '{faster}'.")
        return self


class Steps(Strict):
    """When the officer is reminded and who is told after the due date."""

    soon: Step
    supervisor: Step
    manager: Step


class AlertSteps(Steps):
    """The steps, and those of an enhanced promise."""

    enhanced: Steps

    def of(self, klass: str) -> Steps:
        """The steps of a class."""
        return self.enhanced if klass == "enhanced" else self


class SafetyCall(Strict):
    """A call by the duty supervisor or the police when nobody will be at work for too long."""

    switched_on: bool
    when_next_work_is_over_hours: Number


class Attempts(Strict):
    """What a supervisor needs to see before excusing a promise."""

    attempts: Number
    channels: Number
    working_days: Number


class VictimsCode(Strict):
    """What the Victims' Code promises where the conduct is criminal, and of which kinds of promise."""

    source: Words
    kinds: Annotated[Some[Annotated[str, named(KINDS)]], AfterValidator(lambda kinds: refuse_twice(kinds) or kinds)]
    standard: CodeSpan
    enhanced: CodeSpan

    def within(self, kind: str, klass: str) -> Span | None:
        """The span the Code gives for a kind of promise, or None where it gives none."""
        if kind not in self.kinds:
            return None
        return self.enhanced if klass == "enhanced" else self.standard


class Contact(Agreed):
    """The contact standards."""

    safety_call: SafetyCall
    attempts: Attempts
    steps: AlertSteps
    victims_code: VictimsCode
    promise: Annotated[Some[PromiseRule], once_each("kind")]
    hold_telling_at_most_working_days: Number
    slowed_at_most_working_days: Annotated[Number, Field(le=60)]
    closing_unanswered_working_days: Annotated[Number, Field(le=60)]

    def rule(self, kind: str) -> PromiseRule:
        """The rule of a kind of promise, or KeyError."""
        return pick(self.promise, "kind", kind)

    @model_validator(mode="after")
    def _every_kind(self) -> "Contact":
        if missing := [kind for kind in KINDS if kind not in {rule.kind for rule in self.promise}]:
            raise ValueError(f"No [[promise]] for: {', '.join(missing)}. Each kind needs its dates.")
        return self
