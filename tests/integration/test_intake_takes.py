"""Taking a report: whose it is, by when it is looked at, who is in it, what is promised and what never is."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from stdnum.iso7064 import mod_97_10

from sentinel.access.models import Partner
from sentinel.access.queries import viewer_of
from sentinel.cases.intake import NewParty, NewReport, Reach, take_report
from sentinel.cases.models import CaseEvent, Party, Report
from sentinel.cases.references import next_reference
from sentinel.cases.routing import owner_of
from sentinel.core import clock, viewer
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.people import service as people
from sentinel.places.models import Postcode
from sentinel.places.queries import Located, resolve
from sentinel.post.models import Outbox
from sentinel.victims.models import ContactPlan, Promise
from tests import factories

WHAT = "Banging on the door and shouting."
PHONE = Reach(phone="07700 900318", ring="yes")
VICTIM = NewParty(role="victim", name="Nasreen Khan-Abdullahi", calling=True, reach=PHONE)
HIGH = {"frequency": "daily", "hate": ["religion"], "happened": ["threat"]}


@pytest.fixture
def call_taker(session, at):
    """The call taker, looking, on a Wednesday morning."""
    at("2026-12-02 10:42")
    taker = factories.user("calltaker@blaby.example")
    who = viewer_of(taker)
    session.commit()
    viewer.become(session, who)
    return factories.user("calltaker@blaby.example")


def take(actor, *parties, received_at=None, **more):
    values = {"channel": "phone", "what_happened": WHAT, "parties": parties or (VICTIM,)} | more
    return take_report(actor=actor, report=NewReport(**values), received_at=received_at or clock.now())


def party_of(report, role):
    return db.session.scalars(select(Party).where(Party.report_id == report.id, Party.role == role)).one()


def promised(party):
    return set(db.session.scalars(select(Promise.kind).where(Promise.party_id == party.id, Promise.state == "open")))


def story(report):
    return list(db.session.scalars(select(CaseEvent.title).where(CaseEvent.report_id == report.id).order_by(CaseEvent.id)))


# References


def test_every_report_has_a_number_of_its_own_with_right_check_digits(call_taker):
    given = [take(call_taker).reference for _ in range(3)]
    assert len(set(given)) == 3
    for number in given:
        assert number.startswith("26-")
        assert mod_97_10.is_valid(number.replace("-", ""))


def test_the_number_of_a_year_begins_at_midnight_in_london(session, at):
    at("2026-12-31 23:59")
    assert next_reference() == "26-000001-26"
    at("2027-01-01 00:01")
    assert next_reference()[:9] == "27-000001"


def test_in_summer_too_the_year_is_londons(session, at):
    at("2027-06-30 23:59")
    assert next_reference()[:2] == "27"


def test_a_reserved_number_is_the_reports(call_taker):
    reserved = next_reference()
    assert take(call_taker, reference=reserved).reference == reserved


# Whose it is


def test_the_landlord_comes_before_the_district(call_taker):
    """Soar Valley Homes routes to Blaby's team, wherever its tenants live (routing.toml)."""
    landlord = db.session.scalars(select(Partner).where(Partner.slug == "soar-valley-homes")).one()
    found = owner_of(taken_for=call_taker.partner, landlord_id=landlord.id, district_code="E07000130")
    assert found.team.slug == "blaby-asb"


def test_the_district_comes_before_the_category(call_taker):
    assert owner_of(taken_for=call_taker.partner, district_code="E07000130", category="trespass").team.slug == "charnwood-asb"


def test_the_category_comes_before_the_system(call_taker):
    assert owner_of(taken_for=call_taker.partner, category="trespass", system="nowhere").team.slug == "police-beat"


def test_what_matches_nothing_is_the_call_takers_duty_teams(call_taker):
    assert owner_of(taken_for=call_taker.partner, category="noise").team.slug == "blaby-asb"


def test_a_landlord_nobody_routes_is_passed_over(call_taker, prepared):
    with prepared():
        stranger = Partner(slug="another-landlord", name="Another", kind="landlord")
        db.session.add(stranger)
    assert owner_of(taken_for=call_taker.partner, landlord_id=stranger.id, district_code="E07000130").team.slug == "charnwood-asb"


def test_where_nobody_has_a_duty_team_it_is_unrouted(call_taker, prepared):
    with prepared():
        stranger = Partner(slug="a-new-partner", name="New", kind="support")
        db.session.add(stranger)
    found = owner_of(taken_for=stranger, category="noise")
    assert found.unrouted
    assert (found.partner_id, found.team) == (stranger.id, None)


def test_a_report_belongs_to_the_district_of_its_place(call_taker, session, prepared):
    with prepared():
        session.add(Postcode(compact="LE111AA", display="LE11 1AA", latitude=52.77, longitude=-1.2, district_code="E07000130"))
    report = take(call_taker, place=resolve("3 High Street, LE11 1AA"))
    assert report.team.slug == "charnwood-asb"
    assert report.owner.slug == "charnwood"
    assert report.place.postcode == "LE11 1AA"


