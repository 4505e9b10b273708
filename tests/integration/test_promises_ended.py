"""Excused, waived, slowed, reviewed: who may, when, and that being in touch is promised again."""

import pytest

from sentinel.core import clock
from sentinel.core.errors import NotAllowed, Refused
from sentinel.victims import service
from tests import factories
from tests.integration.promise_made import HIGH, all_promises, contacted, plan, promises, report_taken, story, victim, victim_on_case

SUPERVISOR = "supervisor@blaby.example"


def tried(party, *moments):
    """Attempts: (moment, channel)."""
    for when, channel in moments:
        contacted(party, when=when, channel=channel, outcome="attempt", note="No answer.")


@pytest.mark.parametrize(
    ("attempts", "missing"),
    [
        ([], "Nobody has tried yet. It takes 3 attempts, by 2 ways, on 2 working days."),
        (
            [("12-03 10:00", "phone"), ("12-04 10:00", "visit")],
            "Tried twice, by phone and visit. It takes 3 attempts, by 2 ways, on 2 working days.",
        ),
        (
            [("12-03 10:00", "phone"), ("12-04 10:00", "phone"), ("12-07 10:00", "phone")],
            "Tried 3 times, each by phone. It takes 3 attempts, by 2 ways, on 2 working days.",
        ),
        (
            [("12-03 10:00", "phone"), ("12-03 12:00", "visit"), ("12-03 15:00", "phone")],
            "Tried 3 times, by phone and visit. It takes 3 attempts, by 2 ways, on 2 working days.",
        ),
        (
            [("12-04 10:00", "phone"), ("12-05 12:00", "visit"), ("12-06 15:00", "phone")],
            "Tried 3 times, by phone and visit. It takes 3 attempts, by 2 ways, on 2 working days.",
        ),
    ],
)
def test_too_few_attempts_excuse_nothing(session, at, attempts, missing):
    at("2026-12-02 10:47")
    party = victim_on_case()
    moments = [(at(f"2026-{when}"), channel) for when, channel in attempts]
    at("2026-12-08 10:00")
    tried(party, *moments)
    with pytest.raises(Refused) as refused:
        service.excuse(actor=factories.user(SUPERVISOR), promise=promises(party)["first_contact"], reason="Cannot be reached.")
    assert refused.value.sentence == missing


def enough(at, party):
    moments = [(at("2026-12-03 10:00"), "phone"), (at("2026-12-04 11:00"), "visit"), (at("2026-12-04 15:00"), "phone")]
    at("2026-12-08 10:00")
    tried(party, *moments)


