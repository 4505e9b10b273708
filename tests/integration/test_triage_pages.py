"""The pages of triage, through the client: the queue, the decision, handing over, linking."""

import re

import pytest
from sqlalchemy import select

from sentinel.cases import closure, handover
from sentinel.cases.models import Case, CaseEvent, Handover, Report
from sentinel.core import clock
from sentinel.core.db import new_id
from tests import factories
from tests.integration.page_read import NEIGHBOUR, OFFICER, SUPERVISOR, decide, hidden, words
from tests.integration.promise_made import opened, report_taken

# --- The queue -------------------------------------------------------------------------------------------------------


def test_the_queue_shows_the_worst_first_and_then_the_oldest(session, client_as, at):
    at("2026-12-02 10:00")
    names = {}
    for name, level, hour in [
        ("Old", "standard", 8),
        ("High", "high", 11),
        ("New", "standard", 12),
        ("Unscreened", None, 9),
        ("Medium", "medium", 7),
    ]:
        report = factories.report(level=level, received_at=at(f"2026-12-02 {hour:02d}:00"))
        factories.party(on=report, who=factories.person(f"{name} Person"))
        names[f"{name} Person"] = report
    at("2026-12-02 13:00")
    page = client_as(OFFICER).get("/queue")
    order = re.findall(r"(\w+ Person)</a>", page.text)
    assert order == ["High Person", "Unscreened Person", "Medium Person", "Old Person", "New Person"]
    assert "5 reports wait for a decision, 1 at high risk. Worst first." in words(page)


def test_the_queue_holds_only_ones_own_teams_reports(session, client_as):
    mine, other, restricted = factories.report(), factories.report(team_slug="charnwood-asb"), factories.report(restricted=True)
    decided = factories.report(state="withdrawn", triaged_at=clock.now())
    page = client_as(OFFICER).get("/queue")
    assert mine.reference in page.text
    for hidden_one in (other, restricted, decided):
        assert hidden_one.reference not in page.text


def test_an_empty_queue_says_what_comes_next(session, client_as):
    page = words(client_as(OFFICER).get("/queue"))
    assert "No report waits for a decision." in page
    assert "A new report appears as soon as it is saved." in page


def test_governance_sees_reports_that_found_no_team_and_gives_one_out(session, client_as):
    report = factories.report(unrouted=True, team_id=None, level="high")
    governance = client_as("governance@county.example")
    assert "1 report waits for a team, 1 at high risk" in words(governance.get("/queue"))
    path = f"/reports/{report.id}/route"
    team = factories.team("charnwood-asb")
    refused = governance.post(path, hidden(governance.get(path)) | {"team": str(team.id), "reason": ""}, status=422)
    assert "Say why it is theirs" in words(refused)
    governance.post(path, hidden(governance.get(path)) | {"team": str(team.id), "reason": "In Charnwood."})
    session.expire_all()
    assert session.get(Report, report.id).team.slug == "charnwood-asb"


def test_a_long_queue_comes_in_pages_that_hold_every_report_once(session, client_as, at):
    at("2026-12-02 10:00")
    made = [factories.report(level="standard") for _ in range(45)]
    client = client_as(OFFICER)
    first = client.get("/queue")
    following = re.search(r'href="(/queue\?from=[^"]+)"', first.text)[1]
    second = client.get(following)
    seen = [re.findall(r"<tr id=\"report-([0-9a-f-]+)\"", page.text) for page in (first, second)]
    assert [len(rows) for rows in seen] == [40, 5]
    assert sorted(seen[0] + seen[1]) == sorted(str(report.id) for report in made)


# --- Deciding --------------------------------------------------------------------------------------------------------


def test_the_page_says_what_each_decision_does_before_it_is_saved(session, client_as, at):
    at("2026-12-02 10:47")
    report = report_taken()
    page = words(client_as(OFFICER).get(f"/reports/{report.id}/triage"))
    assert "1 promise moves to the case: first contact with Nasreen Khan-Abdullahi, Wednesday 9 December, by 5pm." in page
    assert "first contact becomes: told what was decided and why, Wednesday 9 December, by 5pm." in page


