"""A call that makes a high-risk report, and small things every journey does with its hands."""

import re

from playwright.sync_api import Page, expect

from tests.browser.house import House

VICTIM = "Wilhelmina Papadopoulou"
PLACE = "Flat 4, Harcourt Court, 118 Fennimore Way, LE3 3KM"
SAID = "He kicked the door until the frame split, and held up a knife."
TAKER, OFFICER, SUPERVISOR = "calltaker@blaby.example", "officer@blaby.example", "supervisor@blaby.example"
VICTIM_FIRST = "worker@victimfirst.example"


def know_the_postcode(house: House) -> None:
    """Put the postcode of the call into the gazetteer."""
    house.change(
        "INSERT INTO postcode (compact, display, latitude, longitude, district_code)"
        " VALUES ('LE33KM', 'LE3 3KM', 52.62, -1.17, 'E07000129') ON CONFLICT DO NOTHING"
    )


def choose(page: Page, question: str, answer: str) -> None:
    """Answer a question by its options."""
    name = re.compile(rf"^“?{question.replace('?', '[?]')}”?( \*)?$")
    found = page.get_by_role("group", name=name).or_(page.get_by_role("radiogroup", name=name))
    found.get_by_role("radio", name=answer, exact=True).or_(found.get_by_role("checkbox", name=answer, exact=True)).check()


def tell_the_story(page: Page, victim: str = VICTIM) -> None:
    """Fill in what the caller says, question by question."""
    choose(page, "Is anyone in danger now?", "No, not now")
    page.get_by_label("Name *").fill(victim)
    page.get_by_label("Phone", exact=True).fill("07700 900318")
    choose(page, "Who the caller is", "Happening to them")
    choose(page, "Ring", "Yes")
    choose(page, "Voicemail", "No")
    page.get_by_label("Address, place or postcode").fill(PLACE)
    page.get_by_label("This is the caller’s home").check()
    page.get_by_label("What happened, in their words").fill(SAID)
    page.get_by_label("When", exact=True).fill("today 6:30am")
    choose(page, "Who is doing it", "Neighbour")
    choose(page, "Has it happened before? How often?", "Daily")
    choose(page, "Do you feel it is aimed at you?", "At me")
    choose(page, "How much is it affecting you?", "Extremely")
    choose(page, "Has any of this happened?", "Weapon")
    choose(page, "Victim First are independent and free. May they ring you?", "Yes")


def reference_read_out(page: Page) -> str:
    """The card has the focus, and says the date by which somebody rings; its reference."""
    card = page.get_by_role("region", name="Saved. Read this out")
    expect(card).to_be_focused()
    expect(card).to_contain_text("by 5pm on Thursday 3 December")
    found = re.search(r"26-\d{6}-\d{2}", card.inner_text())
    assert found
    return found[0]
