"""The pages of triage and of a case, through the client: who sees what, what is kept, what two people do at once, what is recorded."""

import re
from datetime import date

import html5lib
import pytest
from sqlalchemy import select, text

from sentinel.cases import actions, closure, handover, service
from sentinel.cases.models import Action, Case, CaseEvent, CaseGrant, Handover, PartyDetail, Report
from sentinel.core import clock
from sentinel.core.db import new_id
from tests import factories
from tests.integration.promise_made import HIGH, contacted, opened, report_taken, victim

OFFICER, SUPERVISOR, NEIGHBOUR = "officer@blaby.example", "supervisor@blaby.example", "officer@charnwood.example"
HTML = "{http://www.w3.org/1999/xhtml}"


def words(response):
    """The page as it is read: without tags, with single spaces."""
    main = re.sub(r"(?s)<(script|style).*?</\1>", " ", response.text)
    return " ".join(re.sub(r"<[^>]+>", " ", main).replace("&#39;", "'").replace("&amp;", "&").split())


def hidden(response, form_action=""):
    """The hidden inputs of the page's form with this action."""
    for form in html5lib.parse(response.text).iter(f"{HTML}form"):
        if form.get("method") == "post" and (form.get("action") or "") == form_action:
            return {node.get("name"): node.get("value") for node in form.iter(f"{HTML}input") if node.get("type") == "hidden"}
    raise AssertionError(f"no form {form_action!r}")


def decide(client, report, *, status=302, page=None, **fields):
    path = f"/reports/{report.id}/triage"
    sent = hidden(page or client.get(path)) | fields
    return client.post(path, sent, status=status)


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


# --- The case --------------------------------------------------------------------------------------------------------


READ_ONLY = ("/timeline", "/people", "/access")
PAGES = ("", "/timeline", "/people", "/actions", "/access", "/officer", "/hand-over", "/share", "/closing")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_a_case_opens_with_everything_on_it_and_with_nothing(session, client_as, at, path):
    at("2026-12-02 10:47")
    who = factories.person("Nasreen Khan-Abdullahi-Featherstonehaugh of Braunstone Frith", age_years=67)
    full = opened(report_taken(HIGH, roles=("victim", "alleged"), who=who))
    contacted(full.parties[0], covers=("first_contact",))
    actions.add_action(actor=factories.user(), case=full, what="Ring", owner=factories.user(), due_on=date(2026, 12, 3))
    closure.propose_closing(actor=factories.user(), case=full, outcome="resolved_advice", note="Quiet.", victim_view="disagrees")
    for case in (full, factories.case(officer=None), factories.case(state="closed", closed_at=clock.now())):
        client_as(SUPERVISOR).get(f"/cases/{case.id}{path}")


def test_the_overview_answers_who_is_at_risk_what_is_next_and_what_was_promised(session, client_as, at):
    at("2026-12-02 10:47")
    case = opened(report_taken(HIGH, plan={"phone": "07700 900318", "ring": "yes", "voicemail": "no", "never": "Never after 6pm."}))
    at("2026-12-04 09:00")
    page = words(client_as(OFFICER).get(f"/cases/{case.id}"))
    assert "High risk" in page
    assert "Next promise, overdue by 1 working day Thursday 3 December, by 5pm" in page
    assert "First contact: Nasreen Khan-Abdullahi" in page
    assert "07700 900318" in page
    assert "No voicemail. Never after 6pm." in page
    assert "Nothing tried yet" in page
    assert "0 kept on time, 0 late" not in page


def test_what_is_next_gathers_from_every_room_the_soonest_first(session, client_as, at):
    at("2026-12-02 10:47")
    safeguarding = {"safeguarding": "yes", "safeguarding_by": at("2026-12-02 14:47")}
    at("2026-12-02 10:47")
    case = opened(report_taken(HIGH, detail=safeguarding))
    unaware = factories.party(on=case, who=factories.person("Thomas Wright"), contactable=False)
    session.get(PartyDetail, unaware.id).may_not_know = True
    actions.add_action(actor=factories.user(), case=case, what="Ring the landlord", owner=factories.user(), due_on=date(2026, 12, 4))
    handover.offer(actor=factories.user(), case=case, to_team=factories.team("charnwood-asb"), reason="They moved.")
    page = words(client_as(SUPERVISOR).get(f"/cases/{case.id}"))
    order = [
        "Make the safeguarding referral: a child or adult may be at risk",
        "A supervisor looks at the high risk",
        "Ring the landlord For Jaswinder Bell",
        "Charnwood ASB team answers the handover",
    ]
    assert [page.index(row) for row in order] == sorted(page.index(row) for row in order)
    assert "Decide whether it is safe to contact Thomas Wright" in page
    for row in ("First contact: Nasreen Khan-Abdullahi", "Assess the risk in full: Nasreen Khan-Abdullahi", "Victim First acknowledges"):
        assert row in page


