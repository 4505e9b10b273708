"""Nobody signs for a case they have themselves: who does instead, down to the last supervisor and to none at all."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from sentinel.access.models import RoleHeld
from sentinel.access.queries import viewer_of, with_roles
from sentinel.alerts.models import Alert, Telling
from sentinel.alerts.sweep import sweep
from sentinel.cases import closure, signing
from sentinel.cases.models import Case, CaseGrant
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused
from sentinel.desk import to_sign
from sentinel.referrals import service as referring
from sentinel.referrals.models import Referral
from sentinel.risk import service as assessing
from sentinel.supervision import service as supervision
from sentinel.supervision.models import SupervisionReview
from sentinel.victims import service as victims
from tests import factories as make
from tests.integration import promise_made
from tests.integration.page_read import words
from tests.integration.restricted_made import looking, restricted, told_of
from tests.integration.risk_made import FULL_HIGH, assess, victim_on_case

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
    assert refused.value.sentence == CAN + "There is no other supervisor: ask Rajesh Vaghela, on the page of the case."
    do(kind, who(MANAGER))


@pytest.mark.parametrize("kind", FOUR)
def test_with_nobody_at_all_the_sentence_says_whom_to_ask(four, kind):
    do, _ = four
    alone()
    make.user(MANAGER).vetted_until = clock.today() - timedelta(days=1)
    db.session.flush()
    with pytest.raises(NotAllowed) as refused:
        do(kind, who(SUPERVISOR))
    told = make.user(GOVERNANCE).name
    assert refused.value.sentence == f"{CAN}{signing.NOBODY} {told} is told when you ask, and can have one named."


def test_ones_own_case_is_not_among_what_one_may_sign_and_the_page_says_whose_it_is(four, client_as):
    assert {one.kind for group in to_sign.groups(as_(SECOND)) for one in group.rows} >= set(FOUR)
    mine = {one.kind for group in to_sign.groups(as_(SUPERVISOR)) for one in group.rows}
    assert mine.isdisjoint(FOUR)
    assert to_sign.count(as_(SUPERVISOR)) == sum(len(group.rows) for group in to_sign.groups(as_(SUPERVISOR)))
    db.session.commit()
    page = words(client_as(SUPERVISOR).get("/sign-off"))
    assert "On cases you have yourself, somebody else signs" in page
    assert "Gethin Rees can." in page
    assert "Ask for a signature" not in page


def test_the_service_manager_is_asked_and_signs_what_there_is_for_five_days(four, client_as, at):
    _, case = four
    alone()
    db.session.commit()
    manager = client_as(MANAGER)
    assert case.reference not in manager.get("/sign-off").text, "no case by that role"
    assert "Ask for a signature" in words(client_as(SUPERVISOR).get("/sign-off"))
    page = words(client_as(SUPERVISOR).follow(f"/cases/{case.id}/ask-to-sign", {"why": "Four things, before she moves."}))
    assert "Rajesh Vaghela can sign it now, and was told." in page
    assert "Rajesh Vaghela can until Monday 7 December." in words(client_as(SUPERVISOR).get("/sign-off"))
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


def test_nobody_is_asked_while_somebody_can_sign_nor_twice_nor_by_strangers_nor_without_a_reason(four):
    _, case = four
    asking = {"case": case, "why": "It cannot wait."}
    with pytest.raises(Refused, match="Gethin Rees can"):
        signing.ask_manager(actor=who(SUPERVISOR), **asking)
    alone()
    with pytest.raises(NotAllowed, match="Only practitioners and supervisors of the partner"):
        signing.ask_manager(actor=who("officer@charnwood.example"), **asking)
    with pytest.raises(Refused, match="Say in a sentence"):
        signing.ask_manager(actor=who(SUPERVISOR), case=case, why=" ")
    signing.ask_manager(actor=who(SUPERVISOR), **asking)
    with pytest.raises(Refused, match="asked already"):
        signing.ask_manager(actor=who(OFFICER), **asking)
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


def asked_of_manager(case: Case) -> Alert | None:
    db.session.flush()
    found = select(Alert).where(Alert.trigger_key == "signature_asked", Alert.subject_id == case.id, Alert.closed_at.is_(None))
    return db.session.scalars(found).one_or_none()


def high_case() -> Case:
    """A case of the officer's on which a supervision review and a lower level wait."""
    party = promise_made.victim_on_case(promise_made.HIGH)
    assess(party, "medium", FULL_HIGH)
    nobody_supervises()
    db.session.commit()
    return party.case


