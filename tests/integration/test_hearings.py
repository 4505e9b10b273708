"""What victims are promised around a hearing: dates reckoned by hand on the calendar of December 2026."""

from datetime import datetime

import pytest

from sentinel.alerts.sweep import sweep
from sentinel.cases import closure, triage
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused, Stale
from sentinel.interventions import hearings, queries
from sentinel.victims import service
from tests import factories
from tests.filling import form_with
from tests.integration.alerting import alert_of
from tests.integration.promise_made import HIGH, all_promises, contacted, promises, report_taken, story, victim, victim_on_case
from tests.integration.risk_made import assess

COURT = "Leicester County Court"


def london(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=clock.LONDON).astimezone(clock.UTC)


@pytest.fixture(autouse=True)
def _on_a_wednesday(at):
    at("2026-12-02 10:00")


def hearing(party, at="2026-12-17 10:00", **more):
    values = {"actor": factories.user(), "case": party.case, "about": "The injunction", "at": london(at), "court": COURT}
    return hearings.set_hearing(**(values | more))


def dates(party, kind):
    return [(one.starts_at, one.due_at, one.state) for one in all_promises(party, kind)]


def test_a_victim_is_told_the_date_and_spoken_to_in_the_five_working_days_before(session):
    party = victim_on_case()
    hearing(party)  # a Thursday
    assert dates(party, "hearing_set") == [(london("2026-12-02 10:00"), london("2026-12-09 17:00"), "open")]
    # Five working days before Thursday 17 is Thursday 10; the last working day before it is Wednesday 16.
    assert dates(party, "hearing_eve") == [(london("2026-12-10 09:00"), london("2026-12-16 17:00"), "open")]


def test_on_the_enhanced_standard_it_is_one_working_day(session):
    party = victim_on_case(HIGH)
    hearing(party)
    assert dates(party, "hearing_set")[0][1] == london("2026-12-03 17:00")
    assert dates(party, "hearing_eve")[0][:2] == (london("2026-12-10 09:00"), london("2026-12-11 17:00"))


def test_christmas_is_not_among_the_five_days(session):
    party = victim_on_case()
    hearing(party, "2026-12-31 14:00")  # 25 and 28 December are holidays: 30, 29, 24, 23, 22
    assert dates(party, "hearing_eve")[0][:2] == (london("2026-12-22 09:00"), london("2026-12-30 17:00"))


def test_a_hearing_tomorrow_is_told_before_it_is_held(session):
    party = victim_on_case()
    hearing(party, "2026-12-03 09:30")
    assert dates(party, "hearing_set")[0][1] == london("2026-12-03 09:30")
    assert dates(party, "hearing_eve")[0] == (london("2026-12-02 10:00"), london("2026-12-02 17:00"), "open")


def test_a_hearing_this_afternoon_is_told_before_it_is_held(session):
    party = victim_on_case()
    hearing(party, "2026-12-02 15:00")
    assert dates(party, "hearing_eve")[0][1] == london("2026-12-02 15:00")


def test_speaking_before_the_five_days_does_not_keep_what_belongs_to_them(session, at):
    party = victim_on_case()
    hearing(party)
    contacted(party, covers=("hearing_set", "hearing_eve"))
    assert promises(party)["hearing_set"].state == "kept"
    assert promises(party)["hearing_eve"].state == "open"
    at("2026-12-14 11:00")
    contacted(party, covers=("hearing_eve",))
    assert promises(party)["hearing_eve"].state == "kept"


def test_the_result_is_told_within_five_working_days_of_when_it_was_decided(session, at):
    party = victim_on_case()
    made = hearing(party)
    at("2026-12-18 09:00")
    hearings.record_result(actor=factories.user(), hearing=made, held_at=london("2026-12-17 11:30"), result="Granted for a year.")
    assert dates(party, "hearing_result") == [(london("2026-12-17 11:30"), london("2026-12-24 17:00"), "open")]
    assert [state for *_, state in dates(party, "hearing_eve")] == ["ended"]
    assert "Hearing held: Thursday 17 December, 11:30am" in story(party.case, "hearing")


