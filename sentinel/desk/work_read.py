"""Everything My work is made of, read in a fixed number of queries however many cases somebody has."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import joinedload, selectinload

from config import agreed
from sentinel.access.models import Absence, User
from sentinel.alerts.models import Alert, Telling
from sentinel.cases import states
from sentinel.cases.models import Action, Case, CaseClock, CaseDetail, Party, Report
from sentinel.cases.queries import full_cases, urgency, visible_reports
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.viewer import Viewer
from sentinel.interventions.models import Intervention
from sentinel.referrals.models import Referral
from sentinel.victims.models import Contact, ContactPlan, Promise

CASEWORK = ("practitioner", "supervisor")
ENDING_WITHIN = timedelta(days=28)
COMING_WITHIN = timedelta(days=14)
NOT_REACHED = ("open", "acknowledged", "accepted")
SUPERVISOR_STEP = 3
MOST_REPORTS = 50

Attempt = tuple[datetime, str]


@dataclass
class Cover:
    """Somebody whose work this person does while they are away."""

    user_id: UUID
    name: str
    until: date


@dataclass
class Desk:
    """What lies on somebody's desk: their cases and those they cover, reports to decide, and what hangs on them."""

    now: datetime
    cover: list[Cover]
    cases: list[Case]
    reports: list[Report]
    actions: list[tuple[Action, Case]]
    orders: list[Intervention]
    referrals: list[Referral]
    left_in_triage: int = 0
    tellings: list[Case] = field(default_factory=list)
    promises: dict[UUID, list[Promise]] = field(default_factory=dict)
    plans: dict[UUID, ContactPlan] = field(default_factory=dict)
    spoken: dict[UUID, datetime] = field(default_factory=dict)
    attempts: dict[UUID, list[Attempt]] = field(default_factory=dict)
    told: dict[UUID, list[str]] = field(default_factory=dict)
    reviews: dict[UUID, datetime] = field(default_factory=dict)

    @property
    def end_of_today(self) -> datetime:
        """When London's day ends."""
        return midnight(self.now)

    def covering(self, officer_id: UUID | None) -> str:
        """Whose it is, where this person only stands in."""
        return next((one.name for one in self.cover if one.user_id == officer_id), "")


def midnight(moment: datetime) -> datetime:
    """The end of the London day of a moment."""
    return datetime.combine(clock.london(moment).date() + timedelta(days=1), time(), clock.LONDON)


def read(viewer: Viewer, user: User) -> Desk:
    """The desk of this person, as far as the viewer may see it."""
    cover = _cover(user)
    people = [user.id, *(one.user_id for one in cover)]
    cases = _cases(viewer, people)
    keys = [case.id for case in cases]
    undecided, left = _undecided(viewer)
    desk = Desk(
        now=clock.now(),
        cover=cover,
        cases=cases,
        reports=[*undecided, *_owed(viewer, people)],
        actions=_actions(viewer, people),
        orders=_orders(keys),
        referrals=_referrals(keys),
        left_in_triage=left,
        tellings=_tellings(viewer, people),
    )
    _fill(desk, user)
    return desk


def _cover(user: User) -> list[Cover]:
    today = clock.today()
    rows = db.session.execute(
        select(Absence.user_id, User.name, Absence.ends_on)
        .join(User, User.id == Absence.user_id)
        .where(Absence.cover_user_id == user.id, Absence.starts_on <= today, Absence.ends_on >= today)
        .order_by(User.name)
    )
    return [Cover(*row) for row in rows]


def _cases(viewer: Viewer, people: list[UUID]) -> list[Case]:
    query = full_cases(viewer).where(Case.officer_id.in_(people), Case.state.in_(states.LIVE)).order_by(Case.opened_at, Case.id)
    return list(db.session.scalars(query.options(joinedload(Case.place), selectinload(Case.parties).joinedload(Party.person))))


def _tellings(viewer: Viewer, people: list[UUID]) -> list[Case]:
    """Cases of others whose victims the person was named to tell that they may close."""
    named = select(CaseDetail.case_id).where(CaseDetail.teller_id.in_(people))
    query = full_cases(viewer).where(Case.id.in_(named), Case.state == "closure_proposed", Case.officer_id.not_in(people))
    return list(db.session.scalars(query.options(joinedload(Case.place), selectinload(Case.parties).joinedload(Party.person))))


def _undecided(viewer: Viewer) -> tuple[list[Report], int]:
    """Reports of the person's teams to decide, the most pressing of them, and how many more there are in triage."""
    teams = [team_id for role, team_id in viewer.roles_by_team if role in CASEWORK]
    query = visible_reports(viewer).where(Report.state == "received", Report.team_id.in_(teams))
    found = _with_people(query.order_by(urgency(), Report.received_at, Report.id).limit(MOST_REPORTS))
    if len(found) < MOST_REPORTS:
        return found, 0
    return found, (db.session.scalar(select(func.count()).select_from(query.subquery())) or 0) - len(found)


