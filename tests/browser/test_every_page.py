"""Every page that links lead to, as every role sees it: no dead links, usable by everybody, at a desk and on a telephone."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit

import html5lib
import pytest
from playwright.sync_api import Browser
from werkzeug.routing import MapAdapter

from sentinel.access.models import ROLES
from tests.architecture.access_table import ACCESS, PUBLIC, SIGNED_IN
from tests.architecture.test_access_table import ACCOUNT_OF
from tests.browser.furnishing import add_a_file, furnish
from tests.browser.house import OPENED_AT, House
from tests.browser.visitor import Visitor
from tests.conftest import make_app
from tests.pages import HTML

OF_ONE_KIND = 5  # how many cases, reports and so on are opened to find what leads on from them
MACHINES = {"static", "assets", "healthz", "readyz", "metrics"}  # not for people to read
# Links to these may be dead too; but they are files, and no browser shows one.
FILES = {
    "documents.download",
    "disclosures.index_csv",
    "footprints.index_csv",
    "insight.police_incidents_csv",
    "record.looks_at_csv",
    "record.looks_by_csv",
    "surveys.index_csv",
    "letters.letter",
}
# Of these every page is looked at; of the others', those that the page they land on leads to.
WALKERS = {"supervisor", "call_taker", "governance", "victim_first", "information_officer", "local_admin", "landlord"}


class Walked(NamedTuple):
    """What links lead a role to, each page at one address, and what is wrong with any of it."""

    pages: dict[str, str]
    problems: list[str]


@pytest.fixture(scope="module")
def addresses(shared_house: House) -> MapAdapter:
    """Says which page an address is."""
    return make_app(shared_house.database).url_map.bind("")


@pytest.fixture(scope="module")
def walk(browser: Browser, shared_house: House, addresses: MapAdapter) -> Iterator[Callable[[str], Walked]]:
    """Walk as a role, once: all of them at one browser, one after the other."""
    beginnings = furnish(shared_house, OPENED_AT)
    visitor = Visitor(browser, shared_house).sign_in(ACCOUNT_OF["supervisor"])
    add_a_file(visitor, beginnings["supervisor"][0])
    looked_at: set[str] = set()

    @cache
    def walked(role: str) -> Walked:
        visitor.sign_in_instead(ACCOUNT_OF[role])
        pages = pages_of(visitor, addresses, *beginnings.get(role, []))
        near = pages if role in WALKERS else pages_of(visitor, addresses, further=False)
        alike = {page for page in looked_at if ACCESS[page] == SIGNED_IN}  # everybody's account, and the like
        wanted = {page: pages[page] for page in near if page not in FILES | alike}
        looked_at.update(wanted)
        return Walked(pages, problems_of(visitor, wanted))

    yield walked
    visitor.context.close()


def pages_of(visitor: Visitor, addresses: MapAdapter, *beginnings: str, further: bool = True) -> dict[str, str]:
    """Every page that links lead this visitor to, each at one address: the fullest of those tried. No link may be dead."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    waiting = [*beginnings, "/"]
    while waiting:
        address = waiting.pop(0)
        page = _page_of(addresses, address)
        if page in MACHINES or address in found[page] or len(found[page]) >= OF_ONE_KIND:
            continue
        answer = visitor.context.request.get(visitor.house.address + address)
        assert answer.ok, f"{address}: {answer.status}"
        found[page][address] = len(answer.body())
        if page not in FILES and (further or page == "home.index"):
            waiting += _links(answer.text(), answer.url)
    return {page: max(sizes, key=lambda address: sizes[address]) for page, sizes in found.items() if sizes}


def _page_of(addresses: MapAdapter, address: str) -> str:
    endpoint, _ = addresses.match(urlsplit(address).path)
    return str(endpoint)


def _links(page: str, here: str) -> Iterator[str]:
    for link in html5lib.parse(page).iter(f"{HTML}a"):
        address, _ = urldefrag(urljoin(here, link.get("href") or ""))
        if urlsplit(address).netloc == urlsplit(here).netloc:
            yield address.partition(urlsplit(here).netloc)[2] or "/"


def problems_of(visitor: Visitor, pages: dict[str, str]) -> list[str]:
    """What is wrong with any of them."""
    found = []
    for address in pages.values():
        visitor.go(address)
        try:
            visitor.look()
        except AssertionError as problem:
            found.append(str(problem))
            visitor.troubles.clear()
    return found


@pytest.mark.parametrize("role", ROLES)
def test_every_page_a_role_is_led_to_is_usable(role: str, walk: Callable[[str], Walked]) -> None:
    assert walk(role).problems == []


def test_links_lead_to_every_page_there_is(addresses: MapAdapter, walk: Callable[[str], Walked]) -> None:
    reached = {page for role in WALKERS for page in walk(role).pages}
    pages = {rule.endpoint for rule in addresses.map.iter_rules() if "GET" in rule.methods} - MACHINES
    assert sorted({page for page in pages if ACCESS[page] != PUBLIC} - reached) == []
