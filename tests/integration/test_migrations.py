"""Migrations go up, down, and up again, with data; models and migrations describe the same tables."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import create_engine, text

from sentinel.core import migrate, viewer
from sentinel.core.db import db
from tests import databases, factories
from tests.browser.house import command
from tests.conftest import make_app

REVISIONS = [script.revision for script in ScriptDirectory.from_config(migrate.configuration()).walk_revisions()]  # newest first

# Everything that a migration can leave different, as sentences.
DRAWING = """
SELECT format('column %s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT format('trigger %s', pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT format('view %s %s', viewname, definition) FROM pg_views WHERE schemaname = 'public'
UNION ALL SELECT format('policy %s %s %s %s', tablename, policyname, qual, with_check) FROM pg_policies
UNION ALL SELECT format('function %s %s', pg_get_functiondef(p.oid), array(SELECT unnest(p.proacl)::text ORDER BY 1))
FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' AND NOT EXISTS (
    SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
UNION ALL SELECT format('right %s %s %s', grantee, privilege_type, table_name)
FROM information_schema.role_table_grants WHERE table_schema = 'public'
UNION ALL SELECT format('right %s %s %s.%s', grantee, privilege_type, table_name, column_name)
FROM information_schema.role_column_grants WHERE table_schema = 'public'
"""


@pytest.fixture
def empty_database() -> Iterator[str]:
    """A database with nothing in it."""
    yield from _database("empty", "template0")


@pytest.fixture(scope="module")
def demonstration() -> Iterator[str]:
    """A database with rows in nearly every table."""
    for name in _database("full", databases.template()):
        command(name, "demo", "--cases", "10", "--as-of", "2026-12-02")
        yield name


def _database(what: str, template: str) -> Iterator[str]:
    name = f"sentinel_{what}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with databases.superuser() as connection:
        databases.ensure_roles(connection)
        databases.create(connection, name, template)
    yield name
    with databases.superuser() as connection:
        databases.drop(connection, name)


def test_every_migration_says_what_it_is_for_and_follows_one_other():
    scripts = list(ScriptDirectory.from_config(migrate.configuration()).walk_revisions())
    assert [script.revision for script in scripts if not (script.module.__doc__ or "").strip()] == []
    assert [script.down_revision for script in scripts] == [*REVISIONS[1:], None]


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
def test_models_and_migrations_describe_the_same_tables(own_database):
    import sentinel.models  # noqa: F401  every table

    def is_ours(name, kind, _):
        return not (kind == "table" and name.startswith(("audit_entry_", "audit_payload_")))

    engine = create_engine(databases.url("sentinel_owner", own_database))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_ours, "target_metadata": db.metadata})
        assert compare_metadata(context, db.metadata) == []
    engine.dispose()


def test_all_the_way_down_nothing_is_left_and_up_again_everything_is_as_before(empty_database):
    address = databases.url("sentinel_owner", empty_database)
    migrate.upgrade(address)
    before = _drawing(empty_database)
    migrate.downgrade(address, "base")
    assert _tables(empty_database) == ["alembic_version"]
    assert [line for line in _drawing(empty_database) if "alembic_version" not in line] == []
    migrate.upgrade(address)
    assert _drawing(empty_database) == before


@pytest.mark.parametrize("revision", REVISIONS[1:])
def test_down_to_a_revision_and_up_again_keeps_every_row_and_every_right(revision, demonstration, own_database):
    with databases.superuser() as connection:
        databases.create(connection, own_database, demonstration)
    address = databases.url("sentinel_owner", own_database)
    _work_as_usual(own_database)
    lost = {"audit_entry", "audit_payload", "installation"} if revision == "0001" else set()  # 0002 made their rows
    lost |= {"agreement", "partner_power"} if revision < "0014" else set()  # what the standards begin with comes with the next start
    lost |= {"credential"} if revision < "0008" else set()  # when a password was set, and second factors, are not known below it
    lost |= (
        {"closing_view", "case_detail", "survey_offer", "survey_answer"} if revision < "0018" else set()
    )  # one view for a case below it, and no named teller
    lost |= {"sweep_mark"} if revision < "0020" else set()  # when the last sweep began is not known below it
    drawn, rows = _drawing(own_database), _rows(own_database, lost)
    migrate.downgrade(address, revision)
    migrate.upgrade(address)
    assert _drawing(own_database) == drawn
    assert _rows(own_database, lost) == rows
    _work_as_usual(own_database)


def _work_as_usual(database: str) -> None:
    """A report, a case, a victim on each: real rows, written by the web role and recorded."""
    app = make_app(database)
    with app.app_context(), viewer.acting_as(viewer.system("test")):
        try:
            case = factories.case(officer=factories.user())
            for record in (case, factories.report()):
                factories.party(on=record)
            db.session.commit()
            assert db.session.scalar(text("SELECT count(*) FROM audit_entry WHERE case_id = :id"), {"id": case.id}) > 1
        finally:
            db.session.remove()
            db.engine.dispose()


def _drawing(database: str) -> list[str]:
    with databases.superuser(database) as connection:
        return sorted(line for (line,) in connection.execute(DRAWING))


def _tables(database: str) -> list[str]:
    with databases.superuser(database) as connection:
        return _names(connection)


def _names(connection: psycopg.Connection) -> list[str]:
    query = "SELECT c.relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"
    return sorted(name for (name,) in connection.execute(query))


def _rows(database: str, but: set[str]) -> dict[str, list[str]]:
    with databases.superuser(database) as connection:
        kept = [name for name in _names(connection) if name not in {"alembic_version", *but}]
        return {
            name: sorted(row for (row,) in connection.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name))))
            for name in kept
        }
