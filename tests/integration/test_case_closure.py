"""Closing: refused with the list of what is missing and where to mend it, signed where it must be, and opened again."""

from datetime import date

import pytest
from sqlalchemy import select

from sentinel.cases import actions, closure, handover
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused, Stale
from sentinel.interventions.models import Intervention
from sentinel.referrals.models import Referral
from sentinel.risk.models import HighEpisode
from tests import factories
from tests.integration.promise_made import HIGH, assessed, contacted, opened, promises, report_taken, story

STRANGER = "officer@charnwood.example"
COVERED = ("acknowledge", "first_contact", "after_assessment")


def officer():
    return factories.user("officer@blaby.example")


def supervisor():
    return factories.user("supervisor@blaby.example")


def propose(case, *, actor=None):
    note = "Words of advice were given. Nothing has happened for six weeks."
    return closure.propose_closing(actor=actor or officer(), case=case, outcome="resolved_advice", note=note)


def says(case, view):
    """The case's victim is told that it may close, and says what they think."""
    return contacted(case.parties[0], covers=("closure",), closing_view=view)


def ready(at, answers=None):
    """A case on which everything was done that closing asks for, proposed for closing."""
    at("2026-12-02 10:47")
    case = opened(report_taken(answers))
    at("2026-12-03 11:00")
    contacted(case.parties[0], covers=COVERED)
    assessed(case)
    propose(case)
    says(case, "agrees")
    return case


def sentences(case):
    return [one.sentence for one in closure.missing(case)]


def test_a_case_on_which_everything_was_done_is_closed(session, at):
    case = ready(at)
    assert sentences(case) == []
    now = at("2026-12-04 09:00")
    closure.close_case(actor=officer(), case=case)
    assert (case.state, case.closed_at) == ("closed", now)
    assert promises(case.parties[0], "open") == {}
    said = "Nasreen Khan-Abdullahi on closing: agrees with closing"
    assert story(case, "closure") == ["Closing proposed: Resolved: advice", said, "Case closed: Resolved: advice"]


def test_a_case_is_never_closed_without_being_proposed_first(session, at):
    at("2026-12-02 10:47")
    case = opened(report_taken())
    with pytest.raises(Refused, match="This case is open"):
        closure.close_case(actor=officer(), case=case)
    first = closure.missing(case)[0]
    assert (first.sentence, first.endpoint) == ("Propose closing: choose how it ended, and who tells the victims.", "closing.case_closing")


def test_a_refusal_lists_everything_that_is_missing_and_where_to_mend_it(session, at):
    case = ready(at)
    at("2026-12-03 12:00")
    agency = factories.team("victim-first").partner
    party = case.parties[0]
    actions.add_action(actor=officer(), case=case, what="Ring the landlord", owner=officer(), due_on=date(2026, 12, 10))
    common = {"case_id": case.id, "power_key": "verbal_advice", "power_version": "1", "tier": "advice", "self_authorised": True}
    for state in ("in_force", "proposed"):
        db.session.add(Intervention(**common, state=state, proposed_by=officer().id, proposed_at=clock.now()))
    referral = {"agency_id": agency.id, "person_id": party.person_id, "party_id": party.id, "case_id": case.id}
    db.session.add(Referral(**referral, state="open", consent="given", why="High risk", referred_at=clock.now()))
    handover.offer(actor=officer(), case=case, to_team=factories.team("charnwood-asb"), reason="They moved.")
    db.session.flush()
    with pytest.raises(closure.NotYet) as refused:
        closure.close_case(actor=officer(), case=case)
    assert {one.endpoint: one.sentence for one in refused.value.missing} == {
        "interventions.move": "Words of advice is in force: end it, or say who looks after it and until when.",
        "interventions.case_interventions": "Words of advice is waiting to be authorised: carry it out, or take it back.",
        "referrals.case_referrals": "Victim First has not answered the referral yet.",
        "actions.case_actions": "Finish 1 action, with what came of it.",
        "ownership.hand_over": "Take back the offer to Charnwood ASB team, or wait for their answer.",
    }
    assert case.state == "closure_proposed"


def test_every_promise_but_keeping_in_touch_is_answered_first(session, at):
    at("2026-12-02 10:47")
    case = opened(report_taken())
    assert "Keep the promise to Nasreen Khan-Abdullahi: First contact." in sentences(case)
    contacted(case.parties[0], covers=COVERED)
    assert set(promises(case.parties[0], "open")) == {"cadence"}
    assert not [sentence for sentence in sentences(case) if sentence.startswith("Keep the promise")]


@pytest.mark.parametrize(
    ("made", "state", "kind", "enough"),
    [
        ("2026-12-03 11:00", "in_force", "full", True),
        ("2026-11-30 11:00", "in_force", "full", True),
        ("2026-11-20 11:00", "in_force", "full", False),
        ("2026-12-03 11:00", "pending", "full", False),
        ("2026-12-03 11:00", "in_force", "screen", False),
    ],
)
def test_each_victim_is_assessed_in_full_one_last_time(session, at, made, state, kind, enough):
    at("2026-11-10 10:47")
    case = opened(report_taken())
    at(made)
    assessed(case, state=state, kind=kind)
    at("2026-12-04 10:00")
    propose(case)
    asked = [sentence for sentence in sentences(case) if sentence.startswith("Assess the risk to Nasreen Khan-Abdullahi one last time")]
    assert bool(asked) is not enough


