"""What a report promises, to whom and by when, and what becomes of it at triage. Dates are said a second time here by hand."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from sentinel.cases import triage
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.post.models import Outbox
from sentinel.victims import service
from sentinel.victims.models import Contact
from sentinel.victims.rules import NotPromised
from tests import factories
from tests.integration.promise_made import (
    HIGH,
    MEDIUM,
    STANDARD,
    all_promises,
    contacted,
    opened,
    promises,
    report_taken,
    story,
    victim,
    victim_on_case,
)


@pytest.mark.parametrize(
    ("answers", "detail", "first_contact"),
    [
        (STANDARD, {}, "2026-12-09 17:00"),
        (MEDIUM, {}, "2026-12-07 17:00"),
        (HIGH, {}, "2026-12-03 17:00"),
        (STANDARD, {"hate_perceived": True}, "2026-12-03 17:00"),
    ],
)
def test_first_contact_is_promised_by_risk_and_by_hate(session, at, answers, detail, first_contact):
    due = at(first_contact)
    at("2026-12-02 10:47")
    party = victim(report_taken(answers, party_detail=detail))
    made = promises(party)["first_contact"]
    assert (made.due_at, made.state, made.starts_at) == (due, "open", clock.now())


def test_a_report_on_friday_evening_is_due_on_monday_when_the_risk_is_high(session, at):
    due = at("2026-12-07 17:00")
    at("2026-12-04 17:01")
    assert promises(victim(report_taken(HIGH)))["first_contact"].due_at == due


def test_the_same_report_at_standard_risk_counts_from_the_next_working_day(session, at):
    due = at("2026-12-14 17:00")
    at("2026-12-04 17:01")
    assert promises(victim(report_taken()))["first_contact"].due_at == due


def test_the_date_counts_from_the_report_and_not_from_its_typing(session, at):
    due, received = at("2026-12-07 17:00"), at("2026-11-30 11:00")
    at("2026-12-02 16:00")
    party = victim(report_taken(report={"received_at": received}))
    made = promises(party)["first_contact"]
    assert (made.due_at, made.starts_at, made.made_at) == (due, received, clock.now())


def test_the_reference_told_on_the_line_keeps_its_promise_at_once(session, at):
    at("2026-12-02 10:47")
    report = report_taken()
    acknowledged = promises(victim(report))["acknowledge"]
    contact = db.session.get_one(Contact, acknowledged.kept_by)
    assert acknowledged.state == "kept"
    assert (contact.at_intake, contact.outcome, contact.by_practitioner) == (True, "reached", False)


def test_the_intake_call_is_no_first_contact_even_by_a_practitioner(session, at):
    at("2026-12-02 10:47")
    party = victim(report_taken())
    service.log_contact(
        actor=factories.user(),
        party=party,
        channel="phone",
        direction="in",
        outcome="reached",
        occurred_at=clock.now(),
        note="Took the call.",
        covers=("first_contact",),
        at_intake=True,
    )
    assert promises(party)["first_contact"].state == "open"


def test_not_told_on_the_line_the_reference_goes_by_the_safe_channels_asked_for_and_no_other(session, at):
    at("2026-12-02 10:47")
    plan = {"phone": "07700 900318", "ring": "yes", "text": "yes", "email": "no", "email_address": "n@example.org", "post": "not_asked"}
    party = victim(report_taken(plan=plan, told=False, acknowledge_by=("text", "email", "post")))
    waiting = db.session.scalars(select(Outbox).where(Outbox.ref_id == party.id)).all()
    assert [(row.channel, row.template) for row in waiting] == [("text", "acknowledgement")]
    assert promises(party)["acknowledge"].state == "open"


def test_without_a_line_or_a_safe_channel_nothing_is_sent_or_promised_of_a_reference(session, at):
    at("2026-12-02 10:47")
    party = victim(report_taken(told=False, acknowledge_by=("text",)))
    assert "acknowledge" not in promises(party)
    assert not db.session.scalars(select(Outbox)).all()
    assert promises(party)["first_contact"].state == "open"


def test_a_safety_call_is_promised_when_nobody_works_for_more_than_a_day_and_the_risk_is_high(session, at):
    due = at("2026-12-05 18:30")
    at("2026-12-04 18:30")
    assert promises(victim(report_taken(HIGH)))["safety_call"].due_at == due


@pytest.mark.parametrize(("when", "answers"), [("2026-12-03 18:30", HIGH), ("2026-12-04 18:30", MEDIUM)])
def test_no_safety_call_on_a_working_evening_or_at_a_lower_risk(session, at, when, answers):
    at(when)
    assert "safety_call" not in promises(victim(report_taken(answers)))


def test_domestic_abuse_gets_no_promise_no_message_and_no_contact(session, at):
    at("2026-12-02 10:47")
    report = report_taken(
        HIGH,
        detail={"relation": "partner_or_family"},
        acknowledge_by=("text",),
        plan={"phone": "07700 900318", "text": "yes", "ring": "yes"},
    )
    party = victim(report)
    assert promises(party) == {}
    assert party.contactable is False
    assert not db.session.scalars(select(Contact)).all()
    assert not db.session.scalars(select(Outbox).where(Outbox.template == "acknowledgement")).all()


def test_a_third_party_hears_that_it_was_passed_on_and_the_victim_gets_the_promises(session, at):
    at("2026-12-02 10:47")
    report = report_taken(roles=("victim", "reporter"))
    assert set(promises(victim(report, "reporter"))) == {"passed_on"}
    assert set(promises(victim(report))) == {"first_contact"}


def test_a_victim_who_may_not_know_is_promised_nothing_until_it_is_safe(session, at):
    at("2026-12-02 10:47")
    report = report_taken(roles=("victim", "reporter"), party_detail={"may_not_know": True})
    party = victim(report)
    assert promises(party) == {}
    assert party.contactable is False
    due = at("2026-12-10 17:00")
    at("2026-12-03 09:30")
    service.set_plan(actor=factories.user(), party=party, values={"phone": "07700 900600", "ring": "yes"})
    assert promises(party) == {}
    service.say_safe_to_approach(actor=factories.user(), party=party, why="The school has told her parents.")
    assert (party.contactable, promises(party)["first_contact"].due_at) == (True, due)


def test_no_way_to_reach_somebody_means_no_promise(session, at):
    at("2026-12-02 10:47")
    party = victim(report_taken(plan={"phone": "07700 900318", "ring": "no", "text": "no"}, told=False))
    assert (party.contactable, promises(party)) == (False, {})


def test_a_number_found_later_makes_the_promise(session, at):
    at("2026-12-02 10:47")
    party = victim(report_taken(contactable=False, told=False, plan={}))
    opened(party.report)
    assert promises(party) == {}
    service.set_plan(actor=factories.user(), party=party, values={"phone": "07700 900318", "ring": "yes"})
    assert set(promises(party, "open")) == {"first_contact", "cadence"}


def test_opening_a_case_begins_to_keep_in_touch_from_the_report_on(session, at):
    due = at("2026-12-31 17:00")  # twenty working days after 1 December, Christmas Day and its substitute Monday left out
    at("2026-12-01 15:00")
    report = report_taken()
    at("2026-12-02 09:30")
    opened(report)
    party = victim(report)
    assert set(promises(party, "open")) == {"first_contact", "cadence"}
    assert promises(party)["cadence"].due_at == due


def test_promises_contacts_and_plan_go_to_the_case_with_the_party(session, at):
    at("2026-12-02 10:47")
    report = report_taken()
    before = promises(victim(report))["first_contact"].id
    case = opened(report)
    party = victim(report)
    assert party.case_id == case.id
    assert promises(party)["first_contact"].id == before
    rows = session.execute(text("SELECT case_id FROM contact_plan UNION ALL SELECT case_id FROM contact")).scalars().all()
    assert rows and set(rows) == {case.id}


@pytest.mark.parametrize("outcome", ["signposted", "no_further_action"])
def test_what_is_open_becomes_being_told_what_was_decided_by_the_date_they_have(session, at, outcome):
    at("2026-12-02 10:47")
    report = report_taken(MEDIUM)
    party = victim(report)
    first = promises(party)["first_contact"]
    at("2026-12-04 12:00")
    decide(report, outcome)
    decision = promises(party)["decision"]
    assert (first.state, decision.state, decision.due_at) == ("ended", "open", first.due_at)
    assert set(promises(party, "open")) == {"decision"}


def test_only_telling_ends_the_decision(session, at):
    at("2026-12-02 10:47")
    report = report_taken()
    decide(report, "no_further_action")
    party = victim(report)
    at("2026-12-03 10:00")
    contacted(party, covers=())
    assert promises(party)["decision"].state == "open"
    at("2026-12-03 10:05")
    contacted(party, covers=("decision",))
    assert promises(party)["decision"].state == "kept"
    assert promises(party, "open") == {}


def test_an_overdue_date_is_not_pushed_back_by_deciding(session, at):
    at("2026-11-16 10:00")
    report = report_taken(MEDIUM)
    now = at("2026-12-02 10:47")
    decide(report, "signposted")
    assert promises(victim(report))["decision"].due_at == now


def test_a_withdrawn_report_ends_what_was_promised(session, at):
    at("2026-12-02 10:47")
    report = report_taken()
    triage.withdraw(actor=factories.user(), report=report, reason="entered_twice")
    assert promises(victim(report))["first_contact"].state == "ended"


def test_a_joined_report_gives_a_twin_and_one_contact_keeps_both(session, at):
    at("2026-12-02 10:47")
    who = factories.person()
    first = report_taken(who=who)
    case = opened(first)
    at("2026-12-03 11:00")
    again = report_taken(who=who)
    triage.join_case(actor=factories.user(), report=again, case=case, reason="same_problem")
    at("2026-12-03 12:00")
    contact = contacted(victim(first), covers=("first_contact",))
    for report in (first, again):
        kept = promises(victim(report), "kept")
        assert {"first_contact", "cadence"} <= set(kept)
        assert kept["first_contact"].kept_by == contact.id
        assert promises(victim(report), "open")["cadence"].starts_at == contact.occurred_at


def test_one_promise_for_a_party_a_kind_and_a_cause(session, at):
    at("2026-12-02 10:47")
    party, cause = victim_on_case(), new_id()
    one = service.make_promise(party=party, kind="explain_review", cause_id=cause, starts_at=clock.now())
    at("2026-12-04 10:47")
    assert service.make_promise(party=party, kind="explain_review", cause_id=cause, starts_at=clock.now()).id == one.id
    other = service.make_promise(party=party, kind="explain_review", cause_id=new_id(), starts_at=clock.now())
    assert other.id != one.id


def test_what_the_standards_do_not_promise_cannot_be_promised(session, at):
    at("2026-12-02 10:47")
    with pytest.raises(NotPromised):
        service.make_promise(party=victim_on_case(), kind="safety_call", cause_id=new_id(), starts_at=clock.now())


def test_the_words_the_caller_heard_are_kept_with_versions_of_standards_and_calendar(session, at):
    at("2026-12-02 10:47")
    made = promises(victim(report_taken(HIGH)))["first_contact"]
    assert made.told_as == "A practitioner will be in touch by 5pm on Thursday 3 December."
    assert made.standards_version == "1"
    assert made.calendar_version.startswith("govuk-bank-holidays ")


def test_the_story_says_what_was_promised(session, at):
    at("2026-12-02 10:47")
    report = report_taken(HIGH)
    assert "Promised Nasreen Khan-Abdullahi: first contact, by 5pm on Thursday 3 December" in story(report)
    assert "Nasreen Khan-Abdullahi rang" in story(report)


def test_the_date_of_a_promise_cannot_be_changed_by_the_web_role(session, at):
    at("2026-12-02 10:47")
    promise = promises(victim_on_case(HIGH))["cadence"]
    with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
        session.execute(text("UPDATE promise SET due_at = due_at + interval '1 day' WHERE id = :id"), {"id": promise.id})
    with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
        promise.due_at = promise.due_at.replace(year=2030)
        session.flush()
    session.refresh(promise)
    assert promise.due_at.year == 2026


def decide(report, outcome):
    """Triage without a case."""
    officer = factories.user()
    if outcome == "signposted":
        triage.signpost(actor=officer, report=report, where_to="Leicestershire Police", reason="police_lead")
    else:
        triage.take_no_further_action(actor=officer, report=report, reason="one_off")


def test_cadence_goes_on_from_each_contact(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case(HIGH)
    at("2026-12-03 12:00")
    contacted(party, covers=("first_contact",))
    due = at("2026-12-10 17:00")
    at("2026-12-04 09:00")
    assert [one.state for one in all_promises(party, "cadence")] == ["kept", "open"]
    assert promises(party, "open")["cadence"].due_at == due


def test_what_was_done_is_told_once_for_each_step(session, at):
    from types import SimpleNamespace

    from sentinel.victims.done import promise_after_intervention

    now = at("2026-12-02 10:47")
    party = victim_on_case()
    letter = SimpleNamespace(id=new_id(), case_id=party.case_id, state="proposed", starts_on=None)
    moved = SimpleNamespace(intervention=letter, actor=factories.user())
    promise_after_intervention(moved)
    assert "after_intervention" not in promises(party)
    due = at("2026-12-08 17:00")
    at("2026-12-03 10:00")
    letter.state, letter.starts_on = "in_force", now.date().replace(day=1)
    promise_after_intervention(moved)
    promise_after_intervention(moved)
    (told,) = all_promises(party, "after_intervention")
    assert told.due_at == due
    letter.state = "breached"
    promise_after_intervention(moved)
    assert len(all_promises(party, "after_intervention")) == 1
    contacted(party, covers=("after_intervention",))
    promise_after_intervention(moved)
    assert [one.state for one in all_promises(party, "after_intervention")] == ["kept", "open"]
