"""Getting in, and not."""

from datetime import timedelta

from sqlalchemy import select, update

from sentinel.access.models import Credential, UserSession
from sentinel.core import clock
from sentinel.core.models import Draft
from tests import factories
from tests.pages import PageClient

RIGHT = {"email": "officer@blaby.example", "password": factories.PASSWORD}


def test_the_right_pair_comes_in_and_lands_where_it_was_going(nobody):
    nobody.get("/sign-in")
    answer = nobody.post("/sign-in?next=/partnership", RIGHT)
    assert answer.headers["Location"] == "/partnership"


def test_a_wrong_pair_is_told_so_in_one_sentence_that_names_neither(nobody):
    for pair in (RIGHT | {"password": "not this one at all"}, RIGHT | {"email": "nobody@blaby.example"}):
        page = nobody.post("/sign-in", pair, status=422).text
        assert "The e-mail address or the password is not right" in page


def test_an_address_elsewhere_is_never_gone_on_to(nobody):
    for elsewhere in ("https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)"):
        assert PageClient(nobody.app, None).post("/sign-in", RIGHT, query_string={"next": elsewhere}).headers["Location"] == "/"


def test_lapsed_vetting_a_closed_account_and_a_lapsed_agreement_keep_people_out_and_say_whom_to_ask(nobody, session):
    officer = factories.user("officer@charnwood.example")
    for change, words in (
        ({"vetted_until": clock.today() - timedelta(days=1)}, "vetting has lapsed"),
        ({"vetted_until": None}, "vetting is not recorded"),
        ({"disabled_at": clock.now()}, "account is closed"),
    ):
        before = {name: getattr(officer, name) for name in change}
        for name, value in change.items():
            setattr(officer, name, value)
        session.commit()
        page = nobody.post("/sign-in", {"email": officer.email, "password": factories.PASSWORD}, status=422).text
        assert words in page and "administrator" in page
        officer = factories.user("officer@charnwood.example")
        for name, value in before.items():
            setattr(officer, name, value)
        session.commit()


def test_somebody_not_signed_in_is_led_to_sign_in_and_back(nobody):
    assert nobody.get("/partnership", status=302).headers["Location"] == "/sign-in?next=/partnership"


def test_signing_out_ends_the_session_in_the_database(client_as, session):
    client = client_as("supervisor@blaby.example")
    client.get("/partnership")
    client.post("/sign-out")
    assert session.scalars(select(UserSession).order_by(UserSession.started_at.desc())).first().ended_at
    client.get("/partnership", status=302)


def test_a_session_left_alone_for_half_an_hour_locks_and_a_form_sent_then_is_kept(client_as, session):
    client = client_as("calltaker@blaby.example")
    session.execute(update(UserSession).values(last_seen_at=clock.machine_now() - timedelta(minutes=31)))
    session.commit()
    answer = client.post("/stay", {"what_happened": "He was on the landing again."})
    assert "locked=kept" in answer.headers["Location"]
    draft = session.scalars(select(Draft)).one()
    assert draft.subject == "/stay"
    assert b"landing" not in draft.body
    assert "What you typed is kept" in client.get(answer.headers["Location"]).text


def test_a_locked_session_keeps_nothing_that_does_not_carry_its_own_token(client_as, session):
    client = client_as("calltaker@blaby.example")
    session.execute(update(UserSession).values(last_seen_at=clock.machine_now() - timedelta(minutes=31)))
    session.commit()
    answer = client.post("/stay", {"what_happened": "Planted."}, csrf=False)
    assert "locked=yes" in answer.headers["Location"]
    assert session.scalars(select(Draft)).all() == []


def test_a_session_is_over_after_twelve_hours(client_as, session):
    client = client_as("supervisor@blaby.example")
    session.execute(update(UserSession).values(started_at=clock.machine_now() - timedelta(hours=12, minutes=1)))
    session.commit()
    client.get("/partnership", status=302)


def test_nobody_becomes_somebody_else_outside_a_demonstration(client_as, session):
    victim_first = factories.user("worker@victimfirst.example")
    client_as("officer@blaby.example").post(f"/demonstration/become/{victim_first.id}", status=404)


def test_a_password_is_kept_as_argon2id(session):
    assert session.scalars(select(Credential.password_hash)).first().startswith("$argon2id$")
