"""Restricting a case: who may, who is named, what ends with it, and how it is changed and lifted (rules.md, "Who sees what")."""

import pytest
from sqlalchemy import select

from sentinel.cases import actions, handover, restricting, service, triage
from sentinel.cases.models import Action, CaseGrant, Handover
from sentinel.cases.named import named_on
from sentinel.cases.queries import level_for
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused, Stale
from tests import factories as make
from tests.filling import form_with
from tests.integration.page_read import words
from tests.integration.restricted_made import (
    BEAT,
    LANDLORD,
    OFFICER,
    SECOND,
    STRANGER,
    STRANGERS_SUPERVISOR,
    SUPERVISOR,
    TAKER,
    as_,
    restricted,
    who,
)

pytestmark = pytest.mark.security


@pytest.fixture(autouse=True)
def now(session, at):
    return at("2026-12-02 10:00")


def levels(case):
    everybody = (OFFICER, SUPERVISOR, SECOND, TAKER, STRANGER, STRANGERS_SUPERVISOR, BEAT, LANDLORD)
    return {email: level for email in everybody if (level := level_for(as_(email), case.id)) != "none"}


def restrict(case, *named, actor=SUPERVISOR, **more):
    values = {"reason": "staff"} | more
    return restricting.restrict_case(actor=who(actor), case=case, named=[make.user(email) for email in named], **values)


def test_only_the_people_named_see_a_restricted_case_and_they_see_all_of_it():
    case = make.case(officer=make.user())
    assert levels(case)[STRANGER] == "headline"
    restrict(case, OFFICER, BEAT)
    assert levels(case) == {OFFICER: "named", SUPERVISOR: "named", BEAT: "named"}


def test_whoever_restricts_a_case_is_named_on_it_and_somebody_else_has_to_be():
    with pytest.raises(Refused, match="at least two") as refusal:
        restrict(make.case())
    assert refusal.value.field == "named"


@pytest.mark.parametrize("email", [OFFICER, STRANGERS_SUPERVISOR, BEAT])
def test_only_a_supervisor_of_the_owner_restricts(email):
    with pytest.raises(NotAllowed):
        restrict(make.case(), OFFICER, actor=email)


def test_an_officer_who_is_not_named_gives_the_case_to_one_who_is():
    case = make.case(officer=make.user())
    with pytest.raises(Refused, match="Choose who takes it") as refusal:
        restrict(case, SECOND)
    assert refusal.value.field == "officer"
    with pytest.raises(Refused):
        restrict(case, SECOND, officer=make.user(OFFICER))
    restrict(case, SECOND, officer=make.user(SECOND))
    assert case.officer_id == make.user(SECOND).id
    assert OFFICER not in levels(case)


@pytest.mark.parametrize("email", [TAKER, LANDLORD, "manager@blaby.example"])
def test_nobody_is_named_who_does_no_casework(email):
    with pytest.raises(Refused, match="could not open"):
        restrict(make.case(), OFFICER, email)


@pytest.mark.parametrize("how", ["closed", "vetting", "agreement"])
def test_nobody_is_named_who_may_not_sign_in(how):
    person = make.user(STRANGER)
    if how == "closed":
        person.disabled_at = clock.now()
    elif how == "vetting":
        person.vetted_until = clock.today().replace(day=1)
    else:
        person.partner.agreement_until = clock.today().replace(day=1)
    db.session.flush()
    with pytest.raises(Refused, match="could not open"):
        restrict(make.case(), OFFICER, STRANGER)


@pytest.mark.parametrize(("reason", "said"), [("", "Choose why"), ("nonsense", "Choose why"), ("other", "in a sentence")])
def test_a_reason_is_needed(reason, said):
    with pytest.raises(Refused, match=said):
        restrict(make.case(), OFFICER, reason=reason)


def test_every_other_share_ends():
    case = make.case(officer=make.user())
    service.share_case(actor=who(OFFICER), case=case, grantee=make.team("charnwood-asb"), reason="They share the road")
    service.share_case(actor=who(OFFICER), case=case, grantee=make.team("soar-valley-housing"), level="headline", reason="Their tenant")
    restrict(case, OFFICER)
    still = db.session.scalars(select(CaseGrant).where(CaseGrant.case_id == case.id, CaseGrant.until > clock.now())).all()
    assert {grant.level for grant in still} == {"named"}
    with pytest.raises(Refused):
        service.share_case(actor=who(OFFICER), case=case, grantee=make.team("charnwood-asb"), reason="Again")


