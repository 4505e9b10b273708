"""The pages of victim care through the client: what they show, refuse, keep as typed, and do once."""

import re

import pytest
from sqlalchemy import func, select

from sentinel.cases.models import CaseGrant
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.models import Draft
from sentinel.victims import service
from sentinel.victims.models import Contact
from tests import factories
from tests.integration.promise_made import (
    HIGH,
    contacted,
    opened,
    plan,
    promises,
    report_taken,
    story,
    victim,
    victim_on_case,
)

OFFICER, SUPERVISOR = "officer@blaby.example", "supervisor@blaby.example"
SAID = "She heard shouting again at half past six and is frightened."


def contact(**changes):
    """What the form sends."""
    return {
        "channel": "phone",
        "outcome": "reached",
        "when": "now",
        "note": SAID,
        "covers": "first_contact",
        "seen": "",
        "next": "",
    } | changes


@pytest.fixture
def party(session, at):
    """A victim on the officer's case since this morning."""
    at("2026-12-02 10:00")
    found = victim_on_case(told=False)
    at("2026-12-02 10:47")
    session.commit()
    return found


def test_the_form_ticks_what_is_open_and_says_what_saving_promises_next(party, client_as):
    page = client_as(OFFICER).get(f"/parties/{party.id}/contact").text
    assert "the report: first contact" in page
    assert "keeps the promise" in page
    assert re.search(r'name="covers" type="checkbox" value="first_contact" checked', page)
    assert "Reaching them promises the next: <strong>Monday 4 January 2027, by 5pm" in page
    assert re.search(r'value="phone" checked', page)
    assert not re.search(r'name="outcome"[^>]*checked', page)


def test_logging_a_contact_keeps_the_promise_and_goes_where_it_should(party, client_as):
    client = client_as(OFFICER)
    sent = client.post(f"/parties/{party.id}/contact", contact(next="/my-work#row"))
    assert sent.headers["Location"] == "/my-work#row"
    assert promises(party)["first_contact"].state == "kept"
    assert "Contact with Nasreen Khan-Abdullahi logged. Next: Monday 4 January 2027, by 5pm." in client.get("/my-work").text
    assert story(party.case, "contact")[-1] == "Spoke to Nasreen Khan-Abdullahi by telephone"


@pytest.mark.parametrize("address", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_no_other_site_is_ever_returned_to(party, client_as, address):
    sent = client_as(OFFICER).post(f"/parties/{party.id}/contact", contact(next=address))
    assert sent.headers["Location"] == f"/cases/{party.case_id}/victim-care"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"channel": ""}, "Choose how."),
        ({"outcome": ""}, "Choose whether you reached them."),
        ({"note": "  "}, "Say in a sentence what was said."),
        ({"when": "tomorrow 9am"}, "has not happened yet"),
        ({"when": "30 February"}, "30 February is not a date"),
        ({"when": "whenever"}, "is not a time Sentinel can read"),
        ({"note": "x" * 100_000}, "must be 10,000 characters or fewer. You typed 100,000."),
        ({"outcome": "one_way_sent"}, "Only a text, an e-mail or a letter of yours is sent without an answer."),
        ({"covers": "somebody"}, "That answer is not one of those offered."),
    ],
)
def test_each_wrong_answer_gets_a_sentence_and_nothing_typed_is_lost(party, client_as, changes, sentence):
    page = client_as(OFFICER).post(f"/parties/{party.id}/contact", contact(**changes), status=422).text
    assert sentence in page
    assert changes.get("note", SAID).strip() in page
    assert not db.session.scalar(select(func.count()).select_from(Contact))


def test_a_way_that_is_not_safe_is_shown_as_such_and_refused(party, session, client_as):
    service.set_plan(actor=factories.user(), party=party, values={"ring": "no", "email": "yes", "email_address": "n@example.org"})
    session.commit()
    client = client_as(OFFICER)
    page = client.get(f"/parties/{party.id}/contact").text
    assert "not safe" in page
    assert re.search(r'value="email" checked', page)
    assert "The plan says it is not safe to ring." in client.post(f"/parties/{party.id}/contact", contact(), status=422).text
    client.post(f"/parties/{party.id}/contact", contact(outcome="came_in"))


