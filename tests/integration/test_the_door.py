"""The door: wrong tries are slowed and lock nobody out, a second factor is asked for, sessions end when they should."""

from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from config import agreed
from sentinel.access import credentials, guards, links, second_factor, throttle
from sentinel.access.models import Absence, RoleHeld, SignInTry, User, UserSession
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.models import Draft
from tests import factories as make
from tests.conftest import make_app
from tests.pages import RAW_TOKEN, PageClient

pytestmark = pytest.mark.security
RIGHT = {"email": "officer@blaby.example", "password": make.PASSWORD}
WRONG = RIGHT | {"password": "not this one at all"}
HERE, THERE = {"REMOTE_ADDR": "203.0.113.7"}, {"REMOTE_ADDR": "198.51.100.9"}
NEW = "a thimble for the heron"


class Visitor(PageClient):
    """A browser: a form always carries the token of the page it was on, also after signing in began a new session."""

    def post(self, path, data=None, **more):
        with self.client.session_transaction() as cookie:
            cookie["csrf_token"] = RAW_TOKEN
        return super().post(path, data, **more)


@pytest.fixture
def nobody(app):
    return Visitor(app, None)


def knock(client, pair=WRONG, *, where=HERE, status=422, **more):
    return client.post("/sign-in", pair, status=status, environ_base=where, **more)


def later(session: Session, **span):
    """The tries were made so much earlier."""
    moved = timedelta(**span)
    session.execute(update(SignInTry).values(blocked_until=SignInTry.blocked_until - moved, last_at=SignInTry.last_at - moved))
    session.commit()


def said(session, user=None):
    """What the record says of the door of an account, newest first."""
    found = session.execute(
        text("SELECT op FROM audit_entry WHERE kind = 'access' AND row_id = :id ORDER BY id DESC"), {"id": str((user or make.user()).id)}
    )
    return list(found.scalars())


def unlabelled(session, email="supervisor@blaby.example"):
    """Somebody of a real installation: no account of a demonstration."""
    person = make.user(email)
    person.label = None
    session.commit()
    return person


def code_of(session, email, steps=0):
    secret = second_factor._read(credentials.of(make.user(email).id))
    return pyotp.TOTP(secret).at(clock.machine_now() + timedelta(seconds=30 * steps))


# tries


def test_five_wrong_tries_are_free_and_then_the_waits_double_to_fifteen_minutes(nobody, session):
    for _ in range(5):
        knock(nobody)
    for minutes in (1, 2, 4, 8, 15, 15):
        page = knock(nobody, status=429).text
        assert "Too many tries. Wait until" in page and "then try again" in page
        knock(nobody, RIGHT, status=429)
        later(session, minutes=minutes, seconds=-10)
        knock(nobody, status=429)
        later(session, seconds=11)
        knock(nobody)


def test_nobody_at_another_address_is_kept_out_by_wrong_tries_here(nobody, session):
    for _ in range(5):
        knock(nobody)
    knock(nobody, RIGHT, status=429)
    assert knock(Visitor(nobody.app, None), RIGHT, where=THERE, status=302).headers["Location"] == "/"


def test_from_a_hundred_addresses_an_account_is_slowed_and_its_owner_still_comes_in(nobody, session):
    rules = agreed.current().access.throttle
    for n in range(rules.tries_at_one_account):
        knock(nobody, where={"REMOTE_ADDR": f"192.0.2.{n}"})
    fresh = {"REMOTE_ADDR": "192.0.2.200"}
    knock(nobody, where=fresh)
    knock(nobody, where=fresh, status=429)
    assert knock(Visitor(nobody.app, None), RIGHT, where=THERE, status=302)


def test_one_address_trying_many_accounts_waits_as_a_whole(nobody, session):
    rules = agreed.current().access.throttle
    for n in range(rules.accounts_from_one_address):
        knock(nobody, {"email": f"somebody{n}@blaby.example", "password": "not this one at all"})
    knock(nobody, RIGHT, status=429)
    knock(Visitor(nobody.app, None), RIGHT, where=THERE, status=302)


def test_an_account_that_is_not_there_answers_as_one_that_is(nobody, session, monkeypatch):
    worked = []
    hasher = type(credentials._hasher)
    real = hasher.verify
    monkeypatch.setattr(hasher, "verify", lambda self, kept, typed: worked.append(kept[:10]) or real(self, kept, typed))
    answers = []
    for email in (RIGHT["email"], "nobody@blaby.example"):
        client = Visitor(nobody.app, None)
        tries = [client.post("/sign-in", WRONG | {"email": email}, status=422 if n < 5 else 429, environ_base=HERE) for n in range(6)]
        answers.append([page.text.replace(email, "").count("govuk-error-message") for page in tries])
    assert answers[0] == answers[1]
    assert worked == ["$argon2id$"] * 10


