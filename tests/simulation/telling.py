"""Alerts as rules.md has them ("Alerts"): which facts are watched, who is told at which step, what closes them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache

from tests.simulation.matters import Case, Party, Promise, Report
from tests.unit import reckoner

Moments = tuple[datetime, ...]
STEPS: dict[str, tuple[str, ...]] = {
    "promise": ("officer", "officer", "supervisor", "manager"),
    "high_risk": ("supervisor",),
    "not_screened": ("officer", "supervisor", "manager"),
    "not_triaged": ("officer", "supervisor", "manager"),
    "supervision_review": ("supervisor", "supervisor", "manager"),
    "full_assessment": ("officer", "officer", "supervisor", "manager"),
    "reassessment": ("officer", "officer", "supervisor", "manager"),
    "no_activity": ("officer", "supervisor", "manager"),
    "repeat_victim": ("officer", "supervisor"),
    "may_apply": ("supervisor",),
    "hearing": ("officer", "supervisor"),
    "safeguarding": ("officer", "supervisor", "manager"),
}


def opening(due: datetime) -> datetime:
    """09:00 on the working day before, whenever it was made."""
    return reckoner.opening(reckoner.nth_working_day(due.astimezone(reckoner.LONDON).date(), -1))


WHEN: dict[str, Callable[[datetime], Moments]] = {
    "high_risk": lambda since: (since,),
    "not_screened": lambda since: _late(reckoner.working_hours(since, 4), 1, 3),
    "not_triaged": lambda since: _late(reckoner.working_days(since, 1), 1, 3),
    "supervision_review": lambda due: (opening(due), due, reckoner.after(due, 1)),
    "full_assessment": lambda due: (opening(due), *_late(due, 1, 3)),
    "reassessment": lambda due: (opening(due), *_late(due, 1, 3)),
    "no_activity": lambda since: _late(reckoner.working_days(since, 20), 5, 10),
    "may_apply": lambda since: (since,),
    "repeat_victim": lambda since: (since, reckoner.after(since, 1)),
    "hearing": lambda since: (since, reckoner.after(since, 3)),
    "safeguarding": lambda since: _in_hours(reckoner.working_hours(since, 1), 3, 24),
}
AT_ONCE = ("high_risk", "safeguarding")


@cache
def moments(trigger: str, since: datetime) -> Moments:
    """When the steps of a fact that counts from `since` are reached: the reckoner is slow, and asked again after every step."""
    return WHEN[trigger](since)


def _late(due: datetime, supervisor: int, manager: int) -> Moments:
    return due, reckoner.after(due, supervisor), reckoner.after(due, manager)


def _in_hours(due: datetime, supervisor: int, manager: int) -> Moments:
    return due, due + timedelta(hours=supervisor), due + timedelta(hours=manager)


@dataclass(frozen=True)
class Person:
    """Somebody with an account: their team and role."""

    email: str
    role: str
    team: str


@dataclass(frozen=True)
class Absence:
    """Somebody is away, both days included, and who stands in."""

    who: str
    first: date
    last: date
    cover: str | None


@dataclass(frozen=True)
class Duty:
    """Somebody is on duty for a team."""

    who: str
    team: str
    begins: datetime
    ends: datetime


@dataclass
class Fact:
    """Something a trigger watches that is so: since when, and on what."""

    trigger: str
    subject: str
    since: datetime
    report: Report | None = None
    case: Case | None = None

    def step(self, at: datetime) -> int:
        """How far it has got."""
        return max((n for n, moment in enumerate(moments(self.trigger, self.since), 1) if moment <= at), default=0)


@dataclass
class Alert:
    """One open alert per fact; its step only rises."""

    trigger: str
    subject: str
    step: int
    opened: datetime
    urgent: bool
    about: Promise | None = None
    report: Report | None = None
    case: Case | None = None
    place: tuple[str | None, str, str | None] = (None, "", None)
    passed: list[int] = field(default_factory=list)
    closed: datetime | None = None
    told: set[tuple[int, str]] = field(default_factory=set)

    def now_at(self) -> tuple[str | None, str, str | None]:
        """The case, team and officer it belongs to at present."""
        matter = (self.report.case or self.report) if self.report else self.case
        assert matter is not None
        if isinstance(matter, Case):
            return matter.name, matter.team, matter.officer
        return None, matter.team, None


class Teams:
    """Who works where, who is away, who is on duty, and so who hears."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.people = {one.email: one for one in people}
        self.absences: list[Absence] = []
        self.duties: list[Duty] = []

    def away(self, who: str, at: datetime) -> Absence | None:
        """The absence somebody is in."""
        day = at.astimezone(reckoner.LONDON).date()
        return next((one for one in self.absences if one.who == who and one.first <= day <= one.last), None)

    def holding(self, role: str, team: str | None = None) -> list[str]:
        """Everybody in a role, in a team; managers in all teams of the partner, which is the first word of the team's name."""
        near = [one for one in self.people.values() if one.role == role]
        if role == "service_manager" and team:
            return [one.email for one in near if one.team.split("-")[0] == team.split("-")[0]]
        return [one.email for one in near if team is None or one.team == team]

    def on_duty(self, team: str, at: datetime) -> list[str]:
        """Whoever is duty supervisor of the team at that minute."""
        return [one.who for one in self.duties if one.team == team and one.begins <= at < one.ends]

    def hears(self, who: str, team: str, officer: str | None, at: datetime) -> set[str]:
        """The first of the chain with anybody there to read it: never nobody, never, as a superior, the one it is about."""
        supervisors, duty = self.holding("supervisor", team), self.on_duty(team, at)
        managers, governance = self.holding("service_manager", team), self.holding("governance")
        absence = self.away(officer, at) if officer else None
        cover = [absence.cover] if absence and absence.cover else []
        chains = {
            "officer": [cover, duty, supervisors, managers, governance],
            "supervisor": [supervisors, duty, managers, governance],
            "manager": [managers, governance],
            "duty": [duty],
        }
        if who == "officer" and officer and not absence:
            return {officer}
        for group in chains[who]:
            if there := {one for one in group if one != officer and not self.away(one, at)}:
                return there
        return set() if who == "duty" else set(self.holding("local_admin")) | set(self.holding("information_officer"))


