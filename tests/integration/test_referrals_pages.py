"""Victim First's queue and the referrals of a case, through the client."""

import re

import pytest
from sqlalchemy import select, text

from sentinel.cases.models import Party
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.post.models import Outbox
from sentinel.referrals import following, safe, service
from sentinel.referrals.models import Referral
from sentinel.victims.models import ContactPlan
from tests import factories
from tests.integration.risk_made import WHY, assess, victim_on_case, victim_on_report

OFFICER, SUPERVISOR, WORKER = "officer@blaby.example", "supervisor@blaby.example", "worker@victimfirst.example"
NUMBER = "07700 900318"


def said(page: str) -> str:
    """The page's words, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split('id="main"')[-1]))


def referred(name: str = "Nasreen Khan-Abdullahi", *, consent: str = "given", **plan: str) -> Referral:
    """Somebody at high risk, referred; with a plan where one is given."""
    case = factories.case(officer=factories.user())
    party = factories.party(on=case, who=factories.person(name, age_years=67))
    party.detail.consent_victim_first = consent
    if plan:
        db.session.add(ContactPlan(party_id=party.id, case_id=case.id, **plan))
    db.session.flush()
    assess(party, "high")
    return db.session.scalars(select(Referral).where(Referral.party_id == party.id)).one()


@pytest.fixture
def vf(client_as):
    """Victim First's worker."""
    return client_as(WORKER)


def test_an_empty_queue_says_why_and_what_comes_next(vf):
    page = said(vf.get("/referrals").text)
    assert "Referrals to Victim First" in page
    assert "No new referrals. An e-mail comes with the next." in page


def test_the_open_card_holds_everything_needed_to_ring_safely(vf, session, at):
    at("2026-12-02 11:02")
    referred(
        phone=NUMBER,
        ring="yes",
        voicemail="no",
        text="yes",
        post="no",
        safe_times="9:30am to 2:30pm",
        language="Urdu",
        never="Not to her son",
    )
    answer = vf.get("/referrals").text
    page = said(answer)
    assert '<a class="govuk-link govuk-link--no-visited-state" href="tel:07700900318">07700 900318</a>' in answer
    for words in (
        "Nasreen Khan-Abdullahi, 67",
        "From Blaby ASB team, today, 11:02am",
        "9:30am to 2:30pm",
        "A text is safe. Voicemail is not safe.",
        "Urdu: an interpreter is needed",
        "Do not leave a voicemail or post anything . Not to her son",
        "Is it a good time to talk?",
        "A threat to life: always high",
        "Threats at the door every night",
        "Jaswinder Bell’s words",
        "Friday 4 December, by 11:02am",
        "Given by them.",
    ):
        assert words.replace(" .", ".") in page.replace(" .", "."), (words, page)


@pytest.mark.parametrize("path", ["/cases/{case}", "/cases/{case}/risk", "/cases/{case}/referrals", "/parties/{party}/risk", "/sign-off"])
def test_nothing_else_of_the_case_can_be_opened(vf, session, path):
    found = referred()
    vf.get(path.format(case=found.case_id, party=found.party_id), status=403)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (None, "No number, and no other way to reach them, is on record."),
        ({"phone": NUMBER, "ring": "no"}, "Ringing is not safe, and no other way is agreed."),
        ({"phone": NUMBER, "ring": "no", "text": "yes"}, f"Ringing is not safe: text {NUMBER}."),
        ({"phone": NUMBER}, f"{NUMBER}. {safe.NOBODY_ASKED}"),
        ({"email_address": "n@home.example", "email": "yes"}, "No number: e-mail n@home.example."),
    ],
)
def test_a_number_that_is_not_said_to_be_safe_is_never_offered_for_ringing(vf, session, plan, words):
    referred(**(plan or {}))
    page = vf.get("/referrals").text
    assert words in said(page)
    assert "tel:07700900318" not in page


def test_overdue_is_named_first_and_stands_first_in_its_group(vf, session, at):
    at("2026-12-01 09:50")
    late = referred("Ijeoma Nwachukwu-Sinclair")
    at("2026-12-02 09:00")
    fresh = referred("Anjali Raghunathan-Desai")
    for one in (late, fresh):
        service.move(referral=one, kind="acknowledged", actor=factories.user(WORKER))
    at("2026-12-04 11:20")
    page = vf.get("/referrals").text
    assert "2 waiting for a first contact. 2 are overdue:" in said(page)
    assert page.index("Ijeoma") < page.index("Anjali")
    assert "Overdue by 25 hours" in page
    assert "Blaby ASB team’s supervisor was told" in page


