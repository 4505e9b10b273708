"""Partners as governance keeps them: agreements decide who may come in, and who hears instead."""

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from config import agreed
from sentinel.access import partnership, service
from sentinel.access.models import Partner, RoleHeld, Team, User
from sentinel.access.queries import viewer_of, with_roles
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotAllowed, Refused
from sentinel.core.viewer import acting_as
from sentinel.interventions.queries import held_by
from tests import factories
from tests.filling import form_with

pytestmark = pytest.mark.security

GOVERNANCE = "governance@county.example"


def partner(slug="blaby"):
    return db.session.scalars(select(Partner).where(Partner.slug == slug)).one()


def governor():
    return with_roles(factories.user(GOVERNANCE).id)


def signed(found, *, review_on, actor=None, signed_on=date(2020, 1, 1)):
    return partnership.record_agreement(
        actor=actor or governor(), partner=found, version="2.0", signed_by="Chief Executive", signed_on=signed_on, review_on=review_on
    )


def days(name, day):
    return {f"{name}-day": day.day, f"{name}-month": day.month, f"{name}-year": day.year}


def filled(client, path, box, **changes):
    """The form of a page that has this box, filled in further."""
    return form_with(client.get(path).text, path, box).with_(**changes)


def told(case):
    """Whom the officer's alerts of a case reach."""
    sql = "SELECT user_id FROM recipients('officer', :officer, :team, NULL, NULL, NULL, :at)"
    return set(db.session.scalars(text(sql), {"officer": case.officer_id, "team": case.team_id, "at": clock.now()}))


def test_every_partner_of_the_standards_begins_with_an_agreement_and_its_powers(session):
    for wanted in agreed.current().partners.partner:
        found = partner(wanted.slug)
        assert [(one.review_on, one.recorded_by) for one in partnership.agreements(found)] == [(wanted.agreement_until, None)]
        assert found.agreement_until == wanted.agreement_until
        assert {power.power_key for power in found.powers} == set(wanted.powers)


def test_what_people_recorded_stands_when_the_standards_are_read_again(session, at):
    at("2026-12-02 10:00")
    found = partner()
    signed(found, review_on=date(2027, 6, 30))
    partnership.change_standing(actor=governor(), partner=found, regime="uk_gdpr", powers=["cpw"], successor=None, succeeded_on=None)
    team = factories.team()
    partnership.change_team(actor=governor(), team=team, name="Neighbourhood team", phone="0116 496 0999")
    partnership.keep_partners(agreed.current().partners)
    assert (found.agreement_until, found.regime) == (date(2027, 6, 30), "uk_gdpr")
    assert (team.name, team.phone) == ("Neighbourhood team", "0116 496 0999")
    assert [power.power_key for power in found.powers if power.held_on(clock.today())] == ["cpw"]


def test_a_changed_date_in_the_standards_is_followed_until_people_record_an_agreement(session):
    found = partner()
    wanted = agreed.current().partners
    sooner = wanted.model_copy(update={"partner": (wanted.get("blaby").model_copy(update={"agreement_until": date(2027, 1, 1)}),)})
    partnership.keep_partners(sooner)
    assert found.agreement_until == date(2027, 1, 1)
    assert len(partnership.agreements(found)) == 2


@pytest.mark.parametrize(("kind", "regime"), [("police", "part3"), ("district", "part3"), ("landlord", "uk_gdpr"), ("support", "uk_gdpr")])
def test_the_regime_begins_with_the_kind(kind, regime, session):
    found = session.scalars(select(Partner).where(Partner.kind == kind)).first()
    assert found.regime == regime


