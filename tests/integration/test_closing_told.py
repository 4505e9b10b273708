"""Closing, victim by victim: each is told by a named person before it, says what they think, and a silence is signed for."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from sentinel.access.models import Absence, User
from sentinel.access.queries import viewer_of, with_roles
from sentinel.alerts import messages
from sentinel.alerts import queries as alerts
from sentinel.alerts.models import Alert, Telling
from sentinel.alerts.sweep import sweep
from sentinel.cases import closure, handover, triage
from sentinel.cases.service import move_to_officer
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused
from sentinel.post.models import Outbox
from sentinel.victims import closing, service
from sentinel.victims.models import ClosingView
from tests import factories
from tests.integration.page_read import words
from tests.integration.promise_made import HIGH, MEDIUM, all_promises, assessed, contacted, opened, promises, report_taken, story, victim
from tests.integration.risk_made import assess

NASREEN = "Nasreen Khan-Abdullahi"


def officer():
    return factories.user("officer@blaby.example")


def supervisor():
    return factories.user("supervisor@blaby.example")


def propose(case, actor=None, **more):
    given = {"outcome": "no_further_incidents", "note": "Six quiet weeks."} | more
    return closure.propose_closing(actor=actor or officer(), case=case, **given)


def told(party, view="agrees", **more):
    return contacted(party, covers=("closure",), closing_view=view, **more)


def standing(case):
    """What each victim thinks, by name; None where nobody knows yet."""
    return {one.party.person.name: one.view and one.view.view for one in closing.standing(case)}


def missing(case):
    return [one.sentence for one in closure.missing(case) if one.endpoint == "victims.log_contact"]


def two_victims(at):
    """A case with two victims who are not one: a report about each, joined."""
    at("2026-12-02 10:47")
    first, other = report_taken(), report_taken(who=factories.person("Grace Adeyemi"))
    case = opened(first)
    triage.join_case(actor=officer(), report=other, case=case, reason="same_problem")
    return case, victim(first), victim(other)


# --- The promise ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "due"),
    [
        (None, datetime(2026, 12, 9, 17, tzinfo=UTC)),
        (MEDIUM, datetime(2026, 12, 9, 17, tzinfo=UTC)),
        (HIGH, datetime(2026, 12, 3, 17, tzinfo=UTC)),
    ],
    ids=["standard", "medium", "high"],
)
def test_each_victim_is_promised_to_be_told_before_it_closes_by_the_date_of_their_standard(session, at, answers, due):
    at("2026-12-02 10:47")
    case = opened(report_taken(answers))
    propose(case)
    made = promises(case.parties[0], "open")["closure"]
    assert (made.due_at, made.starts_at) == (due, closure.detail_of(case).proposed_at)
    assert story(case, "promise")[-1].startswith(f"Promised {NASREEN}: tell them the case may close, before it does")


def test_a_proposal_after_one_that_was_taken_back_promises_it_anew(session, at):
    at("2026-12-02 10:47")
    case = opened(report_taken())
    propose(case)
    closure.keep_open(actor=officer(), case=case, reason="He came back.")
    assert [one.state for one in all_promises(case.parties[0], "closure")] == ["ended"]
    at("2026-12-10 10:00")
    propose(case)
    first, second = all_promises(case.parties[0], "closure")
    assert (first.state, second.state, second.due_at) == ("ended", "open", datetime(2026, 12, 17, 17, tzinfo=UTC))


def test_what_somebody_thought_of_an_earlier_proposal_does_not_count_for_a_later(session, at):
    at("2026-12-02 10:47")
    case = opened(report_taken())
    propose(case)
    told(case.parties[0])
    closure.keep_open(actor=officer(), case=case, reason="He came back.")
    at("2026-12-10 10:00")
    propose(case)
    assert standing(case) == {NASREEN: None}


def test_a_new_report_ends_what_was_promised_of_closing(session, at):
    case, first, _ = two_victims(at)
    propose(case)
    third = report_taken(who=factories.person("Ida Moss"))
    triage.join_case(actor=officer(), report=third, case=case, reason="same_problem")
    assert case.state == "open"
    assert [one.state for one in all_promises(first, "closure")] == ["ended"]


def test_somebody_who_stands_on_two_reports_is_promised_it_once(session, at):
    at("2026-12-02 10:47")
    who = factories.person(NASREEN)
    case = opened(report_taken(who=who))
    triage.join_case(actor=officer(), report=report_taken(who=who), case=case, reason="same_problem")
    propose(case)
    made = [one for party in case.parties for one in all_promises(party, "closure")]
    assert len(made) == 1
    told(next(party for party in case.parties if party.id != made[0].party_id))
    assert (made[0].state, standing(case)) == ("kept", {NASREEN: "agrees"})


def test_somebody_found_only_while_it_is_proposed_is_promised_it_too(session, at):
    at("2026-12-02 10:47")
    case = opened(report_taken(plan={"ring": "no"}, contactable=False))
    propose(case)
    party = case.parties[0]
    assert (all_promises(party, "closure"), missing(case)) == ([], [])
    service.set_plan(actor=officer(), party=party, values={"phone": "07700 900318", "ring": "yes"})
    assert promises(party, "open")["closure"].due_at == datetime(2026, 12, 9, 17, tzinfo=UTC)
    assert missing(case) == [f"Tell {NASREEN} that the case may close, and ask what they think."]


def test_only_a_contact_that_covers_closing_keeps_it(session, at):
    at("2026-12-02 10:47")
    case = opened(report_taken())
    propose(case)
    contacted(case.parties[0], covers=("first_contact",))
    assert "closure" in promises(case.parties[0], "open")
    told(case.parties[0], "later")
    assert promises(case.parties[0])["closure"].state == "kept"
    assert missing(case) == [f"Ask {NASREEN} what they think of closing."]


# --- What they think --------------------------------------------------------------------------------------------------


def test_two_victims_may_differ_and_one_who_disagrees_is_enough_for_a_signature(session, at):
    case, first, second = two_victims(at)
    propose(case)
    told(first)
    assert standing(case) == {NASREEN: "agrees", "Grace Adeyemi": None}
    assert missing(case) == ["Tell Grace Adeyemi that the case may close, and ask what they think."]
    told(second, "disagrees")
    assert standing(case) == {NASREEN: "agrees", "Grace Adeyemi": "disagrees"}
    assert "A supervisor signs, because a victim does not agree." in [one.sentence for one in closure.missing(case)]


def test_whoever_changes_their_mind_is_on_record_with_both(session, at):
    at("2026-12-02 10:47")
    case = opened(report_taken())
    propose(case)
    told(case.parties[0])
    at("2026-12-03 10:00")
    told(case.parties[0], "disagrees", note="He shouted again last night.")
    assert standing(case) == {NASREEN: "disagrees"}
    assert [one.view for one in session.scalars(select(ClosingView).order_by(ClosingView.at))] == ["agrees", "disagrees"]


def test_a_signature_does_not_outlive_a_disagreement_that_came_after_it(session, at):
    at("2026-12-02 10:47")
    case = opened(report_taken(who=factories.person("Ellie Marsh", age_years=15)))
    propose(case)
    closure.sign_closing(actor=supervisor(), case=case)
    told(case.parties[0], "disagrees")
    assert closure.detail_of(case).signed_by is None
    assert story(case, "closure")[-1] == "The signature no longer stands: a victim disagrees"


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"covers": ()}, "covers", "Tick that you told them about closing"),
        ({"outcome": "attempt"}, "covers", "You did not speak to them"),
        ({"outcome": "one_way_sent", "channel": "letter"}, "covers", "You did not speak to them"),
        ({"closing_view": "hates_it"}, "closing_view", "Choose what they think of closing"),
        ({"closing_view": "no_answer"}, "closing_view", "Choose what they think of closing"),
        ({"closing_view": ""}, "closing_view", "Ask what they think of closing"),
        ({"when": datetime(2026, 12, 3, 9, 59, tzinfo=UTC)}, "when", "Closing was proposed Today, 10am: ask again"),
        ({"when": datetime(2026, 12, 3, 10, 31, tzinfo=UTC)}, "when", "That is still to come"),
    ],
)
def test_a_view_comes_from_somebody_who_was_told_since_it_was_proposed_and_asked(session, at, change, field, sentence):
    at("2026-12-02 10:47")
    case = opened(report_taken(plan={"phone": "07700 900318", "ring": "yes", "address": "1 High Street", "post": "yes"}))
    at("2026-12-03 10:00")
    propose(case)
    at("2026-12-03 10:30")
    given = {"covers": ("closure",), "closing_view": "agrees"} | change
    with pytest.raises(Refused, match=sentence) as refused:
        contacted(case.parties[0], **given)
    assert refused.value.field == field
    session.rollback()
    assert session.scalars(select(ClosingView)).all() == []


def test_nobody_is_asked_about_a_case_that_is_not_proposed_for_closing(session, at):
    at("2026-12-02 10:47")
    case = opened(report_taken())
    with pytest.raises(Refused, match="Nobody has proposed to close this case"):
        contacted(case.parties[0], covers=("closure",), closing_view="agrees")


# --- Those who do not answer ------------------------------------------------------------------------------------------


def unanswered(at):
    at("2026-12-02 10:47")
    case = opened(report_taken(plan={"phone": "07700 900318", "ring": "yes", "address": "1 High Street", "post": "yes"}))
    propose(case)
    at("2026-12-03 10:00")
    return case


def test_ten_working_days_after_the_first_try_a_supervisor_may_sign_without(session, at):
    case = unanswered(at)
    contacted(case.parties[0], outcome="attempt", note="Rang out.")
    at("2026-12-17 16:59")
    with pytest.raises(Refused, match="has until Today, 5pm to answer"):
        closing.go_without(actor=supervisor(), party=case.parties[0], reason="Tried.")
    at("2026-12-17 17:00")
    assert missing(case)[0].endswith("There was no answer: a supervisor may sign without.")
    closing.go_without(actor=supervisor(), party=case.parties[0], reason="Rang three times.")
    assert standing(case) == {NASREEN: "no_answer"}
    assert promises(case.parties[0])["closure"].state == "excused"
    assert missing(case) == []


def test_a_letter_that_told_them_begins_the_ten_days_and_keeps_the_promise_only_when_it_arrived(session, at):
    case = unanswered(at)
    contacted(case.parties[0], channel="letter", outcome="delivered", covers=("closure",), note="Wrote that it may close.")
    assert promises(case.parties[0])["closure"].state == "kept"
    assert missing(case) == [f"Ask {NASREEN} what they think of closing."]
    at("2026-12-17 17:00")
    closing.go_without(actor=supervisor(), party=case.parties[0], reason="Wrote, no answer.")
    assert (standing(case), missing(case)) == ({NASREEN: "no_answer"}, [])


def test_nobody_signs_without_an_answer_before_anybody_tried_nor_for_their_own_proposal_nor_without_being_a_supervisor(session, at):
    case = unanswered(at)
    at("2026-12-21 10:00")
    with pytest.raises(Refused, match=f"Nobody has tried to tell {NASREEN} yet"):
        closing.go_without(actor=supervisor(), party=case.parties[0], reason="Tried.")
    contacted(case.parties[0], when=datetime(2026, 12, 3, 10, tzinfo=UTC), outcome="attempt", note="Rang out.")
    with pytest.raises(NotAllowed):
        closing.go_without(actor=officer(), party=case.parties[0], reason="Tried.")
    with pytest.raises(NotAllowed):
        closing.go_without(actor=factories.user("supervisor@charnwood.example"), party=case.parties[0], reason="Tried.")
    closure.detail_of(case).proposed_by = supervisor().id
    with pytest.raises(Refused, match="another supervisor"):
        closing.go_without(actor=supervisor(), party=case.parties[0], reason="Tried.")
    closure.detail_of(case).proposed_by = officer().id
    with pytest.raises(Refused, match="Say how they were tried"):
        closing.go_without(actor=supervisor(), party=case.parties[0], reason=" ")


def test_three_attempts_by_two_ways_on_two_days_are_excused_as_ever_and_say_that_nobody_was_reached(session, at):
    case = unanswered(at)
    party = case.parties[0]
    for day, way in (("2026-12-03 10:00", "phone"), ("2026-12-03 16:00", "visit"), ("2026-12-04 10:00", "phone")):
        at(day)
        contacted(party, channel=way, outcome="attempt", note="Nobody in.")
    service.excuse(actor=supervisor(), promise=promises(party)["closure"], reason="Moved away, we think.")
    assert (standing(case), missing(case)) == ({NASREEN: "not_reached"}, [])


def test_somebody_nobody_may_contact_is_asked_nothing(session, at):
    at("2026-12-02 10:47")
    unknowing = opened(report_taken(roles=("victim", "reporter"), party_detail={"may_not_know": True}))
    domestic = opened(report_taken(detail={"relation": "partner_or_family"}))
    for case in (unknowing, domestic):
        propose(case)
        assert (missing(case), standing(case)) == ([], {NASREEN: None})
        assert all_promises(case.parties[0], "closure") == []


def test_whoever_was_promised_to_hear_of_it_is_told_or_excused_whatever_became_of_their_plan(session, at):
    case = unanswered(at)
    service.set_plan(actor=officer(), party=case.parties[0], values={"ring": "no", "text": "no", "address": ""}, no_way=True)
    assert promised_still(case) == [f"{NASREEN} was promised to hear that the case may close: tell them, or ask a supervisor to excuse it."]


def test_what_somebody_says_who_may_not_speak_for_the_victim_is_no_telling(session, at):
    case = unanswered(at)
    told(case.parties[0], spoke_to=factories.person("Imran Khan-Abdullahi"))
    assert len(promised_still(case)) == 1
    told(case.parties[0])
    assert promised_still(case) == []


def promised_still(case):
    return [one.sentence for one in closure.missing(case) if "was promised to hear" in one.sentence]


def test_closing_is_never_waived(session, at):
    case = unanswered(at)
    with pytest.raises(Refused, match="always told"):
        service.waive(actor=officer(), promise=promises(case.parties[0])["closure"], reason="asked_for_longer", note="x", every=20)


def test_a_case_closes_over_what_its_victims_said_and_keeps_it(session, at):
    case, first, second = two_victims(at)
    for party in (first, second):
        contacted(party, covers=("acknowledge", "first_contact"))
    assessed(case)
    assessed(case, party_id=second.id)
    propose(case, teller=supervisor())
    assert closure.detail_of(case).teller_id == supervisor().id
    told(first, actor="supervisor@blaby.example")
    told(second, "disagrees", actor="supervisor@blaby.example")
    closure.sign_closing(actor=supervisor(), case=case)
    assert [one.sentence for one in closure.missing(case)] == []
    at("2026-12-03 10:00")
    closure.close_case(actor=officer(), case=case)
    assert standing(case) == {NASREEN: "agrees", "Grace Adeyemi": "disagrees"}


def test_an_excused_promise_of_another_kind_says_nothing_of_closing(session, at):
    case = unanswered(at)
    party = case.parties[0]
    for day, way in (("2026-12-03 10:00", "phone"), ("2026-12-03 16:00", "visit"), ("2026-12-04 10:00", "phone")):
        at(day)
        contacted(party, channel=way, outcome="attempt", note="Nobody in.")
    service.excuse(actor=supervisor(), promise=promises(party)["first_contact"], reason="Not in.")
    assert standing(case) == {NASREEN: None}


def test_whoever_became_enhanced_since_is_excused_once_and_no_promise_to_tell_them_stays_open(session, at):
    case = unanswered(at)
    party = case.parties[0]
    service.decide_vulnerable(actor=officer(), party=party, why="Afraid to go out.")
    assert [one.state for one in all_promises(party, "closure")] == ["open", "open"]
    contacted(party, outcome="attempt", note="Rang out.")
    at("2026-12-17 17:00")
    closing.go_without(actor=supervisor(), party=party, reason="Rang three times.")
    assert [one.state for one in all_promises(party, "closure")] == ["excused", "excused"]


def test_whoever_has_answered_is_promised_nothing_more_when_another_report_of_theirs_finds_a_way(session, at):
    at("2026-12-02 10:47")
    who = factories.person(NASREEN)
    case = opened(report_taken(who=who))
    other = report_taken(who=who, plan={"ring": "no"}, contactable=False)
    triage.join_case(actor=officer(), report=other, case=case, reason="same_problem")
    propose(case)
    told(victim(case.reports[0]))
    service.set_plan(actor=officer(), party=victim(other), values={"phone": "07700 900318", "ring": "yes"})
    assert all_promises(victim(other), "closure") == []


def test_a_case_that_another_partner_accepts_is_not_closed_on_the_givers_proposal(session, at):
    case = unanswered(at)
    offer = handover.offer(actor=officer(), case=case, to_team=factories.team("charnwood-asb"), reason="They moved.")
    handover.accept(actor=factories.user("officer@charnwood.example"), handover=offer)
    assert (case.state, closure.detail_of(case).proposed_at) == ("open", None)
    assert [one.state for one in all_promises(case.parties[0], "closure")] == ["ended"]


def test_whoever_was_told_when_they_rang_and_wants_to_think_has_the_same_ten_days(session, at):
    case = unanswered(at)
    told(case.parties[0], "later", direction="in")
    at("2026-12-17 17:00")
    assert missing(case) == [f"Ask {NASREEN} what they think of closing. There was no answer: a supervisor may sign without."]


# --- Whoever was named is the one alerted -------------------------------------------------------------------------------


TELLER, OTHER = "supervisor@blaby.example", "supervisor2@blaby.example"
OFFICER = "officer@blaby.example"
DUE = "2026-12-09 17:00"


def proposed(at, teller=TELLER, answers=None):
    """A case of the officer's, proposed for closing on a Wednesday morning, somebody else telling the victim."""
    at("2026-12-02 10:47")
    case = opened(report_taken(answers))
    propose(case, teller=factories.user(teller))
    return case, promises(case.parties[0], "open")["closure"]


