"""What people see of the ways that are set up: offered to a caller or not, what became of a message, what doctor says."""

from html import unescape

import pytest
from sqlalchemy import select, update

from config.settings import Settings
from sentinel.core.db import db
from sentinel.post import channels, delivery, notify, notify_check
from sentinel.post.models import Outbox
from tests.integration.notify_server import EMAIL, KEY, TEXT, notify_server
from tests.integration.test_intake_page import TAKER, at_field, refused, reports, typed


@pytest.fixture(autouse=True)
def _morning(at):
    at("2026-12-02 10:42")


@pytest.fixture
def carrier(app):
    before = app.config["SENTINEL"]
    with notify_server() as server:
        app.config["SENTINEL"] = before.model_copy(update=server.settings)
        yield server
    app.config["SENTINEL"] = before


def test_where_nothing_is_set_up_no_way_is_offered_and_the_pages_say_so(client_as):
    page = unescape(client_as(TAKER).get("/reports/new").text)
    assert "Text messages are not set up here." in page and "E-mail is not set up here." in page
    assert not any(f'name="send" type="checkbox" value="{way}"' in page for way in ("text", "email"))
    assert 'name="send" type="checkbox" value="letter"' in page, "somebody here prints and posts it"
    board = unescape(client_as("supervisor@blaby.example").get("/board/messages").text)
    assert "E-mail is not set up. Text messages are not set up." in board


def test_a_text_is_offered_to_a_mobile_said_to_be_safe_and_the_card_says_what_became_of_it(client_as, carrier):
    taker = client_as(TAKER)
    assert at_field(refused(taker, send="text", text="yes", phone="0116 496 0999", place="the park"), "send", "Enter a mobile number")
    taker.follow("/reports/new", typed(send="text", text="yes", place="the park"))
    (report,) = reports()
    told = f"/reports/{report.id}/told"

    def said():
        return unescape(taker.get(told).text)

    assert "A text will be sent." in said()
    delivery.deliver()
    assert report.reference in carrier.got[0]["personalisation"]["body"]
    assert "A text was sent; whether it arrived is not known yet." in said()
    for values, words in (
        ({"fate": "arrived"}, "A text arrived."),
        ({"state": "failed", "fate": "came_back", "last_error": notify.FAILED["permanent-failure"]}, "A text came back. It did not arrive"),
        ({"state": "uncertain", "fate": "unsure", "last_error": delivery.LAPSED}, "A text may have been sent, and nobody knows."),
    ):
        db.session.execute(update(Outbox).values(**values))
        db.session.commit()
        assert words in said()
    assert "Text messages go by GOV.UK Notify." in unescape(client_as("supervisor@blaby.example").get("/board/messages").text)


def test_a_landline_is_not_offered_a_text_afterwards(client_as, carrier):
    taker = client_as(TAKER)
    card = unescape(taker.follow("/reports/new", typed(text="yes", phone="0116 496 0999", place="the park")).text)
    assert "Not by text. Their number is not a mobile’s." in card
    assert db.session.scalars(select(Outbox).where(Outbox.channel == "text")).all() == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, None),
        ({"notify_api_key": "", "notify_text_template": "", "notify_email_template": ""}, None),
        ({"notify_api_key": ""}, "SENTINEL_NOTIFY_TEXT_TEMPLATE is set, and SENTINEL_NOTIFY_API_KEY is not"),
        ({"notify_api_key": "short"}, notify.NOT_A_KEY),
        ({"notify_api_key": KEY[:-1] + "c"}, notify.SAID[403]),
        ({"notify_text_template": "", "notify_email_template": ""}, "nothing goes by GOV.UK Notify"),
        ({"notify_text_template": EMAIL}, "SENTINEL_NOTIFY_TEXT_TEMPLATE is a template for email: it must be one for sms."),
        ({"notify_email_template": KEY[-36:]}, "SENTINEL_NOTIFY_EMAIL_TEMPLATE: GOV.UK Notify answered 404."),
        ({"notify_url": "http://127.0.0.1:1"}, "could not be reached (ConnectionError)"),
    ],
)
def test_doctor_asks_for_both_templates_and_says_what_is_wrong(carrier, change, sentence):
    doubts = list(notify_check.doubts(Settings(**(carrier.settings | change))))
    assert doubts == [] if sentence is None else sentence in doubts[0]
    assert carrier.got == []


def test_who_carries_what(carrier):
    both = Settings(**carrier.settings, smtp_url="smtp://post")
    assert channels.carriers(both) == {"email": "notify", "text": "notify"}
    only_text = both.model_copy(update={"notify_email_template": ""})
    assert channels.carriers(only_text) == {"email": "smtp", "text": "notify"}
    assert (both.sends_email, only_text.sends_email) == (True, True)
    assert channels.carriers(Settings(notify_text_template=TEXT, smtp_url="")) == {}
