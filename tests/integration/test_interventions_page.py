"""The ladder of a case through the client: what it shows, its forms, what is refused and where, two people at once."""

from datetime import date

import pytest

from sentinel.core import submissions
from sentinel.core.db import db
from sentinel.interventions import queries, service
from tests import factories
from tests.filling import form_with

OFFICER, SUPERVISOR = "officer@blaby.example", "supervisor@blaby.example"
NOTE = "Loud music after eleven, three nights a week."
A_FORM = "0196f1d0-0000-7000-8000-00000000000a"
TODAY = {"starts_on-day": "2", "starts_on-month": "12", "starts_on-year": "2026"}
UNTIL = {"ends_on-day": "2", "ends_on-month": "6", "ends_on-year": "2027"}


@pytest.fixture(autouse=True)
def _on_a_wednesday(at):
    at("2026-12-02 10:00")


@pytest.fixture
def case(session):
    made = factories.case(officer=factories.user(OFFICER))
    factories.report(case_id=made.id, state="opened", triaged_at=made.opened_at)
    factories.party(on=made, who=factories.person("Darren Whitlock", age_years=34), role="alleged")
    db.session.commit()
    return made


def ladder(case, rest=""):
    return f"/cases/{case.id}/interventions{rest}"


def party(case):
    return next(str(one.id) for one in case.parties if one.role == "alleged")


def rows(case):
    db.session.expire_all()
    return queries.of_case(case)


def proposed(case, key="abc", **more):
    values = {"actor": factories.user(OFFICER), "case": case, "power_key": key, "note": NOTE}
    made = service.propose(**(values | {"party": next(one for one in case.parties if one.role == "alleged")} | more))
    db.session.commit()
    return made


def authorised(case, key="abc"):
    made = service.authorise(actor=factories.user(SUPERVISOR), intervention=proposed(case, key))
    db.session.commit()
    return made


# --- What the page shows -----------------------------------------------------------------------------------------


def test_a_new_case_shows_every_tier_what_may_be_used_and_what_is_not_switched_on(client_as, case):
    page = client_as(OFFICER).get(ladder(case)).text
    assert "Nothing tried yet: choose an intervention." in page
    where = [page.index(f'<h3 class="s-ladder__tier">{tier}</h3>') for tier in ("Advice", "Early", "Notice", "Court")]
    assert where == sorted(where)
    assert where[-1] < page.index("Not switched on")
    assert page.count("Use it<") == 6
    assert "The record shows 3 of the 5 things it needs." in page  # the contract: willing and authorised are still to come
    assert "Governance switches it on with a date and a source." in page
    assert "Respect order" in page
    assert ladder(case, "/use/injunction") not in page


def test_what_speaks_against_a_power_is_said(client_as, case):
    victim = factories.party(on=case, role="victim")
    victim.detail.hate_perceived = True
    db.session.commit()
    assert "<strong>Against it:</strong> The record shows hate." in client_as(OFFICER).get(ladder(case)).text


def test_what_is_missing_is_said(client_as, session):
    empty = factories.case(officer=factories.user(OFFICER))
    db.session.commit()
    page = client_as(OFFICER).get(ladder(empty)).text
    assert "<strong>Missing:</strong> somebody named as alleged to be responsible." in page


def test_the_overview_leads_to_the_ladder_and_closing_does(client_as, case):
    proposed(case)
    assert ladder(case) in client_as(OFFICER).get(f"/cases/{case.id}").text
    closing = client_as(OFFICER).get(f"/cases/{case.id}/closing").text
    assert "(ABC, ABA) is waiting to be authorised: carry it out, or take it back." in closing
    assert ladder(case) in closing


def test_further_incidents_ask_for_more(client_as, case, at):
    proposed(case, "verbal_advice", starts_on=case.opened_at.date())
    for day in ("2026-12-05 20:00", "2026-12-06 20:00", "2026-12-07 20:00"):
        factories.report(received_at=at(day), case_id=case.id, state="joined", triaged_at=at(day))
    db.session.commit()
    officer = client_as(OFFICER)
    assert "3 further incidents: was more considered?" in officer.get(ladder(case)).text
    officer.follow(ladder(case, "/not-now/cpw"), {"reason": "evidence", "words": "Only one night recorded."})
    page = officer.get(ladder(case)).text
    assert "was more considered?" not in page
    assert "Community protection warning: considered, not used" in page
    assert "Only one night recorded." in page


def test_who_does_not_see_the_case_in_full_finds_nothing(client_as, case):
    made = proposed(case)
    stranger = client_as("officer@charnwood.example")
    for path in ("", "/use/abc", "/not-now/abc", f"/{made.id}/end"):
        stranger.get(ladder(case, path), status=404)
        if path:
            stranger.post(ladder(case, path), {}, status=404)
    client_as("supervisor@charnwood.example").get(ladder(case, f"/{made.id}/answer"), status=404)


