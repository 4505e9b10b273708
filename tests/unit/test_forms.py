"""Forms: bad input gets a sentence at its field, what was typed stays, nothing breaks."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage, MultiDict

from sentinel.core import fields
from sentinel.core.errors import Refused
from sentinel.core.forms import OPEN_TOO_LONG, EditForm, Form, HiddenField

NOW = datetime(2026, 12, 2, 10, 47, tzinfo=UTC)
ANSWERS = [("a", "First"), ("b", "Second"), ("none", "None of these")]
MAN_WITH_ZWJ = "👩‍👩‍👧"
ZALGO = "Z̷̡̗̆a̸̜͒l̵̰̈́g̶̱̈o̷͕̕"


class Everything(EditForm):
    """One of each."""

    name = fields.TextField("Name", required="Enter a name.", max_length=20)
    what = fields.AreaField("What happened", too_long="Shorten it, or attach the rest as a note.")
    born = fields.DateField("Date of birth", when="past")
    due = fields.DateField("By when", when="future")
    when = fields.MomentField("When")
    planned = fields.MomentField("Hearing", future=True)
    loosely = fields.MomentField("When, roughly", loose=True)
    how = fields.RadiosField("How", ANSWERS, required="Choose how.")
    kind = fields.SelectField("Kind", ANSWERS)
    some = fields.ChecksField("Some", ANSWERS, none_of=["none"])
    home = fields.TickField("At home")
    safe = fields.YesNoField("Ring")
    postcode = fields.PostcodeField()
    phone = fields.PhoneField()
    email = fields.EmailField()
    picture = fields.FileField("Picture", kinds=["jpg", "png"], max_mb=1)
    row = HiddenField()


@pytest.fixture(scope="module")
def app() -> Flask:
    app = Flask("forms")
    app.config.update(SECRET_KEY="the tests' own", WTF_CSRF_ENABLED=False)
    return app


@pytest.fixture(autouse=True)
def _now(app: Flask, at: Callable[[str], datetime]) -> Iterator[None]:
    at("2026-12-02 10:47")
    with app.test_request_context():
        yield


def sent(**typed: Any) -> Everything:
    """The form as sent with these inputs, and validated."""
    inputs = MultiDict({"name": "Nasreen", "how": "a"} | {name.replace("__", "-"): value for name, value in typed.items()})
    form = Everything(formdata=inputs)
    form.validate()
    return form


def said(field: str, **typed: Any) -> str:
    """The sentence at a field, "" when there is none."""
    errors = sent(**typed)[field].errors
    return errors[0] if errors else ""


def test_a_form_with_what_is_needed_is_accepted() -> None:
    assert sent().errors == {}


def test_what_is_needed_and_missing_is_asked_for_in_its_own_words() -> None:
    form = sent(name="", how="")
    assert [(p.sentence, p.href) for p in form.problems] == [("Enter a name.", "#name"), ("Choose how.", "#how")]
    assert form.first_error_id == "name"


@pytest.mark.parametrize("nothing", ["", "   ", "\u200b", "\u200e\u2060", "\x00", "\ud800", "\t\n"])
def test_what_nobody_can_see_is_nothing(nothing: str) -> None:
    assert said("name", name=nothing) == "Enter a name."


@pytest.mark.parametrize("kept", ["José", MAN_WITH_ZWJ, "مرحبا", ZALGO, "Ó Dálaigh", "' OR 1=1 --", "<script>alert(1)</script>", "ਗੁਰਪ੍ਰੀਤ"])
def test_names_of_every_script_stay_as_typed(kept: str) -> None:
    form = sent(name=kept[:20])
    assert form.errors == {}
    assert form.name.data == kept[:20]


def test_nul_half_characters_and_control_characters_are_left_out() -> None:
    assert sent(name="Nas\x00re\ud83den\x1b\x85").name.data == "Nasreen"


def test_lines_are_kept_in_an_area_and_joined_in_a_line() -> None:
    form = sent(what="one\r\ntwo\rthree", name="one\r\ntwo")
    assert (form.what.data, form.name.data) == ("one\ntwo\nthree", "one two")


def test_a_hundred_thousand_characters_get_both_numbers_and_stay() -> None:
    form = sent(what="x" * 100_000)
    assert form.what.errors == [
        "What happened must be 10,000 characters or fewer. You typed 100,000. Shorten it, or attach the rest as a note."
    ]
    assert len(form.what.data) == 100_000


@given(typed=st.text(st.characters(codec=None), max_size=200))
def test_no_text_breaks_any_field(typed: str) -> None:
    names = ["name", "what", "when", "planned", "loosely", "how", "kind", "some", "home", "safe", "postcode", "phone", "email", "row"]
    dates = ["born__day", "born__month", "born__year", "version", "submission_id"]
    form = sent(**dict.fromkeys([*names, *dates], typed))
    assert all(isinstance(problem.sentence, str) and problem.sentence.endswith(".") for problem in form.problems)
    form.name.data.encode("utf-8")


@pytest.mark.parametrize(
    ("day", "month", "year", "sentence"),
    [
        ("31", "2", "2026", "31 February is not a date. Enter a real day, month and year, such as 3 12 2026."),
        ("30", "feb", "2026", "30 February is not a date. Enter a real day, month and year, such as 3 12 2026."),
        ("", "2", "1990", "Enter the day too: a whole date, such as 3 12 2026."),
        ("3", "", "", "Enter the month and the year too: a whole date, such as 3 12 2026."),
        ("3", "2", "90", "Enter the year in four figures, such as 2026."),
        ("3", "x", "1990", "“3 x 1990” is not a date. Enter a real day, month and year, such as 3 12 2026."),
        ("²", "2", "1990", "“² 2 1990” is not a date. Enter a real day, month and year, such as 3 12 2026."),
        ("3", "12", "2026", "3 December 2026 is still to come. Enter a date that has been."),
    ],
)
def test_a_day_that_cannot_be_is_refused_and_stays_in_its_boxes(day: str, month: str, year: str, sentence: str) -> None:
    form = sent(born__day=day, born__month=month, born__year=year)
    assert form.born.errors == [sentence]
    assert form.born.typed == {"day": day, "month": month, "year": year}


def test_the_summary_leads_to_the_first_box_to_mend() -> None:
    form = sent(born__day="3", born__month="", born__year="1990")
    assert form.problems[0].href == "#born-month"
    assert form.born.wrong_parts == ["month"]


def test_a_day_may_name_its_month_and_be_today() -> None:
    form = sent(born__day="3", born__month="December", born__year="1990", due__day="2", due__month="12", due__year="2026")
    assert (form.born.data, form.due.data) == (date(1990, 12, 3), date(2026, 12, 2))
    assert said("due", due__day="1", due__month="12", due__year="2026") == "1 December 2026 has passed. Enter today or a later date."


def test_a_moment_is_understood_and_said_back() -> None:
    form = sent(when="today 6:30am")
    assert form.when.at == datetime(2026, 12, 2, 6, 30, tzinfo=UTC)
    assert form.when.understood == "Understood as Wednesday 2 December 2026, 6:30am"


def test_a_moment_to_come_is_refused_where_it_must_have_been_and_wanted_where_it_is_planned() -> None:
    sentence = "Thursday 3 December 2026, 2pm has not happened yet. Enter when it happened, such as today 6:30am."
    assert said("when", when="tomorrow 2pm") == sentence
    assert sent(planned="tomorrow 2pm").planned.at == datetime(2026, 12, 3, 14, tzinfo=UTC)


def test_loose_words_are_kept_as_words_but_a_future_is_still_refused() -> None:
    form = sent(loosely="on and off for weeks")
    assert (form.loosely.errors, form.loosely.data, form.loosely.at) == ([], "on and off for weeks", None)
    assert "has not happened yet" in said("loosely", loosely="tomorrow")


def test_an_answer_that_was_not_offered_is_refused() -> None:
    for field in ("how", "kind", "some"):
        assert said(field, **{field: "made up"}) == "That answer is not one of those offered. Choose again."


def test_none_of_these_stands_alone() -> None:
    assert said("some", some=["a", "none"]) == "“None of these” stands with another answer. Untick one of them."
    assert sent(some=["a", "b", "a"]).some.data == ["a", "b"]


def test_nothing_ticked_unticks_what_was_stored() -> None:
    form = Everything(formdata=MultiDict({"name": "x"}), data={"some": ["a"], "home": True})
    assert (form.some.data, form.home.data) == ([], False)


def test_not_asked_is_not_no() -> None:
    assert [sent(**typed).safe.data for typed in ({}, {"safe": "yes"}, {"safe": "no"})] == ["not_asked", "yes", "no"]
    assert Everything(data={"safe": "no"}).safe.is_chosen("no")


@pytest.mark.parametrize("typed", ["le33km", "LE3 3KM", " l e 3-3 k m ", "ＬＥ３ ３ＫＭ"])
def test_a_postcode_is_kept_as_it_is_written_on_envelopes(typed: str) -> None:
    assert sent(postcode=typed).postcode.data == "LE3 3KM"


def test_half_a_postcode_is_refused_and_stays() -> None:
    form = sent(postcode="le3")
    assert form.postcode.errors == ["“le3” is not a whole postcode. Enter one like LE3 3KM, or leave it empty."]
    assert form.postcode.data == "le3"


def test_a_telephone_number_keeps_its_spaces_and_has_one_form_to_compare() -> None:
    form = sent(phone="07700 900 318")
    assert (form.phone.data, form.phone.e164) == ("07700 900 318", "+447700900318")
    assert "is not a telephone number" in said("phone", phone="12345")
    assert sent(phone="").phone.e164 == ""


def test_an_email_address_is_judged_by_its_form() -> None:
    assert sent(email="officer@blaby.example").errors == {}
    assert said("email", email="nobody@") == "“nobody@” is not an e-mail address. Enter it like name@example.org."


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("photo.exe", b"x", "Choose a file that ends in .jpg or .png."),
        ("photo.PNG", b"", "That file is empty. Choose another."),
        ("photo.png", b"x" * (1024 * 1024 + 200_000), "That file is 1.2 MB. Choose one of 1 MB or less."),
        ("photo.png", b"x", ""),
    ],
)
def test_a_file_is_refused_by_kind_and_size(name: str, content: bytes, sentence: str) -> None:
    assert said("picture", picture=FileStorage(BytesIO(content), name)) == sentence


def test_a_form_keeps_its_submission_id_when_it_comes_back_and_each_look_makes_another() -> None:
    first, second = Everything(), Everything()
    assert isinstance(first.submission_id.data, UUID)
    assert first.submission_id.data != second.submission_id.data
    assert sent(submission_id=str(first.submission_id.data)).submission_id.data == first.submission_id.data
    assert isinstance(sent(submission_id="spoilt").submission_id.data, UUID)


def test_a_spoilt_version_is_one_no_record_has() -> None:
    assert [sent(version=v).version.data for v in ("7", "-1", "x", "9" * 50, "")] == [7, 0, 0, 0, 0]
    assert Everything(data={"version": 3}).version.data == 3


def test_everything_unseen_travels_with_the_form() -> None:
    form = Everything(data={"version": 3, "row": "case-1"})
    assert dict(form.hidden_inputs) == {"submission_id": str(form.submission_id.data), "version": "3", "row": "case-1"}


def test_a_draft_brings_back_the_form_as_it_was_left() -> None:
    form = Everything.restored({"name": ["Nas"], "some": ["a", "b"], "born-day": ["31"], "born-month": ["2"], "born-year": ["1990"]})
    assert (form.name.data, form.some.data, form.born.typed["day"]) == ("Nas", ["a", "b"], "31")


def test_what_a_verb_refuses_stands_at_its_field_or_over_the_form() -> None:
    form = sent()
    form.refuse(Refused("Tick what you told her about.", field="some"))
    form.refuse(Refused("The case is closed."))
    assert [tuple(p) for p in form.problems] == [("Tick what you told her about.", "#some"), ("The case is closed.", "")]


def test_a_page_open_too_long_says_that_nothing_typed_is_lost(app: Flask) -> None:
    class Guarded(Form):
        """With its token."""

        class Meta(Form.Meta):
            csrf = True

    form = Guarded(formdata=MultiDict({"csrf_token": "old"}))
    form.validate()
    assert [problem.sentence for problem in form.problems] == [OPEN_TOO_LONG]