def _owed(viewer: Viewer, people: list[UUID]) -> list[Report]:
    """Reports the person decided whose people have not been told everything yet."""
    owed = exists().where(Party.report_id == Report.id, Promise.party_id == Party.id, Promise.state == "open")
    mine = Report.state.in_(("signposted", "no_further_action")), Report.triaged_by.in_(people), owed
    return _with_people(visible_reports(viewer).where(*mine).order_by(Report.received_at, Report.id))


def _with_people(query: Select[Report]) -> list[Report]:
    parties = selectinload(Report.parties)
    return list(
        db.session.scalars(query.options(joinedload(Report.place), parties.joinedload(Party.person), parties.joinedload(Party.detail)))
    )


def _actions(viewer: Viewer, people: list[UUID]) -> list[tuple[Action, Case]]:
    query = (
        full_cases(viewer)
        .join(Action, Action.case_id == Case.id)
        .add_columns(Action)
        .where(Action.owner_id.in_(people), Action.done_at.is_(None), Action.due_at <= clock.now() + COMING_WITHIN)
        .order_by(Action.due_at, Action.id)
        .options(joinedload(Case.place), selectinload(Case.parties).joinedload(Party.person))
    )
    return [(action, case) for case, action in db.session.execute(query).unique()]


def _orders(keys: list[UUID]) -> list[Intervention]:
    ending = Intervention.ends_on <= clock.today() + ENDING_WITHIN
    query = select(Intervention).where(Intervention.case_id.in_(keys), Intervention.state.in_(("in_force", "breached")), ending)
    return list(db.session.scalars(query.order_by(Intervention.ends_on, Intervention.id)))


def _referrals(keys: list[UUID]) -> list[Referral]:
    query = select(Referral).where(Referral.case_id.in_(keys), Referral.state.in_(NOT_REACHED), Referral.contact_by.is_not(None))
    return list(db.session.scalars(query.options(joinedload(Referral.agency)).order_by(Referral.contact_by)))


def _fill(desk: Desk, user: User) -> None:
    parties = [party.id for case in (*desk.cases, *desk.tellings) for party in case.parties] + [
        party.id for report in desk.reports for party in report.parties
    ]
    desk.promises = _promises(parties)
    desk.plans = {plan.party_id: plan for plan in db.session.scalars(select(ContactPlan).where(ContactPlan.party_id.in_(parties)))}
    desk.spoken = _spoken(parties)
    desk.attempts = _attempts(parties)
    desk.told = _told((promise.id for group in desk.promises.values() for promise in group if promise.due_at <= desk.now), user)
    reviews = select(CaseClock.case_id, CaseClock.next_review_at).where(CaseClock.case_id.in_([case.id for case in desk.cases]))
    desk.reviews = {case_id: due for case_id, due in db.session.execute(reviews) if due}


def _promises(parties: list[UUID]) -> dict[UUID, list[Promise]]:
    found: dict[UUID, list[Promise]] = defaultdict(list)
    query = select(Promise).where(Promise.party_id.in_(parties), Promise.state == "open").order_by(Promise.due_at, Promise.id)
    for promise in db.session.scalars(query):
        found[promise.party_id].append(promise)
    return found


def _spoken(parties: list[UUID]) -> dict[UUID, datetime]:
    """When each was last reached by somebody who works the case; the call in which it was reported is not that."""
    reached = (Contact.outcome == "reached", Contact.at_intake.is_(False), Contact.party_id.in_(parties))
    rows = db.session.execute(select(Contact.party_id, func.max(Contact.occurred_at)).where(*reached).group_by(Contact.party_id))
    return dict(rows.all())


def _attempts(parties: list[UUID]) -> dict[UUID, list[Attempt]]:
    """Attempts since the earliest promise that is still open."""
    found: dict[UUID, list[Attempt]] = defaultdict(list)
    rows = db.session.execute(
        select(Contact.party_id, Contact.occurred_at, Contact.channel)
        .where(Contact.party_id.in_(parties), Contact.direction == "out", Contact.outcome.in_(("attempt", "failed")), _since_promised())
        .order_by(Contact.occurred_at)
    )
    for party_id, when, channel in rows:
        found[party_id].append((when, channel))
    return found


def _since_promised() -> ColumnElement[bool]:
    return exists().where(Promise.party_id == Contact.party_id, Promise.state == "open", Promise.starts_at <= Contact.occurred_at)


def _told(overdue: Iterable[UUID], user: User) -> dict[UUID, list[str]]:
    """By promise, who above the officer has been told that it is late."""
    trigger = agreed.current().triggers.watching("promise_open")
    found: dict[UUID, list[str]] = defaultdict(list)
    if trigger is None:
        return found
    rows = db.session.execute(
        select(Alert.subject_id, User.name)
        .join(Telling, Telling.alert_id == Alert.id)
        .join(User, User.id == Telling.user_id)
        .where(Alert.trigger_key == trigger.key, Alert.closed_at.is_(None), Alert.subject_id.in_(list(overdue)))
        .where(Telling.step >= SUPERVISOR_STEP, User.id != user.id)
        .order_by(Telling.told_at, User.name)
    )
    for promise_id, name in rows:
        if name not in found[promise_id]:
            found[promise_id].append(name)
    return found