def test_words_for_a_place_stay_with_the_call_takers_own_team(call_taker):
    report = take(call_taker, place=Located("the bandstand"))
    assert report.team.slug == "blaby-asb"


# By when it is looked at (rules.md, Alerts: not screened 4 working hours, not triaged 1 working day)


@pytest.mark.parametrize(
    ("received", "screened_by", "triaged_by"),
    [
        ("2026-12-02 10:42", "2026-12-02 14:42", "2026-12-03 17:00"),
        ("2026-12-04 15:30", "2026-12-07 11:30", "2026-12-07 17:00"),
        ("2026-12-04 17:01", "2026-12-07 13:00", "2026-12-08 17:00"),
        ("2026-12-24 16:59", "2026-12-29 12:59", "2026-12-29 17:00"),
    ],
)
def test_a_report_is_screened_and_decided_in_working_time(call_taker, at, received, screened_by, triaged_by):
    report = take(call_taker, received_at=at(received))
    shown = [f"{clock.london(moment):%Y-%m-%d %H:%M}" for moment in (report.screen_by, report.triage_by)]
    assert shown == [screened_by, triaged_by]


def test_the_call_taker_types_later_than_the_call_began_and_the_promise_counts_from_the_call(call_taker, at):
    began = clock.now()
    at("2026-12-02 10:55")
    report = take(call_taker, received_at=began)
    assert (report.received_at, report.taken_at) == (began, clock.now())
    starts = db.session.scalars(
        select(Promise.starts_at).where(Promise.party_id == party_of(report, "victim").id, Promise.kind == "first_contact")
    )
    assert starts.one() == began


def test_a_report_still_to_come_is_refused(call_taker):
    with pytest.raises(Refused, match="cannot be received before now"):
        take(call_taker, received_at=clock.now() + timedelta(minutes=1))


def test_an_incident_still_to_come_is_refused_at_its_field(call_taker):
    with pytest.raises(Refused, match="has not happened yet") as refused:
        take(call_taker, occurred_from=clock.now() + timedelta(hours=1))
    assert refused.value.field == "when"


# Who is in it


def test_a_victim_who_calls_is_promised_first_contact(call_taker):
    report = take(call_taker)
    victim = party_of(report, "victim")
    assert victim.contactable
    assert promised(victim) == {"first_contact"}
    assert db.session.get(ContactPlan, victim.id).ring == "yes"


def test_nobody_is_likened_to_anybody_by_themselves(call_taker):
    first, second = take(call_taker), take(call_taker)
    assert party_of(first, "victim").person_id != party_of(second, "victim").person_id


def test_the_person_attached_is_the_party_and_their_number_on_record_is_used(call_taker, prepared):
    with prepared():
        known = people.find_or_make_person(name="Nasreen Khan")
        people.add_contact(known, "phone", "07700 900444")
        factories.party(on=factories.case(), who=known)
    report = take(call_taker, NewParty(role="victim", name="N Khan", known=known.id, calling=True))
    victim = party_of(report, "victim")
    assert victim.person_id == known.id
    assert victim.contactable
    assert db.session.get(ContactPlan, victim.id).phone == "07700 900444"


def test_a_third_party_hears_that_it_was_passed_on_and_their_victim_who_may_not_know_nothing(call_taker):
    reporter = NewParty(role="reporter", name="Imran Shah", calling=True, reach=PHONE)
    victim = NewParty(role="victim", name="Nasreen Khan", may_not_know=True, reach=Reach(phone="07700 900555"))
    report = take(call_taker, reporter, victim)
    assert promised(party_of(report, "reporter")) == {"passed_on"}
    unaware = party_of(report, "victim")
    assert promised(unaware) == set()
    assert (unaware.contactable, unaware.detail.may_not_know) == (False, True)
    assert db.session.get(ContactPlan, unaware.id).phone == "07700 900555"


def test_a_third_partys_victim_who_knows_is_promised_first_contact_by_their_own_plan(call_taker):
    reporter = NewParty(role="reporter", name="Imran Shah", calling=True, reach=PHONE)
    victim = NewParty(role="victim", name="Nasreen Khan", reach=Reach(phone="07700 900555", ring="yes"))
    report = take(call_taker, reporter, victim)
    aware = party_of(report, "victim")
    assert promised(aware) == {"first_contact"}
    plan = db.session.get(ContactPlan, aware.id)
    assert (plan.phone, plan.ring) == ("07700 900555", "yes")


def test_the_other_side_and_the_public_never_learn_a_name_unless_somebody_says_they_may(call_taker):
    detail = party_of(take(call_taker), "victim").detail
    hidden = (detail.hidden_from_other_party, detail.hidden_from_public, detail.hidden_from_agencies, detail.hidden_from_us)
    assert hidden == (True, True, False, False)


def test_somebody_who_gives_no_name_and_no_number_is_promised_nothing(call_taker):
    report = take(call_taker, NewParty(role="victim", calling=True, hidden_from_us=True))
    victim = party_of(report, "victim")
    assert victim.person.name == "Name not given"
    assert (victim.contactable, victim.detail.hidden_from_us) == (False, True)
    assert promised(victim) == set()
    assert report.triage_by is not None


