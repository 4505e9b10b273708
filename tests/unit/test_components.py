"""Components and layouts: words before colour, every field labelled, nothing inline, nothing misspelt unnoticed."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import html5lib
import pytest
from flask import Flask, flash, render_template, render_template_string
from flask_wtf.csrf import CSRFProtect
from jinja2 import UndefinedError

from config.settings import ROOT
from sentinel.core import fields, pages
from sentinel.core.forms import EditForm
from tests.pages import check_page

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "sentinel" / "static").glob("*.js"))
NAV = [{"label": "My work", "href": "/work", "current": True, "count": 14}, {"label": "Help", "href": "/help", "end": True}]
PLAN = dict.fromkeys(
    ("phone", "email_address", "address", "safe_times", "language", "never")
    + ("preferred", "accessible_format", "needs", "wishes", "representative")
)
WAYS = dict.fromkeys(("ring", "voicemail", "text", "email", "post"), "not_asked")


class ContactForm(EditForm):
    """One field of each look."""

    name = fields.TextField("Name", required="Enter a name.", hint="As they say it")
    said = fields.AreaField("What was said", required="Say in a sentence what was said.", max_length=50)
    how = fields.RadiosField("How", [("phone", "Phone"), fields.Option("visit", "Visit", hint="At home", note="5")], required="Choose how.")
    covers = fields.ChecksField("What you told her about", [("a", "the letter"), ("none", "nothing")], none_of=["none"])
    team = fields.SelectField("Team", [("1", "Blaby")], empty="Choose a team")
    born = fields.DateField("Date of birth", required="Enter a date.")
    when = fields.MomentField("When")
    home = fields.TickField("This is their home")
    ring = fields.YesNoField("Ring")
    q1 = fields.RadiosField("How often", [("daily", "Daily")], required="Ask how often.")
    q2 = fields.ChecksField("Who was told", [("police", "Police")], required="Ask who was told.")
    picture = fields.FileField("Photograph", kinds=["jpg"])


FORM_PAGE = """
{% extends "layouts/base.html" %}
{% from "components/fields.html" import form_for, error_summary, text, area, radios, checks, tick, select, date, moment, file,
  ask, question, safe_grid, submit %}
{% block title %}Log contact: case 26-009183-28{% endblock %}
{% block lede %}3 promises are overdue.{% endblock %}
{% block main %}
{{ error_summary(form) }}
{% call form_for(form, "/contacts", label="Log contact", draft="/draft", default_submit=("save", "yes")) %}
{{ text(form.name, star=True, attrs={"data-live": "match"}) }}{{ area(form.said, counted=True) }}
{{ radios(form.how, inline=True, more={"visit": "Take a colleague"}) }}{{ checks(form.covers) }}
{{ select(form.team) }}{{ date(form.born) }}{{ moment(form.when) }}{{ tick(form.home) }}
{{ ask(form.q1, "“How often?”") }}{{ question(form.q2, was="Yes", changed=True) }}
{{ safe_grid([form.ring], "What is safe") }}
{{ file(form.picture) }}{{ submit("Save contact") }}
{% endcall %}
{% endblock %}
"""


@pytest.fixture(scope="module")
def app() -> Flask:
    app = Flask("sentinel", root_path=str(ROOT / "sentinel"), static_folder="static")
    app.config.update(SECRET_KEY="the tests' own")
    CSRFProtect(app)
    pages.init_app(app)
    return app


@pytest.fixture(autouse=True)
def _now(app: Flask, at: Callable[[str], datetime]) -> Iterator[None]:
    at("2026-12-02 10:47")
    with app.test_request_context():
        yield


def moment(month: int, day: int, hour: int = 17, minute: int = 0) -> datetime:
    """A winter moment of 2026, when London is on UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def drawn(macro: str, call: str, **given: Any) -> str:
    """What one macro draws, without runs of space."""
    file, name = macro.split(":")
    source = f'{{% from "components/{file}.html" import {name} %}}{{{{ {name}({call}) }}}}'
    return " ".join(render_template_string(source, **given).split())


def words(markup: str) -> str:
    """Its text, as somebody reads it."""
    text = "".join(html5lib.parseFragment(markup).itertext())
    return re.sub(r"\s+", " ", text).strip()


