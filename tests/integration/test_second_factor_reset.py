"""A second factor that was lost is taken away by an administrator: with a reason, never one's own, and its owner hears of it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from sentinel.access import second_factor
from sentinel.access.models import Credential, RoleHeld
from sentinel.core import clock
from sentinel.core.db import new_id
from sentinel.post import delivery
from tests import factories
from tests.integration.carriers import mail_server
from tests.integration.test_partnership import GOVERNANCE
from tests.integration.test_people_managed import ADMIN, acting_on, known, sessions

pytestmark = pytest.mark.security
OFFICER = "officer@blaby.example"
WHY = "Telephone lost on the bus, asked for it at my desk"
RESET = text("SELECT reset_second_factor(:who, :why)")


@pytest.fixture
def officer(session):
    """Somebody who signs in with a code."""
    return with_a_code(session, OFFICER)


def with_a_code(session, email):
    user = known(email)
    second_factor.begin(user)
    session.get_one(Credential, user.id).totp_confirmed_at = clock.machine_now()
    second_factor.make_codes(user)
    session.commit()
    return user


@pytest.mark.parametrize("email", [ADMIN, GOVERNANCE])
def test_an_administrator_resets_it_with_a_reason_and_its_owner_is_signed_out(email, client_as, session, officer):
    admin, open_page = client_as(email), client_as(OFFICER)
    place = f"/people/{officer.id}/second-factor"
    assert "Reset their second factor" in admin.get(f"/people/{officer.id}").text
    assert "Say why it is reset" in admin.post(place, {"submission_id": new_id(), "reason": " "}, status=422).text
    admin.get(place)
    page = admin.follow(place, {"submission_id": new_id(), "reason": WHY})
    assert "is reset" in page.text and "Reset their second factor" not in page.text
    session.expire_all()
    assert not second_factor.is_on(officer) and second_factor.codes_left(officer) == 0
    assert sessions(officer) == [] and "/sign-in" in open_page.get("/my-work", status=302).headers["Location"]
    recorded = session.execute(text("SELECT row_id, actor, authority FROM audit_entry WHERE op = 'second_factor_reset'")).all()
    assert recorded == [(str(officer.id), str(factories.user(email).id), WHY)]
    assert "has no second factor set up" in admin.post(place, {"submission_id": new_id(), "reason": WHY}, status=422).text


def test_its_owner_is_told_by_e_mail_what_to_do_if_they_did_not_ask(app, client_as, session, officer):
    client_as(ADMIN).post(f"/people/{officer.id}/second-factor", {"submission_id": new_id(), "reason": WHY})
    before = app.config["SENTINEL"]
    with mail_server() as server:
        app.config["SENTINEL"] = before.model_copy(update={"smtp_url": server.url})
        try:
            assert delivery.deliver().sent == 1
        finally:
            app.config["SENTINEL"] = before
        (got,) = server.got
    assert (got["Subject"], got["To"]) == ("Sentinel: your second factor was reset", OFFICER)
    assert "If you did not ask for this, tell your local administrator" in got.get_content()
    assert WHY not in got.get_content()


def test_nobody_resets_their_own_nor_anybody_elses_without_the_right(client_as, session, officer):
    sent = {"submission_id": new_id(), "reason": WHY}
    for email in (ADMIN, GOVERNANCE):
        own = with_a_code(session, email)
        assert "Reset their second factor" not in client_as(email).get(f"/people/{own.id}").text
        refused = client_as(email).post(f"/people/{own.id}/second-factor", sent, status=422)
        assert "You cannot reset your own second factor" in refused.text
    client_as("supervisor@blaby.example").post(f"/people/{officer.id}/second-factor", sent, status=403)
    client_as(ADMIN).post(f"/people/{factories.user('officer@charnwood.example').id}/second-factor", sent, status=404)
    session.add(RoleHeld(user_id=officer.id, team_id=factories.team().id, role="information_officer"))
    session.commit()
    assert "Ask a governance officer" in client_as(ADMIN).post(f"/people/{officer.id}/second-factor", sent, status=422).text
    assert second_factor.is_on(officer)


@pytest.mark.parametrize(
    ("email", "whose", "why"),
    [
        (ADMIN, "own", WHY),
        (ADMIN, "stranger", WHY),
        (ADMIN, "colleague", " "),
        (GOVERNANCE, "own", WHY),
        ("supervisor@blaby.example", "colleague", WHY),
        (OFFICER, "own", WHY),
    ],
)
def test_the_database_takes_it_away_for_nobody_else_and_never_without_a_reason(email, whose, why, session):
    with acting_on(session, email) as keys, pytest.raises(DBAPIError, match="not for you to take away"):
        session.execute(RESET, {"who": keys[whose], "why": why})


@pytest.mark.parametrize(
    ("email", "answers"), [(ADMIN, (True, False)), (GOVERNANCE, (True, True)), ("supervisor@blaby.example", (False, False))]
)
def test_the_database_tells_an_administrator_that_there_is_one_and_nothing_of_it(email, answers, session, officer):
    with_a_code(session, "officer@charnwood.example")
    with acting_on(session, email) as keys:
        assert session.execute(text("SELECT has_second_factor(:colleague), has_second_factor(:stranger)"), keys).one() == answers
        assert session.execute(text("SELECT count(*) FROM credential WHERE user_id = :colleague"), keys).scalar() == 0
