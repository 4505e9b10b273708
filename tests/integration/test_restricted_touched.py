"""A new report that names somebody on a restricted case: whoever took it sees nothing, and the people named know at once."""

import pytest
from sqlalchemy import func, select

from sentinel.alerts.models import Alert
from sentinel.alerts.sweep import sweep
from sentinel.cases import restricting, triage
from sentinel.cases.intake import NewParty, NewReport, Reach, take_report
from sentinel.cases.models import RestrictedTouch
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused
from sentinel.places.keys import building_key
from sentinel.places.models import Place
from sentinel.post.models import Outbox
from tests import factories as make
from tests.filling import form_with
from tests.integration.alerting import sign_everybody_in
from tests.integration.page_read import words
from tests.integration.restricted_made import (
    NAME,
    OFFICER,
    PHONE,
    SECOND,
    STRANGER,
    SUPERVISOR,
    TAKER,
    as_,
    break_glass,
    open_alerts,
    restricted,
    told_of,
    who,
)

pytestmark = pytest.mark.security
KEY = "restricted_touched"


@pytest.fixture(autouse=True)
def now(session, at):
    return at("2026-12-02 10:00")


def home(address="Flat 1, 12 Mill Lane", postcode="LE19 1AA"):
    made = Place(address=address, address_key=address.lower(), building_key=building_key(address, postcode), postcode=None)
    db.session.add(made)
    db.session.flush()
    return made


def taken(name="Somebody Else", phone="", place=None, known=None, role="victim"):
    """A report taken by Blaby's call taker."""
    party = NewParty(role=role, name=name, known=known, calling=role != "alleged", reach=Reach(phone=phone))
    where = place.id if place else None
    report = NewReport(channel="phone", what_happened="He shouted at her again.", parties=(party,), known_place=where)
    made = take_report(actor=who(TAKER), report=report, received_at=clock.now())
    db.session.flush()
    return made


def touched():
    return db.session.scalars(select(RestrictedTouch)).all()


def test_the_same_record_touches_whatever_part_it_plays():
    case = restricted()
    for role, party in (("victim", case.parties[0]), ("alleged", case.parties[0]), ("victim", case.parties[1])):
        report = taken(known=party.person_id, role=role)
        assert (report.id, case.id) in {(one.report_id, one.case_id) for one in touched()}


def test_the_same_telephone_number_touches():
    case = restricted()
    report = taken(phone=PHONE.replace(" ", ""))
    assert [(one.report_id, one.case_id) for one in touched()] == [(report.id, case.id)]


def test_the_same_name_at_the_same_building_touches_and_elsewhere_does_not():
    place = home()
    restricted(place=place.id)
    taken(name=NAME.upper(), place=home("99 Other Street", "LE2 2BB"))
    flat = home("Flat 2, 12 Mill Lane")
    taken(name="Ann Other", place=flat)
    assert touched() == []
    taken(name=f"mrs {NAME.upper()}", place=flat)
    assert len(touched()) == 1


def test_people_of_cases_that_are_not_restricted_touch_nothing():
    case = make.case()
    person = make.person(NAME)
    make.party(on=case, who=person)
    taken(known=person.id)
    assert touched() == []


def test_nobody_without_a_name_touches_anybody_without_a_name():
    place = home()
    case = restricted(place=place.id)
    nameless = make.person("Name not given")
    nameless.name_key = ""
    make.party(on=case, who=nameless)
    taken(name="", place=place)
    assert touched() == []


def test_the_people_named_are_told_at_once_and_nobody_else():
    restricted()
    taken(phone=PHONE)
    assert told_of(KEY) == {SUPERVISOR, OFFICER}
    letters = db.session.scalars(select(Outbox.ref_id).where(Outbox.template == "alerts_now"))
    assert set(letters) == {make.user(SUPERVISOR).id, make.user(OFFICER).id}
    assert db.session.scalars(select(Alert.urgent).where(Alert.trigger_key == KEY)).all() == [True]


def test_two_restricted_cases_are_told_apart():
    first, second = restricted(), restricted(SECOND, officer=SECOND)
    taken(phone=PHONE)
    by_case = dict(db.session.execute(select(RestrictedTouch.case_id, RestrictedTouch.id)).all())
    assert told_of(KEY, by_case[first.id]) == {SUPERVISOR, OFFICER}
    assert told_of(KEY, by_case[second.id]) == {SUPERVISOR, SECOND}