def layout(**more: Any) -> dict[str, Any]:
    """What the application gives every page."""
    given = {
        "nav": NAV,
        "partnership": "Leicester, Leicestershire and Rutland",
        "person": SimpleNamespace(name="Jaswinder Bell"),
        "person_role": "ASB officer, Blaby",
        "sign_out": "/sign-out",
        "search": "/search",
        "stay": "/stay",
        "idle_minutes": 30,
        "ends_in": 43_200,
        "warn_of_end": 5,
        "footer": [{"label": "Accessibility", "href": "/accessibility"}],
        "demonstration": None,
    }
    return given | more


def test_risk_is_a_word_first_and_not_assessed_is_not_standard() -> None:
    assert [words(drawn("marks:risk", f"{level!r}")) for level in ("high", "medium", "standard", None)] == [
        "High risk",
        "Medium risk",
        "Standard risk",
        "Not assessed",
    ]
    assert 's-risk--none">' in drawn("marks:risk", "None")
    assert 's-risk--big">High risk<' in drawn("marks:risk", "'high', big=True")


@pytest.mark.parametrize(
    ("when", "more", "state", "said"),
    [
        (moment(12, 1), "", " s-due--over", "Tuesday 1 December, by 5pm|Overdue by 1 working day"),
        (moment(12, 2), "", " s-due--today", "Today, by 5pm|6 hours left"),
        (moment(12, 4), "", " s-due--soon", "Friday 4 December, by 5pm|In 2 working days"),
        (moment(12, 9), "", "", "Wednesday 9 December, by 5pm|In 5 working days"),
        (date(2026, 12, 30), "", "", "Wednesday 30 December|In 28 days"),
        (date(2026, 12, 2), "", " s-due--today", "Wednesday 2 December|Today"),
        (date(2026, 12, 1), "", " s-due--over", "Tuesday 1 December|Overdue by 1 day"),
        (moment(12, 1, 9, 50), ", hours=True", " s-due--over", "Tuesday 1 December, by 9:50am|Overdue by 24 hours"),
        (moment(12, 1), ", what='First contact'", " s-due--over", "First contact|Overdue: Tuesday 1 December, by 5pm"),
        (moment(12, 1), ", what='First contact', done=done", " s-due--kept", "First contact|Kept Friday 27 November, 3:20pm"),
        (moment(12, 2), ", extra='Marcia was told'", " s-due--today", "Today, by 5pm|6 hours left|Marcia was told"),
    ],
)
def test_a_promise_says_its_date_and_how_late_in_words(when: datetime, more: str, state: str, said: str) -> None:
    markup = drawn("marks:due", f"when{more}", when=when, done=moment(11, 27, 15, 20))
    assert f'class="s-due{state}"' in markup
    assert re.findall(r"<(?:b|span)>(.*?)</", markup) == said.split("|")


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"phone": "07700 900318", "ring": "yes", "safe_times": "after 3pm", "voicemail": "no", "language": "Urdu"},
         "07700 900318, after 3pmNo voicemail. Urdu interpreter."),
        ({"phone": "07700 900318", "ring": "no", "text": "yes"}, "07700 900318, text onlyDo not ring."),
        ({"phone": "07700 900318"}, "07700 900318, not asked if safe"),
        ({"phone": "07700 900318", "ring": "no"}, "No safe way agreedDo not ring."),
        ({"email_address": "t@example.org", "email": "yes"}, "t@example.org"),
        ({"address": "1 High Street", "post": "yes", "never": "Nothing on the envelope."}, "Letter onlyNothing on the envelope."),
        ({}, "No way to reach them"),
    ],
)  # fmt: skip
def test_beside_a_name_stands_how_to_reach_them_and_what_never_to_do(plan: dict[str, str], said: str) -> None:
    assert words(drawn("case:safe_contact", "plan", plan=SimpleNamespace(**(PLAN | WAYS | plan)))) == said


def test_nobody_is_rung_who_must_not_be() -> None:
    plan = SimpleNamespace(**(PLAN | WAYS | {"phone": "07700 900318", "ring": "no", "never": "Tell nobody at the address."}))
    markup = drawn(
        "case:safe_card", "plan, 'Piotr', beside", plan=plan, beside=SimpleNamespace(prefers="", helps="Large print", not_now="")
    )
    assert "tel:" not in markup
    assert "What helpsLarge print" in words(markup)
    assert "Do not ring. Tell nobody at the address." in words(markup)
    assert "No way to reach them" in words(drawn("case:safe_card", "None, 'Piotr', None"))