def test_a_forged_header_makes_no_other_address(nobody, session):
    for n in range(5):
        knock(nobody, headers={"X-Forwarded-For": f"192.0.2.{n}"})
    knock(nobody, headers={"X-Forwarded-For": "192.0.2.99"}, status=429)


def test_as_many_proxies_are_believed_as_the_installation_has(database):
    def seen(app, forwarded):
        found = []
        view = guards.public(lambda: found.append(throttle._from()) or "")
        app.add_url_rule("/seen", "seen", view)
        app.test_client().get("/seen", headers={"X-Forwarded-For": forwarded}, environ_base=HERE)
        with app.app_context():
            db.engine.dispose()
        return found

    assert seen(make_app(database), "192.0.2.1") == ["203.0.113.7"]
    assert seen(make_app(database, proxies=1), "192.0.2.1, 192.0.2.2") == ["192.0.2.2"]
    assert seen(make_app(database, proxies=2), "192.0.2.1, 192.0.2.2") == ["192.0.2.1"]


def test_neither_the_logs_nor_the_table_of_tries_hold_an_address(nobody, session, capfd):
    knock(nobody)
    knock(nobody, RIGHT | {"email": "nobody@blaby.example"})
    written = capfd.readouterr()
    kept = str(session.execute(text("SELECT array_agg(t::text) FROM sign_in_try t")).scalar())
    for secret in ("203.0.113.7", "officer@blaby", "nobody@blaby"):
        assert secret not in written.out + written.err + kept


def test_the_record_tells_of_tries_at_an_account_and_never_what_was_typed(nobody, session):
    for status in (422,) * 5:
        knock(nobody, status=status)
    assert said(session)[:5] == ["sign_in_slowed", *["sign_in_refused"] * 4]
    knock(nobody, RIGHT, where=THERE, status=302)
    nobody.post("/sign-out")
    assert said(session)[:2] == ["signed_out", "signed_in"]


# the second factor


def test_whoever_must_have_a_second_factor_is_led_to_set_it_up_before_anything_else(nobody, session):
    person = unlabelled(session)
    answer = nobody.post("/sign-in?next=/account", RIGHT | {"email": person.email})
    assert answer.headers["Location"] == "/sign-in/set-up?next=/account"
    assert "/sign-in" in nobody.get("/", status=302).headers["Location"]
    page = nobody.get("/sign-in/set-up?next=/account").text
    assert "<svg" in page and "style=" not in page and "<script>" not in page
    assert "not right" in nobody.post("/sign-in/set-up", {"code": "000000x"}, status=422).text
    done = nobody.post("/sign-in/set-up?next=/account", {"code": code_of(session, person.email)}, status=200).text
    assert done.count('<code class="s-secret">') == 10
    nobody.get("/account")
    session.expire_all()
    assert said(session, person)[:3] == ["signed_in", "recovery_codes_made", "second_factor_on"]


def set_up(session, email="supervisor@blaby.example"):
    person = unlabelled(session, email)
    second_factor.begin(person)
    codes = second_factor.confirm(person, code_of(session, email, -1))
    session.commit()
    return person, codes


def test_a_code_comes_in_once_and_not_again(app, session):
    person, _ = set_up(session)
    first, second = Visitor(app, None), Visitor(app, None)
    code = code_of(session, person.email)
    for client in (first, second):
        assert "/sign-in/code" in client.post("/sign-in", RIGHT | {"email": person.email}).headers["Location"]
        client.get("/account", status=302)
    first.post("/sign-in/code", {"code": code})
    first.get("/account")
    assert "used already" in second.post("/sign-in/code", {"code": code}, status=422).text
    second.get("/account", status=302)


def test_codes_drift_by_one_step_and_no_more(session):
    person, _ = set_up(session)
    held = credentials.of(person.id)
    for steps, right in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        held.totp_last_step = None
        session.flush()
        code = code_of(session, person.email, steps)
        near = {code_of(session, person.email, n) for n in (-1, 0, 1)}
        assert second_factor.check(person, code) is (right or code in near)


def test_a_recovery_code_works_once_and_new_ones_end_the_old(session):
    person, codes = set_up(session)
    assert second_factor.check(person, codes[0].upper().replace("-", " "))
    assert not second_factor.check(person, codes[0])
    new = second_factor.make_codes(person)
    assert not second_factor.check(person, codes[1])
    assert second_factor.check(person, new[1])
    assert second_factor.codes_left(person) == 9


