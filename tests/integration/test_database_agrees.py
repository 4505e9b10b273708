"""A query with its filter forgotten: what the database itself lets each person read, against `who_sees_what`, said independently."""

from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, text

from sentinel.access import queries
from sentinel.core import viewer
from sentinel.core.db import db
from sentinel.core.viewer import acting_as, system
from sentinel.demonstration.accounts import ACCOUNTS
from tests import databases
from tests.conftest import make_app
from tests.integration.who_sees_what import KEYS, TABLES

pytestmark = pytest.mark.security

EMAILS = [account.email for account in ACCOUNTS]
OPEN_TO_ALL = {"installation", "alembic_version"}  # whether this is a demonstration, and its schema: nothing of anybody
TABLES_TO_READ = """
SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
AND NOT c.relispartition AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1
"""


@pytest.fixture
def web(uneven: str) -> Iterator[Flask]:
    """The application under the web role's own login, with one connection for everybody."""
    app = make_app(uneven, "sentinel_web")
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def looking(email: str) -> viewer.Viewer:
    """The viewer of an account, as sign-in finds it."""
    from sentinel.access.models import User

    with acting_as(system("sign-in")):
        user = db.session.scalars(select(User).where(User.email == email)).one()
        found = queries.viewer_of(queries.with_roles(user.id))
        db.session.rollback()
    return found


def keys_read(table: str) -> set[tuple]:
    columns = ", ".join(KEYS.get(table, ("id",)))
    return {tuple(row) for row in db.session.execute(text(f"SELECT {columns} FROM {table}"))}


@pytest.mark.parametrize("email", EMAILS)
def test_a_forgotten_filter_returns_what_the_rules_say_and_no_more_from_sql(email, web, world):
    person = looking(email)
    expected = world.rows_for(world.person(email))
    with acting_as(person):
        read = {table: keys_read(table) for table in TABLES}
        db.session.rollback()
    differing = {
        table: {"should not": len(read[table] - expected[table]), "missing": len(expected[table] - read[table])}
        for table in TABLES
        if read[table] != expected[table]
    }
    assert differing == {}


@pytest.mark.parametrize("email", EMAILS)
def test_how_often_somebody_told_is_counted_for_those_who_know_of_them_and_without_what_is_secret(email, web, world):
    who = world.person(email)
    with acting_as(looking(email)):
        counted = "SELECT p.id, i.incident FROM person p, incidents_about(p.id) AS i WHERE p.canonical_id = p.id"
        told = db.session.execute(text(counted)).all()
        db.session.rollback()
    assert told or not world.rows_for(who)["person"]
    seen = {key for (key,) in world.rows_for(who)["person"]}
    assert {person for person, _ in told} <= seen
    secret = {row["incident_id"] or row["id"] for row in world.rows["report"] if row["restricted"] and world.of_report(who, row) != "full"}
    assert not secret & {incident for _, incident in told}


def test_the_world_is_uneven_enough_to_tell(world):
    """Each of the four levels is there for somebody, on every kind of table; otherwise the comparison proves little."""
    levels = {world.of_case(world.person(email), case) for email in EMAILS for case in world.rows["asb_case"]}
    assert levels == {"none", "headline", "full", "named"}
    of_reports = {world.of_report(world.person(email), report) for email in EMAILS for report in world.rows["report"]}
    assert of_reports >= {"none", "headline", "full"}
    unseen = {"contact_covers", "multi_agency_proposal", "incident", "handover"}
    assert [table for table in TABLES if not world.rows[table] and table not in unseen] == ["quarantined_row"]


@pytest.mark.parametrize("email", [EMAILS[0], EMAILS[1], "worker@victimfirst.example", "analyst@county.example"])
def test_a_forgotten_filter_returns_no_more_through_the_orm(email, web, world):
    person, expected = looking(email), world.rows_for(world.person(email))
    mapped = {mapper.class_.__tablename__: mapper.class_ for mapper in db.Model.registry.mappers}
    with acting_as(person):
        for table in sorted(set(TABLES) & set(mapped)):
            rows = db.session.scalars(select(mapped[table])).all()
            assert {tuple(getattr(row, column) for column in KEYS.get(table, ("id",))) for row in rows} == expected[table], table
        db.session.rollback()


