"""Two ways to walk the same journey: with the mouse, and with Tab, Enter, Space and the arrow keys alone, seeing where one is."""

import re
from typing import Protocol

from playwright.sync_api import Locator, Page, expect

from tests.browser.house import House
from tests.factories import PASSWORD

MOST = 250  # stops between two places of the longest page
READY = "a.govuk-skip-link[data-govuk-skip-link-init]"  # a key pressed while the page is being put together goes nowhere

# What can be stopped at, as it is drawn without the focus. A box that is not drawn itself shows it by its label.
AT_REST = """() => {
    window.drawn = (e) => [e, ...(e.labels ?? [])].flatMap((one) => [null, "::before"].map((part) => {
        const style = getComputedStyle(one, part);
        return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.backgroundColor, style.borderColor].join();
    })).join();
    if (window.atRest) return;
    const stops = document.querySelectorAll("a[href], button, input, select, textarea, summary");
    window.atRest = new Map([...stops].filter((e) => e !== document.activeElement).map((e) => [e, drawn(e)]));
}"""
UNSEEN = """() => {
    const here = document.activeElement;
    const at = here.getClientRects()[0];
    if (!at) return "is not drawn: " + here.outerHTML;
    const on = document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2);
    const mine = [here, ...(here.labels ?? [])].some((one) => one.contains(on));
    if (!on || !mine) return "is out of sight: " + here.outerHTML;
    return atRest.get(here) === drawn(here) ? "looks as it does without the focus: " + here.outerHTML : "";
}"""
WAY_THERE = """(e) => {
    const here = document.activeElement;
    if (here === e || (e.type === "radio" && here.type === "radio" && here.name === e.name && here.form === e.form)) return "";
    return here.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_PRECEDING ? "Shift+Tab" : "Tab";
}"""
# From the top of a page, and not brought to a part of it by the link.
FAR_FROM_HERE = "(e) => document.activeElement === document.body && !location.hash && Boolean(e.closest('main'))"
FOCUSED = "(e) => e === document.activeElement"
CHOSEN = "(e) => e.selectedOptions[0].label"


class Way(Protocol):
    """How somebody uses a page."""

    page: Page

    def press(self, control: Locator) -> None:
        """Follow a link, or press a button."""

    def choose(self, answer: Locator) -> None:
        """Choose an answer, or tick a box."""

    def select(self, box: Locator, label: str) -> None:
        """Choose from a list."""

    def write(self, box: Locator, words: str) -> None:
        """Say it in a box, instead of what stands there."""


class Mouse:
    """Somebody who points."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, control: Locator) -> None:
        control.click()

    def choose(self, answer: Locator) -> None:
        answer.check()

    def select(self, box: Locator, label: str) -> None:
        box.select_option(label)

    def write(self, box: Locator, words: str) -> None:
        box.fill(words)


class Keys:
    """Somebody with a keyboard and nothing else."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, control: Locator) -> None:
        self._reach(control)
        self.page.keyboard.press("Enter")

    def choose(self, answer: Locator) -> None:
        self._reach(answer)
        for _ in range(MOST):
            if answer.evaluate(FOCUSED):
                break
            self.page.keyboard.press("ArrowDown")
        if not answer.is_checked():
            self.page.keyboard.press("Space")
        expect(answer).to_be_checked()

    def select(self, box: Locator, label: str) -> None:
        self._reach(box)
        for _ in range(MOST):
            if box.evaluate(CHOSEN) == label:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"The arrow keys never come to {label}")

    def write(self, box: Locator, words: str) -> None:
        self._reach(box)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(words)

    def _reach(self, control: Locator) -> None:
        self.page.locator(READY).wait_for(state="attached")
        there = control.element_handle()
        self.page.evaluate(AT_REST)
        if there.evaluate(FAR_FROM_HERE):
            self._skip_to_main()
        for _ in range(MOST):
            key = there.evaluate(WAY_THERE)
            if not key:
                return
            self._step(key)
        raise AssertionError(f"{MOST} stops, and the focus never comes to {control}")

    def _skip_to_main(self) -> None:
        self._step("Tab")
        expect(self.page.get_by_role("link", name="Skip to main content")).to_be_focused()
        self.page.keyboard.press("Enter")
        expect(self.page).to_have_url(re.compile("#main$"))
        expect(self.page.locator("#main")).to_be_focused()

    def _step(self, key: str) -> None:
        self.page.keyboard.press(key)
        unseen = self.page.evaluate(UNSEEN)
        assert not unseen, f"{self.page.url}: what has the focus {unseen}"


WAYS = [Mouse, Keys]


def summary_of(page: Page) -> Locator:
    """What a page says is wrong with its form, as the first thing."""
    return page.locator(".govuk-error-summary")


def refused(way: Way, sentence: str, box: Locator, group: Locator | None = None) -> None:
    """The summary has the focus and says so, the field (or the group of answers it begins) says so too, and the summary leads there."""
    summary = summary_of(way.page)
    expect(summary).to_be_focused()
    expect(group or box).to_have_accessible_description(re.compile(re.escape(sentence)))
    way.press(summary.get_by_role("link", name=sentence))
    expect(box).to_be_focused()


def sign_in(way: Way, house: House, email: str) -> None:
    """Come in by the front door."""
    page = way.page
    page.context.clear_cookies()
    page.goto(f"{house.address}/sign-in")
    way.write(page.get_by_label("E-mail address"), email)
    way.write(page.get_by_label("Password"), PASSWORD)
    way.press(page.get_by_role("button", name="Sign in", exact=True))
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def open_case(way: Way, reference: str) -> None:
    """Find a case in the list by its number."""
    page = way.page
    way.press(page.get_by_role("navigation", name="Main").get_by_role("link", name="Cases"))
    way.press(page.get_by_role("row").filter(has_text=reference).get_by_role("link").first)
    expect(page.get_by_role("navigation", name="This case")).to_be_visible()


def tab(way: Way, name: str) -> None:
    """Go to another side of the case."""
    way.press(way.page.get_by_role("navigation", name="This case").get_by_role("link", name=name))


def said(page: Page, words: str) -> Locator:
    """What the page says has been done."""
    return page.get_by_role("alert").or_(page.get_by_role("status")).filter(has_text=words)
