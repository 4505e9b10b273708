"""The disclosure log: what of a case went to whom, under which gateway, and who may read it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from sentinel.access.queries import viewer_of, with_roles
from sentinel.cases import disclosures
from sentinel.cases.models import CaseEvent, Disclosure
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotFound, Refused
from sentinel.core.viewer import acting_as
from tests import factories

pytestmark = pytest.mark.security

OFFICER, STRANGER, INFORMATION = "officer@blaby.example", "officer@charnwood.example", "information@county.example"
GIVEN = {"to_whom": "Dr Ayodele, Enderby surgery", "what": "Dates of the incidents", "gateway": "consent", "why": "She asked us to"}


def known(email):
    return with_roles(factories.user(email).id)


def made_case(**more):
    case = factories.case(officer=factories.user(OFFICER), **more)
    db.session.commit()
    return case


def record(case, email=OFFICER, **more):
    """By this person, under their policies."""
    actor = known(email)
    with acting_as_of(actor):
        made = disclosures.record(actor=actor, case=case, **(GIVEN | {"disclosed_at": clock.now()} | more)).id
        db.session.commit()
    return made


def acting_as_of(actor):
    part = viewer_of(actor)
    db.session.commit()
    return acting_as(part)


def test_a_disclosure_recorded_on_the_page_stands_on_the_case_and_on_its_story(client_as, session, at):
    at("2026-12-02 10:00")
    case, officer = made_case(), client_as(OFFICER)
    assert "Nothing was disclosed" in officer.get(f"/cases/{case.id}/access").text
    fields = GIVEN | {"submission_id": new_id(), "disclosed_at": "today 9am"}
    page = officer.follow(f"/cases/{case.id}/disclosures/new", fields)
    for words in ("Dr Ayodele, Enderby surgery", "Dates of the incidents", "Consent", "She asked us to", "Jaswinder Bell"):
        assert words in page.text
    officer.post(f"/cases/{case.id}/disclosures/new", fields)  # a double click
    assert session.scalar(select(func.count()).select_from(Disclosure)) == 1
    line = session.scalars(select(CaseEvent).where(CaseEvent.kind == "disclosure")).one()
    assert (line.title, line.body) == ("Disclosed to Dr Ayodele, Enderby surgery: Consent", None)
    made = session.scalars(select(Disclosure)).one()
    assert (made.by_user, made.reference, made.partner_id) == (factories.user(OFFICER).id, case.reference, case.owner_partner_id)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"disclosed_at": "tomorrow 9am"}, "has not happened yet"),
        ({"gateway": "other"}, "Say which other gateway it was."),
        ({"gateway": "because"}, "not one of those offered"),
        ({"to_whom": " "}, "Enter to whom it was disclosed."),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_nothing_typed_is_lost(more, sentence, client_as, session, at):
    at("2026-12-02 10:00")
    case = made_case()
    fields = GIVEN | {"submission_id": new_id(), "disclosed_at": "today 9am"} | more
    page = client_as(OFFICER).post(f"/cases/{case.id}/disclosures/new", fields, status=422)
    assert sentence in page.text and "Dates of the incidents" in page.text
    assert session.scalar(select(func.count()).select_from(Disclosure)) == 0


def test_the_verb_refuses_a_time_to_come_and_a_gateway_that_is_none(session, at):
    at("2026-12-02 10:00")
    case = made_case()
    for more in ({"disclosed_at": clock.now() + timedelta(seconds=1)}, {"gateway": "because"}, {"gateway": "other", "gateway_words": ""}):
        with pytest.raises(Refused):
            record(case, **more)
        session.rollback()


def test_another_gateway_is_shown_in_its_own_words(client_as, session, at):
    at("2026-12-02 10:00")
    case = made_case()
    record(case, gateway="other", gateway_words="Inquest")
    assert "Inquest" in client_as(OFFICER).get(f"/cases/{case.id}/access").text


def test_whoever_does_not_see_the_case_in_full_neither_records_nor_reads(client_as, session, at):
    at("2026-12-02 10:00")
    case, stranger = made_case(), client_as(STRANGER)
    record(case)
    fields = GIVEN | {"submission_id": new_id(), "disclosed_at": "today 9am"}
    stranger.get(f"/cases/{case.id}/disclosures/new", status=404)
    stranger.post(f"/cases/{case.id}/disclosures/new", fields, status=404)
    with pytest.raises(NotFound):
        record(case, STRANGER)
    session.rollback()
    assert read_by(STRANGER) == 0


def read_by(email):
    """How many the database itself lets this person read, with no filter."""
    person = viewer_of(known(email))
    db.session.commit()
    with acting_as(person):
        n = db.session.scalar(text("SELECT count(*) FROM disclosure"))
        db.session.rollback()
    return n


def test_the_database_shows_them_to_whoever_sees_the_case_in_full_and_to_the_information_officer(session, at):
    at("2026-12-02 10:00")
    record(made_case())
    others = ("calltaker@blaby.example", "governance@county.example", "worker@victimfirst.example", "housing@landlord.example")
    seen = {email: read_by(email) for email in (OFFICER, INFORMATION, STRANGER, "admin@blaby.example", *others)}
    assert {email for email, n in seen.items() if n} == {OFFICER, INFORMATION}


ADD = """INSERT INTO disclosure (id, case_id, reference, partner_id, to_whom, what, gateway, why, disclosed_at, by_user, recorded_at)
VALUES (gen_random_uuid(), :case, 'x', :partner, 'x', 'x', 'consent', 'x', now(), :by, now())"""


@pytest.mark.parametrize(("email", "by"), [(OFFICER, STRANGER), (STRANGER, STRANGER), (INFORMATION, INFORMATION)])
def test_the_database_adds_one_only_as_oneself_on_a_case_seen_in_full(email, by, session):
    case = made_case()
    keys = {"case": case.id, "partner": case.owner_partner_id, "by": factories.user(by).id}
    with acting_as_of(known(email)):
        with pytest.raises(DBAPIError, match="row-level security"):
            session.execute(text(ADD), keys)
        session.rollback()


@pytest.mark.parametrize("sql", ["UPDATE disclosure SET why = 'x'", "DELETE FROM disclosure"])
def test_the_database_lets_nobody_change_or_remove_one(sql, session, at):
    at("2026-12-02 10:00")
    record(made_case())
    for email in (OFFICER, INFORMATION):
        with acting_as_of(known(email)):
            with pytest.raises(DBAPIError, match="permission denied"):
                session.execute(text(sql))
            session.rollback()


def test_the_information_officer_reads_all_newest_first_by_owner_and_page(client_as, session, at):
    moment = at("2026-12-02 10:00")
    ours, theirs = made_case(), factories.case(team_slug="charnwood-asb")
    for n in range(42):
        record(ours, to_whom=f"Recipient {n:02}", disclosed_at=moment - timedelta(minutes=n))
    record(theirs, STRANGER, to_whom="Somebody of Charnwood", disclosed_at=moment - timedelta(days=1))
    officer = client_as(INFORMATION)
    first = officer.get("/disclosures")
    assert first.text.index("Recipient 00") < first.text.index("Recipient 39") and "Recipient 40" not in first.text
    assert ours.reference in first.text
    older = first.text.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    last = officer.get(older)
    assert "Recipient 41" in last.text and "Somebody of Charnwood" in last.text
    chosen = officer.get(f"/disclosures?partner={theirs.owner_partner_id}")
    assert "Somebody of Charnwood" in chosen.text and "Recipient" not in chosen.text
    officer.get("/disclosures?partner=nobody&from=nowhere")


def test_the_information_officer_takes_them_away_marked_and_on_the_record(client_as, session, at):
    at("2026-12-02 10:00")
    record(made_case(), to_whom="=HYPERLINK(1)")
    response = client_as(INFORMATION).get("/disclosures.csv")
    assert "OFFICIAL-SENSITIVE" in response.text and "'=HYPERLINK(1)" in response.text
    taken = text("SELECT count(*) FROM audit_entry WHERE table_name = 'disclosure' AND kind = 'export' AND actor = :who")
    assert session.scalar(taken, {"who": str(factories.user(INFORMATION).id)}) == 1


@pytest.mark.parametrize("email", [OFFICER, "supervisor@blaby.example", "governance@county.example"])
def test_nobody_else_reads_the_log(email, client_as):
    client_as(email).get("/disclosures", status=403)
    client_as(email).get("/disclosures.csv", status=403)
