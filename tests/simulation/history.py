"""A random history of two years from a seed: a plain list of steps, the same for the same seed, any of which can be cut.

Moments are often a minute before, at, or after one at which something falls due: that is where rules break. Steps that
the rules refuse are in it as well.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.simulation import pleading, world
from tests.simulation.matters import LIVE, Against, Case, Gone, Party, Report, Step
from tests.simulation.model import CALL_TAKER, Model
from tests.simulation.telling import moments
from tests.unit import reckoner

DAYS = 730
PACE = 24.0  # hours from one step to the next, roughly
FIRST_DAYS = 90  # the first day lies in so many days from this one: bank holidays and agreements are known to the end
FROM = datetime(2025, 12, 1, tzinfo=UTC)
LEVELS = ("standard", "medium", "high")
COVERED = ("first_contact", "after_assessment", "after_intervention", "decision", "safety_call", "passed_on")
COVERED += ("closure", "explain_review", "may_apply", "officer_changed", "hearing_set", "hearing_eve", "hearing_result")
MINUTE = timedelta(minutes=1)


class Writer:
    """Writes one history, keeping a model of its own to know what can happen next."""

    def __init__(self, seed: int, *, days: int = DAYS, pace: float = PACE) -> None:
        self.chance = random.Random(seed)
        self.model = Model(world.PEOPLE)
        self.steps: list[Step] = []
        self.now = FROM + timedelta(minutes=self.chance.randrange(FIRST_DAYS * 1440))
        self.end = self.now + timedelta(days=days)
        self.no_sweeps_before = self.now
        self.at_once = self.chance.choice((2, 4, 8))  # matters that go on side by side: few are looked at often, many seldom
        self.people = 0
        self.hearings = 0
        self.pace = pace

    def write(self) -> list[Step]:
        """The whole history."""
        while self.now < self.end:
            self._wait()
            self._something()
        self.now += MINUTE
        self.do("sweep")
        return self.steps

    # --- When ----------------------------------------------------------------------------------------------------

    def _wait(self) -> None:
        near = self._moments(self.now + timedelta(hours=self.pace * self.chance.choice((0.25, 1, 2, 4))))
        if near and self.chance.random() < 0.6:
            self.now = max(self.now + MINUTE, self.chance.choice(near) + self.chance.choice((-1, 0, 0, 1)) * MINUTE)
        else:
            self.now += timedelta(minutes=1 + int(self.chance.expovariate(1 / (self.pace * 60))))
        if self.chance.random() < 0.006:
            self.no_sweeps_before = self.now + timedelta(days=self.chance.randint(5, 40))

    def _moments(self, until: datetime) -> list[datetime]:
        promises = [one for party in self.model.parties.values() for one in party.open]
        found = [moment for one in promises for moment in (one.starts, one.soon, one.due, one.supervisor, one.manager)]
        found += [one.at for one in self.model.hearings.values() if one.state == "set"]
        found += [one.held for one in self.model.cases.values() if one.held]
        found += [moment for fact in self.model.facts() for moment in moments(fact.trigger, fact.since)]
        return sorted({moment for moment in found if self.now < moment < until})

    # --- What ----------------------------------------------------------------------------------------------------

    def _something(self) -> None:
        if self.now >= self.no_sweeps_before and self.chance.random() < 0.4:
            self._sweep()
            return
        live = [one for one in self._matters() if one.state in ("received", *LIVE)]
        if len(live) < self.at_once and self.chance.random() < 0.35:
            self._take()
        elif self.chance.random() < 0.02:
            self.do("new_standard", slower=self.chance.random() < 0.6)
        elif self.chance.random() < 0.06:
            self._people()
        elif (matter := self.chance.choice(live if live and self.chance.random() < 0.93 else self._matters() or [None])) is None:
            self._take()
        elif isinstance(matter, Report) and matter.state == "received" and self.chance.random() < 0.5:
            self._decide(matter)
        elif isinstance(matter, Case) and self.chance.random() < 0.3:
            self._on_case(matter)
        else:
            self._with(self.chance.choice(matter.parties))

    def _sweep(self) -> None:
        """Mostly in peace; and not every time of everything, which takes long."""
        whole = self.chance.random() < 0.12
        when = self.chance.randint(1, 40 if whole else 15)
        match self.chance.choice(("killed", "twice", "beside", "beside", *("alone",) * 12)):
            case "killed":
                self.do("sweep", whole=whole, killed=when)
            case "beside":
                self.do("sweep", whole=whole, beside=when)
            case how:
                self.do("sweep", whole=whole, twice=how == "twice")

    def _matters(self) -> list[Report | Case]:
        return [*self.model.cases.values(), *(one for one in self.model.reports.values() if one.case is None)]

    def do(self, verb: str, **about: Any) -> bool:
        """Write it down; nothing where it speaks of what never was."""
        step = Step(self.now, verb, about)
        try:
            self.model.do(step)
        except Gone:
            return False
        except Against:
            pass
        self.steps.append(step)
        return True

    def soon(self, minutes: int = 300) -> None:
        """A little later."""
        self.now += timedelta(minutes=self.chance.randint(1, minutes))

    def _take(self) -> None:
        pick, chance = self.chance.choice, self.chance.random
        name = f"R{len(self.model.reports) + 1}"
        third = chance() < 0.25
        victim = {
            "person": self._person(),
            "role": "victim",
            "calling": not third,
            "reachable": chance() < 0.9,
            "texts": chance() < 0.4,
            "may_not_know": third and chance() < 0.5,
            "domestic": chance() < 0.06,
            "hate": chance() < 0.08,
        }
        victim["texts"] = victim["texts"] and victim["reachable"]
        people = [victim]
        if third:
            people.insert(0, {"person": self._person(new=True), "role": "reporter", "calling": True, "domestic": victim["domestic"]})
        received = self.now - timedelta(minutes=pick((0, 0, 0, 5, 90, self.chance.randint(1, 4000))))
        team, by = pick([(world.BLABY, CALL_TAKER)] * 3 + [(world.CHARNWOOD, "officer@charnwood.example")])
        told = chance() < 0.8 and not victim["domestic"]
        level = pick((None, "standard", "standard", "medium", "high"))
        at_risk = chance() < 0.06
        self.do("take", name=name, received=received, by=by, team=team, people=people, level=level, told=told, at_risk=at_risk)

    def _person(self, *, new: bool = False) -> str:
        victims = sorted({party.person for party in self.model.parties.values() if party.role == "victim"})
        if victims and not new and self.chance.random() < 0.35:
            return self.chance.choice(victims[-12:])
        self.people += 1
        return f"P{self.people:03}"

    def _decide(self, report: Report) -> None:
        own = [
            one.name for one in self.model.cases.values() if one.team == report.team and (one.state in LIVE or self.chance.random() < 0.1)
        ]
        match self.chance.choice(("open", "open", "open", "join", "join", "decide", "hand_over")):
            case "join" if own:
                self.do("join", report=report.name, case=self.chance.choice(own), by="officer")
            case "decide":
                how = self.chance.choice(("signposted", "no_further_action", "withdrawn"))
                if self.chance.random() < 0.3:
                    self.do("decide_code", party=f"{report.name}/victim", applies=True)
                self.do("decide", report=report.name, how=how, by="officer")
            case "hand_over":
                self.do("hand_over", matter=report.name, kind="report", team=_other(report.team))
            case _:
                self.do("open_case", report=report.name, by="officer")

    def _on_case(self, case: Case) -> None:
        pick = self.chance.choice
        match pick(
            ("close", "close", "close", "propose", "keep_open", "reopen", "move", "hand_over", "intervene", "note", "decide_again", "link")
            + ("at_court",) * 5
            + ("at_hold",)
        ):
            case ("at_court" | "at_hold") as where:
                getattr(pleading, where)(self, case)
            case "close":
                self._wind_up(case)
            case "propose":
                self.do("propose_closing", case=case.name)
            case "keep_open":
                self.do("keep_open", case=case.name)
            case "reopen":
                self.do("reopen", case=case.name)
            case "move":
                near = [one.email for one in world.PEOPLE if one.team == case.team and one.role in ("practitioner", "supervisor")]
                self.do("move", case=case.name, officer=pick(near[:2] + near[3:4]))
            case "hand_over":
                self.do("hand_over", matter=case.name, kind="case", team=_other(case.team))
            case "intervene" if self.now > pleading.POWERS_FROM:
                self.do("intervene", case=case.name)
            case "decide_again":
                self.do("open_case", report=case.name, by="officer")
            case "link":
                same = [one.name for one in self.model.reports.values() if one.team == case.team][-6:]
                if len(same) > 1:
                    self.do("link", reports=self.chance.sample(same, 2), by="officer")
            case _:
                self.do("note", case=case.name)

    def _wind_up(self, case: Case) -> None:
        """As a case is brought to its end: spoken to, assessed, told, proposed and closed; it may fail at any of it."""
        for party in case.parties:
            if party.role == "victim" and self.chance.random() < 0.95:
                self.do("assess", party=party.name, suggested="standard", judged=party.level or "standard")
                self.soon()
        self.do("propose_closing", case=case.name)
        for party in case.parties:
            self.soon()
            match self.chance.choice(("told",) * 12 + ("silent", "lost", "forgotten")):
                case "told":
                    self.contact(party, "reached", COVERED, by="officer")
                case "silent":
                    self.contact(party, "attempt", (), by="officer")
                    self.soon(40_000)
                    self.do("go_without", party=party.name)
                case "lost":
                    self.do("plan", party=party.name, reachable=False, texts=False)
        self.soon()
        self.do("close", case=case.name)

    def _with(self, party: Party) -> None:
        pick = self.chance.choice
        match pick(
            ("contact",) * 8
            + ("assess",) * 3
            + ("agree", "agree", "review_high", "review_high", "excuse", "waive", "waive", "else", "else")
        ):
            case "contact":
                covers = pick([(), COVERED, ("first_contact",), ("first_contact", "decision"), ("after_assessment", "safety_call")])
                self.contact(party, pick(("reached", "reached", "attempt", "delivered", "one_way_sent")), covers)
            case "assess":
                suggested = pick(LEVELS)
                self.do("assess", party=party.name, suggested=suggested, judged=pick((suggested, suggested, *LEVELS)))
            case "agree":
                self.do(pick(("agree", "agree", "disagree")), party=party.name)
            case "review_high":
                self.do("sign_review", party=party.name)
            case "excuse":
                self._excuse(party)
            case "waive":
                self._waive(party)
            case _:
                self._else(party)

    def contact(self, party: Party, outcome: str, covers: tuple[str, ...], by: str | None = None) -> None:
        """With or about somebody, now or a while ago."""
        pick = self.chance.choice
        one_way = outcome in ("delivered", "one_way_sent")
        back = pick((0, 0, 0, 0, 20, 300, self.chance.randint(1, 9000))) if by is None else 0
        early = party.report.state == "received" and party.report.team == world.BLABY and party.report.taken_by == CALL_TAKER
        at = self.now - back * MINUTE
        case = party.report.case
        asked = case and case.proposed and party.role == "victim" and outcome == "reached" and "closure" in covers and at >= case.proposed
        view = pick(("agrees", "agrees", "agrees", "disagrees", "not_said", "later", "")) if asked else ""
        self.do(
            "contact",
            name=f"C{len(self.model.contacts) + 1}",
            party=party.name,
            at=at,
            view=view,
            channel="text" if one_way else pick(("phone", "phone", "visit")),
            direction="out" if one_way or outcome == "attempt" else pick(("in", "out")),
            outcome=outcome,
            covers=list(covers),
            speaker=self._third(party) and not one_way and self.chance.random() < 0.4,
            by=by or pick(("officer", "officer", "supervisor", "call_taker" if early else "officer")),
        )

    def _third(self, party: Party) -> bool:
        return party.role == "victim" and party.report.reporter is not None

    def _excuse(self, party: Party) -> None:
        """Three attempts in a few days, mostly enough of them; then the supervisor."""
        for _ in range(self.chance.choice((2, 3, 3, 3))):
            self.contact(party, "attempt", ())
            self.soon(2200)
        if party.open:
            self.do("excuse", party=party.name, kind=self.chance.choice(party.open).kind)

    def _waive(self, party: Party) -> None:
        if party.open:
            reason = self.chance.choice(("asked_not_to_be_contacted", "asked_for_longer", "asked_for_longer", "asked_another_way"))
            every, by = self.chance.choice((7, 15, 30, 60, 61)), self.chance.choice(("officer", "supervisor"))
            self.do("waive", party=party.name, kind=self.chance.choice(party.open).kind, reason=reason, every=every, by=by)
        if party.no_contact:
            self.soon(9000)
            self.do("review", party=party.name)

    def _else(self, party: Party) -> None:
        sent = [one.name for one in self.model.contacts.values() if one.outcome in ("delivered", "one_way_sent")]
        match self.chance.choice(
            ("plan", "plan", "safe", "safe", "vulnerable", "code", "code", "arrived", "came_back", "came_back", "review")
        ):
            case "plan":
                reachable = self.chance.random() < 0.6
                texts, speaker = reachable and self.chance.random() < 0.5, self._third(party) and self.chance.random() < 0.7
                self.do("plan", party=party.name, reachable=reachable, texts=texts, speaker=speaker)
            case "safe":
                if party.report.unsafe or self.chance.random() < 0.05:
                    self.do("safeguard", report=party.report.name, by="officer")
                self.do("say_safe", party=party.name)
            case "vulnerable":
                self.do("decide_vulnerable", party=party.name)
            case "code":
                self.do("decide_code", party=party.name, applies=not party.code or self.chance.random() < 0.2)
            case "review":
                self.do("review", party=party.name)
            case ("arrived" | "came_back") as verb if sent:
                more = {} if verb == "arrived" else {"by": "officer"}
                self.do(verb, contact=self.chance.choice(sent[-6:]), **more)

    def _people(self) -> None:
        staff = [one for one in world.PEOPLE if one.role in ("practitioner", "supervisor", "service_manager") and one.team in _TEAMS]
        one = self.chance.choice(staff)
        near = [other.email for other in staff if other.team == one.team and other != one]
        first = self.now.astimezone(reckoner.LONDON).date() + timedelta(days=self.chance.randint(0, 5))
        last = first + timedelta(days=self.chance.randint(0, 20))
        if self.chance.random() < 0.6:
            own = [absence for absence in self.model.teams.absences if absence.who == one.email]
            if not any(absence.first <= last and first <= absence.last for absence in own):
                there = [other for other in near if not self._ever_away(other, first, last)]
                self.do("absent", who=one.email, first=first, last=last, cover=self.chance.choice([*there, None]))
            return
        supervisors = [other.email for other in staff if other.role == "supervisor"]
        begins, ends = self.now + MINUTE, self.now + timedelta(hours=self.chance.choice((12, 60, 200)))
        if not any(duty.team == one.team and duty.begins < ends and begins < duty.ends for duty in self.model.teams.duties):
            self.do("on_duty", who=self.chance.choice(supervisors), team=one.team, begins=begins, ends=ends)

    def _ever_away(self, who: str, first: Any, last: Any) -> bool:
        return any(one.who == who and one.first <= last and first <= one.last for one in self.model.teams.absences)


_TEAMS = (world.BLABY, world.CHARNWOOD)


def _other(team: str) -> str:
    return world.CHARNWOOD if team == world.BLABY else world.BLABY


def history(seed: int, **more: Any) -> list[Step]:
    """The history of a seed."""
    return Writer(seed, **more).write()
