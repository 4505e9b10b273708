"""Who may add, change, vet and close whom; and that it ends at once."""

import re
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from sentinel.access import credentials, people, service
from sentinel.access.models import RoleHeld, User, UserSession
from sentinel.access.queries import viewer_of, with_roles
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotFound, Refused
from sentinel.core.viewer import acting_as
from tests import factories
from tests.filling import form_with
from tests.integration.test_partnership import GOVERNANCE, days, filled, partner, told

pytestmark = pytest.mark.security

ADMIN = "admin@blaby.example"
NEW = {"name": "Wren Okafor", "email": "wren.okafor@blaby.example", "phone": "0116 496 0299"}


def known(email):
    return with_roles(factories.user(email).id)


def pairs(user):
    return {(held.role, held.team_id) for held in user.holdings}


def value(role, slug="blaby-asb"):
    return f"{role} {factories.team(slug).id}"


def add(actor, **more):
    roles = {("practitioner", factories.team().id)}
    return people.add_person(**({"actor": actor, "partner": partner(), "roles": roles} | NEW | more))


def change(actor, user, roles):
    people.change_person(actor=actor, user=user, name=user.name, phone=user.phone or "", roles=roles)


def sessions(user):
    return session_rows(user.id)


def session_rows(user_id):
    return db.session.scalars(select(UserSession).where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))).all()


@pytest.mark.parametrize("email", [ADMIN, GOVERNANCE])
def test_a_person_is_added_with_roles_and_vetting_and_no_password(email, client_as, session, at):
    at("2026-12-02 10:00")
    fields = NEW | {"submission_id": new_id(), "roles": [value("practitioner"), value("call_taker")], "level": "NPPV2"}
    page = client_as(email).follow(f"/partnership/{partner().id}/people/new", fields | days("until", date(2029, 3, 31)))
    for words in ("Wren Okafor", "Practitioner, Blaby ASB team", "Call taker, Blaby ASB team", "NPPV 2", "31 March 2029"):
        assert words in page.text
    added = known(NEW["email"])
    assert (added.partner_id, added.vetting_level, added.vetted_until) == (partner().id, "NPPV2", date(2029, 3, 31))
    assert credentials.check_password(NEW["email"], "") is None
    client_as(email).follow(f"/partnership/{partner().id}/people/new", fields | days("until", date(2029, 3, 31)))  # a double click


def test_what_a_form_does_not_have_changes_nothing(client_as, session, at):
    """Mass assignment: fields of the table, of other forms and other partners' teams, sent by a hand that knows their names."""
    at("2026-12-02 10:00")
    admin, officer = client_as(ADMIN), known("officer@blaby.example")
    before = {column.name: getattr(officer, column.name) for column in User.__table__.columns}
    extra = {"partner_id": str(partner("melton").id), "vetted_until": "2099-01-01", "vetting_level": "NPPV3", "email": "x@y.example",
             "level": "NPPV3", "until-day": "1", "until-month": "1", "until-year": "2099", "disabled_at": "2026-01-01", "label": "x",
             "password_hash": "x", "id": str(new_id()), "user_id": str(known(ADMIN).id)}  # fmt: skip
    changes = {"name": "Jaswinder Bell-Hart", "roles": [value("practitioner")]}
    fields = filled(admin, f"/people/{officer.id}/change", "name", **changes)
    admin.post(f"/people/{officer.id}/change", extra | fields)
    session.expire_all()
    after = {column.name: getattr(officer, column.name) for column in User.__table__.columns}
    assert {name for name in before if before[name] != after[name]} == {"name"}