def test_governance_records_an_agreement_and_the_page_keeps_those_before_it(client_as, session, at):
    at("2026-12-02 10:00")
    governance, found = client_as(GOVERNANCE), partner()
    fields = {"submission_id": new_id(), "version": "3.1", "signed_by": "A. Chief, Chief Executive"}
    fields |= days("signed_on", date(2026, 12, 1)) | days("review_on", date(2027, 11, 30))
    page = governance.follow(f"/partnership/{found.id}/agreement", fields)
    assert "Version 1, review date Friday 31 March 2028" in page.text.replace("\n", " ")
    assert "3.1" in page.text and "A. Chief, Chief Executive" in page.text
    session.expire_all()
    assert partner().agreement_until == date(2027, 11, 30)
    latest = partnership.agreements(partner())[0]
    assert latest.recorded_by == factories.user(GOVERNANCE).id


@pytest.mark.parametrize(
    ("signed_on", "review_on", "sentence"),
    [(date(2026, 12, 3), date(2027, 1, 1), "still to come"), (date(2026, 12, 1), date(2026, 12, 1), "comes after")],
)
def test_an_agreement_whose_days_cannot_be_is_refused(signed_on, review_on, sentence, session, at):
    at("2026-12-02 10:00")
    with pytest.raises(Refused, match=sentence):
        signed(partner(), signed_on=signed_on, review_on=review_on)


def test_an_agreement_past_its_review_shuts_its_people_out_at_their_next_click_and_their_alerts_go_to_others(client_as, session, at):
    at("2026-12-02 10:00")
    officer, found = factories.user("officer@charnwood.example"), partner("charnwood")
    case = factories.case(team_slug="charnwood-asb", officer=officer)
    open_page = client_as(officer.email)
    open_page.get("/my-work")
    assert told(case) == {officer.id}
    signed(found, review_on=date(2026, 12, 1))
    session.commit()
    assert "/sign-in" in open_page.get("/my-work", status=302).headers["Location"]
    assert "no current information sharing agreement" in service.why_not(officer, clock.today())
    instead = {person.id for person in people_holding("governance")}
    assert told(case) and told(case) <= instead


def people_holding(role):
    return db.session.scalars(select(User).join(RoleHeld).where(RoleHeld.role == role)).all()


def test_a_power_is_held_from_the_day_it_is_recorded_until_the_day_it_is_taken_away(session, at):
    at("2026-12-02 10:00")
    officer, found = with_roles(factories.user().id), partner()
    assert "cpw" not in held_by(officer)
    assert "abc" in held_by(officer)
    partnership.change_standing(actor=governor(), partner=found, regime="part3", powers=["cpw"], successor=None, succeeded_on=None)
    assert held_by(officer) == ("cpw",)
    at("2026-12-03 10:00")
    partnership.change_standing(actor=governor(), partner=found, regime="part3", powers=["abc"], successor=None, succeeded_on=None)
    assert held_by(officer) == ("abc",)
    spells = {(power.power_key, power.since, power.until) for power in found.powers if power.power_key in ("cpw", "abc")}
    assert ("cpw", date(2026, 12, 2), date(2026, 12, 3)) in spells
    assert ("abc", date(2026, 12, 3), None) in spells


def test_a_partner_cannot_come_after_itself_by_any_number_of_steps(session):
    blaby, melton, rutland = partner(), partner("melton"), partner("rutland")

    def follows(one, successor):
        day = date(2028, 4, 1) if successor else None
        partnership.change_standing(actor=governor(), partner=one, regime="part3", powers=[], successor=successor, succeeded_on=day)

    with pytest.raises(Refused, match="cannot come after itself"):
        follows(blaby, blaby)
    follows(blaby, melton)
    follows(melton, rutland)
    with pytest.raises(Refused, match="cannot come after itself"):
        follows(rutland, blaby)
    assert rutland.successor_id is None


