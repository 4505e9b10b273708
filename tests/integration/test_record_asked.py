"""The information officer asks who looked and why; looks at oneself or a colleague reach them; refusals are on record."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from sentinel.access.models import User
from sentinel.alerts.models import Alert, Telling
from sentinel.alerts.sweep import sweep
from sentinel.core import clock, viewer
from sentinel.core.db import db, new_id
from sentinel.oversight import flags, letters
from sentinel.oversight.models import DeclaredInterest, LookFlag, RecordQuestion
from sentinel.people.keys import name_key
from sentinel.people.models import PersonContact, Residence
from sentinel.places.keys import address_key, building_key
from sentinel.places.models import Place
from sentinel.post.letters import Message
from sentinel.post.models import Outbox
from tests import databases
from tests import factories as make
from tests.architecture.access_table import ACCESS
from tests.integration.page_read import NEIGHBOUR, OFFICER, SUPERVISOR, hidden, words
from tests.integration.sealed import at_work, execute, happen, seal
from tests.pages import PageClient
from tests.waiting import eventually

pytestmark = pytest.mark.security

INFORMATION, GOVERNANCE = "information@county.example", "governance@county.example"
WHY = "She complained that her neighbour knew."


def ask(client, reference, reason=WHY, status=302):
    """Put the question; the address it leads to."""
    page = client.get("/record")
    answer = client.post("/record", hidden(page) | {"reference": reference, "reason": reason}, status=status)
    return answer.headers.get("Location") or answer


def named(name):
    person = make.person(name)
    person.name_key = name_key(name)
    db.session.flush()
    return person


# --- Every look at a person ------------------------------------------------------------------------------------------


def test_every_look_at_a_person_is_shown_by_whom_when_where_and_why(session, client_as, at):
    at("2026-12-02 10:47")
    case = make.case(officer=make.user(OFFICER))
    person = make.party(on=case, who=make.person("Nasreen Khan-Abdullahi")).person
    session.commit()
    for email in (OFFICER, SUPERVISOR, NEIGHBOUR):
        client_as(email).get(f"/cases/{case.id}")
    officer = client_as(INFORMATION)
    people = ask(officer, case.reference)
    listed = officer.get(people)
    assert "Nasreen Khan-Abdullahi" in words(listed)
    assert "Victim" in words(listed)
    page = words(officer.get(f"{people}/people/{person.id}"))
    for email, why in ((OFFICER, "Officer of the case"), (SUPERVISOR, "Works for the owner"), (NEIGHBOUR, "or the headline only")):
        person_ = make.user(email)
        assert f"{person_.name} {person_.partner.name} Looked {case.reference}" in page
        assert why in page
    assert f"Emrys Pugh {make.user(INFORMATION).partner.name} Looked" in page, "the information officer's own look, at the list"
    assert "Emrys Pugh Information officer" in page, "the one who is signed in, not the one who is looked at, stands at the top"
    assert WHY in page


def test_the_reason_is_asked_first_and_stands_with_every_look_of_the_officer(session, client_as):
    case = make.case()
    person_id = make.party(on=case).person_id
    session.commit()
    officer = client_as(INFORMATION)
    page = words(ask(officer, case.reference, reason="", status=422))
    assert "Say why you need to know" in page
    people = ask(officer, case.reference)
    officer.get(people)
    officer.get(f"{people}/people/{person_id}")
    officer.get(f"{people}/people/{person_id}.csv")
    query = """SELECT kind, authority FROM audit_entry WHERE table_name = 'record_question' AND person_ids = ARRAY[CAST(:id AS uuid)]
        ORDER BY id"""
    assert session.execute(text(query), {"id": person_id}).all() == [("look", WHY), ("look", WHY), ("export", WHY)]


@pytest.mark.parametrize("number", ["26-999998-99", "12", "26-004217-86", "<script>", "'; DROP TABLE party; --", "26-004217-85"])
def test_a_number_that_is_none_or_not_given_out_is_refused_in_words_and_nothing_typed_is_lost(number, session, client_as):
    page = ask(client_as(INFORMATION), number, status=422)
    assert "There is a problem" in page.text
    assert WHY in page.text
    assert session.scalar(select(RecordQuestion.id)) is None


def test_a_question_opens_only_what_it_was_about_and_only_to_whoever_put_it(session, client_as):
    case, other = make.case(), make.case()
    make.party(on=case)
    stranger = make.party(on=other, who=make.person("Thomas Wright")).person_id
    session.commit()
    officer = client_as(INFORMATION)
    people = ask(officer, case.reference)
    officer.get(f"{people}/people/{stranger}", status=404)
    officer.get(f"{people}/people/{stranger}.csv", status=404)
    officer.get(f"{people}/staff", status=404)
    officer.get(f"/record/questions/{new_id()}", status=404)
    about = {"about_table": "asb_case", "about_id": case.id, "reason": WHY, "asked_at": clock.now()}
    anothers = RecordQuestion(id=new_id(), user_id=make.user(GOVERNANCE).id, **about)
    session.add(anothers)
    session.commit()
    officer.get(f"/record/questions/{anothers.id}", status=404)


def test_the_database_names_nobody_to_any_other_role_or_without_a_question(session, client_as, at):
    case = make.case()
    make.party(on=case, who=make.person("Nasreen Khan-Abdullahi"))
    session.commit()
    question = UUID(ask(client_as(INFORMATION), case.reference).rpartition("/")[2])
    asked = {
        "SELECT count(*) FROM record_people(:id)": {"id": question},
        "SELECT count(*) FROM record_find(:id)": {"id": case.reference},
        "SELECT count(*) FROM record_references(ARRAY[CAST(:id AS uuid)])": {"id": case.id},
    }
    for who, found in ((SUPERVISOR, 0), (GOVERNANCE, 0), (INFORMATION, 1)):
        session.commit()
        key = make.user(who).id
        session.commit()
        roles = {INFORMATION: frozenset({"information_officer"}), GOVERNANCE: frozenset({"governance"})}.get(who, frozenset({"supervisor"}))
        with viewer.acting_as(viewer.Viewer(actor=str(key), user_id=key, roles=roles)):
            for query, values in asked.items():
                # the outer transaction of the test has told the database who looks already
                session.execute(text("SELECT set_config('sentinel.user', :u, true), set_config('sentinel.roles', :r, true)"),
                                {"u": str(key), "r": ",".join(roles)})  # fmt: skip
                assert session.scalar(text(query), values) == found, (who, query)
        session.rollback()


def test_the_download_is_marked_and_holds_no_formula(session, client_as):
    case = make.case(officer=make.user(OFFICER))
    person_id = make.party(on=case).person_id
    session.commit()
    client_as(OFFICER).get(f"/cases/{case.id}")
    officer = client_as(INFORMATION)
    people = ask(officer, case.reference, reason='=HYPERLINK("http://evil.example")')
    officer.get(people)
    answer = officer.get(f"{people}/people/{person_id}.csv")
    lines = answer.text.lstrip("\ufeff").splitlines()
    assert lines[0].startswith("OFFICIAL-SENSITIVE")
    assert lines[1] == "When,Who,Organisation,What,Where,Why"
    assert any("Jaswinder Bell" in line for line in lines)
    assert "'=HYPERLINK" in answer.text
    assert ",=HYPERLINK" not in answer.text
    assert ',"=HYPERLINK' not in answer.text
    assert "attachment" in answer.headers["Content-Disposition"]


def test_every_look_by_a_member_of_staff_and_what_they_were_refused(session, client_as):
    mine, secret = make.case(officer=make.user(OFFICER)), make.case(restricted=True, team_slug="charnwood-asb")
    session.commit()
    officer = client_as(OFFICER)
    officer.get(f"/cases/{mine.id}")
    officer.get(f"/cases/{secret.id}", status=404)
    officer.get(f"/cases/{new_id()}/timeline", status=404)
    client_as(INFORMATION).get(f"/cases/{mine.id}", status=403)
    asks = client_as(INFORMATION)
    form = hidden(asks.get("/record/staff")) | {"staff": str(make.user(OFFICER).id), "reason": WHY}
    page = words(asks.follow("/record/staff", form))
    assert f"Looked {mine.reference} Officer of the case" in page
    assert f"Refused {secret.reference}" in page
    assert "Refused Case: timeline" in page
    refused = "SELECT actor, row_id FROM audit_entry WHERE op = 'refused' ORDER BY id"
    found = [tuple(row) for row in session.execute(text(refused))]
    assert (str(make.user(OFFICER).id), str(secret.id)) in found
    assert (str(make.user(INFORMATION).id), str(mine.id)) in found


def test_a_case_shows_searches_that_showed_people_of_it(session, client_as):
    from sentinel.audit.service import record_look

    case = make.case(officer=make.user(OFFICER))
    person, case_id, neighbour = make.party(on=case).person_id, case.id, make.user(NEIGHBOUR).id
    session.commit()
    with viewer.acting_as(viewer.Viewer(actor=str(neighbour))):
        record_look("person", "match", person_ids=[person], kind="search")
        record_look("case_detail", case_id, case_id=case_id, authority="Break-glass: he is outside her door.")
        session.commit()
    page = words(client_as(OFFICER).get(f"/cases/{case_id}/access"))
    assert "Tom Ashdown Charnwood" in page
    assert "Shown somebody of it by a search" in page
    assert "Break-glass: he is outside her door." in page


# --- Looks at oneself, one's address, a colleague ---------------------------------------------------------------------


@pytest.fixture
def watched(own_database):
    """A database of its own; looks are compared once their transactions are over."""

    def looked(email, *people):
        with at_work(own_database, databases.TESTER):
            from sentinel.audit.service import record_look

            actor = str(make.user(email).id)
            db.session.rollback()
            with viewer.acting_as(viewer.Viewer(actor=actor)):
                record_look("party", new_id(), person_ids=people)
                db.session.commit()

    def flagged():
        """(who, whom, why) of the flags there are once nothing is left to compare."""
        with at_work(own_database, "sentinel_worker"):

            def caught_up():
                flags.flag_looks()
                db.session.commit()
                left = "SELECT count(*) FROM audit_entry e, look_mark m WHERE (e.epoch, e.xid) >= (m.epoch, m.xid)"
                return not db.session.scalar(text(left))

            assert eventually(caught_up)
            found = select(User.email, LookFlag.person_id, LookFlag.why).join(User, User.id == LookFlag.user_id)
            return {tuple(row) for row in db.session.execute(found.where(LookFlag.reviewed_at.is_(None)))}

    return looked, flagged


def test_looks_at_oneself_a_colleague_and_what_was_declared_are_flagged_once_and_no_others(own_database, watched):
    looked, flagged = watched
    with at_work(own_database, databases.TESTER):
        me = make.user(OFFICER)
        same_name, same_phone, same_mail = named("Mr Jaswinder BELL"), named("J B"), named("Somebody Else")
        colleague, neighbour, friend, nobody = named("Gethin Rees"), named("Old Neighbour"), named("Ffion Parry"), named("A Stranger")
        far_colleague = named("Priya Raman")
        flat = ("Flat 2, 4 Elm Road", "LE33KM")
        place = Place(id=new_id(), address=flat[0], postcode="LE3 3KM", address_key=address_key(*flat), building_key=building_key(*flat))
        db.session.add(place)
        db.session.flush()
        moment = clock.now()
        db.session.add_all([
            PersonContact(person_id=same_phone.id, kind="phone", value="0116 496 0211", value_key="+441164960211", added_at=moment),
            PersonContact(person_id=same_mail.id, kind="email", value=OFFICER, value_key=OFFICER, added_at=moment),
            Residence(person_id=neighbour.id, place_id=place.id, added_at=moment),
            DeclaredInterest(user_id=me.id, address="4 Elm Road", building_key=building_key("4 Elm Road", "LE3 3KM"), declared_at=moment),
            DeclaredInterest(user_id=me.id, name="Ffion Parry", name_key=name_key("Ffion Parry"), declared_at=moment),
        ])  # fmt: skip
        db.session.commit()
        keys = {name: person.id for name, person in locals().items() if getattr(person, "__tablename__", "") == "person"}
    looked(OFFICER, *keys.values())
    looked(NEIGHBOUR, keys["friend"], keys["neighbour"], keys["nobody"])
    looked(OFFICER, keys["same_name"])
    expected = {
        (OFFICER, keys["same_name"], "self"),
        (OFFICER, keys["same_phone"], "self"),
        (OFFICER, keys["same_mail"], "self"),
        (OFFICER, keys["colleague"], "colleague"),
        (OFFICER, keys["neighbour"], "address"),
        (OFFICER, keys["friend"], "declared"),
    }
    assert flagged() == expected
    assert flagged() == expected, "the same looks are not flagged again"


@pytest.fixture
def flag(own_database, at):
    """Flags a look of this person at somebody of their name, as flag_looks would; returns the flag's id."""
    at("2026-12-02 10:00")

    def made(email):
        with at_work(own_database, databases.TESTER):
            db.session.execute(text("UPDATE app_user SET last_seen_at = '2027-06-01'"))
            user = make.user(email)
            person, flag_id = named(user.name), new_id()
            values = f"'{flag_id}', '{user.id}', '{person.id}', 'self', 1, 1790000000000000, '{clock.now()}'"
            db.session.commit()
        columns = "id, user_id, person_id, why, entry_id, at_us, flagged_at"
        execute(own_database, None, f"SET sentinel.actor = 'system:test'; INSERT INTO look_flag ({columns}) VALUES ({values})")
        return flag_id

    return made