def test_an_officer_whose_team_has_no_supervisor_asks_on_the_page_of_the_case_and_the_manager_signs(client_as):
    case = high_case()
    officer, manager = client_as(OFFICER), client_as(MANAGER)
    page = words(officer.get(f"/cases/{case.id}"))
    assert "No supervisor can sign on this case" in page
    assert "It waits for a signature: a lower level of risk; a supervision review of high risk." in page
    manager.get(f"/cases/{case.id}/risk", status=404)
    refused = officer.post(f"/cases/{case.id}/ask-to-sign", {"why": " "}, status=422).text
    assert "Say in a sentence what they are to sign" in refused
    page = words(officer.follow(f"/cases/{case.id}/ask-to-sign", {"why": "She is safe now and waits to hear."}))
    assert "Rajesh Vaghela can sign it now, and was told." in page
    assert "Rajesh Vaghela was asked, today, 10am" in page
    assert "Ask the service manager" not in page
    alert = asked_of_manager(case)
    assert told_of("signature_asked", alert.subject_id) == {MANAGER}
    assert "To sign where no supervisor can: She is safe now" in words(officer.get(f"/cases/{case.id}/access"))
    listed = {one.kind: one for group in to_sign.groups(as_(MANAGER)) for one in group.rows}
    assert set(listed) == {"lowering", "review"}
    manager.follow(f"/sign-off/lowering/{listed['lowering'].id}", {"answer": "agree", "note": "Read it."})  # and no review is due
    db.session.expire_all()
    assert signing.unsigned(case) == []
    assert "No supervisor can sign" not in words(officer.get(f"/cases/{case.id}"))


def test_the_alert_ends_when_nothing_waits_or_a_supervisor_can_sign_and_rises_to_governance_meanwhile(at):
    case = high_case()
    signing.ask_manager(actor=who(OFFICER), case=case, why="It cannot wait.")
    at("2026-12-03 16:59")
    sweep(clock.now())
    assert asked_of_manager(case).step == 1
    at("2026-12-03 17:00")
    assert asked_of_manager(case).step == 1
    at("2026-12-04 17:00")
    sweep(clock.now())
    assert asked_of_manager(case).step == 2
    assert told_of("signature_asked", case.id) == {MANAGER, GOVERNANCE}
    make.user(SECOND).disabled_at = None
    sweep(clock.now())
    assert asked_of_manager(case) is None


def test_whoever_was_asked_before_is_written_to_again_when_asked_anew(at):
    case = high_case()
    signing.ask_manager(actor=who(OFFICER), case=case, why="It cannot wait.")
    make.user(SECOND).disabled_at = None
    sweep(clock.now())
    at("2026-12-14 10:00")
    nobody_supervises()
    signing.ask_manager(actor=who(OFFICER), case=case, why="It waits again.")
    assert asked_of_manager(case) is not None
    assert (
        len(
            set(
                db.session.scalars(
                    select(Telling.outbox_id).join(Alert, Alert.id == Telling.alert_id).where(Alert.trigger_key == "signature_asked")
                )
            )
        )
        == 2
    )


def test_with_no_service_manager_either_governance_is_told_and_the_page_says_so(client_as):
    case = high_case()
    make.user(MANAGER).disabled_at = clock.now()
    db.session.commit()
    officer, told = client_as(OFFICER), make.user(GOVERNANCE).name
    page = words(officer.get(f"/cases/{case.id}"))
    assert f"There is no service manager either. {told} is told when you ask, and can have one named." in page
    assert "Asked. There is no other supervisor and no service manager" in words(
        officer.follow(f"/cases/{case.id}/ask-to-sign", {"why": "Nobody can sign."})
    )
    assert told_of("signature_asked", case.id) == {GOVERNANCE}
    client_as(GOVERNANCE).get(f"/cases/{case.id}", status=403)
    refused = officer.post(f"/cases/{case.id}/ask-to-sign", {"why": "Again."}, status=422).text
    assert "You can ask again after five days" in refused
    assert f"{told} hears of what is asked for" in words(client_as(GOVERNANCE).get("/board"))