def test_a_case_is_opened_from_the_page(session, client_as):
    report = report_taken()
    client = client_as(OFFICER)
    sent = decide(client, report, outcome="opened", officer=str(factories.user().id), title="Banging at night", reason_opened="risk")
    case = session.scalars(select(Case).where(Case.reference == report.reference)).one()
    assert sent.headers["Location"] == f"/cases/{case.id}"
    assert (case.title, case.officer.name) == ("Banging at night", "Jaswinder Bell")


def test_a_double_click_opens_one_case_and_leads_both_to_it(session, client_as):
    report = report_taken()
    client = client_as(OFFICER)
    page = client.get(f"/reports/{report.id}/triage")
    fields = {"outcome": "opened", "officer": str(factories.user().id), "title": "Noise", "reason_opened": "risk"}
    first, second = decide(client, report, page=page, **fields), decide(client, report, page=page, **fields)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(session.scalars(select(CaseEvent.id).where(CaseEvent.report_id == report.id, CaseEvent.kind == "triage")).all()) == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Choose what should happen with this report."),
        ({"outcome": "opened"}, "Choose who takes the case."),
        ({"outcome": "opened", "officer": "me"}, "Choose a reason."),
        ({"outcome": "opened", "officer": "me", "reason_opened": "other", "words": ""}, "Say in a sentence why."),
        ({"outcome": "joined", "reason_joined": "same_problem"}, "Choose the case it belongs to."),
        ({"outcome": "joined", "case": "another", "reason_joined": "same_problem"}, "Enter the reference of the case."),
        ({"outcome": "joined", "case": "another", "reference": "26-12"}, "Enter all ten digits of the reference"),
        ({"outcome": "signposted", "where_to": "", "reason_signposted": "landlord"}, "Say who will deal with it"),
        ({"outcome": "no_further_action"}, "Choose a reason."),
        ({"outcome": "withdrawn"}, "Choose a reason."),
        ({"outcome": "deleted"}, "That answer is not one of those offered. Choose again."),
        ({"outcome": "signposted", "where_to": "x" * 100_000}, "must be 200 characters or fewer. You typed 100,000."),
        ({"outcome": "no_further_action", "words": "é" * 4_001}, "must be 4,000 characters or fewer. You typed 4,001."),
    ],
)
def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(session, client_as, fields, sentence):
    report = report_taken()
    client = client_as(OFFICER)
    given = (
        {"words": "She hears it through the wall. <b>Ṣalāḥ 🐕</b>"}
        | fields
        | ({"officer": str(factories.user().id)} if fields.get("officer") else {})
    )
    refused = decide(client, report, status=422, **given)
    assert words(refused).count(sentence) == 2, "once in the summary, once at the field"
    assert 'href="#' in refused.text
    if "words" not in fields:
        assert "She hears it through the wall. &lt;b&gt;Ṣalāḥ 🐕&lt;/b&gt;" in refused.text
    session.expire_all()
    assert session.get(Report, report.id).state == "received"


def test_a_reference_with_one_wrong_digit_is_refused_at_its_field(session, client_as):
    report, number = report_taken(), factories.case().reference
    wrong = number[:4] + str((int(number[4]) + 1) % 10) + number[5:]
    refused = decide(
        client_as(OFFICER), report, status=422, outcome="joined", case="another", reference=wrong, reason_joined="same_problem"
    )
    assert words(refused).count("Check the reference: one of its digits is wrong, or two have changed places.") == 2
    assert f'value="{wrong}"' in refused.text


def test_a_report_is_joined_by_the_number_of_a_report_already_joined(session, client_as):
    case, second, third = opened(report_taken()), report_taken(), report_taken()
    client = client_as(OFFICER)
    decide(client, second, outcome="joined", case="another", reference=case.reference, reason_joined="same_problem")
    decide(client, third, outcome="joined", case="another", reference=second.reference.replace("-", ""), reason_joined="same_problem")
    session.expire_all()
    assert session.get(Report, third.id).case_id == case.id


