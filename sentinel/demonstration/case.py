"""One case of the demonstration, from its report to today or to its end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from config.agreed import Standards
from sentinel.access.models import User
from sentinel.core import worktime
from sentinel.core.clock import LONDON
from sentinel.demonstration import around, stories
from sentinel.demonstration.answers import answers_for
from sentinel.demonstration.report import Called, Staff, take, unnamed
from sentinel.demonstration.rows import Rows
from sentinel.demonstration.telling import Row, Teller
from sentinel.demonstration.world import World
from sentinel.risk import rules as risk
from sentinel.risk.asked import as_asked


class CaseTeller:
    """Works a case on from the report it was opened from."""

    def __init__(self, *, world: World, rows: Rows, teller: Teller, staff: Staff, standards: Standards, as_of: datetime) -> None:
        self.world, self.rows, self.teller, self.staff, self.standards, self.as_of = world, rows, teller, staff, standards, as_of
        self.chance = world.random
        self.numbers: Callable[[datetime], str]

    def work(self, called: Called, team: str, officer: User | None, *, ends_at: datetime | None, neglected: bool) -> Row:
        """Open a case from the report, work it until `ends_at` (closed then) or today; `neglected` cases go quiet early."""
        opened = self._later(called.at, 1, 7 * 60)
        case = self._open(called, team, officer, opened)
        by = officer or self.staff.supervisors[team][0]
        until = ends_at or (self.as_of - timedelta(days=self.chance.choice([2, 4, 9, 16, 30])) if neglected else self.as_of)
        if called.screen["effective"] == "high":
            around.high(self, called, team, called.screen)
        first = self._first_contact(called, by, until)
        if first is None:
            self._finish(case, called, by, ends_at, opened)
            return case
        self._again(called, case, team, by, opened, until)
        last = self._assess(called, case, team, by, first, until)
        last = self._keep_in_touch(called, by, last, until)
        if opened < until:
            around.tried(self, case, called, by, opened, ends_at)
            around.actions(self, case, by, opened, ends_at)
        self._finish(case, called, by, ends_at, max(opened, last))
        return case

    def _open(self, called: Called, team: str, officer: User | None, opened: datetime) -> Row:
        report, owner = called.report, self.staff.teams[team]
        place = called.home.address.split(", ")
        case = self.rows.add(
            "asb_case",
            reference=report["reference"],
            title=f"{called.story.title}, {place[-2]}"[:200],
            level=called.level,
            categories=[called.story.category],
            national_type=report["national_type"],
            owner_partner_id=owner.partner_id,
            team_id=owner.id,
            officer_id=officer.id if officer else None,
            place_id=called.home.id,
            opened_at=opened,
        )
        self.rows.add("case_detail", case_id=case["id"], summary=f"{called.story.title}. {self.chance.choice(called.story.said)}")
        report.update(state="opened", case_id=case["id"], triaged_at=opened, triaged_by=(officer or self.staff.supervisors[team][0]).id)
        self.join(called, case)
        unnamed(called, self.rows, self.world)
        called.victim["assess_by"] = called.promises[-1]["due_at"]
        self._say(case, "triage", f"Case opened from report {report['reference']}", opened, officer, "It keeps happening.")
        return case

    def take_again(self, called: Called, team: str, at: datetime) -> Called:
        """The same person reports the same trouble once more."""
        return take(
            world=self.world,
            rows=self.rows,
            teller=self.teller,
            staff=self.staff,
            standards=self.standards,
            team=team,
            at=at,
            reference=self.numbers(at),
            level="medium" if called.level == "high" else called.level,
            story=called.story,
            person=called.person,
            home=called.home,
        )

    def decide(self, called: Called, team: str) -> None:
        """A report that made no case: signposted or no further action, and told so or still to be told."""
        at = self._later(called.at, 30, 9 * 60)
        if at >= self.as_of:
            return
        by = self.chance.choice(self.staff.officers[team])
        state, words = self.chance.choice(
            (("signposted", "Signposted to the landlord"), ("no_further_action", "No further action: it happened once and is over"))
        )
        called.report.update(state=state, triaged_at=at, triaged_by=by.id)
        old = called.promises[-1]
        self.teller.end(old, at, words)
        decision = self.teller.promise(called.victim, "decision", called.klass, called.at, called.report["id"])
        decision["tightens_id"] = old["id"]
        self.teller.story({"report_id": called.report["id"], "party_id": called.victim["id"]}, "triage", words, at, by)
        told = self.working(at + timedelta(hours=self.chance.randint(1, 20)))
        if told < self.as_of:
            contact = self.teller.contact(called.victim, told, by, "Told what was decided and why.", covers=("decision",))
            self.teller.keep(decision, contact)

    def join(self, called: Called, case: Row) -> None:
        """The report's parties, and what hangs on them, stand on the case."""
        party = called.victim["id"]
        called.victim["case_id"] = case["id"]
        for table in ("party_detail", "contact_plan", "assessment", "contact"):
            for row in reversed(self.rows.tables[table][-40:]):
                if row["party_id"] == party:
                    row["case_id"] = case["id"]
        for row in reversed(self.rows.tables["case_event"][-40:]):
            if row["report_id"] == called.report["id"]:
                row["case_id"] = case["id"]

    def _first_contact(self, called: Called, by: User, until: datetime) -> Row | None:
        promise = called.promises[-1]
        wait = (promise["due_at"] - called.at) * self.chance.uniform(0.15, 0.92)
        if self.chance.random() < 0.07:
            wait = (promise["due_at"] - called.at) + timedelta(hours=self.chance.randint(2, 40))
        at = self.working(called.at + wait)
        if at >= until:
            if self.chance.random() < 0.5:
                self._attempt(called, by, min(at, until) - timedelta(hours=3))
            return None
        if self.chance.random() < 0.3:
            self._attempt(called, by, at - timedelta(hours=self.chance.randint(2, 5)))
        contact = self.teller.contact(called.victim, at, by, self.chance.choice(called.story.notes), covers=("first_contact",))
        self.teller.keep(promise, contact)
        self._say(called.victim, "contact", f"Spoke to {called.person['name']} by telephone", at, by, contact["note"])
        return contact

    def _attempt(self, called: Called, by: User, at: datetime) -> None:
        if at > called.at:
            self.teller.contact(called.victim, at, by, "No answer.", outcome="attempt")
            self._say(called.victim, "contact", f"Tried to reach {called.person['name']}: no answer", at, by)

    def _assess(self, called: Called, case: Row, team: str, by: User, first: Row, until: datetime) -> datetime:
        """A full assessment at first contact, unless the case went quiet before; returns the time of the last contact."""
        at = first["occurred_at"] + timedelta(minutes=20)
        if at >= until or self.chance.random() < 0.05:
            called.promises.append(self.teller.promise(called.victim, "cadence", called.klass, first["occurred_at"], first["id"]))
            return first["occurred_at"]
        called.level = (
            self.chance.choices([called.level, "standard", "medium", "high"], [80, 8, 8, 4])[0] if called.level != "high" else "high"
        )
        full = self._full(called, by, at)
        case["level"] = called.victim["level"] = called.report["level"] = called.level
        called.klass = "enhanced" if called.hate or called.level == "high" else called.level
        called.victim["klass"] = called.klass
        self._say(called.victim, "risk", f"Risk assessed: {called.level}", at, by, full["rationale"])
        if called.level == "high" and called.screen["effective"] != "high":
            around.high(self, called, team, full)
        plan = self.teller.promise(called.victim, "after_assessment", called.klass, at, full["id"])
        told = self.working(at + (plan["due_at"] - at) * self.chance.uniform(0.2, 0.9))
        if told >= until:
            called.promises.append(self.teller.promise(called.victim, "cadence", called.klass, first["occurred_at"], first["id"]))
            return first["occurred_at"]
        contact = self.teller.contact(
            called.victim, told, by, "Agreed the plan: diary sheets, a visit, and what happens if it goes on.", covers=("after_assessment",)
        )
        self.teller.keep(plan, contact)
        self._say(called.victim, "contact", f"Told {called.person['name']} the plan", told, by, contact["note"])
        called.promises.append(self.teller.promise(called.victim, "cadence", called.klass, told, contact["id"]))
        return told

    def _full(self, called: Called, by: User, at: datetime) -> Row:
        answers, suggestion = answers_for(self.standards.risk.full, called.level, self.chance)
        called.victim["assess_by"] = None
        called.screen["state"] = "superseded"
        level = risk.Level(called.level)
        return self.rows.add(
            "assessment",
            party_id=called.victim["id"],
            case_id=called.victim["case_id"],
            kind="full",
            set_version=self.standards.risk.full.version,
            answers=as_asked(self.standards.risk.full, answers),
            score=suggestion.score,
            suggested=str(suggestion.level),
            because=[line[:300] for line in suggestion.because],
            judged=called.level,
            effective=called.level,
            state="in_force",
            rationale=stories.RATIONALE if called.level == "high" else None,
            assessor_id=by.id,
            assessed_at=at,
            review_by=self._review_by(level, at),
        )

    def _review_by(self, level: risk.Level, at: datetime) -> datetime:
        """Reviewed on time until lately: what is shown is the latest assessment, so its review lies near today."""
        due = risk.review_due(level, at, self.standards.risk)
        while due < self.as_of - timedelta(days=3):
            due = risk.review_due(level, due, self.standards.risk)
        return due

    def _keep_in_touch(self, called: Called, by: User, last: datetime, until: datetime) -> datetime:
        while True:
            promise = called.promises[-1]
            span = promise["due_at"] - promise["starts_at"]
            late = self.chance.random() < 0.05
            at = self.working(promise["starts_at"] + span * (self.chance.uniform(1.02, 1.2) if late else self.chance.uniform(0.45, 0.9)))
            if at >= until:
                break
            note = self.chance.choice(called.story.notes)
            contact = self.teller.contact(
                called.victim, at, by, note, channel=self.chance.choice(["phone", "phone", "visit"]), covers=("cadence", "first_contact")
            )
            self.teller.keep(promise, contact)
            self._tell_twins(called, contact)
            self._say(called.victim, "contact", f"Spoke to {called.person['name']}", at, by, note)
            called.promises.append(self.teller.promise(called.victim, "cadence", called.klass, at, contact["id"]))
            last = at
        return last

    def _tell_twins(self, called: Called, contact: Row) -> None:
        """One contact keeps what later reports of the same person promised, and each goes on beside the first."""
        for twin in called.twins:
            if twin.at < contact["occurred_at"] and twin.promises[-1]["state"] == "open":
                self.teller.keep(twin.promises[-1], contact)
                twin.promises.append(self.teller.promise(twin.victim, "cadence", twin.klass, contact["occurred_at"], contact["id"]))

    def _again(self, called: Called, case: Row, team: str, by: User, opened: datetime, until: datetime) -> None:
        """Further reports of the same trouble, joined to the case."""
        for _ in range(self.chance.choices([0, 1, 2, 3], [82, 11, 5, 2])[0]):
            at = opened + (until - opened) * self.chance.uniform(0.05, 0.99)
            joined = self._later(at, 20, 5 * 60)
            if joined >= until:
                continue
            twin = self.take_again(called, team, at)
            twin.report.update(state="joined", case_id=case["id"], triaged_at=joined, triaged_by=by.id)
            self.join(twin, case)
            called.twins.append(twin)
            self._say(case, "triage", f"Report {twin.report['reference']} joined", joined, by, "The same problem goes on.")

    def _finish(self, case: Row, called: Called, by: User, ends_at: datetime | None, last: datetime) -> None:
        self.rows.add("case_clock", case_id=case["id"], last_entry_at=last, next_review_at=None)
        if ends_at is None:
            return
        closing = self.teller.promise(called.victim, "closure", called.klass, max(called.at, ends_at - timedelta(days=1)), case["id"])
        at = max(called.at, ends_at - timedelta(hours=2))
        contact = self.teller.contact(
            called.victim, at, by, "Told why we are closing, and how to ask for a case review.", covers=("closure",)
        )
        self.teller.keep(closing, contact)
        for promise in [*called.promises, *(promise for twin in called.twins for promise in twin.promises)]:
            if promise["state"] == "open":
                self.teller.end(promise, ends_at, "The case closed")
        around.over(self, called, ends_at)
        case.update(state="closed", closed_at=ends_at)
        detail = next(row for row in reversed(self.rows.tables["case_detail"]) if row["case_id"] == case["id"])
        outcome = self.chance.choice(["resolved_advice", "resolved_letter", "resolved_agreement"])
        proposed = {"proposed_by": by.id, "proposed_at": closing["starts_at"], "teller_id": by.id}
        detail.update(outcome=outcome, **proposed)
        self.rows.add(
            "closing_view",
            case_id=case["id"],
            party_id=called.victim["id"],
            proposed_at=closing["starts_at"],
            view=self.chance.choice(["agrees", "agrees", "disagrees"]),
            note=contact["note"],
            contact_id=contact["id"],
            by_user=by.id,
            at=contact["logged_at"],
        )
        around.asked(self, case, called, ends_at)
        self._say(case, "closure", "Case closed", ends_at, by, "No further incidents since the last contact.")

    def _say(self, on: Row, kind: str, title: str, at: datetime, by: User | None, body: str | None = None) -> None:
        told: dict[str, Any] = {"case_id": on.get("case_id") or (on["id"] if "reference" in on else None)}
        if "role" in on:
            told["party_id"] = on["id"]
        self.teller.story(told, kind, title, at, by, body)

    def _later(self, at: datetime, least_minutes: int, most_minutes: int) -> datetime:
        return self.working(at + timedelta(minutes=self.chance.randint(least_minutes, most_minutes)))

    def working(self, at: datetime) -> datetime:
        """The same moment, moved into the next working hours when it falls outside them."""
        local = at.astimezone(LONDON)
        if local.hour < 9 or local.hour >= 17 or not worktime.is_working_day(local.date()):
            local = local.replace(hour=9, minute=self.chance.randint(5, 59)) + timedelta(days=1 if local.hour >= 17 else 0)
            while not worktime.is_working_day(local.date()):
                local += timedelta(days=1)
        return max(at, local.astimezone(at.tzinfo)) if local.date() == at.astimezone(LONDON).date() else local.astimezone(at.tzinfo)
