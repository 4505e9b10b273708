"""What a page costs: as people get it, without row-level policies, and beside its bare queries, alternately in one run.

All three read the same rows of the same database under the same rights: `sentinel_web` itself; a twin of it that passes by
policies, made for the run and dropped after it; and that twin sending the page's own statements with nothing around them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from flask.testing import FlaskClient
from psycopg import sql
from sqlalchemy import event, make_url, select, text

from sentinel.core import viewer
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.core.instance.roles import libpq_url

TWIN = "sentinel_bench_twin"
OFFICER = "bench.officer@blaby.example"
TEAM = "blaby-asb"
CASELOAD = 40  # "20 to 60 live cases" (product.md, The people)
PAGES = 120
WARMING = 10
Statements = list[tuple[str, Any]]

if TYPE_CHECKING:
    from sentinel.cli.bench import Bench


def case_page(bench: "Bench") -> Mapping[str, Any]:
    """The overview of live cases of one council, opened by one of its officers."""
    return _measured(bench, _live_cases)


def worklist(bench: "Bench") -> Mapping[str, Any]:
    """An officer's own work, opened again and again."""
    return _measured(bench, lambda partner: ["/my-work"] * PAGES)


def _measured(bench: "Bench", addresses: Callable[[UUID], list[str]]) -> Mapping[str, Any]:
    with bench.furnished() as urls, _twin(urls) as free:
        token, pages = _signed_in(urls["owner"], addresses)
        openers = {"with_policies": _opener(urls["web"]), "without": _opener(free)}
        taken: dict[str, list[float]] = {**{name: [] for name in openers}, "bare": []}
        for turn, address in enumerate([*pages[:WARMING], *pages]):
            statements: Statements = []
            for name in sorted(openers, reverse=bool(turn % 2)):
                milliseconds, statements = openers[name](token, address)
                taken[name].append(milliseconds)
            taken["bare"].append(_bare(free, statements))
        return _told({name: values[WARMING:] for name, values in taken.items()})


def _told(taken: dict[str, list[float]]) -> dict[str, Any]:
    p50 = {name: median(values) for name, values in taken.items()}
    p95 = {name: quantiles(values, n=20)[-1] for name, values in taken.items()}
    return {
        "pages": len(taken["bare"]),
        **{f"{name}_p50_ms": round(value, 2) for name, value in p50.items()},
        **{f"{name}_p95_ms": round(value, 2) for name, value in p95.items()},
        "cost_of_policies": round(p50["with_policies"] / p50["without"] - 1, 3),
        "ratio_to_bare": round(p50["with_policies"] / p50["bare"], 2),
    }


def _opener(url: str) -> Callable[[str, str], tuple[float, Statements]]:
    from sentinel import create_app

    app = create_app(url)
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
def _twin(urls: Mapping[str, str]) -> Iterator[str]:
    """The address of a role with the rights of the web role, held to no policy; gone afterwards."""
    role = sql.Identifier(TWIN)
    with psycopg.connect(libpq_url(urls["superuser"]), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
        made = "CREATE ROLE {} LOGIN BYPASSRLS INHERIT PASSWORD {} IN ROLE sentinel_web"
        connection.execute(sql.SQL(made).format(role, sql.Literal(TWIN)))
        try:
            yield make_url(urls["web"]).set(username=TWIN, password=TWIN).render_as_string(hide_password=False)
        finally:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [TWIN])
            connection.execute(sql.SQL("DROP ROLE {}").format(role))


def _signed_in(owner_url: str, addresses: Callable[[UUID], list[str]]) -> tuple[str, list[str]]:
    """The token of an officer's session, and the pages to open with it."""
    from sentinel import create_app
    from sentinel.access.models import User
    from sentinel.access.service import start_session

    app = create_app(owner_url)
    with app.app_context(), viewer.acting_as(viewer.system("bench")):
        user = db.session.scalar(select(User).where(User.email == OFFICER)) or _officer()
        token, pages = start_session(user), addresses(user.partner_id)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return token, pages


def _officer() -> Any:
    """Somebody with a caseload as people have it, and the alerts about it: a demonstration gives its one officer thousands."""
    from sentinel.access.service import add_user
    from sentinel.demonstration.accounts import VETTED_UNTIL

    user = add_user(email=OFFICER, name="Officer of the bench", password=None, roles=[("practitioner", TEAM)], vetted_until=VETTED_UNTIL)
    caseload = "SELECT id FROM asb_case WHERE team_id = :team AND NOT restricted AND state = 'open' ORDER BY id DESC LIMIT :most"
    cases = db.session.scalars(text(caseload), {"team": user.holdings[0].team_id, "most": CASELOAD}).all()
    for table, key in (("asb_case", "id"), ("alert", "case_id")):
        given = text(f"UPDATE {table} SET officer_id = :officer WHERE {key} = ANY (:cases)")  # noqa: S608  words of ours
        db.session.execute(given, {"officer": user.id, "cases": cases})
    return user


def _live_cases(partner_id: UUID) -> list[str]:
    live = "SELECT id FROM asb_case WHERE owner_partner_id = :partner AND NOT restricted AND state = 'open' ORDER BY id LIMIT :most"
    return [f"/cases/{key}" for key in db.session.scalars(text(live), {"partner": partner_id, "most": PAGES})]