@pytest.mark.parametrize("role", ["governance", "information_officer", "local_admin"])
def test_a_local_administrator_hands_out_no_role_that_reaches_beyond_their_partner(role, client_as, session):
    admin, officer = client_as(ADMIN), known("officer@blaby.example")
    was = pairs(officer)
    assert value(role) not in admin.get(f"/people/{officer.id}/change").text
    fields = {"submission_id": new_id(), "name": officer.name, "phone": officer.phone, "roles": [value("practitioner"), value(role)]}
    admin.post(f"/people/{officer.id}/change", fields, status=422)
    with pytest.raises(Refused, match="Only a governance officer"):
        change(known(ADMIN), officer, was | {(role, factories.team().id)})
    session.rollback()
    assert pairs(known("officer@blaby.example")) == was


MISFITS = [
    ("soar-valley-homes", "soar-valley-housing", "practitioner"),
    ("blaby", "blaby-asb", "landlord"),
    ("victim-first", "victim-first", "supervisor"),
]


@pytest.mark.parametrize(("slug", "team", "role"), MISFITS)
def test_a_role_that_does_not_fit_a_partner_is_given_by_nobody(slug, team, role, session):
    """A landlord's people read what they pushed; a role of casework would show them the headline of every partner's cases."""
    here = factories.team(team).partner
    assert here.slug == slug
    with pytest.raises(Refused, match="can hold"):
        add(known(GOVERNANCE), partner=here, roles={(role, factories.team(team).id)})


def test_a_landlords_administrator_gives_no_role_of_casework_in_the_database_either(session):
    housing = known("housing@landlord.example")
    session.add(RoleHeld(user_id=housing.id, team_id=factories.team("soar-valley-housing").id, role="local_admin"))
    colleague = User(id=new_id(), partner_id=housing.partner_id, name="New", email="new@landlord.example")
    session.add(colleague)
    session.commit()
    keys, person = {"who": colleague.id, "team": factories.team("soar-valley-housing").id}, viewer_of(known("housing@landlord.example"))
    session.commit()
    with acting_as(person):
        session.execute(text("INSERT INTO role_held VALUES (:who, :team, 'landlord')"), keys)
        with pytest.raises(DBAPIError, match="row-level security"):
            session.execute(text("INSERT INTO role_held VALUES (:who, :team, 'practitioner')"), keys)
        session.rollback()


def test_a_role_in_another_partners_team_is_refused(client_as, session):
    officer = known("officer@blaby.example")
    elsewhere = value("practitioner", "charnwood-asb")
    fields = {"submission_id": new_id(), "name": officer.name, "phone": officer.phone, "roles": [elsewhere]}
    client_as(ADMIN).post(f"/people/{officer.id}/change", fields, status=422)
    with pytest.raises(Refused, match="teams of this partner"):
        change(known(ADMIN), officer, {("practitioner", factories.team("charnwood-asb").id)})


def test_others_people_and_partners_are_not_there_for_a_local_administrator(client_as, session):
    admin, stranger = client_as(ADMIN), known("officer@charnwood.example")
    places = ("", "/change", "/vetting", "/close")
    for place in places:
        admin.get(f"/people/{stranger.id}{place}", status=404)
    for place in (*places[1:], "/open", "/end-sessions"):
        admin.post(f"/people/{stranger.id}{place}", {"reason": "x", "name": "x"}, status=404)
    admin.get(f"/partnership/{partner('charnwood').id}/people/new", status=404)
    admin.post(f"/partnership/{partner('charnwood').id}/people/new", NEW, status=404)
    with pytest.raises(NotFound):
        people.end_sessions(actor=known(ADMIN), user=stranger)
    assert "Add a person" not in admin.get(f"/partnership/{partner('charnwood').id}").text