def swept(at, moment):
    db.session.commit()
    sweep(at(moment))


def alert_of(promise):
    found = select(Alert).where(Alert.trigger_key == "promise", Alert.subject_id == promise.id, Alert.closed_at.is_(None))
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def heard(promise):
    """Who was told of the alert, by step."""
    query = select(Telling.step, User.email).join(Alert, Alert.id == Telling.alert_id).join(User, User.id == Telling.user_id)
    return {(step, email) for step, email in db.session.execute(query.where(Alert.subject_id == promise.id))}


def test_the_named_teller_is_alerted_and_not_the_officer_who_sees_it_on_their_case(session, at, client_as):
    case, promise = proposed(at)
    swept(at, DUE)
    assert heard(promise) == {(2, TELLER)}
    alert = alert_of(promise)
    assert (alert.officer_id, alert.own_officer) == (factories.user(TELLER).id, True)
    for email in (TELLER, OFFICER):
        viewer = viewer_of(with_roles(factories.user(email).id))
        assert promise.id in set(db.session.scalars(select(Alert.subject_id).where(alerts.inbox(viewer))))
    at("2026-12-10 08:00")
    messages.write_digests()
    digests = select(User.email).join(Outbox, Outbox.ref_id == User.id).where(Outbox.template == "alerts_digest")
    of_promise = digests.join(Telling, Telling.outbox_id == Outbox.id).join(Alert, Alert.id == Telling.alert_id)
    assert set(db.session.scalars(of_promise.where(Alert.subject_id == promise.id))) == {TELLER}
    page = words(client_as(OFFICER).get(f"/cases/{case.id}/closing"))
    assert f"Alerts about telling them go to {factories.user(TELLER).name}, or whoever stands in." in page


