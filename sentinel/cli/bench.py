"""`sentinel bench NAME`: what this installation can do, measured; each beside the bare database doing the same.

How to add one: a function that takes a Bench and returns its facts (numbers by name), and a line in BENCHES.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

import click
import psycopg
from psycopg import sql
from sqlalchemy import select
from sqlalchemy.engine import make_url

from config.settings import settings
from sentinel.cli.bench_pages import case_page, worklist
from sentinel.cli.bench_sweep import sweep
from sentinel.cli.framework import data_option, json_option, tell
from sentinel.core.errors import Refused
from sentinel.core.instance import keys, locate, postgres
from sentinel.core.instance.place import Place
from sentinel.core.instance.roles import MAKE_DATABASE, libpq_url

NO_SUPERUSER = "A measurement makes a database of its own: set SENTINEL_SUPERUSER_DATABASE_URL to a role that may."
WRITES = 2_000
ROUNDS = 5
ENTRIES = 1_000_000


@dataclass(frozen=True)
class Bench:
    """Where to measure. `superuser` may make databases; nothing is ever written to the system's own."""

    superuser: str
    cases: int
    on: str | None = None

    @contextmanager
    def furnished(self) -> Iterator[dict[str, str]]:
        """A demonstration of `cases` cases: the database `on`, left as it is but for sessions and looks, or one made and dropped."""
        if self.on:
            yield {role: self._url(role, self.on) for role in ("owner", "web", "worker")} | {"superuser": self.superuser}
            return
        with self.scratch() as urls:
            _furnish(urls["owner"], self.cases)
            yield urls

    @contextmanager
    def scratch(self) -> Iterator[dict[str, str]]:
        """A migrated database of this measurement's own, dropped after it: its addresses by role (owner, web, worker, superuser)."""
        from sentinel.core import migrate

        name = f"sentinel_bench_{uuid4().hex[:8]}"
        with psycopg.connect(libpq_url(self.superuser), autocommit=True) as connection:
            names = {"name": sql.Identifier(name), "owner": sql.Identifier("sentinel_owner")}
            connection.execute(sql.SQL(MAKE_DATABASE).format(**names))
            try:
                urls = {role: self._url(role, name) for role in ("owner", "web", "worker")}
                migrate.upgrade(urls["owner"])
                yield urls | {"superuser": make_url(self.superuser).set(database=name).render_as_string(hide_password=False)}
            finally:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {name} WITH (FORCE)").format(**names))

    def _url(self, role: str, database: str) -> str:
        known = getattr(settings(), {"owner": "owner_database_url", "web": "database_url", "worker": "worker_database_url"}[role])
        return make_url(known).set(database=database).render_as_string(hide_password=False)


def record(bench: Bench) -> Mapping[str, Any]:
    """The record: its cost on a writer, and how long a million entries take to seal and to verify."""
    with bench.scratch() as urls:
        facts = _cost_on_writers(urls["owner"])
    with bench.scratch() as urls:
        return facts | _million(urls)


def _furnish(owner_url: str, cases: int) -> None:
    from sentinel import create_app
    from sentinel.cli.demo import fill
    from sentinel.core import viewer
    from sentinel.core.db import db
    from sentinel.core.models import Installation

    app = create_app(owner_url)
    with app.app_context(), viewer.acting_as(viewer.system("bench")):
        fill(db.session.scalars(select(Installation)).one(), cases, 1, None)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


BENCHES: dict[str, Callable[[Bench], Mapping[str, Any]]] = {"record": record, "case-page": case_page, "worklist": worklist, "sweep": sweep}


@click.command()
@click.argument("name", type=click.Choice(sorted(BENCHES)))
@click.option("--cases", type=click.IntRange(1), default=2_000, show_default=True, help="How many cases to measure with.")
@click.option("--on", help="Measure pages on this database instead: one of the same server that holds a demonstration.")
@data_option
@json_option
def bench(name: str, cases: int, on: str | None, data: Path | None, as_json: bool) -> None:
    """Measure, in a database made for it and dropped afterwards.

    Needs SENTINEL_SUPERUSER_DATABASE_URL beside the addresses of the roles, or an embedded system.
    """
    with locate.system(data, "owner", "web", "worker") as found:
        facts = BENCHES[name](Bench(_superuser(found), cases, on))
    tell(as_json, facts, *(f"{label.replace('_', ' ')}: {value:,}" for label, value in facts.items()))


def _superuser(found: locate.Found) -> str:
    if found.kind != "outside":
        place = Place.at(found.data)
        secrets = keys.load(place.keys)
        return postgres.at(place, secrets).url(postgres.ADMIN, secrets.admin, "postgres")
    if not settings().superuser_database_url:
        raise Refused(NO_SUPERUSER)
    return settings().superuser_database_url


