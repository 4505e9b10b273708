"""Supervisors say that they read an entry, and what they think of it: where the officer finds it, quietly, and nobody else."""

import pytest
from sqlalchemy import func, select, text

from sentinel.access.queries import with_roles
from sentinel.alerts.models import Alert
from sentinel.alerts.sweep import sweep
from sentinel.cases import service
from sentinel.cases.models import Case, CaseClock, CaseEvent
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, NotFound, Refused
from sentinel.supervision import reading
from sentinel.supervision.models import EntryComment
from tests import factories as make
from tests.integration.page_read import words
from tests.integration.restricted_made import looking, restricted

OFFICER, SUPERVISOR, SECOND = "officer@blaby.example", "supervisor@blaby.example", "supervisor2@blaby.example"


@pytest.fixture(autouse=True)
def wednesday(session, at):
    at("2026-12-02 10:00")


def noted(email: str = OFFICER, case: Case | None = None) -> tuple[Case, CaseEvent]:
    case = case or make.case(officer=make.user(OFFICER))
    service.add_note(actor=make.user(email), case=case, text="Rang the landlord. They will write.")
    db.session.commit()
    return case, db.session.scalars(select(CaseEvent).where(CaseEvent.case_id == case.id).order_by(CaseEvent.id.desc())).first()


def who(email: str):
    return with_roles(make.user(email).id)


def test_an_entry_is_marked_as_read_once_by_each_supervisor(client_as):
    case, entry = noted()
    at = f"/cases/{case.id}/timeline"
    client = client_as(SUPERVISOR)
    assert "Mark as read" in client.get(at).text
    for _ in range(2):
        client.post(f"{at}/{entry.id}/read", {})
    client_as(SECOND).post(f"{at}/{entry.id}/read", {})
    page = words(client.get(at))
    assert "Read by Marcia Thornton-Clarke, today, 10am Read by Gethin Rees, today, 10am" in page
    assert "Mark as read" not in page
    assert db.session.scalar(select(func.count()).select_from(EntryComment)) == 2


def test_the_officer_finds_a_comment_on_the_timeline_and_in_my_work(client_as):
    case, entry = noted()
    address = f"/cases/{case.id}/timeline/{entry.id}/comment"
    assert "Rang the landlord." in client_as(SUPERVISOR).get(address).text
    page = client_as(SUPERVISOR).follow(address, {"words": "Good. Ask them for a date."})
    assert "Jaswinder Bell finds your comment" in words(page)
    officer = client_as(OFFICER)
    timeline = words(officer.get(f"/cases/{case.id}/timeline"))
    assert "Marcia Thornton-Clarke commented today, 10am: Good. Ask them for a date." in timeline
    assert "Mark as read" not in timeline
    work = words(officer.get("/my-work"))
    assert "What your supervisors read of yours in the last 7 days" in work
    assert "Marcia Thornton-Clarke commented: Good. Ask them for a date." in work


def test_it_is_in_my_work_for_a_week_and_only_of_those_who_wrote_the_entry(client_as, at):
    _, entry = noted()
    case = db.session.get(Case, entry.case_id)
    reading.mark_read(actor=who(SUPERVISOR), case=case, entry=entry)
    db.session.commit()
    assert "Read by Marcia Thornton-Clarke" in words(client_as(OFFICER).get("/my-work"))
    assert "Read by" not in words(client_as(SECOND).get("/my-work"))
    at("2026-12-09 10:01")
    assert "Read by" not in words(client_as(OFFICER).get("/my-work"))


def test_reading_alerts_nobody_and_is_no_work_on_the_case(at):
    case, entry = noted()
    before = db.session.get(CaseClock, case.id).last_entry_at
    sweep(clock.now())
    alerts = db.session.scalar(select(func.count()).select_from(Alert))
    at("2026-12-03 10:00")
    reading.mark_read(actor=who(SUPERVISOR), case=case, entry=entry)
    reading.comment(actor=who(SUPERVISOR), case=case, entry=entry, words="Good.")
    db.session.commit()
    sweep(clock.now())
    assert db.session.scalar(select(func.count()).select_from(Alert)) == alerts
    db.session.expire_all()
    assert db.session.get(CaseClock, case.id).last_entry_at == before, "a quiet case is still quiet when somebody has read it"


def test_only_supervisors_comment_and_not_on_their_own_entries(client_as):
    case, entry = noted()
    _, own = noted(SUPERVISOR, case)
    with pytest.raises(NotAllowed, match="Only a supervisor"):
        reading.mark_read(actor=who(OFFICER), case=case, entry=entry)
    with pytest.raises(Refused, match="You wrote this yourself"):
        reading.comment(actor=who(SUPERVISOR), case=case, entry=own, words="Well said.")
    with pytest.raises(Refused, match="Write what you want to say"):
        reading.comment(actor=who(SUPERVISOR), case=case, entry=entry, words=" ")
    client_as(OFFICER).post(f"/cases/{case.id}/timeline/{entry.id}/read", {}, status=403)


def test_an_entry_of_another_case_is_not_read_through_this_one():
    case, _ = noted()
    _, other = noted(case=make.case(officer=make.user(OFFICER)))
    with pytest.raises(NotFound):
        reading.entry_for(case, other.id)


def test_who_does_not_see_the_case_in_full_neither_says_nor_reads_anything(client_as):
    case, entry = noted()
    stranger = client_as("supervisor@charnwood.example")
    stranger.post(f"/cases/{case.id}/timeline/{entry.id}/read", {}, status=404)
    stranger.get(f"/cases/{case.id}/timeline/{entry.id}/comment", status=404)
    secret, line = noted(OFFICER, restricted())
    client_as(SECOND).post(f"/cases/{secret.id}/timeline/{line.id}/read", {}, status=404)
    client_as(SUPERVISOR).post(f"/cases/{secret.id}/timeline/{line.id}/read", {})
    with looking(SECOND):
        assert db.session.scalar(select(func.count()).select_from(EntryComment)) == 0


def test_what_was_said_cannot_be_unsaid():
    case, entry = noted()
    reading.comment(actor=who(SUPERVISOR), case=case, entry=entry, words="Good.")
    with looking(SUPERVISOR):
        for statement in ("UPDATE entry_comment SET words = 'Bad.'", "DELETE FROM entry_comment"):
            with pytest.raises(Exception, match="permission denied"), db.session.begin_nested():
                db.session.execute(text(statement))