def swept(database, subject):
    """The alert about this after a sweep: who was told, when and why it closed."""
    with at_work(database, "sentinel_worker"):
        sweep()
        alert = db.session.scalars(select(Alert).where(Alert.subject_id == subject)).one()
        told = select(User.email).join(Telling, Telling.user_id == User.id).where(Telling.alert_id == alert.id)
        return set(db.session.scalars(told)), alert.closed_at, alert.closed_reason


def test_a_flag_reaches_the_information_officer_never_the_looker_and_closes_with_the_review(own_database, flag, at):
    flagged = flag(SUPERVISOR)
    assert swept(own_database, flagged) == ({INFORMATION}, None, None)
    with at_work(own_database, databases.TESTER) as app:
        assert "may be themselves" not in PageClient(app, SUPERVISOR).get("/alerts").text
        officer = PageClient(app, INFORMATION)
        assert "Marcia Thornton-Clarke Blaby" in words(officer.get("/record/flags"))
        path = f"/record/flags/{flagged}"
        assert "Say whom you asked" in officer.post(path, hidden(officer.get(path)), status=422).text
        officer.post(path, hidden(officer.get(path)) | {"note": "Asked her: it is her sister-in-law, reassigned."})
        officer.get(path, status=404)
    moment = at("2026-12-02 10:06")
    assert swept(own_database, flagged) == ({INFORMATION}, moment, "ended")