def test_an_empty_case_says_why_it_is_empty(session, client_as):
    page = words(client_as(OFFICER).get(f"/cases/{factories.case(officer=factories.user()).id}"))
    for sentence in (
        "Nothing is due on this case.",
        "No victim is named on this case.",
        "Nobody is named.",
        "Where it happens is not known.",
    ):
        assert sentence in page


def test_a_person_on_both_sides_of_a_case_is_listed_once_on_each(session, client_as):
    who, case = factories.person("Darren Whitlock"), factories.case()
    for role in ("alleged", "alleged", "victim", "witness"):
        factories.party(on=case, who=who, role=role)
    page = words(client_as(OFFICER).get(f"/cases/{case.id}/people"))
    assert page.count("Darren Whitlock") == 2
    assert "Victim and Witness" in page
    assert "Alleged, unproven" in page


def test_a_note_is_added_and_an_empty_one_keeps_the_page(session, client_as):
    case = factories.case()
    client = client_as(OFFICER)
    action = f"/cases/{case.id}/notes"
    sent = hidden(client.get(f"/cases/{case.id}"), action)
    assert "Write the note in a sentence." in words(client.post(action, sent | {"note": " ​ "}, status=422))
    client.post(action, sent | {"note": "Quiet.\r\n<script>alert(1)</script>"})
    page = client.get(f"/cases/{case.id}/timeline")
    assert "Quiet.\n&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


def test_the_same_note_sent_twice_is_one_note(session, client_as):
    case = factories.case()
    client = client_as(OFFICER)
    action = f"/cases/{case.id}/notes"
    sent = hidden(client.get(f"/cases/{case.id}"), action) | {"note": "Quiet."}
    client.post(action, sent)
    client.post(action, sent)
    assert len(session.scalars(select(CaseEvent.id).where(CaseEvent.case_id == case.id)).all()) == 1


@pytest.mark.parametrize("email", ["calltaker@blaby.example", "manager@blaby.example", NEIGHBOUR, "beat.officer@police.example"])
def test_others_see_the_headline_and_nothing_more(session, client_as, email):
    report = report_taken(HIGH)
    case = opened(report)
    service.add_note(actor=factories.user(), case=case, text="Her son may be told.")
    client = client_as(email)
    page = words(client.get(f"/cases/{case.id}"))
    assert "You see the headline of this case" in page
    assert "Nasreen Khan-Abdullahi" in page
    for secret in ("Banging on the door", "Her son may be told", "07700 900318"):
        assert secret not in page
    works_cases = email in (NEIGHBOUR, "beat.officer@police.example")
    for path in PAGES[1:]:
        client.get(f"/cases/{case.id}{path}", status=404 if works_cases or path in READ_ONLY else 403)
    client.get(f"/reports/{report.id}", status=404)


@pytest.mark.parametrize(
    "email", ["governance@county.example", "analyst@county.example", "worker@victimfirst.example", "housing@landlord.example"]
)
def test_those_without_a_part_in_cases_open_none(session, client_as, email):
    client_as(email).get(f"/cases/{factories.case().id}", status=403)


def test_a_restricted_case_is_nowhere_for_those_not_named_on_it(session, client_as):
    case = factories.case(restricted=True, title="Officer's street")
    for email in (OFFICER, SUPERVISOR, NEIGHBOUR, "calltaker@blaby.example"):
        client_as(email).get(f"/cases/{case.id}", status=404)
    assert case.reference not in client_as(SUPERVISOR).get("/cases?whose=all&state=any").text


def test_the_full_view_is_opened_by_one_click_with_a_reason(session, client_as):
    case = opened(report_taken())
    client = client_as(NEIGHBOUR)
    action = f"/cases/{case.id}/full-view"
    page = client.get(f"/cases/{case.id}")
    sent = hidden(page, action)
    assert "Say why: the owner of the case reads it." in words(client.post(action, sent, status=422))
    client.post(action, sent | {"reason": "Same man, our side of the road."})
    assert "What is next" in words(client.get(f"/cases/{case.id}"))
    timeline = words(client_as(OFFICER).get(f"/cases/{case.id}/timeline"))
    assert "Tom Ashdown opened the full view for Charnwood ASB team" in timeline
    assert "Same man, our side of the road." in timeline


