"""The victim is told who has their case: promised once a move, told by themselves where that is safe, and no other date moves."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from sentinel.access.queries import with_roles
from sentinel.alerts.models import Alert
from sentinel.alerts.service import answer
from sentinel.alerts.sweep import sweep
from sentinel.cases import handover, service
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.post import delivery
from sentinel.post.letters import Message, NotSent, Text
from sentinel.post.models import Outbox
from sentinel.victims import letters
from sentinel.victims.models import Contact, ContactPlan, Promise
from tests import factories as make
from tests.integration import promise_made
from tests.integration.promise_made import HIGH, MEDIUM, PHONE, STANDARD, all_promises, contacted, promises, victim_on_case
from tests.integration.test_outbox_letters import mail  # noqa: F401  a mail server that keeps what it gets

SUPERVISOR, SECOND = "supervisor@blaby.example", "supervisor2@blaby.example"
BY_EMAIL = PHONE | {"email": "yes", "email_address": "nasreen@example.org"}
KIND = "officer_changed"


@pytest.fixture(autouse=True)
def wednesday(session, at):
    at("2026-12-02 10:00")


def moved(party, to: str = SECOND):
    return service.move_to_officer(actor=with_roles(make.user(SUPERVISOR).id), case=party.case, officer=make.user(to), reason="Leave.")


def told(party) -> list[Outbox]:
    query = select(Outbox).where(Outbox.template == KIND, Outbox.ref_id == party.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


@pytest.mark.parametrize(
    ("answers", "due"),
    [
        (STANDARD, datetime(2026, 12, 9, 17, tzinfo=UTC)),  # five working days after Wednesday 2 December
        (MEDIUM, datetime(2026, 12, 9, 17, tzinfo=UTC)),
        (HIGH, datetime(2026, 12, 3, 17, tzinfo=UTC)),
    ],
)
def test_a_move_promises_to_tell_the_victim_by_the_date_of_their_risk(answers, due):
    party = victim_on_case(answers)
    moved(party)
    (promise,) = all_promises(party, KIND)
    assert (promise.state, promise.due_at, promise.starts_at) == ("open", due, clock.now())
    assert promise.told_as.startswith("We will tell you who has your case now by 5pm on")
    assert any("tell them who has their case now" in line for line in promise_made.story(party.case, "promise"))


def test_no_other_date_moves():
    party = victim_on_case(MEDIUM)
    rows = select(Promise.id, Promise.kind, Promise.due_at, Promise.soon_at, Promise.supervisor_at, Promise.manager_at, Promise.state)
    before = set(db.session.execute(rows.where(Promise.party_id == party.id)).all())
    moved(party)
    moved(party, SUPERVISOR)
    after = set(db.session.execute(rows.where(Promise.party_id == party.id)).all())
    assert len(before) > 1
    assert {row.kind for row in after - before} == {KIND}
    assert before - after == set()


def test_the_first_officer_of_a_case_is_no_change():
    party = victim_on_case()
    assert all_promises(party, KIND) == []
    party.case.officer_id = None
    db.session.flush()
    db.session.expire(party.case)
    moved(party)
    assert all_promises(party, KIND) == []


def test_a_second_move_before_the_first_was_told_promises_no_second_time_and_a_later_one_does():
    party = victim_on_case()
    moved(party)
    moved(party, SUPERVISOR)
    assert [one.state for one in all_promises(party, KIND)] == ["open"]
    contacted(party, covers=(KIND,))
    assert [one.state for one in all_promises(party, KIND)] == ["kept"]
    moved(party, "officer@blaby.example")
    assert [one.state for one in all_promises(party, KIND)] == ["kept", "open"]


def test_giving_a_case_away_from_the_board_tells_the_victim_too():
    party = victim_on_case(HIGH)
    sweep(clock.now())
    alert = db.session.scalars(select(Alert).where(Alert.trigger_key == "high_risk", Alert.party_id == party.id)).one()
    supervisor = with_roles(make.user(SUPERVISOR).id)
    answer(alert=alert, user=supervisor, kind="give", reason="J Bell is in court.", asked=make.user(SECOND))
    assert KIND in promises(party, "open")


def test_another_team_that_accepts_the_case_has_its_victims_told():
    party = victim_on_case()
    offer = handover.offer(actor=make.user(), case=party.case, to_team=make.team("charnwood-asb"), reason="They moved.")
    assert KIND not in promises(party)
    handover.accept(actor=make.user("officer@charnwood.example"), handover=offer)
    assert KIND in promises(party, "open")


def test_a_report_handed_over_has_no_officer_to_tell_of():
    report = promise_made.report_taken()
    offer = handover.offer(actor=make.user(), report=report, to_team=make.team("charnwood-asb"), reason="Theirs.")
    handover.accept(actor=make.user("officer@charnwood.example"), handover=offer)
    assert KIND not in promises(promise_made.victim(report))


def test_somebody_who_cannot_be_contacted_and_somebody_who_is_no_victim_are_promised_nothing():
    party = victim_on_case(roles=("victim", "reporter"))
    party.contactable = False
    db.session.flush()
    moved(party)
    everybody = select(Promise).where(Promise.kind == KIND)
    assert db.session.scalars(everybody).all() == []


def test_somebody_on_two_reports_of_the_case_is_promised_it_once():
    party = victim_on_case()
    again = promise_made.report_taken(who=party.person)
    promise_made.triage.join_case(actor=make.user(), report=again, case=party.case, reason="same_problem")
    db.session.expire_all()
    moved(party)
    assert len(db.session.scalars(select(Promise).where(Promise.kind == KIND)).all()) == 1


# --- by itself ----------------------------------------------------------------------------------------------------------


def test_where_email_is_safe_a_message_goes_by_itself_and_keeps_the_promise(mail):  # noqa: F811
    party = victim_on_case(plan=BY_EMAIL)
    moved(party)
    db.session.commit()
    assert delivery.deliver().sent == 1
    (got,) = mail.got
    body = got.get_content()
    assert got["To"] == "nasreen@example.org"
    assert got["Subject"] == f"Your reference: {party.case.reference}"
    assert "your contact here is Gethin Rees from now on." in body
    assert "0116 496 0213" in body
    for secret in (party.person.name, party.case.title, "Blaby", "ASB", "anti-social", "police", "council"):
        assert secret.lower() not in body.lower(), secret
    db.session.expire_all()
    assert promises(party)[KIND].state == "kept"
    contact = db.session.scalars(select(Contact).where(Contact.party_id == party.id, Contact.channel == "email")).one()
    assert (contact.outcome, contact.by_user, [one.kind for one in contact.covers]) == ("delivered", None, [KIND])
    assert promises(party)["first_contact"].state == "open", "a machine's message is no first contact"


def test_a_message_tells_of_whoever_has_the_case_when_it_goes(mail):  # noqa: F811
    party = victim_on_case(plan=BY_EMAIL)
    moved(party)
    moved(party, SUPERVISOR)
    db.session.commit()
    assert len(told(party)) == 1
    delivery.deliver()
    (got,) = mail.got
    assert "Marcia Thornton-Clarke" in got.get_content()


def test_a_move_while_a_message_about_the_one_before_is_on_its_way_is_promised_again(mail, monkeypatch):  # noqa: F811
    party = victim_on_case(plan=BY_EMAIL)
    moved(party)
    (first,) = told(party)
    message = Message(first.id, first.dedupe_key, "email", KIND, "party", party.id, 1, None)
    letters.note_sent(letters.MessageSent(message, True))  # taken, and not yet said to have arrived
    clock.freeze(clock.now() + make.timedelta(hours=1))
    moved(party, SUPERVISOR)
    assert [one.state for one in all_promises(party, KIND)] == ["open", "open"]
    letters.note_arrived(letters.MessageArrived(message))
    assert [one.state for one in all_promises(party, KIND)] == ["kept", "open"], "it told of the officer before"
    assert len(told(party)) == 2


@pytest.mark.parametrize(
    "plan",
    [PHONE, PHONE | {"email": "no", "email_address": "x@example.org"}, PHONE | {"email": "not_asked", "email_address": "x@example.org"}],
)
def test_where_no_way_is_said_to_be_safe_nothing_goes_by_itself_and_the_promise_is_the_officers(mail, plan):  # noqa: F811
    party = victim_on_case(plan=plan)
    moved(party)
    assert told(party) == []
    assert KIND in promises(party, "open")


def test_nothing_is_queued_for_a_way_that_is_not_set_up_here():
    party = victim_on_case(plan=BY_EMAIL | {"text": "yes"})
    moved(party)
    assert told(party) == [], "no mail server, no Notify: the officer tells them"
    assert KIND in promises(party, "open")


def test_who_asked_not_to_be_contacted_is_not_written_to_by_itself(mail):  # noqa: F811
    party = victim_on_case(plan=BY_EMAIL)
    db.session.get_one(ContactPlan, party.id).no_contact = True
    db.session.flush()
    moved(party)
    assert told(party) == []


def test_what_became_unsafe_since_it_was_written_is_not_sent_and_stays_promised(mail):  # noqa: F811
    party = victim_on_case(plan=BY_EMAIL)
    moved(party)
    db.session.get_one(ContactPlan, party.id).email = "no"
    db.session.commit()
    delivery.deliver()
    assert mail.got == []
    assert [(row.state, row.last_error) for row in told(party)] == [("cancelled", letters.NOT_SAFE)]
    assert KIND in promises(party, "open")


def test_a_text_says_a_number_and_a_name_to_ask_for_and_not_who_we_are():
    party = victim_on_case(plan=PHONE | {"text": "yes"})
    moved(party)
    text = letters.officer_changed(Message(1, "x", "text", KIND, "party", party.id, 1, None))
    assert isinstance(text, Text)
    assert text.body == (
        f"Your reference is {party.case.reference}. Your contact is now Gethin Rees, 0116 496 0213. "
        "No date you were given has changed. Please do not reply to this text."
    )
    assert "Blaby" not in text.subject + text.body
    assert party.person.name not in text.body


def test_of_a_case_that_closed_meanwhile_nothing_is_sent():
    party = victim_on_case(plan=BY_EMAIL)
    party.case.state, party.case.closed_at = "closed", clock.now()
    db.session.flush()
    letter = letters.officer_changed(Message(1, "x", "email", KIND, "party", party.id, 1, None))
    assert letter == NotSent(letters.NOT_LIVE)
