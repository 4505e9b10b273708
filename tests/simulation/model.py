"""What should be so after each step: rules.md a second time, in plain Python over plain data, sharing nothing with Sentinel's rules.

Held in full: every promise of the kinds that verbs make (what, since when, due when, steps, class, state, by which contact),
classes and levels, high episodes with their five things, supervision reviews, the invariant. Of the triggers: promises, high risk,
not screened, not triaged, full assessment and reassessment due, supervision review, nothing entered for 20 working days, repeat
victim, may ask for a case review, hearing near, safeguarding prompt unanswered; with who is told at which step. Of every other
trigger only that somebody is told of each alert, in the sweeps that watch them.

Left out: automatic messages (an acknowledgement is read out on the line or not promised); merged people; restricted cases; when
the other triggers open and close (interventions, referrals, actions, messages, repeat location, people and agreements); digests.
Three things follow the code because rules.md is silent: out of hours what cannot wait also goes to whoever is on duty, an alert
that changed hands is told, where it stands, to whoever has it now, and the case review is promised once in the months that count.
Others are named where they stand: hearing.py, holding.py.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.simulation import caring, coding, hearing, holding, reporting, risking, telling, working
from tests.simulation.matters import LIVE, Against, Case, Contact, Gone, Hearing, Party, Promise, Report, Standards, Step, there
from tests.simulation.telling import Alerts, Fact, Teams
from tests.unit import reckoner

CALL_TAKER = "calltaker@blaby.example"


class Model:
    """Everything that is so."""

    def __init__(self, people: list[telling.Person]) -> None:
        self.teams = Teams(people)
        self.alerts = Alerts(self.teams)
        self.reports: dict[str, Report] = {}
        self.cases: dict[str, Case] = {}
        self.parties: dict[str, Party] = {}
        self.contacts: dict[str, Contact] = {}
        self.hearings: dict[str, Hearing] = {}
        self.standards = Standards()
        self.now = datetime.min.replace(tzinfo=reckoner.UTC)

    def do(self, step: Step) -> None:
        """Let a step happen. Raises Against where the rules refuse it, Gone where it speaks of what never was; then nothing changes."""
        self.now, self.alerts.told = step.at, []
        if step.verb == "sweep":
            return self.sweep(**step.about)
        verb = next(getattr(room, step.verb) for room in (reporting, caring, working, hearing, holding, coding) if hasattr(room, step.verb))
        verb(self, **step.about)
        return self.alerts.close_promises(step.at)

    # --- Who and what a step speaks of ---------------------------------------------------------------------------

    def report_of(self, name: str) -> Report:
        """A report by its name."""
        return there(self.reports, name)

    def party_of(self, name: str) -> Party:
        """A party by its name."""
        return there(self.parties, name)

    def case_of(self, name: str) -> Case:
        """A case by the report it was opened from."""
        return there(self.cases, name)

    def live_case(self, name: str) -> Case:
        """A case that goes on: nothing is done about one that is closed."""
        case = self.case_of(name)
        if case.state not in LIVE:
            raise Against
        return case

    def actor(self, role: str, matter: Report | Case) -> str:
        """Who does it: the officer (or a practitioner of the team), or a supervisor of the team who is not the officer."""
        officer = matter.officer if isinstance(matter, Case) else None
        if role == "officer":
            return officer or self.teams.holding("practitioner", matter.team)[0]
        return next(one for one in self.teams.holding("supervisor", matter.team) if one != officer)

    def promise_of(self, party: str, kind: str) -> Promise:
        """The soonest open promise of a kind."""
        found = next((one for one in self.party_of(party).open if one.kind == kind), None)
        if found is None:
            raise Gone
        return found

    def who(self, step: Step) -> dict[str, str]:
        """Who the officer and the supervisor of what a step speaks of are, before it happens."""
        about = step.about
        name = about.get("case") or about.get("report") or about.get("matter") or about.get("party") or (about.get("reports") or [""])[0]
        if made := self.contacts.get(about.get("contact", "")):
            name = made.party.name
        report = self.reports.get(name.split("/")[0])
        if report is None:
            return {}
        matter = self.cases.get(name) or report.matter
        return {role: self.actor(role, matter) for role in ("officer", "supervisor")} | {"call_taker": CALL_TAKER}

    def matter_of(self, party: Party) -> list[Party]:
        """The parties of the same person on the same case or, undecided, report."""
        return [one for one in party.report.matter.parties if one.person == party.person]

    def entered(self, report: Report) -> None:
        """Somebody entered something: the case, where there is one, is not quiet."""
        if report.case:
            report.case.entered = self.now

    # --- The sweep -----------------------------------------------------------------------------------------------

    def sweep(self, **_how: Any) -> None:
        """Whatever has reached a step is told; what has ended is closed; however often it is begun, and by however many."""
        for party in self.parties.values():
            for promise in party.open:
                self.alerts.raise_promise(promise, label(promise), self.now)
        facts = {(fact.trigger, fact.subject): fact for fact in self.facts() if fact.step(self.now)}
        for fact in facts.values():
            self.alerts.raise_fact(fact, self.now)
        for key in [key for key in self.alerts.open if key not in facts]:
            self.alerts.close_fact(key, self.now)
        self.alerts.follow(self.now)

    def facts(self) -> Iterator[Fact]:
        """Everything watched that is so now."""
        for report in self.reports.values():
            yield from _of_report(report)
        for case in self.cases.values():
            yield from _of_case(case)
        for party in self.parties.values():
            yield from _of_party(party)
        for person in dict.fromkeys(party.person for party in self.parties.values()):
            if latest := telling.repeats(self.reports.values(), person, self.now):
                yield Fact("repeat_victim", person, latest.received, latest)
        for one in self.hearings.values():
            if unprepared := hearing.unprepared(one):
                yield Fact("hearing", one.name, min(unprepared), case=one.case)

    def unheld(self) -> list[str]:
        """Victims we can contact who have no open promise with a date: there must be none, in the model too."""
        return [party.name for party in self.parties.values() if party.owed and not party.open]


def _of_report(report: Report) -> Iterator[Fact]:
    if report.unsafe and report.state != "withdrawn":
        yield Fact("safeguarding", report.name, report.received, report)
    if report.state == "received":
        yield Fact("not_triaged", report.name, report.received, report)
        if not report.screened and any(party.role == "victim" for party in report.parties):
            yield Fact("not_screened", report.name, report.received, report)


def _of_case(case: Case) -> Iterator[Fact]:
    if case.state in LIVE:
        yield Fact("no_activity", case.name, case.entered, case=case)
        if case.reassess:
            yield Fact("reassessment", case.name, case.reassess, case=case)


def _of_party(party: Party) -> Iterator[Fact]:
    if party.assess_by and party.live:
        yield Fact("full_assessment", party.name, party.assess_by, party.report)
    if party.live and (asks := [one.starts for one in party.open if one.kind == "may_apply"]):
        yield Fact("may_apply", party.name, min(asks), party.report)
    if episode := party.episode:
        if not any(review.done for review in episode.reviews):
            yield risking.unseen(party, episode)
        review = episode.reviews[-1]
        yield Fact("supervision_review", f"{party.name} {episode.number}.{review.number}", review.due, party.report)


def label(promise: Promise) -> str:
    """A promise by what can be read of it on both sides."""
    return f"{promise.party.name} {promise.kind} {promise.starts:%Y-%m-%d %H:%M} {promise.made:%Y-%m-%d %H:%M} {promise.due:%Y-%m-%d %H:%M}"