def test_nobody_does_to_themselves_what_an_administrator_does_to_others(client_as, session, at):
    at("2026-12-02 10:00")
    for email in (ADMIN, GOVERNANCE):
        own = known(email)
        with pytest.raises(Refused, match="your own roles"):
            change(own, own, pairs(own) | {("supervisor", factories.team().id)})
        with pytest.raises(Refused, match="your own account"):
            people.close_account(actor=own, user=own, reason="Leaving")
        with pytest.raises(Refused, match="your own vetting"):
            people.record_vetting(actor=own, user=own, level="NPPV3", until=date(2030, 1, 1))
    admin, own = client_as(ADMIN), known(ADMIN)
    fields = {"submission_id": new_id(), "level": "NPPV3"} | days("until", date(2030, 1, 1))
    assert "Ask a governance officer or another" in admin.post(f"/people/{own.id}/vetting", fields, status=422).text
    named = filled(admin, f"/people/{own.id}/change", "name", name="Olamide Adeyemi-Cole", phone="", roles=[])
    assert "Olamide Adeyemi-Cole" in admin.follow(f"/people/{own.id}/change", named).text


def test_an_address_in_use_is_refused_without_saying_where(client_as, session):
    fields = NEW | {"submission_id": new_id(), "roles": [value("practitioner")], "email": "Officer@Charnwood.example"}
    refused = client_as(ADMIN).post(f"/partnership/{partner().id}/people/new", fields, status=422)
    assert "This e-mail address is in use" in refused.text
    assert "Tom Ashdown" not in refused.text and "Charnwood Borough" not in refused.text
    assert NEW["name"] in refused.text


def test_a_partner_with_people_is_never_left_without_an_administrator(session):
    governance, admin = known(GOVERNANCE), known(ADMIN)
    for attempt in (
        lambda: people.close_account(actor=governance, user=admin, reason="Left"),
        lambda: change(governance, admin, {("practitioner", factories.team().id)}),
    ):
        with pytest.raises(Refused, match="Nobody would be left to administer"):
            attempt()
    second = known("supervisor2@blaby.example")
    change(governance, second, pairs(second) | {("local_admin", factories.team().id)})
    people.close_account(actor=governance, user=admin, reason="Left")
    assert admin.disabled_at


def test_closing_an_account_ends_its_sessions_and_sends_its_alerts_to_whoever_stands_in(client_as, session, at):
    at("2026-12-02 10:00")
    officer, admin = known("officer@blaby.example"), client_as(ADMIN)
    case = factories.case(officer=officer)
    open_page = client_as(officer.email)
    open_page.get("/my-work")
    assert told(case) == {officer.id}
    refused = admin.post(f"/people/{officer.id}/close", {"submission_id": new_id(), "reason": ""}, status=422)
    assert "Say why the account is closed" in refused.text
    page = admin.follow(f"/people/{officer.id}/close", {"submission_id": new_id(), "reason": "Left on 1 December"})
    assert "Left on 1 December" in page.text
    assert sessions(officer) == []
    assert "/sign-in" in open_page.get("/my-work", status=302).headers["Location"]
    supervisors = {factories.user(email).id for email in ("supervisor@blaby.example", "supervisor2@blaby.example")}
    assert told(case) == supervisors
    admin.post(f"/people/{officer.id}/open")
    session.expire_all()
    assert service.why_not(factories.user(), clock.today()) is None
    assert told(case) == {officer.id}


def test_a_role_taken_away_closes_its_pages_at_the_next_click(client_as, session):
    officer, admin = known("officer@blaby.example"), client_as(ADMIN)
    open_page = client_as(officer.email)
    open_page.get("/my-work")
    fields = filled(admin, f"/people/{officer.id}/change", "name", roles=[value("call_taker")])
    admin.follow(f"/people/{officer.id}/change", fields)
    open_page.get("/my-work", status=403)
    assert pairs(known("officer@blaby.example")) == {("call_taker", factories.team().id)}
    history = text("SELECT count(*) FROM audit_entry WHERE table_name = 'role_held' AND op = 'delete' AND actor = :admin")
    assert session.scalar(history, {"admin": str(factories.user(ADMIN).id)}) == 1


def test_ending_sessions_signs_somebody_out_and_leaves_the_account_open(client_as, session):
    officer, admin = known("officer@blaby.example"), client_as(ADMIN)
    open_page = client_as(officer.email)
    assert "Signed in with 1 browser." in admin.get(f"/people/{officer.id}").text
    admin.post(f"/people/{officer.id}/end-sessions")
    assert "/sign-in" in open_page.get("/my-work", status=302).headers["Location"]
    client_as(officer.email).get("/my-work")


