"""The main job as five people do it, each at a browser, with the mouse."""

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.calls import (
    OFFICER,
    SAID,
    SUPERVISOR,
    TAKER,
    VICTIM,
    VICTIM_FIRST,
    choose,
    know_the_postcode,
    reference_read_out,
    tell_the_story,
)
from tests.browser.conftest import Arrives
from tests.browser.house import House


def test_a_high_risk_report_is_taken_worked_missed_answered_and_reaches_victim_first(own_house: House, arrive: Arrives) -> None:
    know_the_postcode(own_house)
    reference = _a_call_is_taken(own_house, arrive)
    officer = arrive(own_house, OFFICER)
    _the_officer_opens_a_case(officer.page, reference)
    officer.look()
    _logs_the_first_contact(officer.page)
    _assesses_the_risk(officer.page)
    _two_working_days_pass(own_house)
    _the_supervisor_sees_the_alert_and_answers(own_house, arrive)
    _victim_first_acknowledges_and_contacts(own_house, arrive)
    _the_officer_finds_it_all_in_the_story(officer.page, reference)


def _a_call_is_taken(house: House, arrive: Arrives) -> str:
    taker = arrive(house, TAKER)
    page = taker.page
    assert page.url.endswith("/reports/new")
    tell_the_story(page)
    expect(page.locator("[data-needed]")).to_have_text("all there")
    expect(page.get_by_text("High risk").first).to_be_visible()
    taker.look()
    page.get_by_role("button", name="Save report and make the promise").click()
    reference = reference_read_out(page)
    taker.look()
    return reference


def _the_officer_opens_a_case(page: Page, reference: str) -> None:
    page.get_by_role("link", name="To decide").click()
    row = page.get_by_role("row").filter(has_text=VICTIM)
    expect(row).to_contain_text("High")
    row.get_by_role("link", name="Decide").click()
    expect(page.get_by_text(SAID)).to_be_visible()
    page.get_by_label("Open a case").check()
    page.get_by_label("Why?").locator("visible=true").select_option("The risk needs somebody to work on it")
    page.get_by_role("button", name="Save the decision").click()
    expect(page.get_by_text(f"Case {reference} is open")).to_be_visible()


def _logs_the_first_contact(page: Page) -> None:
    """Three clicks and a sentence."""
    page.get_by_role("link", name="Log contact").first.click()
    page.get_by_label("Yes, we spoke").check()
    page.get_by_label("What was said, in a sentence").fill("Safe at her sister's tonight. Told her what happens next.")
    page.get_by_role("button", name="Save contact").click()
    expect(page.get_by_text(f"Contact with {VICTIM} logged. Next: Wednesday 9 December, by 5pm.")).to_be_visible()


def _assesses_the_risk(page: Page) -> None:
    page.get_by_role("navigation", name="This case").get_by_role("link", name="Risk").click()
    page.get_by_role("link", name="Assess").first.click()
    page.get_by_label(re.compile("threat to life|kill", re.IGNORECASE)).first.check()
    expect(page.locator("#level")).to_contain_text("High risk")
    choose(page, f"What is the risk to {VICTIM}?", "High")
    page.get_by_label(re.compile("^Why High")).fill("He has a knife and says that he will use it.")
    page.get_by_role("button", name="Save: High risk").click()
    expect(page.get_by_role("navigation", name="This case").get_by_role("link", name="Risk")).to_have_attribute("aria-current", "page")


def _two_working_days_pass(house: House) -> None:
    before = json.loads(house.command("sweep", "--json"))
    after = json.loads(house.command("sweep", "--at", "2026-12-04T12:10", "--json"))
    assert after["opened"] > 0
    assert after["open"] > before["open"]
    house.command("deliver")


def _the_supervisor_sees_the_alert_and_answers(house: House, arrive: Arrives) -> None:
    supervisor = arrive(house, SUPERVISOR)
    page = supervisor.page
    page.get_by_role("link", name="Team board").click()
    expect(page.get_by_role("region", name="Demonstration")).to_contain_text("Friday 4 December, 12:1")
    supervisor.look()
    page.get_by_role("link", name=re.compile(r"^\d+ more")).first.click()
    row = page.get_by_role("row").filter(has_text=VICTIM).filter(has_text="Not kept: tell them the plan")
    row.get_by_role("link", name="Answer").click()
    page.get_by_label("Ask").first.check()
    page.get_by_label("What you said (goes on the case)").fill("Ring her before two and tell her the plan.")
    page.get_by_role("button", name="Save answer").click()
    expect(page.get_by_text("Ring her before two")).to_be_visible()


def _victim_first_acknowledges_and_contacts(house: House, arrive: Arrives) -> None:
    worker = arrive(house, VICTIM_FIRST)
    page = worker.page
    worker.look()
    page.get_by_role("button", name=f"Acknowledge {VICTIM}").click()
    expect(page.get_by_text(f"Acknowledged: {VICTIM}")).to_be_visible()
    page.get_by_role("link", name=f"Log contact with {VICTIM}").first.click()
    choose(page, "Did you reach them?", "Yes")
    choose(page, "How", "Phone")
    page.get_by_label("What came of it, in a sentence").fill("Door chain fitted; a safe room agreed.")
    page.get_by_role("button", name="Save contact").click()
    expect(page.get_by_text("Logged. The officer can see it.")).to_be_visible()
    worker.look()


def _the_officer_finds_it_all_in_the_story(page: Page, reference: str) -> None:
    page.get_by_role("navigation", name="This case").get_by_role("link", name="Timeline").click()
    story = page.get_by_role("main").inner_text()
    for words in ("Victim First", "Ring her before two", "Safe at her sister's", "is at high risk"):
        assert words in story, story
