"""Somebody at a browser: signs in, goes to pages, and looks at each as a person who needs it to be usable would."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

from tests.browser.house import House
from tests.factories import PASSWORD

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK, STREET = {"width": 1440, "height": 900}, {"width": 320, "height": 720}
PATIENCE = 15_000  # milliseconds
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDEST = """() => {
    const page = [document.body, document.documentElement];
    const clips = (e) => !page.includes(e) && getComputedStyle(e).overflowX !== "visible";
    const clipped = (e) => { while ((e = e.parentElement)) if (clips(e)) return true; return false; };
    return [...document.querySelectorAll("body *")]
        .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !clipped(e))
        .slice(-3).map((e) => e.outerHTML.slice(0, 150));
}"""


class Visitor:
    """A browser of its own at a house, and what went wrong in it."""

    def __init__(self, browser: Browser, house: House, *, scripts: bool = True) -> None:
        self.house = house
        self.context = browser.new_context(viewport=DESK, java_script_enabled=scripts, locale="en-GB", timezone_id="Europe/London")
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        self.page.on("requestfailed", self._lost)
        self.page.on("response", self._answered)

    def sign_in(self, email: str) -> "Visitor":
        """Come in by the front door."""
        self.go("/sign-in")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        assert "/sign-in" not in self.page.url, self.page.inner_text("main")
        return self

    def sign_in_instead(self, email: str) -> "Visitor":
        """Come in as somebody else, at the same browser."""
        self.context.clear_cookies()
        return self.sign_in(email)

    def go(self, path: str) -> Page:
        """Open an address of the house."""
        answer = self.page.goto(path if path.startswith("http") else f"{self.house.address}{path}")
        assert answer is not None and answer.status < 500, f"{path}: {answer and answer.status}"
        return self.page

    def look(self) -> None:
        """Nothing that WCAG 2.2 AA forbids, nothing to scroll sideways at a desk or on a telephone, nothing that failed."""
        found = Axe().run(self.page, options={"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]})
        wide = self._sideways()
        self.page.set_viewport_size(STREET)
        narrow = self._sideways()
        self.page.set_viewport_size(DESK)
        assert not found.response["violations"], f"{self.page.url}\n{found.generate_report()}"
        for width, widest in ((DESK["width"], wide), (STREET["width"], narrow)):
            assert widest is None, f"{self.page.url} scrolls sideways at {width} pixels, because of {widest}"
        self.check()

    def check(self) -> None:
        """No script or request failed so far."""
        assert self.troubles == [], f"{self.page.url}\n" + "\n".join(self.troubles)

    def _sideways(self) -> list[str] | None:
        wider = self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        return self.page.evaluate(WIDEST) if wider else None

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.troubles.append(f"console: {message.text}")

    def _lost(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a newer question overtook it, or the page was left
            self.troubles.append(f"lost: {request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        refused_form = response.request.is_navigation_request() and response.status in (409, 422)
        if response.status >= 400 and not refused_form:
            self.troubles.append(f"{response.status}: {response.request.method} {response.url}")
