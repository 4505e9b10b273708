"""The supervisor's board: what is wrong and whose, answered in its row; figures that are right; everybody's own part of it."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, update

from sentinel.access.models import Absence, Duty
from sentinel.alerts.models import Alert, Answer
from sentinel.alerts.sweep import sweep
from sentinel.cases.models import CaseEvent
from sentinel.core import clock
from sentinel.core.db import new_id
from sentinel.post.models import Outbox
from sentinel.post.service import queue_message
from sentinel.victims.models import Promise
from sentinel.victims.promises import make_promise
from tests import factories as make
from tests.integration import alerting
from tests.integration.alerting import GOVERNANCE, MANAGER, OFFICER, SECOND, SUPERVISOR, alert_of, promised, spoke_to, victim
from tests.integration.page_read import words
from tests.integration.sweep_model import Owed, row

CHARNWOOD = "supervisor@charnwood.example"
REFUSED = "The mail server refused it for good (answer 550)."
QUIET = "Nothing is late."


def said(text):
    """A page as it is read."""
    return words(SimpleNamespace(text=text))


@pytest.fixture(autouse=True)
def everybody_is_here(session, at):
    alerting.sign_everybody_in()
    at("2026-12-02 10:00")


@pytest.fixture
def late(session, at):
    """A promise to keep in touch that is five weeks late."""
    promise = promised(victim("enhanced"))
    sweep(at("2027-01-20 10:00"))
    return promise


def test_the_board_says_first_how_much_waits_and_shows_the_worst_with_its_one_button(client_as, late):
    text = client_as(SUPERVISOR).get("/board").text
    page = said(text)
    assert "1 alert waits for your answer" in page
    assert "Not kept: keep in touch" in page
    assert "Told: “You will hear from us again by 5pm on Wednesday 9 December, even if there is no news.”" in page
    assert late.party.person.name in page
    assert "Overdue by" in page
    assert f"/board?open={alert_of(late.id).id}" in text


def test_when_nothing_is_late_the_board_says_so_and_what_comes_next(client_as, session):
    promise = promised(victim())
    session.commit()
    page = said(client_as(SUPERVISOR).get("/board").text)
    assert f"{QUIET} Next promise in the team: Monday 4 January 2027, by 5pm." in page
    assert promise.due_at.day == 4


def test_another_team_and_a_practitioner_do_not_see_it(client_as, late):
    assert QUIET in said(client_as(CHARNWOOD).get("/board").text)
    client_as(OFFICER).get("/board", status=403)
    client_as(CHARNWOOD).get(f"/board?open={alert_of(late.id).id}", status=404)


def test_the_row_opens_with_the_answers_that_can_be_given_and_who_is_told_next(client_as, late):
    clock.freeze(late.due_at)
    alert = alert_of(late.id)
    page = said(client_as(SUPERVISOR).get(f"/board?open={alert.id}").text)
    for choice in ("Ask the officer to do it", "Do it myself", "Give it to somebody else", "Your answer does not stop the clock"):
        assert choice in page
    assert "Everybody who is to be told has been told." in page


def test_the_open_row_names_who_is_told_next_and_when(client_as, session):
    promise = promised(victim())
    clock.freeze(promise.supervisor_at)
    sweep(promise.supervisor_at)
    page = said(client_as(SUPERVISOR).get(f"/board?open={alert_of(promise.id).id}").text)
    assert f"If it is still so by 5pm on Thursday 7 January, {make.user(MANAGER).name} will be told." in page


def test_asking_the_officer_stands_on_the_case_and_stops_no_clock(client_as, late, session):
    alert = alert_of(late.id)
    client = client_as(SUPERVISOR)
    page = said(client.follow(f"/board/alerts/{alert.id}", {"kind": "ask", "reason": "Spoke to Jas. He rings her at 3pm."}).text)
    assert "Your answer is on the case." in page
    assert "0 alerts wait for your answer" in page
    assert "Asked Jaswinder Bell" in page
    event = session.scalars(select(CaseEvent).where(CaseEvent.kind == "supervision")).one()
    assert event.body == "Spoke to Jas. He rings her at 3pm."
    session.refresh(alert)
    assert alert.closed_at is None
    theirs = said(client_as(SECOND).get("/board").text)
    assert "1 alert waits for your answer" in theirs, "one supervisor's answer hides nothing from another"
    assert "Marcia Thornton-Clarke: Asked Jaswinder Bell" in theirs
    assert "Marcia Thornton-Clarke: Asked Jaswinder Bell" in said(client_as(OFFICER).get("/alerts").text)


def test_giving_it_away_moves_the_case(client_as, late, session):
    alert = alert_of(late.id)
    to = make.user(SECOND)
    client_as(SUPERVISOR).post(f"/board/alerts/{alert.id}", {"kind": "give", "officer": str(to.id), "reason": "Jas is in court."})
    session.expire_all()
    assert late.party.case.officer_id == to.id


def test_doing_it_oneself_leads_to_the_case(client_as, late):
    alert = alert_of(late.id)
    answer = client_as(SUPERVISOR).post(f"/board/alerts/{alert.id}", {"kind": "do", "reason": "I ring her now."})
    assert answer.headers["Location"] == f"/cases/{late.party.case_id}"


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"reason": "Words that must not be lost"}, "Choose what you will do."),
        ({"kind": "ask", "reason": ""}, "Say in a sentence what you said or decided: it goes on the case."),
        ({"kind": "give", "reason": "Words that must not be lost"}, "Choose who takes it."),
        ({"kind": "give", "officer": str(new_id()), "reason": "Words that must not be lost"}, "That answer is not one of those offered."),
    ],
)
def test_an_answer_that_lacks_something_is_refused_in_its_row_and_keeps_what_was_typed(client_as, late, session, sent, sentence):
    alert = alert_of(late.id)
    text = client_as(SUPERVISOR).post(f"/board/alerts/{alert.id}", sent, status=422).text
    assert sentence in said(text)
    assert sent["reason"] in text
    assert session.scalar(select(func.count()).select_from(Answer)) == 0


def test_a_double_click_answers_once(client_as, late, session):
    alert = alert_of(late.id)
    client, sent = client_as(SUPERVISOR), {"kind": "ask", "reason": "Ring her.", "submission_id": str(new_id())}
    for _ in range(2):
        assert client.post(f"/board/alerts/{alert.id}", sent).headers["Location"] == "/board"
    assert session.scalar(select(func.count()).select_from(Answer)) == 1


def test_an_alert_that_closed_itself_meanwhile_is_said_to_have(client_as, late):
    alert = alert_of(late.id)
    spoke_to(late.party)
    page = said(client_as(SUPERVISOR).get(f"/board?open={alert.id}").text)
    assert "This closed itself" in page
    client_as(SUPERVISOR).post(f"/board/alerts/{alert.id}", {"kind": "do", "reason": "r"}, status=422)


def test_the_figures_are_those_of_the_promises(client_as, session, at):
    """24 due in the last 28 days: 20 kept in time, 1 kept late, 3 still open; and one waived, which is in neither."""
    now = at("2027-01-20 10:00")
    due = now - timedelta(days=3)
    for n in range(25):
        party = victim()
        moment = due + timedelta(hours=1) if n == 20 else due - timedelta(hours=1)
        state = "open" if 21 <= n < 24 else "waived" if n == 24 else "kept"
        owed = Owed(new_id(), "standard", due, due, due, due)
        values = row(owed, party.id, due) | {"kind": "cadence", "state": state, "ended_at": None if state == "open" else moment}
        session.add(Promise(**values, kept_by=contacted(party, moment) if state == "kept" else None))
        session.flush()
    page = said(client_as(SUPERVISOR).get("/board").text)
    assert "83% of promises kept in time Last 28 days: 20 of 24." in page
    assert "3 promises overdue" in page
    assert "20 of 24" not in said(client_as(CHARNWOOD).get("/board").text)
    behind = said(client_as(SUPERVISOR).get("/board/kept").text)
    assert behind.count("Keep in touch") == 4


def contacted(party, moment):
    from sentinel.core.db import db
    from sentinel.victims.models import Contact

    about = {"channel": "phone", "direction": "out", "outcome": "reached", "note": "n", "occurred_at": moment, "logged_at": moment}
    made = Contact(id=new_id(), party_id=party.id, case_id=party.case_id, person_id=party.person_id, **about)
    db.session.add(made)
    db.session.flush()
    return made.id


def test_a_small_team_gets_numbers_and_no_per_cent(client_as, session, late):
    page = said(client_as(SUPERVISOR).get("/board").text)
    assert "%" not in page.partition("Officers: load and lateness")[0]


def test_officers_stand_by_lateness_with_those_away_first_and_their_button(client_as, session, late):
    other = make.user(SECOND)
    make.case(officer=other)
    today = clock.today()
    session.add(Absence(user_id=other.id, starts_on=today, ends_on=today + timedelta(days=5)))
    session.commit()
    text = client_as(SUPERVISOR).get("/board").text
    page = said(text).partition("Officers: load and lateness")[2]
    assert page.index(other.name) < page.index("Jaswinder Bell")
    assert "Away to Monday 25 January, no cover" in page
    assert f"/board/officers/{other.id}/cover" in text


def test_cover_is_arranged_from_the_board_and_alerts_go_there(client_as, session, late):
    officer, cover = make.user(), make.user(SECOND)
    first, last = clock.today(), clock.today() + timedelta(days=5)
    sent = {f"starts-{part}": str(getattr(first, part)) for part in ("day", "month", "year")}
    sent |= {f"until-{part}": str(getattr(last, part)) for part in ("day", "month", "year")}
    page = said(client_as(SUPERVISOR).follow(f"/board/officers/{officer.id}/cover", sent | {"cover": str(cover.id)}).text)
    assert f"{cover.name} stands in" in page
    absence = session.scalars(select(Absence)).one()
    assert (absence.user_id, absence.cover_user_id, absence.starts_on, absence.ends_on) == (officer.id, cover.id, first, last)
    client_as(SUPERVISOR).post(f"/board/officers/{officer.id}/cover", sent | {"cover": ""})
    assert session.scalars(select(Absence).execution_options(populate_existing=True)).one().cover_user_id is None


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"until-day": "1"}, "The last day is before the first. Check both."),
        ({"until-day": "30", "until-month": "2"}, "30 February is not a date."),
        ({"starts-day": ""}, "Enter the day too"),
    ],
)
def test_cover_for_days_that_cannot_be_is_refused_with_a_sentence(client_as, session, changed, sentence):
    sent = {"starts-day": "2", "starts-month": "12", "starts-year": "2026", "until-day": "9", "until-month": "12", "until-year": "2026"}
    page = client_as(SUPERVISOR).post(f"/board/officers/{make.user().id}/cover", sent | changed, status=422).text
    assert sentence in said(page)
    assert session.scalar(select(func.count()).select_from(Absence)) == 0


def test_somebody_is_put_on_duty_and_taken_off_again(client_as, session):
    client, who = client_as(SUPERVISOR), make.user(SECOND)
    sent = {"team": str(make.team().id), "who": str(who.id), "starts": "today 5pm", "until": "tomorrow 9am"}
    assert f"{who.name} is on duty for Blaby ASB team." in said(client.follow("/board/duty", sent).text)
    duty = session.scalars(select(Duty)).one()
    assert (duty.ends_at - duty.starts_at) == timedelta(hours=16)
    page = said(client.post("/board/duty", sent | {"starts": "today 8pm"}, status=422).text)
    assert f"{who.name} is on duty for part of that time. Choose another." in page
    assert "The duty ends before it begins." in said(client.post("/board/duty", sent | {"until": "today 1pm"}, status=422).text)
    client.post(f"/board/duty/{duty.id}/end")
    session.refresh(duty)
    assert duty.ends_at == clock.now()
    assert "Nobody is on duty, now or later." in said(client.get("/board/duty").text)
    client_as(CHARNWOOD).post(f"/board/duty/{duty.id}/end", status=404)


def test_cases_that_nobody_has_are_offered_to_allocate(client_as, session):
    make.case()
    session.commit()
    client = client_as(SUPERVISOR)
    assert "Nobody’s yet" in said(client.get("/board").text)
    assert "1 live case" in said(client.get("/board/unallocated").text)
    assert f"Cases of {make.user().name}" in said(client.get(f"/board/officers/{make.user().id}").text)
    client_as(CHARNWOOD).get(f"/board/officers/{make.user().id}", status=404)


@pytest.mark.parametrize("key", ["overdue", "not-assessed", "kept", "screened"])
def test_each_figure_leads_to_its_rows(client_as, late, key):
    report = make.report(received_at=clock.now() - timedelta(hours=3))
    make.party(on=report)
    client_as(SUPERVISOR).get(f"/board/{key}")
    client_as(SUPERVISOR).get("/board/nothing-of-the-kind", status=404)


def test_behind_a_figure_a_report_is_a_link_for_those_who_may_read_it_only(client_as, session):
    report = make.report(received_at=clock.now() - timedelta(hours=3))
    make_promise(party=make.party(on=report), kind="first_contact", cause_id=new_id(), starts_at=clock.now() - timedelta(days=20))
    session.commit()
    for key in ("screened", "overdue"):
        for email in (SUPERVISOR, MANAGER):
            page = client_as(email).get(f"/board/{key}").text
            assert report.reference.replace("-", "") in page.replace("-", ""), (key, email)
            assert (f"/reports/{report.id}" in page) is (email == SUPERVISOR), (key, email)
    client_as(MANAGER).get(f"/reports/{report.id}", status=404)


def test_restricted_cases_are_counted_nowhere(client_as, session, at):
    promised(victim(restricted=True))
    sweep(at("2027-01-20 10:00"))
    page = said(client_as(SUPERVISOR).get("/board").text)
    assert "0 promises overdue" in page
    assert QUIET in page


def test_the_service_manager_sees_what_has_risen_to_them_and_answers_it(client_as, late):
    client = client_as(MANAGER)
    page = said(client.get("/board").text)
    assert "1 alert waits for your answer" in page
    alert = alert_of(late.id)
    opened = said(client.get(f"/board?open={alert.id}").text)
    assert "Give it to somebody else" not in opened, "only caseworkers move cases"
    client.post(f"/board/alerts/{alert.id}", {"kind": "ask", "reason": "What is in the way?"})


def test_governance_sees_that_something_is_late_without_whom_and_how_the_house_stands(client_as, session, at):
    promise = promised(victim(team_slug="charnwood-asb"))
    make.report(unrouted=True, team_slug="charnwood-asb")
    sweep(at("2027-01-20 10:00"))
    page = said(client_as(GOVERNANCE).get("/board").text)
    assert promise.party.person.name not in page
    assert promise.party.case.reference not in page
    assert "Not open to you. Ask the team." in page
    assert "1 reports without a team" in page or "1 report without a team" in page
    assert "alerts last looked for" in page


def failed(ref_table, ref_id):
    return queue_message(dedupe_key=str(new_id()), channel="email", template="acknowledgement", ref_table=ref_table, ref_id=ref_id)


def test_a_message_that_failed_stands_on_the_board_and_is_sent_again_from_there(client_as, session, at):
    party = victim()
    promised(party)
    number = failed("party", party.id)
    session.execute(update(Outbox).values(state="failed", failed_at=clock.now(), last_error=REFUSED))
    session.commit()
    sweep(at("2026-12-04 10:00"))
    client = client_as(SUPERVISOR)
    page = client.get("/board").text
    assert "A message to a victim or caller did not go out" in said(page)
    assert REFUSED in said(client.get("/board/messages").text)
    assert "No message is stuck." in said(client_as(CHARNWOOD).get("/board/messages").text)
    client_as(CHARNWOOD).post(f"/board/messages/{number}/resend", status=404)
    alert = session.scalars(select(Alert).where(Alert.trigger_key == "message_failed")).one()
    client.post(f"/board/alerts/{alert.id}/resend")
    assert session.get(Outbox, number, populate_existing=True).state == "waiting"


def test_only_alerts_about_messages_can_be_sent_again(client_as, late):
    client_as(SUPERVISOR).post(f"/board/alerts/{alert_of(late.id).id}/resend", status=404)


def test_ones_own_alerts_are_seen_or_put_off_and_come_back(client_as, session):
    promise = promised(victim())
    clock.freeze(promise.due_at)
    sweep(promise.due_at)
    alert, client = alert_of(promise.id), client_as(OFFICER)
    assert "1 alert waits for you" in said(client.get("/alerts").text)
    page = said(client.follow(f"/alerts/{alert.id}/acknowledge").text)
    assert "Nothing waits for you." in page
    assert "Seen or put off, still open 1" in page
    refused = said(client.post(f"/alerts/{alert.id}/snooze", {"reason": "In court"}, status=422).text)
    assert "Enter the day you will look at it again." in refused
    sent = {"reason": "In court", "until-day": "6", "until-month": "1", "until-year": "2027"}
    assert "Put off until Wednesday 6 January: “In court”" in said(client.follow(f"/alerts/{alert.id}/snooze", sent).text)
    clock.freeze(promise.supervisor_at + timedelta(days=1))
    assert "1 alert waits for you" in said(client.get("/alerts").text)


def test_what_closed_itself_lately_is_listed(client_as, late):
    spoke_to(late.party)
    page = said(client_as(OFFICER).get("/alerts").text)
    assert "Closed by themselves in the last 7 days" in page
    assert "kept" in page


def test_an_alert_of_somebody_else_is_nothing_one_can_answer(client_as, late):
    client_as("officer@charnwood.example").post(f"/alerts/{alert_of(late.id).id}/acknowledge", status=404)


def test_the_footprint_counts_what_one_did_this_month(client_as, late):
    client, alert = client_as(SUPERVISOR), alert_of(late.id)
    told_at = clock.now()
    clock.freeze(told_at + timedelta(hours=2))
    client.post(f"/board/alerts/{alert.id}", {"kind": "ask", "reason": "Ring her."})
    page = said(client.get("/board").text)
    assert "Your footprint, January 1 alert answered, middle time 2 hours. 1 note. 0 signatures." in page
    assert "Rajesh Vaghela sees the same figures." in page
