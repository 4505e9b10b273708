"""What a page costs: as people get it, without row-level policies, and beside its bare queries, alternately in one run.

All three read the same rows of the same database under the same rights: `sentinel_web` itself; a twin of it that passes by
policies, made for the run and dropped after it; and that twin sending the page's own statements with nothing around them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median, quantiles
from time import perf_counter
from typing import Any, NamedTuple

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql
from sqlalchemy import event, make_url, select, text

from config.settings import Settings, settings
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.core.instance.roles import libpq_url

TWIN = "sentinel_bench"
Statements = list[tuple[str, Any]]


class Visit(NamedTuple):
    """Somebody signed in (the token of their session), and the pages to open."""

    token: str
    addresses: list[str]


def measure(superuser_url: str, visits: list[Visit]) -> dict[str, Any]:
    """Milliseconds (p50, p95) of these pages with and without policies and of their statements alone, and the ratios."""
    chosen = settings()
    with _twin(superuser_url, chosen) as twin_url:
        held, free = _opener(chosen.database_url, chosen), _opener(twin_url, chosen)
        taken: dict[str, list[float]] = {"with_policies": [], "without": [], "bare": []}
        for turn, (token, address) in enumerate((visit.token, address) for visit in visits for address in visit.addresses):
            ways = [("with_policies", held), ("without", free)]
            for name, opener in reversed(ways) if turn % 2 else ways:
                milliseconds, statements = opener(token, address)
                taken[name].append(milliseconds)
            taken["bare"].append(_bare(twin_url, statements))
    return _told(taken)


def _told(taken: dict[str, list[float]]) -> dict[str, Any]:
    p50 = {name: median(values) for name, values in taken.items()}
    return {
        "pages": len(taken["bare"]),
        "p50_ms": {name: round(value, 2) for name, value in p50.items()},
        "p95_ms": {name: round(quantiles(values, n=20)[-1], 2) for name, values in taken.items()},
        "cost_of_policies": round(p50["with_policies"] / p50["without"] - 1, 3),
        "ratio_to_bare": round(p50["with_policies"] / p50["bare"], 2),
    }


def _opener(url: str, chosen: Settings) -> Callable[[str, str], tuple[float, Statements]]:
    from sentinel import create_app

    app = create_app(url, chosen)
    client = app.test_client()
    said: Statements = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *told: said.append((told[2], told[3])))

    def opened(token: str, address: str) -> tuple[float, Statements]:
        said.clear()
        _as(client, token)
        begun = perf_counter()
        answer = client.get(address)
        taken = (perf_counter() - begun) * 1000
        if answer.status_code != 200:
            raise Refused(f"{address} answered {answer.status_code}: nothing was measured.")
        return taken, [one for one in said if one[0].lstrip().upper().startswith("SELECT")]

    return opened


def _as(client: FlaskClient, token: str) -> None:
    with client.session_transaction() as cookie:
        cookie["sid"] = token


def _bare(url: str, statements: Statements) -> float:
    with psycopg.connect(libpq_url(url)) as connection:
        begun = perf_counter()
        for words, values in statements:
            connection.execute(words, values).fetchall()
        taken = (perf_counter() - begun) * 1000
        connection.rollback()
    return taken


@contextmanager
def _twin(superuser_url: str, chosen: Settings) -> Iterator[str]:
    """The address of a role with the rights of the web role, held to no policy; gone afterwards."""
    role, name = sql.Identifier(TWIN), make_url(chosen.database_url).database
    with psycopg.connect(libpq_url(superuser_url), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN BYPASSRLS INHERIT PASSWORD {} IN ROLE sentinel_web").format(role, sql.Literal(TWIN))
        )
        try:
            yield make_url(chosen.database_url).set(username=TWIN, password=TWIN).render_as_string(hide_password=False)
        finally:
            gone = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s AND datname = %s"
            connection.execute(gone, [TWIN, name])
            connection.execute(sql.SQL("DROP ROLE {}").format(role))


def case_pages(app: Flask, many: int) -> list[Visit]:
    """The overview of `many` live cases of one council, opened by one of its officers."""
    with _signed_in(app, "officer@blaby.example") as (token, partner_id):
        rows = db.session.scalars(
            text("SELECT id FROM asb_case WHERE owner_partner_id = :partner AND NOT restricted AND state = 'open' ORDER BY id LIMIT :many"),
            {"partner": partner_id, "many": many},
        )
        return [Visit(token, [f"/cases/{key}" for key in rows])]


def worklists(app: Flask, many: int) -> list[Visit]:
    """An officer's own work, opened `many` times."""
    with _signed_in(app, "officer@blaby.example") as (token, _):
        return [Visit(token, ["/my-work"] * many)]


@contextmanager
def _signed_in(app: Flask, email: str) -> Iterator[tuple[str, Any]]:
    from sentinel.access.models import User
    from sentinel.access.service import start_session

    user = db.session.scalar(select(User).where(User.email == email))
    if user is None:
        raise Refused("Pages are measured on a demonstration: load one first (sentinel demo --cases 100000).")
    token = start_session(user)
    partner = user.partner_id
    db.session.commit()
    yield token, partner