def test_a_supervisor_excuses_after_three_attempts_by_two_ways_on_two_working_days(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    enough(at, party)
    supervisor = factories.user(SUPERVISOR)
    excused = service.excuse(actor=supervisor, promise=promises(party)["first_contact"], reason="Away until Christmas, says the neighbour.")
    assert (excused.state, excused.ended_by, excused.ended_reason) == (
        "excused",
        supervisor.id,
        "Away until Christmas, says the neighbour.",
    )
    assert any(title.startswith("Excused: first contact, by 5pm on Wednesday 9 December, Nasreen") for title in story(party.case))


@pytest.mark.parametrize("who", ["officer@blaby.example", "supervisor@charnwood.example", "manager@blaby.example"])
def test_nobody_but_a_supervisor_of_the_owner_excuses(session, at, who):
    at("2026-12-02 10:47")
    party = victim_on_case()
    enough(at, party)
    with pytest.raises(NotAllowed):
        service.excuse(actor=factories.user(who), promise=promises(party)["first_contact"], reason="Cannot be reached.")


def test_excusing_needs_a_reason(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    enough(at, party)
    with pytest.raises(Refused) as refused:
        service.excuse(actor=factories.user(SUPERVISOR), promise=promises(party)["first_contact"], reason=" ")
    assert refused.value.field == "reason"


def test_attempts_before_the_duty_arose_do_not_count(session, at):
    early = [(at("2026-12-01 10:00"), "phone"), (at("2026-12-01 11:00"), "visit")]
    at("2026-12-02 10:47")
    party = victim_on_case()
    moments = [*early, (at("2026-12-03 10:00"), "phone")]
    at("2026-12-08 10:00")
    tried(party, *moments)
    with pytest.raises(Refused, match="Tried once, by phone"):
        service.excuse(actor=factories.user(SUPERVISOR), promise=promises(party)["first_contact"], reason="Cannot be reached.")


def test_excusing_the_only_promise_promises_to_be_in_touch(session, at):
    at("2026-12-02 10:47")
    party = victim(report_taken())
    enough(at, party)
    service.excuse(actor=factories.user(SUPERVISOR), promise=promises(party)["first_contact"], reason="Cannot be reached.")
    assert set(promises(party, "open")) == {"cadence"}


def test_a_promise_kept_meanwhile_is_not_excused(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    enough(at, party)
    first = promises(party)["first_contact"]
    contacted(party, covers=("first_contact",))
    with pytest.raises(Refused, match="no longer open"):
        service.excuse(actor=factories.user(SUPERVISOR), promise=first, reason="Cannot be reached.")


def test_a_victim_who_asks_for_longer_gets_the_interval_agreed(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    due = at("2027-02-02 17:00")  # forty working days after 3 December: three bank holidays between
    at("2026-12-03 10:00")
    service.waive(
        actor=factories.user(), promise=promises(party)["cadence"], reason="asked_for_longer", note="Every eight weeks is enough.", every=40
    )
    assert [promise.state for promise in all_promises(party, "cadence")] == ["waived", "open"]
    assert promises(party, "open")["cadence"].due_at == due
    contacted(party, covers=())
    assert plan(party).every_working_days == 40


@pytest.mark.parametrize("every", [None, 0, 61, 1000])
def test_no_interval_is_longer_than_sixty_working_days(session, at, every):
    at("2026-12-02 10:47")
    cadence = promises(victim_on_case())["cadence"]
    with pytest.raises(Refused, match="at most 60") as refused:
        service.waive(actor=factories.user(), promise=cadence, reason="asked_for_longer", note="Rarely.", every=every)
    assert refused.value.field == "every"


def test_an_enhanced_victim_is_slowed_only_with_a_supervisor(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case(HIGH)
    asked = {"promise": promises(party)["cadence"], "reason": "asked_for_longer", "note": "Every month.", "every": 20}
    with pytest.raises(NotAllowed, match="a supervisor has to agree"):
        service.waive(actor=factories.user(), **asked)
    service.waive(actor=factories.user(SUPERVISOR), **asked)
    assert plan(party).agreed_by == factories.user(SUPERVISOR).id


def test_for_an_enhanced_victim_who_was_slowed_the_day_counts_whatever_the_hour(session, at):
    due = at("2026-12-18 17:00")
    at("2026-12-02 10:47")
    party = victim_on_case(HIGH)
    at("2026-12-04 17:01")
    cadence = promises(party, "open")["cadence"]
    service.waive(actor=factories.user(SUPERVISOR), promise=cadence, reason="asked_for_longer", note="Every two weeks.", every=10)
    assert promises(party, "open")["cadence"].due_at == due


def test_what_was_slowed_is_tight_again_when_the_victim_becomes_enhanced(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    service.waive(actor=factories.user(), promise=promises(party)["cadence"], reason="asked_for_longer", note="Rarely.", every=60)
    due = at("2026-12-10 17:00")
    at("2026-12-03 10:00")
    service.decide_vulnerable(actor=factories.user(), party=party, why="Intimidated by the group at the shop.")
    assert due in {promise.due_at for promise in all_promises(party, "cadence") if promise.state == "open"}


@pytest.mark.parametrize("kind", ["acknowledge", "closure", "decision"])
def test_reference_decision_and_closing_are_always_told(session, at, kind):
    from sentinel.core.db import new_id

    now = at("2026-12-02 10:47")
    party = victim_on_case()
    promise = service.make_promise(party=party, kind=kind, cause_id=new_id(), starts_at=now)
    with pytest.raises(Refused, match="always told"):
        service.waive(actor=factories.user(SUPERVISOR), promise=promise, reason="asked_not_to_be_contacted", note="No calls.")


def test_no_contact_wanted_becomes_a_review_on_the_same_clock(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    contacted(party, covers=("first_contact",))
    due = at("2027-01-05 17:00")
    at("2026-12-03 10:00")
    service.waive(
        actor=factories.user(),
        promise=promises(party, "open")["cadence"],
        reason="asked_not_to_be_contacted",
        note="She does not want us to ring any more.",
    )
    cadence = promises(party, "open")["cadence"]
    assert (plan(party).no_contact, cadence.due_at) == (True, due)
    service.record_review(actor=factories.user(), promise=cadence, note="No new reports; nothing on the landing.")
    assert (cadence.state, cadence.kept_by) == ("kept", None)
    assert set(promises(party, "open")) == {"cadence"}
    assert "Reviewed without contact, as Nasreen Khan-Abdullahi asked" in story(party.case)


def test_a_review_does_not_stand_in_for_contact_with_somebody_who_wants_it(session, at):
    at("2026-12-02 10:47")
    with pytest.raises(Refused, match="log a contact instead"):
        service.record_review(actor=factories.user(), promise=promises(victim_on_case())["cadence"], note="Looked at it.")


def test_waiving_needs_what_they_asked_for(session, at):
    at("2026-12-02 10:47")
    first = promises(victim_on_case())["first_contact"]
    with pytest.raises(Refused) as refused:
        service.waive(actor=factories.user(), promise=first, reason="busy", note="No time.")
    assert refused.value.field == "reason"
    with pytest.raises(Refused) as refused:
        service.waive(actor=factories.user(), promise=first, reason="asked_another_way", note=" ")
    assert refused.value.field == "note"


def test_a_supervisor_does_not_agree_to_less_for_a_case_of_their_own_while_there_is_another(session, at):
    at("2026-12-02 10:00")
    party = victim_on_case(HIGH)
    own, other = factories.user("supervisor@blaby.example"), factories.user("supervisor2@blaby.example")
    party.case.officer_id = own.id
    session.flush()
    cadence = promises(party, "open")["cadence"]
    asked = {"promise": cadence, "reason": "asked_for_longer", "note": "Once a month is enough.", "every": 20}
    with pytest.raises(NotAllowed, match="a supervisor has to agree"):
        service.waive(actor=own, **asked)
    assert service.waive(actor=other, **asked).state == "waived"
    other.disabled_at = clock.now()
    session.flush()
    assert service.agrees_to_less(own, party), "with nobody else left they may"
