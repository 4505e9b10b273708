"""Letters on paper, and the summary of what we said we would do: who is told what, by which way, and what it keeps."""

from datetime import datetime
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from sentinel.access import queries as people_of
from sentinel.cases import restricting
from sentinel.cases.events import ReportTaken
from sentinel.cases.models import Party
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotFound, Refused
from sentinel.post import delivery, paper
from sentinel.post.letters import Email, Message, NotSent, Paper
from sentinel.post.models import Outbox
from sentinel.victims import letters, summary
from sentinel.victims.following import promise_on_report
from sentinel.victims.models import Contact
from tests import factories
from tests.integration.carriers import mail_server
from tests.integration.promise_made import HIGH, PHONE, contacted, plan, promises, report_taken, story, victim, victim_on_case
from tests.integration.test_case_at_once import at_once

OFFICER, STRANGER = "officer@blaby.example", "officer@charnwood.example"
BY_POST = {"address": "Flat 4, Fosse Court, Blaby, LE8 4AA", "post": "yes"}


def london(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=clock.LONDON).astimezone(clock.UTC)


@pytest.fixture(autouse=True)
def _on_a_wednesday(at):
    at("2026-12-02 10:00")


def asked(party, channel="letter"):
    summary.send_summary(actor=factories.user(OFFICER), party=party, channel=channel, key=new_id())
    row = db.session.scalars(select(Outbox).order_by(Outbox.id.desc()).limit(1)).one()
    return row.id


def words_of(message_id):
    made = paper.letter(message_id)
    assert isinstance(made, Paper)
    return made


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def test_the_summary_says_what_was_promised_what_was_done_and_whom_to_ask_for_and_nothing_else(session):
    party = victim_on_case(plan=PHONE | BY_POST)
    contacted(party, covers=("first_contact",))
    body = words_of(asked(party)).body
    assert "You will hear from us again by 5pm on Monday 4 January 2027, even if there is no news." in body
    assert "the report: first contact (Wednesday 2 December)" in body
    assert party.case.reference in body
    assert "Jaswinder Bell" in body
    for secret in ("Nasreen", "harassment", "anti-social", "ASB", "alleged", "Harassment by a neighbour", "risk"):
        assert secret not in body.replace("Blaby ASB team", "")


def test_of_two_promises_of_a_kind_the_sooner_is_said_and_the_other_left_out(session):
    party = victim_on_case(plan=PHONE | BY_POST)
    from tests.integration.risk_made import assess

    assess(party)
    body = words_of(asked(party)).body
    assert body.count("You will hear from us again") == 1
    assert "by 5pm on Wednesday 9 December" in body


def test_a_third_party_reporter_has_theirs_and_hears_nothing_of_the_victim(session):
    report = factories.report(channel="email")
    who, about = factories.party(on=report, role="reporter"), factories.party(on=report, who=factories.person("Hidden Victim"))
    db.session.expire_all()
    promise_on_report(ReportTaken(report, factories.user(), {}, told_on_the_line=False, plan=BY_POST, caller=who, plans={about.id: PHONE}))
    body = words_of(asked(who)).body
    assert "We will let you know that it was passed on by 5pm on Wednesday 9 December." in body
    assert "A practitioner will be in touch" not in body and "Hidden" not in body


def test_the_letter_is_an_accessible_pdf_with_the_address_and_no_trace_of_what_sentinel_is(session):
    party = victim_on_case(plan=PHONE | BY_POST | {"accessible_format": "large_print"})
    made = words_of(asked(party))
    assert made.large
    pdf = paper.pdf(made)
    read = PdfReader(BytesIO(pdf))
    assert "pdfuaid" in read.trailer["/Root"]["/Metadata"].get_data().decode()
    assert read.metadata.title == "A letter to you"
    text = text_of(pdf)
    for line in ("Nasreen Khan-Abdullahi", "Flat 4", "Fosse Court", "LE8 4AA", "Wednesday 2 December", "Blaby District Council"):
        assert line in text
    assert "ASB" not in text and "OFFICIAL" not in text


def test_what_somebody_typed_is_text_in_the_letter_and_no_markup(session):
    party = victim_on_case(plan=PHONE | {"address": '#read("/etc/passwd"), $x^2$, \\ #strong[Blaby]', "post": "yes"})
    text = text_of(paper.pdf(words_of(asked(party))))
    assert '#read("/etc/passwd")' in text.replace("“", '"').replace("”", '"')
    assert "root:" not in text


