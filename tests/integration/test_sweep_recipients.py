"""Who hears of an alert: ownership, then cover, then duty, then upwards; never nobody, never the one it is about."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import select, text

from sentinel.access.models import Absence, Duty, RoleHeld, User
from sentinel.cases.models import CaseGrant
from sentinel.core import clock
from sentinel.core.db import db
from tests import factories as make

OFFICER, SUPERVISOR, SECOND, MANAGER = (f"{who}@blaby.example" for who in ("officer", "supervisor", "supervisor2", "manager"))
GOVERNANCE = "governance@county.example"
ADMINISTRATORS = {"admin@blaby.example", "information@county.example"}
VICTIM_FIRST = "worker@victimfirst.example"


@pytest.fixture(autouse=True)
def now(session, at):
    return at("2026-12-02 10:00")


def told(who, *, officer=OFFICER, team="blaby-asb", agency=None, about=None, secret=None, moment=None):
    """The addresses that the database gives."""
    rows = db.session.scalars(
        text("SELECT u.email FROM recipients(:who, :officer, :team, :agency, :about, :secret, :at) r JOIN app_user u ON u.id = r.user_id"),
        {
            "who": who,
            "officer": make.user(officer).id if officer else None,
            "team": make.team(team).id,
            "agency": agency,
            "about": make.user(about).id if about else None,
            "secret": secret,
            "at": moment or clock.now(),
        },
    )
    return set(rows)


def away(email, cover=None, days=1):
    today = clock.today()
    cover_id = make.user(cover).id if cover else None
    db.session.add(Absence(user_id=make.user(email).id, cover_user_id=cover_id, starts_on=today, ends_on=today + timedelta(days=days)))
    db.session.flush()


def on_duty(email, hours=4):
    begins, ends = clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=hours)
    db.session.add(Duty(team_id=make.team().id, user_id=make.user(email).id, starts_at=begins, ends_at=ends))
    db.session.flush()


def gone(*emails):
    for email in emails:
        make.user(email).disabled_at = clock.now()
    db.session.flush()


def test_the_officer_is_told_and_nobody_else():
    assert told("officer") == {OFFICER}


def test_an_officer_who_is_away_is_told_through_whoever_stands_in():
    away(OFFICER, cover=SECOND)
    assert told("officer") == {SECOND}


def test_without_cover_the_duty_supervisor_is_told_and_without_one_the_supervisors():
    away(OFFICER)
    assert told("officer") == {SUPERVISOR, SECOND}
    on_duty("supervisor@charnwood.example")
    assert told("officer") == {"supervisor@charnwood.example"}


def test_cover_that_is_away_too_is_no_cover():
    away(OFFICER, cover=SECOND)
    away(SECOND)
    assert told("officer") == {SUPERVISOR}


def test_without_an_officer_the_supervisors_are_told():
    assert told("officer", officer=None) == {SUPERVISOR, SECOND}


def test_an_absence_ends_with_its_last_day_in_london():
    away(OFFICER, cover=SECOND, days=0)
    end_of_day = clock.now().replace(hour=23, minute=59)
    assert told("officer", moment=end_of_day) == {SECOND}
    assert told("officer", moment=end_of_day + timedelta(minutes=1)) == {OFFICER}


def test_supervisors_of_the_team_are_told_then_whoever_is_on_duty_then_the_service_manager_then_governance():
    assert told("supervisor") == {SUPERVISOR, SECOND}
    away(SUPERVISOR)
    assert told("supervisor") == {SECOND}
    away(SECOND)
    on_duty("supervisor@charnwood.example")
    assert told("supervisor") == {"supervisor@charnwood.example"}
    away("supervisor@charnwood.example")
    assert told("supervisor") == {MANAGER}
    away(MANAGER)
    assert told("supervisor") == {GOVERNANCE}


def test_a_manager_is_the_service_manager_of_the_partner_else_governance():
    assert told("manager") == {MANAGER}
    assert told("manager", team="charnwood-asb", officer="officer@charnwood.example") == {GOVERNANCE}


def test_lateness_of_a_supervisor_with_cases_goes_to_another_supervisor_and_never_to_themselves():
    assert told("officer", officer=SUPERVISOR) == {SUPERVISOR}
    assert told("supervisor", officer=SUPERVISOR) == {SECOND}
    away(SECOND)
    assert told("supervisor", officer=SUPERVISOR) == {MANAGER}


def test_the_person_an_alert_is_about_never_hears_of_it():
    assert told("supervisor", officer=None, about=SUPERVISOR) == {SECOND}
    assert GOVERNANCE not in told("governance", about=GOVERNANCE)
    assert told("governance", about=GOVERNANCE) == ADMINISTRATORS


@pytest.mark.parametrize("why", ["disabled", "vetting", "agreement"])
def test_nobody_is_told_who_could_not_sign_in_and_read_it(why):
    user = make.user(SUPERVISOR)
    if why == "disabled":
        user.disabled_at = clock.now()
    elif why == "vetting":
        user.vetted_until = date(2026, 12, 1)
    else:
        user.partner.agreement_until = date(2026, 12, 1)
    db.session.flush()
    assert told("supervisor") == ({GOVERNANCE} if why == "agreement" else {SECOND})


def test_vetting_lasts_through_its_last_day():
    make.user(SECOND).vetted_until = date(2026, 12, 2)
    db.session.flush()
    assert told("supervisor") == {SUPERVISOR, SECOND}


def test_an_agency_is_told_through_its_workers_and_one_without_through_governance():
    agency = make.user(VICTIM_FIRST).partner_id
    assert told("agency", agency=agency) == {VICTIM_FIRST}
    gone(VICTIM_FIRST)
    assert told("agency", agency=agency) == {GOVERNANCE}


def test_whoever_is_on_duty_is_told_beside_others_and_nobody_when_there_is_none():
    assert told("duty") == set()
    on_duty(SECOND)
    assert told("duty") == {SECOND}
    assert told("duty", moment=clock.now() + timedelta(hours=4)) == set(), "the last minute of a duty is before its end"


def test_a_restricted_case_is_told_only_to_people_named_on_it():
    case = make.case(officer=make.user(OFFICER), restricted=True)
    name(case, SECOND)
    assert told("supervisor", secret=case.id) == {SECOND}
    assert told("officer", secret=case.id) == {SECOND}, "the officer is not on the list"
    assert told("manager", secret=case.id) == {SECOND}


def test_a_restricted_case_whose_named_people_cannot_be_told_goes_to_governance():
    case = make.case(officer=make.user(OFFICER), restricted=True)
    name(case, SECOND, until=clock.now() - timedelta(days=1))
    assert told("supervisor", secret=case.id) == {GOVERNANCE}


def name(case, email, until=None):
    until = until or clock.now() + timedelta(days=9)
    db.session.add(CaseGrant(case_id=case.id, grantee=make.user(email).id, level="named", until=until, reason="r", granted_at=clock.now()))
    db.session.flush()


EVERYBODY = (OFFICER, SUPERVISOR, SECOND, MANAGER, GOVERNANCE, *sorted(ADMINISTRATORS), VICTIM_FIRST)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    absent=some.sets(some.sampled_from(EVERYBODY)),
    closed=some.sets(some.sampled_from([email for email in EVERYBODY if email != GOVERNANCE])),
    who=some.sampled_from(("officer", "supervisor", "manager", "agency", "governance")),
    officer=some.sampled_from((None, OFFICER, SUPERVISOR)),
    about=some.sampled_from((None, OFFICER, SUPERVISOR, MANAGER)),
)
def test_whoever_is_away_or_gone_somebody_is_always_told_and_never_the_one_it_is_about(session, absent, closed, who, officer, about):
    with session.begin_nested() as undone:
        for email in absent:
            away(email)
        gone(*closed)
        found = told(who, officer=officer, about=about, agency=make.user(VICTIM_FIRST).partner_id)
        assert found
        assert about not in found
        assert not found & closed
        assert found <= {GOVERNANCE} or not found & absent
        if who != "officer":
            assert officer not in found
        undone.rollback()
    session.expire_all()


def test_the_demonstration_has_the_roles_these_tests_speak_of(session):
    held = session.execute(select(User.email, RoleHeld.role).join(RoleHeld)).all()
    assert {(SUPERVISOR, "supervisor"), (SECOND, "supervisor"), (MANAGER, "service_manager"), (GOVERNANCE, "governance")} <= {
        tuple(row) for row in held
    }
