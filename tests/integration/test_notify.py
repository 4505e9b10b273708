"""Messages by GOV.UK Notify: under one reference, asked for before a second try, and what became of them asked afterwards."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from sentinel.cases.events import ReportTaken
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.post import arrivals, channels, delivery, notify, service
from sentinel.post.letters import Email
from sentinel.post.models import Outbox
from sentinel.victims import letters
from sentinel.victims.following import promise_on_report
from sentinel.victims.models import Contact, ContactPlan, Promise
from tests import factories as make
from tests.integration.carriers import mail_server
from tests.integration.notify_server import EMAIL, HANG, KEY, NUMBER, TAKE_AND_HANG, TEXT, notify_server
from tests.integration.test_leaks import all_that_is_logged

SAFE = {"text": "yes", "phone": "07700 900 318"}
DEAD = "http://127.0.0.1:1"


@pytest.fixture
def settings(app):
    before = app.config["SENTINEL"]

    def change(**values):
        app.config["SENTINEL"] = app.config["SENTINEL"].model_copy(update=values)

    yield change
    app.config["SENTINEL"] = before


@pytest.fixture
def carrier(settings, monkeypatch, at):
    at("2026-12-02 10:00")
    monkeypatch.setattr(notify, "TIMEOUT", 0.3)
    with notify_server() as server:
        settings(**server.settings)
        yield server


def reported(plan=SAFE, wanted=("text",)):
    """A victim whose report was taken by e-mail and who wants the reference sent."""
    report = make.report(channel="email")
    party = make.party(on=report)
    promise_on_report(ReportTaken(report, make.user(), {}, acknowledge_by=wanted, told_on_the_line=False, plan=plan, caller=party))
    db.session.commit()
    return party


def row():
    return db.session.scalars(select(Outbox).execution_options(populate_existing=True)).one()


def make_due(**values):
    db.session.execute(update(Outbox).values(next_attempt_at=clock.machine_now(), asked_at=None, **values))
    db.session.commit()


def acknowledged(party):
    wanted = select(Promise).where(Promise.party_id == party.id, Promise.kind == "acknowledge")
    return db.session.scalar(wanted.execution_options(populate_existing=True))


def contact_of(party):
    return db.session.scalars(select(Contact).where(Contact.party_id == party.id).execution_options(populate_existing=True)).one()


def test_a_text_says_a_number_and_a_date_and_nothing_else_and_keeps_its_promise_once_it_arrived(session, carrier):
    party = reported()
    assert delivery.deliver().sent == 1
    (got,) = carrier.got
    assert (got["type"], got["template_id"], got["phone_number"]) == ("sms", TEXT, "+447700900318")
    reference = party.report.reference
    assert got["personalisation"]["body"] == (
        f"Thank you for telling us. Your reference is {reference}. We will be in touch by 5pm on Wednesday 9 December. "
        "Please do not reply to this text."
    )
    assert str(party.id) not in got["reference"] and len(got["reference"]) == 64
    assert (row().state, row().fate, row().carrier, row().provider_ref) == ("sent", "taken", "notify", got["id"])
    assert (contact_of(party).outcome, acknowledged(party).state) == ("one_way_sent", "open")
    carrier.become("delivered")
    assert arrivals.ask() == arrivals.Counts(asked=1, arrived=1)
    assert (row().state, row().fate, contact_of(party).outcome) == ("sent", "arrived", "delivered")
    assert (acknowledged(party).state, acknowledged(party).kept_by) == ("kept", contact_of(party).id)
    assert arrivals.ask() == arrivals.Counts(), "what is final is not asked again"


def test_an_email_goes_by_notify_only_where_it_has_a_template_for_it(session, carrier, settings):
    plan = {"email": "yes", "email_address": "nasreen@example.org"}
    reported(plan, ("email",))
    delivery.deliver()
    (got,) = carrier.got
    assert (got["template_id"], got["email_address"]) == (EMAIL, "nasreen@example.org")
    assert got["personalisation"]["subject"].startswith("Your reference: ")
    settings(notify_email_template="")
    with mail_server() as mail:
        settings(smtp_url=mail.url)
        reported(plan, ("email",))
        delivery.deliver()
        assert (len(mail.got), len(carrier.got)) == (1, 1)


@pytest.mark.parametrize(
    ("answer", "state", "sentence"),
    [
        (429, "waiting", "GOV.UK Notify takes no more from us just now (answer 429)."),
        (500, "waiting", "GOV.UK Notify answered 500."),
        (302, "waiting", "GOV.UK Notify answered 302."),
        (HANG, "waiting", "GOV.UK Notify could not be reached (ReadTimeout)."),
        (400, "failed", notify.REFUSED[400]),
        (403, "failed", notify.REFUSED[403]),
    ],
)
def test_what_notify_answers_decides_and_its_own_words_are_kept_nowhere(session, carrier, answer, state, sentence):
    carrier.answers = [answer]
    party = reported()
    with all_that_is_logged() as log:
        delivery.deliver()
    assert (row().state, row().last_error) == (state, sentence)
    assert NUMBER not in log.getvalue() and "team-only" not in log.getvalue()
    assert acknowledged(party).state == "open"
    if state == "waiting":
        make_due()
        assert delivery.deliver().sent == 1
        assert len(carrier.got) == 1


def test_one_that_was_taken_without_an_answer_is_found_by_its_reference_and_not_sent_again(session, carrier):
    carrier.answers = [TAKE_AND_HANG]
    reported()
    delivery.deliver()
    assert (row().state, row().fate) == ("waiting", "unsure")
    make_due()
    assert delivery.deliver().sent == 1
    assert [one["id"] for one in carrier.got] == [row().provider_ref]


@pytest.mark.parametrize("taken", [True, False])
def test_a_worker_that_died_while_sending_leaves_what_notify_is_asked_for_first(session, carrier, taken):
    reported()
    ((message,), _, _) = delivery._claim(20)
    if taken:
        letter = letters.acknowledgement(message)
        notify.send(message, letter, channels.settings())
        db.session.rollback()
    db.session.execute(update(Outbox).values(lease_until=clock.machine_now() - timedelta(seconds=1)))
    db.session.commit()
    carrier.asked_answers = [500]
    delivery.deliver()
    assert (row().state, row().fate, len(carrier.got)) == ("waiting", "unsure", int(taken)), "nobody answered, so nothing was sent"
    make_due()
    assert delivery.deliver().sent == 1
    assert carrier.asked == ["/v2/notifications", "/v2/notifications"]
    assert len(carrier.got) == 1


def test_what_nobody_can_be_asked_about_is_uncertain_and_not_sent(session, carrier, settings):
    reported()
    delivery._claim(20)
    db.session.execute(update(Outbox).values(lease_until=clock.machine_now() - timedelta(seconds=1)))
    db.session.commit()
    carrier.asked_answers = [403]
    delivery.deliver()
    assert (row().state, row().last_error) == ("uncertain", notify.SAID[403])
    settings(notify_api_key="")
    assert service.resend(ref_table="party", ref_id=row().ref_id) == 1
    db.session.commit()
    delivery.deliver()
    assert (row().state, row().last_error, carrier.got) == ("uncertain", delivery.LEFT_WITH, [])


def test_the_last_try_without_an_answer_leaves_it_uncertain_and_one_that_never_left_failed(session, carrier, settings):
    carrier.answers = [HANG]
    reported()
    make_due(attempts=7)
    delivery.deliver()
    assert row().state == "uncertain"
    settings(notify_url=DEAD)
    make_due(state="waiting", fate=None, attempts=7, failed_at=None)
    delivery.deliver()
    assert (row().state, row().last_error) == ("failed", "GOV.UK Notify could not be reached (ConnectionError).")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": "no"}, letters.NOT_SAFE),
        ({"text": "not_asked"}, letters.NOT_SAFE),
        ({"phone": None}, letters.NO_MOBILE),
        ({"phone": "0116 496 0999"}, letters.NO_MOBILE),
    ],
)
def test_a_text_that_became_unsafe_since_it_was_written_is_refused_when_it_would_go(session, carrier, change, reason):
    party = reported()
    for column, value in change.items():
        setattr(session.get(ContactPlan, party.id), column, value)
    session.commit()
    delivery.deliver()
    assert (row().state, row().last_error, carrier.got) == ("cancelled", reason, [])


@pytest.mark.parametrize("status", list(notify.FAILED))
def test_a_text_that_will_never_arrive_fails_visibly_and_goes_anew_when_somebody_says_so(session, carrier, status):
    party = reported()
    delivery.deliver()
    carrier.become(status)
    assert arrivals.ask().came_back == 1
    assert (row().state, row().last_error, contact_of(party).outcome) == ("failed", notify.FAILED[status], "failed")
    service.resend(ref_table="party", ref_id=party.id)
    db.session.commit()
    assert delivery.deliver().sent == 1
    assert len(carrier.got) == 2 and len({one["reference"] for one in carrier.got}) == 1
    carrier.become("delivered")
    assert arrivals.ask().came_back == 0
    make_due()
    arrivals.ask()
    assert acknowledged(party).state == "kept"


def test_one_that_came_back_after_all_opens_its_promise_with_its_own_date(session, carrier):
    party = reported()
    delivery.deliver()
    carrier.become("delivered")
    arrivals.ask()
    due = acknowledged(party).due_at
    make_due(fate="taken")
    carrier.become("permanent-failure")
    arrivals.ask()
    assert (acknowledged(party).state, acknowledged(party).due_at, acknowledged(party).kept_by) == ("open", due, None)


def test_it_asks_in_batches_of_those_not_asked_lately_and_stops_when_nobody_answers(session, carrier, settings):
    for _ in range(3):
        reported()
    delivery.deliver()
    assert [arrivals.ask(2).asked, arrivals.ask(2).asked, arrivals.ask(2).asked] == [2, 1, 0]
    make_due()
    carrier.asked_answers = [429]
    assert arrivals.ask().asked == 0
    make_due(sent_at=clock.now() - arrivals.ASKED_FOR)
    assert arrivals.ask().asked == 0, "after that nobody says any more"


def test_staff_mail_by_notify_names_nobody_in_its_reference_and_a_wrong_key_is_said_to_be_one(app, session, carrier, settings):
    app.extensions["sentinel.messages"] = {**app.extensions["sentinel.messages"], "x": lambda _: Email("a@example.org", "s", "b")}
    service.queue_message(dedupe_key=f"digest:{make.user().id}", channel="email", template="x", ref_table="app_user", ref_id=new_id())
    db.session.commit()
    settings(notify_api_key="too-short")
    delivery.deliver()
    assert (row().state, row().last_error) == ("failed", notify.NOT_A_KEY)
    settings(notify_api_key=KEY)
    service.resend(ref_table="app_user", ref_id=row().ref_id)
    db.session.commit()
    assert delivery.deliver().sent == 1
    assert carrier.got[0]["personalisation"] == {"subject": "s", "body": "b"}