def test_another_day_is_told_by_when_the_old_one_was_to_be(session, at):
    party = victim_on_case()
    made = hearing(party)
    at("2026-12-08 10:00")
    hearings.move_hearing(actor=factories.user(), hearing=made, at=london("2027-01-14 10:00"), court=COURT)
    assert [(due, state) for _, due, state in dates(party, "hearing_set")] == [
        (london("2026-12-09 17:00"), "ended"),
        (london("2026-12-09 17:00"), "open"),
    ]
    assert [(start, state) for start, _, state in dates(party, "hearing_eve")] == [
        (london("2026-12-10 09:00"), "ended"),
        (london("2027-01-07 09:00"), "open"),
    ]


def test_becoming_enhanced_later_speeds_the_days_before_and_does_not_bring_them_forward(session, at):
    party = victim_on_case()
    hearing(party)
    at("2026-12-04 10:00")
    assess(party)
    assert sorted(dates(party, "hearing_eve")) == [
        (london("2026-12-10 09:00"), london("2026-12-11 17:00"), "open"),
        (london("2026-12-10 09:00"), london("2026-12-16 17:00"), "open"),
    ]


def test_who_comes_to_the_case_or_is_found_later_hears_of_the_hearing_too_and_nobody_hears_it_promised_twice(session, at):
    party = victim_on_case()
    hearing(party)
    late = report_taken(who=factories.person("Grace Adeyemi"))
    lost = report_taken(who=factories.person("Piotr Nowak"), plan={"ring": "no", "text": "no"}, contactable=False)
    at("2026-12-04 10:00")
    for report in (late, lost):
        triage.join_case(actor=factories.user(), report=report, case=party.case, reason="same_problem")
    joined, unreached = victim(late), victim(lost)
    assert dates(joined, "hearing_set")[0][:2] == (london("2026-12-04 10:00"), london("2026-12-11 17:00"))
    assert dates(joined, "hearing_eve")[0][:2] == (london("2026-12-10 09:00"), london("2026-12-16 17:00"))
    assert dates(unreached, "hearing_set") == []
    at("2026-12-07 10:00")
    service.set_plan(actor=factories.user(), party=unreached, values={"phone": "07700 900600", "ring": "yes"})
    assert dates(unreached, "hearing_set")[0][0] == london("2026-12-07 10:00")
    assert len(dates(party, "hearing_set")) == len(dates(joined, "hearing_set")) == 1
    assert sum("hearing date" in title for title in story(party.case, "promise")) == 3


def test_cancelling_ends_the_preparation_and_promises_to_say_so(session):
    party = victim_on_case()
    made = hearing(party)
    hearings.cancel_hearing(actor=factories.user(), hearing=made, reason="Withdrawn by consent.")
    assert {kind: promises(party)[kind].state for kind in ("hearing_set", "hearing_eve", "hearing_result")} == {
        "hearing_set": "ended",
        "hearing_eve": "ended",
        "hearing_result": "open",
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"at": "2026-12-02 09:59"}, "at"),
        ({"at": "2031-12-02 09:59"}, "at"),
        ({"court": "  "}, "court"),
        ({"about": " "}, "about"),
    ],
)
def test_what_is_no_hearing_is_refused_at_its_field(session, changes, field):
    party = victim_on_case()
    with pytest.raises(Refused) as refused:
        hearing(party, **changes)
    assert refused.value.field == field


def test_a_stranger_cannot_set_one_and_a_stale_page_is_told_how_it_stands(session):
    party = victim_on_case()
    with pytest.raises(NotAllowed):
        hearing(party, actor=factories.user("officer@charnwood.example"))
    made = hearing(party)
    with pytest.raises(Stale):
        hearings.cancel_hearing(actor=factories.user(), hearing=made, reason="x", version=made.version - 1)


def test_who_cancels_what_was_held_meanwhile_sees_both(client_as, session):
    made = hearing(victim_on_case())
    db.session.commit()
    client, path = client_as("officer@blaby.example"), f"/cases/{made.case_id}/hearings/{made.id}/cancelled"
    sent = form_with(client.get(path).text, path, "reason").with_(reason="Withdrawn by consent.")
    hearings.record_result(actor=factories.user(), hearing=made, held_at=clock.now(), result="Granted.")
    db.session.commit()
    page = client.post(path, sent, status=409).text
    assert "was held" in page and "Withdrawn by consent." in page


