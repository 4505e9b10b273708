"""Officers by load and lateness: who is away first, then whoever is latest. No league table: the order says who needs help."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload

from config import agreed
from sentinel.access import queries as people
from sentinel.access.models import Absence, Team, User
from sentinel.cases import states
from sentinel.cases.models import Case, CaseClock, Party
from sentinel.cases.queries import may_see_full
from sentinel.core import clock
from sentinel.core.clock import london
from sentinel.core.db import db
from sentinel.core.viewer import Viewer
from sentinel.core.worktime import working_days_between
from sentinel.desk.board_figures import LATELY, Teams, in_time, of_teams, share
from sentinel.supervision.rules import quiet_since
from sentinel.victims.models import Contact, Promise

FULL_LOAD = 50


@dataclass
class Load:
    """One officer's row; `officer` None: cases that nobody has yet."""

    officer: User | None
    team: Team | None = None
    away: Absence | None = None
    cases: int = 0
    high: int = 0
    overdue: int = 0
    oldest: datetime | None = None
    due_this_week: int = 0
    kept: int = 0
    kept_late: int = 0
    fell_due: int = 0
    quiet: int = 0

    @property
    def carries(self) -> bool:
        """Is it their part to hold cases? Supervisors stand in the list only with cases of their own."""
        return self.officer is not None and any(held.role == "practitioner" for held in self.officer.holdings)

    @property
    def name(self) -> str:
        """Whose row it is."""
        return self.officer.name if self.officer else "Nobody’s yet"

    @property
    def oldest_days(self) -> int:
        """How many working days the oldest overdue promise is late."""
        return working_days_between(london(self.oldest).date(), clock.today()) if self.oldest else 0

    @property
    def kept_words(self) -> str:
        """ "87%", or "6 of 7"."""
        return share(self.kept, self.fell_due) if self.fell_due else "none due"


def loads(teams: Sequence[Team]) -> list[Load]:
    """A row for each officer of these teams, and one for what nobody has yet, where there is any."""
    keys = [team.id for team in teams]
    found: dict[UUID | None, Load] = {}
    for team in teams:
        for officer in people.officers(team.id):
            found.setdefault(officer.id, Load(officer, team))
    for key, row in people.absences([key for key in found if key]).items():
        found[key].away = row
    _count_cases(found, keys)
    _count_promises(found, keys)
    nobody = found.pop(None, None)
    carry = [load for load in found.values() if load.cases or load.carries]
    ordered = sorted(carry, key=lambda load: (load.away is None, -load.overdue, -load.cases, load.name))
    return [*ordered, *([nobody] if nobody and nobody.cases else [])]


def end_of_week() -> datetime:
    """Midnight at the end of this week's Sunday, London."""
    today = clock.today()
    monday = today + timedelta(days=7 - today.weekday())
    return datetime.combine(monday, datetime.min.time(), clock.LONDON)


def _count_cases(found: dict[UUID | None, Load], teams: Teams) -> None:
    live = (Case.team_id.in_(teams), Case.state.in_(states.LIVE), Case.restricted.is_(False))
    silent = func.coalesce(CaseClock.last_entry_at, Case.opened_at) <= quiet_since(clock.now(), _quiet_after())
    query = select(Case.officer_id, func.count(), func.count().filter(Case.level == "high"), func.count().filter(silent))
    rows = query.outerjoin(CaseClock, CaseClock.case_id == Case.id).where(*live).group_by(Case.officer_id)
    for officer_id, n, high, quiet in db.session.execute(rows):
        load = found.get(officer_id) or found.setdefault(officer_id, Load(db.session.get(User, officer_id) if officer_id else None))
        load.cases, load.high, load.quiet = n, high, quiet


def _quiet_after() -> int:
    return agreed.current().supervision.dip_sample.quiet_after_working_days


def _count_promises(found: dict[UUID | None, Load], teams: Teams) -> None:
    now = clock.now()
    still, late = Promise.state == "open", Promise.due_at <= now
    lately = Promise.state.in_(("kept", "open")) & (Promise.due_at > now - LATELY) & late
    columns = (
        Case.officer_id,
        func.count().filter(still, late),
        func.min(Promise.due_at).filter(still, late),
        func.count().filter(still, ~late, Promise.due_at < end_of_week()),
        func.count().filter(lately, in_time()),
        func.count().filter(lately, Promise.state == "kept", ~in_time()),
        func.count().filter(lately),
    )
    query = of_teams(select(*columns), teams).outerjoin(Contact, Contact.id == Promise.kept_by).where(Case.id.is_not(None))
    for officer_id, *counts in db.session.execute(query.group_by(Case.officer_id)):
        if load := found.get(officer_id):
            load.overdue, load.oldest, load.due_this_week, load.kept, load.kept_late, load.fell_due = counts


def cases_of(viewer: Viewer, officer_id: UUID | None, teams: Teams) -> list[tuple[Case, datetime | None]]:
    """Live cases of an officer (None: of nobody yet) in these teams with their next promise; the soonest first.

    Restricted ones only for those named on them; they are counted nowhere.
    """
    due = (
        select(func.min(Promise.due_at))
        .join(Party, Party.id == Promise.party_id)
        .where(Party.case_id == Case.id, Promise.state == "open")
        .scalar_subquery()
    )
    query: Select[Case, datetime | None] = (
        select(Case, due)
        .where(Case.team_id.in_(teams), Case.state.in_(states.LIVE), or_(Case.restricted.is_(False), may_see_full(viewer)))
        .where(Case.officer_id.is_not_distinct_from(officer_id))
        .order_by(due.asc().nulls_last(), Case.opened_at)
        .options(joinedload(Case.place), joinedload(Case.team))
    )
    return [(case, due_at) for case, due_at in db.session.execute(query)]
