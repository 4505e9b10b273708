"""Making a demonstration: the partnership, its people, and as many cases as asked for."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg
from sqlalchemy import select

from config import agreed
from sentinel.access import queries
from sentinel.access.credentials import hash_password, keep_hash
from sentinel.access.models import Partner, RoleHeld, Team, User
from sentinel.access.partnership import keep_partners
from sentinel.core import clock
from sentinel.core.clock import london
from sentinel.core.db import db
from sentinel.core.reference import make as make_reference
from sentinel.demonstration import around, stories
from sentinel.demonstration.accounts import VETTED_UNTIL, VETTING_LEVEL, keep_accounts
from sentinel.demonstration.case import CaseTeller
from sentinel.demonstration.report import Staff, take, unnamed, working_moment
from sentinel.demonstration.rows import Rows
from sentinel.demonstration.telling import Teller
from sentinel.demonstration.world import VILLAGES, World
from sentinel.places.districts import keep_districts

AT_ONCE = 2_000
SHARE = {"blaby-asb": 38, "charnwood-asb": 22}
LEVELS = (("standard", 52), ("medium", 33), ("high", 15))
SPAN_DAYS = 420
FATES = (("working", 62), ("closed", 22), ("new", 9), ("decided", 7))
NEGLECTED = 0.08
# What the verbs write when a referral is made and when it ends (sentinel/referrals/service.py), for all of them at once.
SHOWN_TO_AGENCIES = """
INSERT INTO case_grant (id, party_id, grantee, level, until, reason, granted_at)
SELECT md5(f.party_id::text || f.agency_id)::uuid, f.party_id, f.agency_id, 'contact',
    max(coalesce(f.ended_at + interval '28 days', f.referred_at + interval '3650 days')), 'Referred to them', min(f.referred_at)
