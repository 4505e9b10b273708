"""What a sweep costs: a million open promises, one in twenty due, beside one bare statement that writes the same rows.

The bare statement runs in a copy of the database, made before the sweep, with triggers off: promises marked, alerts and tellings put
in as the sweep left them, and nothing found out.
"""

import resource
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from sentinel.core.errors import Refused
from sentinel.core.instance.roles import libpq_url

if TYPE_CHECKING:
    from sentinel.cli.bench import Bench

PROMISES = 1_000_000
DUE = 20  # one in so many
WRITTEN = ("alert", "telling")

# Each victim of a live case is owed one promise after another; those that are due are so by their first, second, third or last step.
MANY_PROMISES = """
INSERT INTO promise (id, party_id, kind, cause_id, klass, standards_version, calendar_version, told_as, starts_at, made_at,
    soon_at, due_at, supervisor_at, manager_at, step, next_step_at, state, version)
SELECT gen_random_uuid(), v.id, 'after_assessment', gen_random_uuid(), 'standard', '1', 'bench', 'We will tell you the plan.',
    %(at)s - interval '60 days', %(at)s - interval '60 days', d.soon, d.soon + interval '1 day', d.soon + interval '2 days',
    d.soon + interval '4 days', 0, d.soon, 'open', 1
FROM (SELECT y.id, row_number() OVER (ORDER BY y.id) - 1 AS n, count(*) OVER () AS many FROM party y JOIN asb_case c ON c.id = y.case_id
      WHERE y.role = 'victim' AND c.state = 'open' AND NOT c.restricted) AS v
JOIN generate_series(0, %(promises)s - 1) AS i ON i %% v.many = v.n
CROSS JOIN LATERAL (SELECT %(at)s + CASE WHEN i %% %(due)s = 0 THEN - interval '1 day' * (i / %(due)s %% 6) - interval '1 minute'
                                    ELSE interval '1 day' * (1 + i %% 300) END AS soon) AS d"""
THE_SAME_ROWS = """
WITH moved AS (
    UPDATE promise p SET
        step = CASE WHEN %(at)s >= manager_at THEN 4 WHEN %(at)s >= supervisor_at THEN 3 WHEN %(at)s >= due_at THEN 2 ELSE 1 END,
        next_step_at = CASE WHEN %(at)s >= manager_at THEN 'infinity' WHEN %(at)s >= supervisor_at THEN manager_at
                            WHEN %(at)s >= due_at THEN supervisor_at ELSE due_at END
    WHERE state = 'open' AND next_step_at <= %(at)s RETURNING p.id
), alerts AS (INSERT INTO alert OVERRIDING SYSTEM VALUE SELECT * FROM as_swept_alert RETURNING id
), tellings AS (INSERT INTO telling SELECT * FROM as_swept_telling RETURNING alert_id)
SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM alerts), (SELECT count(*) FROM tellings)"""


def sweep(bench: "Bench") -> Mapping[str, Any]:
    """Seconds of the first sweep, of a second straight after, and of the bare statement; megabytes of the process that swept."""
    with bench.furnished() as urls:
        at = _promise_all(urls["superuser"])
        with _copy(urls["superuser"]) as twin:
            before = _memory()
            _settled(urls["superuser"])
            first, counts = _swept(urls["worker"], at)
            after_first = _memory()
            again, nothing = _swept(urls["worker"], at)
            _settled(urls["superuser"])
            bare, written = _bare(urls["superuser"], twin, at)
    if counts.opened != written[1] or nothing.opened or nothing.escalated:
        raise Refused(f"The measurement went wrong: {counts} and {nothing}, beside {written}.")
    return {
        "promises": PROMISES,
        "moved": written[0],
        "alerts": written[1],
        "tellings": written[2],
        "sweep_seconds": round(first, 2),
        "again_seconds": round(again, 2),
        "bare_seconds": round(bare, 2),
        "ratio_to_bare": round(first / bare, 2),
        "again_to_first": round(again / first, 3),
        "megabytes_before": before,
        "megabytes_after_the_first": after_first,
        "megabytes_after_the_second": _memory(),
    }


def _promise_all(superuser: str) -> datetime:
    """A million promises beside those of the demonstration, which has been swept; returns the moment to sweep at."""
    with psycopg.connect(libpq_url(superuser), autocommit=True) as connection:
        (at,) = connection.execute("SELECT swept_at + interval '1 minute' FROM sweep_mark").fetchone() or (None,)
        with _without_triggers(connection, "promise"):
            connection.execute(MANY_PROMISES, {"at": at, "promises": PROMISES, "due": DUE})
        connection.execute("VACUUM ANALYZE promise, alert, telling")
    assert isinstance(at, datetime)
    return at


@contextmanager
def _without_triggers(connection: psycopg.Connection, *tables: str) -> Iterator[None]:
    for table in tables:
        connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER ALL").format(sql.Identifier(table)))
    yield
    for table in tables:
        connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER ALL").format(sql.Identifier(table)))


@contextmanager
def _copy(superuser: str) -> Iterator[str]:
    """The address of a copy of the database, dropped afterwards."""
    here, name = make_url(superuser), f"sentinel_bench_{uuid4().hex[:8]}"
    with psycopg.connect(libpq_url(here.set(database="postgres").render_as_string(hide_password=False)), autocommit=True) as connection:
        names = {"name": sql.Identifier(name), "template": sql.Identifier(here.database or "")}
        connection.execute(sql.SQL("CREATE DATABASE {name} TEMPLATE {template}").format(**names))
        try:
            yield here.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(**names))


def _settled(superuser: str) -> None:
    """What was written before is on disk: neither side pays for making the copy."""
    with psycopg.connect(libpq_url(superuser), autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def _swept(worker_url: str, at: datetime) -> tuple[float, Any]:
    from sentinel.alerts.sweep import sweep as run
    from sentinel.cli.bench import timed

    return timed(worker_url, lambda: run(at))


def _bare(swept: str, twin: str, at: datetime) -> tuple[float, tuple[int, int, int]]:
    with psycopg.connect(libpq_url(swept)) as source, psycopg.connect(libpq_url(twin), autocommit=True) as target:
        for table in WRITTEN:
            _carry(source, target, table, at)
        with _without_triggers(target, "promise", *WRITTEN):
            begun = perf_counter()
            written = target.execute(THE_SAME_ROWS, {"at": at}).fetchone()
            taken = perf_counter() - begun
    assert written is not None
    return taken, (written[0], written[1], written[2])


def _carry(source: psycopg.Connection, target: psycopg.Connection, table: str, at: datetime) -> None:
    """The rows this sweep wrote, into a table beside the copy's own."""
    when = sql.Identifier({"alert": "opened_at", "telling": "told_at"}[table])
    here, there = sql.Identifier(table), sql.Identifier(f"as_swept_{table}")
    target.execute(sql.SQL("CREATE TABLE {} AS SELECT * FROM {} LIMIT 0").format(there, here))
    rows = sql.SQL("COPY (SELECT * FROM {} WHERE {} = {}) TO STDOUT").format(here, when, sql.Literal(at))
    put = sql.SQL("COPY {} FROM STDIN").format(there)
    with source.cursor().copy(rows) as out, target.cursor().copy(put) as into:
        for block in out:
            into.write(block)


def _memory() -> int:
    """Megabytes this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
