"""Partners as data: what partners.toml begins with, and what governance records of each afterwards."""

import re
from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import select

from config import agreed
from config.agreed.partnership import Partner as Agreed
from config.agreed.partnership import Partners
from sentinel.access import standing
from sentinel.access.models import REGIMES, Agreement, Partner, PartnerPower, Team, User
from sentinel.core import clock
from sentinel.core.db import db, lock
from sentinel.core.errors import NotAllowed, Refused

FROM_THE_FILE = "Not said in the partnership’s standards"
SLUG = 40


def keep_partners(partners: Partners) -> list[Partner]:
    """Add what is new, follow changed names and agreement dates; never remove: history hangs on them. Returns all.

    What people recorded later stands: an agreement, powers, the name and telephone of a team.
    """
    return [_keep(one, partners.effective_from) for one in partners.partner]


def _keep(wanted: Agreed, since: date) -> Partner:
    partner = db.session.scalar(select(Partner).where(Partner.slug == wanted.slug))
    if partner is None:
        partner = Partner(slug=wanted.slug)
        db.session.add(partner)
    partner.name, partner.kind, partner.district_code = wanted.name, wanted.kind, wanted.ons_code
    db.session.flush()
    _keep_agreement(partner, wanted, since)
    if not db.session.scalar(select(PartnerPower.id).where(PartnerPower.partner_id == partner.id).limit(1)):
        db.session.add_all(PartnerPower(partner_id=partner.id, power_key=key, since=since) for key in wanted.powers)
    known = set(db.session.scalars(select(Team.slug)))
    new = [team for team in wanted.team if team.slug not in known]
    db.session.add_all(Team(slug=team.slug, name=team.name, phone=team.phone, partner_id=partner.id) for team in new)
    db.session.flush()
    return partner


def _keep_agreement(partner: Partner, wanted: Agreed, since: date) -> None:
    latest = next(iter(agreements(partner)), None)
    if latest and (latest.recorded_by or latest.review_on == wanted.agreement_until):
        return
    signed_on = min(since, wanted.agreement_until - timedelta(days=1))
    _add_agreement(partner, None, version="1", signed_by=FROM_THE_FILE, signed_on=signed_on, review_on=wanted.agreement_until)


def agreements(partner: Partner) -> list[Agreement]:
    """The agreements of a partner, the one that counts first."""
    recorded = select(Agreement).where(Agreement.partner_id == partner.id)
    return list(db.session.scalars(recorded.order_by(Agreement.id.desc())))  # keys sort by when they were made


def record_agreement(*, actor: User, partner: Partner, version: str, signed_by: str, signed_on: date, review_on: date) -> Agreement:
    """Record an information sharing agreement; from now on it is the one that counts.

    Where its review date has passed, the partner's people are out at their next click and their alerts go to others. Refuses
    whoever does not govern, a signature still to come, and a review before it.
    """
    _refuse_strangers(actor)
    if signed_on > clock.today():
        raise Refused("The agreement cannot be signed on a day still to come. Check the date.", field="signed_on")
    if review_on <= signed_on:
        raise Refused("The review comes after the signature. Check both dates.", field="review_on")
    lock(partner)
    return _add_agreement(partner, actor, version=version, signed_by=signed_by, signed_on=signed_on, review_on=review_on)


def _add_agreement(partner: Partner, actor: User | None, *, version: str, signed_by: str, signed_on: date, review_on: date) -> Agreement:
    agreement = Agreement(
        partner_id=partner.id,
        version=version.strip(),
        signed_by=signed_by.strip(),
        signed_on=signed_on,
        review_on=review_on,
        recorded_by=actor.id if actor else None,
        recorded_at=clock.now(),
    )
    db.session.add(agreement)
    partner.agreement_until = review_on
    db.session.flush()
    return agreement


def change_standing(
    *,
    actor: User,
    partner: Partner,
    regime: str,
    powers: Collection[str],
    successor: Partner | None,
    succeeded_on: date | None,
    version: int | None = None,
) -> None:
    """Record the regime a partner works under, the powers it holds from today, and who came after it.

    Refuses whoever does not govern, words that are none, and a partner that would come after itself, by however many steps. Raises
    Stale when `version` is not how it stands.
    """
    _refuse_strangers(actor)
    if regime not in REGIMES:
        raise Refused("Choose the law this partner works under.", field="regime")
    standing.hold(partner, standing.of_partner, version)
    _refuse_circles(partner, successor)
    if (successor is None) != (succeeded_on is None):
        raise Refused("Enter both the partner that came after this one and the day, or neither.", field="succeeded_on")
    partner.regime, partner.succeeded_on = regime, succeeded_on
    partner.successor_id = successor.id if successor else None
    _change_powers(partner, set(powers))
    db.session.flush()


def _change_powers(partner: Partner, wanted: set[str]) -> None:
    if not wanted <= {power.key for power in agreed.current().powers.power}:
        raise Refused("Choose powers from the list.", field="powers")
    today = clock.today()
    held = {power.power_key: power for power in partner.powers if power.until is None}
    for key in held.keys() - wanted:
        held[key].until = max(today, held[key].since)
    partner.powers.extend(PartnerPower(power_key=key, since=today) for key in sorted(wanted - held.keys()))


def _refuse_circles(partner: Partner, successor: Partner | None) -> None:
    after, seen = successor, set()
    while after is not None and after.id not in seen:
        if after.id == partner.id:
            raise Refused(f"{partner.name} cannot come after itself. Choose another partner.", field="successor")
        seen.add(after.id)
        after = after.successor


def add_team(*, actor: User, partner: Partner, name: str, phone: str = "") -> Team:
    """Add a team to a partner. Refuses whoever does not govern, and a name the partner has already."""
    _refuse_strangers(actor)
    _refuse_name(partner, name)
    team = Team(partner_id=partner.id, slug=_slug(partner, name), name=name.strip(), phone=phone.strip() or None)
    db.session.add(team)
    db.session.flush()
    return team


def change_team(*, actor: User, team: Team, name: str, phone: str = "", version: int | None = None) -> None:
    """Change what a team is called and its telephone. Refuses whoever does not govern, and a name the partner has already.

    Raises Stale when `version` is not how it stands.
    """
    _refuse_strangers(actor)
    standing.hold(team, standing.of_team, version)
    _refuse_name(team.partner, name, but=team)
    team.name, team.phone = name.strip(), phone.strip() or None
    db.session.flush()


def teams_of(partner: Partner) -> list[Team]:
    """The teams of a partner, by name."""
    return list(db.session.scalars(select(Team).where(Team.partner_id == partner.id).order_by(Team.name)))


def _refuse_name(partner: Partner, name: str, but: Team | None = None) -> None:
    if any(team.name.casefold() == name.strip().casefold() and team is not but for team in teams_of(partner)):
        raise Refused(f"{partner.name} has a team of that name. Choose another.", field="name")


def _slug(partner: Partner, name: str) -> str:
    """A word for the standards to name the team by, which no other team has."""
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "team"
    base = words[: SLUG - 4] if words.startswith(partner.slug) else f"{partner.slug}-{words}"[: SLUG - 4]
    taken = set(db.session.scalars(select(Team.slug).where(Team.slug.startswith(base))))
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, 999))) if slug not in taken)


def _refuse_strangers(actor: User) -> None:
    if not any(held.role == "governance" for held in actor.holdings):
        raise NotAllowed("Only the partnership's governance officers record that.")
