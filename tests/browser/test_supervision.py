"""Supervision, walked once with the mouse and once with the keyboard alone: the board, cases given, signatures, a dip-sample, a comment."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.care_made import Walked
from tests.browser.conftest import Arrives, Furnished
from tests.browser.house import OPENED_AT, set_clock
from tests.browser.ways import Way, open_case, refused, said, sign_in, tab

WORST = ("High", "Medium", "Standard", "Not assessed")


def test_a_supervisor_works_down_the_board(furnished: Furnished, walker: type[Way], arrive: Arrives) -> None:
    served, sets = furnished
    set_clock(served, OPENED_AT)
    way = walker(arrive(served).page)
    sign_in(way, served, sets[walker].supervisor)
    _sees_the_worst_first(way)
    _gives_two_cases_at_once(way, sets[walker])
    _authorises(way, sets[walker])
    _reviews(way, sets[walker])
    _draws_and_checks(way)
    open_case(way, sets[walker].to_sign)
    _comments(way)


def _sees_the_worst_first(way: Way) -> None:
    page = way.page
    alerts = page.get_by_role("table", name=re.compile("^Answer these"))
    more = alerts.get_by_role("link", name=re.compile(r"^\d+ more$"))
    expect(more).to_be_visible()
    shown = _levels(alerts)
    way.press(more)
    page.wait_for_url(re.compile("all=waiting"))
    everything = _levels(alerts)
    assert everything == sorted(everything, key=WORST.index), everything
    assert everything[: len(shown)] == shown
    assert shown[-1] == "High" != everything[-1], "there is something worse, and something less bad"


def _levels(alerts: Locator) -> list[str]:
    """Of those about somebody at risk; an officer who is away has no level."""
    rows = [row.strip() for row in alerts.locator("tr[data-row]").all_inner_texts()]
    return [level for row in rows for level in WORST if row.startswith(level)]


def _gives_two_cases_at_once(way: Way, made: Walked) -> None:
    page = way.page
    way.press(page.get_by_role("link", name="Open list of Jaswinder Bell"))
    for reference in made.to_give:
        way.choose(page.get_by_role("checkbox", name=f"Give {reference}"))
    to, button = page.get_by_label("Give them to"), page.get_by_role("button", name="Give these cases")
    way.write(page.get_by_label("Why", exact=True), "Jaswinder has more than anybody can keep in touch with.")
    way.press(button)
    refused(way, "Choose who takes them.", to)
    expect(page.get_by_role("checkbox", name=re.compile("^Give "), checked=True)).to_have_count(2)
    way.select(to, "Mohammed Rafiq")
    way.press(button)
    expect(said(page, "Mohammed Rafiq has 2 more cases now.")).to_be_visible()
    for reference in made.to_give:
        expect(page.get_by_role("checkbox", name=f"Give {reference}")).to_have_count(0)


def _authorises(way: Way, made: Walked) -> None:
    page = way.page
    way.press(page.get_by_role("navigation", name="Main").get_by_role("link", name="Sign-off"))
    way.press(page.get_by_role("row").filter(has_text=made.to_sign).filter(has_text="Authorise").get_by_role("link", name="Answer"))
    answer = page.get_by_role("radio", name="Authorise it", exact=True)
    way.press(page.get_by_role("button", name="Sign", exact=True))
    refused(way, "Choose your answer.", answer, page.get_by_role("group", name="Your answer"))
    way.choose(answer)
    way.press(page.get_by_role("button", name="Sign", exact=True))
    expect(said(page, "Authorised. The officer can use it now.")).to_be_visible()


def _reviews(way: Way, made: Walked) -> None:
    page = way.page
    way.press(page.get_by_role("row").filter(has_text=made.to_sign).get_by_role("link", name="Record review"))
    note = "Read the plan with Jaswinder: the door is braced, her sister has the key. To be rung daily this week."
    way.write(page.get_by_label("What you looked at, and what you decided"), note)
    way.press(page.get_by_role("button", name="Sign", exact=True))
    expect(said(page, "Review recorded. The next is due")).to_be_visible()


def _draws_and_checks(way: Way) -> None:
    page = way.page
    way.press(page.get_by_role("navigation", name="Main").get_by_role("link", name="Team board"))
    way.press(page.get_by_role("link", name="Draw them"))
    draw = page.get_by_role("button", name="Draw this week’s cases")
    way.press(draw)
    one_of_each = page.get_by_label("One case of each officer")
    of_team, which = page.get_by_label("3 cases of the whole team"), page.get_by_role("group", name="Which cases to draw")
    refused(way, "Choose how the cases are drawn.", of_team, which)
    way.choose(one_of_each)
    way.press(draw)
    way.press(page.get_by_role("link", name="Check the next case"))
    questions = page.get_by_role("radiogroup")
    expect(questions.first).to_be_visible()
    for n in range(questions.count()):
        way.choose(questions.nth(n).get_by_label("Yes" if n else "No", exact=True))
    found = page.get_by_label("What you found")
    way.press(page.get_by_role("button", name="Save what you found"))
    refused(way, "Say what is missing: the officer reads it.", found)
    expect(questions.first.get_by_label("No", exact=True)).to_be_checked()
    way.write(found, "The full assessment is two days late, and nobody says why.")
    way.press(page.get_by_role("button", name="Save what you found"))
    expect(said(page, "Checked, and on the timeline of the case.")).to_be_visible()
    way.press(page.get_by_role("link", name="Back without saving"))
    expect(page.get_by_role("row").filter(has_text="1 answer no")).to_have_count(1)


def _comments(way: Way) -> None:
    page = way.page
    tab(way, "Timeline")
    entry = page.get_by_role("listitem").filter(has_text="The landlord will not fit a new door before Monday.")
    way.press(entry.get_by_role("link", name="Comment"))
    words = page.get_by_role("textbox")
    way.press(page.get_by_role("button", name="Save the comment"))
    refused(way, "Write what you want to say, or mark it as read.", words)
    way.write(words, "Ask for a temporary lock today: I will ring them if you like.")
    way.press(page.get_by_role("button", name="Save the comment"))
    expect(entry).to_contain_text("Ask for a temporary lock today")
