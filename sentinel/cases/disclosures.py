"""What of a case was disclosed outside it: to whom, under which gateway, why. Recorded once, never changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from sentinel.access.models import Partner, User
from sentinel.cases.models import GATEWAYS, Case, Disclosure
from sentinel.cases.queries import level_for
from sentinel.cases.timeline import tell
from sentinel.core import clock, cursors
from sentinel.core.cursors import Page
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotFound, Refused
from sentinel.core.viewer import current

NEWEST = (Disclosure.disclosed_at, Disclosure.id)


def record(
    *, actor: User, case: Case, to_whom: str, what: str, gateway: str, gateway_words: str = "", why: str, disclosed_at: datetime
) -> Disclosure:
    """Record that something of the case was disclosed, by the actor; the story says to whom and under which gateway.

    Refuses whoever does not see the case in full, a gateway that is none, another one without its words, and a time to come.
    """
    if level_for(current(), case.id) not in ("full", "named"):
        raise NotFound
    if gateway not in GATEWAYS:
        raise Refused("Choose the gateway it was disclosed under.", field="gateway")
    if gateway == "other" and not gateway_words.strip():
        raise Refused("Say which other gateway it was.", field="gateway_words")
    if disclosed_at > clock.now():
        raise Refused("That is still to come. Enter when it was disclosed.", field="disclosed_at")
    made = Disclosure(
        id=new_id(),
        case_id=case.id,
        reference=case.reference,
        partner_id=case.owner_partner_id,
        to_whom=to_whom.strip(),
        what=what.strip(),
        gateway=gateway,
        gateway_words=gateway_words.strip() if gateway == "other" else None,
        why=why.strip(),
        disclosed_at=disclosed_at,
        by_user=actor.id,
        recorded_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    title = f"Disclosed to {made.to_whom}: {gateway_of(made)}"
    tell(kind="disclosure", title=title, case=case, actor=actor, happened_at=disclosed_at)
    return made


def gateway_of(made: Disclosure) -> str:
    """The gateway in words."""
    return made.gateway_words or GATEWAYS[made.gateway]


def of_case(case: Case) -> list[Disclosure]:
    """What was disclosed of a case, the newest first."""
    return _whole(select(Disclosure).where(Disclosure.case_id == case.id))


def listed(partner_id: UUID | None, cursor: str | None) -> Page[Disclosure]:
    """A page of everything that was disclosed, the newest first; only of the cases of one partner where it is named."""
    return cursors.page(_chosen(partner_id), NEWEST, cursor)


def all_of(partner_id: UUID | None) -> list[Disclosure]:
    """The same, whole."""
    return _whole(_chosen(partner_id))


def partners() -> list[Partner]:
    """The partners of whose cases something was disclosed, by name."""
    disclosed = select(Disclosure.partner_id).distinct()
    return list(db.session.scalars(select(Partner).where(Partner.id.in_(disclosed)).order_by(Partner.name)))


def _chosen(partner_id: UUID | None) -> Select[Disclosure]:
    query = select(Disclosure)
    return _with_names(query.where(Disclosure.partner_id == partner_id) if partner_id else query)


def _whole(query: Select[Disclosure]) -> list[Disclosure]:
    return list(db.session.scalars(_with_names(query).order_by(*(key.desc() for key in NEWEST))))


def _with_names(query: Select[Disclosure]) -> Select[Disclosure]:
    return query.options(joinedload(Disclosure.partner), joinedload(Disclosure.discloser))
