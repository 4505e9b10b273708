"""Signing in through the organisation's own provider, and everything that must not come in that way."""

from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sentinel.access import single_sign_on
from sentinel.core import clock
from tests import factories as make
from tests.integration.providers import real_provider, small_provider
from tests.pages import PageClient

pytestmark = pytest.mark.security
OFFICER = {"sub": "officer", "email": "officer@blaby.example", "email_verified": True}
STRANGER = {"sub": "stranger", "email": "stranger@elsewhere.example", "email_verified": True}
UNPROVED = {"sub": "unproved", "email": "officer@blaby.example", "email_verified": False}


@contextmanager
def known(app, issuer, **more):
    """The installation knows this provider."""
    before = app.config["SENTINEL"]
    values = {"oidc_issuer": issuer, "oidc_client_id": "sentinel", "oidc_client_secret": "s", "oidc_name": "County", **more}
    app.config["SENTINEL"] = before.model_copy(update=values)
    single_sign_on.init_app(app, app.config["SENTINEL"])
    try:
        yield
    finally:
        app.config["SENTINEL"] = before
        single_sign_on.init_app(app, before)


def sent_away(client, to="/account"):
    """What the browser is sent to the provider with."""
    return client.get(f"/sign-in/elsewhere?next={to}", status=302).headers["Location"]


def came_back(address, sub):
    """At the provider: say who one is; where it sends the browser back to, after the host."""
    answer = requests.post(address, data={"sub": sub}, allow_redirects=False, timeout=10)
    parts = urlsplit(answer.headers["Location"])
    assert parts.path == "/sign-in/returned"
    return f"{parts.path}?{parts.query}"


def refused(client, path):
    """The sentence on the page that coming back leads to; nobody is signed in."""
    answer = client.get(path, status=302)
    assert answer.headers["Location"] == "/sign-in"
    page = client.get("/sign-in").text
    client.get("/account", status=302)
    return page


def small_path(client):
    asked = parse_qs(urlsplit(sent_away(client)).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["code_challenge"] and asked["nonce"]
    return f"/sign-in/returned?code={asked['nonce'][0]}&state={asked['state'][0]}"


@pytest.fixture(scope="module")
def provider():
    with real_provider(OFFICER, STRANGER, UNPROVED) as address:
        yield address


def test_whoever_the_provider_knows_and_has_an_account_comes_in_and_goes_on(app, nobody, provider):
    with known(app, provider):
        assert "Sign in with County" in nobody.get("/sign-in").text
        assert nobody.get(came_back(sent_away(nobody), "officer"), status=302).headers["Location"] == "/account"
        nobody.get("/account")


@pytest.mark.parametrize("sub", ["stranger", "unproved"])
def test_without_an_account_of_that_verified_address_nobody_comes_in(app, nobody, provider, sub):
    with known(app, provider):
        assert "no account in Sentinel. Ask your local administrator" in refused(nobody, came_back(sent_away(nobody), sub))


def test_a_closed_account_stays_closed(app, nobody, session, provider):
    make.user().disabled_at = clock.now()
    session.commit()
    with known(app, provider):
        assert "This account is closed" in refused(nobody, came_back(sent_away(nobody), "officer"))


def test_an_answer_is_good_once_and_only_in_the_browser_that_asked(app, nobody, provider):
    with known(app, provider):
        path = came_back(sent_away(nobody), "officer")
        assert "did not confirm who you are" in refused(PageClient(app, None), path)
        nobody.get(path, status=302)
        nobody.get("/account")
        assert "did not confirm who you are" in refused(PageClient(app, None), path)


def test_our_second_factor_is_asked_for_unless_the_installation_trusts_the_providers(app, nobody, session):
    make.user("supervisor@blaby.example").label = None
    session.commit()
    with small_provider(email="supervisor@blaby.example") as address:
        with known(app, address):
            assert nobody.get(small_path(nobody), status=302).headers["Location"] == "/sign-in/set-up?next=/account"
        with known(app, address, oidc_second_factor=True):
            assert nobody.get(small_path(nobody), status=302).headers["Location"] == "/account"


@pytest.mark.parametrize(
    "wrong", [{"iss": "http://127.0.0.1:1"}, {"nonce": "of another sign-in"}, {"seconds": -3600}, {"aud": "somebody else"}, {"nonce": None}]
)
def test_an_id_token_of_another_issuer_nonce_time_or_audience_opens_nothing(app, nobody, wrong):
    with small_provider(**wrong) as address, known(app, address):
        assert "did not confirm who you are" in refused(nobody, small_path(nobody))


def test_the_small_provider_with_nothing_wrong_lets_in(app, nobody):
    with small_provider() as address, known(app, address):
        assert nobody.get(small_path(nobody), status=302).headers["Location"] == "/account"


def test_a_provider_that_does_not_answer_is_said_to_be_so(app, nobody):
    with known(app, "http://127.0.0.1:9"):
        assert nobody.get("/sign-in/elsewhere", status=302).headers["Location"] == "/sign-in"
        assert "does not answer" in nobody.get("/sign-in").text


def test_without_a_provider_there_is_nothing_there(nobody):
    nobody.get("/sign-in/elsewhere", status=404)
    nobody.get("/sign-in/returned", status=404)
    assert "Sign in with" not in nobody.get("/sign-in").text
