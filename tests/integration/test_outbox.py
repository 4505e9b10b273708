"""The outbox over a real mail server and a real web server: once, again, later, never twice at the same time."""

import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, text, update

from sentinel.core import clock, viewer
from sentinel.core.db import db, new_id
from sentinel.post import channels, delivery, service
from sentinel.post import email as by_email
from sentinel.post import webhook as by_webhook
from sentinel.post.letters import Email, NotSent, Webhook
from sentinel.post.models import Outbox
from tests.conftest import make_app
from tests.integration.carriers import SILENCE, mail_server, receiver

SECRET = "shared between two"
MINUTES = [1, 5, 15, 60, 240, 720, 1440]


@pytest.fixture
def app(own_database):
    """The application as the worker runs it."""
    made = make_app(own_database, role="sentinel_worker")
    made.testing = True
    with made.app_context(), viewer.acting_as(viewer.system("test")):
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def mail(app):
    with mail_server() as server:
        reconfigure(app, smtp_url=server.url)
        yield server


def reconfigure(app, **changes):
    app.config["SENTINEL"] = app.config["SENTINEL"].model_copy(update=changes)


def write(app, letter, channel="email", key="one", ref_table="person"):
    """A message whose words are `letter`."""
    app.extensions["sentinel.messages"] = {**app.extensions["sentinel.messages"], key: lambda message: letter}
    number = service.queue_message(dedupe_key=key, channel=channel, template=key, ref_table=ref_table, ref_id=new_id())
    db.session.commit()
    return number


def row(number):
    found = db.session.get_one(Outbox, number, populate_existing=True)
    db.session.rollback()
    return found


def make_due(number):
    db.session.execute(update(Outbox).where(Outbox.id == number).values(next_attempt_at=clock.machine_now()))
    db.session.commit()


def test_the_same_key_is_written_once(app):
    first = service.queue_message(dedupe_key="k", channel="email", template="x", ref_table="person", ref_id=new_id())
    assert service.queue_message(dedupe_key="k", channel="email", template="x", ref_table="person", ref_id=new_id()) is None
    assert db.session.scalars(select(Outbox.id)).all() == [first]


def test_an_email_arrives_with_its_words_and_is_not_kept(app, mail):
    number = write(app, Email("victim@example.org", "Your reference", "It is 26-004217-48. Siân will ring."))
    counts = delivery.deliver()
    assert (counts.sent, counts.failed, counts.waiting) == (1, 0, 0)
    (got,) = mail.got
    assert (got["To"], got["From"], got["Subject"]) == ("victim@example.org", "sentinel@council.example", "Your reference")
    assert "Siân will ring" in got.get_content()
    sent = row(number)
    assert (sent.state, sent.provider_ref, sent.last_error) == ("sent", "Taken as 4711", None)
    assert sent.sent_at is not None
    held = db.session.execute(text("SELECT to_jsonb(o)::text FROM outbox o")).scalar_one()
    assert "victim@example.org" not in held
    assert "Siân" not in held
    assert delivery.deliver().sent == 0
    assert len(mail.got) == 1


def test_an_address_refused_for_good_fails_at_once_and_the_sentence_names_nobody(app, mail):
    mail.rcpt = "550 no such user gone@example.org"
    number = write(app, Email("gone@example.org", "s", "b"))
    assert delivery.deliver().failed == 1
    failed = row(number)
    assert (failed.state, failed.last_error) == ("failed", "The mail server refused it for good (answer 550).")
    assert failed.failed_at is not None


def test_a_mail_server_that_is_busy_or_away_is_tried_again_later(app, mail):
    mail.data = "451 try later"
    number = write(app, Email("a@example.org", "s", "b"))
    assert (counts := delivery.deliver()).waiting == 1
    assert counts.failed == 0
    reconfigure(app, smtp_url="smtp://127.0.0.1:1")
    make_due(number)
    delivery.deliver()
    waiting = row(number)
    assert (waiting.state, waiting.attempts) == ("waiting", 2)
    assert waiting.last_error == "The mail server could not be used (ConnectionRefusedError)."