def test_a_double_click_logs_once(party, client_as):
    client = client_as(OFFICER)
    page = client.get(f"/parties/{party.id}/contact").text
    once = contact(submission_id=re.search(r'name="submission_id" value="([^"]+)"', page)[1])
    first, second = client.post(f"/parties/{party.id}/contact", once), client.post(f"/parties/{party.id}/contact", once)
    assert first.headers["Location"] == second.headers["Location"]
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 1


def test_what_somebody_else_logged_meanwhile_is_shown_beside_ones_own(party, session, client_as):
    client = client_as(OFFICER)
    client.get(f"/parties/{party.id}/contact")
    contacted(party, actor=SUPERVISOR, note="Rang her this morning.", covers=())
    session.commit()
    page = client.post(f"/parties/{party.id}/contact", contact(), status=409).text
    assert "Marcia Thornton-Clarke logged a contact with Nasreen Khan-Abdullahi while you had this open." in page
    assert "Rang her this morning." in page
    assert SAID in page
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    client.post(f"/parties/{party.id}/contact", contact(seen=seen))
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 2


def test_what_is_typed_is_kept_as_a_draft_and_gone_when_saved(party, session, client_as):
    client = client_as(OFFICER)
    kept = client.post(f"/parties/{party.id}/contact/draft", contact(note="Half a sent"), status=200)
    assert kept.json == {"saved_at": "10:47am", "reference": None}
    page = client.get(f"/parties/{party.id}/contact").text
    assert "Half a sent" in page
    client.post(f"/parties/{party.id}/contact", contact())
    assert not session.scalar(select(func.count()).select_from(Draft))


def test_looking_at_the_form_writes_no_plan(session, at, client_as):
    at("2026-12-02 10:47")
    case = factories.case(officer=factories.user())
    party = factories.party(on=case)
    session.commit()
    client_as(OFFICER).get(f"/parties/{party.id}/contact")
    assert session.execute(select(func.count()).select_from(type(plan_model()))).scalar() == 0


def plan_model():
    from sentinel.victims.models import ContactPlan

    return ContactPlan()


@pytest.mark.parametrize("page", ["contact", "plan", "vulnerable", "safe-to-contact"])
def test_somebody_elses_victim_is_not_here(party, client_as, page):
    client_as("officer@charnwood.example").get(f"/parties/{party.id}/{page}", status=404)


def test_a_team_the_case_is_shared_with_may_log_contacts(party, session, client_as):
    team = factories.team("police-beat")
    session.add(
        CaseGrant(
            case_id=party.case_id,
            grantee=team.id,
            level="full",
            until=clock.now() + factories.days(3),
            reason="Joint visit",
            granted_at=clock.now(),
        )
    )
    session.commit()
    client_as("beat.officer@police.example").post(f"/parties/{party.id}/contact", contact())
    assert promises(party)["first_contact"].state == "kept"


def test_victim_care_shows_promises_open_and_kept_and_late_typing(session, at, client_as):
    at("2026-11-23 10:00")
    party = victim_on_case()
    when = at("2026-11-27 15:00")
    at("2026-12-02 09:00")
    contacted(party, when=when, covers=("first_contact",), note="Two quiet days.")
    contacted(party, outcome="attempt", note="No answer at the door.", channel="visit")
    at("2026-12-02 10:47")
    session.commit()
    page = client_as(OFFICER).get(f"/cases/{party.case_id}/victim-care").text
    assert "Kept on time, Friday 27 November, 3pm" in page
    assert "Typed Today, 9am" in page
    assert "Attempts that reached nobody" in page
    assert "Called on Nasreen Khan-Abdullahi, without meeting them" in page
    assert "1 promise open. 3 kept on time, 0 late." in page


def test_late_is_said_in_working_days(session, at, client_as):
    at("2026-11-23 10:00")
    party = victim_on_case()
    at("2026-12-02 10:47")
    contacted(party, covers=("first_contact",))
    session.commit()
    page = client_as(OFFICER).get(f"/cases/{party.case_id}/victim-care").text
    assert "Kept 2 working days late" in page
    assert "2 kept on time, 1 late." in page