def test_a_call_taker_is_not_offered_the_full_view(session, client_as):
    case = factories.case()
    client = client_as("calltaker@blaby.example")
    assert "See the whole case" not in client.get(f"/cases/{case.id}").text
    client.post(f"/cases/{case.id}/full-view", {"reason": "Curious"}, status=403)


def test_the_owner_ends_a_share_from_the_record_of_access(session, client_as):
    case = factories.case()
    grant = service.share_case(actor=factories.user(), case=case, grantee=factories.team("charnwood-asb"), reason="Joint visit")
    path = f"/cases/{case.id}/shares/{grant.id}/end"
    client_as(NEIGHBOUR).get(path, status=403)
    client = client_as(OFFICER)
    client.post(path, hidden(client.get(path)) | {"reason": "The visit was made."})
    session.expire_all()
    assert session.get(CaseGrant, grant.id).until <= clock.now()


def test_every_look_is_recorded_and_read_back_with_who_when_and_why(session, client_as):
    case = opened(report_taken())
    service.ask_for_full(actor=factories.user(NEIGHBOUR), case=case, team=factories.team("charnwood-asb"), reason="Same man.")
    for email in (NEIGHBOUR, "calltaker@blaby.example", SUPERVISOR):
        client_as(email).get(f"/cases/{case.id}")
    record = words(client_as(OFFICER).get(f"/cases/{case.id}/access"))
    assert re.search(r"Tom Ashdown Charnwood Borough Council .*? Looked Same man\.", record)
    assert re.search(r"Aisling Byrne Blaby District Council .*? Looked, headline only May see headlines", record)
    assert re.search(r"Marcia Thornton-Clarke Blaby District Council .*? Looked Works for the owner", record)
    looked = text("SELECT count(*) FROM audit_entry WHERE kind = 'look' AND case_id = :case")
    assert session.scalar(looked, {"case": case.id}) == 4


def test_opening_a_report_is_recorded_with_the_people_on_it(session, client_as):
    report = report_taken()
    client_as(OFFICER).get(f"/reports/{report.id}")
    seen = session.scalar(
        text("SELECT person_ids FROM audit_entry WHERE table_name = 'report' AND row_id = :id AND kind = 'look'"), {"id": str(report.id)}
    )
    assert seen == [victim(report).person_id]


# --- Actions, officer, closing -----------------------------------------------------------------------------------------


def test_an_action_is_given_and_finished_from_its_page(session, client_as, at):
    at("2026-12-02 10:47")
    case = factories.case()
    client, path = client_as(OFFICER), f"/cases/{case.id}/actions"
    fields = {
        "what": "Ring the landlord",
        "owner": str(factories.user().id),
        "due_on-day": "30",
        "due_on-month": "2",
        "due_on-year": "2027",
    }
    refused = client.post(path, hidden(client.get(path)) | fields, status=422)
    assert "30 February is not a date. Enter a real day, month and year" in words(refused)
    assert 'value="Ring the landlord"' in refused.text
    client.post(path, hidden(client.get(path)) | fields | {"due_on-day": "4", "due_on-month": "12", "due_on-year": "2026"})
    action = session.scalars(select(Action)).one()
    done = f"{path}/{action.id}"
    client.post(done, hidden(client.get(done)) | {"outcome": "They will write."})
    assert "They will write." in client.get(path).text
    client.get(f"/cases/{factories.case().id}/actions/{action.id}", status=404)


def test_two_people_moving_a_case_at_once_see_both_versions_and_may_save_again(session, client_as):
    case = factories.case(officer=factories.user())
    mine, hers, path = client_as(OFFICER), client_as(SUPERVISOR), f"/cases/{case.id}/officer"
    page = mine.get(path)
    marcia, gethin = factories.user(SUPERVISOR), factories.user("supervisor2@blaby.example")
    hers.post(path, hidden(hers.get(path)) | {"officer": str(marcia.id), "reason": "Leave."})
    typed = {"officer": str(gethin.id), "reason": "He knows the street."}
    conflict = mine.post(path, hidden(page) | typed, status=409)
    assert re.search(r"Officer Gethin Rees Marcia Thornton-Clarke", words(conflict))
    assert "He knows the street." in conflict.text
    mine.post(path, hidden(conflict) | typed)
    session.expire_all()
    assert session.get(Case, case.id).officer.name == "Gethin Rees"


