"""Every page, as every role sees it: usable by everybody, on a telephone too."""

import pytest

from sentinel.demonstration.accounts import ACCOUNTS
from tests.browser.conftest import Arrives
from tests.browser.house import House


@pytest.mark.parametrize("email", [account.email for account in ACCOUNTS])
def test_pages_in_the_navigation_are_usable(email: str, shared_house: House, arrive: Arrives) -> None:
    visitor = arrive(shared_house, email)
    visitor.look()
    links = visitor.page.locator("nav[aria-label=Main] a").evaluate_all("links => links.map((link) => link.href)")
    for address in links:
        visitor.go(address)
        visitor.look()
