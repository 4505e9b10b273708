"""The Victims' Code beside our own standards, and telling held for a police operation: dates reckoned by hand."""

from datetime import date, datetime

import pytest

from config import agreed
from config.agreed.spans import Span
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused
from sentinel.interventions import hearings, service
from sentinel.victims import code, holding
from tests import factories
from tests.integration.promise_made import HIGH, all_promises, contacted, promises, story, victim_on_case

OFFICER, SUPERVISOR, STRANGER = "officer@blaby.example", "supervisor@blaby.example", "supervisor@charnwood.example"


def london(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=clock.LONDON).astimezone(clock.UTC)


@pytest.fixture(autouse=True)
def _on_a_wednesday(at):
    at("2026-12-02 10:00")


@pytest.fixture
def slower(monkeypatch):
    """A partnership that gives itself ten working days to say what was done: longer than the Code does."""
    standards = agreed.current()
    rules = tuple(
        rule.model_copy(update={"standard": Span(working_days=10), "medium": Span(working_days=10)})
        if rule.kind == "after_intervention"
        else rule
        for rule in standards.contact.promise
    )
    changed = standards.model_copy(update={"contact": standards.contact.model_copy(update={"promise": rules})})
    monkeypatch.setattr(agreed, "current", lambda: changed)


def advised(party):
    return service.propose(
        actor=factories.user(OFFICER), case=party.case, power_key="verbal_advice", note="Spoke to him.", starts_on=date(2026, 12, 2)
    )


def decide(party, *, applies=True, why="Recorded by the police as harassment."):
    code.decide_code(actor=factories.user(OFFICER), party=party, applies=applies, why=why)


def test_where_the_code_applies_its_sooner_date_is_promised(session, slower):
    ours, theirs = victim_on_case(), victim_on_case()
    decide(theirs)
    advised(ours), advised(theirs)
    assert promises(ours)["after_intervention"].due_at == london("2026-12-16 17:00")
    assert promises(theirs)["after_intervention"].due_at == london("2026-12-09 17:00")


def test_with_enhanced_rights_it_is_one_working_day_and_where_ours_is_as_soon_nothing_changes(session):
    party = victim_on_case(HIGH)
    decide(party)
    advised(party)
    assert promises(party)["after_intervention"].due_at == london("2026-12-03 17:00")
    assert promises(party)["cadence"].due_at == london("2026-12-09 17:00"), "the Code says nothing of keeping in touch"


def test_switched_on_later_it_makes_the_sooner_date_beside_and_taking_it_back_lengthens_nothing(session, slower, at):
    party = victim_on_case()
    advised(party)
    at("2026-12-03 10:00")
    decide(party)
    assert sorted(one.due_at for one in all_promises(party, "after_intervention")) == [
        london("2026-12-10 17:00"),
        london("2026-12-16 17:00"),
    ]
    decide(party, applies=False, why="The police took it back.")
    assert {one.state for one in all_promises(party, "after_intervention")} == {"open"}
    assert "The Victims’ Code no longer applies to Nasreen Khan-Abdullahi" in story(party.case, "plan")


def test_the_code_needs_a_reason_a_change_and_a_victim(session):
    party = victim_on_case()
    with pytest.raises(Refused, match="how it stands already"):
        decide(party, applies=False)
    with pytest.raises(Refused, match="Say why"):
        decide(party, why=" ")
    party.role = "witness"
    with pytest.raises(Refused, match="for victims"):
        decide(party)


def hold(party, day=date(2026, 12, 7), who=SUPERVISOR, reason="Operation Larch: asked by DI, Blaby."):
    return holding.hold_telling(actor=factories.user(who), case=party.case, until=day, reason=reason)


def test_what_was_done_is_promised_from_when_the_hold_ends(session):
    party = victim_on_case()
    assert hold(party) == london("2026-12-07 17:00")
    advised(party)
    (promise,) = all_promises(party, "after_intervention")
    # 5pm is no longer inside Monday: the counting day is Tuesday 8, five working days after it Tuesday 15.
    assert (promise.starts_at, promise.due_at) == (london("2026-12-07 17:00"), london("2026-12-15 17:00"))


def test_what_is_open_and_due_before_is_promised_again_and_they_are_still_kept_in_touch_with(session):
    party = victim_on_case(HIGH)
    advised(party)
    (first,) = all_promises(party, "after_intervention")
    assert first.due_at == london("2026-12-03 17:00")
    hold(party)
    again = [one for one in all_promises(party, "after_intervention") if one.id != first.id]
    assert (first.state, first.ended_reason) == ("ended", "Telling is held: promised again from then.")
    assert [(one.starts_at, one.due_at) for one in again] == [(london("2026-12-07 17:00"), london("2026-12-08 17:00"))]
    assert promises(party, "open")["cadence"].due_at == london("2026-12-09 17:00")