def test_where_the_officer_tells_it_goes_along_with_the_case(session, at):
    case, promise = proposed(at, teller=OFFICER)
    assert promise.teller_id is None
    swept(at, DUE)
    move_to_officer(actor=supervisor(), case=case, officer=factories.user(OTHER), reason="Leave.")
    assert closure.detail_of(case).teller_id == factories.user(OTHER).id
    swept(at, "2026-12-09 17:05")
    assert heard(promise) == {(2, OFFICER), (2, OTHER)}


def test_the_tellers_alert_does_not_follow_the_case_to_another_officer(session, at):
    case, promise = proposed(at)
    swept(at, DUE)
    move_to_officer(actor=supervisor(), case=case, officer=factories.user(OTHER), reason="Leave.")
    swept(at, "2026-12-09 17:05")
    assert closure.detail_of(case).teller_id == factories.user(TELLER).id
    assert heard(promise) == {(2, TELLER)}
    assert alert_of(promise).officer_id == factories.user(TELLER).id


def test_when_the_teller_is_away_their_cover_hears_and_without_one_the_next_of_the_chain(session, at):
    _, promise = proposed(at)
    day = at(DUE).date()
    away = Absence(user_id=factories.user(TELLER).id, starts_on=day, ends_on=day, cover_user_id=factories.user(OTHER).id)
    db.session.add(away)
    swept(at, DUE)
    assert heard(promise) == {(2, OTHER)}