def test_what_belongs_to_another_case_and_what_is_no_step_are_not_there(client_as, case):
    made = proposed(case)
    other = factories.case(officer=factories.user(OFFICER))
    db.session.commit()
    officer = client_as(OFFICER)
    officer.get(ladder(other, f"/{made.id}/end"), status=404)
    officer.get(ladder(case, f"/{made.id}/fly"), status=404)
    officer.get(ladder(case, "/use/nonsense"), status=404)
    officer.get(ladder(case, "/use/injunction"), status=404)
    officer.get(ladder(case, f"/{made.id}/answer"), status=403)


# --- Using it -----------------------------------------------------------------------------------------------------


def test_advice_is_on_the_record_in_one_form(client_as, case):
    officer = client_as(OFFICER)
    assert "Who is it for?" in officer.get(ladder(case, "/use/verbal_advice")).text
    page = officer.follow(ladder(case, "/use/verbal_advice"), {"party": party(case), "note": NOTE, **TODAY}).text
    assert "Words of advice is on the record." in page
    assert "The case stands at: advice." in page
    assert "From Wednesday 2 December. Jaswinder Bell" in page
    assert "Words of advice started Wednesday 2 December" in officer.get(f"/cases/{case.id}/timeline").text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"starts_on-day": "31", "starts_on-month": "2"}, "February"),
        ({"starts_on-day": "3"}, "That day is still to come."),
        ({"starts_on-day": ""}, "Enter the day too"),
        ({"starts_on-day": "", "starts_on-month": "", "starts_on-year": ""}, "Enter the day it starts"),
        ({"note": " "}, "Say in a sentence what it is about."),
        ({"party": ""}, "Choose who it is for."),
        ({"party": "somebody"}, "not one of those offered"),
        ({"note": "x" * 100_000}, "must be 4,000 characters or fewer. You typed 100,000."),
    ],
)
def test_bad_input_is_answered_at_its_field_and_nothing_typed_is_lost(client_as, case, changes, sentence):
    typed = {"party": party(case), "note": NOTE, **TODAY} | changes
    page = client_as(OFFICER).post(ladder(case, "/use/verbal_advice"), typed, status=422).text
    assert page.count(sentence) >= 2  # in the summary and at the field
    assert typed["note"].strip() in page
    assert rows(case) == []


def test_somebody_under_18_brings_two_more_questions(client_as, session):
    young = factories.case(officer=factories.user(OFFICER))
    factories.party(on=young, who=factories.person("Kyle Preston", age_years=15), role="alleged")
    db.session.commit()
    officer = client_as(OFFICER)
    assert "Has a parent or guardian been told?" in officer.get(ladder(young, "/use/verbal_advice")).text
    typed = {"party": party(young), "note": NOTE, **TODAY}
    page = officer.post(ladder(young, "/use/verbal_advice"), typed, status=422).text
    assert "Choose whether a parent or guardian has been told" in page
    page = officer.follow(ladder(young, "/use/verbal_advice"), typed | {"parent_told": "yes", "youth_justice": "not_yet"}).text
    assert "Under 18: not everybody has been told yet." in page
    [made] = rows(young)
    page = officer.follow(ladder(young, f"/{made.id}/told"), {"version": made.version, "parent_told": "yes", "youth_justice": "yes"}).text
    assert "not everybody has been told" not in page


def test_a_double_click_proposes_once(client_as, case):
    officer = client_as(OFFICER)
    sent = {"party": party(case), "note": NOTE, "submission_id": A_FORM}
    first = officer.post(ladder(case, "/use/abc"), sent)
    second = officer.post(ladder(case, "/use/abc"), sent)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(rows(case)) == 1
    assert submissions.was_sent(A_FORM)


def test_proposing_what_waits_already_is_refused_with_what_was_typed(client_as, case):
    proposed(case)
    page = client_as(OFFICER).post(ladder(case, "/use/abc"), {"party": party(case), "note": "Again, please."}, status=422).text
    assert "already waiting to be authorised for Darren Whitlock (alleged). Go on with that one." in page
    assert "Again, please." in page


# --- The whole way of a contract ----------------------------------------------------------------------------------


