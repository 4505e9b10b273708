"""partners.toml and routing.toml: who works together, and which team a new report belongs to."""

from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from config.agreed.base import Agreed, Key, Many, Slug, Some, Strict, Words, named, once_each, pick, refuse_twice
from config.agreed.names import PARTNER_KINDS

OnsCode = Annotated[str, Field(pattern=r"^E0[67]\d{6}$")]
NEEDS_CODE = ("district", "unitary")


class Team(Strict):
    """A team that owns reports and cases, or does the partnership's work."""

    slug: Slug
    name: Words
    phone: Words | None = None


class Partner(Strict):
    """An organisation of the partnership, its agreement, its teams and the powers it holds."""

    slug: Slug
    name: Words
    kind: Annotated[str, named(PARTNER_KINDS)]
    ons_code: OnsCode | None = None
    agreement_until: date
    duty_team: Slug
    powers: Many[Key] = ()
    team: Annotated[Some[Team], once_each("slug")]

    @model_validator(mode="after")
    def _fits(self) -> "Partner":
        if self.duty_team not in {team.slug for team in self.team}:
            raise ValueError(f"The duty team '{self.duty_team}' is none of this partner's teams.")
        if (self.kind in NEEDS_CODE) != (self.ons_code is not None):
            raise ValueError("A district or unitary council has an ons_code, and nobody else has.")
        refuse_twice(self.powers)
        return self


class Partners(Agreed):
    """The partnership."""

    name: Words
    partner: Annotated[Some[Partner], once_each("slug")]

    def get(self, slug: str) -> Partner:
        """The partner with this slug, or KeyError."""
        return pick(self.partner, "slug", slug)

    def of_district(self, ons_code: str) -> Partner | None:
        """The council of a district, by its ONS code."""
        return next((partner for partner in self.partner if partner.ons_code == ons_code), None)

    @property
    def teams(self) -> tuple[str, ...]:
        """The slugs of all teams."""
        return tuple(team.slug for partner in self.partner for team in partner.team)

    @model_validator(mode="after")
    def _teams_and_codes_once(self) -> "Partners":
        refuse_twice(self.teams)
        refuse_twice(partner.ons_code for partner in self.partner if partner.ons_code)
        return self


class Routing(Agreed):
    """Four lists, looked through in this order; the first match gives the team."""

    landlord: dict[Slug, Slug] = {}
    district: dict[Slug, Slug] = {}
    category: dict[Key, Slug] = {}
    system: dict[Slug, Slug] = {}

    def team_for(
        self, *, landlord: str | None = None, district: str | None = None, category: str | None = None, system: str | None = None
    ) -> str | None:
        """The team that owns a new report, or None: then the call taker's duty team, else governance's unrouted list."""
        looked_up = (
            self.landlord.get(landlord or ""),
            self.district.get(district or ""),
            self.category.get(category or ""),
            self.system.get(system or ""),
        )
        return next((team for team in looked_up if team), None)
