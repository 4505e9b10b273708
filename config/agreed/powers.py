"""powers.toml: the ladder from advice to court, each power as dated data."""

from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from config.agreed.base import Agreed, Key, Many, Some, Strict, Words, in_turn, named, once_each, pick
from config.agreed.names import INTERVENTION_STATES, ROLES, TIERS

State = Annotated[str, named(INTERVENTION_STATES)]
AUTHORISERS = ("self", *ROLES)
DATES = ("starts_on", "ends_on")


class Power(Strict):
    """One tool or power. An active one says who authorises it, its moves from state to state and the dates it needs."""

    key: Key
    name: Words
    tier: Annotated[str, named(TIERS)]
    active: bool
    reason: Words | None = None
    source: Words
    checked: date
    valid_from: date | None = None
    valid_to: date | None = None
    authoriser: Annotated[str, named(AUTHORISERS)] | None = None
    begins: State | None = None
    moves: dict[State, Many[State]] = {}
    dates: Many[Annotated[str, named(DATES)]] = ()
    usual_months: Annotated[int, Field(ge=1, le=36)] | None = None
    consents: bool = False
    under_18: Words | None = None
    not_where: Words | None = None
    guidance: Words | None = None

    def valid_on(self, day: date) -> bool:
        """Whether it may be used on a day."""
        return self.active and (not self.valid_from or self.valid_from <= day) and (not self.valid_to or day <= self.valid_to)

    def next_states(self, state: str) -> tuple[str, ...]:
        """The states one may go to from `state`."""
        return self.moves.get(state, ())

    @property
    def self_authorised(self) -> bool:
        """Nobody else need authorise it."""
        return self.authoriser == "self"

    @model_validator(mode="after")
    def _in_order(self) -> "Power":
        in_turn(self.valid_from, self.valid_to)
        if self.active and not (self.valid_from and self.authoriser and self.begins and self.moves):
            raise ValueError("An active power needs valid_from, authoriser, begins and moves.")
        if not self.active and not self.reason:
            raise ValueError("Say in 'reason' why this power is switched off.")
        return self

    @model_validator(mode="after")
    def _moves_meet(self) -> "Power":
        reached = {state for states in self.moves.values() for state in states} | ({self.begins} if self.begins else set())
        if lost := reached - set(self.moves):
            raise ValueError(f"State '{min(lost)}' can be reached, but 'moves' does not say what follows it. Write [] for nothing.")
        if never := set(self.moves) - reached:
            raise ValueError(f"State '{min(never)}' can never be reached.")
        return self


class Powers(Agreed):
    """The ladder."""

    power: Annotated[Some[Power], once_each("key")]

    def get(self, key: str) -> Power:
        """The power with this key, or KeyError."""
        return pick(self.power, "key", key)

    def usable(self, day: date, held: tuple[str, ...] | None = None) -> tuple[Power, ...]:
        """The powers that may be used on a day, by a partner that holds `held` (None: anybody)."""
        return tuple(power for power in self.power if power.valid_on(day) and (held is None or power.key in held))