def _cost_on_writers(owner_url: str) -> dict[str, Any]:
    """The same inserts, a transaction each, with the trigger and without it, in turns; the median of the rounds."""
    with psycopg.connect(libpq_url(owner_url), autocommit=True) as connection:
        connection.execute("SELECT set_config('sentinel.actor', 'system:bench', false)")
        taken: dict[str, list[float]] = {"ENABLE": [], "DISABLE": []}
        for _ in range(ROUNDS):
            for how, seconds in taken.items():
                connection.execute(sql.SQL("ALTER TABLE person {} TRIGGER audit").format(sql.SQL(how)))
                seconds.append(_write(connection))
        connection.execute("ALTER TABLE person ENABLE TRIGGER audit")
        bulk = _bulk(connection)
    recorded, bare = (sorted(seconds)[ROUNDS // 2] for seconds in taken.values())
    return {
        "transactions_a_second_recorded": round(WRITES / recorded),
        "transactions_a_second_bare": round(WRITES / bare),
        "recorded_to_bare": round(recorded / bare, 2),
        "microseconds_an_entry": round((recorded - bare) / WRITES * 1_000_000),
        "entries_a_second_in_bulk": bulk,
    }


ONE_PERSON = """INSERT INTO person (id, canonical_id, name, name_key, sound_key, created_at)
    SELECT i, i, 'Nasreen Khan-Abdullahi', 'nasreen khan abdullahi', 'ntk', now() FROM (SELECT gen_random_uuid() AS i) AS new"""
MANY_PEOPLE = """INSERT INTO person (id, canonical_id, name, name_key, sound_key, created_at)
    SELECT i, i, 'Nasreen Khan-Abdullahi', 'nasreen khan abdullahi', 'ntk', now()
    FROM (SELECT gen_random_uuid() AS i FROM generate_series(1, 50000)) AS new"""


def _write(connection: psycopg.Connection) -> float:
    begun = perf_counter()
    for _ in range(WRITES):
        connection.execute(ONE_PERSON)
    return perf_counter() - begun


def _bulk(connection: psycopg.Connection) -> int:
    begun = perf_counter()
    connection.execute(MANY_PEOPLE)
    return round(50_000 / (perf_counter() - begun))


# As a case page and a contact leave them: changes with what they changed, looks with the people shown.
MANY_ENTRIES = """
INSERT INTO audit_entry (at_us, actor, request_id, kind, table_name, row_id, op, case_id, person_ids, payload_digest)
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, gen_random_uuid()::text, md5(i::text), 'change', 'contact',
    gen_random_uuid()::text, 'insert', gen_random_uuid(), ARRAY[gen_random_uuid()],
    sha256('\\x00010203'::bytea || convert_to(('{"note": "Spoke to her about the week, number ' || i || '"}')::jsonb::text, 'UTF8'))
FROM generate_series(1, %s) AS i"""
MANY_PAYLOADS = """
INSERT INTO audit_payload (entry_id, at_us, salt, body)
SELECT e.id, e.at_us, '\\x00010203',
    ('{"note": "Spoke to her about the week, number ' || row_number() OVER (ORDER BY e.id) || '"}')::jsonb
FROM audit_entry e WHERE e.table_name = 'contact'"""


def _million(urls: dict[str, str]) -> dict[str, Any]:
    """Seconds to seal a million entries that are there at once, and to verify them, payloads and all."""
    import base64
    import tempfile

    from sentinel.audit import sealing, verify

    key = base64.b64encode(uuid4().bytes + uuid4().bytes).decode()
    with psycopg.connect(libpq_url(urls["superuser"]), autocommit=True) as connection:
        connection.execute(MANY_ENTRIES, [ENTRIES])
        connection.execute(MANY_PAYLOADS)
        connection.execute("ANALYZE audit_entry, audit_payload")
    with tempfile.TemporaryDirectory() as folder:
        seconds, sealed = timed(urls["worker"], lambda: sealing.seal(key, Path(folder)))
        checking, checked = timed(urls["owner"], lambda: verify.check(Path(folder)))
    if not checked.ok or checked.sealed < ENTRIES:
        raise Refused(f"The measurement went wrong: {checked.problems or 'not all was sealed'}")
    return {"entries": sealed.entries, "seals": sealed.seals, "seal_seconds": round(seconds, 2), "verify_seconds": round(checking, 2)}


def timed(url: str, work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that some work takes as this role, connected before, and what it gives."""
    from sentinel import create_app
    from sentinel.core import viewer
    from sentinel.core.db import db

    with create_app(database_url=url).app_context(), viewer.acting_as(viewer.system("bench")):
        db.session.connection()
        db.session.rollback()
        begun = perf_counter()
        result = work()
        seconds = perf_counter() - begun
        db.session.remove()
        db.engine.dispose()
    return seconds, result
