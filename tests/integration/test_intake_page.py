"""The call taker's page through the client: what it shows, refuses, keeps, saves and gives to read out."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from sentinel.access.models import UserSession
from sentinel.alerts.models import Alert
from sentinel.cases.models import Party, Report
from sentinel.core import clock, drafts
from sentinel.core.db import db
from sentinel.core.fields import clean
from sentinel.core.models import Draft
from sentinel.people import service as people
from sentinel.places.models import Postcode
from sentinel.places.queries import resolve
from sentinel.places.service import find_or_make_place
from sentinel.post.models import Outbox
from sentinel.victims.models import ContactPlan
from tests import factories
from tests.pages import check_page

NAUGHTY = Path("/work/shared/data/hostile/blns.txt")
TAKER = "calltaker@blaby.example"
TYPED = {
    "channel": "phone",
    "danger": "no",
    "who": "them",
    "name": "Nasreen Khan-Abdullahi",
    "phone": "07700 900318",
    "ring": "yes",
    "place": "Flat 4, Harcourt Court, 118 Fennimore Way, LE3 3KM",
    "home": "yes",
    "what": "He kicked the door so that the frame has split.",
    "when": "today 6:30am",
    "relation": "neighbour",
}

WORDS = [
    "what",
    "place",
    "name",
    "spot",
    "alleged_name",
    "alleged_description",
    "safe_times",
    "language",
    "never",
    "others_told",
    "others_reference",
    "vulnerability",
    "domestic_to",
]


@pytest.fixture(autouse=True)
def _morning(at):
    at("2026-12-02 10:42")


@pytest.fixture
def taker(client_as, app):
    before = app.config["SENTINEL"]
    app.config["SENTINEL"] = before.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
    yield client_as(TAKER)
    app.config["SENTINEL"] = before


@pytest.fixture
def gazetteer(session):
    session.add(Postcode(compact="LE33KM", display="LE3 3KM", latitude=52.62, longitude=-1.17, district_code="E07000129"))
    session.flush()


def typed(**changes):
    """What a call taker types; None is a box left unticked."""
    fields = {**TYPED, "submission_id": str(uuid4()), "finish": "save", **changes}
    return {name: value for name, value in fields.items() if value is not None}


def reports():
    return db.session.scalars(select(Report).order_by(Report.reference)).all()


def party(report, role="victim"):
    return db.session.scalars(select(Party).where(Party.report_id == report.id, Party.role == role)).one()


def refused(client, **changes):
    """Post what must be refused: the page comes back whole, and nothing is saved."""
    before = db.session.scalar(select(func.count()).select_from(Report))
    page = client.post("/reports/new", typed(**changes), status=422)
    check_page(page.text, "/reports/new")
    assert db.session.scalar(select(func.count()).select_from(Report)) == before
    return page.text


def at_field(page, name, sentence):
    """The sentence stands at its field and in the summary."""
    return f'id="{name}-error"' in page and unescape(page).count(sentence) >= 2


# Opening and saving


def test_danger_comes_first_and_the_script_is_there(taker):
    page = unescape(taker.get("/reports/new").text)
    order = [
        page.index(words)
        for words in ("anyone in danger right now", "Can I take your name", "Where is it happening", "in your own words", "short questions")
    ]
    assert order == sorted(order)
    assert "Danger now: 999" in page
    assert "press 55" in page
    assert "Started 10:42am" in page


def test_a_report_is_saved_and_the_card_says_the_reference_and_the_promised_date(taker, gazetteer):
    card = unescape(taker.follow("/reports/new", typed()).text)
    (report,) = reports()
    assert report.reference in card
    assert re.search(r"will be in touch <b>by 5pm on Wednesday 9 December</b>", card)
    assert "Saved" in card
    assert "If it happens again and you are in danger, ring 999." in card


def test_out_of_hours_the_date_moves(taker, gazetteer, at):
    at("2026-12-04 17:01")
    card = taker.follow("/reports/new", typed(when="today 5pm")).text
    assert "by 5pm on Monday 14 December" in card


def test_only_what_is_marked_is_needed(taker):
    needed = {"danger": "no", "who": "them", "name": "N Khan", "place": "the park", "what": "Shouting."}
    taker.post("/reports/new", {**needed, "submission_id": str(uuid4()), "finish": "save"})
    (report,) = reports()
    assert report.detail.relation == "not_asked"
    assert report.level is None


def test_everything_missing_is_asked_for_at_its_field_and_in_the_bar(taker):
    page = taker.post("/reports/new", {"finish": "save", "submission_id": str(uuid4())}, status=422).text
    assert at_field(page, "danger", "Ask first whether anyone is in danger now: choose No or Yes.")
    assert at_field(page, "who", "Choose whether it is happening to them, to someone else, or they saw it.")
    assert at_field(page, "name", "Enter their name, or choose “No name given”.")
    assert at_field(page, "place", "Enter where it is happening, or a place nearby.")
    assert at_field(page, "what", "Enter what happened, in their words.")
    assert "danger, who is calling, name, where, what happened" in page


def test_the_answers_of_the_call_are_kept_with_the_parties(taker, gazetteer):
    extra = {
        "answers-frequency": "daily",
        "answers-vulnerability": ["alone", "illness_or_disability"],
        "answers-hate": ["religion"],
        "answers-happened": ["weapon"],
        "vulnerability": "Walks with a stick.",
        "consent": "refused",
        "age": "67",
        "safe_times": "after 3pm",
        "language": "Urdu",
        "never": "ring her son",
        "hidden_from": ["other_party", "public", "agencies"],
        "others_told": "Her landlord",
        "others_reference": "SVH-88213",
        "spot": "Landing outside Flat 6",
        "alleged_description": "Man in Flat 5",
        "what": "Banging and shouting on the landing.",
    }
    taker.post("/reports/new", typed(**extra))
    (report,) = reports()
    victim = party(report)
    detail = victim.detail
    assert (detail.hate_strands, detail.hate_perceived_by, detail.vulnerability) == (["religion"], "the victim", "Walks with a stick.")
    assert (detail.consent_victim_first, detail.hidden_from_agencies, victim.person.age_years) == ("refused", True, 67)
    assert (report.detail.weapon, report.detail.others_reference, report.detail.where_exactly) == (
        "yes",
        "SVH-88213",
        "Landing outside Flat 6",
    )
    assert report.level == "high"
    assert report.category == "neighbours"
    assert party(report, "alleged").person.name == "Not known: Man in Flat 5"


def test_for_someone_else_makes_a_reporter_and_a_victim_who_may_not_know(taker):
    taker.post("/reports/new", typed(who="other", for_name="Nasreen Khan", for_phone="07700 900555", place="the park", home=None))
    (report,) = reports()
    assert party(report, "reporter").person.name == "Nasreen Khan-Abdullahi"
    victim = party(report)
    assert (victim.person.name, victim.detail.may_not_know, victim.contactable) == ("Nasreen Khan", True, False)


def test_a_witness_alone_is_no_victim(taker):
    card = unescape(taker.follow("/reports/new", typed(who="witness", place="the park")).text)
    (report,) = reports()
    assert [one.role for one in report.parties] == ["witness"]
    assert "will be in touch if they need to know more" in card


def test_without_a_name_and_a_number_the_card_says_that_nobody_will_ring(taker):
    card = unescape(
        taker.follow("/reports/new", typed(who="unnamed", name="Should not be kept", phone="", place="the park", home=None)).text
    )
    (report,) = reports()
    assert party(report).person.name == "Name not given"
    assert "We have no way to reach you, so nobody will ring" in card
    assert "No promise was made" in card


# The call that ends early


def test_a_caller_told_to_ring_999_is_saved_with_what_there_is_at_high_risk(taker):
    card = taker.follow("/reports/new", {"danger": "yes", "name": "Nasreen", "submission_id": str(uuid4()), "finish": "danger"})
    (report,) = reports()
    assert (report.level, report.detail.danger_now) == ("high", "yes")
    assert report.detail.what_happened == "The call ended before they said what happened."
    assert "Saved" in card.text


def test_a_witness_of_danger_names_nobody_and_the_supervisor_is_told_all_the_same(taker):
    taker.post("/reports/new", typed(who="witness", danger="yes", place="the park", home=None))
    (report,) = reports()
    assert (report.level, party(report).person.name) == ("high", "Name not known")
    assert db.session.scalars(select(Alert.trigger_key)).all() == ["high_risk"]


def test_a_caller_who_has_gone_is_saved_with_what_there_is(taker, gazetteer):
    taker.post("/reports/new", {"phone": "07700 900318", "place": "LE99 9ZZ", "submission_id": str(uuid4()), "finish": "gone"})
    (report,) = reports()
    assert party(report).contactable
    assert (report.place.address, report.place.postcode) == ("LE99 9ZZ", None)


def test_a_call_of_which_nothing_is_known_is_not_a_report(taker):
    page = taker.post("/reports/new", {"submission_id": str(uuid4()), "finish": "gone"}, status=422).text
    assert at_field(page, "what", "Enter anything the caller said: a name, a number, a place or what happened.")


# Domestic abuse and safeguarding


def test_partner_or_family_asks_whom_it_was_handed_to(taker):
    page = refused(taker, relation="partner_or_family")
    assert at_field(page, "domestic_to", "Hand it over by the force’s domestic abuse route and enter to whom.")


def test_partner_or_family_is_handed_over_and_the_card_promises_nothing(taker, gazetteer):
    answers = {
        "relation": "partner_or_family",
        "domestic_to": "Control room",
        "email_address": "n@example.org",
        "email": "yes",
        "send": "email",
    }
    card = unescape(taker.follow("/reports/new", typed(**answers)).text)
    assert "Nothing is promised and nothing is sent." in card
    assert "Control room" in card
    assert "will be in touch" not in card
    assert db.session.scalar(select(func.count()).select_from(Outbox).where(Outbox.template == "acknowledgement")) == 0


def test_a_child_at_risk_opens_the_safeguarding_words_and_is_chased(taker):
    taker.post("/reports/new", typed(**{"answers-happened": "child_at_risk"}, place="the park"))
    (report,) = reports()
    assert report.detail.safeguarding_by == clock.now() + timedelta(hours=1)


def test_thoughts_of_ending_their_life_are_chased_too(taker):
    taker.post("/reports/new", typed(**{"answers-self_harm": "yes"}, place="the park", safeguarding_by="Aisling, first response"))
    (report,) = reports()
    assert (report.detail.safeguarding, report.detail.safeguarding_done_by) == ("yes", "Aisling, first response")


# Bad input (issue: each gets a sentence at its field, and nothing typed is lost)


def test_an_unknown_postcode_gets_a_sentence_at_the_place(taker, gazetteer):
    page = refused(taker, place="12 High Street, LE99 9ZZ")
    assert at_field(page, "place", "LE99 9ZZ is not a postcode we know. Check it, or leave it out and say the place in words.")
    assert 'value="12 High Street, LE99 9ZZ"' in page
    assert "He kicked the door" in page


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        ("tomorrow 6am", "Thursday 3 December 2026, 6am has not happened yet. Enter when it happened, such as today 6:30am."),
        ("30 February", "30 February is not a date. Enter a real day, month and year, such as 3 12 2026."),
        ("when the moon was full", "“when the moon was full” is not a time Sentinel can read."),
    ],
)
def test_a_time_that_cannot_be_gets_a_sentence_at_the_time(taker, when, sentence):
    page = refused(taker, when=when, place="the park")
    assert 'id="when-error"' in page
    assert sentence in unescape(page)
    assert f'value="{when}"' in page


@pytest.mark.parametrize("field", ["name", "phone", "place", "what", "when", "spot", "safe_times", "alleged_name", "email_address", "age"])
def test_a_hundred_thousand_characters_get_a_sentence_where_they_were_pasted(taker, field):
    pasted = "a1 " * 33_333
    page = refused(taker, **{field: pasted})
    assert f'id="{field}-error"' in page
    assert pasted.strip() in page


def test_a_number_that_is_none_gets_a_sentence(taker):
    page = refused(taker, phone="call my mum", place="the park")
    assert at_field(page, "phone", "“call my mum” is not a telephone number.") or "“call my mum” is not a telephone number." in unescape(
        page
    )


def test_none_and_something_together_get_a_sentence_at_the_question(taker):
    page = refused(taker, place="the park", **{"answers-happened": ["none", "weapon"]})
    assert 'id="answers-happened-error"' in page


def test_a_level_lower_than_the_answers_say_is_refused_at_the_raise(taker):
    page = refused(taker, place="the park", raised_to="medium", **{"answers-happened": "weapon"})
    assert at_field(page, "raised_to", "The answers suggest high. You may raise it, not lower it.")


def test_a_refused_report_is_not_among_what_is_already_known(taker):
    page = refused(taker, place="the park", raised_to="medium", **{"answers-happened": "weapon"})
    assert "Same name and number" not in page


@pytest.mark.parametrize(
    ("send", "more", "sentence"),
    [
        ("email", {"email_address": "n@example.org"}, "They did not say that an e-mail is safe. Ask them, or untick it."),
        ("email", {"email": "yes"}, "Enter the e-mail address to send an e-mail to, or untick it."),
    ],
)
def test_nothing_is_sent_by_a_way_not_said_to_be_safe(taker, send, more, sentence):
    page = refused(taker, send=send, place="the park", **more)
    assert at_field(page, "send", sentence)


@pytest.mark.skipif(not NAUGHTY.exists(), reason="The list of naughty strings (shared/data/hostile) is not on this machine.")
def test_naughty_strings_are_kept_as_they_were_typed_or_refused_with_a_sentence(taker):
    lines = [line for line in NAUGHTY.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    for start in range(0, len(lines), len(WORDS)):
        words = dict(zip(WORDS, lines[start : start + len(WORDS)], strict=False))
        data = typed(home=None, **words)
        response = taker.client.post("/reports/new", data={**data, "csrf_token": taker.token})
        assert response.status_code in (302, 422), data
        if response.status_code == 422:
            assert "There is a problem" in response.text, data
            check_page(response.text, repr(data))
        else:
            kept = db.session.scalars(select(Report).where(Report.reference == _reference_of(response))).one()
            assert kept.detail.what_happened == clean(data["what"])
            assert "<script>alert" not in taker.get(response.headers["Location"]).text


def _reference_of(response):
    return db.session.scalars(select(Report.reference).where(Report.id == response.headers["Location"].split("/")[2])).one()


def test_a_double_clicked_save_is_saved_once_and_both_lead_to_the_card(taker, gazetteer):
    form = typed()
    first, second = (taker.post("/reports/new", form).headers["Location"] for _ in range(2))
    assert first == second
    assert len(reports()) == 1


def test_a_form_without_its_token_is_not_saved(taker):
    taker.post("/reports/new", typed(), csrf=False, status=400)
    assert reports() == []


# Nothing typed is lost


def lock_the_session():
    db.session.execute(update(UserSession).values(last_seen_at=clock.machine_now() - timedelta(minutes=31)))
    db.session.commit()


def test_a_session_that_locks_in_the_middle_of_a_report_gives_it_back_after_signing_in(taker, client_as, gazetteer):
    form = typed(what="The whole story, told once.")
    lock_the_session()
    answer = taker.post("/reports/new", form)
    assert "locked=kept" in answer.headers["Location"]
    assert reports() == []
    page = unescape(client_as(TAKER).get("/reports/new").text)
    assert "This is what you had typed when your session locked" in page
    assert "The whole story, told once." in page
    assert form["submission_id"] in page
    assert "The whole story" not in client_as("officer@blaby.example").get("/reports/new").text


def test_after_the_locked_report_is_saved_the_page_is_empty_again(taker, client_as, gazetteer):
    form = typed(what="The whole story, told once.")
    lock_the_session()
    taker.post("/reports/new", form)
    back = client_as(TAKER)
    back.post("/reports/new", form)
    assert "The whole story" not in back.get("/reports/new").text
    assert db.session.scalar(select(func.count()).select_from(Draft)) == 0


def test_a_draft_reserves_the_reference_that_the_report_then_has(taker, gazetteer):
    form = typed()
    kept = taker.post("/reports/new/draft", form, status=200).json
    assert kept["saved_at"] == "10:42am"
    assert taker.post("/reports/new/draft", form, status=200).json["reference"] == kept["reference"]
    taker.post("/reports/new", form)
    assert [report.reference for report in reports()] == [kept["reference"]]
    assert db.session.scalar(select(func.count()).select_from(Draft)) == 0


def test_a_draft_that_comes_after_the_save_is_no_draft(taker, gazetteer):
    form = typed()
    taker.post("/reports/new", form)
    taker.post("/reports/new/draft", form, status=200)
    assert db.session.scalar(select(func.count()).select_from(Draft)) == 0


def test_a_draft_is_kept_unreadable_in_the_database(taker):
    taker.post("/reports/new/draft", typed(), status=200)
    (draft,) = db.session.scalars(select(Draft)).all()
    assert b"Nasreen" not in draft.body
    assert drafts.read(draft)["name"] == ["Nasreen Khan-Abdullahi"]


def test_a_draft_is_found_on_return_and_a_new_call_can_be_taken_all_the_same(taker, at):
    form = typed()
    taker.post("/reports/new/draft", form, status=200)
    at("2026-12-02 11:05")
    page = unescape(taker.get("/reports/new").text)
    assert "You have a report that was not saved, from <strong>Today, 10:42am</strong>: Nasreen Khan-Abdullahi" in page
    assert 'value="Nasreen Khan-Abdullahi"' not in page
    again = unescape(taker.get(f"/reports/new?draft={form['submission_id']}").text)
    assert 'value="Nasreen Khan-Abdullahi"' in again
    assert "1 report not saved yet." in taker.get("/reports/mine").text


def test_a_draft_is_thrown_away_only_by_whoever_wrote_it(taker, client_as):
    form = typed()
    taker.post("/reports/new/draft", form, status=200)
    client_as("officer@blaby.example").post("/reports/new/throw-away", {"draft": form["submission_id"]})
    assert "not saved" in taker.get("/reports/new").text
    taker.post("/reports/new/throw-away", {"draft": form["submission_id"]})
    assert "You have a report that was not saved" not in taker.get("/reports/new").text


# What is known


@pytest.fixture
def known(session, gazetteer):
    """Somebody with an open case at Harcourt Court, on the phone number that is typed."""
    place = find_or_make_place(resolve(TYPED["place"]), said_in="E07000129")
    person = people.find_or_make_person(name="Nasreen Khan-Abdullahi", age_years=67)
    people.add_contact(person, "phone", "07700 900318")
    case = factories.case(officer=factories.user(), place_id=place.id, level="high")
    for days in (35, 6):
        when = clock.now() - timedelta(days=days)
        report = factories.report(received_at=when, place_id=place.id, state="joined", case_id=case.id, triaged_at=when)
        factories.party(on=report, who=person, level="high")
    session.commit()
    return person


def test_somebody_known_is_shown_beside_with_what_is_on_record(taker, known):
    card = unescape(taker.post("/reports/new/matches", typed(), status=200).text)
    assert "Nasreen Khan-Abdullahi</strong>, 67" in card
    assert "2 reports in 5 weeks." in card
    assert "officer Jaswinder Bell" in card
    assert "Same name and number" in card
    assert "Attach to this case" in card
    assert "High" in card
    assert "2 reports since Wednesday 28 October" in card


def test_nobody_known_says_so(taker):
    assert "Nobody known by that name or place." in taker.post("/reports/new/matches", typed(place="the park"), status=200).text


def test_an_attached_person_is_the_victim_and_their_case_is_suggested(taker, known):
    attached = f"person:{known.id}"
    card = taker.post("/reports/new/matches", typed(attach=attached), status=200).text
    assert f'name="attached" value="{attached}"' in card
    assert "Attached to this report" in card
    taker.post("/reports/new", typed(attached=attached))
    report = db.session.scalars(select(Report).where(Report.state == "received")).one()
    assert party(report).person_id == known.id
    assert report.suggested_case is not None
    assert report.suggested_case.officer.name == "Jaswinder Bell"


def test_attaching_is_undone(taker, known):
    attached = f"person:{known.id}"
    card = taker.post("/reports/new/matches", typed(attached=attached, detach=attached), status=200).text
    assert 'name="attached"' not in card
    assert "Attach to this case" in card


def test_what_is_put_away_stays_away(taker, known):
    card = taker.post("/reports/new/matches", typed(not_this=f"person:{known.id}"), status=200).text
    assert "Same name and number" not in card
    assert f'name="put_away" value="person:{known.id}"' in card


def test_an_attached_place_needs_no_address(taker, known, session):
    place = find_or_make_place(resolve(TYPED["place"]), said_in="x")
    session.commit()
    taker.post("/reports/new", typed(place="", attached=f"place:{place.id}"))
    report = db.session.scalars(select(Report).where(Report.state == "received")).one()
    assert report.place_id == place.id
    assert db.session.get(ContactPlan, party(report).id).address == "Flat 4, Harcourt Court, 118 Fennimore Way, LE3 3KM"


def test_somebody_the_viewer_may_not_know_of_cannot_be_attached_by_their_key(taker, session):
    person = people.find_or_make_person(name="Officer Witness")
    case = factories.case(restricted=True)
    factories.party(on=case, who=person)
    session.commit()
    taker.post("/reports/new", typed(attached=f"person:{person.id}", place="the park"))
    (report,) = reports()
    assert party(report).person_id != person.id
    assert report.suggested_case_id is None
    assert "Officer Witness" not in taker.post("/reports/new/matches", typed(attached=f"person:{person.id}"), status=200).text


def test_without_scripts_find_matches_shows_the_page_again_with_them_and_keeps_the_draft(taker, known):
    form = {**typed(find="yes"), "finish": ""}
    page = taker.post("/reports/new", form, status=200).text
    check_page(page, "/reports/new")
    assert "Same name and number" in page
    assert "He kicked the door" in page
    assert db.session.scalar(select(func.count()).select_from(Draft)) == 1


def test_without_scripts_attaching_shows_the_page_again(taker, known):
    page = taker.post("/reports/new", {**typed(attach=f"person:{known.id}"), "finish": ""}, status=200).text
    assert "Attached to this report" in page


def test_an_attached_victim_with_reports_makes_hate_a_repeat(taker, known):
    answers = typed(attached=f"person:{known.id}", **{"answers-hate": "race"})
    assert "High risk" in taker.post("/reports/new/screen", answers, status=200).text
    assert "High risk" not in taker.post("/reports/new/screen", typed(**{"answers-hate": "race"}), status=200).text


# The screen so far, and what is heard


def test_the_screen_says_level_reasons_and_the_date_it_would_promise(taker):
    page = unescape(taker.post("/reports/new/screen", typed(**{"answers-happened": "weapon"}), status=200).text)
    assert "High risk" in page
    assert "A weapon: always high" in page
    assert "Thursday 3 December, by 5pm" in page
    assert "First contact: 1 working day, because high risk" in page


def test_the_date_of_the_screen_is_the_date_of_the_card(taker):
    answers = typed(place="the park", **{"answers-frequency": "daily", "answers-targeted": "me"})
    shown = unescape(taker.post("/reports/new/screen", answers, status=200).text)
    card = unescape(taker.follow("/reports/new", answers).text)
    assert "Monday 7 December, by 5pm" in shown
    assert "by 5pm on Monday 7 December" in card


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"phone": "", "home": None}, "No way to reach them, so no promise is made. It is still looked at and reviewed."),
        ({"relation": "partner_or_family"}, "No promise is made: it is handed over by the force’s domestic abuse route."),
        ({"who": "other"}, "No promise yet: nobody contacts them until a practitioner says that it is safe."),
    ],
)
def test_the_screen_says_when_nothing_would_be_promised(taker, changes, words):
    page = taker.post("/reports/new/screen", typed(**{"answers-frequency": "daily"}, **changes), status=200)
    assert words in unescape(page.text)


def test_before_any_answer_nothing_is_suggested(taker):
    assert "Not assessed" in taker.post("/reports/new/screen", typed(), status=200).text


def test_an_age_in_words_is_refused_at_its_field_and_the_screen_goes_on(taker):
    call = typed(age="old", **{"answers-happened": "weapon"})
    assert "High risk" in taker.post("/reports/new/screen", call, status=200).text
    page = taker.post("/reports/new", call, status=422).text
    assert "Enter their age in years" in page and 'value="old"' in page
    assert "High risk" in taker.post("/reports/new/screen", call | {"category": "of my own"}, status=200).text
    taker.post("/reports/new", call | {"category": "of my own"}, status=422)


@pytest.mark.parametrize(
    ("part", "changes", "words"),
    [
        ("when", {}, "Understood as Wednesday 2 December 2026, 6:30am"),
        ("when", {"when": "gibberish"}, ""),
        ("place", {}, "Understood as LE3 3KM in Blaby"),
        ("place", {"place": "12 High Street, LE99 9ZZ"}, "LE99 9ZZ is not a postcode we know."),
        ("place", {"place": "the park"}, "Taken as words: no postcode in it"),
        ("category", {"what": "Loud music all night"}, "The words suggest: Noise. Nuisance. It does not set the date: risk does."),
        ("category", {"category": "litter"}, "Environmental. It does not set the date: risk does."),
        ("nonsense", {}, ""),
    ],
)
def test_what_is_heard_is_said_back(taker, gazetteer, part, changes, words):
    assert words in unescape(taker.post(f"/reports/new/heard/{part}", typed(**changes), status=200).text)


# The card and after


def test_the_reference_is_sent_again_only_by_a_way_said_to_be_safe(taker, gazetteer):
    told = taker.post("/reports/new", typed(email_address="n@example.org", email="yes")).headers["Location"]
    page = unescape(taker.get(told).text)
    assert "Send an e-mail" in page
    assert "Not by letter. They did not say that this is safe." in page
    form = {"submission_id": str(uuid4()), "channel": "email"}
    for _ in range(2):
        taker.post(f"{told}/send", form)
    assert db.session.scalar(select(func.count()).select_from(Outbox).where(Outbox.template == "acknowledgement")) == 1
    answer = taker.post(f"{told}/send", {"submission_id": str(uuid4()), "channel": "letter"}, status=422)
    assert "They did not say that this is safe." in answer.text


def test_the_card_is_for_those_who_may_read_the_report(taker, client_as, gazetteer):
    told = taker.post("/reports/new", typed()).headers["Location"]
    client_as("officer@blaby.example").get(told)
    client_as("officer@charnwood.example").get(told, status=404)
    client_as("analyst@county.example").get(told, status=403)


def test_a_report_that_was_refused_still_shows_the_navigation(taker):
    assert 'aria-label="Main"' in refused(taker, when="30 February")


def test_reports_i_took_are_ones_own(taker, client_as, gazetteer):
    taker.post("/reports/new", typed())
    (report,) = reports()
    assert report.reference in taker.get("/reports/mine").text
    mine = client_as("officer@blaby.example").get("/reports/mine").text
    assert report.reference not in mine
    assert "You have taken no report yet." in mine


@pytest.mark.parametrize(
    "email", ["worker@victimfirst.example", "housing@landlord.example", "analyst@county.example", "governance@county.example"]
)
def test_those_who_take_no_reports_may_not_open_the_page(client_as, email):
    client_as(email).get("/reports/new", status=403)