def test_the_head_of_a_case_says_whose_it_is_and_what_is_late() -> None:
    bar = drawn(
        "case:identity_bar",
        "'2600918328', 'Harassment', 'high', ['Restricted'], [('Officer', 'J Bell')], promise, action=action",
        promise=moment(12, 1),
        action={"label": "Log contact", "href": "/c", "key": "c"},
    )
    assert '<span class="s-ref">26-009183-28</span>' in bar
    assert '<h1 id="identity">Harassment</h1>' in bar
    assert "<dt>Next promise, overdue by 1 working day</dt>" in bar
    assert 'href="/c" aria-keyshortcuts="c"' in bar


def test_a_timeline_goes_by_london_day_and_shows_late_typing() -> None:
    happened = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    entry = {"title": "Visited", "body": "<b>loud</b>", "actor_name": "J Bell", "happened_at": happened, "recorded_at": moment(12, 1, 9, 5)}
    markup = drawn("timeline:timeline", "[entry]", entry=entry)
    assert "Thursday 2 July" in markup
    assert "12:30am" in markup
    assert "Typed in later: Tuesday 1 December, 9:05am" in markup
    assert "&lt;b&gt;loud&lt;/b&gt;" in markup


def test_matches_are_counted_aloud_and_nothing_is_said_plainly() -> None:
    found = [{"key": "person:1", "heading": "N. Khan", "level": None, "attach": "Attach person", "not_this": "Not her"}]
    markup = drawn("matches:matches", "found, 'Khan'", found=found)
    assert 'data-spoken="1 match for Khan"' in markup
    assert 'name="attach" value="person:1"' in markup
    assert "Nobody known by that name or place." in drawn("matches:matches", "[]")


def test_a_chart_has_its_figures_as_a_table_and_no_inline_style() -> None:
    source = (
        '{% from "components/charts.html" import chart_with_table, bars, scale %}'
        '{% call chart_with_table("c", "By district", ["District", "Incidents"], rows, download="/x.csv") %}'
        '{{ bars(rows, "incidents") }}{% endcall %}{{ scale(32, 45, bands) }}'
    )
    bands = [
        {"label": "Standard", "words": "0 to 16", "first": 0, "level": "standard"},
        {"label": "High", "words": "17 and over", "first": 17, "level": "high"},
    ]
    markup = render_template_string(source, rows=[("Blaby", 1203), ("Rutland", 0)], bands=bands)
    assert '<td class="s-right" data-l="Incidents">1,203</td>' in markup
    assert 'width="100.0%"' in markup
    assert 'aria-label="Score 32 of 45. Standard 0 to 16, High 17 and over."' in markup
    assert drawn("charts:bar", "1, 0").count('width="0%"') == 1


def test_a_button_that_acts_carries_its_token() -> None:
    markup = drawn("lists:do_post", "'Acknowledge', '/x', 'Anjali', fields={'version': 3}")
    assert 'name="csrf_token" value="' in markup
    assert '<input type="hidden" name="version" value="3">' in markup
    assert words(markup) == "Acknowledge Anjali"


def test_a_page_has_its_marking_first_and_last_its_title_and_its_person() -> None:
    page = render_template_string(FORM_PAGE, form=ContactForm(), **layout())
    check_page(page, "form page")
    text = words(page[page.index("<body") :])
    assert text.startswith("Skip to main content OFFICIAL-SENSITIVE")
    assert "<title>Log contact: case 26-009183-28 - Sentinel</title>" in page
    assert "Jaswinder BellASB officer, Blaby" in text
    assert page.index('class="s-marking"') < page.index("<main") < page.index("s-marking--foot")
    assert "Demonstration" not in text


def test_every_refusal_is_in_the_summary_and_at_its_field() -> None:
    form = ContactForm(data={"when": "today 6:30am"})
    form.said.data = "x" * 51
    form.validate()
    page = render_template_string(FORM_PAGE, form=form, **layout())
    check_page(page, "refused page")
    assert "<title>Error: Log contact" in page
    for problem in (problem for problem in form.problems if problem.href):
        assert page.count(problem.sentence) == 2
    assert (
        'id="name" name="name" type="text" value="" autocomplete="off" spellcheck="false" aria-describedby="name-hint name-error"' in page
    )
    assert "x" * 51 in page
    assert 'href="#born-day"' in page
    assert "Understood as Wednesday 2 December 2026, 6:30am" in page


