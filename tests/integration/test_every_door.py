"""Every id in every address, tried by every role that should not have it: answered as if there were nothing there, and nothing changes.

Addresses come from the URL map, ids from the rows that `who_sees_what` says this person may not read.
"""

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask

from sentinel.core import viewer
from sentinel.core.db import db
from sentinel.demonstration.accounts import ACCOUNTS
from tests import databases
from tests.conftest import make_app
from tests.pages import PageClient

pytestmark = pytest.mark.security

ONE_OF_EACH = {account.role: account.email for account in reversed(ACCOUNTS)}
NOWHERE = {"uuid": UUID(int=7), "int": 999_999_999}
TABLE_OF = {
    "case_id": "asb_case",
    "report_id": "report",
    "party_id": "party",
    "grant_id": "case_grant",
    "action_id": "case_action",
    "handover_id": "handover",
    "intervention_id": "intervention",
    "promise_id": "promise",
    "contact_id": "contact",
    "referral_id": "referral",
    "alert_id": "alert",
    "row_id": "quarantined_row",
    "document_id": "document",
}
WORDS = {"key": ("verbal_advice",), "step": ("authorised",), "kind": ("lowering", "referral", "intervention"), "part": ("when",)}
# Whoever sees the headline may open these, and everybody who is signed in those that lead to no row.
HEADLINE_DOORS = {"case.overview", "case.ask", "shared.case"}
NO_ROW = {"static", "assets", "intake.heard", "board.figure", "access.become"}
COUNTED = """
SELECT table_name, (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I', table_name), false, true, '')))[1]::text
FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
AND table_name NOT LIKE 'audit%' AND table_name NOT IN ('user_session', 'submission') ORDER BY 1
"""


@pytest.fixture
def house(uneven: str) -> Iterator[Flask]:
    app = make_app(uneven)
    with app.app_context(), viewer.acting_as(viewer.system("test")):
        yield app
        db.session.remove()
        db.engine.dispose()


def counts(database: str) -> list:
    with databases.superuser(database) as connection:
        return connection.execute(COUNTED).fetchall()


def hidden_rows(world, who, argument):
    """Up to two rows this person may not read: of a case or report they know nothing of, and of one they know the headline of."""
    table = TABLE_OF[argument]
    mine = world.rows_for(who)[table] if table not in ("asb_case", "report") else set()
    found = {}
    for row in world.rows[table]:
        level = level_of(world, who, table, row)
        if level in ("none", "headline") and (row["id"],) not in mine:
            found.setdefault(level, row)
    return found


def level_of(world, who, table, row):
    if table == "asb_case":
        return world.of_case(who, row)
    if table == "report":
        return world.of_report(who, row)
    if table == "party":
        return world.of_party(who, row) if not world.referred(who, row) else "full"
    if row.get("party_id"):
        return level_of(world, who, "party", world.by_id["party"][row["party_id"]])
    if row.get("case_id"):
        return world.of_case(who, world.by_id["asb_case"][row["case_id"]])
    return world.of_report(who, world.by_id["report"].get(row.get("report_id")))


def doors(app, world, who):
    """(method, address with a hidden id, the same address with an id of nothing, endpoint, level)."""
    hidden = {argument: hidden_rows(world, who, argument) for argument in TABLE_OF}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            wanted = [name for name in rule.arguments if name in TABLE_OF]
            if not wanted or rule.endpoint in NO_ROW:
                continue
            last = max(wanted, key=lambda name: rule.rule.index(f":{name}>"))
            for level, row in hidden[last].items():
                if level == "headline" and rule.endpoint in HEADLINE_DOORS:
                    continue
                values = {name: row.get("case_id") or NOWHERE["uuid"] for name in wanted} | {last: row["id"]}
                words = {name: WORDS.get(name, (NOWHERE["uuid"],))[0] for name in rule.arguments if name not in TABLE_OF}
                kind = "int" if isinstance(row["id"], int) else "uuid"
                for method in sorted(rule.methods & {"GET", "POST"}):
                    yield (
                        method,
                        rule.build(values | words)[1],
                        rule.build(values | words | {last: NOWHERE[kind]})[1],
                        rule.endpoint,
                        level,
                    )


@pytest.mark.parametrize("role", sorted(ONE_OF_EACH))
def test_what_a_role_may_not_have_answers_as_if_it_were_not_there(role, house, uneven, world):
    who = world.person(ONE_OF_EACH[role])
    client = PageClient(house, ONE_OF_EACH[role])
    before = counts(uneven)
    wrong, tried = [], 0
    for method, address, nothing, endpoint, level in doors(house, world, who):
        data = {"csrf_token": client.token} if method == "POST" else None
        answered = client.ask(method, address, data=data).status_code
        expected = client.ask(method, nothing, data=data).status_code if level == "none" else answered
        tried += 1
        if answered not in (403, 404) or answered != expected:
            wrong.append((method, endpoint, level, answered, expected))
    assert wrong == []
    assert tried > 20
    assert counts(uneven) == before
