"""What should be so after each step: rules.md a second time, in plain Python over plain data, sharing nothing with Sentinel's rules.

Held in full: every promise of the kinds that verbs make (what, since when, due when, steps, class, state, by which contact),
classes and levels, high episodes with their five things, supervision reviews, the invariant. Of the triggers: promises, high risk,
not screened, not triaged, supervision review, nothing entered for 20 working days, repeat victim; with who is told at which step.

Left out: promises about hearings; automatic messages (an acknowledgement is read out on the line or not promised);
representatives; merged people; restricted cases; the other triggers (full assessment, reassessment, interventions, referrals,
actions, safeguarding, messages, repeat location, people and agreements); digests. Two things follow the code because rules.md is
silent: out of hours what cannot wait also goes to whoever is on duty, and an alert that changed hands is told, where it
stands, to whoever has it now. Kinds that are not merged yet stand behind the switches below.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from tests.simulation import promising, telling
from tests.simulation.matters import LIVE, RANK, Against, Assessment, Case, Contact, Episode, Gone, Party, Promise, Report, Review, Step
from tests.simulation.promising import make, never_without, tighten
from tests.simulation.telling import Absence, Alerts, Duty, Fact, Teams
from tests.unit import reckoner

# Made when closing is proposed; on the second distinct incident within six calendar months; when the threshold is reached.
CLOSURE = False
EXPLAIN_REVIEW = False
MAY_APPLY = False

CALL_TAKER = "calltaker@blaby.example"
FINAL_WITHIN = timedelta(days=7)  # sentinel/desk/closing.py: rules.md says "final assessment" alone
MOST_WORKING_DAYS = 60


class Model:
    """Everything that is so."""

    def __init__(self, people: list[telling.Person]) -> None:
        self.teams = Teams(people)
        self.alerts = Alerts(self.teams)
        self.reports: dict[str, Report] = {}
        self.cases: dict[str, Case] = {}
        self.parties: dict[str, Party] = {}
        self.contacts: dict[str, Contact] = {}
        self.now = datetime.min.replace(tzinfo=reckoner.UTC)

    def do(self, step: Step) -> None:
        """Let a step happen. Raises Against where the rules refuse it, Gone where it speaks of what never was; then nothing changes."""
        self.now, self.alerts.told = step.at, []
        getattr(self, step.verb)(**step.about)
        if step.verb != "sweep":
            self.alerts.close_promises(step.at)

    # --- Who and what a step speaks of ---------------------------------------------------------------------------

    def report_of(self, name: str) -> Report:
        """A report by its name."""
        return _there(self.reports, name)

    def party_of(self, name: str) -> Party:
        """A party by its name."""
        return _there(self.parties, name)

    def case_of(self, name: str) -> Case:
        """A case by the report it was opened from."""
        return _there(self.cases, name)

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

    # --- Reports -------------------------------------------------------------------------------------------------

    def take(
        self, *, name: str, received: datetime, by: str, team: str, people: list[dict[str, Any]], level: str | None, told: bool
    ) -> None:
        """A report: each victim is screened, then promised; domestic abuse goes another way, and promises nothing."""
        report = self.reports[name] = Report(name, received, team, taken_by=by)
        for values in people:
            party = Party(name=f"{name}/{values['role']}", report=report, **{k: v for k, v in values.items() if k != "calling"})
            report.parties.append(party)
            self.parties[party.name] = party
        victims = [party for party in report.parties if party.role == "victim"]
        if level:
            report.screened = True
            for party in victims:
                self._look(party, "screen", level, level)
        for party in report.parties:
            self._promise_report(party, told and any(v["role"] == party.role and v["calling"] for v in people))
        for party in victims:
            self._repeat(party)

    def _promise_report(self, party: Party, told: bool) -> None:
        received = party.report.received
        if party.role == "reporter" and party.contactable:
            make(party, "passed_on", received, self.now)
        if not party.owed:
            return
        if told:
            acknowledged = make(party, "acknowledge", received, self.now)
            acknowledged.state, acknowledged.kept_by = "kept", f"{party.report.name}/call"
        if promising.call_needed(party.klass, received):
            make(party, "safety_call", received, self.now)
        make(party, "first_contact", received, self.now)

    def _repeat(self, party: Party) -> None:
        own = [one for one in self.reports.values() if one.state != "withdrawn" and any(p.person == party.person for p in one.parties)]
        near = {one.incident or one.name for one in own if one.received > telling.months_before(party.report.received, 6)}
        if EXPLAIN_REVIEW and len(near) >= 2 and party.owed:
            make(party, "explain_review", self.now, self.now)
        within = {one.incident or one.name for one in own if one.received > telling.months_before(party.report.received, 6)}
        if MAY_APPLY and (len(within) >= 3 or party.hate) and party.owed:
            make(party, "may_apply", self.now, self.now)

    def open_case(self, *, report: str, by: str) -> None:
        """A case of its own: from now on it is kept in touch with, counted from the report."""
        one = self._undecided(report)
        case = self.cases[report] = Case(report, one.team, self.actor(by, one), self.now, self.now)
        self._on_case(one, case, "opened")

    def join(self, *, report: str, case: str, by: str) -> None:
        """To a case of the same team that goes on; one proposed for closing is open again."""
        one, to = self._undecided(report), self.case_of(case)
        if to.state not in LIVE or to.team != one.team:
            raise Against
        self._on_case(one, to, "joined")
        to.state, to.proposed = "open", None

    def _undecided(self, name: str) -> Report:
        report = self.report_of(name)
        if report.state != "received":
            raise Against
        return report

    def _on_case(self, report: Report, case: Case, state: str) -> None:
        report.state, report.case = state, case
        case.reports.append(report)
        self._enter(report)
        for party in report.parties:
            never_without(party, report.received, self.now)

    def decide(self, *, report: str, how: str, by: str) -> None:
        """Signposted or no further action: what is promised becomes "told what was decided", by the date they have. Withdrawn: ended."""
        one = self._undecided(report)
        one.state = how
        for party in one.parties:
            if how == "withdrawn":
                _end(party.open)
            elif party.role == "victim" and (still := party.open):
                latest = min((promise.due for promise in still if promise.kind != "acknowledge"), default=None)
                make(party, "decision", self.now, self.now, latest=latest)
                _end(still)

    def link(self, *, reports: list[str], by: str) -> None:
        """Reports of one incident, counted once."""
        ones = [self.report_of(name) for name in reports]
        if any(one.state == "withdrawn" for one in ones) or len({one.team for one in ones}) > 1:
            raise Against
        known = {one.incident for one in ones if one.incident}
        if len(known) == 1 and all(one.incident for one in ones):
            raise Against
        same = [one for one in self.reports.values() if one in ones or (one.incident and one.incident in known)]
        incident = min(known, default=f"incident {len({one.incident for one in self.reports.values()}):04}")
        for one in same:
            if one.incident != incident:
                one.incident = incident
                self._enter(one)

    # --- Contacts and promises -----------------------------------------------------------------------------------

    def contact(
        self, *, name: str, party: str, at: datetime, channel: str, direction: str, outcome: str, covers: list[str], by: str
    ) -> None:
        """A contact or an attempt; nobody reaches out to somebody who is hidden, or by a way the plan says is unsafe."""
        one = self.party_of(party)
        unsafe = (channel == "phone" and not one.reachable) or (channel == "text" and not one.texts)
        if direction == "out" and (one.hidden or unsafe):
            raise Against
        about = tuple(covers) if outcome != "attempt" else ()
        made = self.contacts[name] = Contact(name, one, at, channel, direction, outcome, about, practitioner=by != "call_taker")
        self._enter(one.report)
        promising.keep(made, one.report.matter.parties, self.now)

    def arrived(self, *, contact: str) -> None:
        """A message on its way is delivered."""
        made = _there(self.contacts, contact)
        if made.outcome != "one_way_sent":
            raise Against
        made.outcome = "delivered"
        promising.keep(made, made.party.report.matter.parties, self.now)

    def came_back(self, *, contact: str, by: str) -> None:
        """A message came back for good: what it kept is open again, told anew, with the date it always had."""
        made = _there(self.contacts, contact)
        if made.outcome not in ("delivered", "one_way_sent"):
            raise Against
        made.outcome = "failed"
        self._enter(made.party.report)
        for party in self.parties.values():
            for promise in party.promises:
                if promise.kept_by == contact and promise.state == "kept":
                    promise.state, promise.kept_by, promise.step = "open", None, 0

    def excuse(self, *, party: str, kind: str) -> None:
        """A supervisor, after enough attempts since the promise began."""
        promise = self.promise_of(party, kind)
        same = self.matter_of(promise.party)
        tries = [
            (one.at, one.channel)
            for one in self.contacts.values()
            if one.party in same and one.direction == "out" and one.outcome in ("attempt", "failed") and one.at >= promise.starts
        ]
        if not promising.excusable(tries):
            raise Against
        self._answered(promise, "excused")

    def waive(self, *, party: str, kind: str, reason: str, every: int | None, by: str) -> None:
        """Because the victim asked; the enhanced ask a supervisor; never the reference, the decision or the closing."""
        promise = self.promise_of(party, kind)
        one, supervised = promise.party, by == "supervisor"
        if kind in promising.NEVER_WAIVED or (one.klass == "enhanced" and not supervised):
            raise Against
        if kind == "cadence":
            if reason == "asked_for_longer":
                if every is None or not 1 <= every <= MOST_WORKING_DAYS:
                    raise Against
                one.every = every
            one.no_contact, one.supervisor_agreed = reason == "asked_not_to_be_contacted", supervised
        self._answered(promise, "waived")

    def review(self, *, party: str) -> None:
        """No contact wanted: an officer's review on the same clock."""
        promise = self.promise_of(party, "cadence")
        if not promise.party.no_contact:
            raise Against
        self._answered(promise, "kept")

    def _answered(self, promise: Promise, state: str) -> None:
        promise.state = state
        self._enter(promise.party.report)
        never_without(promise.party, self.now, self.now)

    def plan(self, *, party: str, reachable: bool, texts: bool) -> None:
        """How to reach them changed. A way found: promised something at once; a way lost: what was promised stays."""
        one = self.party_of(party)
        if (one.reachable, one.texts) != (reachable, texts):
            one.reachable, one.texts = reachable, texts
            self._enter(one.report)
            self._now_contactable(one)

    def say_safe(self, *, party: str) -> None:
        """A hidden victim may be contacted from now on."""
        one = self.party_of(party)
        if not one.hidden:
            raise Against
        one.safe = True
        self._enter(one.report)
        self._now_contactable(one)

    def _now_contactable(self, party: Party) -> None:
        if not party.owed:
            return
        same = self.matter_of(party)
        reached = any(one.party in same and one.outcome == "reached" and one.practitioner for one in self.contacts.values())
        if not party.open and not reached:
            make(party, "first_contact", self.now, self.now)
        never_without(party, self.now, self.now)

    # --- Risk ----------------------------------------------------------------------------------------------------

    def decide_vulnerable(self, *, party: str) -> None:
        """A practitioner's decision: enhanced from now."""
        one = self.party_of(party)
        if one.role != "victim":
            raise Against
        before, one.vulnerable = one.klass, True
        self._enter(one.report)
        if before != "enhanced":
            tighten(one, self.now, self.now)

    def assess(self, *, party: str, suggested: str, judged: str) -> None:
        """In full; a level below suggestion or present waits for a supervisor and the higher holds."""
        one = self.party_of(party)
        if one.role != "victim" or (one.report.case and one.report.case.state == "closed"):
            raise Against
        self._enter(one.report)
        self._look(one, "full", suggested, judged)

    def agree(self, *, party: str) -> None:
        """A supervisor agrees to the lower level: it takes effect now."""
        look = self._pending(party)
        look.state, look.effective = "agreed", look.judged
        self._effect(self.party_of(party), look, self.now)

    def disagree(self, *, party: str) -> None:
        """A supervisor does not: the higher level goes on."""
        self._pending(party).state = "refused"

    def _pending(self, party: str) -> Assessment:
        look = next((one for one in self.party_of(party).assessments if one.state == "pending"), None)
        if look is None:
            raise Gone
        self._enter(self.party_of(party).report)
        return look

    def _look(self, party: Party, kind: str, suggested: str, judged: str) -> None:
        floor = max(suggested, party.level or "standard", key=RANK.__getitem__)
        waits = RANK[judged] < RANK[floor]
        for one in party.assessments:
            one.state = "superseded" if one.state in ("in_force", "pending") else one.state
        look = Assessment(kind, self.now, judged, floor if waits else judged, "pending" if waits else "in_force")
        party.assessments.append(look)
        self._effect(party, look, self.now)

    def _effect(self, party: Party, look: Assessment, since: datetime) -> None:
        before, was = party.level, party.klass
        party.level, party.report.screened = look.effective, True
        episode = party.episode
        if look.effective == "high" and not episode:
            self._open_episode(party)
        elif episode and look.effective != "high":
            self._end_episode(party)
        if party.klass == "enhanced" and was != "enhanced" and party.level != "high" and party.open:
            tighten(party, since, self.now)
        changed = before is not None and before != party.level
        if party.owed and (look.kind == "full" or changed):
            make(party, "after_assessment", since, self.now)

    def _open_episode(self, party: Party) -> None:
        """Enhanced; the supervisor alerted at that minute; a review in one working day, the day counting whatever the hour."""
        episode = Episode(len(party.episodes) + 1, self.now)
        party.episodes.append(episode)
        if party.open:
            tighten(party, self.now, self.now)
        episode.reviews.append(Review(1, reckoner.working_days(self.now, 1, same_day=True)))
        self.alerts.raise_fact(_high(party, episode), self.now)

    def _end_episode(self, party: Party) -> None:
        episode = party.episode
        assert episode
        episode.ended = self.now
        for review in episode.reviews:
            review.ended = None if review.done else self.now

    def sign_review(self, *, party: str) -> None:
        """The supervisor looked; again in ten working days; where nobody works on the report any more the episode ends."""
        one = self.party_of(party)
        episode = one.episode
        if episode is None:
            raise Gone
        review = episode.reviews[-1]
        review.done = self.now
        self._enter(one.report)
        if one.report.case is None and one.report.state != "received":
            self._end_episode(one)
        else:
            episode.reviews.append(Review(review.number + 1, reckoner.working_days(self.now, 10, same_day=True)))

    # --- Cases ---------------------------------------------------------------------------------------------------

    def intervene(self, *, case: str) -> None:
        """Something was done about the behaviour: the victims are told."""
        one = self._live(case)
        one.entered = self.now
        for party in one.parties:
            if party.owed:
                make(party, "after_intervention", self.now, self.now)

    def note(self, *, case: str) -> None:
        """Something is entered, on a closed case too."""
        self.case_of(case).entered = self.now

    def propose_closing(self, *, case: str) -> None:
        """Closing is proposed; the work goes on until it is closed."""
        one = self.case_of(case)
        if one.state != "open":
            raise Against
        one.state, one.proposed, one.entered = "closure_proposed", self.now, self.now
        for party in one.parties:
            if CLOSURE and party.owed and not any(promise.kind == "closure" for promise in party.open):
                make(party, "closure", self.now, self.now)

    def keep_open(self, *, case: str) -> None:
        """The proposal is taken back."""
        one = self.case_of(case)
        if one.state != "closure_proposed":
            raise Against
        one.state, one.proposed, one.entered = "open", None, self.now

    def close(self, *, case: str) -> None:
        """Refused unless every other promise is answered and each victim was assessed in full at the end. Referrals are answered."""
        one = self.case_of(case)
        if one.state != "closure_proposed" or one.proposed is None:
            raise Against
        if any(promise.kind != "cadence" for party in one.parties for promise in party.open) or not _assessed_at_the_end(one):
            raise Against
        one.state, one.entered = "closed", self.now
        one.days += (self.now - one.opened).total_seconds() / 86400
        for party in one.parties:
            if party.episode:
                self._end_episode(party)
            _end([promise for promise in party.open if promise.kind == "cadence"])

    def reopen(self, *, case: str) -> None:
        """Open again: kept in touch with from now; whoever still stands at high risk begins a new episode."""
        one = self.case_of(case)
        if one.state != "closed":
            raise Against
        one.state, one.proposed, one.opened, one.entered = "open", None, self.now, self.now
        for party in one.parties:
            never_without(party, self.now, self.now)
        for party in one.parties:
            if party.role == "victim" and party.level == "high" and not party.episode:
                self._open_episode(party)

    def move(self, *, case: str, officer: str) -> None:
        """Another officer of the team. Promises stay as they are."""
        one = self._live(case)
        if officer == one.officer or self.teams.people[officer].team != one.team:
            raise Against
        one.officer, one.entered = officer, self.now

    def hand_over(self, *, matter: str, kind: str, team: str) -> None:
        """Offered to another team and accepted: its alerts go along and are told to whoever has them now."""
        one: Report | Case = self._live(matter) if kind == "case" else self._undecided(matter)
        if one.team == team:
            raise Against
        reports = one.reports if isinstance(one, Case) else [one]
        for each in (one, *reports):
            each.team = team
        if isinstance(one, Case):
            one.officer = self.teams.holding("practitioner", team)[0]
            one.entered = self.now
            self.alerts.follow(self.now, lambda alert: alert.place[0] == one.name)
        else:
            self.alerts.follow(self.now, lambda alert: alert.report is one)

    def _live(self, name: str) -> Case:
        case = self.case_of(name)
        if case.state not in LIVE:
            raise Against
        return case

    def _enter(self, report: Report) -> None:
        if report.case:
            report.case.entered = self.now

    # --- People --------------------------------------------------------------------------------------------------

    def absent(self, *, who: str, first: date, last: date, cover: str | None) -> None:
        """Somebody is away, and perhaps somebody stands in."""
        self.teams.absences.append(Absence(who, first, last, cover))

    def on_duty(self, *, who: str, team: str, begins: datetime, ends: datetime) -> None:
        """Somebody is duty supervisor."""
        self.teams.duties.append(Duty(who, team, begins, ends))

    # --- The sweep -----------------------------------------------------------------------------------------------

    def sweep(self, *, killed: int | None = None, twice: bool = False) -> None:
        """Whatever has reached a step is told; what has ended is closed. Killed, it is done again; done twice, it does nothing more."""
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
            if report.state == "received":
                yield Fact("not_triaged", report.name, report.received, report)
                if not report.screened and any(party.role == "victim" for party in report.parties):
                    yield Fact("not_screened", report.name, report.received, report)
        for case in self.cases.values():
            if case.state in LIVE:
                yield Fact("no_activity", case.name, case.entered, case=case)
        for party in self.parties.values():
            if episode := party.episode:
                if not any(review.done for review in episode.reviews):
                    yield _high(party, episode)
                review = episode.reviews[-1]
                yield Fact("supervision_review", f"{party.name} {episode.number}.{review.number}", review.due, party.report)
        for person in dict.fromkeys(party.person for party in self.parties.values()):
            if latest := telling.repeats(self.reports.values(), person, self.now):
                yield Fact("repeat_victim", person, latest.received, latest)

    def unheld(self) -> list[str]:
        """Victims we can contact who have no open promise with a date: there must be none, in the model too."""
        return [party.name for party in self.parties.values() if party.owed and not party.open]


def label(promise: Promise) -> str:
    """A promise by what can be read of it on both sides."""
    return f"{promise.party.name} {promise.kind} {promise.starts:%Y-%m-%d %H:%M} {promise.made:%Y-%m-%d %H:%M} {promise.due:%Y-%m-%d %H:%M}"


def _there(found: dict[str, Any], name: str) -> Any:
    if name not in found:
        raise Gone
    return found[name]


def _high(party: Party, episode: Episode) -> Fact:
    return Fact("high_risk", f"{party.name} {episode.number}", episode.opened, party.report)


def _end(promises: list[Promise]) -> None:
    for promise in promises:
        promise.state = "ended"


def _assessed_at_the_end(case: Case) -> bool:
    last: dict[str, datetime | None] = {}
    for party in (one for one in case.parties if one.role == "victim"):
        full = [look.at for look in party.assessments if look.kind == "full" and look.state in ("in_force", "agreed")]
        last[party.person] = max([*full, *([last[party.person]] if last.get(party.person) else [])], default=None)
    assert case.proposed
    return all(at is not None and at >= case.proposed - FINAL_WITHIN for at in last.values())
