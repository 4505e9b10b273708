"""The survey after closing: whom it is offered to, what goes out, and a link that is used once and tells nobody anything."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from config import agreed
from sentinel.cases import closure, triage
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.post import delivery
from sentinel.post.models import Outbox
from sentinel.surveys import service
from sentinel.surveys.models import SurveyOffer
from sentinel.victims import service as victims
from tests import factories
from tests.integration.page_read import hidden, words
from tests.integration.promise_made import assessed, contacted, opened, report_taken, story, victim
from tests.integration.surveys_made import ANSWERS, BY_EMAIL, answered, asked, closed, closed_case, kept, offers, with_mail

pytestmark = pytest.mark.security
GONE = "This link does not work. It may have been used already, or be too old. There is nothing you need to do."


@pytest.fixture(autouse=True)
def _a_wednesday(at):
    at("2026-12-02 10:47")


def officer():
    return factories.user("officer@blaby.example")


# --- Whom it is offered to ----------------------------------------------------------------------------------------------


def test_each_victim_is_offered_it_once_the_case_has_closed_by_a_way_that_is_safe(session, app):
    with with_mail(app):
        case = closed_case()
    (made,) = offers(case)
    assert (made.channel, made.person_id, made.token_digest) == ("email", case.parties[0].person_id, None)
    assert "Survey offered to Nasreen Khan-Abdullahi by e-mail" in story(case, "closure")


@pytest.mark.parametrize(
    "more",
    [
        {"plan": BY_EMAIL | {"email": "no"}},
        {"plan": BY_EMAIL | {"email": "not_asked"}},
        {"plan": BY_EMAIL | {"email_address": None}},
        {"plan": {"phone": "07700 900318", "ring": "yes", "text": "yes"}},  # no texts are set up here
        {"who": {"age_years": 17}},
        {"detail": {"relation": "partner_or_family"}},
        {"party_detail": {"may_not_know": True}},
        {"contactable": False},
    ],
    ids=["email forbidden", "not asked", "no address", "no texts here", "a child", "domestic abuse", "hidden", "not contactable"],
)
def test_nobody_is_offered_it_where_it_is_not_safe(session, app, more):
    if "who" in more:
        more = more | {"who": factories.person(**more["who"])}
    with with_mail(app):
        case = closed_case(**more)
    assert offers(case) == []
    assert [line for line in story(case, "closure") if "Survey" in line] == []


def test_nobody_who_wants_no_contact_and_nobody_on_a_restricted_case_is_offered_it(session, app):
    with with_mail(app):
        quiet, hidden_one = (opened(report_taken(plan=BY_EMAIL)) for _ in range(2))
        victims.plan_of(quiet.parties[0]).no_contact = True
        for case, restricted in ((quiet, False), (hidden_one, True)):
            assert offers(closed(case, restricted=restricted)) == []


def test_a_switch_in_the_standards_turns_it_off(session, app, monkeypatch):
    off = agreed.current().survey.model_copy(update={"switched_on": False})
    standards = agreed.current().model_copy(update={"survey": off})
    monkeypatch.setattr(agreed, "current", lambda: standards)
    with with_mail(app):
        assert offers(closed_case()) == []


def test_where_nothing_is_set_up_to_send_it_nobody_is_offered_it(session):
    assert offers(closed_case()) == []


def test_opened_again_and_closed_again_nobody_is_asked_twice(session, app, at):
    with with_mail(app):
        case = closed_case()
        at("2026-12-10 10:00")
        closure.reopen(actor=officer(), case=case, reason="He is back.")
        closed(case)
    assert len(offers(case)) == 1


def test_somebody_on_two_reports_is_asked_once_and_not_at_all_where_either_says_no(session, app):
    with with_mail(app):
        for second, n in ((BY_EMAIL, 1), (BY_EMAIL | {"email": "no"}, 0)):
            who = factories.person()
            case = opened(report_taken(plan=BY_EMAIL, who=who))
            triage.join_case(actor=officer(), report=report_taken(plan=second, who=who), case=case, reason="same_problem")
            assert len(offers(closed(case))) == n


# --- What goes out --------------------------------------------------------------------------------------------------------


def test_what_goes_out_is_a_link_and_says_nothing_of_who_or_what(session, app):
    with with_mail(app) as server:
        case = closed_case()
        session.commit()
        delivery.deliver()
        (got,) = [mail for mail in server.got if mail["Subject"] == "A few questions, if you have two minutes"]
    said = got.get_content()
    for telling in ("Nasreen", "Khan", case.reference, "anti-social", "victim", "police", "Blaby", "harass"):
        assert telling.lower() not in (said + got["Subject"]).lower()
    token = next(line for line in said.splitlines() if "/survey/" in line).rpartition("/")[2]
    session.expire_all()
    assert service.is_open(token)


def test_it_is_not_sent_where_it_is_not_safe_any_more(session, app):
    with with_mail(app) as server:
        changes = [{"email": "no"}, {"no_contact": True}]
        for change in changes:
            case = closed_case(who=factories.person())
            for column, value in change.items():
                setattr(victims.plan_of(case.parties[0]), column, value)
        again = closed_case(who=factories.person())
        closure.reopen(actor=officer(), case=again, reason="He is back.")
        session.commit()
        delivery.deliver()
        assert [mail["Subject"] for mail in server.got if "questions" in mail["Subject"]] == []
    states = session.execute(select(Outbox.state, Outbox.last_error).where(Outbox.template == "survey").order_by(Outbox.id)).all()
    assert [state for state, _ in states] == ["cancelled"] * 3
    assert session.scalars(select(SurveyOffer.token_digest)).all() == [None] * 3


def test_sent_again_it_carries_the_same_link_and_nothing_that_is_kept_opens_it(session):
    token = asked()
    (made,) = session.scalars(select(SurveyOffer)).all()
    assert service.link_of(made).rpartition("/")[2] == token
    everything = session.execute(text("SELECT o::text FROM survey_offer o")).scalar()
    assert token not in everything
    assert len(token) == 43


# --- The page -------------------------------------------------------------------------------------------------------------


def page_of(nobody, token, status=200):
    return nobody.get(f"/survey/{token}", status=status)


def test_it_opens_without_an_account_says_nothing_of_what_it_is_about_and_goes_nowhere_as_a_referrer(session, nobody):
    token = asked()
    page = page_of(nobody, token)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers["Cache-Control"] == "no-store"
    assert page.text.count("<fieldset") == 6
    said = words(page).lower()
    for telling in ("nasreen", "anti-social", "case", "police", "council", "blaby", "reference", "sign in", "officer"):
        assert telling not in said, telling


def test_it_is_answered_once_and_opening_it_uses_nothing_up(session, nobody):
    token = asked()
    for _ in range(3):
        page = page_of(nobody, token)
    sent = hidden(page) | ANSWERS | {"expected": "A call back."}
    assert nobody.post(f"/survey/{token}", sent).headers["Location"] == "/survey/thank-you"
    assert "Thank you. Your answers help us do better." in words(nobody.get("/survey/thank-you"))
    (row,) = kept()
    assert (row["answers"], row["expected"], row["offer_id"]) == (ANSWERS, "A call back.", None)
    assert str(row["month"]) == "2026-12-01"


def test_a_double_click_is_one_answer_and_no_failure(session, nobody):
    token = asked()
    sent = hidden(page_of(nobody, token)) | ANSWERS
    for _ in range(2):
        assert nobody.post(f"/survey/{token}", sent).headers["Location"] == "/survey/thank-you"
    assert len(kept()) == 1


def test_used_expired_guessed_and_passed_on_read_the_same(session, nobody, client_as, at):
    used, old = asked(), asked()
    nobody.post(f"/survey/{used}", hidden(page_of(nobody, used)) | ANSWERS)
    at("2027-01-31 10:46")
    assert service.is_open(old)
    at("2027-01-31 10:48")
    passed_on = client_as("officer@charnwood.example")
    said = {words(page_of(nobody, token, 404)) for token in (used, old)}
    said |= {words(nobody.get(f"/survey/{token}", status=404)) for token in ("x" * 43,)}
    assert len(said) == 1 and GONE in said.pop()
    assert GONE in words(passed_on.get(f"/survey/{used}", status=404))
    late = nobody.post(f"/survey/{old}", {"submission_id": str(uuid4())} | ANSWERS, status=404)
    assert GONE in words(late)
    assert len(kept()) == 1


def test_whoever_guesses_has_to_wait(session, nobody):
    token = asked()
    free = agreed.current().access.throttle.free_tries
    for n in range(free):
        nobody.get(f"/survey/{n}", status=404)
    waiting = nobody.get(f"/survey/{token}", status=429)
    assert "Too many tries. Wait until" in words(waiting)
    assert "How did we do?" not in waiting.text


def test_ten_thousand_characters_are_refused_and_kept_in_the_box(session, nobody):
    token, long = asked(), "x" * 10_000
    page = nobody.post(f"/survey/{token}", hidden(page_of(nobody, token)) | ANSWERS | {"expected": long}, status=422)
    assert "4,000" in words(page) and long in page.text
    assert 'value="partly" checked' in page.text
    assert kept() == []
    nobody.post(f"/survey/{token}", hidden(page) | ANSWERS | {"expected": "x" * 4_000})


def test_without_its_token_nothing_is_kept_and_nothing_typed_is_lost(session, nobody):
    token = asked()
    page = nobody.post(f"/survey/{token}", ANSWERS | {"expected": "A call back."}, csrf=False, status=422)
    assert "what you typed is still here: save it again" in words(page) and "A call back." in page.text
    assert kept() == []


def test_over_https_it_is_answered_although_the_browser_says_nothing_of_where_it_came_from(session, nobody):
    token = asked()
    sent = hidden(page_of(nobody, token)) | ANSWERS
    answer = nobody.ask("POST", f"/survey/{token}", data={"csrf_token": nobody.token} | sent, base_url="https://localhost")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/survey/thank-you")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (dict.fromkeys(ANSWERS, ""), "Answer at least one question, or close this page."),
        ({"in_time": "maybe"}, "That answer is not one of those offered. Choose again."),
    ],
)
def test_what_is_no_answer_is_refused_with_a_sentence(session, nobody, change, sentence):
    token = asked()
    assert sentence in words(nobody.post(f"/survey/{token}", hidden(page_of(nobody, token)) | ANSWERS | change, status=422))
    assert kept() == []


# --- Whose they are -------------------------------------------------------------------------------------------------------


def test_what_is_kept_says_nothing_of_whose_it_is_unless_they_want_it_read(session):
    case = closed_case()
    assert answered(case, expected="A call back.")
    (row,) = kept()
    assert row["offer_id"] is None
    assert set(row) == {"id", "partner_id", "team_id", "offer_id", "month", "standards_version", "answers", "expected"}
    (made,) = offers(case)
    assert made.answered_at == clock.now()
    assert row["id"].version == 4, "a key that says when it was made would say whose it is"


def test_the_record_of_changes_says_that_a_survey_was_answered_and_not_which_answer_is_whose(session):
    answered(closed_case(), expected="A call back.")
    recorded = session.execute(text("SELECT table_name, op FROM audit_entry WHERE table_name LIKE 'survey%' ORDER BY id")).all()
    assert ("survey_offer", "update") in [tuple(row) for row in recorded]
    assert {row.table_name for row in recorded} == {"survey_offer"}


def test_the_officer_reads_answers_only_where_the_victim_wants_them_read(session, client_as):
    case = factories.case(officer=officer(), state="closed", closed_at=clock.now())
    answered(case, expected="Nobody rang back.")
    path = f"/cases/{case.id}/closing"
    page = words(client_as("officer@blaby.example").get(path))
    assert "Answered." in page and "Nobody rang back." not in page
    other = factories.case(officer=officer(), state="closed", closed_at=clock.now())
    answered(other, expected="He did all he could.", shown=True)
    page = words(client_as("officer@blaby.example").get(f"/cases/{other.id}/closing"))
    assert "They want you to read it:" in page and "He did all he could." in page
    client_as("officer@charnwood.example").get(f"/cases/{other.id}/closing", status=404)


def test_two_of_a_case_each_answer_for_themselves(session):
    first, other = report_taken(plan=BY_EMAIL), report_taken(plan=BY_EMAIL, who=factories.person("Grace Adeyemi"))
    case = opened(first)
    triage.join_case(actor=officer(), report=other, case=case, reason="same_problem")
    closed(case)
    tokens = [asked(case, party) for party in (victim(first), victim(other))]
    assert all(service.answer(token=token, sent_as=uuid4(), answers=ANSWERS, expected="", shown=False) for token in tokens)
    assert len(kept()) == 2


def test_the_sixty_days_begin_when_it_is_sent(session, at):
    asked()
    (made,) = session.scalars(select(SurveyOffer)).all()
    assert made.expires_at == clock.now() + timedelta(days=60)
    at("2026-12-10 10:00")
    service.link_of(made)
    db.session.flush()
    assert made.expires_at == made.offered_at + timedelta(days=60)


def test_closing_it_on_the_page_offers_it(session, app, client_as):
    with with_mail(app):
        case = opened(report_taken(plan=BY_EMAIL))
        contacted(case.parties[0], covers=("acknowledge", "first_contact"))
        assessed(case)
        closure.propose_closing(actor=officer(), case=case, outcome="no_further_incidents", note="Quiet.")
        contacted(case.parties[0], covers=("closure",), closing_view="agrees")
        client, path = client_as("officer@blaby.example"), f"/cases/{case.id}/closing"
        client.post(f"{path}/close", hidden(client.get(path), f"{path}/close"))
    assert "Nasreen Khan-Abdullahi Offered by e-mail, Today, 10:47am. Not answered yet." in words(client.get(path))
    assert session.scalars(select(Outbox.template).where(Outbox.ref_table == "survey_offer")).all() == ["survey"]
