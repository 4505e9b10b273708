"""The pages of a case, through the client: who sees what, what is kept, what two people do at once, what is recorded."""

import re
from datetime import date

import pytest
from sqlalchemy import select, text

from sentinel.cases import actions, closure, handover, service
from sentinel.cases.models import Action, Case, CaseEvent, CaseGrant, PartyDetail
from sentinel.core import clock
from sentinel.interventions import service as powers
from tests import factories
from tests.integration.page_read import NEIGHBOUR, OFFICER, SUPERVISOR, hidden, words
from tests.integration.promise_made import HIGH, assessed, contacted, opened, report_taken, victim

# --- The case --------------------------------------------------------------------------------------------------------


READ_ONLY = ("/timeline", "/people", "/access", "/closing")
PAGES = ("", "/timeline", "/people", "/actions", "/access", "/officer", "/hand-over", "/share", "/closing")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_a_case_opens_with_everything_on_it_and_with_nothing(session, client_as, at, path):
    at("2026-12-02 10:47")
    who = factories.person("Nasreen Khan-Abdullahi-Featherstonehaugh of Braunstone Frith", age_years=67)
    full = opened(report_taken(HIGH, roles=("victim", "alleged"), who=who))
    contacted(full.parties[0], covers=("first_contact",))
    actions.add_action(actor=factories.user(), case=full, what="Ring", owner=factories.user(), due_on=date(2026, 12, 3))
    closure.propose_closing(actor=factories.user(), case=full, outcome="resolved_advice", note="Quiet.")
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
    fields = {"outcome": "resolved_advice", "teller": str(factories.user().id), "note": "Quiet since."}
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
    case = opened(report_taken(who=factories.person("Ellie Marsh", age_years=15)))
    officer, supervisor, path = client_as(OFFICER), client_as(SUPERVISOR), f"/cases/{case.id}/closing"
    fields = {"outcome": "no_contact", "teller": str(factories.user().id), "note": "Nothing since."}
    officer.post(f"{path}/propose", hidden(officer.get(path), f"{path}/propose") | fields)
    officer.post(f"{path}/sign", {"version": "2"}, status=403)
    contacted(case.parties[0], covers=("acknowledge", "first_contact", "closure"), closing_view="agrees")
    assessed(case)
    supervisor.post(f"{path}/sign", hidden(supervisor.get(path), f"{path}/sign") | {"note": "Agreed."})
    officer.post(f"{path}/close", hidden(officer.get(path), f"{path}/close"))
    closed = words(officer.get(path))
    assert "The victim could not be reached" in closed
    assert "Ellie Marsh Agrees with closing Told by Jaswinder Bell, today, 10:47am" in closed
    officer.post(f"{path}/reopen", hidden(officer.get(path), f"{path}/reopen") | {"reason": "He is back."})
    session.expire_all()
    assert session.get(Case, case.id).state == "open"


def test_closing_shows_each_victim_and_leads_to_telling_them_and_back(session, client_as, at):
    at("2026-12-02 10:47")
    case = opened(report_taken(plan={"phone": "07700 900318", "ring": "yes"}))
    officer, path = client_as(OFFICER), f"/cases/{case.id}/closing"
    fields = {"outcome": "no_further_incidents", "teller": str(factories.user(SUPERVISOR).id), "note": "Six quiet weeks."}
    officer.post(f"{path}/propose", hidden(officer.get(path), f"{path}/propose") | fields)
    page = officer.get(path)
    assert "Tells the victims Marcia Thornton-Clarke" in words(page)
    assert "Nasreen Khan-Abdullahi Not told yet. Promised by 5pm on Wednesday 9 December." in words(page)
    contact = re.search(r'href="(/parties/[^"]+)">Tell Nasreen Khan-Abdullahi', page.text)[1].replace("&amp;", "&")
    form = officer.get(contact)
    assert "What do they think of closing?" in words(form)
    typed = {"channel": "phone", "outcome": "reached", "when": "now", "note": "She is content.", "covers": ["closure", "first_contact"]}
    address = contact.partition("?")[0]
    refused = officer.post(address, hidden(form, address) | typed, status=422)
    assert "Ask what they think of closing, and choose what they said; or untick that you told them." in words(refused)
    assert "She is content." in refused.text
    there = officer.post(address, hidden(refused, address) | typed | {"closing_view": "agrees"}).headers["Location"]
    assert there == path
    assert "Nasreen Khan-Abdullahi Agrees with closing" in words(officer.get(path))


def test_a_supervisor_signs_without_an_answer_after_ten_working_days(session, client_as, at):
    at("2026-12-02 10:47")
    case = opened(report_taken())
    closure.propose_closing(actor=factories.user(), case=case, outcome="no_contact", note="No answer.")
    at("2026-12-03 10:00")
    contacted(case.parties[0], outcome="attempt", note="Rang out.")
    supervisor, path = client_as(SUPERVISOR), f"/cases/{case.id}/closing"
    assert "Without an answer a supervisor may sign from Thursday 17 December, 5pm." in words(supervisor.get(path))
    without = f"/parties/{case.parties[0].id}/unanswered"
    assert "Not yet. Nasreen Khan-Abdullahi has until Thursday 17 December, 5pm to answer." in words(supervisor.get(without))
    at("2026-12-17 17:00")
    assert without in supervisor.get(path).text
    assert without not in client_as(OFFICER).get(path).text
    supervisor.post(without, hidden(supervisor.get(without)) | {"reason": ""}, status=422)
    supervisor.post(without, hidden(supervisor.get(without)) | {"reason": "Rang, wrote, called round."})
    assert "Nasreen Khan-Abdullahi Did not answer Recorded by Marcia Thornton-Clarke, today, 5pm" in words(supervisor.get(path))
    supervisor.get(without)


def test_who_looks_after_an_intervention_after_closing_is_said_on_its_page_and_on_closing(session, client_as, at):
    at("2026-12-02 10:00")
    case = factories.case(officer=factories.user())
    advice = powers.propose(actor=factories.user(), case=case, power_key="verbal_advice", note="Keep it down.", starts_on=date(2026, 12, 1))
    closure.propose_closing(actor=factories.user(), case=case, outcome="resolved_advice", note="Quiet.")
    officer, path = client_as(OFFICER), f"/cases/{case.id}/closing"
    step = f"/cases/{case.id}/interventions/{advice.id}/hand-on"
    assert f'href="{step}#i-{advice.id}">Words of advice is in force: end it, or say who looks after it' in officer.get(path).text
    form = officer.get(step)
    chosen = {"carer": str(factories.user(SUPERVISOR).id), "note": "Reopen it if he starts again."}
    refused = officer.post(step, hidden(form, step) | chosen, status=422)
    assert "Enter a day to come: until then they look after it." in words(refused)
    day = {"until-day": "2", "until-month": "3", "until-year": "2027"}
    officer.post(step, hidden(refused, step) | chosen | day)
    said = "Words of advice Marcia Thornton-Clarke looks after it until Tuesday 2 March 2027."
    assert said in words(officer.get(path))
    officer.post(f"{path}/close", hidden(officer.get(path), f"{path}/close"))
    assert said in words(officer.get(path))
    ladder = words(officer.get(f"/cases/{case.id}/interventions"))
    assert "Marcia Thornton-Clarke looks after it until Tuesday 2 March 2027. End it" in ladder
    assert "Note a breach" not in ladder


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
