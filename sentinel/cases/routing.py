"""Which team a new report belongs to: the partnership's four lists, else the duty team of whoever took it (rules.md)."""

from dataclasses import dataclass
from uuid import UUID

from config import agreed
from sentinel.access.models import Partner, Team
from sentinel.access.queries import team_by_slug
from sentinel.core.db import db


@dataclass(frozen=True)
class Owner:
    """Who a report belongs to. Without a team it is on governance's unrouted list, and the partner that took it answers for it."""

    partner_id: UUID
    team: Team | None

    @property
    def unrouted(self) -> bool:
        """Does no team own it?"""
        return self.team is None


def owner_of(
    *,
    taken_for: Partner,
    landlord_id: UUID | None = None,
    district_code: str | None = None,
    category: str | None = None,
    system: str | None = None,
) -> Owner:
    """The owner of a report taken for a partner: landlord, district, category, system in that order, else its duty team.

    A list that names a team nobody has made is passed over.
    """
    standards = agreed.current()
    landlord = db.session.get(Partner, landlord_id) if landlord_id else None
    council = standards.partners.of_district(district_code) if district_code else None
    routes = (
        {"landlord": landlord.slug if landlord else None},
        {"district": council.slug if council else None},
        {"category": category},
        {"system": system},
    )
    slugs = [slug for route in routes if (slug := standards.routing.team_for(**route))]
    team = next((found for slug in [*slugs, _duty_team(taken_for)] if slug and (found := team_by_slug(slug))), None)
    return Owner(team.partner_id if team else taken_for.id, team)


def _duty_team(partner: Partner) -> str | None:
    known = {one.slug: one.duty_team for one in agreed.current().partners.partner}
    return known.get(partner.slug)