# --- The signature ---------------------------------------------------------------------------------------------------


def test_a_case_that_was_high_needs_a_supervisors_signature_who_did_not_propose_it(session, at):
    case = ready(at, HIGH)
    needs = "A supervisor signs, because the risk was high in the last 60 days."
    assert needs in sentences(case)
    with pytest.raises(NotAllowed, match="Only a supervisor"):
        closure.sign_closing(actor=officer(), case=case)
    with pytest.raises(NotAllowed):
        closure.sign_closing(actor=factories.user("supervisor@charnwood.example"), case=case)
    closure.sign_closing(actor=supervisor(), case=case)
    assert needs not in sentences(case)


def test_nobody_signs_what_they_proposed(session, at):
    at("2026-12-02 10:47")
    case = propose(opened(report_taken()), actor=supervisor())
    says(case, "disagrees")
    with pytest.raises(Refused, match="another supervisor"):
        closure.sign_closing(actor=supervisor(), case=case)
    closure.sign_closing(actor=factories.user("supervisor2@blaby.example"), case=case)
    assert story(case, "closure")[-1] == "Closing signed by a supervisor"


def test_the_victims_disagreement_and_a_child_need_a_signature(session, at):
    at("2026-12-02 10:47")
    disagreed = propose(opened(report_taken()))
    says(disagreed, "disagrees")
    assert "A supervisor signs, because a victim does not agree." in sentences(disagreed)
    child = propose(opened(report_taken(who=factories.person("Ellie Marsh", age_years=15))))
    assert "A supervisor signs, because a child is involved." in sentences(child)
    at_home = propose(opened(report_taken(detail={"children": "yes"})))
    assert "A supervisor signs, because a child is involved." in sentences(at_home)
    assert not [one for one in sentences(propose(opened(report_taken()))) if one.startswith("A supervisor signs")]


def test_sixty_days_after_the_risk_was_high_no_signature_is_needed(session, at):
    at("2026-09-01 10:47")
    case = opened(report_taken(HIGH))
    episode = session.scalars(select(HighEpisode).where(HighEpisode.party_id == case.parties[0].id)).one()
    episode.ended_at, episode.ended_reason = at("2026-09-10 10:00"), "Lowered"
    session.flush()
    at("2026-11-09 08:59")
    assert [one for one in sentences(case) if one.startswith("A supervisor signs")]
    at("2026-11-09 09:01")
    assert not [one for one in sentences(case) if one.startswith("A supervisor signs")]


def test_a_proposal_made_again_needs_a_new_signature(session, at):
    at("2026-12-02 10:47")
    case = propose(opened(report_taken()))
    says(case, "disagrees")
    closure.sign_closing(actor=supervisor(), case=case)
    closure.keep_open(actor=officer(), case=case, reason="He came back last night.")
    propose(case)
    assert closure.detail_of(case).signed_by is None


# --- Proposing, taking back, opening again -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [({"outcome": ""}, "outcome"), ({"outcome": "other"}, "outcome"), ({"note": " "}, "note"), ({"teller": STRANGER}, "teller")],
)
def test_a_proposal_says_how_it_ended_and_who_tells_the_victims(session, change, field):
    given = {"outcome": "resolved_advice", "note": "Quiet.", "teller": "officer@blaby.example"} | change
    case = factories.case()
    with pytest.raises(Refused) as refused:
        closure.propose_closing(actor=officer(), case=case, **(given | {"teller": factories.user(given["teller"])}))
    assert refused.value.field == field
    assert case.state == "open"


def test_only_the_owner_closes(session, at):
    case = ready(at)
    for verb in (closure.close_case, closure.keep_open, closure.reopen):
        with pytest.raises(NotAllowed):
            verb(actor=factories.user("officer@charnwood.example"), case=case, **({} if verb is closure.close_case else {"reason": "x"}))


def test_a_reopened_case_promises_contact_again_and_starts_without_a_proposal(session, at):
    case = ready(at)
    closure.close_case(actor=officer(), case=case)
    at("2026-12-10 10:00")
    with pytest.raises(Refused, match="Say why it opens again"):
        closure.reopen(actor=officer(), case=case, reason="")
    closure.reopen(actor=officer(), case=case, reason="He is back.")
    assert (case.state, case.closed_at, closure.detail_of(case).outcome) == ("open", None, None)
    assert "cadence" in promises(case.parties[0], "open")
    assert story(case, "closure")[-1] == "Case reopened"


def test_closing_by_an_older_page_shows_how_the_case_stands_now(session, at):
    case = ready(at)
    version = case.version
    closure.keep_open(actor=supervisor(), case=case, reason="Not yet.")
    with pytest.raises(Stale) as stale:
        closure.close_case(actor=officer(), case=case, version=version)
    assert ("State", "Open") in stale.value.theirs


def test_a_case_with_nobody_on_it_can_be_closed(session, at):
    at("2026-12-02 10:47")
    case = propose(factories.case(officer=officer()))
    closure.close_case(actor=officer(), case=case)
    assert case.state == "closed"
