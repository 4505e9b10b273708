"""Every page that links lead to, as every role sees it: no dead links, usable by everybody, on a telephone too."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import html5lib
import pytest
from playwright.sync_api import Browser
from werkzeug.routing import MapAdapter

from sentinel.access.models import ROLES
from tests.architecture.access_table import ACCESS, PUBLIC
from tests.architecture.test_access_table import ACCOUNT_OF
from tests.browser.conftest import Arrives
from tests.browser.furnishing import furnish
from tests.browser.house import OPENED_AT, House
from tests.browser.visitor import Visitor
from tests.conftest import make_app
from tests.pages import HTML

OF_ONE_KIND = 5  # how many cases, reports and so on are opened to find what leads on from them
NO_PAGES = {"static", "assets", "healthz", "readyz", "metrics", "insight.police_incidents_csv"}
# Pages that none of the walkers is led to, or that lead out of the house: each has tests of its own, and was looked at when it was built.
NOT_WALKED = set(
    """access.account access.elsewhere access.end_others access.end_session access.first_set_up access.link
    access.own_second_factor access.password access.returned access.second_step break_glass.door case.let_stand
    cases_export.export declared.address declared.index declared.withdraw disclosures.index disclosures.index_csv
    disclosures.record documents.attach documents.case_documents documents.download documents.withdraw partnership.add_team
    partnership.agreement partnership.partner partnership.standing partnership.team people.add people.change people.close
    people.end_sessions people.link people.open_again people.person people.reset_second_factor people.vetting record.flags
    record.index record.looks_at record.looks_at_csv record.looks_by record.looks_by_csv record.people record.review record.staff
    restricted.lift restricted.names restricted.restrict restricted.review restricted.touch shared.case shared.index""".split()  # noqa: SIM905  a list of words
)
# Those who between them see every page; the rest are looked at where the navigation leads them.
WALKERS = {"supervisor", "call_taker", "governance", "victim_first"}


@pytest.fixture(scope="module")
def addresses(shared_house: House) -> MapAdapter:
    """Says which page an address is."""
    return make_app(shared_house.database).url_map.bind("")


@pytest.fixture(scope="module")
def led_to(browser: Browser, shared_house: House, addresses: MapAdapter) -> Callable[[str], dict[str, str]]:
    """Every page that links lead a role to, found once."""
    beginnings = furnish(shared_house.database, OPENED_AT)

    @cache
    def found(role: str) -> dict[str, str]:
        visitor = Visitor(browser, shared_house).sign_in(ACCOUNT_OF[role])
        begin = beginnings if role == "supervisor" else []
        try:
            return pages_of(visitor, addresses, *begin, walk=role in WALKERS)
        finally:
            visitor.context.close()

    return found


def pages_of(visitor: Visitor, addresses: MapAdapter, *beginnings: str, walk: bool) -> dict[str, str]:
    """Every page that links lead this visitor to, each at one address: the fullest of those tried. No link may be dead."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    waiting = [*beginnings, "/"]
    while waiting:
        address = waiting.pop(0)
        page = _page_of(addresses, address)
        if page in NO_PAGES or address in found[page] or len(found[page]) >= OF_ONE_KIND:
            continue
        answer = visitor.context.request.get(visitor.house.address + address)
        assert answer.ok, f"{address}: {answer.status}"
        found[page][address] = len(answer.text())
        if walk or page == "home.index":
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
    return found


@pytest.mark.parametrize("role", ROLES)
def test_every_page_a_role_is_led_to_is_usable(role: str, shared_house: House, led_to: Any, arrive: Arrives) -> None:
    problems = problems_of(arrive(shared_house, ACCOUNT_OF[role]), led_to(role))
    assert not problems, "\n".join(problems)


def test_links_lead_to_every_page_there_is(addresses: MapAdapter, led_to: Any) -> None:
    reached = {page for role in WALKERS for page in led_to(role)}
    pages = {rule.endpoint for rule in addresses.map.iter_rules() if "GET" in rule.methods} - NO_PAGES - NOT_WALKED
    assert sorted({page for page in pages if ACCESS[page] != PUBLIC} - reached) == []