def test_two_people_deciding_at_once_see_both_versions_and_lose_nothing(session, client_as):
    report = report_taken()
    mine, hers = client_as(OFFICER), client_as(SUPERVISOR)
    page = mine.get(f"/reports/{report.id}/triage")
    decide(hers, report, outcome="no_further_action", reason_no_further_action="one_off", words="Over and done.")
    mine_typed = {"outcome": "signposted", "where_to": "Soar Valley Homes", "reason_signposted": "landlord", "words": "Their tenant."}
    conflict = decide(mine, report, page=page, status=409, **mine_typed)
    read = words(conflict)
    assert "Marcia Thornton-Clarke changed this while you had it open." in read
    assert "No further action" in read
    assert "Soar Valley Homes" in read
    assert 'value="Soar Valley Homes"' in conflict.text
    again = mine.post(f"/reports/{report.id}/triage", hidden(conflict) | mine_typed, status=422)
    assert "This report was already decided: no further action." in words(again)


def test_only_those_who_own_the_report_reach_its_decision(session, client_as):
    report = report_taken()
    client_as(NEIGHBOUR).get(f"/reports/{report.id}/triage", status=404)
    client_as("calltaker@blaby.example").get(f"/reports/{report.id}/triage", status=403)
    client_as(OFFICER).get(f"/reports/{new_id()}/triage", status=404)


def test_a_decided_report_shows_what_became_of_it(session, client_as):
    report = report_taken()
    client = client_as(OFFICER)
    decide(client, report, outcome="signposted", where_to="Soar Valley Homes", reason_signposted="landlord")
    assert client.get(f"/reports/{report.id}/triage", status=302).headers["Location"] == f"/reports/{report.id}"
    assert "Signposted , " in words(client.get(f"/reports/{report.id}"))


# --- Handing over ----------------------------------------------------------------------------------------------------


def test_an_offer_is_made_read_and_accepted_through_the_pages(session, client_as):
    report = report_taken()
    giver, taker = client_as(OFFICER), client_as(NEIGHBOUR)
    path = f"/reports/{report.id}/hand-over"
    giver.post(path, hidden(giver.get(path)) | {"team": str(factories.team("charnwood-asb").id), "reason": "Your side."})
    offer = session.scalars(select(Handover)).one()
    assert "1 is offered to your team" in words(taker.get("/queue"))
    read = words(taker.get(f"/handovers/{offer.id}"))
    assert "Your side." in read
    assert "Banging on the door and shouting." in read
    action = f"/handovers/{offer.id}/accept"
    taker.post(action, hidden(taker.get(f"/handovers/{offer.id}"), action))
    session.expire_all()
    assert session.get(Report, report.id).owner.slug == "charnwood"
    giver.get(path, status=404)


def test_an_answered_offer_says_so(session, client_as):
    case = opened(report_taken())
    offer = handover.offer(actor=factories.user(), case=case, to_team=factories.team("charnwood-asb"), reason="Theirs.")
    taker = client_as(NEIGHBOUR)
    action = f"/handovers/{offer.id}/decline"
    sent = hidden(taker.get(f"/handovers/{offer.id}"), action)
    assert "Choose why not." in words(taker.post(action, sent, status=422))
    taker.post(action, sent | {"reason": "not_our_area"})
    assert "answered or taken back already" in words(taker.get(f"/handovers/{offer.id}", status=404))
    client_as("beat.officer@police.example").get(f"/handovers/{offer.id}", status=404)


def test_the_giver_takes_an_offer_back_from_the_case(session, client_as):
    case = opened(report_taken())
    giver, path = client_as(OFFICER), f"/cases/{case.id}/hand-over"
    giver.post(path, hidden(giver.get(path)) | {"team": str(factories.team("charnwood-asb").id), "reason": "They moved."})
    offer = session.scalars(select(Handover)).one()
    action = f"/handovers/{offer.id}/take-back"
    giver.post(action, hidden(giver.get(path), action))
    session.expire_all()
    assert session.get(Handover, offer.id).state == "withdrawn"


