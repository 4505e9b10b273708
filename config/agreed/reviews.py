"""reviews.toml: when a victim is told of the ASB case review, and each authority's own threshold for asking for one."""

from typing import Annotated

from pydantic import Field

from config.agreed.base import Agreed, Many, Slug, Strict, Words, once_each, with_gaps
from config.agreed.spans import Number

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
Months = Annotated[int, Field(ge=1, le=24)]


class Threshold(Strict):
    """How many distinct incidents, in how many calendar months, reported how soon; whether one hate incident is enough."""

    incidents: Annotated[int, Field(ge=1, le=12)]
    months: Months
    reported_within_months: Months
    one_hate_incident: bool

    @property
    def words(self) -> str:
        """ "there have been three separate incidents in six months, each reported within one month, or one hate incident"."""
        within = f"each reported within {_months(self.reported_within_months)}"
        hate = ", or one hate incident" if self.one_hate_incident else ""
        n = "one incident" if self.incidents == 1 else f"{NUMBERS[self.incidents]} separate incidents"
        have = "has" if self.incidents == 1 else "have"
        return f"there {have} been {n} in {_months(self.months)}, {within}{hate}"


class Authority(Threshold):
    """An authority whose threshold is its own."""

    partner: Slug


class Reviews(Agreed):
    """The ASB case review."""

    explain_at_incident: Annotated[Number, Field(ge=2)]
    explain_months: Months
    say_explain: Annotated[Words, with_gaps("threshold")]
    say_may_apply: Annotated[Words, with_gaps("threshold")]
    threshold: Threshold
    authority: Annotated[Many[Authority], once_each("partner")] = ()

    def threshold_of(self, partner: str) -> Threshold:
        """The authority's own, else the partnership's."""
        return next((one for one in self.authority if one.partner == partner), self.threshold)


def _months(n: int) -> str:
    return f"{NUMBERS[n] if n < len(NUMBERS) else n} month{'' if n == 1 else 's'}"
