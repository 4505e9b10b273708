"""The main job end to end, through the pages, on a held clock: a call, a case, a promise missed, an alert, an answer, Victim First.

Every date here was worked out by hand from rules.md. 2 December 2026 is a Wednesday; no bank holiday is near.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from sentinel.access.models import User
from sentinel.alerts.models import Alert, Telling
from sentinel.alerts.sweep import Counts, sweep
from sentinel.cases.models import Case, Party, Report
from sentinel.core import viewer
from sentinel.core.db import db
from sentinel.places.models import Postcode
from sentinel.post import delivery
from sentinel.referrals.models import Referral
from sentinel.risk.models import Assessment
from sentinel.supervision.models import SupervisionReview
from sentinel.victims.models import Promise
from tests import factories
from tests.conftest import make_app
from tests.filling import form_with
from tests.pages import PageClient

TAKER, OFFICER, SUPERVISOR = "calltaker@blaby.example", "officer@blaby.example", "supervisor@blaby.example"
WORKER = "worker@victimfirst.example"
CALL = {
    "finish": "save",
    "danger": "no",
    "who": "them",
    "name": "Nasreen Khan-Abdullahi",
    "phone": "07700 900318",
    "ring": "yes",
    "voicemail": "no",
    "place": "Flat 4, Harcourt Court, 118 Fennimore Way, LE3 3KM",
    "home": "yes",
    "what": "He kicked the door so that the frame has split, and shouted that he would be back.",
    "when": "today 6:30am",
    "relation": "neighbour",
    "answers-frequency": "daily",
    "answers-targeted": "me",
    "answers-affected": "extremely",
    "answers-happened": "weapon",
    "consent": "given",
}


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of December 2026; London's clock is UTC's in winter."""
    return datetime(2026, 12, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def house(real_app: Flask, own_database: str) -> Iterator["House"]:
    db.session.add(Postcode(compact="LE33KM", display="LE3 3KM", latitude=52.62, longitude=-1.17, district_code="E07000129"))
    db.session.commit()
    yield House(real_app, make_app(own_database, "sentinel_worker"))


class House:
    """The pages under the web role, the worker's duties under the worker's."""

    def __init__(self, web: Flask, worker: Flask) -> None:
        self.web, self.worker = web, worker

    def person(self, email: str) -> PageClient:
        """Somebody at a browser."""
        return PageClient(self.web, email)

    def sweep(self) -> Counts:
        """What the worker does every five minutes."""
        return self._at_work(sweep)

    def deliver(self) -> Any:
        """What the worker does every minute."""
        return self._at_work(delivery.deliver)

    def _at_work(self, duty: Callable[[], Any]) -> Any:
        db.session.commit()
        with self.worker.app_context(), viewer.acting_as(viewer.system("worker")):
            try:
                return duty()
            finally:
                db.session.commit()
                db.session.remove()
                db.engine.dispose()


def sent(client: PageClient, path: str, box: str, **filled: object) -> str:
    """Open a page, fill in the form with this box, send it, and read the page it leads to."""
    form = form_with(client.get(path).text, path, box)
    return unescape(client.follow(form.action, form.with_(submission_id=str(uuid4()), **filled)).text)


def promise(kind: str) -> Promise:
    """The newest promise of a kind."""
    db.session.expire_all()
    return db.session.scalars(select(Promise).where(Promise.kind == kind).order_by(Promise.made_at.desc(), Promise.id.desc())).first()


def alerts() -> dict[str, Alert]:
    """Open alerts by their trigger."""
    db.session.expire_all()
    return {alert.trigger_key: alert for alert in db.session.scalars(select(Alert).where(Alert.closed_at.is_(None)))}


def told_of(alert: Alert) -> set[str]:
    """Who was told."""
    return set(db.session.scalars(select(User.email).join(Telling, Telling.user_id == User.id).where(Telling.alert_id == alert.id)))


def test_the_main_job_from_the_call_to_the_answer(house: House, at: Callable[[str], datetime]) -> None:
    at("2026-12-02 10:42")
    _a_call_is_taken(house)
    at("2026-12-02 11:05")
    _the_officer_opens_a_case(house)
    at("2026-12-02 11:30")
    _speaks_to_her(house)
    at("2026-12-02 12:00")
    _assesses_the_risk(house)
    at("2026-12-04 12:00")
    _two_working_days_on_the_sweep_tells_the_supervisor(house)
    _the_supervisor_answers(house)
    at("2026-12-04 12:30")
    _victim_first_acknowledges_and_rings_her(house)
    at("2026-12-04 14:00")
    _the_officer_tells_her_and_the_alert_closes_itself(house)


def _a_call_is_taken(house: House) -> None:
    taker = house.person(TAKER)
    card = unescape(taker.follow("/reports/new", CALL | {"submission_id": str(uuid4())}).text)
    report = db.session.scalars(select(Report)).one()
    assert report.reference in card
    assert "by 5pm on Thursday 3 December" in card  # 1 working day after Wednesday, counted whatever the hour
    assert report.triage_by == utc(3, 17)  # 1 working day
    victim = db.session.scalars(select(Party).where(Party.role == "victim")).one()
    assert (victim.level, victim.klass) == ("high", "enhanced")
    first = promise("first_contact")
    assert (first.starts_at, first.due_at) == (utc(2, 10, 42), utc(3, 17))
    assert first.soon_at == utc(2, 10, 42)  # 09:00 a working day before would be before it was made
    assert first.supervisor_at == utc(3, 17)  # enhanced: at once
    assert first.manager_at == utc(4, 17)  # enhanced: a working day after
    assert promise("acknowledge").state == "kept"  # read out on the line
    assert promise("safety_call") is None  # somebody is at work now
    _the_five_things_have_happened(victim)


def _the_five_things_have_happened(victim: Party) -> None:
    assert victim.klass == "enhanced"
    assert "high_risk" in alerts()
    referral = db.session.scalars(select(Referral)).one()
    assert (referral.state, referral.party_id) == ("open", victim.id)
    review = db.session.scalars(select(SupervisionReview)).one()
    assert review.due_at == utc(3, 17)  # supervision review within 1 working day


def _the_officer_opens_a_case(house: House) -> None:
    officer, report = house.person(OFFICER), db.session.scalars(select(Report)).one()
    assert report.reference in unescape(officer.get("/queue").text)
    path = f"/reports/{report.id}/triage"
    page = sent(officer, path, "words", outcome="opened", officer=str(factories.user(OFFICER).id), reason_opened="risk")
    case = db.session.scalars(select(Case)).one()
    assert case.reference == report.reference
    assert "Thursday 3 December, by 5pm" in page or "Tomorrow, by 5pm" in page


def _speaks_to_her(house: House) -> None:
    officer, victim = house.person(OFFICER), db.session.scalars(select(Party).where(Party.role == "victim")).one()
    page = sent(
        officer,
        f"/parties/{victim.id}/contact",
        "note",
        channel="phone",
        outcome="reached",
        when="now",
        note="Safe tonight at her sister's. Told her what happens next.",
        covers=["first_contact"],
    )
    assert promise("first_contact").state == "kept"
    cadence = promise("cadence")
    assert cadence.due_at == utc(9, 17)  # 5 working days after Wednesday: Thursday, Friday, Monday, Tuesday, Wednesday
    assert "Wednesday 9 December, by 5pm" in page


def _assesses_the_risk(house: House) -> None:
    officer, victim = house.person(OFFICER), db.session.scalars(select(Party).where(Party.role == "victim")).one()
    answers = {"answers-frequency": "daily", "answers-targeted": "you", "answers-affected": "a_lot", "answers-happened": "threat_to_life"}
    page = sent(officer, f"/parties/{victim.id}/risk", "rationale", judged="high", rationale="He has a knife and says he will.", **answers)
    full = db.session.scalars(select(Assessment).where(Assessment.kind == "full")).one()
    assert full.review_by == utc(9, 17)  # reviewed in 5 working days while high
    assert promise("after_assessment").due_at == utc(3, 17)  # told the plan within 1 working day
    assert len(db.session.scalars(select(Referral)).all()) == 1  # a further high assessment adds to the referral
    assert "High risk" in page


def _two_working_days_on_the_sweep_tells_the_supervisor(house: House) -> None:
    first = house.sweep()
    assert first.opened > 0
    assert promise("after_assessment").step == 3
    overdue = alerts()["promise"]
    assert {SUPERVISOR, "supervisor2@blaby.example", OFFICER} <= told_of(overdue)
    assert "manager@blaby.example" not in told_of(overdue)  # not before 5pm
    assert "not_acknowledged" in alerts()  # 1 working day ended on Thursday at 5pm
    again = house.sweep()
    assert (again.opened, again.escalated, again.closed) == (0, 0, 0)
    house.deliver()


def _the_supervisor_answers(house: House) -> None:
    supervisor, overdue = house.person(SUPERVISOR), alerts()["promise"]
    board = unescape(supervisor.get("/board").text)
    assert "Nasreen Khan-Abdullahi" in board
    page = sent(supervisor, f"/board?open={overdue.id}", "reason", kind="ask", reason="Ring her before two and tell her the plan, please.")
    assert "Ring her before two" in page
    assert alerts()["promise"].step == 3  # the answer does not stop the clock


def _victim_first_acknowledges_and_rings_her(house: House) -> None:
    worker, referral = house.person(WORKER), db.session.scalars(select(Referral)).one()
    assert "Nasreen Khan-Abdullahi" in unescape(worker.get("/referrals").text)
    worker.post(f"/referrals/{referral.id}/acknowledge")
    sent(
        worker, f"/referrals/{referral.id}/contact", "note", reached="yes", channel="phone", when="now", note="Door chain and a safe room."
    )
    db.session.expire_all()
    assert referral.state == "contacted"
    house.sweep()
    assert {"not_acknowledged", "not_contacted"}.isdisjoint(alerts())


def _the_officer_tells_her_and_the_alert_closes_itself(house: House) -> None:
    officer, victim = house.person(OFFICER), db.session.scalars(select(Party).where(Party.role == "victim")).one()
    told = {"channel": "visit", "outcome": "reached", "when": "now", "covers": ["after_assessment"]}
    sent(officer, f"/parties/{victim.id}/contact", "note", note="Told her the plan at her sister's.", **told)
    kept = promise("after_assessment")
    assert kept.state == "kept"
    assert kept.contact.occurred_at > kept.due_at  # kept, and late: both stay on record
    assert "promise" not in alerts()
    assert promise("cadence").due_at == utc(11, 17)  # 5 working days after Friday 4 December