def test_through_the_browser_a_hearing_is_set_moved_and_its_result_recorded(client_as, session, at):
    party = victim_on_case()
    db.session.commit()
    client, case = client_as("officer@blaby.example"), party.case
    page = f"/cases/{case.id}/hearings"
    assert "No court has been asked about this case" in client.get(page).text
    typed = {"about": "The injunction", "court": COURT, "note": "She need not come."}
    refused = client.post(page, data=typed | {"at": "yesterday 10am"}, status=422)
    assert "She need not come." in refused.text, "what was typed stays"
    client.post(page, data=typed | {"at": "17 December 10am"})
    db.session.expire_all()
    (made,) = queries.hearings_of(case)
    assert made.at == london("2026-12-17 10:00")
    assert "Record the result" in client.get(page).text
    assert COURT in client.get(f"{page}/{made.id}/moved").text
    client.post(f"{page}/{made.id}/moved", data={"at": "18 December 2pm", "court": COURT, "version": made.version})
    db.session.expire_all()
    moved = next(one for one in queries.hearings_of(case) if one.state == "set")
    at("2026-12-18 15:00")
    client.post(f"{page}/{moved.id}/result", data={"at": "today 2:30pm", "result": "Granted.", "version": moved.version})
    assert promises(party)["hearing_result"].due_at == london("2026-12-29 17:00")
    assert "Granted." in client.get(page).text


def test_moved_to_an_earlier_day_it_is_told_before_that_day(session, at):
    party = victim_on_case()
    made = hearing(party)
    at("2026-12-03 10:00")
    hearings.move_hearing(actor=factories.user(), hearing=made, at=london("2026-12-04 10:00"), court=COURT)
    assert dates(party, "hearing_set")[-1] == (london("2026-12-03 10:00"), london("2026-12-04 10:00"), "open")


def test_becoming_enhanced_speeds_what_is_promised_before_each_hearing_and_one_that_is_moved_takes_only_its_own_along(session, at):
    party = victim_on_case()
    first, second = hearing(party), hearing(party, "2027-01-14 10:00")
    at("2026-12-08 10:00")
    assess(party)
    assert sorted(dates(party, "hearing_eve")) == [
        (london("2026-12-10 09:00"), london("2026-12-11 17:00"), "open"),
        (london("2026-12-10 09:00"), london("2026-12-16 17:00"), "open"),
        (london("2027-01-07 09:00"), london("2027-01-08 17:00"), "open"),
        (london("2027-01-07 09:00"), london("2027-01-13 17:00"), "open"),
    ]
    hearings.cancel_hearing(actor=factories.user(), hearing=first, reason="Withdrawn by consent.")
    assert [start for start, _, state in dates(party, "hearing_eve") if state == "open"] == [london("2027-01-07 09:00")] * 2
    hearings.cancel_hearing(actor=factories.user(), hearing=second, reason="Withdrawn by consent.")
    assert promises(party, "open").keys().isdisjoint({"hearing_set", "hearing_eve"})


def test_who_was_found_while_the_case_was_closed_hears_of_the_hearing_when_it_opens_again(session, at):
    party = victim_on_case(plan={"ring": "no", "text": "no"}, contactable=False)
    hearing(party)
    party.case.state, party.case.closed_at = "closed", clock.now()
    service.set_plan(actor=factories.user(), party=party, values={"phone": "07700 900600", "ring": "yes"})
    assert dates(party, "hearing_set") == []
    at("2026-12-07 10:00")
    closure.reopen(actor=factories.user(), case=party.case, reason="It has begun again.")
    assert dates(party, "hearing_set")[0][:2] == (london("2026-12-07 10:00"), london("2026-12-14 17:00"))


def test_somebody_who_is_still_to_be_spoken_to_by_the_tighter_date_keeps_the_alert_open(session, at):
    party = victim_on_case()
    made = hearing(party)
    at("2026-12-10 10:00")
    decided = {"actor": factories.user(), "party": party, "why": "She is afraid to go out."}
    service.decide_vulnerable(**decided)
    slower = next(one for one in all_promises(party, "hearing_eve") if one.klass == "standard")
    agreed_to = {"reason": "asked_another_way", "note": "Not by us."}
    service.waive(actor=factories.user("supervisor@blaby.example"), promise=slower, **agreed_to)
    sweep()
    assert alert_of(made.id).closed_at is None