def test_whoever_took_it_sees_no_trace(client_as):
    case = restricted()
    report = taken(phone=PHONE)
    client = client_as(TAKER)
    for path in (f"/reports/{report.id}", f"/reports/{report.id}/told", "/reports/mine", "/reports", "/cases"):
        page = client.get(path, status=200 if path != "/reports/mine" else client.ask("GET", path).status_code).text
        for secret in (case.reference, str(case.id), case.title, "Featherstonehaugh", "restricted"):
            assert secret not in page, (path, secret)


def test_the_people_named_read_the_report_though_it_is_another_partners(client_as):
    case = restricted(OFFICER, STRANGER)
    report = taken(phone=PHONE)
    client_as(STRANGER).get(f"/reports/{report.id}")
    client_as("supervisor@charnwood.example").get(f"/reports/{report.id}", status=404)
    page = client_as(STRANGER).get(f"/cases/{case.id}/access")
    assert report.reference in page.text
    assert f"/reports/{report.id}" in page.text


def test_they_read_it_no_longer_when_they_are_taken_off_the_list_or_the_report_is_another_restricted_cases(client_as):
    case = restricted(OFFICER, STRANGER)
    report = taken(phone=PHONE)
    client = client_as(STRANGER)
    client.get(f"/reports/{report.id}")
    named = [make.user(SUPERVISOR), make.user(OFFICER)]
    restricting.change_names(actor=who(SUPERVISOR), case=case, named=named, reason="He left")
    client.get(f"/reports/{report.id}", status=404)


@pytest.mark.parametrize("how", ["answered", "joined", "decided"])
def test_the_alert_closes_when_somebody_named_answers_decides_or_joins_it(how, client_as):
    case = restricted()
    report = taken(phone=PHONE)
    (touch,) = touched()
    assert open_alerts(KEY) == {touch.id}
    if how == "answered":
        client, path = client_as(OFFICER), f"/cases/{case.id}/touches/{touch.id}"
        form = form_with(client.get(path).text, path, "answer")
        assert "What you did" not in words(client.follow(path, form.with_(answer="Another woman of the same number")))
    elif how == "joined":
        triage.join_case(actor=who(OFFICER), report=report, case=case, reason="same_people")
    else:
        triage.take_no_further_action(actor=who(OFFICER), report=report, reason="one_off")
    assert open_alerts(KEY) == set()


def test_a_decision_by_somebody_else_closes_nothing_and_takes_the_alert_nowhere(at):
    sign_everybody_in()
    case = restricted()
    report = taken(phone=PHONE)
    other = triage.open_case(actor=who(SECOND), report=report, officer=make.user(SECOND), reason="risk")
    at("2026-12-02 10:05")
    sweep()
    (alert,) = db.session.scalars(select(Alert).where(Alert.trigger_key == KEY)).all()
    assert alert.closed_at is None
    assert alert.case_id == case.id != other.id
    assert told_of(KEY) == {SUPERVISOR, OFFICER}


def test_only_somebody_named_answers_and_once():
    case = restricted()
    taken(phone=PHONE)
    (touch,) = touched()
    break_glass(case)
    with pytest.raises(NotAllowed):
        restricting.answer_touch(actor=who(SECOND), touch=touch, case=case, answer="Seen")
    with pytest.raises(Refused, match="sentence"):
        restricting.answer_touch(actor=who(OFFICER), touch=touch, case=case, answer=" ")
    restricting.answer_touch(actor=who(OFFICER), touch=touch, case=case, answer="Joined it")
    with pytest.raises(Refused, match="already"):
        restricting.answer_touch(actor=who(SUPERVISOR), touch=touch, case=case, answer="Joined it")


def test_the_call_takers_own_lists_and_counts_do_not_change():
    from sentinel.alerts import queries

    restricted()
    before = queries.count_inbox(as_(SECOND)), queries.count_overseen(as_(SECOND))
    taken(phone=PHONE)
    assert (queries.count_inbox(as_(SECOND)), queries.count_overseen(as_(SECOND))) == before
    assert db.session.scalar(select(func.count(RestrictedTouch.id))) == 1
