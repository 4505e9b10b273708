"""A demonstration in which a good deal is out of the ordinary: restricted, shared, lapsed, offered, referred."""

import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from tests import databases
from tests.browser.house import command
from tests.integration.leaking import all_that_is_logged, opened
from tests.integration.who_sees_what import World

UNEVEN = """
UPDATE asb_case SET restricted = true WHERE id IN (SELECT id FROM asb_case ORDER BY reference LIMIT 9);
UPDATE report SET restricted = true WHERE case_id IN (SELECT id FROM asb_case WHERE restricted)
    OR id IN (SELECT id FROM report WHERE case_id IS NULL ORDER BY reference LIMIT 2);
INSERT INTO case_grant (id, case_id, grantee, level, until, reason, granted_at)
    SELECT gen_random_uuid(), c.id, u.id, g.level, now() + g.span, 'so that there is something to see', now()
    FROM (SELECT *, row_number() OVER (ORDER BY reference) AS n FROM asb_case) c
    JOIN (VALUES (1, 'officer@blaby.example', 'named', interval '1 day'), (2, 'officer@charnwood.example', 'named', '1 day'),
                 (3, 'worker@victimfirst.example', 'headline', '1 day'), (4, 'supervisor@blaby.example', 'named', '-1 day'),
                 (12, 'officer@charnwood.example', 'full', '1 day'), (13, 'officer@charnwood.example', 'full', '-1 day'),
                 (14, 'housing@landlord.example', 'headline', '1 day'), (15, 'housing@landlord.example', 'full', '1 day'),
                 (16, 'analyst@county.example', 'full', '1 day'), (17, 'information@county.example', 'named', '1 day'),
                 (18, 'calltaker@blaby.example', 'full', '1 day')) AS g (n, email, level, span) ON g.n = c.n
    JOIN app_user u ON u.email = g.email;
INSERT INTO case_grant (id, case_id, grantee, level, until, reason, granted_at)
    SELECT gen_random_uuid(), c.id, t.id, 'full', now() + interval '1 day', 'shared with a team', now()
    FROM (SELECT id FROM asb_case ORDER BY reference DESC LIMIT 3) c, team t WHERE t.slug = 'police-beat';
UPDATE partner SET agreement_until = '2026-01-01' WHERE slug = (
    SELECT p.slug FROM partner p JOIN asb_case c ON c.owner_partner_id = p.id
    WHERE p.slug NOT IN ('blaby', 'charnwood', 'police') GROUP BY p.slug ORDER BY count(*) DESC LIMIT 1);
INSERT INTO break_glass (id, case_id, opened_by, reason, opened_at, until)
    SELECT gen_random_uuid(), c.id, u.id, 'to see who reads it', now(), now()
    FROM (SELECT id FROM asb_case WHERE restricted LIMIT 2) c, app_user u WHERE u.email = 'supervisor2@blaby.example';
INSERT INTO restricted_touch (id, report_id, case_id, at) SELECT gen_random_uuid(), r.id, c.id, now()
    FROM (SELECT id FROM report WHERE state = 'received' AND NOT restricted ORDER BY reference DESC LIMIT 1) r,
         (SELECT id FROM asb_case WHERE restricted ORDER BY reference LIMIT 2) c;
INSERT INTO look_flag (id, user_id, person_id, why, entry_id, at_us, flagged_at)
    SELECT gen_random_uuid(), u.id, (SELECT id FROM person ORDER BY id LIMIT 1), 'colleague', 1, 1, now()
    FROM app_user u WHERE u.email IN ('officer@blaby.example', 'information@county.example');
INSERT INTO audit_seal SELECT 1, 1, '1', '2', 1, '', '', '', 1, '';
INSERT INTO document (id, case_id, name_shown, media_type, size, sha256, stored_as, description, kind, scan_state, added_by, added_at)
    SELECT gen_random_uuid(), c.id, 'a.txt', 'text/plain', 1, '', c.id, '', 'other', 'unscanned', u.id, now()
    FROM asb_case c, app_user u WHERE u.email = 'officer@blaby.example';
INSERT INTO disclosure (id, case_id, reference, partner_id, to_whom, what, gateway, why, disclosed_at, by_user, recorded_at)
    SELECT gen_random_uuid(), c.id, c.reference, c.owner_partner_id, 'a', 'b', 'consent', 'c', now(), u.id, now()
    FROM asb_case c, app_user u WHERE u.email = 'officer@blaby.example';
INSERT INTO dip_draw (id, drawn_by, week_of, drawn_at, seed, standards_version, way, wanted, pool, left_out)
    SELECT gen_random_uuid(), u.id, '2026-11-30', now(), 'seed', '1', 'team', 3, '[]', '[]'
    FROM app_user u WHERE u.email IN ('supervisor@blaby.example', 'supervisor@charnwood.example');
INSERT INTO dip_sample (id, draw_id, place, case_id, drawn_for, drawn_at)
    SELECT gen_random_uuid(), d.id, 1, c.id, d.drawn_by, now() FROM asb_case c, dip_draw d;
INSERT INTO entry_comment (id, event_id, case_id, by_user, at)
    SELECT gen_random_uuid(), max(e.id), e.case_id, u.id, now() FROM case_event e, app_user u
    WHERE e.case_id IS NOT NULL AND u.email = 'supervisor@blaby.example' GROUP BY e.case_id, u.id;
UPDATE report SET taken_by = (SELECT id FROM app_user WHERE email = 'housing@landlord.example')
    WHERE id IN (SELECT id FROM report ORDER BY reference DESC LIMIT 4);
SELECT audit_look('search', 'person', 'match', NULL, ARRAY[y.person_id]) FROM party y WHERE y.case_id IN (
    SELECT id FROM asb_case ORDER BY reference DESC LIMIT 5);
UPDATE report SET unrouted = true WHERE id IN (SELECT id FROM report WHERE state = 'received' ORDER BY reference LIMIT 2);
"""


@pytest.fixture(scope="session")
def uneven() -> Iterator[str]:
    """The name of its database, with real commits; for tests that leave it as it is."""
    name = f"sentinel_uneven_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with databases.superuser() as connection:
        databases.create(connection, name, databases.template())
    command(name, "demo", "--cases", "120")
    with databases.superuser(name) as connection, connection.transaction():
        connection.execute("SELECT set_config('sentinel.actor', 'system:test', true)")
        connection.execute(UNEVEN)
    yield name
    with databases.superuser() as connection:
        databases.drop(connection, name)


@pytest.fixture(scope="session")
def world(uneven: str) -> World:
    """What is in it, read by a superuser, and who may read what of it by the rules."""
    with databases.superuser(uneven) as connection:
        return World(connection, datetime.now(UTC))


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What is logged during a test, by Sentinel and by the libraries."""
    with all_that_is_logged() as written:
        yield written


@pytest.fixture
def watched(logged: io.StringIO, own_database: str) -> Iterator[Flask]:
    """The application on a database of its own, with real commits; its clients keep what leaves it."""
    with opened(own_database, smtp_url="smtp://127.0.0.1:1") as app:
        yield app
