"""Deciding about a report: each decision, what it moves, what it refuses, and what follows for the promises."""

import pytest
from sqlalchemy import select

from sentinel.access.queries import viewer_of
from sentinel.cases import closure, handover, triage
from sentinel.cases.models import CaseEvent, Party, PartyDetail
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotAllowed, Refused, Stale
from sentinel.desk import decisions
from sentinel.places.models import Place
from tests import factories
from tests.integration.promise_made import HIGH, STANDARD, opened, promises, report_taken, story, victim


def officer():
    return factories.user("officer@blaby.example")


def test_a_case_keeps_the_number_the_place_and_the_people_of_its_report(session):
    report = report_taken(roles=("victim", "alleged"))
    report.category = "noise"
    case = opened(report)
    assert (case.reference, case.place_id, case.categories) == (report.reference, report.place_id, ["noise"])
    assert (report.state, report.case_id, report.triaged_by) == ("opened", case.id, officer().id)
    assert {party.case_id for party in report.parties} == {case.id}
    kept = session.scalars(select(PartyDetail.case_id).where(PartyDetail.party_id.in_([party.id for party in report.parties])))
    assert set(kept) == {case.id}
    assert "Case opened for Jaswinder Bell" in story(report, "triage")


def test_a_case_stands_at_the_highest_level_of_its_victims_from_the_start(session):
    assert opened(report_taken(HIGH)).level == "high"
    assert opened(report_taken(STANDARD)).level == "standard"


@pytest.mark.parametrize("outcome", ["opened", "joined", "signposted", "no_further_action", "withdrawn"])
def test_no_decision_is_taken_without_a_reason(session, outcome):
    report = factories.report()
    with pytest.raises(Refused, match="Choose a reason") as refused:
        _decide(report, outcome, reason="")
    assert refused.value.field == "reason"
    assert report.state == "received"


@pytest.mark.parametrize("outcome", ["opened", "joined", "signposted", "no_further_action"])
def test_something_else_asks_for_words(session, outcome):
    report = factories.report()
    with pytest.raises(Refused, match="Say in a sentence why") as refused:
        _decide(report, outcome, reason="other")
    assert refused.value.field == "words"
    _decide(report, outcome, reason="other", words="The lift was mended the same day.")
    assert report.detail.triage_reason == "The lift was mended the same day."


@pytest.mark.parametrize("again", ["opened", "joined", "signposted", "no_further_action", "withdrawn"])
def test_what_was_decided_once_is_not_decided_again(session, again):
    report = factories.report()
    _decide(report, "signposted", reason="landlord")
    with pytest.raises(Refused, match="already decided: signposted"):
        _decide(report, again, reason=triage.reasons(again)[0].key)


def test_signposting_says_where_to(session):
    report = factories.report()
    with pytest.raises(Refused, match="Say who will deal with it"):
        triage.signpost(actor=officer(), report=report, where_to=" ", reason="landlord")
    triage.signpost(actor=officer(), report=report, where_to="Soar Valley Homes", reason="landlord")
    assert story(report, "triage") == ["Signposted to Soar Valley Homes"]


def test_only_the_partner_that_owns_a_report_decides_about_it(session):
    report = factories.report()
    with pytest.raises(NotAllowed):
        triage.take_no_further_action(actor=factories.user("officer@charnwood.example"), report=report, reason="one_off")
    with pytest.raises(NotAllowed):
        triage.take_no_further_action(actor=factories.user("calltaker@blaby.example"), report=report, reason="one_off")


def test_the_officer_of_a_case_is_one_of_its_team(session):
    with pytest.raises(Refused, match="not a practitioner or supervisor of Blaby ASB team") as refused:
        triage.open_case(actor=officer(), report=factories.report(), officer=factories.user("officer@charnwood.example"), reason="risk")
    assert refused.value.field == "officer"


def test_whoever_had_an_older_page_open_is_told_how_it_stands_now(session):
    report = factories.report()
    version = report.version
    triage.take_no_further_action(actor=factories.user("supervisor@blaby.example"), report=report, reason="one_off")
    with pytest.raises(Stale) as stale:
        triage.open_case(actor=officer(), report=report, officer=officer(), reason="risk", version=version)
    assert stale.value.sentence.startswith("Marcia Thornton-Clarke changed this")
    assert ("State", "No further action") in stale.value.theirs