def test_a_password_is_never_written_into_a_page() -> None:
    from wtforms import PasswordField

    class SignIn(EditForm):
        """As signing in."""

        password = PasswordField("Password")

    form = SignIn(data={"password": "secret"})
    for macro in ("fields:text", "fields:password"):
        markup = drawn(macro, "form.password", form=form)
        assert "secret" not in markup
        assert 'type="password"' in markup


def test_a_demonstration_says_so_and_changes_role_in_one_click() -> None:
    accounts = [{"label": "Call taker", "href": "/become/1", "current": False}, {"label": "Officer", "href": "/become/2", "current": True}]
    page = render_template_string(FORM_PAGE, form=ContactForm(), **layout(demonstration=accounts))
    check_page(page, "demonstration")
    assert "Its clock says Wednesday 2 December, 10:47am." in words(page)
    assert '<button type="submit" formaction="/become/2" aria-current="true">Officer</button>' in page


def test_what_was_done_is_said_once_per_kind() -> None:
    flash("Contact saved.", "success")
    flash("Told nobody yet.", "message")
    page = render_template_string(FORM_PAGE, form=ContactForm(), **layout())
    check_page(page, "messages")
    assert "govuk-notification-banner--success" in page
    assert page.index("Told nobody yet.") > page.index("<main")


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 500, 503])
def test_every_failure_has_a_page_that_says_what_to_do(status: int) -> None:
    page = render_template(f"errors/{status}.html", sentence="Do this instead.")
    check_page(page, str(status))
    assert "Do this instead." in page
    assert "OFFICIAL-SENSITIVE" not in page
    assert re.search(r"[Gg]o back|ask your|check it|Wait a minute", render_template(f"errors/{status}.html", sentence=None))


def test_a_conflict_shows_both_versions() -> None:
    page = render_template(
        "errors/409.html", sentence=None, yours=[("Level", "High"), ("Why", "")], theirs=[("Level", "Medium"), ("Why", "He moved")]
    )
    check_page(page, "409")
    text = words(page)
    assert "Level High Medium" in text
    assert "Why (empty) He moved" in text
    assert "OFFICIAL-SENSITIVE" in text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_nothing_is_inline_so_that_a_strict_policy_holds(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"""<[^>]*\s(?:style|on[a-z]+)=["']""", source)
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|javascript:", source)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_builds_code_or_style_from_text(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"\beval\(|new Function|document\.write|\.style\b", source)


def test_a_misspelt_name_or_attribute_fails_and_a_missing_key_is_nothing() -> None:
    thing = SimpleNamespace(name="x")
    for misspelt in (
        "{{ thing.nmae }}",
        "{% if thing.nmae %}{% endif %}",
        "{{ thign }}",
        "{% for x in thing.nmae %}{% endfor %}",
        "{{ thing.nmae|length }}",
    ):
        with pytest.raises(UndefinedError):
            render_template_string(misspelt, thing=thing)
    assert (
        render_template_string("{{ item.hint }}{{ item.hint.text }}{% if thing.nmae is defined %}!{% endif %}", item={}, thing=thing) == ""
    )


def test_the_address_of_a_file_changes_with_it_and_is_kept_for_a_year(app: Flask) -> None:
    from flask import url_for

    address = url_for("static", filename="sentinel.css")
    assert re.search(r"\?v=[0-9a-f]{12}$", address)
    with app.test_client().get(address) as kept, app.test_client().get("/static/send.js") as asked_again:
        assert "max-age=31536000" in kept.headers["Cache-Control"]
        assert "no-cache" in asked_again.headers["Cache-Control"]


def test_missing_styles_say_how_to_fetch_them(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pages, "settings", lambda: SimpleNamespace(assets_dir=tmp_path))
    answer = app.test_client().get("/assets/govuk-frontend.min.css")
    assert (answer.status_code, answer.text) == (404, pages.NO_ASSETS)


def test_references_are_read_in_their_groups_and_numbers_counted_in_words() -> None:
    assert render_template_string("{{ '2600918328' | reference }}") == '<span class="s-ref">26-009183-28</span>'
    assert render_template_string("{{ '<b>' | reference }}") == '<span class="s-ref">&lt;b&gt;</span>'
    counted = "{{ 1 | counted('promise') }}, {{ 1203 | counted('promise') }}, {{ 2 | counted('person', 'people') }}"
    assert render_template_string(counted) == "1 promise, 1,203 promises, 2 people"