def test_the_information_officers_own_look_is_asked_about_by_somebody_else(own_database, flag):
    flagged = flag(INFORMATION)
    assert swept(own_database, flagged)[0] == {GOVERNANCE}
    with at_work(own_database, databases.TESTER) as app:
        officer = PageClient(app, INFORMATION)
        assert "No look waits for you" in officer.get("/record/flags").text
        officer.get(f"/record/flags/{flagged}", status=404)


def test_the_information_officer_is_told_and_without_one_governance(session, at):
    at("2026-12-02 10:00")
    told = text(
        """SELECT u.email FROM recipients('information_officer', NULL, NULL, NULL, NULL, NULL, :at) r
        JOIN app_user u ON u.id = r.user_id"""
    )
    assert set(session.scalars(told, {"at": clock.now()})) == {INFORMATION}
    make.user(INFORMATION).disabled_at = clock.now()
    session.flush()
    assert set(session.scalars(told, {"at": clock.now()})) == {GOVERNANCE}


# --- Declaring -------------------------------------------------------------------------------------------------------


def test_what_one_declares_only_oneself_sees_and_may_withdraw(session, client_as):
    mine, other = client_as(OFFICER), client_as(SUPERVISOR)
    mine.post("/declared", hidden(mine.get("/declared")) | {"name": "Ffion Parry", "note": "Sister"})
    path = "/declared/address"
    mine.post(path, hidden(mine.get(path)) | {"address": "4 Elm Road", "postcode": "le3 3km"})
    page = words(mine.get("/declared"))
    assert "Ffion Parry Sister" in page
    assert "4 Elm Road, LE3 3KM" in page
    assert "Ffion" not in other.get("/declared").text
    declared = session.scalars(select(DeclaredInterest).where(DeclaredInterest.name == "Ffion Parry")).one()
    other.post(f"/declared/{declared.id}/withdraw", status=404)
    mine.post(f"/declared/{declared.id}/withdraw")
    assert "Ffion Parry" not in words(mine.get("/declared"))