def test_its_reports_are_restricted_with_it_and_so_is_one_joined_later():
    case = restricted()
    assert all(report.restricted for report in case.reports)
    later = make.report()
    make.party(on=later)
    triage.join_case(actor=who(OFFICER), report=later, case=case, reason="same_problem")
    assert later.restricted


def test_open_actions_of_people_who_are_not_named_become_the_officers():
    case = make.case(officer=make.user())
    actions.add_action(actor=who(OFFICER), case=case, what="Ring the school", owner=make.user(SECOND), due_on=clock.today())
    restrict(case, OFFICER)
    assert db.session.scalars(select(Action.owner_id)).one() == make.user(OFFICER).id


def test_an_offered_case_is_taken_back_before_it_is_restricted():
    case = make.case(officer=make.user())
    handover.offer(actor=who(OFFICER), to_team=make.team("charnwood-asb"), reason="Theirs", case=case)
    db.session.flush()
    with pytest.raises(Refused, match="Take the offer back"):
        restrict(case, OFFICER)


def test_a_case_changed_meanwhile_is_not_restricted_from_a_stale_page():
    with pytest.raises(Stale):
        restrict(make.case(), OFFICER, version=99)


def test_people_are_added_and_taken_off_and_the_story_says_who():
    case = restricted()
    names(case, SUPERVISOR, OFFICER, STRANGER)
    assert STRANGER in levels(case)
    names(case, SUPERVISOR, OFFICER)
    assert STRANGER not in levels(case)
    said = [event.body for event in _story(case)]
    assert any("Named: Tom Ashdown" in body for body in said)
    assert any("Taken off: Tom Ashdown" in body for body in said)


def names(case, *emails, actor=SUPERVISOR, reason="She joined the case"):
    restricting.change_names(actor=who(actor), case=case, named=[make.user(email) for email in emails], reason=reason)
    db.session.flush()


@pytest.mark.parametrize(
    ("emails", "said"),
    [
        ((OFFICER,), "at least two"),
        ((SUPERVISOR,), "at least two"),
        ((OFFICER, STRANGER), "supervisor of the partner"),
        ((OFFICER, STRANGERS_SUPERVISOR), "supervisor of the partner"),
        ((SUPERVISOR, SECOND), "has this case"),
        ((SUPERVISOR, OFFICER), "named already"),
        ((SUPERVISOR, OFFICER, TAKER), "could not open"),
    ],
)
def test_the_list_keeps_two_people_a_supervisor_of_the_owner_and_the_officer(emails, said):
    case = restricted()
    with pytest.raises(Refused, match=said):
        names(case, *emails)
    assert {one.user.email for one in named_on(case)} == {SUPERVISOR, OFFICER}


def test_only_a_supervisor_on_the_list_changes_it_or_lifts_the_restriction():
    case = restricted()
    for email in (OFFICER, SECOND, STRANGERS_SUPERVISOR):
        with pytest.raises(NotAllowed):
            names(case, SUPERVISOR, OFFICER, STRANGER, actor=email)
        with pytest.raises(NotAllowed):
            restricting.lift_restriction(actor=who(email), case=case, reason="Over")


def test_lifted_the_case_is_its_owners_again_and_the_list_is_over():
    case = restricted()
    restricting.lift_restriction(actor=who(SUPERVISOR), case=case, reason="The witness has moved away")
    db.session.flush()
    assert levels(case)[SECOND] == "full"
    assert levels(case)[STRANGER] == "headline"
    assert not any(report.restricted for report in case.reports)
    assert named_on(case) == []


def test_a_restricted_case_moves_only_to_an_officer_who_is_named():
    case = restricted()
    with pytest.raises(Refused, match="not named"):
        service.move_to_officer(actor=who(SUPERVISOR), case=case, officer=make.user(SECOND), reason="On leave")
    service.move_to_officer(actor=who(SUPERVISOR), case=case, officer=make.user(SUPERVISOR), reason="On leave")
    assert case.officer_id == make.user(SUPERVISOR).id