def test_wrong_codes_are_slowed_as_passwords_are(nobody, session):
    person, _ = set_up(session)
    nobody.post("/sign-in", RIGHT | {"email": person.email}, environ_base=HERE)
    for _ in range(5):
        nobody.post("/sign-in/code", {"code": "123 45"}, status=422, environ_base=HERE)
    page = nobody.post("/sign-in/code", {"code": code_of(session, person.email)}, status=429, environ_base=HERE)
    assert "Wait until" in page.text


def test_half_way_in_lasts_five_minutes_and_opens_nothing(nobody, session):
    person, _ = set_up(session)
    nobody.post("/sign-in", RIGHT | {"email": person.email})
    nobody.get("/", status=302)
    with nobody.client.session_transaction() as cookie:
        cookie["half"][1] -= 301
        cookie.modified = True
    page = nobody.post("/sign-in/code", {"code": code_of(session, person.email)}, status=404)
    assert "longer than 5 minutes" in page.text


def test_the_secret_is_kept_encrypted_and_recovery_codes_as_digests(session):
    person, codes = set_up(session)
    secret = second_factor._read(credentials.of(person.id))
    kept = str(session.execute(text("SELECT array_agg(convert_from(totp_secret, 'UTF8')) FROM credential")).scalar())
    assert secret not in kept
    hidden = str(session.execute(text("SELECT array_agg(r::text) FROM recovery_code r")).scalar())
    assert not any(code in hidden or code.encode().hex() in hidden for code in codes)


def test_a_role_that_needs_a_second_factor_keeps_it(app, session):
    person, _ = set_up(session)
    client = Visitor(app, person.email)
    page = client.post("/account/second-factor", {"code": code_of(session, person.email), "do": "off"}, status=422).text
    assert "cannot be turned off" in page


def test_whoever_may_choose_sets_one_up_and_turns_it_off_again(app, session):
    client = Visitor(app, "officer@blaby.example")
    client.follow("/account/second-factor", {"do": "begin"})
    client.post("/account/second-factor", {"code": code_of(session, "officer@blaby.example", -1)}, status=200)
    assert "On: signing in asks" in client.get("/account").text
    client.post("/account/second-factor", {"code": code_of(session, "officer@blaby.example"), "do": "off"})
    assert "Off: your password alone" in client.get("/account").text


# sessions


def test_signing_in_makes_a_new_token_whatever_the_cookie_held(nobody, session):
    with nobody.client.session_transaction() as cookie:
        cookie["sid"] = "planted by somebody else"
        cookie["planted"] = True
    nobody.post("/sign-in", RIGHT)
    with nobody.client.session_transaction() as cookie:
        assert cookie["sid"] != "planted by somebody else"
        assert "planted" not in cookie


def test_ones_sessions_are_listed_and_ended_one_by_one_or_all_others_at_once(app, session):
    mine, other, third = (Visitor(app, "officer@blaby.example") for _ in range(3))
    page = mine.get("/account").text
    assert page.count("Sign it out") == 2 and page.count("This one") == 1
    target = session.scalars(select(UserSession.id).order_by(UserSession.id)).all()[1]
    mine.post(f"/account/sessions/{target}/end")
    other.get("/account", status=302)
    third.get("/account")
    mine.post("/account/sessions/end")
    third.get("/account", status=302)
    mine.get("/account")


def test_nobody_ends_somebody_elses_session(app, session):
    Visitor(app, "officer@blaby.example")
    theirs = session.scalars(select(UserSession.id)).one()
    Visitor(app, "supervisor@blaby.example").post(f"/account/sessions/{theirs}/end", status=404)


def test_changing_the_password_ends_every_other_session(app, session):
    mine, other = Visitor(app, "officer@blaby.example"), Visitor(app, "officer@blaby.example")
    wrong = {"present": "not this one at all", "password": NEW, "again": NEW}
    assert "not your present password" in mine.post("/account/password", wrong, status=422).text
    weak = {"present": make.PASSWORD, "password": "Jaswinder Bell 1", "again": "Jaswinder Bell 1"}
    assert "made of your name" in mine.post("/account/password", weak, status=422).text
    mine.post("/account/password", wrong | {"present": make.PASSWORD})
    mine.get("/account")
    other.get("/account", status=302)
    assert credentials.check_password("officer@blaby.example", NEW)


def test_a_form_sent_after_the_absolute_end_is_kept(client_as, session):
    client = client_as("calltaker@blaby.example")
    session.execute(update(UserSession).values(started_at=clock.machine_now() - timedelta(hours=12, minutes=1)))
    session.commit()
    answer = client.post("/stay", {"what_happened": "He was on the landing again."})
    assert "locked=over_kept" in answer.headers["Location"]
    assert session.scalars(select(Draft)).one().subject == "/stay"
    assert "so it ended. What you typed is kept" in client.get(answer.headers["Location"]).text


