"""Every contactable victim on an untriaged report or open case has an open promise with a date, whatever happens in what order.

On an open case one of them is a promise to be in touch, so that keeping the others never leaves the victim without a date.
Random histories on the real database, held after every step against a second, plain statement of the rule in SQL.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from sentinel.cases import triage
from sentinel.cases.events import CaseReopened
from sentinel.cases.models import Party, Report
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import SentinelError
from sentinel.core.events import publish
from sentinel.risk import queries as risk_queries
from sentinel.risk import service as risk
from sentinel.victims import service
from sentinel.victims.models import Promise
from tests import factories
from tests.integration.promise_made import HIGH, MEDIUM, PHONE, STANDARD, contacted, opened, report_taken
from tests.integration.risk_made import assess, close

BROKEN = text(
    """
    SELECT v.id FROM party v
    WHERE v.role = 'victim' AND v.contactable
      AND (EXISTS (SELECT FROM asb_case c WHERE c.id = v.case_id AND c.state IN ('open', 'closure_proposed'))
           OR v.case_id IS NULL AND EXISTS (SELECT FROM report r WHERE r.id = v.report_id AND r.state = 'received'))
      AND NOT EXISTS (SELECT FROM promise p WHERE p.party_id = v.id AND p.state = 'open' AND p.due_at IS NOT NULL
                      AND (p.kind = 'cadence' OR v.case_id IS NULL))
    """
)
SIX_HOURS = timedelta(hours=6)


class History:
    """One report, perhaps a case, and everything that may happen to its victim."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.who = factories.person()
        self.reports: list[Report] = []
        self.take()
        if self.choose(True, True, False):
            opened(self.reports[0])

    def choose(self, *options: Any) -> Any:
        return self.data.draw(st.sampled_from(options))

    @property
    def parties(self) -> list[Party]:
        keys = [report.id for report in self.reports]
        return list(db.session.scalars(select(Party).where(Party.report_id.in_(keys)).order_by(Party.id)))

    def party(self) -> Party:
        return self.choose(*self.parties)

    def promise(self) -> Promise | None:
        found = db.session.scalars(
            select(Promise).where(Promise.party_id.in_([one.id for one in self.parties]), Promise.state == "open")
        ).all()
        return self.choose(*found) if found else None

    def take(self) -> None:
        answers, plan = self.choose(STANDARD, MEDIUM, HIGH), self.choose(PHONE, {"phone": "07700 900318", "ring": "no", "text": "no"})
        kind = self.choose("plain", "plain", "plain", "may_not_know", "domestic")
        detail = {"relation": "partner_or_family"} if kind == "domestic" else {}
        told = self.choose(True, False)
        party_detail = {"may_not_know": kind == "may_not_know"}
        self.reports.append(report_taken(answers, who=self.who, plan=plan, told=told, detail=detail, party_detail=party_detail))

    def decide(self) -> None:
        report = self.choose(*(report for report in self.reports if report.state == "received"), self.reports[0])
        officer = factories.user()
        cases = [one.case for one in self.reports if one.case]
        match self.choose("open", "open", "join", "join", "signpost", "nfa", "withdraw"):
            case "open":
                opened(report)
            case "join" if cases:
                triage.join_case(actor=officer, report=report, case=cases[0], reason="same_problem")
            case "signpost":
                triage.signpost(actor=officer, report=report, where_to="Police", reason="police_lead")
            case "nfa":
                triage.take_no_further_action(actor=officer, report=report, reason="one_off")
            case "withdraw":
                triage.withdraw(actor=officer, report=report, reason="by_caller")

    def contact(self) -> None:
        party = self.party()
        back = timedelta(hours=self.data.draw(st.integers(0, 200)))
        contacted(
            party,
            when=clock.now() - back,
            actor=self.choose("officer@blaby.example", "calltaker@blaby.example"),
            channel=self.choose("phone", "visit", "text"),
            direction=self.choose("in", "out"),
            outcome=self.choose("reached", "reached", "attempt", "delivered"),
            covers=self.choose((), ("first_contact",), ("first_contact", "decision", "after_assessment", "safety_call", "acknowledge")),
        )

    def excuse(self) -> None:
        """Three attempts over two days, then the supervisor."""
        if promise := self.promise():
            for hours, channel in ((30, "phone"), (29, "visit"), (1, "phone")):
                contacted(promise.party, when=clock.now() - timedelta(hours=hours), channel=channel, outcome="attempt", note="No answer.")
            service.excuse(actor=factories.user("supervisor@blaby.example"), promise=promise, reason="Cannot be reached.")

    def waive(self) -> None:
        if promise := self.promise():
            reason = self.choose("asked_not_to_be_contacted", "asked_for_longer", "asked_another_way")
            service.waive(actor=factories.user("supervisor@blaby.example"), promise=promise, reason=reason, note="As they asked.", every=30)

    def review(self) -> None:
        if promise := self.promise():
            service.record_review(actor=factories.user(), promise=promise, note="Looked at it.")

    def plan(self) -> None:
        values = self.choose({"phone": "07700 900600", "ring": "yes"}, {"ring": "no", "text": "no"}, {"address": "Flat 4"}, {"text": "yes"})
        service.set_plan(actor=factories.user(), party=self.party(), values=values, no_way=True)

    def safe(self) -> None:
        service.say_safe_to_approach(actor=factories.user(), party=self.party(), why="She told me herself.")

    def vulnerable(self) -> None:
        service.decide_vulnerable(actor=factories.user(), party=self.party(), why="Intimidated.")

    def assess(self) -> None:
        assess(self.party(), self.choose("standard", "medium", "high"))

    def agree(self) -> None:
        found = risk_queries.latest(self.party().id)
        if found and found.state == "pending":
            risk.agree_lowering(actor=factories.user("supervisor@blaby.example"), assessment=found)

    def close(self) -> None:
        report = self.choose(*self.reports)
        if report.case and report.case.state == "open":
            close(report.case)

    def reopen(self) -> None:
        report = self.choose(*self.reports)
        if report.case and report.case.state == "closed":
            report.case.state, report.case.closed_at = "open", None
            db.session.flush()
            publish(CaseReopened(report.case, factories.user()))

    def came_back(self) -> None:
        from sentinel.victims.models import Contact

        keys = [party.id for party in self.parties]
        found = db.session.scalars(select(Contact).where(Contact.party_id.in_(keys), Contact.outcome == "delivered")).all()
        if found:
            service.came_back(actor=factories.user(), contact=self.choose(*found))


