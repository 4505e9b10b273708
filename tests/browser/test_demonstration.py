"""The banner of a demonstration: it says what it is, shows its clock, and lets the reader be somebody else in one click."""

from playwright.sync_api import expect

from tests.browser.calls import OFFICER
from tests.browser.conftest import Arrives
from tests.browser.house import House


def test_one_click_makes_the_reader_somebody_else(shared_house: House, arrive: Arrives) -> None:
    page = arrive(shared_house, OFFICER).page
    banner = page.get_by_role("region", name="Demonstration")
    expect(banner).to_contain_text("Wednesday 2 December")
    expect(page.get_by_role("banner")).to_contain_text("Jaswinder Bell")
    banner.get_by_role("button", name="ASB supervisor, Blaby").click()
    expect(page.get_by_role("banner")).to_contain_text("Marcia Thornton-Clarke")
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Team board")).to_be_visible()
    page.get_by_role("region", name="Demonstration").get_by_role("button", name="Victim First").click()
    expect(page.get_by_role("heading", name="Referrals to Victim First")).to_be_visible()


def test_nobody_signed_in_may_look_round_too(shared_house: House, arrive: Arrives) -> None:
    visitor = arrive(shared_house)
    visitor.go("/")
    visitor.look()
    visitor.page.get_by_role("button", name="Call taker, Blaby").click()
    expect(visitor.page.get_by_role("heading", name="Take a report")).to_be_visible()
