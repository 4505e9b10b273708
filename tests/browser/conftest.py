"""A Chromium, a demonstration, and visitors of it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from sentinel.core.instance.browser import HOW_TO_GET_ONE, chromium
from tests import databases
from tests.browser.care_made import Walked, make
from tests.browser.house import House, house, make_demonstration
from tests.browser.visitor import FLAGS, PATIENCE, Visitor
from tests.browser.ways import WAYS, Way

Arrives = Callable[..., Visitor]
Furnished = tuple[House, dict[type[Way], Walked]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a Chromium."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium without a window. Where there is none: skipped, but with CI=true it has to be there."""
    path = chromium()
    if path is None and os.environ.get("CI") == "true":
        pytest.fail(f"CI is to run the browser tests. {HOW_TO_GET_ONE}")
    if path is None:
        pytest.skip(HOW_TO_GET_ONE)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def demonstration(browser: Browser) -> Iterator[str]:
    """A database with a demonstration of 60 cases, to be copied."""
    name = f"sentinel_demonstration_{_process()}"
    make_demonstration(name)
    yield name
    with databases.superuser() as connection:
        databases.drop(connection, name)


@pytest.fixture(scope="session")
def shared_house(demonstration: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house for tests that leave its clock alone."""
    with house(demonstration, f"sentinel_house_{_process()}", tmp_path_factory.mktemp("house")) as served:
        yield served


@pytest.fixture(scope="session")
def furnished(demonstration: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """A house for the journeys that are walked in two ways, with a set of cases for each."""
    with house(demonstration, f"sentinel_furnished_{_process()}", tmp_path_factory.mktemp("furnished")) as served:
        yield served, dict(zip(WAYS, make(served), strict=True))


@pytest.fixture(params=WAYS, ids=["mouse", "keyboard"])
def walker(request: pytest.FixtureRequest) -> type[Way]:
    """How a journey is walked."""
    found: type[Way] = request.param
    return found


@pytest.fixture
def own_house(demonstration: str, tmp_path: Path) -> Iterator[House]:
    """A house for one test."""
    with house(demonstration, f"sentinel_own_house_{_process()}", tmp_path) as served:
        yield served


@pytest.fixture
def arrive(browser: Browser) -> Iterator[Arrives]:
    """Let somebody arrive at a house: arrive(house, "officer@blaby.example"). In the end nothing may have failed in any browser."""
    visitors: list[Visitor] = []

    def arrives(at: House, email: str | None = None, *, scripts: bool = True) -> Visitor:
        visitors.append(Visitor(browser, at, scripts=scripts))
        return visitors[-1].sign_in(email) if email else visitors[-1]

    yield arrives
    for visitor in visitors:
        visitor.context.close()
    for visitor in visitors:
        visitor.check()


def _process() -> str:
    return f"{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
