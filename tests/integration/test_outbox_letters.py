"""What goes to a victim: the reference and the date, by a way said to be safe at the moment of sending, and nothing otherwise."""

import pytest
from sqlalchemy import select

from sentinel.alerts import raising
from sentinel.cases.events import ReportTaken
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.post import channels, delivery, service
from sentinel.post.letters import Message
from sentinel.post.models import Outbox
from sentinel.reactions import MESSAGES
from sentinel.victims import letters
from sentinel.victims import service as victims
from sentinel.victims.following import promise_on_report
from sentinel.victims.models import Contact, ContactPlan, Promise
from tests import factories as make
from tests.integration.carriers import mail_server

SAFE = {"email": "yes", "email_address": "nasreen@example.org"}


@pytest.fixture
def mail(app):
    with mail_server() as server:
        app.config["SENTINEL"] = app.config["SENTINEL"].model_copy(update={"smtp_url": server.url})
        yield server
        app.config["SENTINEL"] = app.config["SENTINEL"].model_copy(update={"smtp_url": ""})


def reported(plan, *, wanted=("email",), **report_more):
    """A report taken by e-mail, whose caller wants the reference sent."""
    report = make.report(channel="email", **report_more)
    party = make.party(on=report)
    promise_on_report(ReportTaken(report, make.user(), {}, acknowledge_by=wanted, told_on_the_line=False, plan=plan, caller=party))
    db.session.commit()
    return party


def messages():
    return list(db.session.scalars(select(Outbox).execution_options(populate_existing=True)))


def acknowledged(party):
    wanted = select(Promise).where(Promise.party_id == party.id, Promise.kind == "acknowledge")
    return db.session.scalar(wanted.execution_options(populate_existing=True))


def test_the_acknowledgement_says_the_reference_and_what_happens_by_when_and_keeps_its_promise(session, at, mail):
    at("2026-12-02 10:00")
    party = reported(SAFE)
    assert acknowledged(party).state == "open"
    assert delivery.deliver().sent == 1
    (got,) = mail.got
    body = got.get_content()
    assert got["To"] == "nasreen@example.org"
    assert got["Subject"] == f"Your reference: {party.report.reference}"
    assert party.report.reference in body
    assert "A practitioner will be in touch by 5pm on Wednesday 9 December." in body
    assert "Blaby ASB team, 0116 496 0201" in body
    assert party.person.name not in body, "whoever opens it by mistake learns no name"
    assert acknowledged(party).state == "kept"
    contact = session.scalars(select(Contact).where(Contact.party_id == party.id)).one()
    assert (contact.channel, contact.direction, contact.outcome, contact.by_user) == ("email", "out", "delivered", None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"email": "no"}, letters.NOT_SAFE),
        ({"email": "not_asked"}, letters.NOT_SAFE),
        ({"email_address": None}, letters.NO_ADDRESS),
    ],
)
def test_what_became_unsafe_since_it_was_written_is_not_sent(session, at, mail, change, reason):
    at("2026-12-02 10:00")
    party = reported(SAFE)
    plan = session.get(ContactPlan, party.id)
    for column, value in change.items():
        setattr(plan, column, value)
    session.commit()
    delivery.deliver()
    assert mail.got == []
    assert [(row.state, row.last_error) for row in messages()] == [("cancelled", reason)]
    assert acknowledged(party).state == "open", "somebody still has to tell them"


def test_a_victim_who_may_not_know_and_a_withdrawn_report_are_not_written_to(session, at, mail):
    at("2026-12-02 10:00")
    first, second = reported(SAFE), reported(SAFE)
    first.detail.may_not_know = True
    second.report.state, second.report.triaged_at = "withdrawn", clock.now()
    session.commit()
    delivery.deliver()
    assert mail.got == []
    assert {row.last_error for row in messages()} == {letters.HIDDEN, letters.WITHDRAWN}


def test_nothing_is_even_written_by_a_way_that_was_not_said_to_be_safe(session, at):
    at("2026-12-02 10:00")
    reported({"email": "not_asked", "email_address": "a@example.org", "text": "no", "phone": "0116 496 0999"}, wanted=("email", "text"))
    assert messages() == []


