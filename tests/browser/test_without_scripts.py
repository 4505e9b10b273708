"""With scripts switched off: every task still works, with one more press where a script would have helped."""

from playwright.sync_api import expect

from tests.browser.calls import OFFICER, TAKER, choose, know_the_postcode, tell_the_story
from tests.browser.conftest import Arrives
from tests.browser.house import House

VICTIM = "Hepzibah Applegarth"


def test_a_report_is_taken_its_risk_assessed_and_a_contact_logged(shared_house: House, arrive: Arrives) -> None:
    know_the_postcode(shared_house)
    _takes_the_report(shared_house, arrive)
    officer = arrive(shared_house, OFFICER, scripts=False).page
    officer.get_by_role("link", name="To decide").click()
    officer.get_by_role("row").filter(has_text=VICTIM).get_by_role("link", name="Decide").click()
    officer.get_by_label("Open a case").check()
    officer.locator("#reason_opened").select_option("risk")
    officer.get_by_role("button", name="Save the decision").click()
    officer.get_by_role("link", name="Assess risk").first.click()
    choose(officer, "How often do you have problems?", "Every day (5)")
    officer.get_by_role("button", name="Show the level").click()
    expect(officer.locator("#level")).to_contain_text("High risk")
    expect(officer.get_by_role("radio", name="Every day").first).to_be_checked()
    choose(officer, f"What is the risk to {VICTIM}?", "High")
    officer.locator("#rationale").fill("A knife was shown.")
    officer.get_by_role("button", name="Save this assessment").click()
    officer.get_by_role("link", name="Log contact").first.click()
    officer.get_by_label("Yes, we spoke").check()
    officer.get_by_label("What was said, in a sentence").fill("Told her the plan.")
    officer.get_by_role("button", name="Save contact").click()
    expect(officer.get_by_text(f"Contact with {VICTIM} logged.")).to_be_visible()


def _takes_the_report(house: House, arrive: Arrives) -> None:
    known = house.one("SELECT p.name FROM person p JOIN party y ON y.person_id = p.id JOIN asb_case c ON c.id = y.case_id ORDER BY p.id")
    assert known
    page = arrive(house, TAKER, scripts=False).page
    tell_the_story(page)
    page.get_by_label("Name *").fill(str(known[0]))
    page.get_by_role("button", name="Find matches").click()
    expect(page.locator("#matches")).to_contain_text(str(known[0]))
    page.get_by_label("Name *").fill(VICTIM)
    page.get_by_role("button", name="Save report and make the promise").click()
    expect(page.get_by_role("region", name="Saved. Read this out")).to_contain_text("by 5pm on Thursday 3 December")
