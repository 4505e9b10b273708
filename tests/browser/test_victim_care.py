"""Victim care, walked once with the mouse and once with the keyboard alone: the plan, a hearing, a letter; closing; the survey."""

import re
from datetime import timedelta

from playwright.sync_api import Locator, Page, expect

from tests.browser.calls import OFFICER, SUPERVISOR
from tests.browser.care_made import Walked
from tests.browser.conftest import Arrives, Furnished
from tests.browser.house import OPENED_AT, set_clock
from tests.browser.ways import Way, open_case, refused, said, sign_in, summary_of, tab


def test_the_plan_is_changed_a_hearing_followed_and_a_letter_posted(furnished: Furnished, walker: type[Way], arrive: Arrives) -> None:
    served, sets = furnished
    made = sets[walker]
    set_clock(served, OPENED_AT)
    way = walker(arrive(served).page)
    sign_in(way, served, OFFICER)
    open_case(way, made.cared_for)
    _changes_the_plan(way, made.victim)
    _sets_a_hearing_and_moves_it(way)
    _sends_the_letter(way, made)
    _posts_it(way, made)
    set_clock(served, OPENED_AT + timedelta(days=15))
    sign_in(way, served, OFFICER)
    open_case(way, made.cared_for)
    _records_the_result(way)


def _changes_the_plan(way: Way, victim: str) -> None:
    page = way.page
    tab(way, "Victim care")
    way.press(page.get_by_role("link", name=f"Change the plan for {victim}"))
    expect(page.get_by_role("heading", name=f"How to reach {victim} safely")).to_be_visible()
    address = page.get_by_label("Address", exact=True)
    way.write(address, "c/o 4 Fosse Court, Blaby, LE8 4DJ")
    post = page.get_by_role("group", name="Post", exact=True)
    way.choose(post.get_by_label("No", exact=True))
    prefers = page.get_by_label("They prefer")
    way.select(prefers, "Letter")
    way.press(page.get_by_role("button", name="Save the plan"))
    refused(way, "They prefer letter, and letter is marked as not safe. Change one of the two.", prefers)
    expect(address).to_have_value("c/o 4 Fosse Court, Blaby, LE8 4DJ")
    way.choose(post.get_by_label("Yes", exact=True))
    way.press(page.get_by_role("button", name="Save the plan"))
    expect(said(page, "saved")).to_be_visible()


def _sets_a_hearing_and_moves_it(way: Way) -> None:
    page = way.page
    tab(way, "Interventions")
    way.press(page.get_by_role("link", name="Set a hearing"))
    when = page.get_by_label("When is the hearing?")
    way.write(page.get_by_label("What is it about?"), "The injunction against the man next door")
    way.write(page.get_by_label("Which court"), "Leicester County Court")
    way.write(page.get_by_label("What victims need to know"), "She gives evidence by video; no need to meet him.")
    way.write(when, "30 November 2026 10am")
    way.press(page.get_by_role("button", name="Set the hearing"))
    refused(way, "Monday 30 November 2026, 10am has passed. Enter a time still to come, such as tomorrow 2pm.", when)
    way.write(when, "14 December 10am")
    way.press(page.get_by_role("button", name="Set the hearing"))
    expect(page.get_by_role("heading", name="Monday 14 December, 10am")).to_be_visible()
    way.press(page.get_by_role("link", name="It was moved"))
    expect(page.get_by_label("What victims need to know")).to_have_value("She gives evidence by video; no need to meet him.")
    way.write(when, "16 December 2pm")
    way.press(page.get_by_role("button", name="Save the new day"))
    expect(page.get_by_role("heading", name="Wednesday 16 December, 2pm")).to_be_visible()


def _records_the_result(way: Way) -> None:
    page = way.page
    tab(way, "Interventions")
    way.press(page.get_by_role("link", name="Hearings of this case"))
    way.press(page.get_by_role("link", name="Record the result"))
    way.write(page.get_by_label("When was it decided?"), "16 December 3:15pm")
    way.write(page.get_by_label("What the court decided"), "Injunction for twelve months; he may not come near number 4.")
    way.press(page.get_by_role("button", name="Save the result"))
    expect(page.get_by_role("region", name="Before")).to_contain_text("Injunction for twelve months")


def _sends_the_letter(way: Way, made: Walked) -> None:
    page = way.page
    tab(way, "Victim care")
    way.press(page.get_by_role("link", name=f"Send what we promised to {made.victim}"))
    way.choose(page.get_by_role("radio", name="Letter"))
    way.press(page.get_by_role("button", name="Send it"))
    expect(page.get_by_role("heading", name="Letters to post")).to_be_visible()


