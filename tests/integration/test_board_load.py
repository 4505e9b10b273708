"""Load and lateness of each officer, and what may be excused: counted by hand."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from sentinel.access.queries import viewer_of, with_roles
from sentinel.cases.models import CaseClock
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.desk import board_officers, to_sign
from sentinel.victims.models import Promise
from tests import factories as make
from tests.integration.page_read import words
from tests.integration.promise_made import contacted, promises, report_taken, victim, victim_on_case
from tests.integration.sweep_model import Owed, row
from tests.integration.test_board import contacted as contact_at

SUPERVISOR, SECOND, CHARNWOOD = "supervisor@blaby.example", "supervisor2@blaby.example", "supervisor@charnwood.example"


@pytest.fixture(autouse=True)
def wednesday(session, at):
    at("2027-01-20 10:00")


def load(email: str = "officer@blaby.example"):
    db.session.flush()
    return next(one for one in board_officers.loads([make.team()]) if one.officer and one.officer.email == email)


def as_(email: str):
    return viewer_of(with_roles(make.user(email).id))


def test_cases_nothing_was_entered_on_for_twenty_working_days_are_counted_as_quiet(client_as, at):
    silent, spoken = make.case(officer=make.user()), make.case(officer=make.user())
    last = at("2026-12-18 16:00")  # Friday: 4 + 3 + 5 + 5 working days, then 18, 19 and 20 January
    db.session.execute(update(CaseClock).where(CaseClock.case_id == silent.id).values(last_entry_at=last))
    db.session.execute(update(CaseClock).where(CaseClock.case_id == spoken.id).values(last_entry_at=last + timedelta(days=10)))
    at("2027-01-20 16:59")
    assert load().quiet == 0
    at("2027-01-20 17:00")
    assert (load().quiet, load().cases) == (1, 2)
    db.session.commit()
    assert "Quiet: nothing entered for 20 working days or more." in words(client_as(SUPERVISOR).get("/board"))


def test_promises_kept_late_in_the_last_28_days_are_said_beside_those_kept_in_time(client_as):
    due = clock.now() - timedelta(days=3)
    for hours in (-1, -1, 1, 2, None):
        party = make.party(on=make.case(officer=make.user()))
        made = row(Owed(new_id(), "standard", due, due, due, due), party.id, due)
        at_ = None if hours is None else due + timedelta(hours=hours)
        kept = {"state": "kept", "kept_by": contact_at(party, at_), "ended_at": at_} if at_ else {"state": "open"}
        db.session.add(Promise(**(made | kept)))
    assert (load().kept, load().kept_late, load().fell_due, load().overdue) == (2, 2, 5, 1)
    db.session.commit()
    page = words(client_as(SUPERVISOR).get("/board"))
    assert "2 of 5" in page, "too few to speak of per cent"
    assert "2 kept late" in page


# --- promises that may be excused ---------------------------------------------------------------------------------------


def tried(party, *attempts: tuple[str, str]):
    """Attempts in vain: days ago, way."""
    for days, channel in attempts:
        contacted(party, when=clock.now() - timedelta(days=int(days)), channel=channel, outcome="attempt", note="No answer.")


def long_on_case(at, **more):
    at("2027-01-11 10:00")
    party = victim_on_case(**more)
    at("2027-01-20 10:00")
    return party


def test_a_promise_is_listed_for_the_supervisor_once_it_may_be_excused(client_as, at):
    party = long_on_case(at)
    tried(party, ("6", "phone"), ("2", "phone"))
    assert to_sign.excusable(as_(SUPERVISOR)) == [], "two attempts by one way"
    tried(party, ("1", "visit"))
    first = promises(party, "open")["first_contact"]
    listed = {one.id: one for one in to_sign.excusable(as_(SUPERVISOR))}
    assert set(listed) == {one.id for one in promises(party, "open").values()}
    assert listed[first.id].detail == "Tried 3 times, by phone and visit"
    assert to_sign.counts(as_(SUPERVISOR))["excuse"] == len(listed)
    db.session.commit()
    page = client_as(SUPERVISOR).get("/sign-off").text
    assert f"/promises/{first.id}/excuse" in page
    client_as(SUPERVISOR).get(f"/promises/{first.id}/excuse")


def test_three_attempts_on_one_working_day_or_by_one_way_are_not_enough(at):
    party = long_on_case(at)
    tried(party, ("1", "phone"), ("1", "visit"), ("1", "phone"))
    assert to_sign.excusable(as_(SUPERVISOR)) == []
    other = long_on_case(at)
    tried(other, ("6", "phone"), ("2", "phone"), ("1", "phone"))
    assert to_sign.excusable(as_(SUPERVISOR)) == []


def test_attempts_on_a_report_not_decided_count_and_another_partners_supervisor_is_not_asked(at):
    at("2027-01-11 10:00")
    party = victim(report_taken())
    at("2027-01-20 10:00")
    tried(party, ("6", "phone"), ("2", "visit"), ("1", "phone"))
    assert [one.about.reference for one in to_sign.excusable(as_(SUPERVISOR))] == [party.report.reference]
    assert to_sign.excusable(as_(CHARNWOOD)) == []


def test_the_four_kinds_of_the_brief_stand_on_the_page_of_signatures():
    kinds = [kind for kind, _, _ in to_sign.KINDS]
    assert {"referral", "lowering", "closing", "excuse"} <= set(kinds)
    assert set(to_sign.counts(as_(SUPERVISOR))) == set(kinds), "what is listed is counted"