def test_what_is_recorded_of_a_partner_on_its_page_comes_back(client_as, session, at):
    at("2026-12-02 10:00")
    governance, found, after = client_as(GOVERNANCE), partner("melton"), partner("rutland")
    changes = {"regime": "uk_gdpr", "powers": ["cpw", "abc"], "successor": str(after.id)}
    fields = filled(governance, f"/partnership/{found.id}/standing", "successor", **changes)
    page = governance.follow(f"/partnership/{found.id}/standing", fields | days("succeeded_on", date(2028, 4, 1)))
    for words in ("General: UK GDPR", "Community protection warning", "Rutland County Council, Saturday 1 April 2028"):
        assert words in page.text
    without = {"succeeded_on-day": "", "succeeded_on-month": "", "succeeded_on-year": ""}
    again = filled(governance, f"/partnership/{found.id}/standing", "successor", **without)
    refused = governance.post(f"/partnership/{found.id}/standing", again, status=422)
    assert "Enter both the partner that came after this one and the day" in refused.text


def test_governance_adds_a_team_once_and_changes_its_name(client_as, session):
    governance, found = client_as(GOVERNANCE), partner("melton")
    fields = {"submission_id": new_id(), "name": "Melton night team", "phone": "01664 960 110"}
    assert "Melton night team" in governance.follow(f"/partnership/{found.id}/teams", fields).text
    governance.post(f"/partnership/{found.id}/teams", fields)  # a double click
    team = session.scalars(select(Team).where(Team.name == "Melton night team")).one()
    refused = governance.post(f"/partnership/{found.id}/teams", fields | {"submission_id": new_id()}, status=422)
    assert "has a team of that name" in refused.text
    changed = filled(governance, f"/partnership/teams/{team.id}", "name", name="Melton evening team", phone="")
    assert "Melton evening team" in governance.follow(f"/partnership/teams/{team.id}", changed).text


@pytest.mark.parametrize("email", ["supervisor@blaby.example", "admin@blaby.example", "information@county.example"])
def test_whoever_does_not_govern_reads_a_partner_and_records_nothing(email, client_as, session):
    person, found = client_as(email), partner()
    page = person.get(f"/partnership/{found.id}")
    assert "Record an agreement" not in page.text
    for place in (f"/partnership/{found.id}/agreement", f"/partnership/{found.id}/standing", f"/partnership/{found.id}/teams"):
        person.post(place, {"version": "9"}, status=403)
    with pytest.raises(NotAllowed):
        signed(found, review_on=date(2099, 1, 1), actor=with_roles(factories.user(email).id))


CHANGES = (
    "UPDATE partner SET agreement_until = '2099-01-01' WHERE id = :id",
    "UPDATE team SET name = 'Mine' WHERE partner_id = :id",
    "UPDATE partner_power SET until = since WHERE partner_id = :id",
)


@pytest.mark.parametrize(("email", "changes"), [("admin@blaby.example", False), (GOVERNANCE, True)])
def test_the_database_lets_nobody_but_governance_change_a_partner(email, changes, session):
    """Also where a page or a verb forgot to ask."""
    key, person = partner().id, viewer_of(with_roles(factories.user(email).id))
    session.commit()
    with acting_as(person):
        counted = [session.execute(text(sql), {"id": key}, execution_options={"preserve_rowcount": True}).rowcount for sql in CHANGES]
        session.rollback()
    assert [n > 0 for n in counted] == [changes] * len(CHANGES)


ADDED = (
    "INSERT INTO agreement VALUES (gen_random_uuid(), :id, '9', 'Me', '2026-01-01', '2099-01-01', :user, now())",
    "INSERT INTO partner_power VALUES (gen_random_uuid(), :id, 'cpw', '2026-01-01', NULL)",
    "INSERT INTO team VALUES (gen_random_uuid(), :id, 'mine', 'Mine', NULL)",
)


@pytest.mark.parametrize("sql", ADDED)
def test_the_database_adds_nothing_to_a_partner_for_its_local_administrator(sql, session):
    key, person = partner().id, viewer_of(with_roles(factories.user("admin@blaby.example").id))
    session.commit()
    with acting_as(person):
        with pytest.raises(DBAPIError, match="row-level security"):
            session.execute(text(sql), {"id": key, "user": person.user_id})
        session.rollback()


def test_the_page_of_a_partner_that_is_none_is_not_there(client_as):
    client_as(GOVERNANCE).get(f"/partnership/{new_id()}", status=404)