def test_a_teller_who_can_no_longer_sign_in_is_not_the_end_of_it(session, at):
    _, promise = proposed(at)
    factories.user(TELLER).disabled_at = at("2026-12-08 09:00")
    swept(at, DUE)
    assert heard(promise) == {(2, OTHER)}, "no cover, nobody on duty: the supervisor who is left"


@pytest.mark.parametrize(("moment", "step"), [("2026-12-08 09:00", 1), (DUE, 2), ("2026-12-10 17:00", 3), ("2026-12-14 17:00", 4)])
def test_handing_the_telling_on_takes_the_alert_along_at_whatever_step_it_is(session, at, moment, step):
    case, promise = proposed(at, teller=OTHER)
    due = promise.due_at
    swept(at, moment)
    closure.name_teller(actor=officer(), case=case, teller=factories.user(TELLER))
    assert (step, TELLER) in heard(promise)
    assert (alert_of(promise).officer_id, alert_of(promise).step) == (factories.user(TELLER).id, step)
    assert (promise.teller_id, promise.due_at) == (factories.user(TELLER).id, due)
    closure.name_teller(actor=officer(), case=case, teller=officer())
    assert (promise.teller_id, alert_of(promise).officer_id, alert_of(promise).own_officer) == (None, officer().id, False)
    assert (step, OFFICER) in heard(promise)
    assert f"{officer().name} tells the victims, in place of {factories.user(TELLER).name}" in story(case, "closure")


