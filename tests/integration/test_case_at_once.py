"""Two people at the same moment, on real connections: one is done, the other is told; nothing is done twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from sentinel.access.queries import viewer_of
from sentinel.cases import closure, handover, service, triage
from sentinel.cases.models import Case, CaseEvent, Handover, Party, Report
from sentinel.core import viewer
from sentinel.core.db import db
from sentinel.core.errors import Refused, Stale
from tests import factories
from tests.integration.promise_made import report_taken

OFFICER, SUPERVISOR = "officer@blaby.example", "supervisor@blaby.example"


def at_once(app: Flask, *verbs: tuple[str, Callable[[Any], None]]) -> list[str]:
    """Each verb as its person, in a transaction of its own, all begun together; what became of each."""
    start = Barrier(len(verbs))

    def run(email: str, verb: Callable[[Any], None]) -> str:
        with app.app_context(), viewer.acting_as(viewer.system("test")):
            seen = viewer_of(factories.user(email))
            db.session.rollback()
            with viewer.acting_as(seen):
                actor = factories.user(email)
                start.wait(timeout=20)
                try:
                    verb(actor)
                    db.session.commit()
                    return "done"
                except (Refused, Stale) as told:
                    db.session.rollback()
                    return type(told).__name__
                finally:
                    db.session.remove()

    with ThreadPoolExecutor(len(verbs)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, *verb) for verb in verbs]]


@pytest.fixture
def report_id(real_session):
    report = report_taken()
    real_session.commit()
    return report.id


def test_two_decisions_about_one_report_become_one(real_app, real_session, report_id):
    version = real_session.get_one(Report, report_id).version
    real_session.rollback()

    def open_it(actor):
        report = db.session.get_one(Report, report_id)
        triage.open_case(actor=actor, report=report, officer=actor, reason="risk", version=version)

    def drop_it(actor):
        report = db.session.get_one(Report, report_id)
        triage.take_no_further_action(actor=actor, report=report, reason="one_off", version=version)

    outcomes = at_once(real_app, (OFFICER, open_it), (SUPERVISOR, drop_it))
    assert sorted(outcomes) == ["Stale", "done"]
    decided = select(func.count()).select_from(CaseEvent).where(CaseEvent.report_id == report_id, CaseEvent.kind == "triage")
    assert real_session.scalar(decided) == 1


def test_one_offer_is_accepted_by_one_of_two(real_app, real_session, report_id):
    report = real_session.get_one(Report, report_id)
    offer_id = handover.offer(actor=factories.user(), report=report, to_team=factories.team("charnwood-asb"), reason="Theirs.").id
    real_session.commit()

    def accept(actor):
        handover.accept(actor=actor, handover=db.session.get_one(Handover, offer_id))

    outcomes = at_once(real_app, ("officer@charnwood.example", accept), ("supervisor@charnwood.example", accept))
    assert sorted(outcomes) == ["Refused", "done"]


def test_a_report_joined_while_the_case_closes_never_lands_on_a_closed_case(real_app, real_session, report_id):
    case = factories.case(officer=factories.user())
    closure.propose_closing(actor=factories.user(), case=case, outcome="resolved_advice", note="Quiet.")
    real_session.commit()
    case_id = case.id

    def close(actor):
        closure.close_case(actor=actor, case=db.session.get_one(Case, case_id))

    def join(actor):
        report, there = db.session.get_one(Report, report_id), db.session.get_one(Case, case_id)
        triage.join_case(actor=actor, report=report, case=there, reason="same_problem")

    outcomes = at_once(real_app, (OFFICER, close), (SUPERVISOR, join))
    assert sorted(outcomes) == ["Refused", "done"]
    real_session.expire_all()
    case = real_session.get_one(Case, case_id)
    people = real_session.scalar(select(func.count()).select_from(Party).where(Party.case_id == case_id))
    assert (case.state, people) in (("closed", 0), ("open", 1))


def test_two_people_who_close_at_once_close_it_once(real_app, real_session):
    case = factories.case(officer=factories.user())
    closure.propose_closing(actor=factories.user(), case=case, outcome="resolved_advice", note="Quiet.")
    real_session.commit()
    case_id, version = case.id, case.version

    def close(actor):
        closure.close_case(actor=actor, case=db.session.get_one(Case, case_id), version=version)

    outcomes = at_once(real_app, (OFFICER, close), (SUPERVISOR, close))
    assert sorted(outcomes) == ["Stale", "done"]
    real_session.expire_all()
    told = select(func.count()).select_from(CaseEvent).where(CaseEvent.case_id == case_id, CaseEvent.title.startswith("Case closed"))
    assert real_session.scalar(told) == 1


def test_a_case_moved_twice_at_once_has_one_new_officer(real_app, real_session):
    case = factories.case(officer=factories.user())
    real_session.commit()
    case_id, version = case.id, case.version
    real_session.rollback()

    def move_to(email):
        def verb(actor):
            there = db.session.get_one(Case, case_id)
            service.move_to_officer(actor=actor, case=there, officer=factories.user(email), reason="Load.", version=version)

        return verb

    outcomes = at_once(real_app, (OFFICER, move_to(SUPERVISOR)), (SUPERVISOR, move_to("supervisor2@blaby.example")))
    assert sorted(outcomes) == ["Stale", "done"]