def test_no_viewer_no_rows_in_any_table(uneven):
    with psycopg.connect(databases.url("sentinel_web", uneven).replace("+psycopg", "")) as connection:
        tables = [name for (name,) in connection.execute(TABLES_TO_READ)]
        shown = {table for table in tables if connection.execute(f"SELECT FROM {table} LIMIT 1").fetchone() is not None}
    assert len(tables) > 40
    assert shown <= OPEN_TO_ALL


def test_settings_that_an_ended_transaction_left_behind_show_nothing(uneven, web):
    """A pooled connection: '' is what SET LOCAL leaves, and no viewer is not the last viewer."""
    person = looking("supervisor@blaby.example")
    with acting_as(person):
        assert keys_read("asb_case")
        first = db.session.scalar(text("SELECT pg_backend_pid()"))
        db.session.commit()
    db.session.remove()
    with acting_as(viewer.NOBODY):
        assert db.session.scalar(text("SELECT pg_backend_pid()")) == first, "another connection: nothing was proved"
        assert keys_read("asb_case") == keys_read("person") == keys_read("app_user") == set()
        db.session.rollback()
    raw = db.engine.raw_connection()
    try:
        with raw.cursor() as cursor:
            assert cursor.execute("SELECT pg_backend_pid(), current_setting('sentinel.user', true)").fetchone() == (first, "")
            assert cursor.execute("SELECT count(*) FROM asb_case").fetchone() == (0,)
    finally:
        raw.close()


def test_a_worker_sees_all_as_the_system_and_nothing_as_nobody_or_as_a_person(uneven, web, world):
    person = looking("officer@blaby.example")
    db.session.remove()
    app = make_app(uneven, "sentinel_worker")
    seen: dict[str, int] = {}

    with app.app_context():

        @app.extensions["celery"].task(name="count")
        def count() -> None:
            seen[viewer.current().actor] = len(keys_read("asb_case"))

        count()
        for looker in (person, viewer.NOBODY):
            with acting_as(looker):
                seen[looker.actor] = len(keys_read("asb_case"))
                db.session.rollback()
        db.session.remove()
        db.engine.dispose()
    assert seen == {"system:count": len(world.rows["asb_case"]), person.actor: 0, "nobody": 0}


def test_the_web_role_may_not_step_round_its_policies(uneven):
    url = databases.url("sentinel_web", uneven).replace("+psycopg", "")
    refused = (
        "ALTER TABLE asb_case DISABLE ROW LEVEL SECURITY",
        "DROP POLICY web_read ON asb_case",
        "SET ROLE sentinel_owner",
        "SET ROLE sentinel_worker",
        "SET SESSION AUTHORIZATION sentinel_worker",
        "CREATE TABLE mine AS SELECT 1",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "TRUNCATE asb_case",
        "COPY asb_case TO PROGRAM 'cat'",
    )
    for statement in refused:
        with psycopg.connect(url) as connection, pytest.raises(psycopg.Error):
            connection.execute(statement)
    with psycopg.connect(url) as connection:
        connection.execute("SET row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM asb_case")


def test_what_may_not_be_read_may_not_be_changed_or_added_to_either(uneven, world, web):
    """The officer of another partner: every case of theirs that is no more than headline, every child of it."""
    email = "officer@charnwood.example"
    who = world.person(email)
    mine = {case["id"] for case in world.rows["asb_case"] if world.of_case(who, case) in ("full", "named")}
    with acting_as(looking(email)):
        touched = {row[0] for row in db.session.execute(text("UPDATE asb_case SET version = version RETURNING id"))}
        assert touched == mine
        for table, column in (("case_detail", "case_id"), ("case_action", "case_id"), ("intervention", "case_id")):
            changed = {row[0] for row in db.session.execute(text(f"UPDATE {table} SET {column} = {column} RETURNING {column}"))}
            assert changed <= mine, table
        db.session.rollback()
        theirs = next(case["id"] for case in world.rows["asb_case"] if world.of_case(who, case) == "headline")
        with pytest.raises(Exception, match="row-level security"):
            db.session.execute(text("INSERT INTO case_detail (case_id, summary) VALUES (:id, '')"), {"id": theirs})
        db.session.rollback()