def test_a_handover_keeps_the_list_and_goes_to_a_team_where_somebody_is_named():
    case = restricted()
    with pytest.raises(Refused, match="Nobody of"):
        handover.offer(actor=who(OFFICER), to_team=make.team("charnwood-asb"), reason="Theirs", case=case)
    names(case, SUPERVISOR, OFFICER, STRANGER)
    with pytest.raises(Refused, match="No supervisor of"):
        handover.offer(actor=who(OFFICER), to_team=make.team("charnwood-asb"), reason="Theirs", case=case)
    names(case, SUPERVISOR, OFFICER, STRANGER, STRANGERS_SUPERVISOR)
    handover.offer(actor=who(OFFICER), to_team=make.team("charnwood-asb"), reason="Theirs", case=case)
    db.session.flush()
    offer = db.session.scalars(select(Handover)).one()
    assert handover.offered_to(as_(STRANGER)) == [offer]
    names(case, SUPERVISOR, OFFICER, STRANGERS_SUPERVISOR)
    assert handover.offered_to(as_(STRANGER)) == []
    with pytest.raises(Refused, match="not named"):
        handover.accept(actor=who(STRANGERS_SUPERVISOR), handover=offer, officer=make.user(STRANGER))
    handover.accept(actor=who(STRANGERS_SUPERVISOR), handover=offer, officer=make.user(STRANGERS_SUPERVISOR))
    assert levels(case) == {OFFICER: "named", SUPERVISOR: "named", STRANGERS_SUPERVISOR: "named"}
    names(case, OFFICER, STRANGERS_SUPERVISOR, actor=STRANGERS_SUPERVISOR)
    assert SUPERVISOR not in levels(case)


def _story(case):
    from sentinel.cases import story

    return story.entries(case.id, family="ownership").rows


# --- The pages


def test_a_supervisor_restricts_a_case_in_the_browser(client_as):
    case = make.case(officer=make.user())
    make.party(on=case)
    client = client_as(SUPERVISOR)
    assert f"/cases/{case.id}/restrict" in client.get(f"/cases/{case.id}/access").text
    path = f"/cases/{case.id}/restrict"
    form = form_with(client.get(path).text, path, "other")
    assert str(make.user(OFFICER).id) in form.values["named"], "the officer is offered"
    named = [str(make.user(OFFICER).id)]
    page = client.follow(path, form.with_(reason="witness", named=named, other="BEAT.officer@police.example"))
    assert "is restricted" in words(page)
    assert levels(case) == {OFFICER: "named", SUPERVISOR: "named", BEAT: "named"}
    client_as(STRANGER).get(f"/cases/{case.id}", status=404)


def test_what_is_wrong_with_the_list_is_said_at_its_field_and_nothing_typed_is_lost(client_as):
    case = make.case(officer=make.user())
    client, path = client_as(SUPERVISOR), f"/cases/{case.id}/restrict"
    form = form_with(client.get(path).text, path, "other")
    page = client.post(path, form.with_(reason="other", words="A councillor is a party", named=[], other="nobody@x.example"), status=422)
    assert "has this address" in words(page)
    assert "A councillor is a party" in page.text
    page = client.post(path, form.with_(reason="other", words="A councillor is a party", named=[], other=""), status=422)
    assert "at least two people" in words(page)


def test_the_list_is_changed_and_the_restriction_lifted_in_the_browser(client_as):
    case = restricted()
    client, path = client_as(SUPERVISOR), f"/cases/{case.id}/named"
    form = form_with(client.get(path).text, path, "other")
    client.follow(path, form.with_(other=STRANGER, reason="He knows the family"))
    assert STRANGER in levels(case)
    path = f"/cases/{case.id}/lift"
    form = form_with(client.get(path).text, path, "reason")
    assert "Not restricted" in words(client.follow(path, form.with_(reason="The witness has moved")))
    assert levels(case)[SECOND] == "full"


def test_an_officer_who_is_named_is_not_offered_what_only_a_supervisor_may_do(client_as):
    case = restricted()
    page = client_as(OFFICER).get(f"/cases/{case.id}/access")
    assert "/named" not in page.text
    client_as(OFFICER).get(f"/cases/{case.id}/named", status=403)
    client_as(SECOND).get(f"/cases/{case.id}/named", status=404)