def test_a_mail_server_that_is_away_for_a_day_costs_nobody_their_message_and_nobody_hears_twice(app, mail, monkeypatch):
    there, began = mail.url, clock.machine_now()
    reconfigure(app, smtp_url="smtp://127.0.0.1:1")
    numbers = [write(app, Email(f"{n}@example.org", "s", "b"), key=str(n)) for n in range(5)]
    for hours in range(25):
        monkeypatch.setattr(clock, "machine_now", lambda hours=hours: began + timedelta(hours=hours, minutes=1))
        delivery.deliver()
        assert {row(number).state for number in numbers} == {"waiting"}, "visible, and not given up"
    reconfigure(app, smtp_url=there)
    monkeypatch.setattr(clock, "machine_now", lambda: began + timedelta(hours=48))
    assert delivery.deliver().sent == 5
    assert sorted(one["To"] for one in mail.got) == [f"{n}@example.org" for n in range(5)]
    assert delivery.deliver().sent == 0


def test_one_address_that_is_refused_keeps_no_other_from_hearing(app, mail):
    mail.refused.add("b@example.org")
    numbers = [write(app, Email(f"{who}@example.org", "s", "b"), key=who) for who in "abc"]
    delivery.deliver()
    assert [row(number).state for number in numbers] == ["sent", "failed", "sent"]


def test_an_email_whose_fate_nobody_knows_is_not_sent_twice(app, mail, monkeypatch):
    monkeypatch.setattr(by_email, "TIMEOUT", 0.3)
    mail.data = SILENCE
    number = write(app, Email("a@example.org", "s", "b"))
    assert delivery.deliver().failed == 1
    assert row(number).state == "uncertain"
    delivery.deliver()
    assert len(mail.got) == 1


def test_a_failed_message_waits_longer_each_time_and_is_given_up_after_the_eighth_try(app, mail):
    mail.data = "451 try later"
    number = write(app, Email("a@example.org", "s", "b"))
    for minutes in MINUTES:
        before = clock.machine_now()
        delivery.deliver()
        tried = row(number)
        assert tried.state == "waiting"
        assert timedelta(0) <= tried.next_attempt_at - before - timedelta(minutes=minutes) < timedelta(minutes=1)
        make_due(number)
    assert delivery.deliver().failed == 1
    assert (row(number).state, row(number).attempts) == ("failed", 8)


def test_a_failed_message_is_resent_with_the_same_key_and_its_tries_begin_again(app):
    with receiver(500, 400, 200) as receiving:
        number = write(app, Webhook(receiving.url, SECRET, {}), channel="webhook")
        delivery.deliver()
        make_due(number)
        delivery.deliver()
        assert row(number).state == "failed"
        assert service.resend(ref_table="person", ref_id=row(number).ref_id) == 1
        db.session.commit()
        assert delivery.deliver().sent == 1
        assert row(number).attempts == 1
        assert {headers["Idempotency-Key"] for headers, _ in receiving.got} == {"one"}
        assert service.resend(ref_table="person", ref_id=row(number).ref_id) == 0


