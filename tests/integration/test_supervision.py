"""A supervisor's part: reviews of a high episode on their clock, discussions, and the page on which everything is signed."""

import pytest
from sqlalchemy import select

from sentinel.access.queries import viewer_of, with_roles
from sentinel.cases.events import ReportTriaged
from sentinel.cases.models import Party
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotAllowed, Refused
from sentinel.core.events import publish
from sentinel.interventions.models import Intervention
from sentinel.referrals.models import Referral
from sentinel.risk import queries as risk
from sentinel.supervision import queries, service
from sentinel.supervision.models import MultiAgencyProposal, SupervisionReview
from tests import factories
from tests.integration.risk_made import FULL_HIGH, assess, close, take, victim_on_case, victim_on_report

SUPERVISOR, ELSEWHERE = "supervisor@blaby.example", "supervisor@charnwood.example"


def london(moment) -> str:
    return clock.london(moment).strftime("%a %d %b %H:%M")


def as_(email: str):
    return viewer_of(with_roles(factories.user(email).id))


def open_review(party: Party) -> SupervisionReview:
    query = select(SupervisionReview).where(SupervisionReview.party_id == party.id, SupervisionReview.done_at.is_(None))
    return db.session.scalars(query).one()


def high() -> Party:
    party = victim_on_case()
    assess(party, "high")
    return party


def test_the_first_review_is_due_in_one_working_day_whatever_the_hour(session, at):
    at("2026-12-04 17:01")  # Friday, after work
    assert london(open_review(high()).due_at) == "Mon 07 Dec 17:00"


def test_the_next_is_due_ten_working_days_after_it_was_done(session, at):
    at("2026-12-02 11:00")
    party = high()
    at("2026-12-03 10:00")
    service.sign_review(actor=factories.user(SUPERVISOR), review=open_review(party), note="The plan is right.")
    following = open_review(party)
    assert (following.number, london(following.due_at)) == (2, "Thu 17 Dec 17:00")


def test_a_review_is_recorded_once_by_a_supervisor_with_a_note(session):
    party = high()
    review = open_review(party)
    with pytest.raises(NotAllowed):
        service.sign_review(actor=factories.user(), review=review, note="Fine.")
    with pytest.raises(Refused, match="what you looked at"):
        service.sign_review(actor=factories.user(SUPERVISOR), review=review, note=" ")
    service.sign_review(actor=factories.user(SUPERVISOR), review=review, note="Fine.")
    with pytest.raises(Refused, match="recorded already"):
        service.sign_review(actor=factories.user(SUPERVISOR), review=review, note="Fine.")


def test_reviews_and_proposals_end_with_the_episode(session):
    party = high()
    close(party.case)
    assert queries.reviews_open(as_(SUPERVISOR)) == []
    assert queries.proposals_open(as_(SUPERVISOR)) == []
    assert queries.reviews_of(party)[0].ended_at


def test_a_high_report_decided_without_a_case_is_reviewed_once_more_and_that_ends_the_episode(session):
    party = victim_on_report()
    take(party.report, raised_to="high")
    party.report.state, party.report.triaged_at = "no_further_action", clock.now()
    db.session.flush()
    publish(ReportTriaged(party.report, "no_further_action", "one_off", factories.user()))
    assert risk.open_episode(party.id), "deciding a report does not make anybody safe"
    following = service.sign_review(actor=factories.user(SUPERVISOR), review=open_review(party), note="Rang her: she is safe.")
    assert following is None
    assert risk.open_episode(party.id) is None


def test_a_high_report_not_decided_yet_goes_on_being_reviewed(session):
    party = victim_on_report()
    take(party.report, raised_to="high")
    assert service.sign_review(actor=factories.user(SUPERVISOR), review=open_review(party), note="Fine.").number == 2


def test_a_discussion_is_proposed_once_an_episode_and_answered_once(session):
    party = high()
    assess(party, "high")
    proposal = db.session.scalars(select(MultiAgencyProposal)).one()
    with pytest.raises(Refused, match="Say why"):
        service.answer_proposal(actor=factories.user(SUPERVISOR), proposal=proposal, accept=False, reason="")
    service.answer_proposal(actor=factories.user(SUPERVISOR), proposal=proposal, accept=True, reason="")
    assert proposal.state == "accepted"
    with pytest.raises(Refused, match="answered already"):
        service.answer_proposal(actor=factories.user(SUPERVISOR), proposal=proposal, accept=False, reason="No.")


def test_supervisors_of_another_partner_are_not_asked(session):
    high()
    assert queries.count_reviews(as_(SUPERVISOR)) == queries.count_proposals(as_(SUPERVISOR)) == 1
    assert queries.count_reviews(as_(ELSEWHERE)) == queries.count_proposals(as_(ELSEWHERE)) == 0


def test_with_nothing_to_sign_the_page_says_what_comes_here(client_as):
    page = client_as(SUPERVISOR).get("/sign-off").text
    assert "Nothing waits for your signature." in page