class Alerts:
    """All alerts there have been, and what was told at the last step."""

    def __init__(self, teams: Teams) -> None:
        self.teams = teams
        self.open: dict[tuple[str, str], Alert] = {}
        self.promised: dict[int, Alert] = {}
        self.closed: list[Alert] = []
        self.told: list[tuple[str, str, int, str, str]] = []

    def raise_promise(self, promise: Promise, label: str, at: datetime) -> None:
        """Straight to the highest step that has passed; what is enhanced, or has become so, and is overdue cannot wait."""
        step = promise.reached(at)
        if step <= promise.step:
            return
        promise.step = step
        urgent = "enhanced" in (promise.klass, promise.party.klass) and step >= 2
        alert = self.promised.get(id(promise))
        if alert is None:
            alert = self.promised[id(promise)] = Alert("promise", label, 0, at, urgent, promise, promise.party.report)
        self._rise(alert, step, urgent, at)

    def raise_fact(self, fact: Fact, at: datetime) -> None:
        """The same for a fact. What AT_ONCE names cannot wait; the others go into the digest."""
        step, key = fact.step(at), (fact.trigger, fact.subject)
        alert = self.open.get(key)
        if step == 0 or (alert and step <= alert.step):
            return
        if alert is None:
            alert = self.open[key] = Alert(*key, 0, at, False)
        alert.report, alert.case = fact.report, fact.case
        self._rise(alert, step, fact.trigger in AT_ONCE, at)

    def _rise(self, alert: Alert, step: int, urgent: bool, at: datetime) -> None:
        passed = list(range(alert.step + 1, step))
        alert.passed += passed
        alert.step, alert.urgent, alert.place = step, alert.urgent or urgent, alert.now_at()
        self.tell(alert, at, skipped=bool(passed))

    def tell(self, alert: Alert, at: datetime, *, skipped: bool = False) -> None:
        """Tell the people of the step, once each; the officer too where a step was passed; out of hours, what cannot wait, duty."""
        _, team, officer = alert.place
        whos = {STEPS[alert.trigger][alert.step - 1]}
        if skipped and "officer" in STEPS[alert.trigger]:
            whos.add("officer")
        if alert.urgent and not reckoner.at_work(at):
            whos.add("duty")
            if alert.trigger == "high_risk" and not self.teams.hears("duty", team, officer, at):
                whos.add("manager")
        for email in sorted(set().union(*(self.teams.hears(who, team, officer, at) for who in whos))):
            if (alert.step, email) not in alert.told:
                alert.told.add((alert.step, email))
                self.told.append((alert.trigger, alert.subject, alert.step, email, "now" if alert.urgent else "digest"))

    def follow(self, at: datetime, those: Callable[[Alert], bool] = lambda alert: True) -> None:
        """What changed hands is told, where it stands, to whoever has it now."""
        for alert in [*self.promised.values(), *self.open.values()]:
            if those(alert) and alert.place != alert.now_at():
                alert.place = alert.now_at()
                self.tell(alert, at)

    def close_promises(self, at: datetime) -> None:
        """Only the end of a promise closes its alert, at once."""
        for key, alert in list(self.promised.items()):
            if alert.about and alert.about.state != "open":
                alert.closed = at
                self.closed.append(self.promised.pop(key))

    def close_fact(self, key: tuple[str, str], at: datetime) -> None:
        """The fact has ended."""
        alert = self.open.pop(key)
        alert.closed = at
        self.closed.append(alert)


def months_before(moment: datetime, months: int) -> datetime:
    """The same hour in London so many calendar months earlier, or the last day of that month."""
    here = moment.astimezone(reckoner.LONDON).replace(tzinfo=None)
    year, month = divmod(here.year * 12 + here.month - 1 - months, 12)
    day = here.day
    while True:
        try:
            return here.replace(year=year, month=month + 1, day=day).replace(tzinfo=reckoner.LONDON).astimezone(reckoner.UTC)
        except ValueError:
            day -= 1


def repeats(reports: Iterable[Report], person: str, at: datetime) -> Report | None:
    """The latest report of a victim of two distinct incidents within six calendar months, unless the risk was assessed since."""
    own = [one for one in reports if one.state != "withdrawn" and one.received <= at and _victim(one, person)]
    if not own:
        return None
    latest = max(own, key=lambda one: one.received)
    near = {one.incident or one.name for one in own if one.received > months_before(latest.received, 6)}
    parties: list[Party] = [party for report in reports for party in report.parties if party.person == person]
    since = any(look.kind == "full" and look.at >= latest.received for party in parties for look in party.assessments)
    return latest if len(near) >= 2 and latest.received > months_before(at, 6) and not since else None


def _victim(report: Report, person: str) -> bool:
    return any(party.person == person and party.role == "victim" for party in report.parties)
