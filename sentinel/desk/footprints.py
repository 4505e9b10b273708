"""Who looked at a case, when and why; and who sees it that would not otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from sentinel.access.models import User
from sentinel.audit.models import AuditEntry
from sentinel.cases import service
from sentinel.cases.models import Case, CaseGrant
from sentinel.core import clock
from sentinel.core.cursors import Page, page
from sentinel.core.db import among, db

TOGETHER = timedelta(minutes=30)
A_LONG_TIME = timedelta(days=730)
KIND_WORDS = {"look": "Looked", "search": "Shown somebody of it by a search", "export": "Exported"}
HEADLINE = "asb_case"


@dataclass(frozen=True)
class Footprint:
    """One visit: looks of one person within half an hour of each other."""

    name: str
    partner: str
    what: str
    why: str
    first: datetime
    last: datetime
    times: int


@dataclass(frozen=True)
class Share:
    """Somebody who sees the case because it was shown to them."""

    id: UUID
    name: str
    level: str
    reason: str
    ends: datetime | None
    asks: bool


def of_case(case: Case, cursor: str | None) -> Page[Footprint]:
    """A page of the record, newest first: looks at the case, and searches and exports that showed people of it.

    The record of changes is not part of it: that is the timeline.
    """
    shown = AuditEntry.id == among(select(func.audit_showing(case.id)))
    looked = select(AuditEntry).where(or_(and_(AuditEntry.case_id == case.id, AuditEntry.kind.in_(KIND_WORDS)), shown))
    found: Page[AuditEntry] = page(looked, (AuditEntry.at_us, AuditEntry.id), cursor)
    return Page(_visits(case, found.rows), found.further, found.nearer)


def shares(case: Case) -> list[Share]:
    """Who was shown the case and still sees it, by name."""
    on_case = or_(CaseGrant.case_id == case.id, CaseGrant.party_id.in_([party.id for party in case.parties]))
    rows = db.session.scalars(select(CaseGrant).where(on_case, CaseGrant.until > clock.now())).all()
    names, strangers = service.names_of(rows), _strangers(case, rows)
    return sorted((_shared(row, names, strangers) for row in rows), key=lambda share: (share.name, share.level))


def _shared(row: CaseGrant, names: dict[UUID, str], strangers: set[UUID]) -> Share:
    """A grant of ten years is one without an end; one that another partner's people opened asks the owner for an answer."""
    name = names.get(row.grantee, "Somebody no longer here")
    asks = row.level == "full" and row.answered_at is None and row.granted_by in strangers
    ends = None if row.until > clock.now() + A_LONG_TIME else row.until
    return Share(row.id, name, "emergency" if row.break_glass_id else row.level, row.reason, ends, asks)


def _strangers(case: Case, rows: Sequence[CaseGrant]) -> set[UUID]:
    """Who of those that opened a view works for another partner."""
    makers = {row.granted_by for row in rows if row.granted_by}
    return set(db.session.scalars(select(User.id).where(User.id.in_(makers), User.partner_id != case.owner_partner_id)))


def _visits(case: Case, rows: Sequence[AuditEntry]) -> list[Footprint]:
    people = _people(rows)
    grants = db.session.scalars(select(CaseGrant).where(CaseGrant.case_id == case.id)).all()
    visits: list[Footprint] = []
    for (actor, kind, headline), group in groupby(rows, key=lambda row: (row.actor, row.kind, row.table_name == HEADLINE)):
        person = people.get(actor)
        for row in group:
            at = datetime.fromtimestamp(row.at_us / 1_000_000, UTC)
            what = f"{KIND_WORDS[kind]}, headline only" if headline else KIND_WORDS[kind]
            why = row.authority or ("" if row.case_id is None else _why(case, person, grants, at, headline))
            one = Footprint(*_named(person, actor), what, why, at, at, 1)
            visits = _together(visits, one)
    return visits


def _together(visits: list[Footprint], one: Footprint) -> list[Footprint]:
    """Newest first, so `one` is the earlier look."""
    last = visits[-1] if visits else None
    same = last and (last.name, last.what, last.why) == (one.name, one.what, one.why) and last.first - one.last <= TOGETHER
    if last and same:
        return [*visits[:-1], replace(last, first=one.first, times=last.times + 1)]
    return [*visits, one]


def _people(rows: Sequence[AuditEntry]) -> dict[str, User]:
    wanted = {UUID(row.actor) for row in rows if ":" not in row.actor and len(row.actor) == 36}
    return {str(user.id): user for user in db.session.scalars(select(User).where(User.id.in_(wanted)))}


def _named(person: User | None, actor: str) -> tuple[str, str]:
    if person:
        return person.name, person.partner.name
    return ("Sentinel itself", actor.removeprefix("system:")) if ":" in actor else ("Somebody no longer here", "")


def _why(case: Case, person: User | None, grants: Sequence[CaseGrant], at: datetime, headline: bool) -> str:
    if person is None:
        return ""
    if person.id == case.officer_id:
        return "Officer of the case"
    mine = {person.id, person.partner_id, *(held.team_id for held in person.holdings)}
    given = [grant for grant in grants if grant.grantee in mine]
    if given and not headline:
        # The record keeps the machine's own time, grants a demonstration's: the one in force then, else the latest.
        return max(given, key=lambda grant: (grant.granted_at <= at < grant.until, grant.granted_at)).reason
    if person.partner_id == case.owner_partner_id and not headline:
        return "Works for the owner"
    return "May see headlines"