def test_a_message_that_could_not_be_sent_alerts_the_officers_and_goes_out_when_it_is_sent_again(session, at, mail):
    at("2026-12-02 10:00")
    mail.rcpt = "550 no"
    party = reported(SAFE)
    delivery.deliver()
    from config import agreed
    from sentinel.alerts.models import Alert

    trigger = agreed.current().triggers.get("message_failed")
    assert raising.raise_facts(trigger, clock.now()).opened == 1
    mail.rcpt = "250 OK"
    assert service.resend(ref_table="party", ref_id=party.id) == 1
    db.session.commit()
    assert delivery.deliver().sent == 1
    assert raising.raise_facts(trigger, clock.now()).closed == 1
    assert session.scalars(select(Alert.closed_reason)).all() == ["ended"]


def test_a_text_that_nothing_here_can_send_is_a_visible_failure(session, at):
    at("2026-12-02 10:00")
    reported({"text": "yes", "phone": "07700 900318"}, wanted=("text",))
    delivery.deliver()
    assert [(row.channel, row.state, row.last_error) for row in messages()] == [("text", "failed", channels.NO_TEXT)]


def test_a_letter_waits_for_somebody_to_post_it_and_no_worker_touches_it(session, at):
    at("2026-12-02 10:00")
    reported({"post": "yes", "address": "1 High Street"}, wanted=("post",))
    assert delivery.deliver().waiting == 1
    assert [(row.channel, row.state, row.attempts) for row in messages()] == [("letter", "waiting", 0)]


def test_every_template_that_is_queued_has_somebody_to_write_its_words(app):
    import re

    from config.settings import ROOT

    queued = set()
    for path in (ROOT / "sentinel").rglob("*.py"):
        queued |= set(re.findall(r'template="(\w+)"', path.read_text()))
    assert queued <= set(MESSAGES)
    assert {letters.ACKNOWLEDGEMENT, letters.OFFICER_CHANGED, letters.SUMMARY} <= set(MESSAGES)
    assert "referral" in queued


def test_the_words_are_made_anew_each_time(session, at):
    at("2026-12-02 10:00")
    party = reported(SAFE)
    row = messages()[0]
    message = Message(row.id, row.dedupe_key, row.channel, row.template, row.ref_table, row.ref_id, 1)
    assert letters.acknowledgement(message).to == "nasreen@example.org"
    session.get(ContactPlan, party.id).email_address = "new@example.org"
    session.flush()
    assert letters.acknowledgement(message).to == "new@example.org"


def test_a_message_waits_for_a_time_they_said_is_safe_and_is_written_then_by_what_holds_then(session, at, mail):
    moment = at("2026-12-02 10:00")
    party = reported(SAFE | {"safe_times": "after 3pm"})
    before = clock.machine_now()
    delivery.deliver()
    (row,) = messages()
    assert mail.got == []
    assert (row.state, row.attempts) == ("waiting", 0)
    assert row.last_error == "It waits for a time they said is safe: 3pm on Wednesday 2 December."
    assert abs(row.next_attempt_at - before - (at("2026-12-02 15:00") - moment)).total_seconds() < 60
    row.next_attempt_at = clock.machine_now()
    session.commit()
    assert delivery.deliver().sent == 1
    assert [got["To"] for got in mail.got] == ["nasreen@example.org"]
    assert acknowledged(party).state == "kept"


def test_times_that_only_a_person_can_judge_stop_what_would_go_by_itself_and_leave_the_promise_to_people(session, at, mail):
    at("2026-12-02 10:00")
    party = reported(SAFE)
    session.get(ContactPlan, party.id).safe_times = "when he is at work"
    session.commit()
    delivery.deliver()
    assert mail.got == []
    assert [(row.state, row.last_error) for row in messages()] == [("cancelled", letters.A_PERSON_JUDGES)]
    assert acknowledged(party).state == "open"


def test_what_waits_for_a_safe_time_is_asked_again_as_soon_as_the_times_are_others(session, at, mail):
    at("2026-12-02 10:00")
    party = reported(SAFE | {"safe_times": "after 3pm"})
    delivery.deliver()
    assert mail.got == []
    victims.set_plan(actor=make.user(), party=party, values={"safe_times": "any time"})
    session.commit()
    assert delivery.deliver().sent == 1
    assert acknowledged(party).state == "kept"
