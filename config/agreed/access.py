"""access.toml: who needs a second factor, how long sessions and links last, and how tries are slowed."""

from typing import Annotated

from pydantic import Field, model_validator

from config.agreed.base import Agreed, Many, Strict, named
from config.agreed.names import ROLES


class Throttle(Strict):
    """How wrong tries are slowed."""

    free_tries: Annotated[int, Field(ge=1, le=20)]
    first_wait_minutes: Annotated[int, Field(ge=1, le=15)]
    longest_wait_minutes: Annotated[int, Field(ge=1, le=60)]
    tries_at_one_account: Annotated[int, Field(ge=5, le=1000)]
    accounts_from_one_address: Annotated[int, Field(ge=3, le=1000)]

    @model_validator(mode="after")
    def _grows(self) -> "Throttle":
        if self.longest_wait_minutes < self.first_wait_minutes:
            raise ValueError("The longest wait is shorter than the first. Make it longer.")
        return self


class Access(Agreed):
    """What is asked of somebody who wants to come in."""

    second_factor_roles: Many[Annotated[str, named(ROLES)]]
    idle_minutes: Annotated[int, Field(ge=5, le=120)]
    longest_hours: Annotated[int, Field(ge=1, le=24)]
    warn_of_end_minutes: Annotated[int, Field(ge=1, le=30)]
    password_at_least: Annotated[int, Field(ge=12, le=64)]
    link_minutes: Annotated[int, Field(ge=5, le=60)]
    throttle: Throttle
