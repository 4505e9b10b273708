"""Single sign-on in a real browser, which applies what a client of a program's does not: our content policy, and whose cookies go where.

The provider stands on another site than Sentinel, as everywhere: "localhost" is one to a browser, "127.0.0.1" another.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Arrives
from tests.browser.house import House, house
from tests.browser.visitor import Visitor
from tests.integration.providers import real_provider

OFFICER = {"sub": "officer", "email": "officer@blaby.example", "email_verified": True}
STRANGER = {"sub": "stranger", "email": "stranger@elsewhere.example", "email_verified": True}


@pytest.fixture(scope="module")
def county(demonstration: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that knows the County's provider, and may be told of its users by it."""
    with real_provider(OFFICER, STRANGER) as address:
        told = {"ISSUER": address.replace("127.0.0.1", "localhost"), "CLIENT_ID": "sentinel", "CLIENT_SECRET": "s", "NAME": "County"}
        settings = {f"SENTINEL_OIDC_{name}": value for name, value in told.items()}
        with house(demonstration, f"{demonstration}_county", tmp_path_factory.mktemp("county"), **settings) as served:
            yield served


def through_the_provider(visitor: Visitor, name: str, wanted: str) -> Page:
    """Want a page, press the button for single sign-on, and say at the provider who one is."""
    visitor.context.route(re.compile(r"^https:"), lambda asked: asked.fulfill(body=""))  # the provider's page wants a style sheet
    page = visitor.go(wanted)
    page.get_by_role("link", name="Sign in with County").click()
    expect(page).to_have_url(re.compile(r"^http://localhost:\d+/"))
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_url(f"{visitor.house.address}/**")
    return page


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_colleague_comes_in_through_the_provider_to_the_page_they_wanted(county: House, arrive: Arrives, scripts: bool) -> None:
    visitor = arrive(county, scripts=scripts)
    page = through_the_provider(visitor, "officer", "/cases")
    assert page.url == f"{county.address}/cases"
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    (name,) = county.one("SELECT name FROM app_user WHERE email = %s", OFFICER["email"]) or ("",)
    expect(page.get_by_role("banner").get_by_text(str(name))).to_be_visible()


def test_whom_sentinel_does_not_know_is_told_whom_to_ask(county: House, arrive: Arrives) -> None:
    visitor = arrive(county)
    page = through_the_provider(visitor, "stranger", "/cases")
    assert page.url == f"{county.address}/sign-in"
    expect(page.get_by_text("you have no account in Sentinel. Ask your local administrator.")).to_be_visible()
    visitor.look()
    assert "/sign-in" in visitor.go("/cases").url