def test_from_proposal_to_its_end(client_as, case):
    officer, supervisor = client_as(OFFICER), client_as(SUPERVISOR)
    page = officer.follow(ladder(case, "/use/abc"), {"party": party(case), "note": NOTE}).text
    assert "1 waits to be authorised." in page
    [made] = rows(case)
    at_one = ladder(case, f"/{made.id}")
    supervisor.get(f"{at_one}/answer")
    supervisor.follow(f"{at_one}/answer", {"version": 1, "answer": "authorise"})
    started = {"version": rows(case)[0].version, "note": "Signed at the office.", **TODAY}
    page = officer.post(f"{at_one}/start", started, status=422).text
    assert "Enter the day it ends" in page
    assert "Signed at the office." in page
    page = officer.follow(f"{at_one}/start", started | UNTIL).text
    assert "From Wednesday 2 December to Wednesday 2 June 2027. Jaswinder Bell. Authorised by Marcia Thornton-Clarke" in page
    breached = {
        "version": rows(case)[0].version,
        "happened_on-day": "2",
        "happened_on-month": "12",
        "happened_on-year": "2026",
        "note": "Music.",
    }
    assert "It goes on" in officer.follow(f"{at_one}/breach", breached).text
    officer.follow(f"{at_one}/go-on", {"version": rows(case)[0].version, "note": "Warned."})
    page = officer.follow(f"{at_one}/end", {"version": rows(case)[0].version, "outcome": "Kept since."}).text
    assert "Kept since." in page
    assert rows(case)[0].state == "ended"
    assert "Signed at the office." in page  # what happened with it


@pytest.mark.parametrize("step", ["start", "breach", "go-on", "end", "take-back", "told"])
def test_every_step_opens_its_form_under_the_intervention(client_as, case, step):
    made = authorised(case)
    assert 'name="version"' in client_as(OFFICER).get(ladder(case, f"/{made.id}/{step}")).text


def test_two_people_at_once_see_both_versions(client_as, case):
    made = proposed(case)
    officer, supervisor = client_as(OFFICER), client_as(SUPERVISOR)
    officer.follow(ladder(case, f"/{made.id}/take-back"), {"version": 1, "outcome": "The wrong person."})
    page = supervisor.post(ladder(case, f"/{made.id}/answer"), {"version": 1, "answer": "refuse", "note": "Too early."}, status=409).text
    assert "Somebody else changed this while you had it open." in page
    assert "Too early." in page
    assert "taken back, not started" in page


def test_what_is_sent_again_after_a_conflict_is_saved_on_top_of_what_stands(client_as, case):
    made = authorised(case)
    both = {"actor": factories.user(OFFICER), "intervention": made}
    service.start(**both, starts_on=date(2026, 12, 2), ends_on=date(2027, 6, 2))
    db.session.commit()
    officer, path = client_as(OFFICER), ladder(case, f"/{made.id}/end")
    sent = form_with(officer.get(path).text, path, "outcome").with_(outcome="Kept since.")
    service.note_breach(**both, happened_on=date(2026, 12, 2), note="Music.")
    db.session.commit()
    page = officer.post(path, sent, status=409).text
    assert "Somebody else changed this while you had it open." in page
    officer.follow(path, form_with(page, path, "outcome").with_())
    assert rows(case)[0].state == "ended"


def test_not_authorising_needs_its_reason(client_as, case):
    made = proposed(case)
    page = client_as(SUPERVISOR).post(ladder(case, f"/{made.id}/answer"), {"version": 1, "answer": "refuse"}, status=422).text
    assert "Say why it is not authorised" in page
    assert rows(case)[0].state == "proposed"


def test_signing_off_answers_it_too(client_as, case):
    made = proposed(case)
    supervisor = client_as(SUPERVISOR)
    assert NOTE in supervisor.get(f"/sign-off/intervention/{made.id}").text
    supervisor.follow(f"/sign-off/intervention/{made.id}", {"answer": "authorise", "note": "Go ahead."})
    assert (rows(case)[0].state, rows(case)[0].authoriser.email) == ("authorised", SUPERVISOR)


def test_something_else_needs_words(client_as, case):
    page = client_as(OFFICER).post(ladder(case, "/not-now/mediation"), {"reason": "other"}, status=422).text
    assert "Say in your own words why not." in page
    page = client_as(OFFICER).post(ladder(case, "/not-now/injunction"), {}, status=422).text
    assert "Choose why it is not used." in page
    assert rows(case) == []


def test_a_closed_case_shows_what_was_tried_and_offers_nothing(client_as, case, at):
    service.end(actor=factories.user(OFFICER), intervention=authorised(case), outcome="He moved away.")
    case.state, case.closed_at = "closed", at("2026-12-02 11:00")
    db.session.commit()
    page = client_as(OFFICER).get(ladder(case)).text
    assert "Taken back, not started" in page
    assert "Use it<" not in page
    assert "Not now, because" not in page