def test_nobody_logs_that_they_told_what_is_held_and_other_things_may_be_told(session, at):
    party = victim_on_case()
    advised(party)
    hold(party)
    with pytest.raises(Refused, match="A supervisor holds what was done until Monday 7 December, 5pm") as refused:
        contacted(party, covers=("after_intervention",))
    assert refused.value.field == "covers"
    contacted(party, covers=("first_contact",))
    at("2026-12-08 09:00")
    contacted(party, covers=("after_intervention",))
    assert promises(party, "open").keys() == {"cadence"}


def test_a_hearing_date_is_held_and_being_prepared_for_it_is_not(session):
    party = victim_on_case()
    hold(party)
    about = {"about": "The injunction", "court": "County Court", "at": london("2026-12-17 10:00")}
    hearings.set_hearing(actor=factories.user(OFFICER), case=party.case, **about)
    assert promises(party)["hearing_set"].starts_at == london("2026-12-07 17:00")
    assert promises(party)["hearing_eve"].starts_at == london("2026-12-10 09:00")


def heard(party, when):
    about = {"about": "The injunction", "court": "County Court", "at": london(when)}
    return hearings.set_hearing(actor=factories.user(OFFICER), case=party.case, **about)


def test_a_date_that_was_promised_before_is_told_when_the_hold_ends_and_before_the_hearing_and_is_over_with_it(session):
    party = victim_on_case()
    made = heard(party, "2026-12-10 10:00")
    hold(party, date(2026, 12, 9))
    first, again = all_promises(party, "hearing_set")
    assert (first.state, again.starts_at, again.due_at) == ("ended", london("2026-12-09 17:00"), london("2026-12-10 10:00"))
    hearings.cancel_hearing(actor=factories.user(OFFICER), hearing=made, reason="Withdrawn.")
    assert promises(party)["hearing_set"].state == "ended"
    assert promises(party)["hearing_result"].starts_at == london("2026-12-09 17:00")


def test_the_code_brings_nothing_forward_that_is_held(session, slower):
    party = victim_on_case(HIGH)
    advised(party)
    hold(party)
    decide(party)
    assert {one.starts_at for one in all_promises(party, "after_intervention") if one.state == "open"} == {london("2026-12-07 17:00")}


def test_an_attempt_tells_nothing_and_is_logged_whatever_is_held(session):
    party = victim_on_case()
    advised(party)
    hold(party)
    contacted(party, covers=("after_intervention",), outcome="attempt")
    assert promises(party, "open").keys() >= {"after_intervention"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"day": date(2026, 12, 10)}, "At most 5 working days: Wednesday 9 December or earlier"),
        ({"day": date(2026, 12, 1)}, "Enter a day to come"),
        ({"day": None}, "Enter a day to come"),
        ({"reason": "  "}, "the police operation, and who asked"),
    ],
)
def test_a_hold_is_short_and_has_a_reason(session, changes, words):
    with pytest.raises(Refused, match=words):
        hold(victim_on_case(), **changes)


@pytest.mark.parametrize("who", [OFFICER, STRANGER])
def test_only_a_supervisor_of_the_owner_holds(session, who):
    with pytest.raises(NotAllowed):
        hold(victim_on_case(), who=who)


def test_through_the_browser(client_as, session):
    party = victim_on_case()
    db.session.commit()
    supervisor, care = client_as(SUPERVISOR), f"/cases/{party.case_id}/victim-care"
    assert "Hold what they are told" in supervisor.get(care).text
    page = f"/cases/{party.case_id}/hold-telling"
    day = {"until-day": "7", "until-month": "12", "until-year": "2026"}
    refused = supervisor.post(page, data=day | {"reason": "", "version": party.case.version}, status=422)
    assert "the police operation, and who asked" in refused.text
    supervisor.post(page, data=day | {"reason": "Operation Larch.", "version": party.case.version})
    assert "Tell nobody what was done before Monday 7 December, 5pm" in supervisor.get(care).text
    officer = client_as(OFFICER)
    assert "Hold what they are told" not in officer.get(care).text
    officer.get(page, status=403)
    code_page = f"/parties/{party.id}/victims-code"
    assert "covers crime only" in officer.get(code_page).text
    officer.post(code_page, data={"applies": "yes", "reason": "Crime number given."})
    assert "Victims’ Code" in officer.get(care).text
