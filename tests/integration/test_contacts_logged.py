"""Logging a contact: what is refused, what it keeps and for whom, what stands on the story."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from sentinel.cases import triage
from sentinel.cases.models import CaseEvent
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import Refused, Stale
from sentinel.victims import service
from sentinel.victims.models import Contact
from tests import factories
from tests.integration.promise_made import (
    MEDIUM,
    all_promises,
    contacted,
    opened,
    plan,
    promises,
    report_taken,
    story,
    victim,
    victim_on_case,
)
from tests.integration.risk_made import close


def test_a_contact_still_to_come_is_refused(session, at):
    now = at("2026-12-02 10:47")
    with pytest.raises(Refused) as refused:
        contacted(victim_on_case(), when=now + timedelta(minutes=1))
    assert refused.value.field == "when"


def test_a_contact_without_a_sentence_is_refused(session, at):
    at("2026-12-02 10:47")
    with pytest.raises(Refused) as refused:
        contacted(victim_on_case(), note="  ")
    assert (refused.value.field, refused.value.sentence) == ("note", "Say in a sentence what was said.")


@pytest.mark.parametrize(("channel", "column"), [("phone", "ring"), ("text", "text"), ("email", "email"), ("letter", "post")])
def test_a_channel_that_is_not_safe_is_refused_unless_they_contacted_us(session, at, channel, column):
    at("2026-12-02 10:47")
    party = victim_on_case()
    service.set_plan(actor=factories.user(), party=party, values={column: "no"})
    with pytest.raises(Refused) as refused:
        contacted(party, channel=channel)
    assert refused.value.field == "channel"
    assert contacted(party, channel=channel, direction="in").id


def test_a_victim_who_may_not_know_is_not_contacted(session, at):
    at("2026-12-02 10:47")
    report = report_taken(roles=("victim", "reporter"), party_detail={"may_not_know": True})
    with pytest.raises(Refused, match="Nobody contacts Nasreen"):
        contacted(victim(report))


def test_what_somebody_alleged_said_is_a_note(session, at):
    at("2026-12-02 10:47")
    report = report_taken(roles=("victim", "alleged"))
    with pytest.raises(Refused, match="as a note"):
        contacted(victim(report, "alleged"))


def test_a_contact_dated_before_the_promise_began_is_kept_on_record_and_keeps_nothing(session, at):
    early = at("2026-12-01 10:00")
    at("2026-12-02 10:47")
    party = victim_on_case()
    contact = contacted(party, when=early, covers=("first_contact",))
    assert db.session.get(Contact, contact.id)
    assert set(promises(party, "open")) == {"first_contact", "cadence"}


def test_the_very_moment_the_promise_began_keeps_it(session, at):
    now = at("2026-12-02 10:47")
    party = victim_on_case()
    contacted(party, when=now, covers=("first_contact",))
    assert promises(party)["first_contact"].state == "kept"


def test_a_contact_typed_late_is_on_time_by_when_it_happened_and_shows_when_it_was_typed(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    when = at("2026-12-08 16:00")
    typed = at("2026-12-11 09:30")
    contact = contacted(party, when=when, covers=("first_contact",))
    kept = promises(party)["first_contact"]
    assert (kept.state, contact.occurred_at, contact.logged_at) == ("kept", when, typed)
    assert contact.occurred_at <= kept.due_at < contact.logged_at
    assert promises(party, "open")["cadence"].starts_at == when


def test_only_what_is_ticked_is_kept_and_being_in_touch_by_any_contact(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    contacted(party, covers=())
    assert {one.state for one in all_promises(party, "cadence")} == {"kept", "open"}
    assert promises(party)["first_contact"].state == "open"


def test_an_attempt_keeps_nothing(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    contacted(party, outcome="attempt", covers=("first_contact",), note="No answer.")
    assert set(promises(party, "open")) == {"first_contact", "cadence"}


def test_first_contact_is_not_kept_by_a_call_taker(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    contacted(party, actor="calltaker@blaby.example", direction="in", covers=("first_contact",))
    assert promises(party)["first_contact"].state == "open"
    assert [one.state for one in all_promises(party, "cadence")] == ["kept", "open"]


def test_a_message_sent_one_way_keeps_nothing_until_it_is_delivered_by_a_way_agreed(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    service.set_plan(actor=factories.user(), party=party, values={"text": "yes"})
    contacted(party, channel="text", outcome="one_way_sent", covers=("first_contact",))
    assert promises(party)["first_contact"].state == "open"
    contacted(party, channel="email", outcome="delivered", covers=("first_contact",))
    assert promises(party)["first_contact"].state == "open"
    contacted(party, channel="text", outcome="delivered", covers=("first_contact",))
    assert promises(party)["first_contact"].state == "kept"


def test_only_what_can_be_sent_is_sent_one_way(session, at):
    at("2026-12-02 10:47")
    with pytest.raises(Refused) as refused:
        contacted(victim_on_case(), outcome="one_way_sent")
    assert refused.value.field == "outcome"


def test_a_message_that_came_back_opens_the_promise_again_with_its_own_date(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    service.set_plan(actor=factories.user(), party=party, values={"text": "yes"})
    first = promises(party)["first_contact"]
    due, next_step = first.due_at, first.next_step_at
    at("2026-12-03 10:00")
    contact = contacted(party, channel="text", outcome="delivered", covers=("first_contact",))
    service.came_back(actor=factories.user(), contact=contact, note="The number is not in use.")
    session.refresh(first)
    assert (first.state, first.kept_by, first.due_at, first.next_step_at) == ("open", None, due, next_step)
    assert contact.outcome == "failed"
    with pytest.raises(Refused):
        service.came_back(actor=factories.user(), contact=contact)


def test_a_message_that_came_back_after_the_case_was_closed_opens_no_promise_to_keep_in_touch(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    service.set_plan(actor=factories.user(), party=party, values={"text": "yes"})
    at("2026-12-03 10:00")
    contact = contacted(party, channel="text", outcome="delivered", covers=("first_contact",))
    close(party.case)
    assert [promise.kind for promise in service.came_back(actor=factories.user(), contact=contact)] == ["first_contact"]
    assert promises(party, "open").keys() == {"first_contact"}, "they were never told: that is still owed"
    assert {promise.state for promise in all_promises(party, "cadence")} == {"ended"}


def test_a_message_that_came_back_after_the_report_was_withdrawn_opens_nothing(session, at):
    at("2026-12-02 10:47")
    report = report_taken()
    party = victim(report)
    service.set_plan(actor=factories.user(), party=party, values={"text": "yes"})
    contact = contacted(party, channel="text", outcome="delivered", covers=("first_contact",))
    triage.withdraw(actor=factories.user(), report=report, reason="by_caller")
    assert service.came_back(actor=factories.user(), contact=contact) == []
    assert not promises(party, "open")


def test_the_representative_named_in_the_plan_keeps_it_and_nobody_else(session, at):
    at("2026-12-02 10:47")
    report = report_taken(roles=("victim", "witness"))
    opened(report)
    party, son = victim(report), factories.person("Imran Khan-Abdullahi")
    contacted(party, spoke_to=son, covers=("first_contact",))
    assert promises(party)["first_contact"].state == "open"
    speaks = {"representative_person_id": son.id, "representative_consent": "In writing."}
    service.set_plan(actor=factories.user(), party=party, values=speaks)
    contacted(party, spoke_to=son, covers=("first_contact",))
    assert promises(party)["first_contact"].state == "kept"
    assert "Spoke to Imran Khan-Abdullahi, for Nasreen Khan-Abdullahi by telephone" in story(party.case)


def test_a_merged_person_is_the_same_person(session, at):
    at("2026-12-02 10:47")
    first = report_taken(who=factories.person("Nasreen Khan-Abdullahi"))
    case = opened(first)
    other = factories.party(on=case, who=factories.person("N Khan"))
    started = service.make_promise(party=other, kind="first_contact", cause_id=case.id, starts_at=clock.now())
    contacted(victim(first), covers=("first_contact",))
    assert started.state == "open"
    other.person.canonical_id = victim(first).person_id
    session.flush()
    contacted(victim(first), covers=("first_contact",))
    assert started.state == "kept"


def test_the_same_person_on_another_case_is_kept_nothing(session, at):
    at("2026-12-02 10:47")
    who = factories.person()
    here, there = victim_on_case(who=who), victim_on_case(who=who)
    contacted(here, covers=("first_contact",))
    assert promises(there)["first_contact"].state == "open"


def test_the_next_date_may_be_promised_sooner(session, at):
    due = at("2026-12-04 17:00")
    at("2026-12-02 10:47")
    party = victim_on_case(MEDIUM)
    contacted(party, covers=(), next_by=due.date())
    assert promises(party, "open")["cadence"].due_at == due


def test_no_next_date_is_later_than_the_standard(session, at):
    far = at("2027-02-01 17:00")
    due = at("2026-12-16 17:00")
    at("2026-12-02 10:47")
    party = victim_on_case(MEDIUM)
    contacted(party, covers=(), next_by=far.date())
    assert promises(party, "open")["cadence"].due_at == due


@pytest.mark.parametrize(
    ("channel", "direction", "outcome", "title"),
    [
        ("phone", "out", "reached", "Spoke to Nasreen Khan-Abdullahi by telephone"),
        ("visit", "out", "reached", "Visited Nasreen Khan-Abdullahi"),
        ("phone", "out", "attempt", "Tried to ring Nasreen Khan-Abdullahi"),
        ("email", "in", "reached", "Nasreen Khan-Abdullahi e-mailed"),
        ("letter", "out", "one_way_sent", "Sent Nasreen Khan-Abdullahi a letter"),
    ],
)
def test_the_story_tells_it_in_a_sentence(session, at, channel, direction, outcome, title):
    at("2026-12-02 10:47")
    party = victim_on_case()
    contacted(party, channel=channel, direction=direction, outcome=outcome)
    assert story(party.case, "contact")[-1] == title


def test_the_story_says_what_was_kept_how_late_and_what_comes_next(session, at):
    at("2026-11-23 10:47")
    party = victim_on_case(MEDIUM)
    at("2026-12-01 10:00")
    contacted(party, covers=("first_contact",), note="Two quiet days.")
    told = db.session.scalars(select(CaseEvent).where(CaseEvent.case_id == party.case_id, CaseEvent.kind == "contact")).all()[-1]
    assert told.body.splitlines() == [
        "Two quiet days.",
        "Kept: First contact (3 working days late); Keep in touch.",
        "Next: keep in touch, by 5pm on Tuesday 15 December.",
    ]


def test_changing_the_plan_keeps_what_it_was_on_the_story(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    service.set_plan(actor=factories.user(), party=party, values={"voicemail": "no", "safe_times": "after 3pm", "ring": "yes"})
    told = db.session.scalars(select(CaseEvent).where(CaseEvent.kind == "plan")).one()
    assert told.title == "Changed how to reach Nasreen Khan-Abdullahi"
    assert told.body.splitlines() == ["Voicemail: not safe (was not asked)", "Safe times: after 3pm (was not said)"]


def test_two_people_changing_a_plan_see_both_versions(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    version = plan(party).version
    service.set_plan(actor=factories.user("supervisor@blaby.example"), party=party, values={"safe_times": "mornings"}, version=version)
    with pytest.raises(Stale) as stale:
        service.set_plan(actor=factories.user(), party=party, values={"safe_times": "after 3pm"}, version=version)
    assert (stale.value.yours, stale.value.theirs) == ([("Safe times", "after 3pm")], [("Safe times", "mornings")])


def test_a_way_lost_takes_no_promise_away(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    service.set_plan(actor=factories.user(), party=party, values={"ring": "no", "text": "no"}, no_way=True)
    assert party.contactable is False
    assert set(promises(party, "open")) == {"first_contact", "cadence"}
