"""The districts of the partnership's area."""

from sqlalchemy import select

from config.agreed.partnership import Partners
from sentinel.core.db import db
from sentinel.places.models import District

SUFFIXES = (" City Council", " County Council", " District Council", " Borough Council", " Council")


def keep_districts(partners: Partners) -> None:
    """Every council with an ONS code stands for a district of the area, under the district's own name."""
    for partner in partners.partner:
        if partner.ons_code:
            district = db.session.get(District, partner.ons_code) or District(code=partner.ons_code)
            district.name, district.in_area = _district_name(partner.name), True
            db.session.add(district)
    db.session.flush()


def names() -> dict[str, str]:
    """The districts of the area, code to name, by name."""
    return dict(db.session.execute(select(District.code, District.name).where(District.in_area).order_by(District.name)).all())


def _district_name(council: str) -> str:
    return next((council.removesuffix(suffix) for suffix in SUFFIXES if council.endswith(suffix)), council)
