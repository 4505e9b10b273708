"""Handing over: until accepted the giver owns it and its promises; governance gives out what found no team."""

from datetime import date

import pytest
from sqlalchemy import func, select

from sentinel.access.queries import viewer_of
from sentinel.cases import handover, triage
from sentinel.cases.models import Handover
from sentinel.cases.queries import level_for, visible_reports
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused
from tests import factories
from tests.integration.promise_made import opened, promises, report_taken, story, victim


def blaby():
    return factories.user("officer@blaby.example")


def charnwood():
    return factories.user("officer@charnwood.example")


def offered(*, case=None, report=None):
    team = factories.team("charnwood-asb")
    return handover.offer(actor=blaby(), case=case, report=report, to_team=team, reason="Both flats are in Charnwood.")


def may_read(user, report):
    return report.id in {one.id for one in db.session.scalars(visible_reports(viewer_of(user)))}


def test_until_it_is_accepted_the_giver_owns_the_case_and_its_promises(session):
    case = opened(report_taken())
    before = {kind: one.due_at for kind, one in promises(case.parties[0], "open").items()}
    offered(case=case)
    assert (case.owner.slug, case.officer.name, case.state) == ("blaby", "Jaswinder Bell", "open")
    assert {kind: one.due_at for kind, one in promises(case.parties[0], "open").items()} == before
    assert level_for(viewer_of(charnwood()), case.id) == "headline"


def test_on_acceptance_owner_team_officer_and_reports_change_and_no_date_does(session):
    report = report_taken()
    case = opened(report)
    before = {kind: one.due_at for kind, one in promises(case.parties[0], "open").items()}
    handover.accept(actor=charnwood(), handover=offered(case=case))
    assert (case.owner.slug, case.team.slug, case.officer.name, case.state) == ("charnwood", "charnwood-asb", "Tom Ashdown", "open")
    assert (report.owner_partner_id, report.team_id) == (case.owner_partner_id, case.team_id)
    now = {kind: one.due_at for kind, one in promises(case.parties[0], "open").items()}
    assert {kind: now.get(kind) for kind in before} == before
    assert set(now) - set(before) == {"officer_changed"}, "and they are to be told who has it"
    assert level_for(viewer_of(charnwood()), case.id) == "full"
    assert level_for(viewer_of(blaby()), case.id) == "headline"


def test_both_sides_read_the_same_story(session):
    case = opened(report_taken())
    handover.accept(actor=charnwood(), handover=offered(case=case))
    assert story(case, "handover") == ["Offered to Charnwood ASB team", "Handed over from Blaby ASB team to Charnwood ASB team"]


def test_an_offered_report_is_read_by_those_it_is_offered_to_until_they_decline(session):
    report = report_taken()
    assert not may_read(charnwood(), report)
    offer = offered(report=report)
    assert may_read(charnwood(), report)
    handover.decline(actor=charnwood(), handover=offer, reason="not_our_area")
    assert not may_read(charnwood(), report)
    assert story(report, "handover")[-1] == "Charnwood ASB team declined"
    assert offer.answer == "Not our area"


def test_an_accepted_report_is_decided_by_the_team_that_accepted_it(session):
    report = report_taken()
    handover.accept(actor=charnwood(), handover=offered(report=report))
    with pytest.raises(NotAllowed):
        triage.open_case(actor=blaby(), report=report, officer=blaby(), reason="risk")
    case = triage.open_case(actor=charnwood(), report=report, officer=charnwood(), reason="risk")
    assert case.owner.slug == "charnwood"
    assert victim(report).case_id == case.id


def test_only_the_team_it_was_offered_to_answers(session):
    offer = offered(report=factories.report())
    for email in ("officer@blaby.example", "beat.officer@police.example", "manager@blaby.example"):
        with pytest.raises(NotAllowed, match="of Charnwood ASB team can answer"):
            handover.accept(actor=factories.user(email), handover=offer)
        with pytest.raises(NotAllowed):
            handover.decline(actor=factories.user(email), handover=offer, reason="not_our_area")
    assert offer.state == "offered"