def test_closing_is_refused_with_each_missing_thing_linked_to_where_it_is_mended(session, client_as, at):
    at("2026-12-02 10:47")
    case = opened(report_taken())
    actions.add_action(actor=factories.user(), case=case, what="Ring", owner=factories.user(), due_on=date(2026, 12, 3))
    client, path = client_as(OFFICER), f"/cases/{case.id}/closing"
    fields = {"outcome": "resolved_advice", "victim_view": "agrees", "note": "Quiet since."}
    client.post(f"{path}/propose", hidden(client.get(path), f"{path}/propose") | fields)
    page = client.get(path)
    assert "Close the case</button>" not in page.text
    assert f'href="/cases/{case.id}/actions">Finish 1 action' in page.text
    refused = words(client.post(f"{path}/close", hidden(page, f"{path}/keep-open"), status=422))
    assert "This case cannot be closed yet." in refused
    assert "Assess the risk to Nasreen Khan-Abdullahi one last time" in refused
    session.expire_all()
    assert session.get(Case, case.id).state == "closure_proposed"


def test_a_supervisor_signs_and_the_officer_closes(session, client_as, at):
    at("2026-12-02 10:47")
    case = factories.case(officer=factories.user())
    officer, supervisor, path = client_as(OFFICER), client_as(SUPERVISOR), f"/cases/{case.id}/closing"
    fields = {"outcome": "no_contact", "victim_view": "disagrees", "note": "Nobody named."}
    officer.post(f"{path}/propose", hidden(officer.get(path), f"{path}/propose") | fields)
    officer.post(f"{path}/sign", {"version": "2"}, status=403)
    supervisor.post(f"{path}/sign", hidden(supervisor.get(path), f"{path}/sign") | {"note": "Agreed."})
    officer.post(f"{path}/close", hidden(officer.get(path), f"{path}/close"))
    closed = words(officer.get(path))
    assert "The victim could not be reached" in closed
    assert "Sentinel does not send the survey after closing yet" in closed
    officer.post(f"{path}/reopen", hidden(officer.get(path), f"{path}/reopen") | {"reason": "He is back."})
    session.expire_all()
    assert session.get(Case, case.id).state == "open"


# --- Lists -----------------------------------------------------------------------------------------------------------


def test_cases_are_listed_mine_teams_or_all_by_state_and_risk(session, client_as):
    mine = factories.case(officer=factories.user(), level="high")
    teams = factories.case(level="standard")
    others = factories.case(team_slug="charnwood-asb")
    closed = factories.case(officer=factories.user(), state="closed", closed_at=clock.now())
    client = client_as(OFFICER)
    expected = {
        "/cases": {mine},
        "/cases?whose=team": {mine, teams},
        "/cases?whose=all": {mine, teams, others},
        "/cases?whose=all&risk=standard": {teams},
        "/cases?whose=all&risk=none": {others},
        "/cases?state=closed": {closed},
        "/cases?state=any": {mine, closed},
        "/cases?whose=nonsense&state=nonsense": {mine},
    }
    for path, cases in expected.items():
        shown = set(re.findall(r"<tr id=\"case-([0-9a-f-]+)\"", client.get(path).text))
        assert shown == {str(case.id) for case in cases}, path


def test_a_supervisor_lands_on_the_teams_cases(session, client_as):
    case = factories.case(officer=factories.user())
    assert case.reference in client_as(SUPERVISOR).get("/cases").text


def test_the_order_of_cases_is_the_same_every_time_and_pages_hold_each_once(session, client_as, at):
    at("2026-12-02 10:47")
    made = [factories.case(officer=factories.user(), level=level) for level in ("standard", "high", None) * 15]
    client = client_as(OFFICER)
    first = client.get("/cases")
    second = client.get(re.search(r'href="(/cases\?[^"]*from=[^"]+)"', first.text)[1].replace("&amp;", "&"))
    pages = [re.findall(r"<tr id=\"case-([0-9a-f-]+)\"", page.text) for page in (first, second)]
    assert [len(page) for page in pages] == [40, 5]
    assert sorted(pages[0] + pages[1]) == sorted(str(case.id) for case in made)
    levels = {str(case.id): case.level for case in made}
    assert [levels[one] for one in pages[0] + pages[1]] == ["high"] * 15 + ["standard"] * 15 + [None] * 15
    assert pages[0] == re.findall(r"<tr id=\"case-([0-9a-f-]+)\"", client.get("/cases").text)


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
