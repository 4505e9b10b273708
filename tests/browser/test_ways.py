"""Walking with the keyboard fails where somebody with a keyboard would be lost."""

import pytest
from playwright.sync_api import Browser

from tests.browser.ways import Keys

PAGE = """<a class="govuk-skip-link" data-govuk-skip-link-init href="#main">Skip to main content</a>
<main id="main" tabindex="-1"><style>{style}</style><button id="before">Before</button><button id="there" {more}>There</button></main>"""
BARE = "#there:focus { outline: none; }"
COVERED = "main::after { content: ''; position: fixed; inset: 60px 0 0 0; background: white; } #there { margin-top: 90px; }"


@pytest.mark.parametrize(
    ("style", "more", "why"),
    [(BARE, "", "looks as it does without the focus"), (COVERED, "", "is out of sight"), ("", 'tabindex="-1"', "the focus never comes")],
    ids=["not drawn", "covered", "left out"],
)
def test_the_keyboard_walk_stops_at(browser: Browser, style: str, more: str, why: str) -> None:
    page = browser.new_page()
    page.set_content(PAGE.format(style=style, more=more))
    page.locator("#before").focus()
    with pytest.raises(AssertionError, match=why):
        Keys(page).press(page.locator("#there"))
    page.close()


def test_the_keyboard_walk_goes_there_otherwise(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(PAGE.format(style="", more="onclick=\"document.title = 'pressed'\""))
    page.locator("#before").focus()
    Keys(page).press(page.locator("#there"))
    assert page.title() == "pressed"
    page.close()