def test_a_number_that_may_neither_be_rung_nor_texted_reaches_nobody(call_taker):
    report = take(call_taker, NewParty(role="victim", name="A", calling=True, reach=Reach(phone="07700 900318", ring="no", text="no")))
    assert not party_of(report, "victim").contactable


def test_somebody_known_only_by_a_description_is_on_record_by_it(call_taker):
    alleged = NewParty(role="alleged", description="Tall, red cap, with two dogs", relation="Neighbour")
    report = take(call_taker, VICTIM, alleged, alleged_known="no")
    party = party_of(report, "alleged")
    assert party.person.name == "Not known: Tall, red cap, with two dogs"
    assert party.person.name_key == ""
    assert (party.detail.standing, party.contactable) == ("suspect", False)
    assert db.session.get(ContactPlan, party.id) is None


# Risk, hate, danger


def test_hate_and_a_repeat_screen_high_and_the_promise_is_the_enhanced_one(call_taker):
    hated = NewParty(role="victim", name="N", calling=True, reach=PHONE, hate_strands=("religion",), hate_perceived_by="the victim")
    report = take(call_taker, hated, answers=HIGH)
    victim = party_of(report, "victim")
    assert (report.level, victim.level, victim.klass) == ("high", "high", "enhanced")
    due = db.session.scalars(select(Promise.due_at).where(Promise.party_id == victim.id, Promise.kind == "first_contact")).all()
    assert [f"{clock.london(min(due)):%Y-%m-%d %H:%M}"] == ["2026-12-03 17:00"]


def test_danger_raises_the_level_to_high(call_taker):
    report = take(call_taker, danger_now="yes", raised_to="high")
    assert report.level == "high"
    assert "Somebody was in danger: the caller was told to ring 999" in story(report)


def test_a_level_below_the_suggestion_is_refused(call_taker):
    with pytest.raises(Refused) as refused:
        take(call_taker, answers=HIGH, raised_to="medium")
    assert refused.value.field == "raised_to"


# Diversions


def test_domestic_abuse_gets_no_promise_and_no_message_and_is_handed_over(call_taker):
    safe = NewParty(role="victim", name="N", calling=True, reach=Reach(phone="07700 900318", email_address="n@example.org", email="yes"))
    report = take(
        call_taker,
        safe,
        relation="partner_or_family",
        domestic_handed_to="Control room",
        domestic_reference="123 of today",
        acknowledge_by=("email",),
    )
    assert promised(party_of(report, "victim")) == set()
    assert db.session.scalar(select(func.count()).select_from(Outbox).where(Outbox.template == "acknowledgement")) == 0
    assert "Domestic abuse: handed over to Control room, 123 of today" in story(report)
    assert report.detail.safeguarding == "no"


def test_domestic_abuse_not_handed_over_yet_is_chased(call_taker):
    report = take(call_taker, relation="partner_or_family")
    assert (report.detail.safeguarding, report.detail.safeguarding_by) == ("yes", clock.now() + timedelta(hours=1))


def test_a_child_at_risk_is_chased_within_a_working_hour(call_taker, at):
    report = take(call_taker, at_risk=True, received_at=at("2026-12-04 16:30"))
    assert f"{clock.london(report.detail.safeguarding_by):%a %H:%M}" == "Mon 09:30"
    assert "A child or adult may be at risk: a safeguarding referral is needed" in story(report)


def test_a_safeguarding_referral_made_on_the_call_is_recorded_with_who_and_when(call_taker):
    report = take(call_taker, at_risk=True, safeguarding_done_by="Aisling Byrne, to first response")
    assert report.detail.safeguarding_done_at == clock.now()
    assert report.detail.safeguarding_by is None


def test_an_acknowledgement_goes_only_by_a_way_said_to_be_safe(call_taker):
    reach = Reach(phone="07700 900318", email_address="n@example.org", email="yes", text="not_asked")
    take(call_taker, NewParty(role="victim", name="N", calling=True, reach=reach), acknowledge_by=("email", "text"))
    assert db.session.scalars(select(Outbox.channel).where(Outbox.template == "acknowledgement")).all() == ["email"]


def test_the_story_begins_with_the_call(call_taker):
    report = take(call_taker)
    assert story(report)[0] == f"Report {report.reference} taken by telephone from Nasreen Khan-Abdullahi"


def test_a_call_that_ended_early_is_kept_with_what_there_is(call_taker):
    report = take(call_taker, what_happened="")
    assert report.detail.what_happened == "The call ended before they said what happened."


def test_the_case_it_was_attached_to_is_a_suggestion_and_the_report_still_waits_for_a_decision(call_taker, prepared):
    with prepared():
        case = factories.case(officer=factories.user())
    report = take(call_taker, suggested_case_id=case.id)
    assert (report.state, report.case_id, report.suggested_case_id) == ("received", None, case.id)
    assert db.session.scalar(select(func.count()).select_from(Report).where(Report.case_id == case.id)) == 0