# --- Reports ---


def test_reports_are_listed_with_what_became_of_them(session, client_as):
    waiting, decided = factories.report(), factories.report(state="signposted", triaged_at=clock.now())
    hidden_one = factories.report(team_slug="charnwood-asb")
    client = client_as(OFFICER)
    page = client.get("/reports")
    assert waiting.reference in page.text
    assert decided.reference in page.text
    assert hidden_one.reference not in page.text
    assert decided.reference not in client.get("/reports?state=received").text


def test_reports_of_one_incident_are_linked_from_the_page(session, client_as):
    who = factories.person()
    first, second = factories.report(), factories.report()
    for report in (first, second):
        factories.party(on=report, who=who)
    client, path = client_as(OFFICER), f"/reports/{first.id}/incident"
    assert "Tick at least two reports" in words(client.post(path, hidden(client.get(path)), status=422))
    client.post(path, hidden(client.get(path)) | {"reports": str(second.id)})
    assert "Counted once with:" in words(client.get(f"/reports/{first.id}"))
    client.post(f"{path}/unlink")
    session.expire_all()
    assert session.get(Report, first.id).incident_id is None


def test_a_report_about_the_same_matter_offers_to_reopen_and_says_why(session, client_as, at):
    case = factories.case(officer=factories.user(OFFICER), state="closed", closed_at=at("2026-11-02 10:00"))
    who = factories.party(on=case, who=factories.person("Nasreen Khan")).person
    at("2026-12-02 10:47")
    report, client = report_taken(who=who), client_as(OFFICER)
    page = client.get(f"/reports/{report.id}/triage")
    assert f"Reopen {case.reference}: {case.title} Nasreen Khan is a victim there. Closed Monday 2 November." in words(page)
    assert "Choose which case to reopen." in words(decide(client, report, status=422, outcome="reopened", reason_reopened="same_problem"))
    chosen = {"outcome": "reopened", "closed_case": str(case.id)}
    assert "Choose a reason." in words(decide(client, report, status=422, **chosen))
    there = decide(client, report, **chosen, reason_reopened="same_problem")
    assert there.headers["Location"] == f"/cases/{case.id}"
    session.expire_all()
    assert (session.get(Case, case.id).state, session.get(Report, report.id).state) == ("open", "joined")


def test_only_what_was_offered_is_reopened(session, client_as, at):
    theirs = factories.case(team_slug="charnwood-asb", state="closed", closed_at=at("2026-11-02 10:00"))
    who = factories.party(on=theirs, who=factories.person("Nasreen Khan")).person
    report, client = report_taken(who=who), client_as(OFFICER)
    assert "Reopen a closed case" not in words(client.get(f"/reports/{report.id}/triage"))
    sent = {"outcome": "reopened", "closed_case": str(theirs.id), "reason_reopened": "same_problem"}
    assert "That answer is not one of those offered" in words(decide(client, report, status=422, **sent))


def test_whoever_accepts_a_case_that_was_proposed_for_closing_finds_it_open(session, client_as, at):
    at("2026-12-02 10:47")
    case = opened(report_taken())
    closure.propose_closing(actor=factories.user(OFFICER), case=case, outcome="no_further_incidents", note="Quiet.")
    offer = handover.offer(actor=factories.user(OFFICER), case=case, to_team=factories.team("charnwood-asb"), reason="They moved.")
    neighbour, action = client_as(NEIGHBOUR), f"/handovers/{offer.id}/accept"
    page = neighbour.get(f"/handovers/{offer.id}")
    neighbour.post(action, hidden(page, action) | {"officer": str(factories.user(NEIGHBOUR).id)})
    session.expire_all()
    assert (session.get(Case, case.id).state, session.get(Case, case.id).owner_partner_id) == ("open", factories.user(NEIGHBOUR).partner_id)
    assert "Propose closing" in words(neighbour.get(f"/cases/{case.id}/closing"))