def test_posted_it_is_a_contact_that_keeps_what_it_told_once(session):
    report = factories.report(channel="email")
    party = factories.party(on=report)
    event = ReportTaken(report, factories.user(), {}, acknowledge_by=("post",), told_on_the_line=False, plan=BY_POST, caller=party)
    promise_on_report(event)
    db.session.commit()
    number = db.session.scalars(select(Outbox.id)).one()
    assert promises(party)["acknowledge"].state == "open"
    assert paper.posted(number) is None
    db.session.expire_all()
    assert promises(party)["acknowledge"].state == "kept"
    (contact,) = db.session.scalars(select(Contact).where(Contact.party_id == party.id))
    assert (contact.channel, contact.outcome, contact.outbox_id) == ("letter", "delivered", number)
    with pytest.raises(NotFound, match="Somebody has posted this letter"):
        paper.posted(number)


def test_a_letter_that_became_unsafe_is_not_printed_nor_said_to_be_posted(session):
    party = victim_on_case(plan=PHONE | BY_POST)
    number = asked(party)
    plan(party).post = "no"
    db.session.flush()
    assert paper.letter(number) == NotSent(letters.NOT_SAFE)
    assert paper.posted(number) == letters.NOT_SAFE
    row = db.session.get(Outbox, number, populate_existing=True)
    assert (row.state, row.last_error) == ("cancelled", letters.NOT_SAFE)


@pytest.mark.parametrize(
    ("values", "channel", "words"),
    [
        (PHONE, "letter", "They have not said that letter is safe"),
        (PHONE | {"post": "yes"}, "letter", "no address to send it to"),
        (PHONE | {"email": "yes", "email_address": "n@example.org"}, "email", "E-mail is not set up here"),
        (PHONE | BY_POST, "text", "Choose how to send it"),
    ],
)
def test_what_cannot_go_safely_is_refused_with_the_reason(session, values, channel, words):
    party = victim_on_case(plan=values)
    with pytest.raises(Refused, match=words):
        asked(party, channel)


def test_who_wants_no_contact_and_who_may_not_know_get_none(session):
    party = victim_on_case(plan=PHONE | BY_POST)
    plan(party).no_contact = True
    with pytest.raises(Refused, match="asked us not to contact"):
        asked(party)
    hidden = report_taken(roles=("victim", "reporter"), party_detail={"may_not_know": True}, plan=BY_POST)
    with pytest.raises(Refused, match="Nobody has said that it is safe"):
        asked(victim(hidden))


def test_by_email_it_goes_by_itself_and_is_a_contact(session, app):
    with mail_server() as server:
        app.config["SENTINEL"] = app.config["SENTINEL"].model_copy(update={"smtp_url": server.url})
        party = victim_on_case(HIGH, plan=PHONE | {"email": "yes", "email_address": "nasreen@example.org"})
        number = asked(party, "email")
        row = db.session.get(Outbox, number)
        made = summary.summary(Message(row.id, row.dedupe_key, row.channel, row.template, row.ref_table, row.ref_id, 1))
        assert isinstance(made, Email)
        assert made.subject == f"Your reference: {party.case.reference}"
        db.session.commit()
        assert delivery.deliver().sent >= 1
        app.config["SENTINEL"] = app.config["SENTINEL"].model_copy(update={"smtp_url": ""})
    assert any("This is what we said we would do for you" in mail.get_content() for mail in server.got)
    assert "Sent Nasreen Khan-Abdullahi an e-mail: delivered" in story(party.case, "contact")


def test_the_whole_way_through_the_pages(client_as, session):
    party = victim_on_case(plan=PHONE | BY_POST)
    db.session.commit()
    client = client_as(OFFICER)
    assert "Send what we promised" in client.get(f"/cases/{party.case_id}/victim-care").text
    assert "Not by e-mail: They have not said that e-mail is safe." in client.get(f"/parties/{party.id}/summary").text
    client.post(f"/parties/{party.id}/summary", data={"channel": "letter"})
    number = db.session.scalars(select(Outbox.id).where(Outbox.template == "summary")).one()
    assert "1 letter waits to be printed and posted" in client.get("/my-work").text
    page = client.get("/letters").text
    assert "Nasreen Khan-Abdullahi" in page and "What we said we would do" in page
    pdf = client.get(f"/letters/{number}")
    assert pdf.mimetype == "application/pdf" and pdf.data.startswith(b"%PDF")
    assert "Nasreen" not in pdf.headers["Content-Disposition"]
    refused = client.post(f"/letters/{number}/put-aside", data={"reason": " "}, status=422)
    assert "Say why it is not posted." in refused.text
    client.post(f"/letters/{number}/posted")
    assert "No letter waits." in client.get("/letters").text
    assert "Sent Nasreen Khan-Abdullahi a letter: delivered" in story(party.case, "contact")