def test_acknowledging_moves_it_and_a_second_press_changes_nothing(vf, session):
    found = referred()
    for _ in range(2):
        assert "Acknowledged: Nasreen Khan-Abdullahi" in vf.follow(f"/referrals/{found.id}/acknowledge").text
    db.session.refresh(found)
    assert (found.state, found.worker_id) == ("acknowledged", factories.user(WORKER).id)
    assert "Acknowledged: make the first contact 1" in said(vf.get("/referrals").text)


def test_an_attempt_is_counted_and_after_the_third_the_officer_is_named(vf, session, at):
    at("2026-12-02 11:00")
    found = referred()
    for _ in range(3):
        vf.follow(f"/referrals/{found.id}/contact", {"reached": "no", "channel": "phone", "when": "now", "note": "No answer."})
    page = said(vf.get("/referrals").text)
    assert "Tried three times" in page
    assert "3 tries and nobody reached. Ring Jaswinder Bell" in page


def test_reaching_them_is_the_first_contact_and_the_story_of_the_case_says_so(vf, client_as, session, at):
    at("2026-12-02 11:00")
    found = referred()
    at("2026-12-03 09:00")
    page = vf.follow(
        f"/referrals/{found.id}/contact", {"reached": "yes", "channel": "phone", "when": "today 8:45am", "note": "Door alarm fitted."}
    ).text
    assert "Contacted: what came of it 1" in said(page)
    assert "Reached today, 8:45am, 21 hours after referral" in page
    assert "Victim First reached Nasreen Khan-Abdullahi" in client_as(OFFICER).get(f"/cases/{found.case_id}/timeline").text


def test_a_contact_without_a_sentence_or_to_come_is_refused_at_its_field(vf, session, at):
    at("2026-12-02 11:00")
    found = referred()
    page = vf.post(f"/referrals/{found.id}/contact", {"reached": "yes", "channel": "phone", "when": "now", "note": ""}, status=422).text
    assert 'href="#note"' in page
    page = vf.post(
        f"/referrals/{found.id}/contact", {"reached": "yes", "channel": "phone", "when": "tomorrow 9am", "note": "Ha"}, status=422
    ).text
    assert 'href="#when"' in page
    assert "Ha</textarea>" in page


def test_an_update_a_closing_and_what_is_left_for_28_days(vf, session):
    found = referred()
    vf.follow(f"/referrals/{found.id}/contact", {"reached": "yes", "channel": "phone", "when": "now", "note": "Spoke."})
    assert "Court support offered." in vf.follow(f"/referrals/{found.id}/update", {"note": "Court support offered."}).text
    page = said(vf.follow(f"/referrals/{found.id}/close", {"note": "She wants no more contact."}).text)
    assert "Closed. You can read it here for 28 days." in page
    assert "Over: here for 28 days 1" in page
    vf.get(f"/referrals/{found.id}/update", status=404)


def test_declining_asks_for_a_reason_and_words_for_something_else(vf, session):
    found = referred()
    assert "Choose why you decline." in vf.post(f"/referrals/{found.id}/decline", {}, status=422).text
    page = vf.post(f"/referrals/{found.id}/decline", {"reason": "other"}, status=422).text
    assert 'href="#words"' in page
    vf.follow(f"/referrals/{found.id}/decline", {"reason": "already_supported", "words": "By us since May."})
    db.session.refresh(found)
    assert found.state == "declined"
    note = db.session.scalar(text("SELECT note FROM referral_event WHERE kind = 'declined'"))
    assert note == "Already supported by us or by somebody else. By us since May."


def test_a_new_report_since_is_said(vf, session, at):
    at("2026-12-02 09:00")
    found = referred()
    at("2026-12-02 10:47")
    factories.party(on=factories.report(), who=found.person)
    assert "New report today, 10:47am" in said(vf.get("/referrals").text)


def test_not_asking_consent_is_said_on_the_row(vf, session):
    referred(consent="unsafe_to_ask")
    assert "Not safe to ask; sent because of high risk" in said(vf.get("/referrals").text)


def test_a_risk_set_by_another_system_says_by_whom(vf, session):
    from sentinel.risk.service import record_external

    record_external(party=victim_on_case(), level="high", rationale=None, source="Soar Valley Homes")
    assert "Risk set by Soar Valley Homes" in vf.get("/referrals").text


def test_a_referral_from_a_report_not_decided_yet_names_the_team(vf, session):
    from tests.integration.risk_made import take

    party = victim_on_report()
    take(party.report, raised_to="high")
    page = said(vf.get("/referrals").text)
    assert "Blaby ASB team" in page
    assert "no officer yet: ask the team" in page


def test_opening_a_card_is_recorded_against_the_person(vf, session):
    found = referred()
    vf.get(f"/referrals/{found.id}")
    row = db.session.execute(text("SELECT person_ids FROM audit_entry WHERE table_name = 'referral' AND kind = 'look'")).one()
    assert row.person_ids == [found.person_id]