def test_an_offer_is_answered_once(session):
    offer = offered(report=factories.report())
    handover.accept(actor=charnwood(), handover=offer)
    for answer in (handover.accept, handover.decline):
        with pytest.raises(Refused, match="was accepted already"):
            answer(actor=charnwood(), handover=offer, **({"reason": "not_our_area"} if answer is handover.decline else {}))


def test_there_is_one_offer_at_a_time_and_the_giver_may_take_it_back(session):
    report = factories.report()
    offer = offered(report=report)
    with pytest.raises(Refused, match="offered already"):
        offered(report=report)
    with pytest.raises(NotAllowed):
        handover.take_back(actor=charnwood(), handover=offer)
    handover.take_back(actor=blaby(), handover=offer)
    assert offer.state == "withdrawn"
    offered(report=report)
    assert session.scalar(select(func.count()).select_from(Handover).where(Handover.report_id == report.id)) == 2


@pytest.mark.parametrize("slug", ["blaby-asb", "victim-first", "governance", "blaby-customer-services"])
def test_it_is_offered_only_to_another_team_that_works_cases(session, slug):
    with pytest.raises(Refused, match="Choose another team that works cases") as refused:
        handover.offer(actor=blaby(), report=factories.report(), to_team=factories.team(slug), reason="Theirs.")
    assert refused.value.field == "team"


def test_a_partner_without_a_current_agreement_is_offered_nothing(session):
    team = factories.team("charnwood-asb")
    team.partner.agreement_until = date(2020, 1, 1)
    session.flush()
    assert "charnwood-asb" not in {one.slug for one in handover.teams_to_offer(None)}


def test_a_declining_team_says_why(session):
    offer = offered(report=factories.report())
    with pytest.raises(Refused, match="Choose a reason"):
        handover.decline(actor=charnwood(), handover=offer, reason="")
    with pytest.raises(Refused, match="Say in a sentence why"):
        handover.decline(actor=charnwood(), handover=offer, reason="other")


@pytest.mark.parametrize("state", ["opened", "signposted"])
def test_a_decided_report_is_not_offered(session, state):
    report = report_taken()
    if state == "opened":
        opened(report)
    else:
        triage.signpost(actor=blaby(), report=report, where_to="The police", reason="police_lead")
    with pytest.raises(Refused, match="already decided"):
        offered(report=report)


def test_governance_gives_a_report_that_found_no_team_to_one(session):
    report = factories.report(unrouted=True, team_id=None)
    governance = factories.user("governance@county.example")
    with pytest.raises(NotAllowed):
        handover.route(actor=blaby(), report=report, team=factories.team("charnwood-asb"), reason="In Charnwood.")
    with pytest.raises(Refused, match="Say why it is theirs"):
        handover.route(actor=governance, report=report, team=factories.team("charnwood-asb"), reason="")
    handover.route(actor=governance, report=report, team=factories.team("charnwood-asb"), reason="In Charnwood.")
    assert (report.unrouted, report.team.slug, report.owner_partner_id) == (False, "charnwood-asb", report.team.partner_id)
    with pytest.raises(Refused, match="has a team already: Charnwood ASB team"):
        handover.route(actor=governance, report=report, team=factories.team("blaby-asb"), reason="No, Blaby.")


def test_queues_show_what_waits_for_whom(session):
    case, report = opened(report_taken()), report_taken()
    first, second = offered(case=case), offered(report=report)
    assert {offer.id for offer in handover.offered_to(viewer_of(charnwood()))} == {first.id, second.id}
    assert {offer.id for offer in handover.offered_by(viewer_of(blaby()))} == {first.id, second.id}
    assert handover.offered_to(viewer_of(blaby())) == handover.offered_by(viewer_of(charnwood())) == []
