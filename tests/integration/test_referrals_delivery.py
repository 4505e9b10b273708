"""A referral leaves by a signed webhook: against a receiver that listens on this machine and checks what it gets."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from sentinel.core import clock, viewer
from sentinel.core.db import db
from sentinel.post.delivery import deliver
from sentinel.post.letters import Message, NotSent
from sentinel.post.models import Outbox
from sentinel.referrals import delivery, service
from sentinel.referrals.models import Referral
from sentinel.victims.models import ContactPlan
from tests import factories
from tests.conftest import make_app
from tests.integration.risk_made import WHY, assess, victim_on_case

SECRET = "a secret that only Victim First and we know"


class Receiver:
    """Keeps every request; answers what it is told to."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answer = 202
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append(({key.lower(): value for key, value in self.headers.items()}, body))
                self.send_response(receiver.answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/referrals"

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def app_with_webhook(own_database: str, receiver: Receiver) -> Iterator[Flask]:
    app = make_app(own_database, victim_first_webhook_url=receiver.url, victim_first_webhook_secret=SECRET)
    app.testing = True
    with app.app_context(), viewer.acting_as(viewer.system("test")):
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def referral(app_with_webhook: Flask) -> Referral:
    """A high-risk victim with a plan, referred and committed."""
    party = victim_on_case()
    plan = {"phone": "07700 900318", "ring": "yes", "voicemail": "no", "text": "yes", "email": "no", "email_address": "n@home.example"}
    db.session.add(ContactPlan(party_id=party.id, case_id=party.case_id, safe_times="mornings", never="Never speak to her son", **plan))
    db.session.flush()
    assess(party, "high")
    db.session.commit()
    return db.session.scalars(select(Referral)).one()


def webhook() -> Outbox:
    """The message for the agency's own system."""
    return db.session.scalars(select(Outbox).where(Outbox.channel == "webhook").execution_options(populate_existing=True)).one()


def due_now() -> None:
    """What waits for its next try is due."""
    db.session.execute(update(Outbox).where(Outbox.state == "waiting").values(next_attempt_at=clock.machine_now()))
    db.session.commit()


def test_the_receiver_can_check_who_sent_it_and_that_nobody_changed_it(referral, receiver):
    deliver()
    headers, body = receiver.requests[0]
    signed = hmac.new(SECRET.encode(), headers["sentinel-timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["sentinel-signature"] == f"v1={signed}"
    assert headers["idempotency-key"] == f"referral:{referral.id}"
    assert webhook().state == "sent"


def test_the_body_says_who_how_to_reach_them_safely_why_what_happened_and_who_holds_the_case(referral, receiver):
    deliver()
    body = json.loads(receiver.requests[0][1])
    assert body["id"] == str(referral.id)
    assert body["person"]["name"] == "Nasreen Khan-Abdullahi"
    assert body["reach"]["phone"] == "07700 900318"
    assert body["reach"]["safe"] == {"ring": "yes", "voicemail": "no", "text": "yes", "email": "no", "post": "not_asked"}
    assert body["reach"]["do_not"] == "Never speak to her son"
    assert body["reach"]["email_address"] is None, "an address by which it is not safe to write does not leave the building"
    assert (body["risk"]["level"], body["risk"]["why"], body["risk"]["assessed_by"]) == ("high", WHY, "Jaswinder Bell")
    assert body["held_by"]["officer"] == "Jaswinder Bell"
    assert body["held_by"]["team"] == "Blaby ASB team"
    assert body["contact_by"].endswith("Z")


def test_what_the_victim_said_since_is_what_is_sent(referral, receiver):
    plan = db.session.get(ContactPlan, referral.party_id)
    plan.ring = plan.text = "no"
    db.session.commit()
    deliver()
    assert json.loads(receiver.requests[0][1])["reach"]["phone"] is None


def test_when_the_receiver_is_down_it_waits_and_goes_later_under_the_same_key(referral, receiver):
    receiver.answer = 503
    deliver()
    assert webhook().state == "waiting"
    receiver.answer = 200
    due_now()
    deliver()
    assert webhook().state == "sent"
    assert [headers["idempotency-key"] for headers, _ in receiver.requests] == [f"referral:{referral.id}"] * 2


def test_what_was_refused_for_good_stays_visible_and_is_sent_again_from_the_page_with_the_same_key(referral, receiver):
    receiver.answer = 400
    deliver()
    assert webhook().state == "failed"
    receiver.answer = 200
    assert service.resend(actor=factories.user(), referral=referral) == 1
    db.session.commit()
    deliver()
    assert webhook().state == "sent"
    assert len({headers["idempotency-key"] for headers, _ in receiver.requests}) == 1


def test_an_update_goes_under_a_key_of_its_own(referral, receiver):
    assess(referral.party, "high", rationale="He kicked the door in.")
    db.session.commit()
    deliver()
    keys = {headers["idempotency-key"] for headers, _ in receiver.requests}
    assert len(keys) == 2
    assert any("He kicked the door in." in update["note"] for update in json.loads(receiver.requests[-1][1])["updates"])


def test_one_that_was_withdrawn_before_it_went_is_not_sent(referral, receiver):
    service.move(referral=referral, kind="withdrawn", actor=factories.user(), note="Entered for the wrong person.")
    db.session.commit()
    deliver()
    assert receiver.requests == []
    assert webhook().state == "cancelled"


def test_without_an_address_nothing_is_queued_for_a_webhook(session):
    assess(victim_on_case(), "high")
    assert db.session.scalars(select(Outbox.channel).where(Outbox.ref_table == "referral")).all() == ["in_system"]


def test_the_e_mail_to_a_worker_names_nobody(session):
    assess(victim_on_case(), "high")
    row = db.session.scalars(select(Outbox).where(Outbox.template == "referral_notice")).one()
    letter = delivery.notice(Message(row.id, row.dedupe_key, row.channel, row.template, row.ref_table, row.ref_id, 1))
    assert letter.to == "worker@victimfirst.example"
    assert letter.nudge
    assert "/referrals" in letter.body
    assert not any(word in letter.body + letter.subject for word in ("Nasreen", "Khan", "high", "Blaby"))


def test_an_e_mail_to_somebody_who_has_gone_is_not_sent(session):
    assess(victim_on_case(), "high")
    worker = factories.user("worker@victimfirst.example")
    worker.disabled_at = clock.now()
    db.session.flush()
    row = db.session.scalars(select(Outbox).where(Outbox.template == "referral_notice")).one()
    letter = delivery.notice(Message(row.id, row.dedupe_key, row.channel, row.template, row.ref_table, row.ref_id, 1))
    assert isinstance(letter, NotSent)