def test_what_becomes_tighter_or_is_promised_to_a_newcomer_is_the_tellers_too(session, at):
    case, promise = proposed(at)
    at("2026-12-02 11:00")
    assess(case.parties[0], "high")
    kinds = [one for one in all_promises(case.parties[0], "closure") if one.state == "open"]
    assert len(kinds) == 2
    assert {one.teller_id for one in kinds} == {factories.user(TELLER).id}
    assert promise in kinds


def test_telling_them_closes_the_tellers_alert_and_the_page_says_who_told_in_whose_place(session, at, client_as):
    case, promise = proposed(at)
    swept(at, DUE)
    told(case.parties[0])
    assert promise.state == "kept", "rules.md names no person who alone keeps it"
    assert not db.session.scalars(select(Alert).where(Alert.subject_id == promise.id, Alert.closed_at.is_(None))).all()
    db.session.commit()
    page = words(client_as(OFFICER).get(f"/cases/{case.id}/closing"))
    assert f"Told by {officer().name}, in place of {factories.user(TELLER).name}" in page


def test_another_teller_is_named_on_the_page_and_bad_names_are_refused(session, at, client_as):
    case, promise = proposed(at)
    db.session.commit()
    client, path, named = client_as(OFFICER), f"/cases/{case.id}/closing/teller", factories.user(OTHER)
    version = str(closure.teller_version(closure.detail_of(case)))
    assert "Choose who tells the victims" in client.post(path, {"version": version}, status=422).text
    stranger = str(factories.user("officer@charnwood.example").id)
    assert "not one of those offered" in client.post(path, {"version": version, "teller": stranger}, status=422).text
    page = words(client.follow(path, {"version": version, "teller": str(named.id)}))
    assert f"Tells the victims {named.name}" in page
    stale = client.post(path, {"version": version, "teller": str(officer().id)}, status=409).text
    assert f"Somebody named {named.name} while you had this open" in stale
    db.session.expire_all()
    assert promise.teller_id == named.id
    with pytest.raises(Refused, match="tells them already"):
        closure.name_teller(actor=officer(), case=case, teller=named)
    with pytest.raises(Refused, match="does not work on this case"):
        closure.name_teller(actor=officer(), case=case, teller=factories.user("officer@charnwood.example"))
    with pytest.raises(NotAllowed):
        closure.name_teller(actor=factories.user("officer@charnwood.example"), case=case, teller=officer())
    closure.keep_open(actor=officer(), case=case, reason="He came back.")
    with pytest.raises(Refused, match="Nobody has proposed"):
        closure.name_teller(actor=officer(), case=case, teller=officer())