def test_a_report_offered_to_another_partner_waits_for_their_answer(session):
    report = factories.report()
    handover.offer(actor=officer(), report=report, to_team=factories.team("charnwood-asb"), reason="Your side of the road.")
    with pytest.raises(Refused, match="is offered to Charnwood ASB team"):
        triage.take_no_further_action(actor=officer(), report=report, reason="one_off")


# --- Joining ---------------------------------------------------------------------------------------------------------


def test_a_joined_report_brings_its_people_and_its_number_leads_to_the_case(session):
    case = opened(report_taken())
    second = report_taken(HIGH, report={"category": "noise"})
    triage.join_case(actor=officer(), report=second, case=case, reason="same_problem")
    assert (second.state, second.case_id, victim(second).case_id) == ("joined", case.id, case.id)
    assert (case.level, case.categories) == ("high", ["noise"])
    viewer = viewer_of(officer())
    assert decisions.case_with_number(viewer, second.reference) is case
    assert decisions.case_with_number(viewer, case.reference.replace("-", " ")) is case


def test_the_same_person_joined_twice_stays_two_parties(session):
    who = factories.person("Thomas Wright")
    case = opened(report_taken(who=who))
    second = report_taken(who=who)
    triage.join_case(actor=officer(), report=second, case=case, reason="same_people")
    parties = session.scalars(select(Party).where(Party.case_id == case.id)).all()
    assert [party.person_id for party in parties] == [who.id, who.id]
    assert len({party.id for party in parties}) == 2


def test_a_report_is_not_joined_to_a_closed_case(session):
    case = factories.case(state="closed", closed_at=clock.now())
    with pytest.raises(Refused, match="is closed. Reopen it first") as refused:
        triage.join_case(actor=officer(), report=factories.report(), case=case, reason="same_problem")
    assert refused.value.field == "reference"


def test_a_report_is_not_joined_to_another_partners_case(session):
    case = factories.case(team_slug="charnwood-asb")
    with pytest.raises(Refused, match="belongs to Charnwood Borough Council: offer this report to Charnwood ASB team"):
        triage.join_case(actor=officer(), report=factories.report(), case=case, reason="same_problem")


def test_a_restricted_report_never_lands_on_an_open_case(session):
    report = factories.report(restricted=True)
    with pytest.raises(Refused, match="This report is restricted"):
        triage.join_case(actor=officer(), report=report, case=factories.case(), reason="same_problem")


def test_a_report_joined_to_a_restricted_case_is_restricted_too(session):
    case, report = factories.case(restricted=True), factories.report()
    triage.join_case(actor=officer(), report=report, case=case, reason="same_problem")
    assert report.restricted


def test_a_case_opened_from_a_restricted_report_is_seen_by_those_named_on_it_and_nobody_else(session):
    report = factories.report(restricted=True)
    case = triage.open_case(actor=officer(), report=report, officer=factories.user("supervisor@blaby.example"), reason="risk")
    from sentinel.cases.queries import level_for

    levels = {email: level_for(viewer_of(factories.user(email)), case.id) for email in SEEN}
    assert levels == SEEN


SEEN = {
    "officer@blaby.example": "named",
    "supervisor@blaby.example": "named",
    "supervisor2@blaby.example": "none",
    "officer@charnwood.example": "none",
    "calltaker@blaby.example": "none",
}


def test_a_new_report_on_a_case_proposed_for_closing_opens_it_again(session):
    case = opened(report_taken())
    closure.propose_closing(actor=officer(), case=case, outcome="resolved_advice", note="Quiet since.")
    triage.join_case(actor=officer(), report=report_taken(), case=case, reason="same_problem")
    assert case.state == "open"
    assert closure.detail_of(case).outcome is None
    assert "Closing taken back: a new report came in" in story(case, "closure")


# --- What is said before it is saved, against what then happens ---------------------------------------------------------


def test_it_is_said_beforehand_what_moves_to_the_case_and_it_moves(session, at):
    at("2026-12-02 10:47")
    report = report_taken()
    said = decisions.effects(report)["opened"]
    assert said[0] == "1 promise moves to the case: first contact with Nasreen Khan-Abdullahi, Wednesday 9 December, by 5pm."
    case = opened(report)
    moved = promises(victim(report), "open")
    assert {"first_contact", "cadence"} == set(moved)
    assert all(one.party.case_id == case.id for one in moved.values())


