"""Becoming enhanced: the tighter promise beside the old one, its alerts sooner, and nothing ever lengthened."""

from sqlalchemy import select

from sentinel.cases.events import CaseReopened
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.events import publish
from sentinel.risk import service as risk
from sentinel.risk.models import HighEpisode
from sentinel.victims import service
from sentinel.victims.models import Promise
from tests import factories
from tests.integration.promise_made import all_promises, contacted, opened, promises, report_taken, story, victim, victim_on_case
from tests.integration.risk_made import FULL_HIGH, FULL_MEDIUM, FULL_STANDARD, assess, close

SUPERVISOR = "supervisor@blaby.example"


def test_after_a_full_assessment_the_plan_is_told(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    due = at("2026-12-10 17:00")
    at("2026-12-03 11:00")
    made = assess(party, "medium", FULL_MEDIUM)
    after = promises(party)["after_assessment"]
    assert (after.due_at, after.starts_at, after.cause_id) == (due, made.assessed_at, made.id)


def test_the_screen_of_the_call_promises_no_plan(session, at):
    at("2026-12-02 10:47")
    assert "after_assessment" not in promises(victim(report_taken()))


def test_high_risk_puts_a_tighter_promise_beside_each_open_one(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    old = {kind: promise.due_at for kind, promise in promises(party, "open").items()}
    tomorrow, cadence = at("2026-12-04 17:00"), at("2026-12-10 17:00")
    now = at("2026-12-03 11:00")
    assess(party, "high", FULL_HIGH)
    episode = db.session.scalars(select(HighEpisode)).one()
    first, cadences = all_promises(party, "first_contact"), all_promises(party, "cadence")
    assert [promise.due_at for promise in first] == [old["first_contact"], tomorrow]
    assert [promise.due_at for promise in cadences] == [old["cadence"], cadence]
    assert (first[1].tightens_id, first[1].cause_id, first[1].starts_at, first[1].klass) == (first[0].id, episode.id, now, "enhanced")
    assert {promise.state for promise in (*first, *cadences)} == {"open"}


def test_the_old_promise_reaches_supervisor_and_manager_as_early_as_an_enhanced_one(session, at):
    manager = at("2026-12-10 17:00")
    at("2026-12-02 10:47")
    party = victim_on_case()
    old = promises(party)["first_contact"]
    at("2026-12-03 11:00")
    assess(party, "high", FULL_HIGH)
    session.refresh(old)
    assert (old.supervisor_at, old.manager_at) == (old.due_at, manager)


def test_a_promise_already_overdue_and_told_to_the_officer_goes_to_the_supervisor_at_once(session, at):
    at("2026-11-30 10:47")
    party = victim_on_case()
    old = promises(party)["first_contact"]
    now = at("2026-12-07 17:30")
    old.step, old.next_step_at = 2, old.supervisor_at
    session.flush()
    assess(party, "high", FULL_HIGH)
    session.refresh(old)
    assert old.next_step_at == old.supervisor_at == old.due_at < now


def test_what_everybody_has_been_told_of_stays_at_its_last_step(session, at):
    at("2026-11-16 10:47")
    party = victim_on_case()
    old = promises(party)["first_contact"]
    session.execute(Promise.__table__.update().where(Promise.id == old.id).values(step=4, next_step_at="infinity"))
    session.expire_all()
    at("2026-12-02 10:00")
    assess(party, "high", FULL_HIGH)
    session.refresh(old)
    assert (old.step, old.next_step_at.year) == (4, 9999)


def test_what_falls_due_sooner_anyway_gets_no_twin(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    due_today = at("2026-12-09 12:00")
    assert clock.now() == due_today
    assess(party, "high", FULL_HIGH)
    assert len(all_promises(party, "first_contact")) == 1


def test_one_contact_keeps_the_old_promise_and_its_twin(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    at("2026-12-03 11:00")
    assess(party, "high", FULL_HIGH)
    at("2026-12-03 12:00")
    contacted(party, covers=("first_contact", "after_assessment"))
    assert {promise.state for promise in all_promises(party, "first_contact")} == {"kept"}
    assert set(promises(party, "open")) == {"cadence"}
    assert len([promise for promise in all_promises(party, "cadence") if promise.state == "open"]) == 1


def test_a_lower_level_lengthens_nothing_that_was_promised(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    at("2026-12-02 12:00")
    assess(party, "high", FULL_HIGH)
    before = {promise.id: promise.due_at for kind in ("first_contact", "cadence") for promise in all_promises(party, kind)}
    at("2026-12-03 11:00")
    lowering = assess(party, "standard", FULL_STANDARD)
    from sentinel.risk.service import agree_lowering

    agree_lowering(actor=factories.user(SUPERVISOR), assessment=lowering)
    assert party.klass == "standard"
    still = {promise.id: promise.due_at for kind in ("first_contact", "cadence") for promise in all_promises(party, kind)}
    assert still == before
    assert all(promise.state == "open" for promise in all_promises(party, "cadence"))


def test_after_a_lower_level_the_next_promise_follows_the_lower_standard(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case(None)
    assess(party, "medium", FULL_MEDIUM)
    due = at("2026-12-17 17:00")
    at("2026-12-03 09:30")
    contacted(party, covers=("first_contact",))
    assert promises(party, "open")["cadence"].due_at == due


def test_hate_learnt_at_the_assessment_makes_the_victim_enhanced_without_being_high(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    at("2026-12-03 11:00")
    assess(party, "medium", FULL_MEDIUM | {"hate": "yes", "hate_strands": ["religion"], "linked": "no", "frequency": "first"})
    if party.level != "high":
        assert (party.klass, len(all_promises(party, "first_contact"))) == ("enhanced", 2)
    assert party.klass == "enhanced"


def test_a_practitioner_decides_that_a_victim_is_vulnerable(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    at("2026-12-03 11:00")
    service.decide_vulnerable(actor=factories.user(), party=party, why="She is afraid to leave the flat and has nobody near.")
    assert (party.klass, party.detail.vulnerable_decided_by) == ("enhanced", factories.user().id)
    assert [promise.klass for promise in all_promises(party, "first_contact")] == ["standard", "enhanced"]
    assert "Nasreen Khan-Abdullahi: enhanced standard of contact" in story(party.case)


def test_high_risk_found_on_friday_evening_promises_a_safety_call(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    due = at("2026-12-05 16:45")
    at("2026-12-04 16:45")
    assess(party, "high", FULL_HIGH)
    assert "safety_call" not in promises(party)
    due = at("2026-12-05 18:45")
    at("2026-12-04 18:45")
    other = victim_on_case(who=factories.person("Kwabena Owusu"))
    assess(other, "high", FULL_HIGH)
    assert promises(other)["safety_call"].due_at == due


def test_a_decision_on_friday_evening_promises_a_safety_call_too(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    due = at("2026-12-05 20:15")
    at("2026-12-04 20:15")
    service.decide_vulnerable(actor=factories.user(), party=party, why="Alone and threatened.")
    assert promises(party, "open")["safety_call"].due_at == due


def test_a_lower_level_that_a_supervisor_agreed_to_is_told_as_well(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    assess(party, "high", FULL_HIGH)
    at("2026-12-03 10:00")
    lower = assess(party, "medium", FULL_MEDIUM)
    contacted(party, covers=("after_assessment",))
    due, now = at("2026-12-14 17:00"), at("2026-12-07 10:00")
    risk.agree_lowering(actor=factories.user(SUPERVISOR), assessment=lower)
    told = promises(party, "open")["after_assessment"]
    assert (told.starts_at, told.due_at) == (now, due)


def test_a_case_reopened_on_friday_evening_promises_a_safety_call_from_then(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    assess(party, "high", FULL_HIGH)
    contacted(party, covers=("first_contact", "after_assessment"))
    close(party.case)
    due = at("2026-12-12 20:15")
    at("2026-12-11 20:15")
    party.case.state, party.case.closed_at = "open", None
    session.flush()
    publish(CaseReopened(party.case, factories.user()))
    assert promises(party, "open")["safety_call"].due_at == due


def test_an_episode_opened_by_the_call_makes_each_promise_once(session, at):
    at("2026-12-02 10:47")
    party = victim(report_taken({"frequency": "daily", "happened": ["weapon"], "affected": "a_lot"}))
    assert party.level == "high"
    assert len(all_promises(party, "first_contact")) == 1
    assert promises(party)["first_contact"].klass == "enhanced"


def test_a_case_reopened_keeps_in_touch_again(session, at):
    from sentinel.cases.events import CaseReopened
    from sentinel.core.events import publish
    from tests.integration.risk_made import close

    at("2026-12-02 10:47")
    party = victim_on_case()
    case = party.case
    at("2026-12-03 10:47")
    contacted(party, covers=("first_contact",))
    close(case)
    assert promises(party, "open") == {}
    assert promises(party)["cadence"].ended_reason == "The case was closed."
    case.state, case.closed_at = "open", None
    session.flush()
    publish(CaseReopened(case, factories.user()))
    assert set(promises(party, "open")) == {"cadence"}


def test_only_keeping_in_touch_ends_with_the_case(session, at):
    from tests.integration.risk_made import close

    at("2026-12-02 10:47")
    report = report_taken()
    case = opened(report)
    close(case)
    assert set(promises(victim(report), "open")) == {"first_contact"}
