"""The survey at a real browser: usable by everybody at a desk and on a telephone, with and without scripts, once."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from sentinel.core import clock, viewer
from sentinel.core.db import db
from tests.browser.house import OPENED_AT, House
from tests.browser.visitor import Visitor
from tests.conftest import make_app
from tests.integration.surveys_made import asked

pytestmark = pytest.mark.browser


@pytest.fixture
def link(shared_house: House) -> Iterator[str]:
    """Where somebody was sent."""
    app = make_app(shared_house.database)
    clock.freeze(OPENED_AT)
    with app.app_context(), viewer.acting_as(viewer.system("test")):
        token = asked()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    clock.freeze(None)
    yield f"/survey/{token}"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_somebody_answers_and_finds_the_link_used(browser: Browser, shared_house: House, link: str, scripts: bool) -> None:
    visitor = Visitor(browser, shared_house, scripts=scripts)
    page = visitor.go(link)
    if scripts:
        visitor.look()
    page.get_by_role("group", name="Did we keep you informed?").get_by_label("Partly").check()
    page.get_by_label("What did you expect that we did not do?").fill("A call back.")
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    if scripts:
        visitor.look()
    assert page.goto(shared_house.address + link).status == 404  # type: ignore[union-attr]
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    visitor.context.close()