def test_a_link_is_shown_once_where_there_is_no_mail_server_and_opens_the_account_by_it(client_as, nobody, session):
    admin = client_as(ADMIN)
    session.commit()
    add(known(ADMIN))
    session.commit()
    added = known(NEW["email"])
    assert "Send an invitation" in admin.get(f"/people/{added.id}").text
    page = admin.post(f"/people/{added.id}/link", status=200)
    address = re.search(r"/link/[\w.\-]+", page.text)[0]
    nobody.get(address)
    assert address not in admin.get(f"/people/{added.id}").text


def test_a_local_administrator_makes_no_link_to_an_account_that_reaches_further_than_theirs(client_as, session):
    officer = known("officer@blaby.example")
    session.add(RoleHeld(user_id=officer.id, team_id=factories.team().id, role="governance"))
    session.commit()
    refused = client_as(ADMIN).post(f"/people/{officer.id}/link", status=422)
    assert "Ask a governance officer" in refused.text and "/link/" not in refused.text.replace(f"/people/{officer.id}/link", "")
    client_as(ADMIN).post(f"/people/{factories.user('officer@charnwood.example').id}/link", status=404)


def test_an_administrator_sees_how_much_waits_and_no_case(client_as, session, at):
    at("2026-12-02 10:00")
    officer, stranger = known("officer@blaby.example"), known("officer@charnwood.example")
    for restricted in (False, False, True):
        factories.case(officer=officer, restricted=restricted, title="A title nobody here reads")
    factories.case(officer=officer, state="closed", closed_at=clock.now())
    factories.case(team_slug="charnwood-asb", officer=stranger)
    page = client_as(ADMIN).get(f"/people/{officer.id}")
    assert "A title nobody here reads" not in page.text
    keys, admin = (officer.id, stranger.id), viewer_of(known(ADMIN))
    other = viewer_of(officer)
    session.commit()
    counted = {}
    for viewer in (admin, other):
        with acting_as(viewer):
            counted[viewer.actor] = [session.execute(text("SELECT live_cases FROM work_of(:id)"), {"id": key}).scalar() for key in keys]
            session.rollback()
    assert counted == {admin.actor: [2, 0], other.actor: [0, 0]}


@pytest.mark.parametrize(
    ("level", "until", "sentence"),
    [("NPPV1", None, "Enter both"), ("NPPV9", date(2028, 1, 1), "Choose one of the levels"), ("NPPV1", date(2026, 12, 1), "has passed")],
)
def test_vetting_that_cannot_be_is_refused(level, until, sentence, session, at):
    at("2026-12-02 10:00")
    with pytest.raises(Refused, match=sentence):
        people.record_vetting(actor=known(ADMIN), user=known("officer@blaby.example"), level=level, until=until)


def test_vetting_recorded_on_the_page_lets_somebody_in_again(client_as, session, at):
    at("2026-12-02 10:00")
    officer = known("officer@blaby.example")
    officer.vetted_until = date(2026, 12, 1)
    session.commit()
    assert "lapsed" in client_as(ADMIN).get(f"/people/{officer.id}").text
    fields = filled(client_as(ADMIN), f"/people/{officer.id}/vetting", "until-day", level="NPPV3") | days("until", date(2027, 12, 1))
    client_as(ADMIN).follow(f"/people/{officer.id}/vetting", fields)
    session.expire_all()
    assert (officer.vetting_level, service.why_not(officer, clock.today())) == ("NPPV3", None)


REACHES = (
    "INSERT INTO role_held VALUES (:own, :ours, 'supervisor')",
    "INSERT INTO role_held VALUES (:colleague, :ours, 'governance')",
    "INSERT INTO role_held VALUES (:stranger, :ours, 'practitioner')",
    "INSERT INTO role_held VALUES (:colleague, :theirs, 'supervisor')",
    "INSERT INTO access_link VALUES (gen_random_uuid(), :stranger, 'reset', now(), :own)",
)


