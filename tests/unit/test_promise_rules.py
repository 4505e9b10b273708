"""Promises: the table of rules.md typed in again, the steps, and what keeps what."""

from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import agreed
from sentinel.victims import rules
from sentinel.victims.rules import ContactMade, Kind, Klass, Outcome, PromiseMade, Schedule
from tests.unit import reckoner
from tests.unit.moments import moments
from tests.unit.reckoner import at

STANDARDS = agreed.load(Path(__file__).parents[2] / "config" / "standards").contact
FIVES = {"standard": 5, "medium": 5, "enhanced": 1}
THREES = {"standard": 5, "medium": 3, "enhanced": 1}
WORKING_DAYS = {
    Kind.PASSED_ON: FIVES,
    Kind.FIRST_CONTACT: THREES,
    Kind.DECISION: THREES,
    Kind.AFTER_ASSESSMENT: FIVES,
    Kind.AFTER_INTERVENTION: FIVES,
    Kind.OFFICER_CHANGED: FIVES,
    Kind.HEARING_SET: FIVES,
    Kind.HEARING_EVE: FIVES,
    Kind.HEARING_RESULT: FIVES,
    Kind.CADENCE: {"standard": 20, "medium": 10, "enhanced": 5},
    Kind.CLOSURE: FIVES,
    Kind.EXPLAIN_REVIEW: FIVES,
    Kind.MAY_APPLY: FIVES,
}
many = settings(max_examples=150)


def plan(kind: Kind, klass: Klass, starts: datetime, made: datetime | None = None) -> Schedule:
    return rules.schedule(kind, klass, starts, made or starts, STANDARDS)


@pytest.mark.parametrize(("kind", "klass"), list(product(WORKING_DAYS, Klass)))
@settings(max_examples=30)
@given(moments)
def test_every_promise_falls_due_as_the_table_says(kind: Kind, klass: Klass, t: datetime) -> None:
    days = WORKING_DAYS[kind][klass]
    assert plan(kind, klass, t).due_at == reckoner.working_days(t, days, same_day=klass == "enhanced")


def test_the_table_leaves_no_kind_out() -> None:
    assert set(Kind) == {*WORKING_DAYS, Kind.ACKNOWLEDGE, Kind.SAFETY_CALL} == set(agreed.KINDS)
    assert set(Klass) == set(agreed.KLASSES)


@pytest.mark.parametrize("klass", Klass)
def test_the_reference_is_promised_at_once(klass: Klass) -> None:
    assert plan(Kind.ACKNOWLEDGE, klass, at("2026-12-05 23:00")).due_at == at("2026-12-05 23:00")


def test_a_safety_call_is_due_in_a_day_by_the_clock_and_only_for_the_enhanced() -> None:
    assert plan(Kind.SAFETY_CALL, Klass.ENHANCED, at("2026-12-04 20:15")).due_at == at("2026-12-05 20:15")
    for klass in (Klass.STANDARD, Klass.MEDIUM):
        with pytest.raises(rules.NotPromised):
            plan(Kind.SAFETY_CALL, klass, at("2026-12-04 20:15"))


@many
@given(st.sampled_from(list(Kind)), st.sampled_from(list(Klass)), moments, st.integers(0, 60 * 24 * 30))
def test_the_steps_are_those_of_the_alerts_rule(kind: Kind, klass: Klass, starts: datetime, typed_later: int) -> None:
    if kind is Kind.SAFETY_CALL and klass is not Klass.ENHANCED:
        return
    made = starts + timedelta(minutes=typed_later)
    steps = plan(kind, klass, starts, made)
    due, enhanced = steps.due_at, klass is Klass.ENHANCED
    assert steps.soon_at == reckoner.before(due, 1, made)
    assert steps.supervisor_at == (due if enhanced else reckoner.after(due, 1))
    assert steps.manager_at == reckoner.after(due, 1 if enhanced else 3)
    assert due <= steps.supervisor_at <= steps.manager_at
    assert made <= rules.initial_next_step(steps, made)
    assert [steps.step_at(n) for n in range(1, 6)] == [steps.soon_at, due, steps.supervisor_at, steps.manager_at, None]
    assert rules.next_step(steps, 4) is None


@many
@given(st.sampled_from([Klass.STANDARD, Klass.MEDIUM]), moments, st.integers(0, 60 * 24 * 60))
def test_becoming_enhanced_moves_no_deadline_and_delays_no_step(klass: Klass, starts: datetime, later: int) -> None:
    before = plan(Kind.FIRST_CONTACT, klass, starts)
    after = rules.hastened(before, starts + timedelta(minutes=later), STANDARDS)
    assert after.due_at == before.due_at
    assert after.supervisor_at == before.due_at
    assert after.manager_at == reckoner.after(before.due_at, 1)
    assert after.soon_at <= before.soon_at


