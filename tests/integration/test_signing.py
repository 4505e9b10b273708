"""Nobody signs for a case they have themselves: who does instead, down to the last supervisor and to none at all."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from sentinel.access.models import RoleHeld
from sentinel.access.queries import viewer_of, with_roles
from sentinel.alerts.models import Alert
from sentinel.cases import closure, signing
from sentinel.cases.models import Case, CaseGrant
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused
from sentinel.desk import to_sign
from sentinel.risk import service as assessing
from sentinel.supervision import service as supervision
from sentinel.supervision.models import SupervisionReview
from sentinel.victims import service as victims
from tests import factories as make
from tests.integration import promise_made
from tests.integration.page_read import words
from tests.integration.restricted_made import restricted, told_of
from tests.integration.risk_made import FULL_HIGH, assess

SUPERVISOR, SECOND, MANAGER = "supervisor@blaby.example", "supervisor2@blaby.example", "manager@blaby.example"
OFFICER, GOVERNANCE = "officer@blaby.example", "governance@county.example"
CAN = "You have this case yourself, so you cannot sign for it. "


@pytest.fixture(autouse=True)
def wednesday(session, at):
    at("2026-12-02 10:00")


def who(email: str):
    return with_roles(make.user(email).id)


def as_(email: str):
    return viewer_of(who(email))


def alone() -> None:
    """The second supervisor's account is closed."""
    make.user(SECOND).disabled_at = clock.now()
    db.session.flush()


@pytest.fixture
def four(at):
    """A case of the supervisor's own with each of the four things: a review, a lowering, a closing, a promise to excuse."""
    at("2026-11-23 10:00")
    party = promise_made.victim_on_case(promise_made.HIGH)
    for days, channel in ((6, "phone"), (3, "visit"), (2, "phone")):
        at("2026-12-02 10:00")
        tried = {"channel": channel, "outcome": "attempt", "note": "No answer."}
        promise_made.contacted(party, when=clock.now() - timedelta(days=days), **tried)
    lowering = assess(party, "medium", FULL_HIGH)
    closure.propose_closing(actor=who(OFFICER), case=party.case, outcome="resolved_advice", note="Done.")
    party.case.officer_id = make.user(SUPERVISOR).id
    db.session.flush()
    review = db.session.scalars(select(SupervisionReview).where(SupervisionReview.done_at.is_(None))).one()
    promise = promise_made.promises(party, "open")["first_contact"]

    def do(kind: str, actor) -> None:
        if kind == "review":
            supervision.sign_review(actor=actor, review=review, note="Right.")
        elif kind == "lowering":
            assessing.agree_lowering(actor=actor, assessment=lowering)
        elif kind == "closing":
            closure.sign_closing(actor=actor, case=party.case)
        else:
            victims.excuse(actor=actor, promise=promise, reason="Tried in vain.")

    return do, party.case


FOUR = ["review", "lowering", "closing", "excuse"]


@pytest.mark.parametrize("kind", FOUR)
def test_whoever_has_the_case_does_not_sign_and_is_told_who_can(four, kind):
    do, _ = four
    with pytest.raises(NotAllowed) as refused:
        do(kind, who(SUPERVISOR))
    assert refused.value.sentence == CAN + "Gethin Rees can."
    do(kind, who(SECOND))


@pytest.mark.parametrize("kind", FOUR)
def test_while_another_supervisor_can_sign_the_service_manager_does_not(four, kind):
    do, _ = four
    with pytest.raises(NotAllowed):
        do(kind, who(MANAGER))


@pytest.mark.parametrize("kind", FOUR)
def test_where_no_other_supervisor_is_left_the_service_manager_signs(four, kind):
    do, _ = four
    alone()
    with pytest.raises(NotAllowed) as refused:
        do(kind, who(SUPERVISOR))
    assert refused.value.sentence == CAN + "There is no other supervisor: ask Rajesh Vaghela, on the page of signatures."
    do(kind, who(MANAGER))


@pytest.mark.parametrize("kind", FOUR)
def test_with_nobody_at_all_the_sentence_says_whom_to_ask(four, kind):
    do, _ = four
    alone()
    make.user(MANAGER).vetted_until = clock.today() - timedelta(days=1)
    db.session.flush()
    with pytest.raises(NotAllowed, match="ask your local administrator"):
        do(kind, who(SUPERVISOR))


def test_ones_own_case_is_not_among_what_one_may_sign_and_the_page_says_whose_it_is(four, client_as):
    assert {one.kind for group in to_sign.groups(as_(SECOND)) for one in group.rows} >= set(FOUR)
    mine = {one.kind for group in to_sign.groups(as_(SUPERVISOR)) for one in group.rows}
    assert mine.isdisjoint(FOUR)
    assert to_sign.count(as_(SUPERVISOR)) == sum(len(group.rows) for group in to_sign.groups(as_(SUPERVISOR)))
    db.session.commit()
    page = words(client_as(SUPERVISOR).get("/sign-off"))
    assert "On cases you have yourself, somebody else signs" in page
    assert "Gethin Rees can." in page
    assert "Ask them to sign" not in page