@pytest.fixture
def number(session):
    made = asked(victim_on_case(plan=PHONE | BY_POST))
    db.session.commit()
    return made


def party_of(number):
    return db.session.get_one(Party, db.session.get_one(Outbox, number).ref_id)


def contacts(number):
    return list(db.session.scalars(select(Contact).where(Contact.outbox_id == number)))


@pytest.mark.parametrize("second", [OFFICER, "supervisor@blaby.example"])
def test_a_second_click_is_answered_as_the_first_and_nothing_is_done_twice(client_as, number, second):
    first = client_as(OFFICER).follow(f"/letters/{number}/posted", {}).text
    assert "Posted. It counts as delivered until it comes back." in first
    kept, told = contacts(number), story(party_of(number).case)
    page = client_as(second).follow(f"/letters/{number}/posted", {}).text
    assert "Posted already. It counts as delivered until it comes back." in page
    assert "No letter waits." in page
    assert (contacts(number), story(party_of(number).case)) == (kept, told)
    assert len(kept) == 1


def test_a_letter_put_aside_is_not_said_to_be_posted(client_as, number):
    client = client_as(OFFICER)
    client.post(f"/letters/{number}/put-aside", {"reason": "He reads her post."})
    page = client.follow(f"/letters/{number}/posted", {}).text
    assert "It was put aside. He reads her post. If it is in the post already, tell your supervisor now." in page
    assert contacts(number) == []
    assert db.session.get_one(Outbox, number).state == "cancelled"


def test_a_posted_letter_is_neither_opened_nor_put_aside(client_as, number):
    client = client_as(OFFICER)
    client.post(f"/letters/{number}/posted")
    client.get(f"/letters/{number}", status=404)
    client.post(f"/letters/{number}/put-aside", {"reason": "Too late."}, status=404)
    assert db.session.get_one(Outbox, number).state == "sent"


def test_who_does_not_see_a_posted_letter_in_full_does_not_learn_that_it_was_posted(client_as, number):
    officer = client_as(OFFICER)
    officer.post(f"/letters/{number}/posted")
    assert "Posted already" not in client_as(STRANGER).post(f"/letters/{number}/posted", status=404).text
    supervisor, second = (people_of.with_roles(factories.user(f"{one}@blaby.example").id) for one in ("supervisor", "supervisor2"))
    restricting.restrict_case(actor=supervisor, case=party_of(number).case, named=[second], officer=second, reason="staff")
    db.session.commit()
    assert "Posted already" not in officer.post(f"/letters/{number}/posted", status=404).text


def test_two_who_say_at_once_that_it_is_posted_post_it_once(real_app, real_session):
    party = victim_on_case(plan=PHONE | BY_POST)
    number = asked(party)
    real_session.commit()
    found = []

    def post(actor):
        found.append(paper.became(number)[0] == "sent")
        if not found[-1]:
            paper.posted(number)

    assert at_once(real_app, (OFFICER, post), ("supervisor@blaby.example", post)) == ["done", "done"]
    assert sorted(found) == [False, True]
    assert len(contacts(number)) == 1


def test_another_partners_people_find_no_letter(client_as, session):
    party = victim_on_case(plan=PHONE | BY_POST)
    number = asked(party)
    db.session.commit()
    client = client_as(STRANGER)
    assert "No letter waits." in client.get("/letters").text
    for page in (f"/letters/{number}", f"/letters/{number}/put-aside"):
        assert client.get(page, status=404).status_code == 404
    assert client.post(f"/letters/{number}/posted", status=404).status_code == 404


def test_a_name_in_an_alphabet_the_machine_has_no_font_for_is_answered_with_what_to_do(client_as, session):
    nobody_has_a_font_for_this = "\U000f1234"
    party = victim_on_case(plan=PHONE | BY_POST | {"address": f"1 High Street {nobody_has_a_font_for_this}"})
    number = asked(party)
    db.session.commit()
    client = client_as(OFFICER)
    client.get(f"/letters/{number}", status=302)
    assert "Write it by hand" in client.get("/letters").text
    assert session.get(Outbox, number).state == "waiting"