def test_nothing_is_asked_where_nothing_waits(client_as):
    case = make.case(officer=make.user())
    nobody_supervises()
    db.session.commit()
    page = words(client_as(OFFICER).get(f"/cases/{case.id}/ask-to-sign"))
    assert "Nothing on this case waits for a signature" in page
    assert "Nothing on this case waits" in client_as(OFFICER).post(f"/cases/{case.id}/ask-to-sign", {"why": "x"}, status=422).text


def test_a_service_manager_who_has_the_case_is_not_asked_and_does_not_sign():
    case = high_case()
    case.officer_id = make.user(MANAGER).id
    db.session.flush()
    assert signing.managers(case) == []
    assert signing.ask_manager(actor=who(OFFICER), case=case, why="It cannot wait.") == []
    assert told_of("signature_asked", case.id) == {GOVERNANCE}
    review = db.session.scalars(select(SupervisionReview)).one()
    with pytest.raises(NotAllowed):
        supervision.sign_review(actor=who(MANAGER), review=review, note="Right.")


@pytest.mark.parametrize("email", [MANAGER, GOVERNANCE])
def test_whoever_sees_the_board_asks_for_a_whole_team_without_seeing_a_case(client_as, email):
    case, quiet = high_case(), make.case(officer=make.user())
    hidden = make.case(officer=make.user(), restricted=True, state="closure_proposed")
    db.session.commit()
    team, client = make.team(), client_as(email)
    assert "Ask for 1 case that waits" in words(client.get("/board"))
    assert "Say in a sentence" in client.post(f"/board/unsupervised/{team.id}", {"why": ""}, status=422).text
    page = words(client.follow(f"/board/unsupervised/{team.id}", {"why": "The only supervisor left on Friday."}))
    assert "Asked for 1 case. Rajesh Vaghela is told within minutes." in page
    assert "Ask for" not in page.split("has no supervisor")[1][:400]
    grants = db.session.scalars(select(CaseGrant).where(CaseGrant.grantee == make.user(MANAGER).id)).all()
    assert [grant.case_id for grant in grants] == [case.id]
    assert {quiet.id, hidden.id}.isdisjoint({grant.case_id for grant in grants})
    sweep(clock.now())
    assert told_of("signature_asked", case.id) == {MANAGER}
    assert {one.kind for group in to_sign.groups(as_(MANAGER)) for one in group.rows} == {"lowering", "review"}
    story = words(client_as(OFFICER).get(f"/cases/{case.id}/timeline"))
    assert "The only supervisor left on Friday." in story
    client.post(f"/board/unsupervised/{team.id}", {"why": "Again."}, status=422)
    if email == GOVERNANCE:
        client.get(f"/cases/{case.id}", status=403)


def test_nobody_asks_for_a_team_that_is_not_theirs_or_has_a_supervisor(client_as):
    case, team = high_case(), make.team()
    stranger = "supervisor@charnwood.example"
    client_as(stranger).post(f"/board/unsupervised/{team.id}", {"why": "Mine."}, status=404)
    actor = who(stranger)
    with looking(stranger):
        assert signing.waiting_in(team) == 0
        with pytest.raises(Refused, match="Nothing waits"):
            signing.ask_for_team(actor=actor, team=team, why="Mine.")
    make.user(SECOND).disabled_at = None
    db.session.commit()
    client_as(MANAGER).get(f"/board/unsupervised/{team.id}", status=404)
    assert not db.session.scalars(select(CaseGrant).where(CaseGrant.case_id == case.id)).all()


def test_a_referral_refused_is_decided_by_the_manager_where_nobody_else_can(client_as):
    party = victim_on_case()
    party.detail.consent_victim_first = "refused"
    db.session.flush()
    assess(party, "high")
    case, referral = party.case, db.session.scalars(select(Referral)).one()
    case.officer_id = make.user(SUPERVISOR).id
    alone()
    db.session.commit()
    with pytest.raises(NotAllowed, match="You have this case yourself"):
        referring.decide_held(actor=who(SUPERVISOR), referral=referral, send_it=False, reason="Her wish.")
    assert "referral" not in {one.kind for group in to_sign.groups(as_(SUPERVISOR)) for one in group.rows}
    client_as(SUPERVISOR).follow(f"/cases/{case.id}/ask-to-sign", {"why": "She said no; I have her case."})
    client_as(MANAGER).follow(f"/sign-off/referral/{referral.id}", {"answer": "send", "note": "Her life is in danger."})
    db.session.expire_all()
    assert (referral.state, referral.decided_by) == ("open", make.user(MANAGER).id)


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