def test_a_webhook_is_signed_over_its_time_and_body(app):
    with receiver(204) as receiving:
        write(app, Webhook(receiving.url, SECRET, {"risk": "high", "name": "Ffion"}), channel="webhook", key="referral:7")
        assert delivery.deliver().sent == 1
        ((headers, body),) = receiving.got
        expected = hmac.new(SECRET.encode(), headers["Sentinel-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
        assert headers["Sentinel-Signature"] == f"v1={expected}"
        assert headers["Idempotency-Key"] == "referral:7"
        assert receiving.bodies == [{"risk": "high", "name": "Ffion"}]


@pytest.mark.parametrize(
    ("answer", "state", "sentence"),
    [
        (201, "sent", None),
        (302, "waiting", "The receiver answered 302."),
        (400, "failed", "The receiver refused it (answer 400)."),
        (410, "failed", "The receiver refused it (answer 410)."),
        (408, "waiting", "The receiver answered 408."),
        (429, "waiting", "The receiver answered 429."),
        (500, "waiting", "The receiver answered 500."),
        (SILENCE, "waiting", "The receiver could not be reached (TimeoutError)."),
    ],
)
def test_what_a_receiver_answers_decides_what_becomes_of_a_webhook(app, monkeypatch, answer, state, sentence):
    monkeypatch.setattr(by_webhook, "TIMEOUT", 0.3)
    with receiver(answer) as receiving:
        number = write(app, Webhook(receiving.url, SECRET, {}), channel="webhook")
        delivery.deliver()
        assert (row(number).state, row(number).last_error) == (state, sentence)


@pytest.mark.parametrize(("channel", "state"), [("webhook", "sent"), ("email", "uncertain")])
def test_a_worker_that_dies_while_sending_loses_nothing_and_repeats_only_what_can_be_recognised(app, mail, channel, state):
    with receiver(200) as receiving:
        letter = Webhook(receiving.url, SECRET, {}) if channel == "webhook" else Email("a@example.org", "s", "b")
        number = write(app, letter, channel=channel)
        assert delivery._claim(20)
        assert delivery.deliver().sent == 0, "somebody holds it"
        db.session.execute(update(Outbox).values(lease_until=clock.machine_now() - timedelta(seconds=1)))
        db.session.commit()
        delivery.deliver()
        assert row(number).state == state
        assert len(mail.got) == 0


def test_whoever_finishes_after_the_lease_lapsed_does_not_overwrite_the_one_who_took_over(app, mail):
    number = write(app, Email("a@example.org", "s", "b"))
    (message,), token, _ = delivery._claim(20)
    db.session.execute(update(Outbox).values(lease_token=new_id()))
    db.session.commit()
    assert delivery._finish(message, token, NotSent("late")) is None
    assert row(number).state == "sending"


def test_nothing_is_begun_that_the_lease_would_not_outlast(app, mail, monkeypatch):
    numbers = [write(app, Email("a@example.org", "s", "b"), key=f"k{n}") for n in range(3)]
    monkeypatch.setattr(delivery, "LEASE", delivery.ENOUGH - timedelta(seconds=1))
    delivery.deliver(once=True)
    assert mail.got == []
    assert [(row(number).state, row(number).attempts) for number in numbers] == [("waiting", 0)] * 3


def test_no_more_is_claimed_than_asked_for_however_the_rows_are_found(app):
    for n in range(30):
        write(app, NotSent("x"), key=f"k{n}")
    for way in ("hashjoin", "mergejoin", "hashagg", "material", "sort"):
        db.session.execute(text(f"SET LOCAL enable_{way} = off"))
    assert len(delivery._claim(5)[0]) == 5


def test_two_workers_at_once_send_each_message_once(app):
    with receiver(200) as receiving:
        for n in range(60):
            write(app, Webhook(receiving.url, SECRET, {"n": n}), channel="webhook", key=f"k{n}")
        start = Barrier(2)

        def one(_):
            with app.app_context(), viewer.acting_as(viewer.system("test")):
                start.wait()
                return delivery.deliver(5).sent

        with ThreadPoolExecutor(2) as pool:
            assert sum(pool.map(one, range(2))) == 60
        assert sorted(body["n"] for body in receiving.bodies) == list(range(60))


def test_what_is_no_longer_wanted_or_safe_is_cancelled_with_its_reason(app, mail):
    number = write(app, NotSent("It is not said to be safe."))
    counts = delivery.deliver()
    assert (counts.sent, counts.failed, counts.waiting) == (0, 0, 0)
    assert (row(number).state, row(number).last_error) == ("cancelled", "It is not said to be safe.")
    assert mail.got == []


def test_a_channel_that_is_not_set_up_is_a_visible_failure_with_a_sentence(app):
    number = write(app, Email("a@example.org", "s", "b"), channel="text")
    assert delivery.deliver().failed == 1
    assert (row(number).state, row(number).last_error) == ("failed", channels.NO_TEXT)


def test_without_a_mail_server_a_letter_fails_visibly_and_a_nudge_is_put_aside(app):
    letter = write(app, Email("a@example.org", "s", "b"), key="letter")
    nudge = write(app, Email("a@example.org", "s", "b", nudge=True), key="nudge")
    delivery.deliver()
    assert (row(letter).state, row(letter).last_error) == ("failed", channels.NO_EMAIL)
    assert (row(nudge).state, row(nudge).last_error) == ("cancelled", channels.NO_EMAIL)


def test_words_that_cannot_be_made_do_not_stop_the_others(app, mail):
    def broken(message):
        raise ValueError("Nasreen Khan-Abdullahi")

    bad = write(app, Email("a@example.org", "s", "b"), key="bad")
    good = write(app, Email("b@example.org", "s", "b"), key="good")
    app.extensions["sentinel.messages"] = {**app.extensions["sentinel.messages"], "bad": broken}
    assert delivery.deliver().sent == 1
    assert row(good).state == "sent"
    assert (row(bad).state, row(bad).last_error) == ("waiting", "Its words could not be made (ValueError).")


def test_a_reaction_that_fails_does_not_make_a_sent_message_unsent(app, mail):
    def broken(event):
        raise ValueError("a fault elsewhere")

    from sentinel.post.events import MessageSent

    app.extensions["sentinel.reactions"] = {**app.extensions["sentinel.reactions"], MessageSent: (broken,)}
    number = write(app, Email("a@example.org", "s", "b"))
    delivery.deliver()
    assert row(number).state == "sent"