@pytest.mark.parametrize("sql", REACHES)
def test_the_database_gives_no_role_that_a_local_administrator_may_not(sql, session):
    with acting_on(session, ADMIN) as keys, pytest.raises(DBAPIError, match="row-level security"):
        session.execute(text(sql), keys)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE app_user SET vetted_until = '2099-01-01' WHERE id = :stranger",
        "DELETE FROM role_held WHERE user_id = :stranger",
        "UPDATE user_session SET ended_at = now() WHERE user_id = :stranger",
        "DELETE FROM role_held WHERE user_id = :own",
        "UPDATE role_held SET role = 'supervisor' WHERE user_id = :colleague",
    ],
)
def test_the_database_changes_nothing_beyond_a_local_administrators_partner(sql, session):
    with acting_on(session, ADMIN) as keys:
        assert session.execute(text(sql), keys, execution_options={"preserve_rowcount": True}).rowcount == 0


def test_the_database_lets_a_local_administrator_give_and_take_away_what_they_may(session):
    with acting_on(session, ADMIN) as keys:
        session.execute(text("INSERT INTO role_held VALUES (:colleague, :ours, 'call_taker')"), keys)
        sql = "DELETE FROM role_held WHERE user_id = :colleague AND role = 'call_taker'"
        assert session.execute(text(sql), keys, execution_options={"preserve_rowcount": True}).rowcount == 1


class acting_on:  # noqa: N801  reads as a word
    """As this person, under their policies, with the keys of those the statements name; nothing is kept."""

    def __init__(self, session, email):
        self.session = session
        people_named = {"own": email, "colleague": "officer@blaby.example", "stranger": "officer@charnwood.example"}
        self.keys = {name: factories.user(one).id for name, one in people_named.items()}
        self.keys |= {"ours": factories.team().id, "theirs": factories.team("charnwood-asb").id}
        session.add(UserSession(user_id=self.keys["stranger"], token_digest=b"x", started_at=clock.now(), last_seen_at=clock.now()))
        self.part = acting_as(viewer_of(known(email)))
        session.commit()

    def __enter__(self):
        self.part.__enter__()
        return self.keys

    def __exit__(self, *problem):
        self.session.rollback()
        return self.part.__exit__(*problem)


def test_a_role_that_only_governance_gives_stays_as_it_is_when_a_local_administrator_changes_the_others(client_as, session):
    officer = known("officer@blaby.example")
    session.add(RoleHeld(user_id=officer.id, team_id=factories.team().id, role="information_officer"))
    session.commit()
    officer = known("officer@blaby.example")
    place = f"/people/{officer.id}/change"
    page = client_as(ADMIN).get(place)
    assert "only a governance officer changes: information officer, Blaby ASB team" in page.text
    client_as(ADMIN).follow(place, form_with(page.text, place, "name").with_(roles=[value("call_taker")]))
    assert {role for role, _ in pairs(known("officer@blaby.example"))} == {"call_taker", "information_officer"}
    with pytest.raises(Refused, match="Only a governance officer"):
        change(known(ADMIN), known("officer@blaby.example"), {("practitioner", factories.team().id)})


@pytest.mark.parametrize("change", ["vetted_until = '2040-01-01'", "vetting_level = 'NPPV3'", "email = 'somebody.else@blaby.example'"])
def test_the_database_lets_nobody_change_their_own_standing(session, change):
    for email in ("officer@blaby.example", ADMIN, GOVERNANCE):
        who = viewer_of(known(email))
        session.commit()
        with acting_as(who):
            with pytest.raises(DBAPIError, match="Nobody changes their own"):
                session.execute(text(f"UPDATE app_user SET {change} WHERE id = :me"), {"me": who.user_id})
            session.rollback()
