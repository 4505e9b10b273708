"""A step, performed: the real services on the real database, as the person whose part it is, with the clock passed, one commit a step."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from sentinel.access import rota
from sentinel.access.models import User
from sentinel.cases import closure, handover, incidents, intake, service, triage
from sentinel.cases.intake import NewParty, NewReport, Reach
from sentinel.cases.models import Case, Party, Report
from sentinel.core import clock, viewer
from sentinel.core.db import db
from sentinel.core.viewer import Viewer
from sentinel.interventions import hearings
from sentinel.interventions import service as interventions
from sentinel.interventions.models import Hearing
from sentinel.people.models import Person
from sentinel.referrals import service as referrals
from sentinel.referrals.models import Referral
from sentinel.risk import queries as looks
from sentinel.risk import service as risk
from sentinel.supervision import service as supervision
from sentinel.supervision.models import SupervisionReview
from sentinel.victims import closing, code, holding
from sentinel.victims import service as victims
from sentinel.victims.models import Contact, Promise
from tests import factories
from tests.integration.promise_made import HIGH, MEDIUM, STANDARD
from tests.integration.risk_made import FULL_HIGH, FULL_MEDIUM, FULL_STANDARD
from tests.simulation import standards, sweeping
from tests.simulation.matters import Step

SCREENED = {"standard": STANDARD, "medium": MEDIUM, "high": HIGH, None: {}}
ASSESSED = {"standard": FULL_STANDARD, "medium": FULL_MEDIUM, "high": FULL_HIGH}
TRIAGED = {"signposted": "police_lead", "no_further_action": "one_off", "withdrawn": "by_caller"}
SAID = "As it was said."
UNANSWERED = ("held", "open", "acknowledged")
COURT = "Leicester County Court"


class Verbs:
    """What was made by which name, and how everybody looks."""

    def __init__(self, viewers: dict[str, Viewer]) -> None:
        self.viewers = viewers
        self.people: dict[str, UUID] = {}
        self.reports: dict[str, UUID] = {}
        self.cases: dict[str, UUID] = {}
        self.parties: dict[str, UUID] = {}
        self.contacts: dict[str, UUID] = {}
        self.hearings: dict[str, UUID] = {}

    def do(self, step: Step, who: dict[str, str]) -> None:
        """Perform it and commit; `who` are the officer and the supervisor of what it speaks of. What the services raise goes out."""
        clock.freeze(step.at)
        db.session.remove()
        if step.verb == "sweep":
            return sweeping.sweep(step.at, **step.about)
        if step.verb == "new_standard":
            return standards.agree(**step.about)
        about = dict(step.about)
        by = about.pop("by", PARTS.get(step.verb, "officer"))
        actor = by if "@" in by else who[by] if who else _arranges(about)
        if step.verb == "hand_over":
            about["by"] = actor
        if step.verb == "close":
            self._answer_referrals(about["case"])
            about["signer"] = who["supervisor"]
        name = "system" if step.verb == "arrived" else actor
        return self._as(name, lambda user: getattr(self, step.verb)(user, **about))

    def _as(self, email: str, verb: Callable[[User], Any]) -> None:
        looks_as = viewer.system("simulation") if email == "system" else self.viewers[email]
        with viewer.acting_as(looks_as):
            try:
                verb(factories.user(email) if email != "system" else None)  # type: ignore[arg-type]
                db.session.commit()
            finally:
                db.session.rollback()
                db.session.remove()

    def report(self, name: str) -> Report:
        """The report of that name."""
        return db.session.get_one(Report, self.reports[name])

    def case(self, name: str) -> Case:
        """The case opened from the report of that name."""
        return db.session.get_one(Case, self.cases[name])

    def party(self, name: str) -> Party:
        """The party of that name."""
        return db.session.get_one(Party, self.parties[name])

    def promise(self, party: str, kind: str) -> Promise:
        """Their soonest open promise of a kind."""
        query = select(Promise).where(Promise.party_id == self.parties[party], Promise.kind == kind, Promise.state == "open")
        return db.session.scalars(query.order_by(Promise.due_at, Promise.id).limit(1)).one()

    # --- Reports -------------------------------------------------------------------------------------------------

    def take(
        self, user: User, *, name: str, received: Any, team: str, people: list[dict[str, Any]], level: str | None, told: bool, at_risk: bool
    ) -> None:
        """The call taker saves."""
        domestic = any(one.get("domestic") for one in people)
        report = NewReport(
            channel="phone" if told else "email",
            what_happened="Banging on the door and shouting.",
            parties=tuple(self._new(one, n) for n, one in enumerate(people)),
            relation="partner_or_family" if domestic else "neighbour",
            answers=SCREENED[level],
            told_on_the_line=told,
            at_risk=at_risk,
        )
        made = intake.take_report(actor=user, report=report, received_at=received)
        assert made.team and made.team.slug == team
        self.reports[name] = made.id
        for party in db.session.scalars(select(Party).where(Party.report_id == made.id)):
            self.parties[f"{name}/{party.role}"] = party.id
            self.people[next(one["person"] for one in people if one["role"] == party.role)] = party.person_id
            if read_out := db.session.scalar(select(Contact.id).where(Contact.party_id == party.id)):
                self.contacts[f"{name}/call"] = read_out

    def _new(self, values: dict[str, Any], n: int) -> NewParty:
        yes, texts = ("yes" if values.get(one, one == "reachable") else "no" for one in ("reachable", "texts"))
        return NewParty(
            role=values["role"],
            name=f"Somebody {values['person']}",
            known=self.people.get(values["person"]),
            reach=Reach(phone=f"07700 9{int(values['person'][1:]) % 100_000:05}", ring=yes, text=texts),
            calling=values["calling"],
            may_not_know=values.get("may_not_know", False),
            hate_strands=("race",) if values.get("hate") else (),
        )

    def open_case(self, user: User, *, report: str) -> None:
        """Open a case."""
        case = triage.open_case(actor=user, report=self.report(report), officer=user, reason="risk")
        self.cases[report] = case.id

    def join(self, user: User, *, report: str, case: str) -> None:
        """Join a report to a case."""
        triage.join_case(actor=user, report=self.report(report), case=self.case(case), reason="same_problem")

    def decide(self, user: User, *, report: str, how: str) -> None:
        """Signpost, take no further action, or withdraw."""
        one, reason = self.report(report), TRIAGED[how]
        if how == "signposted":
            triage.signpost(actor=user, report=one, where_to="The police", reason=reason)
        else:
            {"no_further_action": triage.take_no_further_action, "withdrawn": triage.withdraw}[how](actor=user, report=one, reason=reason)

    def safeguard(self, user: User, *, report: str) -> None:
        """Answer the safeguarding prompt."""
        service.record_safeguarding(actor=user, report=self.report(report), done_by=SAID)

    def link(self, user: User, *, reports: list[str]) -> None:
        """Link reports as one incident."""
        incidents.link(actor=user, reports=[self.report(name) for name in reports])

    # --- Contacts and promises -----------------------------------------------------------------------------------

    def contact(self, user: User, *, name: str, party: str, at: Any, covers: list[str], speaker: bool = False, **more: Any) -> None:
        """Log a contact or an attempt, and what they think of closing."""
        more["closing_view"] = more.pop("view", "")
        spoke_to = self._reporter(party) if speaker else None
        made = victims.log_contact(actor=user, party=self.party(party), occurred_at=at, note=SAID, covers=covers, spoke_to=spoke_to, **more)
        self.contacts[name] = made.id

    def arrived(self, user: User, *, contact: str) -> None:
        """A message is delivered."""
        victims.arrived(contact=db.session.get_one(Contact, self.contacts[contact]))

    def came_back(self, user: User, *, contact: str) -> None:
        """A message came back."""
        victims.came_back(actor=user, contact=db.session.get_one(Contact, self.contacts[contact]))

    def excuse(self, user: User, *, party: str, kind: str) -> None:
        """A supervisor excuses a promise."""
        victims.excuse(actor=user, promise=self.promise(party, kind), reason=SAID)

    def waive(self, user: User, *, party: str, kind: str, reason: str, every: int | None) -> None:
        """Waive a promise, as the victim asked."""
        victims.waive(actor=user, promise=self.promise(party, kind), reason=reason, note=SAID, every=every)

    def review(self, user: User, *, party: str) -> None:
        """Review a case without contact."""
        victims.record_review(actor=user, promise=self.promise(party, "cadence"), note=SAID)

    def _reporter(self, party: str) -> Person:
        return self.party(f"{party.split('/')[0]}/reporter").person

    def plan(self, user: User, *, party: str, reachable: bool, texts: bool, speaker: bool = False) -> None:
        """Change how somebody can be reached, and who may speak for them."""
        values: dict[str, Any] = {"ring": "yes" if reachable else "no", "text": "yes" if texts else "no"}
        speaks = self._reporter(party).id if speaker else None
        values |= {"representative_person_id": speaks, "representative_consent": SAID if speaker else None}
        victims.set_plan(actor=user, party=self.party(party), values=values, no_way=not reachable)

    def say_safe(self, user: User, *, party: str) -> None:
        """It is safe to contact them."""
        victims.say_safe_to_approach(actor=user, party=self.party(party), why=SAID)

    # --- Risk ----------------------------------------------------------------------------------------------------

    def decide_vulnerable(self, user: User, *, party: str) -> None:
        """A practitioner's decision."""
        victims.decide_vulnerable(actor=user, party=self.party(party), why=SAID)

    def decide_code(self, user: User, *, party: str, applies: bool) -> None:
        """Is it a crime?"""
        code.decide_code(actor=user, party=self.party(party), applies=applies, why=SAID)

    def assess(self, user: User, *, party: str, suggested: str, judged: str) -> None:
        """Assess in full."""
        risk.assess(actor=user, party=self.party(party), answers=ASSESSED[suggested], judged=judged, rationale=SAID)

    def agree(self, user: User, *, party: str) -> None:
        """Agree to a lower level."""
        risk.agree_lowering(actor=user, assessment=looks.latest(self.parties[party]))  # type: ignore[arg-type]

    def disagree(self, user: User, *, party: str) -> None:
        """Do not agree to a lower level."""
        risk.refuse_lowering(actor=user, assessment=looks.latest(self.parties[party]), note=SAID)  # type: ignore[arg-type]

    def sign_review(self, user: User, *, party: str) -> None:
        """A supervision review."""
        mine = select(SupervisionReview).where(SupervisionReview.party_id == self.parties[party])
        review = db.session.scalars(mine.order_by(SupervisionReview.due_at.desc(), SupervisionReview.id.desc()).limit(1)).one()
        supervision.sign_review(actor=user, review=review, note=SAID)

    # --- Cases ---------------------------------------------------------------------------------------------------

    def intervene(self, user: User, *, case: str) -> None:
        """Words of advice, and over."""
        made = interventions.propose(actor=user, case=self.case(case), power_key="verbal_advice", note=SAID, starts_on=clock.today())
        interventions.end(actor=user, intervention=made, outcome=SAID)

    def set_hearing(self, user: User, *, case: str, name: str, at: Any) -> None:
        """A court will hear something."""
        made = hearings.set_hearing(actor=user, case=self.case(case), about="The injunction", at=at, court=COURT)
        self.hearings[name] = made.id

    def move_hearing(self, user: User, *, case: str, hearing: str, name: str, at: Any) -> None:
        """On another day."""
        self.hearings[name] = hearings.move_hearing(actor=user, hearing=self.hearing(hearing), at=at, court=COURT).id

    def cancel_hearing(self, user: User, *, case: str, hearing: str) -> None:
        """Not at all."""
        hearings.cancel_hearing(actor=user, hearing=self.hearing(hearing), reason=SAID)

    def hearing_held(self, user: User, *, case: str, hearing: str, held: Any) -> None:
        """What came of it."""
        hearings.record_result(actor=user, hearing=self.hearing(hearing), held_at=held, result=SAID)

    def hold_telling(self, user: User, *, case: str, until: Any) -> None:
        """Nobody is told what was done before the police have."""
        holding.hold_telling(actor=user, case=self.case(case), until=until, reason=SAID)

    def hearing(self, name: str) -> Hearing:
        """The hearing of that name."""
        return db.session.get_one(Hearing, self.hearings[name])

    def note(self, user: User, *, case: str) -> None:
        """Write a note."""
        service.add_note(actor=user, case=self.case(case), text=SAID)

    def propose_closing(self, user: User, *, case: str) -> None:
        """Propose to close."""
        closure.propose_closing(actor=user, case=self.case(case), outcome="resolved_advice", note=SAID)

    def go_without(self, user: User, *, party: str) -> None:
        """Sign that a victim did not answer."""
        closing.go_without(actor=user, party=self.party(party), reason=SAID)

    def keep_open(self, user: User, *, case: str) -> None:
        """Take a proposal back."""
        closure.keep_open(actor=user, case=self.case(case), reason=SAID)

    def close(self, user: User, *, case: str, signer: str) -> None:
        """Signed, and closed."""
        closure.sign_closing(actor=factories.user(signer), case=self.case(case))
        closure.close_case(actor=user, case=self.case(case))

    def _answer_referrals(self, case: str) -> None:
        with viewer.acting_as(viewer.system("simulation")):
            of_case = select(Referral).where(Referral.case_id == self.cases[case], Referral.state.in_(UNANSWERED))
            for referral in db.session.scalars(of_case).all():
                referrals.move(referral=referral, kind="withdrawn" if referral.state == "held" else "accepted", actor=None)
            db.session.commit()
            db.session.remove()

    def reopen(self, user: User, *, case: str) -> None:
        """Open again."""
        closure.reopen(actor=user, case=self.case(case), reason=SAID)

    def move(self, user: User, *, case: str, officer: str) -> None:
        """Give the case to another officer."""
        service.move_to_officer(actor=user, case=self.case(case), officer=factories.user(officer), reason=SAID)

    def hand_over(self, user: User, *, matter: str, kind: str, team: str, by: str) -> None:
        """Offer it to another team, who accept."""
        what = {"case": self.case(matter)} if kind == "case" else {"report": self.report(matter)}
        made = handover.offer(actor=user, to_team=factories.team(team), reason=SAID, **what).id
        db.session.commit()
        db.session.remove()
        accepter = {"blaby-asb": "officer@blaby.example", "charnwood-asb": "officer@charnwood.example"}[team]
        with viewer.acting_as(self.viewers[accepter]):
            offered = db.session.get_one(handover.Handover, made)
            handover.accept(actor=factories.user(accepter), handover=offered)
            db.session.commit()

    # --- People --------------------------------------------------------------------------------------------------

    def absent(self, user: User, *, who: str, first: Any, last: Any, cover: str | None) -> None:
        """Record an absence."""
        one = factories.user(who)
        team = one.holdings[0].team
        rota.arrange_cover(actor=user, team=team, user=one, cover=factories.user(cover) if cover else None, starts_on=first, ends_on=last)

    def on_duty(self, user: User, *, who: str, team: str, begins: Any, ends: Any) -> None:
        """Put somebody on duty."""
        rota.put_on_duty(actor=user, team=factories.team(team), user=factories.user(who), starts_at=begins, ends_at=ends)


# Whose part a step is, unless it says so itself.
PARTS = dict.fromkeys(("excuse", "agree", "disagree", "sign_review", "go_without"), "supervisor")


def _arranges(about: dict[str, Any]) -> str:
    """The supervisor who arranges the rota of the one that is away or on duty."""
    return f"supervisor@{'charnwood' if 'charnwood' in about.get('team', about['who']) else 'blaby'}.example"