def test_the_page_counts_what_waits_and_says_what_is_late(client_as, session, at):
    at("2026-12-02 11:00")
    high()
    at("2026-12-04 09:00")
    page = client_as(SUPERVISOR).get("/sign-off").text
    assert "2 things to sign." in page
    assert "1 overdue." in page


def test_a_lowering_is_agreed_on_the_page(client_as, session):
    party = victim_on_case()
    made = assess(party, "medium", FULL_HIGH)
    client = client_as(SUPERVISOR)
    opened = client.get(f"/sign-off/lowering/{made.id}").text
    assert "Agree: the risk is Medium from now" in opened
    page = client.follow(f"/sign-off/lowering/{made.id}", {"answer": "agree", "note": "Seen the diary."}).text
    assert "Agreed: the risk is Medium from now." in page
    db.session.expire_all()
    assert db.session.get(Party, party.id).level == "medium"


def test_refusing_without_a_reason_is_said_at_the_field_and_nothing_typed_is_lost(client_as, session):
    made = assess(victim_on_case(), "medium", FULL_HIGH)
    page = client_as(SUPERVISOR).post(f"/sign-off/lowering/{made.id}", {"answer": "refuse", "note": ""}, status=422).text
    assert 'href="#note"' in page
    assert "Say why the level stays" in page
    assert 'value="refuse" checked' in page


def test_a_held_referral_is_decided_on_the_page(client_as, session):
    party = victim_on_case()
    party.detail.consent_victim_first = "refused"
    db.session.flush()
    assess(party, "high")
    found = db.session.scalars(select(Referral)).one()
    client = client_as(SUPERVISOR)
    assert "Consent was refused" in client.get("/sign-off").text
    refused = client.post(f"/sign-off/referral/{found.id}", {"answer": "send", "note": ""}, status=422).text
    assert 'href="#note"' in refused
    client.follow(f"/sign-off/referral/{found.id}", {"answer": "send", "note": "A child is at risk."})
    db.session.expire_all()
    assert (found.state, found.decision_reason) == ("open", "A child is at risk.")


def test_a_review_and_a_proposal_are_answered_on_the_page(client_as, session, at):
    at("2026-12-02 11:00")
    party = high()
    client = client_as(SUPERVISOR)
    page = client.follow(f"/sign-off/review/{open_review(party).id}", {"note": "Spoke to the officer."}).text
    assert "The next is due by 5pm on Wednesday 16 December." in page
    proposal = db.session.scalars(select(MultiAgencyProposal)).one()
    assert "It goes to the discussion." in client.follow(f"/sign-off/proposal/{proposal.id}", {"answer": "accept"}).text


def test_what_is_not_mine_to_sign_is_not_there(client_as, session):
    party = high()
    made = assess(party, "medium", actor=factories.user(SUPERVISOR))
    client_as(SUPERVISOR).get(f"/sign-off/lowering/{made.id}", status=404)
    client_as(ELSEWHERE).get(f"/sign-off/review/{open_review(party).id}", status=404)
    client_as(SUPERVISOR).get("/sign-off/nonsense/00000000-0000-0000-0000-000000000000", status=404)


@pytest.mark.parametrize(
    "email", ["officer@blaby.example", "calltaker@blaby.example", "worker@victimfirst.example", "analyst@county.example"]
)
def test_only_supervisors_open_the_page(client_as, email):
    client_as(email).get("/sign-off", status=403)


def proposed_intervention() -> Intervention:
    """An acceptable behaviour contract that the officer proposed."""
    case, officer = factories.case(officer=factories.user()), factories.user()
    values = {
        "power_key": "abc",
        "power_version": "1",
        "tier": "early",
        "state": "proposed",
        "proposed_by": officer.id,
        "note": "Twice warned.",
    }
    made = Intervention(id=new_id(), case_id=case.id, proposed_at=clock.now(), **values)
    db.session.add(made)
    db.session.flush()
    return made


@pytest.mark.parametrize(("answer", "state"), [("authorise", "authorised"), ("refuse", "refused")])
def test_an_intervention_is_answered_on_the_page(client_as, session, answer, state):
    made, client = proposed_intervention(), client_as(SUPERVISOR)
    opened = client.get(f"/sign-off/intervention/{made.id}").text
    assert "Twice warned." in opened
    client.follow(f"/sign-off/intervention/{made.id}", {"answer": answer, "note": "Read the file."})
    db.session.refresh(made)
    assert (made.state, made.authorised_by) == (state, factories.user(SUPERVISOR).id if state == "authorised" else None)
    client.get(f"/sign-off/intervention/{made.id}", status=404)


def test_a_closing_to_sign_leads_to_its_page(client_as, session):
    case = factories.case(officer=factories.user(), state="closure_proposed")
    page = client_as(SUPERVISOR).get("/sign-off").text
    assert "Closing proposed" in page
    assert f"/cases/{case.id}/closing" in page
