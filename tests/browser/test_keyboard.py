"""Without a mouse: a call in the order in which it is held, and a contact logged from the list."""

from datetime import timedelta

from playwright.sync_api import Page, expect

from tests.browser.calls import OFFICER, PLACE, SAID, TAKER, know_the_postcode, reference_read_out
from tests.browser.conftest import Arrives
from tests.browser.house import OPENED_AT, House, set_clock

MOST = 80  # stops on the longest page


class Hands:
    """Somebody with a keyboard and nothing else."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def focused(self) -> str:
        """The id, else the name, of what has the focus."""
        return str(self.page.evaluate("document.activeElement.id || document.activeElement.getAttribute('name') || ''"))

    def tab_to(self, control: str) -> None:
        """Press Tab until this control has the focus; the page never leads there by going back."""
        passed = []
        for _ in range(MOST):
            self.page.keyboard.press("Tab")
            passed.append(self.focused())
            if passed[-1] == control:
                return
        raise AssertionError(f"Tab never comes to {control}; it came by {passed}")

    def type(self, control: str, words: str) -> None:
        """Go on to a box and fill it in."""
        self.tab_to(control)
        self.page.keyboard.type(words)

    def choose(self, question: str, option: int = 0) -> None:
        """Go on to a question and choose its option of this number, the first being 0."""
        self.tab_to(question)
        for _ in range(option):
            self.page.keyboard.press("ArrowDown")
        if not option:
            self.page.keyboard.press("Space")


def test_a_report_is_taken_in_the_order_of_the_call_and_saved_with_ctrl_enter(shared_house: House, arrive: Arrives) -> None:
    know_the_postcode(shared_house)
    page = arrive(shared_house, TAKER).page
    hands = Hands(page)
    page.wait_for_load_state("networkidle")  # a key pressed while the page is being put together goes nowhere
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    hands.choose("danger")
    hands.type("name", "Perpetua Fotheringay")
    hands.type("phone", "07700 900318")
    hands.choose("who")
    hands.choose("ring")
    hands.choose("voicemail", 1)
    hands.type("place", PLACE)
    hands.tab_to("home")
    page.keyboard.press("Space")
    hands.type("what", SAID)
    hands.type("when", "today 6:30am")
    hands.choose("relation")
    hands.choose("answers-frequency")
    hands.choose("answers-targeted")
    hands.choose("answers-affected")
    hands.tab_to("answers-happened")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="Weapon")).to_be_checked()
    hands.choose("consent")
    page.keyboard.press("Control+Enter")
    assert reference_read_out(page)


def test_tab_leads_from_the_place_into_what_is_known_there(shared_house: House, arrive: Arrives) -> None:
    known = shared_house.one("SELECT address FROM place JOIN asb_case ON asb_case.place_id = place.id ORDER BY asb_case.id LIMIT 1")
    assert known
    page = arrive(shared_house, TAKER).page
    page.wait_for_load_state("networkidle")  # what is typed before the page listens is not asked about
    page.get_by_label("Address, place or postcode").fill(str(known[0]))
    expect(page.get_by_role("button", name="Attach place").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.get_by_label("Address, place or postcode").focus()
    Hands(page).tab_to("attach")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Undo").first).to_be_focused()


def test_a_contact_is_logged_from_my_work_with_j_enter_and_ctrl_enter(own_house: House, arrive: Arrives) -> None:
    set_clock(own_house, OPENED_AT + timedelta(days=20))
    page = arrive(own_house, OFFICER).page
    expect(page.get_by_role("heading", name="My work")).to_be_visible()
    for _ in range(page.locator("[data-row]").count()):
        page.keyboard.press("j")
        if page.evaluate("document.activeElement.textContent").startswith("Log contact"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_label("What was said, in a sentence")).to_be_visible()
    hands = Hands(page)
    if not page.get_by_label("Phone").is_checked():
        hands.choose("channel")
    hands.choose("outcome")
    hands.type("note", "Two quiet days.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").filter(has_text="logged").or_(page.get_by_role("alert").filter(has_text="logged"))).to_be_visible()
    assert "/my-work" in page.url


def test_one_key_shortcuts_are_listed_and_do_nothing_while_typing(shared_house: House, arrive: Arrives) -> None:
    page = arrive(shared_house, TAKER).page
    page.get_by_label("What happened, in their words").press_sequentially("j?k")
    expect(page.get_by_label("What happened, in their words")).to_have_value("j?k")
    page.locator("body").click(position={"x": 5, "y": 5})
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