FROM referral f WHERE f.state <> 'held' AND NOT (f.state = 'withdrawn' AND f.contact_by IS NULL)
GROUP BY f.party_id, f.agency_id ON CONFLICT DO NOTHING
"""


class Made(NamedTuple):
    """What a demonstration holds."""

    cases: int
    people: int
    reports: int


class Plan(NamedTuple):
    """A report to take: when, and what becomes of it."""

    at: datetime
    fate: str


def partnership(password: str) -> Staff:
    """Partners, teams, accounts and their colleagues; run again, it changes nothing but the password."""
    keep_districts(agreed.current().partners)
    keep_partners(agreed.current().partners)
    accounts = {user.email: user for user in keep_accounts(password)}
    teams = {team.slug: team for team in queries.teams()}
    _colleagues(teams, hash_password(password))
    owning = {slug: team for slug, team in teams.items() if team.partner.district_code in VILLAGES and slug.endswith("-asb")}
    return Staff(
        teams=owning,
        officers={slug: [user for user in queries.officers(team.id) if _is(user, "practitioner")] for slug, team in owning.items()},
        supervisors={slug: queries.supervisors(team.id) for slug, team in owning.items()},
        call_taker=accounts["calltaker@blaby.example"],
        victim_first=db.session.scalars(select(Partner).where(Partner.slug == "victim-first")).one(),
        worker=accounts["worker@victimfirst.example"],
    )


def make(*, cases: int, seed: int, as_of: datetime, staff: Staff, connection: psycopg.Connection) -> Made:
    """Write reports that make `cases` cases, with everything that hangs on them, as they stand at `as_of`.

    Deterministic for a seed and date, keys apart. `connection` is the owner's, in a transaction with its actor set.
    """
    rows = Rows()
    world = World(seed, rows, taken={key for (key,) in connection.execute("SELECT address_key FROM place")})
    standards = agreed.current()
    teller = Teller(rows, standards, as_of)
    worker = CaseTeller(world=world, rows=rows, teller=teller, staff=staff, standards=standards, as_of=as_of)
    counted = _Counter(connection)
    worker.numbers = counted.next
    totals = [0, 0, 0]
    plans = sorted(_plans(worker, cases, as_of), key=lambda plan: plan.at)
    for number, plan in enumerate(plans, start=1):
        _one(worker, counted, plan, as_of)
        if rows.count("report") >= AT_ONCE or number == len(plans):
            totals = [total + rows.count(table) for total, table in zip(totals, ("asb_case", "person", "report"), strict=True)]
            rows.write(connection)
    connection.execute(SHOWN_TO_AGENCIES)
    counted.save()
    return Made(*totals)


def _plans(worker: CaseTeller, cases: int, as_of: datetime) -> Iterator[Plan]:
    """Reports to take, until enough of them make a case."""
    chance, made = worker.chance, 0
    while made < cases:
        fate = chance.choices([name for name, _ in FATES], [weight for _, weight in FATES])[0]
        recent = chance.random() < 0.25
        age = {"new": chance.uniform(0.02, 2.2), "closed": chance.uniform(40, SPAN_DAYS)}.get(
            fate, chance.uniform(0.3, 6 if recent else 200)
        )
        at = working_moment(worker.world, as_of - timedelta(days=age))
        yield Plan(min(at, as_of - timedelta(minutes=chance.randint(12, 900))), fate)
        made += fate in ("working", "closed")


def _one(worker: CaseTeller, counted: "_Counter", plan: Plan, as_of: datetime) -> None:
    """One report and what became of it."""
    chance, staff = worker.chance, worker.staff
    team = chance.choices(list(staff.teams), [SHARE.get(slug, 6) for slug in staff.teams])[0]
    level = chance.choices([name for name, _ in LEVELS], [weight for _, weight in LEVELS])[0] if plan.fate != "decided" else "standard"
    called = take(
        world=worker.world,
        rows=worker.rows,
        teller=worker.teller,
        staff=staff,
        standards=worker.standards,
        team=team,
        at=plan.at,
        reference=counted.next(plan.at),
        level=level,
        story=chance.choice(stories.STORIES),
    )
    if plan.fate == "new":
        unnamed(called, worker.rows, worker.world)
        if level == "high":
            around.high(worker, called, team, called.screen)
    elif plan.fate == "decided":
        worker.decide(called, team)
    else:
        unallocated = plan.at > as_of - timedelta(days=3) and chance.random() < 0.25
        officer = None if unallocated else chance.choice(staff.officers[team])
        ends_at = plan.at + (as_of - plan.at) * chance.uniform(0.3, 0.95) if plan.fate == "closed" else None
        worker.work(called, team, officer, ends_at=ends_at, neglected=chance.random() < NEGLECTED)


def _colleagues(teams: dict[str, Team], hashed: str) -> None:
    """An officer and a supervisor for every team that owns cases, and a few more where there is most to do."""
    for slug, team in teams.items():
        if not slug.endswith("-asb"):
            continue
        for name, role in stories.COLLEAGUES[slug]:
            _colleague(name, role, team, hashed)


def _colleague(name: str, role: str, team: Team, hashed: str) -> None:
    email = f"{name.lower().replace(' ', '.').replace('’', '')}@colleagues.{team.partner.slug}.example"
    if db.session.scalar(select(User.id).where(User.email == email)):
        return
    user = User(email=email, name=name, partner_id=team.partner_id, last_seen_at=clock.now())
    user.vetting_level, user.vetted_until = VETTING_LEVEL, VETTED_UNTIL
    user.holdings.append(RoleHeld(team_id=team.id, role=role))
    db.session.add(user)
    db.session.flush()
    keep_hash(user.id, hashed)


def _is(user: User, role: str) -> bool:
    return any(held.role == role for held in user.holdings)


class _Counter:
    """References in order, by London year, going on from those given out."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.last: dict[int, int] = {
            int(year): int(last) for year, last in connection.execute("SELECT year, last FROM reference_counter").fetchall()
        }

    def next(self, at: datetime) -> str:
        """The next reference of the year of `at`."""
        year = london(at).year
        self.last[year] = self.last.get(year, 0) + 1
        return make_reference(year, self.last[year])

    def save(self) -> None:
        """Keep where it stopped."""
        for year, last in self.last.items():
            self.connection.execute(
                "INSERT INTO reference_counter (year, last) VALUES (%s, %s) ON CONFLICT (year) DO UPDATE SET last = excluded.last",
                (year, last),
            )