@pytest.mark.parametrize(
    ("path", "fields", "sentence"),
    [
        ("/declared", {"name": ""}, "Enter the name of the person"),
        ("/declared", {"name": "..."}, "Enter the name of the person"),
        ("/declared", {"name": "x" * 500}, "characters or fewer"),
        ("/declared/address", {"address": "", "postcode": "LE3 3KM"}, "Enter the house and street"),
        ("/declared/address", {"address": "4 Elm Road", "postcode": "nowhere"}, "is not a whole postcode"),
    ],
)
def test_what_cannot_be_declared_is_refused_at_its_field(path, fields, sentence, session, client_as):
    client = client_as(OFFICER)
    assert sentence in client.post(path, hidden(client.get(path)) | fields, status=422).text
    assert session.scalar(select(DeclaredInterest.id)) is None


# --- The anchor and the watch over sealing ---------------------------------------------------------------------------


def test_the_anchor_goes_to_the_information_officer_once_a_day(own_database, tmp_path):
    happen(own_database, 1)
    with at_work(own_database, "sentinel_worker"):
        assert letters.post_anchor() == 0, "nothing is sealed yet"
        db.session.rollback()
    seal(own_database, tmp_path)
    with at_work(own_database, "sentinel_worker"):
        assert (letters.post_anchor(), letters.post_anchor()) == (1, 0)
        row = db.session.scalars(select(Outbox).where(Outbox.template == "anchor")).one()
        mail = letters.anchor(Message(row.id, row.dedupe_key, row.channel, row.template, row.ref_table, row.ref_id, 1))
        line = (tmp_path / "audit" / "anchor.log").read_text().splitlines()[-1].split()
        assert mail.to == INFORMATION
        assert mail.subject == "Sentinel: the record's anchor of today"
        assert all(word in mail.body for word in line[:3])
        assert "Keep this message where nobody who runs Sentinel can change it" in mail.body


