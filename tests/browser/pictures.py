"""Pictures of the six main screens, wide and narrow: python -m tests.browser.pictures DIR

For people who want to look, and for the README. A demonstration of 200 cases, two working days after it was made.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import expect, sync_playwright

from sentinel.core.instance.browser import HOW_TO_GET_ONE, chromium
from tests import databases
from tests.browser.calls import OFFICER, SUPERVISOR, TAKER, VICTIM_FIRST, know_the_postcode, tell_the_story
from tests.browser.house import House, house, make_demonstration
from tests.browser.visitor import FLAGS, Visitor

WIDTHS = (1440, 320)
CASES = 200
# The open high-risk case of Blaby's with most on its timeline, and a victim on it.
FULLEST = """
SELECT c.id, min(y.id::text) FROM asb_case c JOIN team t ON t.id = c.team_id JOIN case_event e ON e.case_id = c.id
JOIN party y ON y.case_id = c.id AND y.role = 'victim'
WHERE t.slug = 'blaby-asb' AND c.state = 'open' AND c.level = 'high' AND c.officer_id IS NOT NULL AND NOT c.restricted
GROUP BY c.id ORDER BY count(*) DESC, c.id LIMIT 1
"""


def take_all(folder: Path) -> None:
    """Serve a demonstration and take every picture."""
    path = chromium()
    if path is None:
        sys.exit(HOW_TO_GET_ONE)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"sentinel_pictures_{os.getpid()}"
    with TemporaryDirectory() as logs, databases.superuser() as connection:
        make_demonstration(name, CASES)
        try:
            with house(name, f"{name}_house", Path(logs)) as served, sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
                for screen, visitor in _screens(served, lambda email: Visitor(browser, served).sign_in(email)):
                    _take(visitor, folder / screen)
                browser.close()
        finally:
            databases.drop(connection, name)


def _screens(served: House, arrive: Callable[[str], Visitor]) -> Iterator[tuple[str, Visitor]]:
    know_the_postcode(served)
    taker = arrive(TAKER)
    tell_the_story(taker.page)
    expect(taker.page.locator("[data-draft-status]")).to_contain_text("Draft saved")
    yield "take-a-report", taker
    served.command("sweep", "--at", "2026-12-04T10:20")
    yield "my-work", arrive(OFFICER)
    supervisor = arrive(SUPERVISOR)
    yield "board", supervisor
    found = served.one(FULLEST)
    assert found
    supervisor.go(f"/cases/{found[0]}")
    yield "case", supervisor
    supervisor.go(f"/parties/{found[1]}/risk")
    yield "risk", supervisor
    yield "victim-first", arrive(VICTIM_FIRST)


def _take(visitor: Visitor, screen: Path) -> None:
    for width in WIDTHS:
        visitor.page.set_viewport_size({"width": width, "height": 900})
        visitor.page.evaluate("document.activeElement?.blur(), scrollTo(0, 0)")
        visitor.page.screenshot(path=f"{screen}-{width}.png", full_page=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Say which folder the pictures go to: python -m tests.browser.pictures DIR")
    take_all(Path(sys.argv[1]))
