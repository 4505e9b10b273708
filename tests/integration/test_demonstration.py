"""The demonstration stands by the same rules as real work, and the same seed and date make the same one."""

from datetime import datetime

import pytest
from sqlalchemy import text

from sentinel.core import clock, viewer
from sentinel.core.db import db
from sentinel.demonstration import load, showpieces
from tests import databases, factories
from tests.conftest import make_app

AS_OF = datetime(2026, 12, 2, 10, 47, tzinfo=clock.LONDON).astimezone(clock.UTC)


@pytest.fixture
def demonstration(own_database):
    """A demonstration of sixty cases, as its own command makes it."""
    app = make_app(own_database, "sentinel_owner")
    with app.app_context(), viewer.acting_as(viewer.system("demo")):
        yield _make(60, seed=7)
        db.session.remove()
        db.engine.dispose()


def _make(cases: int, seed: int) -> load.Made:
    staff = load.partnership(factories.PASSWORD)
    raw = db.session.connection().connection.driver_connection
    made = load.make(cases=cases, seed=seed, as_of=AS_OF, staff=staff, connection=raw)
    showpieces.show(staff, AS_OF)
    db.session.commit()
    return made


def _rows(statement: str) -> list[tuple]:
    return [tuple(row) for row in db.session.execute(text(statement))]


def test_every_contactable_victim_has_an_open_promise_with_a_date(demonstration):
    bare = """SELECT p.id FROM party p LEFT JOIN asb_case c ON c.id = p.case_id LEFT JOIN report r ON r.id = p.report_id
              WHERE p.role = 'victim' AND p.contactable
              AND (c.state IN ('open', 'closure_proposed') OR (p.case_id IS NULL AND r.state = 'received'))
              AND NOT EXISTS (SELECT FROM promise q WHERE q.party_id = p.id AND q.state = 'open')"""
    assert _rows(bare) == []


def test_every_victim_at_high_risk_has_had_the_five_things_once(demonstration):
    high = """SELECT h.id FROM high_episode h WHERE
              (SELECT count(*) FROM supervision_review v WHERE v.episode_id = h.id AND v.number = 1) <> 1
              OR (SELECT count(*) FROM multi_agency_proposal m WHERE m.episode_id = h.id) <> 1
              OR (SELECT count(*) FROM episode_referral e WHERE e.episode_id = h.id) <> 1"""
    assert _rows(high) == []
    bare = """SELECT p.id FROM party p WHERE p.role = 'victim' AND p.level = 'high'
              AND NOT EXISTS (SELECT FROM high_episode h WHERE h.party_id = p.id)"""
    assert _rows(bare) == []


def test_a_demonstration_can_be_added_to_with_the_same_seed(demonstration):
    assert _make(15, seed=7).cases == 15
    assert _rows("SELECT count(*) FROM asb_case") == [(75,)]


def test_there_are_cases_and_reports_in_every_state_there_is_to_show(demonstration):
    assert {state for (state,) in _rows("SELECT DISTINCT state FROM asb_case")} >= {"open", "closed", "closure_proposed"}
    assert {state for (state,) in _rows("SELECT DISTINCT state FROM report")} >= {"received", "opened", "joined", "signposted"}
    assert _rows("SELECT count(*) > 0 FROM promise WHERE state = 'open' AND due_at < '2026-12-02 10:47+00'") == [(True,)]
    assert demonstration.cases == 60


def test_the_same_seed_and_date_make_the_same_cases_keys_apart(own_database):
    def stories() -> list[tuple]:
        return _rows(
            """SELECT c.reference, c.title, c.level, c.state, c.opened_at, (SELECT string_agg(title, '|' ORDER BY happened_at, title)
               FROM case_event e WHERE e.case_id = c.id AND actor <> 'system:demo') FROM asb_case c ORDER BY c.reference"""
        )

    made = []
    for name in ("one", "two"):
        with databases.superuser() as connection:
            databases.create(connection, f"{own_database}_{name}", databases.template())
        app = make_app(f"{own_database}_{name}", "sentinel_owner")
        with app.app_context(), viewer.acting_as(viewer.system("demo")):
            _make(25, seed=3)
            made.append(stories())
            db.session.remove()
            db.engine.dispose()
        with databases.superuser() as connection:
            databases.drop(connection, f"{own_database}_{name}")
    assert made[0] == made[1]
