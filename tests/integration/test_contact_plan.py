"""The contact plan: what may stand in it, who may agree to rarer contact, what changes with it, and how it came to be."""

from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError

from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import Refused, Stale
from sentinel.victims import service
from tests import factories
from tests.integration.promise_made import HIGH, all_promises, contacted, plan, promises, report_taken, story, victim, victim_on_case

OFFICER, SUPERVISOR = "officer@blaby.example", "supervisor@blaby.example"


def london(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=clock.LONDON).astimezone(clock.UTC)


@pytest.fixture(autouse=True)
def _on_a_wednesday(at):
    at("2026-12-02 10:00")


def change(party, who=OFFICER, **more):
    values = {name: more.pop(name) for name in list(more) if name not in ("no_way", "version")}
    return service.set_plan(actor=factories.user(who), party=party, values=values, **more)


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"preferred": "text", "text": "no"}, "preferred", "They prefer text, and text is marked as not safe"),
        ({"accessible_format": "other"}, "needs", "Say what format helps them"),
        ({"ring": "no", "text": "no"}, "no_way", "Nothing is left by which to reach them"),
        ({"phone": ""}, "no_way", "Nothing is left by which to reach them"),
    ],
)
def test_a_plan_that_could_not_be_followed_is_refused_at_its_field(session, values, field, words):
    party = victim_on_case()
    with pytest.raises(Refused, match=words) as refused:
        change(party, **values)
    assert refused.value.field == field
    assert plan(party).ring == "yes"


def test_nobody_speaks_for_a_victim_without_their_consent(session):
    party = victim_on_case()
    son = factories.person("Imran Khan-Abdullahi")
    with pytest.raises(Refused) as refused:
        change(party, representative_person_id=son.id)
    assert refused.value.field == "representative_consent"
    change(party, representative_person_id=son.id, representative_consent="Told me on 2 December.")
    plan(party).representative_consent = None
    with pytest.raises(IntegrityError, match="speaks_with_consent"):
        db.session.flush()


def test_a_plan_that_leaves_no_way_is_saved_when_somebody_says_so(session):
    party = victim_on_case()
    change(party, ring="no", text="no", no_way=True)
    assert party.contactable is False
    change(party, safe_times="mornings")
    assert plan(party).safe_times == "mornings", "what was so before is no reason to refuse something else"


def test_who_asks_to_hear_every_week_is_promised_that_beside_what_was_promised(session):
    party = victim_on_case()
    (first,) = all_promises(party, "cadence")
    assert first.due_at == london("2027-01-04 17:00")  # twenty working days without 25 and 28 December and 1 January
    change(party, every_working_days=5)
    (tighter,) = [one for one in all_promises(party, "cadence") if one.id != first.id]
    assert (tighter.starts_at, tighter.due_at) == (london("2026-12-02 10:00"), london("2026-12-09 17:00"))
    assert tighter.tightens_id == first.id
    assert first.state == "open", "a deadline never moves and one contact keeps both"
    contacted(party)
    assert {one.state for one in (first, tighter)} == {"kept"}
    assert promises(party, "open")["cadence"].due_at == london("2026-12-09 17:00")


def test_rarer_contact_binds_the_next_promise_and_no_earlier_one(session):
    party = victim_on_case()
    change(party, every_working_days=40)
    assert [one.due_at for one in all_promises(party, "cadence")] == [london("2027-01-04 17:00")]
    contacted(party)
    # Forty working days from Wednesday 2 December, without 25 and 28 December and 1 January.
    assert promises(party, "open")["cadence"].due_at == london("2027-02-01 17:00")


def test_the_enhanced_standard_is_made_rarer_by_a_supervisor_only(session):
    party = victim_on_case(HIGH)
    with pytest.raises(Refused, match="a supervisor has to agree") as refused:
        change(party, every_working_days=10)
    assert refused.value.field == "every"
    change(party, SUPERVISOR, every_working_days=10)
    contacted(party)
    assert promises(party, "open")["cadence"].due_at == london("2026-12-16 17:00")


def test_an_officer_may_agree_to_more_than_the_enhanced_standard(session):
    party = victim_on_case(HIGH)
    change(party, every_working_days=2)
    contacted(party)
    assert promises(party, "open")["cadence"].due_at == london("2026-12-04 17:00")


def test_who_asked_to_be_left_alone_may_ask_to_hear_again(session):
    party = victim_on_case()
    cadence = promises(party, "open")["cadence"]
    service.waive(actor=factories.user(), promise=cadence, reason="asked_not_to_be_contacted", note="Leave me alone.")
    assert plan(party).no_contact
    change(party, every_working_days=20)
    assert not plan(party).no_contact


def test_a_reporter_for_somebody_else_has_a_plan_of_their_own(session):
    report = report_taken(roles=("victim", "reporter"))
    reporter = victim(report, "reporter")
    change(reporter, preferred="email", email="yes", email_address="r@example.org")
    assert plan(reporter).preferred == "email"
    assert plan(victim(report)).preferred is None


def test_the_page_keeps_the_whole_plan_and_shows_how_it_came_to_be(client_as, session):
    party = victim_on_case()
    db.session.commit()
    client, page = client_as(OFFICER), f"/parties/{party.id}/plan"
    typed = {
        "phone": "07700 900318",
        **dict.fromkeys(("ring", "voicemail", "text", "email", "post"), "not_asked"),
        "ring": "yes",
        "preferred": "phone",
        "accessible_format": "large_print",
        "needs": "Hard of hearing: speak slowly.",
        "every": "10",
        "wishes": "To sleep through. Not to be named.",
        "version": plan(party).version,
    }
    refused = client.post(page, data=typed | {"preferred": "text", "text": "no"}, status=422).text
    assert "They prefer text, and text is marked as not safe" in refused
    assert "To sleep through. Not to be named." in refused
    refused = client.post(page, data=typed | {"ring": "no", "text": "no", "preferred": ""}, status=422).text
    assert "There is no safe way to reach them" in refused
    client.post(page, data=typed)
    db.session.expire_all()
    kept = plan(party)
    assert (kept.preferred, kept.accessible_format, kept.every_working_days) == ("phone", "large_print", 10)
    assert kept.wishes == "To sleep through. Not to be named."
    shown = client.get(page).text
    assert "How it came to be" in shown and "How often: every 10 working days (was not said)" in shown
    care = client.get(f"/cases/{party.case_id}/victim-care").text
    for words in ("Large print. Hard of hearing: speak slowly.", "To sleep through", "They asked to hear from us every 10 working days"):
        assert words in care
    assert "Changed how to reach Nasreen Khan-Abdullahi" in story(party.case, "plan")


def test_two_who_begin_a_plan_at_once_see_both(session):
    party = factories.party(on=factories.case())
    change(party, phone="07700 900318", ring="yes", version=0)
    with pytest.raises(Stale):
        change(party, phone="07700 900999", version=0)
    assert plan(party).phone == "07700 900318"
