"""The assessment page and the risk of a case: what is shown, kept, refused and set off."""

import json
import re

import pytest
from sqlalchemy import select, text

from sentinel.cases.models import Party
from sentinel.core import clock, drafts
from sentinel.core.db import db, new_id
from sentinel.core.models import Draft
from sentinel.exchange.models import Delivery, PoliceIncident
from sentinel.places.models import Place
from sentinel.risk import queries, service
from sentinel.risk.models import Assessment
from tests import factories
from tests.integration.risk_made import FULL_HIGH, FULL_MEDIUM, WHY, assess, take, victim_on_case, victim_on_report

OFFICER, SUPERVISOR = "officer@blaby.example", "supervisor@blaby.example"


def sent(answers: dict, **more: object) -> dict:
    """The form as the browser sends it."""
    return {f"answers-{key}": value for key, value in answers.items()} | {"seen": ""} | more


def said(text_: str) -> str:
    """The page's words, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text_))


def test_the_page_asks_every_question_with_its_points(client_as, session):
    page = client_as(OFFICER).get(f"/parties/{victim_on_case().id}/risk").text
    assert page.count('class="s-q') >= 14
    assert 'Harassing you now <span class="s-score">6</span>' in page
    assert "First full assessment, question set 1 (agreed 1 April 2026)" in page


def test_what_the_call_taker_heard_is_carried_over_and_stands_beside(client_as, session, at):
    at("2026-11-27 10:00")
    party = victim_on_report()
    take(party.report)
    page = client_as(OFFICER).get(f"/parties/{party.id}/risk").text
    assert "Friday 27 November, on the phone" in page
    assert re.search(r'name="answers-frequency" type="radio" value="daily" checked', page)
    assert "4 answers carried over from the phone, 10 not asked then." in page


def test_a_changed_answer_says_so(client_as, session):
    party = victim_on_case()
    assess(party, "medium")
    answers = sent(FULL_MEDIUM | {"frequency": "most_days"}, show="level")
    page = client_as(OFFICER).post(f"/parties/{party.id}/risk", answers, status=200).text
    assert page.count('<strong class="s-tag">Changed</strong>') == 1
    assert "1 has changed" in page


def test_without_javascript_a_button_shows_the_level_and_saves_nothing(client_as, session):
    party = victim_on_case()
    page = client_as(OFFICER).post(f"/parties/{party.id}/risk", sent(FULL_HIGH, show="level"), status=200).text
    assert "A threat to life: always high" in page
    assert 'aria-label="Score 20 of 45.' in page
    assert queries.latest(party.id) is None


def test_the_fragments_say_the_level_and_what_saving_sets_off(client_as, session, at):
    at("2026-12-02 11:02")
    party, client = victim_on_case(), client_as(OFFICER)
    level = client.post(f"/parties/{party.id}/risk/level", sent(FULL_HIGH), status=200).text
    assert 'data-spoken="Suggested level: high"' in level
    assert "Gethin Rees or Marcia Thornton-Clarke must agree; it stands at High until then." in level
    then = said(client.post(f"/parties/{party.id}/risk/then", sent(FULL_HIGH, judged="high"), status=200).text)
    for words in (
        "moves to the enhanced standard. You promise them a plan by 5pm on Thursday 3 December ,",
        "and contact at least every 5 working days.",
        "Gethin Rees and Marcia Thornton-Clarke hear of it now.",
        "Victim First get the referral now. They should ring by 11:02am on Friday 4 December .",
        "A multi-agency discussion is proposed",
        "A supervision review is due by 5pm on Thursday 3 December ; then every 10 working days while high.",
        "All five happen together, or none does. Risk again by 5pm on Wednesday 9 December.",
    ):
        assert words in then, then


def test_what_was_foreseen_is_what_happens(client_as, session, at):
    from sentinel.referrals.models import Referral
    from sentinel.supervision.models import SupervisionReview
    from sentinel.victims.models import Promise

    at("2026-12-02 11:02")
    party = victim_on_case()
    assess(party, "high")
    london = lambda moment: clock.london(moment).strftime("%d %b %H:%M")  # noqa: E731
    plan = db.session.scalars(select(Promise).where(Promise.party_id == party.id, Promise.kind == "after_assessment")).one()
    assert london(plan.due_at) == "03 Dec 17:00"
    assert london(db.session.scalars(select(Referral.contact_by)).one()) == "04 Dec 11:02"
    assert london(db.session.scalars(select(SupervisionReview.due_at)).one()) == "03 Dec 17:00"
    assert london(queries.latest(party.id).review_by) == "09 Dec 17:00"


def test_it_is_foreseen_that_a_refused_referral_waits_for_a_supervisor(client_as, session, at):
    at("2026-12-02 11:02")
    party = victim_on_case()
    party.detail.consent_victim_first = "refused"
    db.session.flush()
    then = said(client_as(OFFICER).post(f"/parties/{party.id}/risk/then", sent(FULL_HIGH, judged="high"), status=200).text)
    assert "get nothing yet. Consent was refused. A supervisor decides by 5pm on Thursday 3 December" in then


def test_inside_an_episode_the_five_are_named_as_done_and_dated(client_as, session, at):
    at("2026-12-02 11:02")
    party = victim_on_case()
    assess(party, "high")
    at("2026-12-04 10:00")
    then = said(client_as(OFFICER).post(f"/parties/{party.id}/risk/then", sent(FULL_HIGH, judged="high"), status=200).text)
    assert "since Wednesday 2 December: the supervisor was told then." in then
    assert "have had them since Wednesday 2 December: they get this as an update." in then
    assert "was proposed Wednesday 2 December: proposed." in then
    assert "All five" not in then


def test_a_lower_judgement_says_who_must_agree_and_the_button_says_where_it_stands(client_as, session):
    party = victim_on_case()
    page = client_as(OFFICER).post(f"/parties/{party.id}/risk/then", sent(FULL_HIGH, judged="medium"), status=200).text
    assert 'data-button="Save: High until Medium is agreed"' in page
    assert "must agree to Medium. Until then it stands at High." in said(page)


def test_saving_keeps_it_and_leads_to_the_risk_of_the_case(client_as, session):
    party = victim_on_case()
    client = client_as(OFFICER)
    words = {"words-hate": "He does; so does the school."}
    answers = FULL_MEDIUM | {"hate": "yes", "hate_strands": ["race"]}
    page = client.follow(f"/parties/{party.id}/risk", sent(answers, judged="high", rationale=WHY, **words)).text
    assert "Saved: High risk." in page
    made = queries.latest(party.id)
    assert (made.judged, made.rationale, made.assessor.email) == ("high", WHY, OFFICER)
    assert made.answers["words"] == {"hate": "He does; so does the school."}


def test_a_high_level_without_reasons_is_refused_at_the_field_and_nothing_is_lost(client_as, session):
    party = victim_on_case()
    page = client_as(OFFICER).post(f"/parties/{party.id}/risk", sent(FULL_HIGH, judged="high"), status=422).text
    assert 'href="#rationale"' in page
    assert "Say why the risk is High: somebody else will rely on it." in page
    assert re.search(r'name="answers-worse" type="radio" value="yes" checked', page)
    assert re.search(r'name="judged" type="radio" value="high" checked', page)
    assert queries.latest(party.id) is None


def test_no_level_chosen_is_refused(client_as, session):
    party = victim_on_case()
    page = client_as(OFFICER).post(f"/parties/{party.id}/risk", sent(FULL_MEDIUM), status=422).text
    assert "Choose the level of risk." in page


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"frequency": "hourly"}, "not one of those offered"),
        ({"happened": ["weapon", "none"]}, "stands with another answer"),
        ({"happened": ["weapon", "refused"]}, "stands with another answer"),
    ],
)
def test_an_answer_that_cannot_be_is_refused_at_its_question(client_as, session, answers, words):
    party, key = victim_on_case(), next(iter(answers))
    page = client_as(OFFICER).post(f"/parties/{party.id}/risk", sent(answers, judged="standard"), status=422).text
    assert words in page
    assert f'href="#answers-{key}"' in page


def test_the_fragment_says_what_is_wrong_with_an_answer_and_shows_the_rest(client_as, session):
    party = victim_on_case()
    level = client_as(OFFICER).post(f"/parties/{party.id}/risk/level", sent({"happened": ["weapon", "none"]}), status=200).text
    assert "choose either “None” or the others." in level


def test_a_decision_that_somebody_is_vulnerable_needs_its_reason_and_gives_the_enhanced_standard(client_as, session):
    party, client = victim_on_case(), client_as(OFFICER)
    form = sent(FULL_MEDIUM, judged="medium", vulnerable="yes")
    assert "Say why they are vulnerable or intimidated." in client.post(f"/parties/{party.id}/risk", form, status=422).text
    then = said(client.post(f"/parties/{party.id}/risk/then", form, status=200).text)
    assert "moves to the enhanced standard" in then
    client.follow(f"/parties/{party.id}/risk", form | {"vulnerable_why": "She is 82 and alone."})
    db.session.expire_all()
    again = db.session.get(Party, party.id)
    assert (again.level, again.klass, again.detail.vulnerable_reason) == ("medium", "enhanced", "She is 82 and alone.")


def test_a_draft_survives_and_is_gone_when_it_is_saved(client_as, session):
    party, client = victim_on_case(), client_as(OFFICER)
    answer = client.post(f"/parties/{party.id}/risk/draft", sent({"worse": "yes"}, rationale="Half a thou"), status=200)
    assert set(json.loads(answer.text)) == {"saved_at", "reference"}
    page = client.get(f"/parties/{party.id}/risk").text
    assert "Half a thou" in page
    assert "Draft saved" in page
    assert re.search(r'name="answers-worse" type="radio" value="yes" checked', page)
    assert "Half a thou" not in client_as(SUPERVISOR).get(f"/parties/{party.id}/risk").text, "nobody else sees it"
    client.follow(f"/parties/{party.id}/risk", sent(FULL_MEDIUM, judged="medium"))
    assert db.session.scalars(select(Draft)).all() == []


def test_a_draft_is_kept_by_its_button_and_thrown_away_by_another(client_as, session):
    party, client = victim_on_case(), client_as(OFFICER)
    assert "Draft kept." in client.follow(f"/parties/{party.id}/risk", sent({"worse": "yes"}, keep="yes")).text
    assert queries.latest(party.id) is None
    client.follow(f"/parties/{party.id}/risk", {"discard": "yes"})
    assert db.session.scalars(select(Draft)).all() == []


def test_what_a_locked_session_kept_comes_back(client_as, session):
    party = victim_on_case()
    officer = factories.user()
    drafts.save(officer.id, "locked", {"answers-worse": ["yes"], "rationale": ["Kept by the lock"]}, subject=f"/parties/{party.id}/risk")
    db.session.commit()
    assert "Kept by the lock" in client_as(OFFICER).get(f"/parties/{party.id}/risk").text


def test_what_somebody_else_saved_meanwhile_is_shown_beside_and_saving_again_works(client_as, session):
    party, client = victim_on_case(), client_as(OFFICER)
    assess(party, "medium", actor=factories.user(SUPERVISOR), rationale="Calmer since the visit.")
    form = sent(FULL_HIGH, judged="high", rationale=WHY)
    page = client.post(f"/parties/{party.id}/risk", form, status=409).text
    assert "Marcia Thornton-Clarke assessed Nasreen Khan-Abdullahi while you had this page open" in page
    assert "Calmer since the visit." in page
    assert "Threats at the door every night" in page
    seen = re.search(r'name="seen" value="([^"]+)"', page).group(1)
    client.follow(f"/parties/{party.id}/risk", form | {"seen": seen})
    assert queries.latest(party.id).judged == "high"


def test_a_double_click_saves_once(client_as, session):
    party, client = victim_on_case(), client_as(OFFICER)
    form = sent(FULL_MEDIUM, judged="medium", submission_id=str(new_id()))
    first = client.post(f"/parties/{party.id}/risk", form).headers["Location"]
    assert client.post(f"/parties/{party.id}/risk", form).headers["Location"] == first
    assert len(queries.of_party(party.id)) == 1


def test_naughty_words_are_kept_as_they_are_and_harm_nothing(client_as, session):
    party = victim_on_case()
    naughty = "<script>alert(1)</script> {{ 7*7 }} ' OR 1=1 -- Ω≈ç√ \u202egnp.exe 田中さん"
    page = client_as(OFFICER).follow(f"/parties/{party.id}/risk", sent(FULL_MEDIUM, judged="medium", rationale=naughty)).text
    assert "<script>alert(1)" not in page
    assert queries.latest(party.id).rationale == naughty


def test_too_long_a_reason_is_refused_with_both_numbers(client_as, session):
    party = victim_on_case()
    page = client_as(OFFICER).post(f"/parties/{party.id}/risk", sent(FULL_MEDIUM, judged="high", rationale="a" * 100_000), status=422).text
    assert "10,000 characters or fewer. You typed 100,000." in page


def police_calls(*calls: tuple[str, str]) -> None:
    """Police incidents in Blaby: (month, location)."""
    values = {"kind": "police", "system": "test", "files": "", "already_known": 0, "quarantined": 0, "delivered_by": "test"}
    delivery = Delivery(id=new_id(), read=len(calls), accepted=len(calls), delivered_at=clock.now(), **values)
    db.session.add(delivery)
    db.session.flush()
    police = {"system": "test", "force": "Leicestershire", "reported_by": "Leicestershire Police", "district_code": "E07000129"}
    for ordinal, (month, location) in enumerate(calls):
        db.session.add(
            PoliceIncident(delivery_id=delivery.id, month=month, location=location, content_digest=b"x", ordinal=ordinal, **police)
        )
    db.session.flush()


def test_the_record_shows_reports_high_cases_of_the_alleged_and_police_calls(client_as, session, at):
    at("2026-12-02 10:00")
    address = {"address": "27 Tansley Rise, Whetstone", "address_key": "27 tansley rise", "building_key": "27"}
    place = Place(id=new_id(), district_code="E07000129", **address)
    db.session.add(place)
    police_calls(("2026-09", "On or near Tansley Rise"), ("2026-09", "On or near Other Road"), ("2025-09", "On or near Tansley Rise"))
    earlier = factories.report(received_at=at("2026-09-08 10:00"))
    at("2026-12-02 10:00")
    party = victim_on_report(place_id=place.id)
    factories.party(on=earlier, who=party.person)
    alleged = factories.person("Liam Grice")
    factories.party(on=party.report, who=alleged, role="alleged")
    other = factories.case(level="high")
    factories.party(on=other, who=alleged, role="alleged")
    page = said(client_as(OFFICER).get(f"/parties/{party.id}/risk").text)
    assert "2 reports in 12 weeks" in page
    assert "Somebody alleged here is alleged in another high-risk case" in page
    assert other.reference in page
    assert "1 police call to the street in 6 months" in page


def test_opening_the_page_is_recorded(client_as, session):
    party = victim_on_case()
    client_as(OFFICER).get(f"/parties/{party.id}/risk")
    rows = db.session.execute(
        text("SELECT kind, table_name FROM audit_entry WHERE row_id = :key AND kind = 'look'"), {"key": str(party.id)}
    ).all()
    assert rows == [("look", "party")]


@pytest.mark.parametrize(
    ("email", "status"), [("officer@charnwood.example", 404), ("calltaker@blaby.example", 403), ("worker@victimfirst.example", 403)]
)
def test_others_do_not_open_it(client_as, session, email, status):
    party = victim_on_case()
    client_as(email).get(f"/parties/{party.id}/risk", status=status)
    client_as(email).post(f"/parties/{party.id}/risk/level", {}, status=status)


def test_an_alleged_person_has_no_assessment(client_as, session):
    party = victim_on_case()
    alleged = factories.party(on=party.case, who=factories.person("Liam Grice"), role="alleged")
    client_as(OFFICER).get(f"/parties/{alleged.id}/risk", status=404)


def test_the_case_shows_each_assessment_in_the_words_in_which_it_was_asked(client_as, session):
    party = victim_on_case()
    made = assess(party, "medium")
    made.answers = made.answers | {"asked": [["gone", "A question nobody asks now?", "An old answer"]], "title": "Full assessment of 2025"}
    made.set_version = "0"
    assess(party, "high")
    page = client_as(OFFICER).get(f"/cases/{party.case_id}/risk").text
    assert "A question nobody asks now?" in page
    assert "Full assessment of 2025, question set 0" in said(page)
    assert said(page).count("Questions and answers, as asked") == 2


def test_the_case_shows_a_lowering_that_waits_and_who_answered_it(client_as, session):
    party = victim_on_case()
    made = assess(party, "medium", FULL_HIGH)
    page = said(client_as(SUPERVISOR).get(f"/cases/{party.case_id}/risk").text)
    assert "1 lowering waiting for a supervisor." in page
    assert "Judged Medium, waiting. It stands at High" in page
    service.agree_lowering(actor=factories.user(SUPERVISOR), assessment=made, note="Seen the diary.")
    page = said(client_as(SUPERVISOR).get(f"/cases/{party.case_id}/risk").text)
    assert "Marcia Thornton-Clarke agreed" in page
    assert "Seen the diary." in page


def test_an_assessment_from_another_system_stands_in_the_history(client_as, session):
    party = victim_on_case()
    service.record_external(party=party, level="high", rationale="Their own matrix", source="Soar Valley Homes")
    assert "Soar Valley Homes" in client_as(OFFICER).get(f"/cases/{party.case_id}/risk").text


def test_a_case_without_victims_says_so(client_as, session):
    case = factories.case(officer=factories.user())
    assert "Risk is assessed for victims." in client_as(OFFICER).get(f"/cases/{case.id}/risk").text


def test_who_sees_only_the_headline_does_not_see_the_risk_page(client_as, session):
    party = victim_on_case()
    client_as("officer@charnwood.example").get(f"/cases/{party.case_id}/risk", status=404)
    assert db.session.scalars(select(Assessment)).all() == []
