"""One mechanism of grants: what an agency sees of a party, what a landlord sees of a case, full views that their owner answers."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from sentinel.cases import restricting, service, sharing, triage
from sentinel.cases.models import CaseGrant
from sentinel.cases.queries import level_for
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotAllowed, NotFound, Refused
from sentinel.referrals import queries
from sentinel.referrals import service as referring
from sentinel.referrals.models import Referral
from tests import factories as make
from tests.filling import form_with
from tests.integration.page_read import words
from tests.integration.restricted_made import LANDLORD, OFFICER, SECOND, STRANGER, SUPERVISOR, as_, restricted, who

pytestmark = pytest.mark.security
WORKER = "worker@victimfirst.example"


@pytest.fixture(autouse=True)
def now(session, at):
    return at("2026-12-02 10:00")


def referred(state="open", **more):
    """A referral to Victim First, open or held, made as the verbs make it."""
    case = make.case(officer=make.user(OFFICER))
    party = make.party(on=case, level="high")
    agency = make.user(WORKER).partner_id
    about = {"id": new_id(), "agency_id": agency, "person_id": party.person_id, "party_id": party.id, "case_id": case.id, "state": state}
    moment = clock.now()
    made = Referral(**about, consent="given", why="High risk", referred_at=moment, contact_by=moment if state == "open" else None, **more)
    db.session.add(made)
    db.session.flush()
    referring.announce(made, None)
    return made


def grants(referral):
    query = select(CaseGrant).where(CaseGrant.party_id == referral.party_id, CaseGrant.level == "contact")
    return list(db.session.scalars(query))


# --- An agency


def test_an_open_referral_grants_the_agency_the_party_and_no_case():
    referral = referred()
    (grant,) = grants(referral)
    assert grant.grantee == referral.agency_id
    assert grant.case_id is None
    assert grant.until > clock.now() + timedelta(days=3_000)
    assert level_for(as_(WORKER), referral.case_id) == "none"
    assert queries.queue(as_(WORKER)) == [referral]


def test_a_held_referral_grants_nothing_until_a_supervisor_sends_it():
    referral = referred("held")
    assert grants(referral) == []
    assert queries.queue(as_(WORKER)) == []
    referring.decide_held(actor=who(SUPERVISOR), referral=referral, send_it=True, reason="Her life is in danger")
    assert len(grants(referral)) == 1
    assert queries.queue(as_(WORKER)) == [referral]


@pytest.mark.parametrize("how", ["closed", "declined", "withdrawn"])
def test_ended_it_is_seen_for_28_days_to_the_minute(how, at):
    referral = referred()
    if how == "closed":
        referring.move(referral=referral, kind="acknowledged", actor=who(WORKER))
    referring.move(referral=referral, kind=how, actor=who(WORKER), note="So it ended")
    (grant,) = grants(referral)
    assert grant.until == clock.now() + timedelta(days=28)
    at("2026-12-30 09:59")
    assert queries.queue(as_(WORKER)) == [referral]
    at("2026-12-30 10:00")
    assert queries.queue(as_(WORKER)) == []
    with pytest.raises(NotFound):
        queries.referral_for(as_(WORKER), referral.id)


def test_a_held_referral_that_is_never_sent_is_never_seen():
    referral = referred("held")
    referring.decide_held(actor=who(SUPERVISOR), referral=referral, send_it=False, reason="She does not want it")
    assert grants(referral) == []
    assert queries.queue(as_(WORKER)) == []


def test_referred_again_the_same_grant_begins_anew(at):
    referral = referred()
    referring.move(referral=referral, kind="declined", actor=who(WORKER), note="Full")
    at("2026-12-20 10:00")
    about = {"agency_id": referral.agency_id, "person_id": referral.person_id, "party_id": referral.party_id, "case_id": referral.case_id}
    again = Referral(id=new_id(), state="open", consent="given", why="Again", referred_at=clock.now(), **about)
    db.session.add(again)
    db.session.flush()
    referring.announce(again, None)
    (grant,) = grants(referral)
    assert grant.until > clock.now() + timedelta(days=3_000)


def test_a_grant_that_is_taken_away_takes_the_referral_away():
    referral = referred()
    (grant,) = grants(referral)
    grant.until = clock.now()
    db.session.flush()
    assert queries.queue(as_(WORKER)) == []


def test_the_agency_stands_on_the_record_of_access_and_its_grant_is_not_ended_there(client_as):
    referral = referred()
    page = client_as(OFFICER).get(f"/cases/{referral.case_id}/access")
    assert "Victim First" in page.text
    assert "The referral and how to ring safely" in page.text
    (grant,) = grants(referral)
    client_as(OFFICER).get(f"/cases/{referral.case_id}/shares/{grant.id}/end", status=404)


# --- A landlord


def test_a_landlord_lands_on_what_is_shared_with_them(client_as):
    assert client_as(LANDLORD).ask("GET", "/").headers["Location"] == "/shared"
    assert "No case is shared with you" in words(client_as(LANDLORD).get("/shared"))


def test_the_headline_of_a_shared_case_is_all_a_landlord_sees(client_as):
    case = make.case(officer=make.user(OFFICER), level="high")
    make.party(on=case, who=make.person("Wilhelmina Tenant"))
    service.add_note(actor=who(OFFICER), case=case, text="She keeps a knife under the bed")
    path = f"/cases/{case.id}/share"
    client = client_as(OFFICER)
    form = form_with(client.get(path).text, path, "reason")
    client.follow(path, form.with_(team=str(make.team("soar-valley-housing").id), reason="She is their tenant"))
    landlord = client_as(LANDLORD)
    listed = words(landlord.get("/shared"))
    assert "She is their tenant" in listed
    page = words(landlord.get(f"/shared/{case.id}"))
    for shown in (case.reference, "High", "Jaswinder Bell", "0116 496 0211", "Wilhelmina Tenant", "She is their tenant"):
        assert shown in page
    assert "knife" not in page
    landlord.get(f"/cases/{case.id}", status=403)
    assert level_for(as_(LANDLORD), case.id) == "headline"


def test_a_share_that_ended_and_a_case_that_was_restricted_are_gone(at):
    first, second = make.case(officer=make.user(OFFICER)), make.case(officer=make.user(OFFICER))
    for case in (first, second):
        service.share_case(actor=who(OFFICER), case=case, grantee=make.team("soar-valley-housing"), level="headline", reason="Theirs")
    assert set(sharing.shared_cases(as_(LANDLORD))) == {first, second}
    restricting.restrict_case(actor=who(SUPERVISOR), case=second, named=[make.user(OFFICER)], reason="staff")
    assert sharing.shared_cases(as_(LANDLORD)) == [first]
    at("2026-12-30 10:00")
    assert sharing.shared_cases(as_(LANDLORD)) == []
    for case in (first, second):
        with pytest.raises(NotFound):
            sharing.shared_case(as_(LANDLORD), case.id)


def test_what_a_landlord_pushed_is_listed_with_its_state_and_the_headline_it_led_to(client_as):
    mine = make.report(taken_by=make.user(LANDLORD).id, channel="partner")
    make.party(on=mine)
    others = make.report()
    client = client_as(LANDLORD)
    page = client.get("/shared")
    assert mine.reference in page.text
    assert others.reference not in page.text
    case = triage.open_case(actor=who(OFFICER), report=mine, officer=make.user(OFFICER), reason="risk")
    db.session.commit()
    assert f"Your report {mine.reference} led to it" in words(client.get("/shared"))
    client.get(f"/shared/{case.id}")
    restricting.restrict_case(actor=who(SUPERVISOR), case=case, named=[make.user(OFFICER)], reason="staff")
    db.session.commit()
    assert mine.reference not in client.get("/shared").text
    client.get(f"/shared/{case.id}", status=404)


def test_a_case_that_nobody_shared_is_not_there_for_a_landlord(client_as):
    client_as(LANDLORD).get(f"/shared/{make.case().id}", status=404)
    client_as(LANDLORD).get(f"/shared/{restricted().id}", status=404)


# --- The owner's answer


@pytest.fixture
def opened():
    """Another partner's officer opened the full view of a case of Blaby's."""
    case = make.case(officer=make.user(OFFICER))
    return service.ask_for_full(actor=who(STRANGER), case=case, team=make.team("charnwood-asb"), reason="The same people"), case


def test_the_owner_finds_it_before_them_and_says_fine(opened, client_as):
    grant, case = opened
    for email, path in ((OFFICER, "/my-work"), (SUPERVISOR, "/board")):
        assert "The same people" in client_as(email).get(path).text
    client_as(OFFICER).post(f"/cases/{case.id}/shares/{grant.id}/fine")
    db.session.refresh(grant)
    assert grant.answered_by == make.user(OFFICER).id
    assert "The same people" not in client_as(OFFICER).get("/my-work").text
    assert level_for(as_(STRANGER), case.id) == "full"


def test_or_ends_it(opened, client_as):
    grant, case = opened
    path = f"/cases/{case.id}/shares/{grant.id}/end"
    client = client_as(SUPERVISOR)
    client.follow(path, form_with(client.get(path).text, path, "reason").with_(reason="Nothing to do with them"))
    assert level_for(as_(STRANGER), case.id) == "headline"
    assert sharing.to_answer(as_(OFFICER)) == []


def test_only_the_owner_answers_and_once(opened):
    grant, case = opened
    with pytest.raises(NotAllowed):
        service.let_stand(actor=who(STRANGER), case=case, grant=grant)
    service.let_stand(actor=who(SECOND), case=case, grant=grant)
    with pytest.raises(Refused, match="already"):
        service.let_stand(actor=who(OFFICER), case=case, grant=grant)


def test_what_the_owner_shared_themselves_asks_for_no_answer():
    case = make.case(officer=make.user(OFFICER))
    service.share_case(actor=who(OFFICER), case=case, grantee=make.team("charnwood-asb"), reason="The same road")
    assert sharing.to_answer(as_(OFFICER)) == []