def _posts_it(way: Way, made: Walked) -> None:
    page = way.page
    row = page.get_by_role("row").filter(has_text=made.victim)
    letter = row.get_by_role("link", name="Open the letter")
    with page.expect_response(re.compile(r"/letters/\d+$")) as opened:
        way.press(letter)
    assert opened.value.headers["content-type"] == "application/pdf"
    page.wait_for_url(re.compile(r"/letters/\d+$"))
    page.go_back()
    way.press(row.get_by_role("button", name="It is posted"))
    expect(said(page, "Posted. It counts as delivered until it comes back.")).to_be_visible()
    expect(row).to_have_count(0)


def test_a_case_is_closed_once_its_victim_was_heard_and_it_is_signed(furnished: Furnished, walker: type[Way], arrive: Arrives) -> None:
    served, sets = furnished
    made = sets[walker]
    set_clock(served, OPENED_AT)
    way = walker(arrive(served).page)
    sign_in(way, served, OFFICER)
    open_case(way, made.to_close)
    _proposes_closing(way)
    _assesses_one_last_time(way, made.victim)
    _tells_the_victim(way, made.victim)
    sign_in(way, served, SUPERVISOR)
    _signs(way, made.to_close)
    sign_in(way, served, OFFICER)
    open_case(way, made.to_close)
    way.press(way.page.get_by_role("link", name="Close the case"))
    way.press(way.page.get_by_role("button", name="Close the case"))
    expect(said(way.page, "The case is closed.")).to_be_visible()


def _proposes_closing(way: Way) -> None:
    page = way.page
    way.press(page.get_by_role("link", name="Propose closing"))
    outcome = page.get_by_label("How it ended")
    why = page.get_by_label("What was done, and why it can close")
    way.write(why, "Two months without a report; he has moved away.")
    way.press(page.get_by_role("button", name="Propose closing"))
    refused(way, "Choose how it ended.", outcome)
    expect(why).to_have_value("Two months without a report; he has moved away.")
    way.select(outcome, "No further incidents")
    way.select(page.get_by_label("Who tells the victims"), "Jaswinder Bell")
    way.press(page.get_by_role("button", name="Propose closing"))
    expect(page.get_by_role("region", name="Proposed for closing")).to_contain_text("Tells the victimsJaswinder Bell")


def _assesses_one_last_time(way: Way, victim: str) -> None:
    page = way.page
    way.press(_missing(page).get_by_role("link", name=f"Assess the risk to {victim} one last time"))
    way.press(page.get_by_role("main").get_by_role("link", name="Assess").first)
    judgement = page.get_by_role("group", name=re.compile(f"What is the risk to {victim}"))
    way.choose(judgement.get_by_label("Standard", exact=True))
    way.press(page.get_by_role("button", name="Save: Standard risk"))
    expect(page.get_by_role("navigation", name="This case")).to_be_visible()
    tab(way, "Overview")
    way.press(page.get_by_role("link", name="Close the case"))


def _tells_the_victim(way: Way, victim: str) -> None:
    page = way.page
    way.press(_missing(page).get_by_role("link", name=f"Tell {victim} that the case may close"))
    way.choose(page.get_by_label("Yes, we spoke"))
    way.write(page.get_by_label("What was said, in a sentence"), "She wants it kept open until the new year.")
    way.choose(page.get_by_label("Does not agree with closing"))
    way.press(page.get_by_role("button", name="Save contact"))
    expect(_missing(page)).to_contain_text("A supervisor signs, because a victim does not agree.")
    expect(_missing(page).get_by_role("listitem")).to_have_count(1)


def _signs(way: Way, reference: str) -> None:
    page = way.page
    way.press(page.get_by_role("navigation", name="Main").get_by_role("link", name="Sign-off"))
    way.press(page.get_by_role("row").filter(has_text=reference).get_by_role("link", name="Look at it"))
    expect(page.get_by_role("region", name="What the victims think")).to_contain_text("She wants it kept open until the new year.")
    way.write(page.get_by_label("Anything to add"), "Rang her myself; she knows how to ask for it again.")
    way.press(page.get_by_role("button", name="Sign the closing"))
    expect(said(page, "Signed.")).to_be_visible()


def _missing(page: Page) -> Locator:
    return page.get_by_role("region", name="Before it can be closed")


def test_the_survey_is_answered_on_its_public_page(furnished: Furnished, walker: type[Way], arrive: Arrives) -> None:
    served, sets = furnished
    visitor = arrive(served)
    way, page = walker(visitor.page), visitor.page
    visitor.go(sets[walker].survey)
    way.press(page.get_by_role("button", name="Send my answers"))
    expect(summary_of(page)).to_be_focused()
    expect(summary_of(page)).to_contain_text("Answer at least one question, or close this page.")
    way.choose(_question(page, "Did we keep you informed?").get_by_label("Partly"))
    way.choose(_question(page, "Were you offered support?").get_by_label("I did not need any"))
    way.write(page.get_by_label("What did you expect that we did not do?"), "A call back the same day.")
    way.choose(page.get_by_label("The person who dealt with it may read my answers"))
    way.press(page.get_by_role("button", name="Send my answers"))
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def _question(page: Page, words: str) -> Locator:
    return page.get_by_role("group", name=words)