@pytest.mark.parametrize("email", [OFFICER, SUPERVISOR, "calltaker@blaby.example", "housing@landlord.example", "analyst@county.example"])
def test_the_queue_is_victim_firsts_alone(client_as, session, email):
    found = referred()
    client_as(email).get("/referrals", status=403)
    client_as(email).post(f"/referrals/{found.id}/acknowledge", status=403)


def test_a_held_referral_is_not_there_even_by_its_address(vf, session):
    found = referred(consent="refused")
    assert "No new referrals." in said(vf.get("/referrals").text)
    vf.get(f"/referrals/{found.id}", status=404)
    vf.post(f"/referrals/{found.id}/acknowledge", status=404)


def test_a_double_click_logs_once(vf, session):
    found = referred()
    form = {"reached": "no", "channel": "phone", "when": "now", "note": "No answer.", "submission_id": str(new_id())}
    for _ in range(2):
        vf.post(f"/referrals/{found.id}/contact", form)
    assert db.session.scalar(text("SELECT count(*) FROM referral_event WHERE kind = 'attempt'")) == 1


# --- As the case sees it ---------------------------------------------------------------------------------------------


def test_the_case_shows_where_its_referral_stands_and_whether_it_was_delivered(client_as, session):
    found = referred()
    page = said(client_as(OFFICER).get(f"/cases/{found.case_id}/referrals").text)
    assert "Sent, not acknowledged yet" in page
    assert "Their queue in Sentinel: waiting to be sent" in page
    assert WHY.split(";")[0] in page


def test_a_failed_delivery_stays_visible_and_is_sent_again_from_there(client_as, session):
    found, client = referred(), client_as(OFFICER)
    message = db.session.scalars(select(Outbox).where(Outbox.ref_id == found.id)).one()
    message.state, message.failed_at, message.last_error, message.attempts = "failed", clock.now(), "The receiver answered 500.", 8
    db.session.flush()
    page = said(client.get(f"/cases/{found.case_id}/referrals").text)
    assert "1 could not be delivered." in page
    assert "The receiver answered 500. 8 tries." in page
    assert "It is being sent again." in client.follow(f"/cases/{found.case_id}/referrals/{found.id}/again").text
    db.session.refresh(message)
    assert message.state == "waiting"


def test_a_held_referral_leads_the_supervisor_to_the_decision(client_as, session):
    found = referred(consent="refused")
    assert "Not sent. Consent was refused. A supervisor decides." in said(client_as(OFFICER).get(f"/cases/{found.case_id}/referrals").text)
    assert f"/sign-off/referral/{found.id}" in client_as(SUPERVISOR).get(f"/cases/{found.case_id}/referrals").text


def test_a_referral_is_taken_back_with_a_reason(client_as, session):
    found, client = referred(), client_as(OFFICER)
    path = f"/cases/{found.case_id}/referrals/{found.id}/withdraw"
    assert "Say why: the agency reads it." in client.post(path, {"reason": ""}, status=422).text
    assert "Taken back." in client.follow(path, {"reason": "Entered for the wrong person."}).text
    db.session.refresh(found)
    assert found.state == "withdrawn"


def test_an_episode_without_a_referral_says_why(client_as, session):
    party: Party = victim_on_case()
    party.detail.hidden_from_us = True
    db.session.flush()
    assess(party, "high")
    assert following.UNKNOWN in said(client_as(OFFICER).get(f"/cases/{party.case_id}/referrals").text)


def test_another_case_that_the_referral_answers_shows_it_too(client_as, session):
    found = referred()
    other = factories.case(officer=factories.user())
    assess(factories.party(on=other, who=found.person), "high")
    assert "Nasreen Khan-Abdullahi" in said(client_as(OFFICER).get(f"/cases/{other.id}/referrals").text)


def test_another_partners_referral_cannot_be_sent_again_or_taken_back(client_as, session):
    found = referred()
    for action in ("again", "withdraw"):
        client_as("officer@charnwood.example").post(f"/cases/{found.case_id}/referrals/{found.id}/{action}", status=404)


@pytest.mark.parametrize(
    ("times", "now", "words"),
    [
        ("9:30am to 2:30pm", "2026-12-02 16:00", "2 safe times before then, the first: Thursday 3 December, 9:30am."),
        ("after 6pm, not Thursdays", "2026-12-02 16:00", "One safe time before then: today, 6pm."),
        ("weekends", "2026-12-02 16:00", "No safe time before the first contact is due: the next is Saturday 5 December, 8am."),
        ("after 3pm", "2026-12-02 16:00", "Now is a safe time."),
    ],
)
def test_the_open_card_says_which_safe_times_are_left(vf, session, at, times, now, words):
    at(now)
    referred(phone=NUMBER, ring="yes", safe_times=times)
    assert words in said(vf.get("/referrals").text)