def test_a_record_that_was_not_sealed_for_ten_minutes_alerts_governance_shows_on_metrics_and_doctor(own_database, tmp_path, monkeypatch):
    from sentinel.audit import sealing

    happen(own_database, 1)
    seal(own_database, tmp_path)
    happen(own_database, 1)
    late = "SELECT count(*) FROM alert WHERE trigger_key = 'record_unsealed' AND closed_at IS NULL"
    with at_work(own_database, "sentinel_worker") as app:
        app.testing = True
        sweep()
        assert db.session.scalar(text(late)) == 0
        assert sealing.too_late() is None
        db.session.rollback()
        now = clock.machine_now()
        monkeypatch.setattr(clock, "machine_now", lambda: now + timedelta(minutes=11))
        assert "has not been sealed for 11 minutes" in (sealing.too_late() or "")
        db.session.rollback()
        measured = app.test_client().get("/metrics").text
        gauge = next(line for line in measured.splitlines() if line.startswith("sentinel_record_oldest_unsealed_seconds "))
        assert float(gauge.split()[1]) >= 660
    # The same eleven minutes, in the record: entries of a transaction that is not sealed yet.
    unsealed = "(epoch, xid) >= (SELECT epoch, xid_to FROM audit_seal ORDER BY n DESC LIMIT 1)"
    execute(own_database, None, f"UPDATE audit_entry SET at_us = at_us - 660000000 WHERE {unsealed}")
    monkeypatch.undo()
    with at_work(own_database, "sentinel_worker"):
        sweep()
        assert db.session.scalar(text(late)) == 1
        told = select(User.email).join(Telling, Telling.user_id == User.id).join(Alert, Alert.id == Telling.alert_id)
        assert set(db.session.scalars(told.where(Alert.trigger_key == "record_unsealed"))) == {GOVERNANCE}
    seal(own_database, tmp_path)
    with at_work(own_database, "sentinel_worker"):
        sweep()
        assert db.session.scalar(text(late)) == 0


def test_only_the_information_officer_reads_the_record():
    pages = {endpoint: who for endpoint, who in ACCESS.items() if endpoint.startswith("record.")}
    assert len(pages) == 9
    assert all(who == {"information_officer"} for who in pages.values())
