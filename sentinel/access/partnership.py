"""Bringing the partners and teams that the standards name into the database."""

from sqlalchemy import select

from config.agreed.partnership import Partner as Agreed
from config.agreed.partnership import Partners
from sentinel.access.models import Partner, Team
from sentinel.core.db import db


def keep_partners(partners: Partners) -> list[Partner]:
    """Add what is new, follow changed names and agreement dates; never remove: history hangs on them. Returns all."""
    return [_keep(agreed) for agreed in partners.partner]


def _keep(agreed: Agreed) -> Partner:
    partner = db.session.scalar(select(Partner).where(Partner.slug == agreed.slug))
    if partner is None:
        partner = Partner(slug=agreed.slug)
        db.session.add(partner)
    partner.name, partner.kind, partner.district_code = agreed.name, agreed.kind, agreed.ons_code
    partner.agreement_until = agreed.agreement_until
    db.session.flush()
    for wanted in agreed.team:
        team = db.session.scalar(select(Team).where(Team.slug == wanted.slug)) or Team(slug=wanted.slug)
        team.name, team.phone, team.partner_id = wanted.name, wanted.phone, partner.id
        db.session.add(team)
    db.session.flush()
    return partner
