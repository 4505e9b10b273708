"""Sessions that lock, two people at once, double clicks, a page left open: what was typed comes back."""

import re

from playwright.sync_api import expect

from tests.browser.calls import OFFICER, SAID, SUPERVISOR, TAKER, VICTIM, know_the_postcode, reference_read_out, tell_the_story
from tests.browser.conftest import Arrives
from tests.browser.house import House
from tests.factories import PASSWORD

OTHER = "supervisor@charnwood.example"
LOCK = "UPDATE user_session SET last_seen_at = last_seen_at - interval '31 minutes'"


def test_a_report_comes_back_after_the_session_locked_in_the_middle_of_it(shared_house: House, arrive: Arrives) -> None:
    know_the_postcode(shared_house)
    page = arrive(shared_house, TAKER).page
    tell_the_story(page)
    shared_house.change(LOCK)
    page.get_by_role("button", name="Save report and make the promise").click()
    expect(page.get_by_role("main")).to_contain_text("kept")
    page.get_by_label("E-mail address").fill(TAKER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("This is what you had typed when your session locked")).to_be_visible()
    expect(page.get_by_label("What happened, in their words")).to_have_value(SAID)
    expect(page.get_by_label("Name *")).to_have_value(VICTIM)
    page.get_by_role("button", name="Save report and make the promise").click()
    assert reference_read_out(page)


def test_of_two_people_who_decide_the_same_report_the_second_sees_both_versions(shared_house: House, arrive: Arrives) -> None:
    officer, supervisor = arrive(shared_house, OFFICER).page, arrive(shared_house, SUPERVISOR).page
    officer.goto(f"{shared_house.address}/queue")
    officer.get_by_role("link", name=re.compile("^Decide about")).first.click()
    supervisor.goto(officer.url)
    for page, words in ((officer, "The officer's reason."), (supervisor, "The supervisor's reason.")):
        page.get_by_label("No further action").check()
        page.locator("#reason_no_further_action").select_option("other")
        page.get_by_label("In your own words").fill(words)
    officer.get_by_role("button", name="Save the decision").click()
    expect(officer.get_by_text("is decided")).to_be_visible()
    supervisor.get_by_role("button", name="Save the decision").click()
    conflict = supervisor.get_by_role("alert").filter(has_text="while you had it open")
    expect(conflict).to_contain_text("Jaswinder Bell changed this")
    expect(conflict).to_contain_text("The supervisor's reason.")
    expect(supervisor.get_by_label("In your own words")).to_have_value("The supervisor's reason.")


def test_of_two_people_who_move_the_same_case_the_second_sees_both_versions(shared_house: House, arrive: Arrives) -> None:
    first, second = arrive(shared_house, SUPERVISOR).page, arrive(shared_house, "supervisor2@blaby.example").page
    case = shared_house.one(
        "SELECT c.id FROM asb_case c JOIN team t ON t.id = c.team_id JOIN app_user u ON u.id = c.officer_id"
        " WHERE t.slug = 'blaby-asb' AND c.state = 'open' AND u.email NOT LIKE 'supervisor%%' AND NOT c.restricted ORDER BY c.id LIMIT 1"
    )
    assert case
    for page, officer in ((first, "Marcia Thornton-Clarke"), (second, "Gethin Rees")):
        page.goto(f"{shared_house.address}/cases/{case[0]}/officer")
        page.get_by_label("Officer", exact=True).select_option(officer)
        page.get_by_label("Why", exact=True).fill(f"{officer} knows the family.")
    first.get_by_role("button", name="Move the case").click()
    expect(first.get_by_role("main")).to_contain_text("Marcia Thornton-Clarke")
    second.get_by_role("button", name="Move the case").click()
    conflict = second.get_by_role("alert").filter(has_text="while you had it open")
    expect(conflict).to_contain_text("Gethin Rees")
    expect(conflict).to_contain_text("Marcia Thornton-Clarke")
    expect(second.get_by_label("Why", exact=True)).to_have_value("Gethin Rees knows the family.")
    second.get_by_role("button", name="Move the case").click()
    expect(second.get_by_role("main")).to_contain_text("Gethin Rees")


def test_a_save_that_is_clicked_twice_makes_one_report(shared_house: House, arrive: Arrives) -> None:
    know_the_postcode(shared_house)
    page = arrive(shared_house, TAKER).page
    tell_the_story(page, "Ermintrude Castlereagh")
    page.get_by_role("button", name="Save report and make the promise").dblclick()
    assert reference_read_out(page)
    assert shared_house.one("SELECT count(*) FROM person WHERE name = 'Ermintrude Castlereagh'") == (1,)


def test_a_laptop_that_was_closed_finds_its_draft(shared_house: House, arrive: Arrives) -> None:
    first = arrive(shared_house, OTHER)
    first.go("/reports/new")
    first.page.get_by_label("What happened, in their words").fill(SAID)
    expect(first.page.locator("[data-draft-status]")).to_contain_text("Draft saved")
    first.context.close()
    again = arrive(shared_house, OTHER).page
    again.goto(f"{shared_house.address}/reports/new")
    again.get_by_role("link", name="Go on with it").click()
    expect(again.get_by_label("What happened, in their words")).to_have_value(SAID)
