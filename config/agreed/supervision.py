"""supervision.toml: how many cases a supervisor draws, which are likelier, and what each is checked for."""

from typing import Annotated

from pydantic import Field

from config.agreed.base import Agreed, Key, Some, Strict, Words, once_each

Times = Annotated[int, Field(ge=1, le=10)]


class DipSampling(Strict):
    """How cases are drawn: so many a week, some so many times as likely as others."""

    cases_a_week: Annotated[int, Field(ge=1, le=20)]
    high_risk_times: Times
    quiet_times: Times
    quiet_after_working_days: Annotated[int, Field(ge=1, le=120)]
    not_again_within_days: Annotated[int, Field(ge=0, le=365)]

    def weight(self, *, high: bool, quiet: bool) -> int:
        """How many times as likely a case is as one that is neither."""
        return (self.high_risk_times if high else 1) * (self.quiet_times if quiet else 1)


class Question(Strict):
    """One question of the checklist: answered yes, no or not applicable."""

    key: Key
    ask: Words


class Supervision(Agreed):
    """What a supervisor looks at without being asked."""

    duty_days_ahead: Annotated[int, Field(ge=1, le=28)]
    dip_sample: DipSampling
    question: Annotated[Some[Question], once_each("key")]