def test_only_a_supervisor_is_offered_to_excuse(party, client_as):
    promise = promises(party)["first_contact"]
    link = f"/promises/{promise.id}/excuse"
    assert link not in client_as(OFFICER).get(f"/cases/{party.case_id}/victim-care").text
    client_as(OFFICER).get(link, status=403)
    supervisor = client_as(SUPERVISOR)
    assert link in supervisor.get(f"/cases/{party.case_id}/victim-care").text
    assert "Nobody has tried yet. It takes 3 attempts, by 2 ways, on 2 working days." in supervisor.get(link).text
    assert "Nobody has tried yet." in supervisor.post(link, {"reason": "Away."}, status=422).text


def test_excusing_through_the_page(session, at, client_as):
    at("2026-12-02 10:00")
    party = victim_on_case()
    moments = [(at("2026-12-03 10:00"), "phone"), (at("2026-12-04 11:00"), "visit"), (at("2026-12-04 15:00"), "phone")]
    at("2026-12-08 10:00")
    for when, channel in moments:
        contacted(party, when=when, channel=channel, outcome="attempt", note="No answer.")
    session.commit()
    link = f"/promises/{promises(party)['first_contact'].id}/excuse"
    client = client_as(SUPERVISOR)
    assert "Say why it is excused" in client.post(link, {"reason": " "}, status=422).text
    client.post(link, {"reason": "Away until Christmas."})
    page = client.get(f"/cases/{party.case_id}/victim-care").text
    assert "Excused by Marcia Thornton-Clarke" in page
    assert "Away until Christmas." in page


def test_changing_the_plan_and_two_people_at_once(party, session, client_as):
    client = client_as(OFFICER)
    page = client.get(f"/parties/{party.id}/plan").text
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    sent = {"phone": "07700 900318", "ring": "yes", "safe_times": "after 3pm", "version": version}
    service.set_plan(actor=factories.user(SUPERVISOR), party=party, values={"safe_times": "mornings"})
    session.commit()
    page = client.post(f"/parties/{party.id}/plan", sent, status=409).text
    assert "mornings" in page
    assert 'value="after 3pm"' in page
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    assert int(version) == plan(party).version
    client.post(f"/parties/{party.id}/plan", sent | {"version": version})
    assert plan(party).safe_times == "after 3pm"


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [("phone", "12", "is not a telephone number"), ("email_address", "nasreen@", "is not an e-mail address"), ("never", "x" * 600, "500")],
)
def test_a_plan_that_cannot_be_gets_a_sentence(party, client_as, field, typed, sentence):
    page = client_as(OFFICER).post(f"/parties/{party.id}/plan", {field: typed}, status=422).text
    assert sentence in page
    assert typed in page


def test_slowing_down_through_the_page(party, client_as):
    client = client_as(OFFICER)
    link = f"/promises/{promises(party)['cadence'].id}/waive"
    asked = {"reason": "asked_for_longer", "note": "Every eight weeks is enough."}
    assert "Enter how many working days, at most 60." in client.post(link, asked, status=422).text
    client.post(link, asked | {"every": "40"})
    assert "They asked to hear from us every 40 working days." in client.get(f"/cases/{party.case_id}/victim-care").text


def test_an_enhanced_victim_is_slowed_down_by_a_supervisor_only(session, at, client_as):
    at("2026-12-02 10:47")
    party = victim_on_case(HIGH)
    session.commit()
    link = f"/promises/{promises(party)['cadence'].id}/waive"
    assert "A supervisor has to agree." in client_as(OFFICER).get(link).text
    assert "A supervisor has to agree." not in client_as(SUPERVISOR).get(link).text
    client_as(OFFICER).post(link, {"reason": "asked_for_longer", "note": "Rarely.", "every": "40"}, status=403)


def test_reviewing_instead_of_contacting(party, session, client_as):
    cadence = promises(party)["cadence"]
    client = client_as(OFFICER)
    client.post(f"/promises/{cadence.id}/waive", {"reason": "asked_not_to_be_contacted", "note": "Leave me alone."})
    following = promises(party, "open")["cadence"]
    assert "They asked us not to contact them." in client.get(f"/parties/{party.id}/contact").text
    client.get(f"/promises/{following.id}/review")
    client.post(f"/promises/{following.id}/review", {"reason": "Nothing new on the landing."})
    assert following.state == "kept"


