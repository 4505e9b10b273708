"""A span of time as the partnership writes it: one unit and one number, such as { working_days = 5 }."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from config.agreed.base import Strict

Number = Annotated[int, Field(ge=1, le=750)]


class Span(Strict):
    """Exactly one unit. How each is reckoned: sentinel/core/worktime.py."""

    at_once: Literal[True] | None = None
    clock_hours: Number | None = None
    working_hours: Number | None = None
    working_days: Number | None = None
    after_due: Number | None = None
    before_due: Number | None = None
    days_before: Number | None = None
    at_start: Literal[True] | None = None
    as_promised: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_unit(self) -> "Span":
        if len(self.model_fields_set) != 1:
            raise ValueError("Give one unit and one number, such as { working_days = 5 }.")
        return self

    @property
    def unit(self) -> str:
        """The unit that was given."""
        return next(iter(self.model_fields_set))

    @property
    def n(self) -> int:
        """How many of the unit; 0 for the units that take no number."""
        value = getattr(self, self.unit)
        return 0 if value is True else int(value)

    def needs(self, *units: str) -> "Span":
        """Itself, or ValueError when its unit makes no sense here."""
        if self.unit not in units:
            raise ValueError(f"'{self.unit}' has no meaning here. Use one of: {', '.join(units)}.")
        return self