def test_a_moment_past_the_known_bank_holidays_says_so() -> None:
    assert plan(Kind.CADENCE, Klass.ENHANCED, at("2028-12-19 10:00")).warning is None
    assert plan(Kind.CADENCE, Klass.ENHANCED, at("2028-12-20 10:00")).due_at == at("2028-12-29 17:00")
    assert plan(Kind.CADENCE, Klass.ENHANCED, at("2028-12-20 10:00")).warning  # the manager's step would be on 1 January 2029
    assert plan(Kind.CADENCE, Klass.STANDARD, at("2028-11-01 10:00")).warning is None
    assert "weekends alone" in (plan(Kind.CADENCE, Klass.STANDARD, at("2028-12-20 10:00")).warning or "")


@many
@given(st.sampled_from(list(Klass)), moments)
def test_a_safety_call_is_needed_when_nobody_works_for_more_than_a_day(klass: Klass, t: datetime) -> None:
    minutes = [t + n * reckoner.MINUTE for n in range(24 * 60 + 1)]
    nobody = not any(reckoner.at_work(minute) for minute in minutes)
    assert rules.safety_call_needed(klass, t, STANDARDS) == (nobody and klass is Klass.ENHANCED)


def test_no_safety_call_is_needed_when_the_partnership_switched_it_off() -> None:
    off = STANDARDS.model_copy(update={"safety_call": STANDARDS.safety_call.model_copy(update={"switched_on": False})})
    friday_night = at("2026-12-04 22:00")
    assert rules.safety_call_needed(Klass.ENHANCED, friday_night, STANDARDS)
    assert not rules.safety_call_needed(Klass.ENHANCED, friday_night, off)


@pytest.mark.parametrize(
    ("level", "enhanced", "klass"),
    [
        ("high", False, Klass.ENHANCED),
        ("standard", True, Klass.ENHANCED),
        ("medium", False, Klass.MEDIUM),
        ("standard", False, Klass.STANDARD),
        (None, False, Klass.STANDARD),
    ],
)
def test_high_risk_or_another_ground_makes_a_party_enhanced(level: str | None, enhanced: bool, klass: Klass) -> None:
    assert rules.klass_of(level, enhanced=enhanced) is klass


START = at("2026-12-02 10:00")


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("outcome", Outcome)
def test_a_contact_keeps_a_promise_exactly_when_the_rule_says_so(kind: Kind, outcome: Outcome) -> None:
    cases = product(["victim", "son", "stranger"], ["text", "letter"], [-1, 0, 60], [True, False], [True, False], [True, False])
    for person, channel, minutes, covered, practitioner, intake in cases:
        contact = ContactMade(
            person=person,
            occurred_at=START + timedelta(minutes=minutes),
            channel=channel,
            outcome=outcome,
            covers=[kind] if covered else [],
            by_practitioner=practitioner,
            at_intake=intake,
        )
        promise = PromiseMade(person="victim", kind=kind, starts_at=START, representatives=["son"], agreed_channels=["text"])
        kept = person != "stranger"
        if outcome == "delivered":
            kept = kept and channel == "text"
        elif outcome != "reached":
            kept = False
        if minutes < 0:
            kept = False
        if kind != "cadence" and not covered:
            kept = False
        if kind == "first_contact" and (intake or not practitioner):
            kept = False
        assert rules.keeps(contact, promise) is kept, (contact, promise)


def tries(*made: tuple[str, str]) -> list[tuple[datetime, str]]:
    return [(at(when), channel) for when, channel in made]


@pytest.mark.parametrize(
    ("attempts", "may"),
    [
        (tries(("2026-12-01 10:00", "phone"), ("2026-12-01 15:00", "phone"), ("2026-12-02 10:00", "text")), True),
        (tries(("2026-12-01 10:00", "phone"), ("2026-12-02 10:00", "text")), False),
        (tries(("2026-12-01 10:00", "phone"), ("2026-12-02 15:00", "phone"), ("2026-12-03 10:00", "phone")), False),
        (tries(("2026-12-01 10:00", "phone"), ("2026-12-01 15:00", "text"), ("2026-12-01 16:00", "visit")), False),
        (tries(("2026-12-04 10:00", "phone"), ("2026-12-05 15:00", "text"), ("2026-12-06 16:00", "visit")), False),
        (tries(("2026-12-04 10:00", "phone"), ("2026-12-05 15:00", "text"), ("2026-12-07 16:00", "visit")), True),
        ([], False),
    ],
    ids=["three, two ways, two days", "two", "one way", "one day", "one working day and a weekend", "friday to monday", "none"],
)
def test_three_attempts_two_channels_two_working_days_may_be_excused(attempts: list[tuple[datetime, str]], may: bool) -> None:
    assert rules.excusable(attempts, STANDARDS) is may


def test_the_caller_hears_a_sentence_with_a_date() -> None:
    due = at("2026-12-03 17:00")
    said = rules.words(Kind.FIRST_CONTACT, due, STANDARDS, now=at("2026-12-02 10:47"))
    assert said == "A practitioner will be in touch by 5pm on Thursday 3 December."


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_words_that_end_in_a_full_stop(kind: Kind) -> None:
    said = rules.words(kind, at("2026-12-03 17:00"), STANDARDS, now=at("2026-12-02 10:47"))
    assert said.endswith(".") and "{" not in said