def test_the_service_manager_is_asked_and_signs_what_there_is_for_five_days(four, client_as, at):
    _, case = four
    alone()
    db.session.commit()
    manager = client_as(MANAGER)
    assert case.reference not in manager.get("/sign-off").text, "no case by that role"
    assert "Ask them to sign" in words(client_as(SUPERVISOR).get("/sign-off"))
    page = words(client_as(SUPERVISOR).follow(f"/sign-off/ask/{case.id}", {}))
    assert "Rajesh Vaghela can until Monday 7 December." in page
    kinds = {one.kind for group in to_sign.groups(as_(MANAGER)) for one in group.rows}
    assert kinds == set(FOUR)
    assert to_sign.count(as_(MANAGER)) == sum(len(group.rows) for group in to_sign.groups(as_(MANAGER)))
    for group in to_sign.groups(as_(MANAGER)):
        for one in group.rows:
            elsewhere = {"closing": f"/cases/{one.id}/closing", "excuse": f"/promises/{one.id}/excuse"}
            manager.get(elsewhere.get(one.kind, f"/sign-off/{one.kind}/{one.id}"))
            assert elsewhere.get(one.kind, "") in manager.get("/sign-off").text
    lowering = next(one for group in to_sign.groups(as_(MANAGER)) for one in group.rows if one.kind == "lowering")
    manager.follow(f"/sign-off/lowering/{lowering.id}", {"answer": "agree", "note": "Read it."})
    db.session.expire_all()
    manager.post(f"/cases/{case.id}/closing/sign", {"version": str(case.version), "note": "Read it."})
    db.session.expire_all()
    assert closure.detail_of(case).signed_by == make.user(MANAGER).id
    at("2026-12-07 10:01")
    manager.get(f"/cases/{case.id}/closing", status=404)
    assert to_sign.groups(as_(MANAGER))[0].rows == []


def test_nobody_is_asked_while_somebody_can_sign_nor_twice_nor_for_a_case_of_others(four):
    _, case = four
    with pytest.raises(Refused, match="Gethin Rees can"):
        signing.ask_manager(actor=who(SUPERVISOR), case=case)
    alone()
    with pytest.raises(NotAllowed, match="Only a supervisor who has the case"):
        signing.ask_manager(actor=who(OFFICER), case=case)
    signing.ask_manager(actor=who(SUPERVISOR), case=case)
    with pytest.raises(Refused, match="asked already"):
        signing.ask_manager(actor=who(SUPERVISOR), case=case)
    assert len(db.session.scalars(select(CaseGrant).where(CaseGrant.case_id == case.id, CaseGrant.level == "named")).all()) == 1


def test_of_a_restricted_case_only_those_named_sign():
    case = restricted(officer=SUPERVISOR)
    assert signing.signers(case) == []
    other = restricted(SECOND, officer=SUPERVISOR)
    assert [user.email for user in signing.signers(other)] == [SECOND]


# --- the only supervisor is gone ----------------------------------------------------------------------------------------


def nobody_supervises(how: str = "disabled") -> None:
    for email in (SUPERVISOR, SECOND):
        person = make.user(email)
        if how == "disabled":
            person.disabled_at = clock.now()
        else:
            person.vetted_until = clock.today() - timedelta(days=1)
    db.session.flush()


@pytest.mark.parametrize("how", ["disabled", "vetting lapsed"])
def test_alerts_for_a_supervisor_who_is_shut_out_go_to_the_service_manager_at_that_minute(how):
    nobody_supervises(how)
    party = promise_made.victim_on_case(promise_made.HIGH)
    alert = db.session.scalars(select(Alert).where(Alert.trigger_key == "high_risk", Alert.party_id == party.id)).one()
    assert told_of("high_risk", alert.subject_id) == {MANAGER}


@pytest.mark.parametrize("how", ["disabled", "vetting lapsed"])
def test_that_a_team_has_no_supervisor_is_said_to_those_who_can_mend_it(how, client_as):
    sentence = "Blaby ASB team has no supervisor who can sign in."
    partner = make.team().partner_id
    for email in (MANAGER, GOVERNANCE):
        assert sentence not in words(client_as(email).get("/board"))
    nobody_supervises(how)
    db.session.commit()
    for email in (MANAGER, GOVERNANCE):
        assert sentence in words(client_as(email).get("/board")), email
    for email in (MANAGER, GOVERNANCE, "admin@blaby.example"):
        assert sentence in words(client_as(email).get(f"/partnership/{partner}")), email
    assert sentence not in words(client_as("supervisor@charnwood.example").get("/board"))


def test_a_supervisor_of_another_team_of_the_partner_signs_what_waits():
    party = promise_made.victim_on_case(promise_made.HIGH)
    nobody_supervises()
    elsewhere = make.user("calltaker@blaby.example")
    db.session.add(RoleHeld(user_id=elsewhere.id, team_id=make.team("blaby-customer-services").id, role="supervisor"))
    db.session.flush()
    db.session.expire_all()
    listed = {one.kind for group in to_sign.groups(as_("calltaker@blaby.example")) for one in group.rows}
    assert "review" in listed
    review = db.session.scalars(select(SupervisionReview).where(SupervisionReview.party_id == party.id)).one()
    supervision.sign_review(actor=who("calltaker@blaby.example"), review=review, note="Right.")
    assert review.done_by == elsewhere.id
    assert isinstance(party.case, Case)