def test_deciding_that_a_victim_is_vulnerable(party, client_as):
    client = client_as(OFFICER)
    client.get(f"/parties/{party.id}/vulnerable")
    assert "Say what makes them vulnerable" in client.post(f"/parties/{party.id}/vulnerable", {"reason": ""}, status=422).text
    client.post(f"/parties/{party.id}/vulnerable", {"reason": "Afraid to leave the flat."})
    assert "Enhanced standard" in client.get(f"/cases/{party.case_id}/victim-care").text


def test_a_victim_who_may_not_know_is_shown_as_such_until_somebody_says_it_is_safe(session, at, client_as):
    at("2026-12-02 10:47")
    report = report_taken(roles=("victim", "reporter"), party_detail={"may_not_know": True})
    opened(report)
    party = victim(report)
    session.commit()
    client = client_as(OFFICER)
    care = f"/cases/{party.case_id}/victim-care"
    assert "Do not contact them." in client.get(care).text
    client.post(f"/parties/{party.id}/plan", {"phone": "07700 900600", "ring": "yes", "version": plan(party).version})
    assert promises(party) == {}
    client.get(f"/parties/{party.id}/safe-to-contact")
    client.post(f"/parties/{party.id}/safe-to-contact", {"reason": "Her sister told her."})
    assert set(promises(party, "open")) == {"first_contact", "cadence"}
    assert "Do not contact them." not in client.get(care).text


def test_a_message_that_came_back(party, session, client_as):
    service.set_plan(actor=factories.user(), party=party, values={"text": "yes"})
    sent = contacted(party, channel="text", outcome="delivered", covers=("first_contact",))
    session.commit()
    client = client_as(OFFICER)
    assert f"/contacts/{sent.id}/came-back" in client.get(f"/cases/{party.case_id}/victim-care").text
    client.get(f"/contacts/{sent.id}/came-back")
    client.post(f"/contacts/{sent.id}/came-back", {"reason": "Number not in use."})
    assert promises(party)["first_contact"].state == "open"


def test_the_representative_may_be_the_one_who_was_spoken_to(session, at, client_as):
    at("2026-12-02 10:00")
    report = report_taken(roles=("victim", "witness"), told=False)
    opened(report)
    party, witness = victim(report), victim(report, "witness")
    witness.person.name = "Imran Khan-Abdullahi"
    at("2026-12-02 10:47")
    session.commit()
    client = client_as(OFFICER)
    speaks = {"representative_person_id": str(witness.person_id), "representative_consent": "In writing."}
    client.post(f"/parties/{party.id}/plan", {"phone": "07700 900318", "ring": "yes", "version": plan(party).version, **speaks})
    assert "Imran Khan-Abdullahi, who may speak for them" in client.get(f"/parties/{party.id}/contact").text
    client.post(f"/parties/{party.id}/contact", contact(spoke_to="representative"))
    assert promises(party)["first_contact"].state == "kept"
    assert story(party.case, "contact")[-1].startswith("Spoke to Imran Khan-Abdullahi, for Nasreen")


def test_a_closed_case_offers_nothing_to_do(party, session, client_as):
    from tests.integration.risk_made import close

    close(party.case)
    session.commit()
    page = client_as(OFFICER).get(f"/cases/{party.case_id}/victim-care").text
    assert "Log contact with" not in page
    assert "Change the plan" not in page


def test_safe_times_that_only_a_person_can_judge_are_kept_and_said_to_be_so(party, session, client_as):
    client = client_as(OFFICER)
    change = {"phone": "07700 900318", "ring": "yes", "text": "yes"}
    client.post(f"/parties/{party.id}/plan", change | {"safe_times": "when he is at work", "version": plan(party).version})
    page = client.get(f"/cases/{party.case_id}/victim-care").text
    assert "messages would wait for them" in page and "when he is at work" in page
    assert "Nothing goes to them by itself: only a person can judge these times." in client.get(f"/parties/{party.id}/contact").text
    client.post(f"/parties/{party.id}/plan", change | {"safe_times": "after 3pm, not Fridays", "version": plan(party).version})
    assert "messages would wait for them" not in client.get(f"/cases/{party.case_id}/victim-care").text
