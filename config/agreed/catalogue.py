"""categories.toml, outcomes.toml and scripts.toml: the lists people choose from and the words the call taker says."""

from typing import Annotated

from pydantic import Field, model_validator

from config.agreed.base import Agreed, Key, Many, Some, Strict, Words, named, once_each, pick, with_gaps
from config.agreed.names import CALL_STEPS, NATIONAL_TYPES, PARTNER_KINDS, VIEWS_THAT_DECIDE


class Category(Strict):
    """A local category, the national type it usually is, who usually deals with it, and the words that suggest it."""

    key: Key
    name: Words
    national_type: Annotated[str, named(NATIONAL_TYPES)]
    dealt_with_by: Some[Annotated[str, named(PARTNER_KINDS)]]
    note: Words | None = None
    suggested_by: Many[Words] = ()


class Categories(Agreed):
    """What kind of behaviour it is. It never sets a deadline: risk does."""

    category: Annotated[Some[Category], once_each("key")]

    def get(self, key: str) -> Category:
        """The category with this key, or KeyError."""
        return pick(self.category, "key", key)

    def suggested(self, words: str) -> Category | None:
        """The first category with most of its words in what the caller said, or None."""
        spoken = words.lower()
        hits = [(sum(word in spoken for word in category.suggested_by), category) for category in self.category]
        most, category = max(hits, key=lambda hit: hit[0])
        return category if most else None


class Choice(Strict):
    """One thing that may be chosen."""

    key: Key
    text: Words


Choices = Annotated[Some[Choice], once_each("key")]


class TriageOutcome(Strict):
    """What may become of a report, and the reasons to choose from."""

    key: Annotated[str, named(("opened", "joined", "signposted", "no_further_action"))]
    text: Words
    reason: Choices


class Outcomes(Agreed):
    """How reports and cases end, and why something was withdrawn, declined or not reached."""

    triage: Annotated[Some[TriageOutcome], once_each("key")]
    closure: Choices
    withdrawn: Choices
    referral_declined: Choices
    handover_declined: Choices
    promise_waived: Choices
    power_not_used: Choices
    victim_view: Choices
    reopen_within_months: Annotated[int, Field(ge=1, le=24)]

    def reasons(self, triage: str) -> tuple[Choice, ...]:
        """The reasons for a triage outcome, or KeyError."""
        return pick(self.triage, "key", triage).reason

    @model_validator(mode="after")
    def _views_that_decide(self) -> "Outcomes":
        known = {choice.key for choice in self.victim_view}
        if missing := [key for key in VIEWS_THAT_DECIDE if key not in known]:
            raise ValueError(f"No [[victim_view]] with key: {', '.join(missing)}. Closing rests on it.")
        return self


class Line(Strict):
    """Something the call taker says, or does, at a step of the call."""

    key: Key
    step: Annotated[str, named(CALL_STEPS)]
    say: Annotated[Words, with_gaps("reference", "who", "team", "by")] | None = None
    note: Words | None = None

    @model_validator(mode="after")
    def _something(self) -> "Line":
        if not (self.say or self.note):
            raise ValueError("Write what to say, or a note.")
        return self


class Script(Strict):
    """Words for a turn the call may take: danger now, domestic abuse, safeguarding."""

    title: Words
    say: Some[Words]
    then: Some[Words]


class Scripts(Agreed):
    """The call script."""

    line: Annotated[Some[Line], once_each("key")]
    danger: Script
    domestic_abuse: Script
    safeguarding: Script

    def at(self, step: str) -> tuple[Line, ...]:
        """The lines of a step, in order."""
        return tuple(line for line in self.line if line.step == step)

    def line_for(self, key: str) -> Line:
        """The line with this key, or KeyError."""
        return pick(self.line, "key", key)