@pytest.mark.parametrize("outcome", ["signposted", "no_further_action"])
@pytest.mark.parametrize(("decided", "told"), [("2026-12-03 09:30", "Wednesday 9 December"), ("2026-12-08 16:00", "Wednesday 9 December")])
def test_it_is_said_beforehand_what_first_contact_becomes_and_it_becomes_that(session, at, outcome, decided, told):
    at("2026-12-02 10:47")
    report = report_taken()
    at(decided)
    said = decisions.effects(report)[outcome]
    assert said == [
        f"Nasreen Khan-Abdullahi: first contact becomes: told what was decided and why, {told}, by 5pm. Only telling them ends it."
    ]
    foretold = decisions.decision_due(victim(report), decisions.open_promises(report.parties))
    _decide(report, outcome, reason="one_off" if outcome == "no_further_action" else "landlord")
    made = promises(victim(report), "open")
    assert {kind: one.due_at for kind, one in made.items()} == {"decision": foretold}


def test_it_is_said_beforehand_that_withdrawing_ends_what_was_promised(session, at):
    at("2026-12-02 10:47")
    report = report_taken()
    assert decisions.effects(report)["withdrawn"][0].startswith("1 promise to Nasreen Khan-Abdullahi ends, and Sentinel reminds nobody")
    _decide(report, "withdrawn", reason="entered_twice")
    assert promises(victim(report), "open") == {}


def test_where_nothing_was_promised_that_is_said(session):
    said = decisions.effects(factories.report())
    assert said["opened"][0] == "Nothing is promised on this report, so nothing moves."
    assert said["signposted"] == ["Nothing is promised on this report, so nobody has to be told."]


# --- Likely cases and typed numbers -----------------------------------------------------------------------------------


def test_cases_of_the_same_people_and_the_closed_ones_of_six_months_are_offered(session, at):
    at("2026-12-02 10:47")
    who = factories.person("Thomas Wright")
    mine, other = factories.case(), factories.case()
    old = factories.case(state="closed", closed_at=clock.now() - factories.days(100))
    older = factories.case(state="closed", closed_at=clock.now() - factories.days(200))
    for case in (mine, old, older):
        factories.party(on=case, who=who)
    factories.party(on=other)
    report = factories.report()
    factories.party(on=report, who=who)
    session.expire_all()
    found = decisions.likely_cases(viewer_of(officer()), report)
    assert [(one.case.id, one.is_closed) for one in found] == [(mine.id, False), (old.id, True)]
    assert found[0].why == "Thomas Wright is in it"


def test_a_case_the_viewer_may_not_see_in_full_is_not_offered(session):
    who = factories.person()
    for case in (factories.case(team_slug="charnwood-asb"), factories.case(restricted=True)):
        factories.party(on=case, who=who)
    report = factories.report()
    factories.party(on=report, who=who)
    session.expire_all()
    assert decisions.likely_cases(viewer_of(officer()), report) == []


def test_the_case_the_call_taker_attached_comes_with_that_as_its_reason(session):
    case = factories.case()
    report = factories.report(suggested_case_id=case.id)
    assert [one.why for one in decisions.likely_cases(viewer_of(officer()), report)] == ["the call taker attached it"]


def test_a_reference_with_one_wrong_digit_is_caught_as_mistyped(session):
    number = factories.case().reference
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    with pytest.raises(Refused, match="one of its digits is wrong, or two have changed places"):
        decisions.case_with_number(viewer_of(officer()), wrong)


def test_a_number_of_a_case_one_may_not_work_on_reads_as_no_case(session):
    hidden = factories.case(restricted=True).reference
    unknown = factories.reference()
    for number in (hidden, unknown, factories.case(team_slug="charnwood-asb").reference):
        with pytest.raises(Refused, match=f"There is no case {number} that you may work on"):
            decisions.case_with_number(viewer_of(officer()), number)


def _decide(report, outcome, *, reason, words=""):
    common = {"actor": officer(), "report": report, "reason": reason, "words": words}
    match outcome:
        case "opened":
            triage.open_case(**common, officer=officer())
        case "joined":
            triage.join_case(**common, case=factories.case())
        case "signposted":
            triage.signpost(**common, where_to="Leicestershire Police, 101")
        case "no_further_action":
            triage.take_no_further_action(**common)
        case _:
            triage.withdraw(**common)


def test_every_decision_is_one_line_of_the_reports_story(session):
    for outcome in ("opened", "joined", "signposted", "no_further_action", "withdrawn"):
        report = factories.report()
        _decide(report, outcome, reason=triage.reasons(outcome)[0].key)
        rows = db.session.scalars(select(CaseEvent).where(CaseEvent.report_id == report.id, CaseEvent.kind == "triage")).all()
        assert [(row.actor_name, row.body) for row in rows] == [("Jaswinder Bell", triage.reasons(outcome)[0].text)]