VERBS: tuple[Callable[[History], None], ...] = (
    History.take,
    History.decide,
    History.decide,
    History.contact,
    History.contact,
    History.contact,
    History.excuse,
    History.waive,
    History.review,
    History.plan,
    History.safe,
    History.vulnerable,
    History.assess,
    History.agree,
    History.close,
    History.reopen,
    History.came_back,
)


@settings(
    max_examples=50,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking a history against a database takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_victim_we_can_contact_is_ever_without_a_promise(session, at, data):
    moment = at("2026-11-30 09:30")
    savepoint = session.begin_nested()
    try:
        history = History(data)
        hold(history)
        for verb in data.draw(st.lists(st.sampled_from(VERBS), min_size=3, max_size=14)):
            moment += data.draw(st.integers(0, 40)) * SIX_HOURS
            clock.freeze(moment)
            step(session, history, verb)
            hold(history)
    finally:
        savepoint.rollback()
        session.expire_all()


def step(session: Any, history: History, verb: Callable[[History], None]) -> None:
    """A refusal changes nothing, as in a request."""
    try:
        with session.begin_nested():
            verb(history)
    except SentinelError:
        session.expire_all()


def hold(history: History) -> None:
    broken = db.session.scalars(BROKEN).all()
    assert not broken, [(one.role, one.klass, one.case_id, one.report.state) for one in history.parties if one.id in broken]