def test_the_page_knows_how_long_the_session_lasts(client_as, session):
    client = client_as("officer@blaby.example")
    session.execute(update(UserSession).values(started_at=clock.machine_now() - timedelta(hours=11, minutes=56)))
    session.commit()
    page = client.get("/account").text
    left = int(page.partition('data-ends-in="')[2].partition('"')[0])
    assert 200 < left <= 240


def test_a_changed_role_counts_at_the_next_click(client_as, session):
    client = client_as("supervisor@blaby.example")
    client.get("/board")
    mine = RoleHeld.user_id == make.user("supervisor@blaby.example").id
    session.execute(update(RoleHeld).where(mine).values(role="call_taker"))
    session.commit()
    session.expire_all()
    client.get("/board", status=403)


@pytest.mark.parametrize(
    ("change", "words"), [({"disabled_at": clock.machine_now()}, "account is closed"), ({"vetted_until": None}, "vetting is not recorded")]
)
def test_whoever_may_not_be_here_any_more_is_out_at_the_next_click_and_told_whom_to_ask(client_as, session, change, words):
    client = client_as("officer@blaby.example")
    client.get("/account")
    for name, value in change.items():
        setattr(make.user(), name, value)
    session.commit()
    page = client.get(client.get("/account", status=302).headers["Location"]).text
    assert words in page and "Ask your local administrator" in page
    assert session.scalars(select(UserSession)).one().ended_at


@pytest.mark.parametrize("barred", ["disabled_at", "vetted_until", "agreement_until"])
def test_alerts_of_whoever_may_not_come_in_go_to_cover_at_that_moment(session, barred):
    officer, cover = make.user("officer@charnwood.example"), make.user("supervisor@blaby.example")
    today = clock.today()
    session.add(Absence(user_id=officer.id, cover_user_id=cover.id, starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=8)))

    def told():
        query = text("SELECT user_id FROM recipients('officer', :officer, :team, NULL, NULL, NULL, :at)")
        values = {"officer": officer.id, "team": make.team("charnwood-asb").id, "at": clock.now()}
        return set(session.execute(query, values).scalars())

    session.flush()
    assert told() == {officer.id}
    if barred == "agreement_until":
        officer.partner.agreement_until = today - timedelta(days=1)
    else:
        setattr(officer, barred, clock.now() if barred == "disabled_at" else today - timedelta(days=1))
    session.add(Absence(user_id=officer.id, cover_user_id=cover.id, starts_on=today, ends_on=today))
    session.flush()
    assert told() == {cover.id}


# links, through their page


def test_looking_at_a_link_uses_nothing_up_and_setting_the_password_does(nobody, session):
    link = links.send_link(actor=None, user=make.user(), kind="invitation")
    path = "/link/" + links.address_to_hand_over(link).rpartition("/")[2]
    session.commit()
    for _ in range(3):
        assert "Jaswinder Bell’s invitation" in nobody.get(path).text
    assert "first that anybody would try" in nobody.post(path, {"password": "Password2026!", "again": "Password2026!"}, status=422).text
    assert "not the same" in nobody.post(path, {"password": NEW, "again": NEW + "x"}, status=422).text
    nobody.post(path, {"password": NEW, "again": NEW})
    assert "does not work any more" in nobody.post(path, {"password": NEW, "again": NEW}, status=404).text
    assert nobody.post("/sign-in", RIGHT | {"password": NEW})


def test_whoever_was_invited_and_has_no_password_does_not_come_in(nobody, session):
    credentials.of(make.user().id).password_hash = None
    session.commit()
    for password in ("", "None", make.PASSWORD):
        nobody.post("/sign-in", RIGHT | {"password": password}, status=422)


def test_accounts_of_a_demonstration_are_not_made_to_set_up_a_second_factor(nobody, session):
    assert session.scalars(select(User).where(User.email == "supervisor@blaby.example")).one().label
    assert nobody.post("/sign-in", RIGHT | {"email": "supervisor@blaby.example"}).headers["Location"] == "/"


def test_a_second_factor_set_up_by_halves_is_not_on(app, session):
    person = unlabelled(session, "officer@blaby.example")
    second_factor.begin(person)
    session.commit()
    assert Visitor(app, None).post("/sign-in", RIGHT).headers["Location"] == "/"


def test_parameters_of_argon2_that_rise_are_taken_up_at_the_next_sign_in(session):
    weaker = PasswordHasher(time_cost=1, memory_cost=8_192).hash(make.PASSWORD)
    credentials.keep_hash(make.user().id, weaker)
    assert credentials.check_password("officer@blaby.example", make.PASSWORD)
    kept = credentials.of(make.user().id).password_hash
    assert kept != weaker and kept.startswith("$argon2id$")
    assert credentials.check_password("officer@blaby.example", make.PASSWORD)