# --- Reopening --------------------------------------------------------------------------------------------------------


def closed_case(at, when="2026-09-02 10:00", **more):
    """A case of Nasreen's, about Darren Whitlock, in Church Lane, that closed then."""
    case = factories.case(officer=officer(), state="closed", closed_at=at(when), **more)
    factories.party(on=case, who=factories.person("Nasreen Khan"))
    factories.party(on=case, who=factories.person("Darren Whitlock"), role="alleged")
    return case


def flat(number):
    """A flat of a building in Church Lane."""
    address = f"Flat {number}, 14 Church Lane, Enderby"
    made = Place(id=new_id(), address=address, postcode="LE19 4NS", address_key=address.lower(), building_key="14 church lane le19 4ns")
    db.session.add(made)
    db.session.flush()
    return made


def report_about(who=None, role="victim", **more):
    made = factories.report(**more)
    if who:
        factories.party(on=made, who=who, role=role)
    db.session.expire_all()
    return made


def reopenings(report):
    return {one.case.id: one.why for one in decisions.reopenable(viewer_of(officer()), report)}


def test_a_report_with_the_same_victim_alleged_or_building_proposes_to_reopen_what_closed_in_six_months(session, at):
    case = closed_case(at, place_id=flat(2).id)
    nasreen, darren = (party.person for party in case.parties)
    at("2026-12-02 10:00")
    assert reopenings(report_about(nasreen)) == {case.id: "Nasreen Khan is a victim there"}
    assert reopenings(report_about(darren, "alleged")) == {case.id: "Darren Whitlock is alleged there too"}
    same = report_about(place_id=flat(5).id)
    assert reopenings(same) == {case.id: "same building"}
    assert reopenings(report_about(darren)) == {}
    assert reopenings(report_about(nasreen, "alleged")) == {}
    assert reopenings(report_about(factories.person("Somebody Else"))) == {}


@pytest.mark.parametrize(("now", "proposed"), [("2027-03-02 09:59", True), ("2027-03-02 10:01", False)])
def test_six_calendar_months_after_it_closed_nothing_is_proposed(session, at, now, proposed):
    case = closed_case(at)
    at(now)
    assert bool(reopenings(report_about(case.parties[0].person))) is proposed


def test_another_partners_closed_case_is_not_proposed_and_cannot_be_reopened_from_here(session, at):
    case = closed_case(at, team_slug="charnwood-asb")
    report = report_about(case.parties[0].person)
    assert reopenings(report) == {}
    with pytest.raises(Refused, match="belongs to Charnwood Borough Council: offer this report to Charnwood ASB team") as refused:
        triage.reopen_and_join(actor=officer(), report=report, case=case, reason="same_problem")
    assert refused.value.field == "closed_case"
    assert (case.state, report.state) == ("closed", "received")


def test_reopening_opens_the_case_and_joins_the_report_in_one(session, at):
    case = closed_case(at)
    at("2026-12-02 10:47")
    report = report_taken(who=case.parties[0].person)
    triage.reopen_and_join(actor=officer(), report=report, case=case, reason="same_problem", words="He is back.")
    assert (case.state, case.closed_at, report.state, report.case_id) == ("open", None, "joined", case.id)
    assert story(case, "closure") == ["Case reopened"]
    assert [party.case_id for party in report.parties] == [case.id]
    first = next(party for party in case.parties if party.report_id is None and party.role == "victim")
    assert "cadence" in promises(first, "open")
    assert "first_contact" in promises(victim(report), "open")


def test_a_case_that_was_opened_again_meanwhile_is_joined(session, at):
    case = closed_case(at)
    at("2026-12-02 10:47")
    report = report_taken(who=case.parties[0].person)
    closure.reopen(actor=officer(), case=case, reason="He rang.")
    triage.reopen_and_join(actor=officer(), report=report, case=case, reason="same_problem")
    assert (case.state, report.state) == ("open", "joined")
    assert story(case, "closure") == ["Case reopened"]


def test_a_report_that_cannot_be_decided_reopens_nothing(session, at):
    case = closed_case(at)
    report = report_about(case.parties[0].person)
    with pytest.raises(Refused, match="Choose a reason"):
        triage.reopen_and_join(actor=officer(), report=report, case=case, reason="")
    triage.take_no_further_action(actor=officer(), report=report, reason="one_off")
    with pytest.raises(Refused, match="already decided"):
        triage.reopen_and_join(actor=officer(), report=report, case=case, reason="same_problem")
    assert case.state == "closed"
