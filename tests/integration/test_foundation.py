"""The viewer, the record, the rights of roles: what every room stands on."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError, ProgrammingError

from sentinel.core import clock, submissions, viewer
from sentinel.core.db import db, new_id
from tests import databases, factories
from tests.pages import PageClient


def test_a_change_is_recorded_with_who_did_it_in_the_same_transaction(session):
    case = factories.case(officer=factories.user())
    session.commit()
    case.title = "Noise at night"
    session.commit()
    rows = session.execute(text("SELECT op, actor, case_id, row_id FROM audit_entry WHERE table_name = 'asb_case' ORDER BY id")).all()
    assert [(row.op, row.actor) for row in rows] == [("insert", "system:test"), ("update", "system:test")]
    assert {row.case_id for row in rows} == {case.id}
    assert {row.row_id for row in rows} == {str(case.id)}


def test_a_change_without_anybody_named_is_refused(own_database):
    with databases.superuser(own_database) as connection, pytest.raises(Exception, match="Nobody has said who is doing this"):
        connection.execute("UPDATE partner SET name = name || ' '")


def test_only_what_changed_is_kept_in_the_record(real_session, own_database):
    case = factories.case()
    real_session.commit()
    case.title = "Noise at night"
    real_session.commit()
    with databases.superuser(own_database) as connection:
        body = connection.execute(
            "SELECT p.body FROM audit_payload p JOIN audit_entry e ON e.id = p.entry_id WHERE e.table_name = 'asb_case' AND e.op = 'update'"
        ).fetchone()[0]
    assert body == {"title": ["Harassment by a neighbour", "Noise at night"]}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE promise SET due_at = now()",
        "DELETE FROM asb_case",
        "DELETE FROM audit_entry",
        "UPDATE audit_entry SET actor = 'x'",
        "INSERT INTO audit_entry (at_us, actor, kind, table_name, op) VALUES (1, 'x', 'look', 'x', 'x')",
        "SELECT * FROM audit_payload",
        "UPDATE case_event SET title = 'x'",
        "UPDATE installation SET demonstration = true",
        "TRUNCATE contact",
        "SELECT audit_write('look', 'x', 'x', 'x', NULL, NULL, NULL)",
    ],
)
@pytest.mark.parametrize("role", ["sentinel_web", "sentinel_worker"])
def test_neither_web_nor_worker_may(database, role, statement):
    from sqlalchemy import create_engine

    engine = create_engine(databases.url(role, database))
    with engine.connect() as connection, pytest.raises((ProgrammingError, InternalError), match="permission denied"):
        connection.execute(text(statement))
    engine.dispose()


def test_the_viewer_cannot_change_in_the_middle_of_a_transaction(real_session):
    real_session.execute(text("SELECT 1"))
    with pytest.raises(RuntimeError, match="middle of a transaction"):
        viewer.become(real_session, viewer.system("somebody else"))


def test_the_viewer_is_told_to_the_database_at_the_start_of_every_transaction(real_session):
    for name in ("one", "two"):
        real_session.rollback()
        with viewer.acting_as(viewer.system(name)):
            assert real_session.scalar(text("SELECT current_setting('sentinel.actor')")) == f"system:{name}"
            real_session.rollback()


def test_nothing_of_a_viewer_stays_on_a_pooled_connection(real_app):
    with db.engine.connect() as connection:
        assert (connection.scalar(text("SELECT current_setting('sentinel.actor', true)")) or "") == ""


def test_the_same_form_sent_twice_does_its_work_once(session):
    form = new_id()
    assert submissions.claim(form) is None
    submissions.receipt(form, "/reports/1")
    assert submissions.claim(form) == "/reports/1"


def test_the_demonstrations_clock_is_read_with_the_viewer(own_database, real_session):
    with databases.superuser(own_database) as connection:
        connection.execute("SELECT set_config('sentinel.actor', 'system:test', false)")
        connection.execute("UPDATE installation SET demonstration = true, clock_offset = '3 days'")
    real_session.rollback()
    real_session.execute(text("SELECT 1"))
    ahead = clock.now() - clock.machine_now()
    assert abs(ahead - timedelta(days=3)) < timedelta(minutes=1)


def test_a_clock_cannot_be_moved_outside_a_demonstration(own_database):
    with databases.superuser(own_database) as connection, pytest.raises(Exception, match="clock_moves_in_a_demonstration"):
        connection.execute("SELECT set_config('sentinel.actor', 'system:test', false)")
        connection.execute("UPDATE installation SET clock_offset = '3 days'")


def test_when_the_database_goes_away_halfway_through_a_page_another_page_says_so(real_app, own_database, monkeypatch):
    client = PageClient(real_app, "officer@blaby.example")

    def go_away(*_):
        with databases.superuser() as connection:
            connection.execute(f"ALTER DATABASE {own_database} ALLOW_CONNECTIONS false")
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [own_database])
        return db.session.scalar(text("SELECT 1"))

    monkeypatch.setattr("sentinel.desk.cases_list.filters_of", go_away)
    page = client.client.get("/cases")
    assert page.status_code == 503
    assert "The database does not answer" in page.text
    assert "Jaswinder Bell" in page.text
