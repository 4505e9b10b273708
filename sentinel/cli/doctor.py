"""`sentinel doctor`: what is wrong with this installation, in words."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import click

from config import agreed
from config.settings import settings
from sentinel.cli.framework import data_option, inside, json_option, tell
from sentinel.core import clock
from sentinel.core.errors import SentinelError
from sentinel.core.instance import assets, browser, checks, locate
from sentinel.core.worktime import calendar_warning
from sentinel.post.channels import in_words
from sentinel.post.notify_check import doubts

BROKEN = 1
AHEAD = timedelta(days=120)  # the longest span a promise is reckoned over, and a margin
FETCH_ASSETS = "The GOV.UK styles are not there: run `make start`, or `python -m sentinel.core.instance.assets`."


class Finding(NamedTuple):
    """One thing that was looked at, and what is wrong with it."""

    name: str
    problems: list[str]


@click.command()
@data_option
@json_option
@click.pass_context
def doctor(context: click.Context, data: Path | None, as_json: bool) -> None:
    """Say in words what is wrong with this installation. Changes nothing; exits 1 when something is wrong."""
    findings = list(_look_at_all(data))
    problems = [problem for finding in findings for problem in finding.problems]
    facts = {
        "ok": not problems,
        "findings": [{"name": finding.name, "ok": not finding.problems, "problems": finding.problems} for finding in findings],
        "notes": _notes(),
    }
    lines = [line for finding in findings for line in _in_words(finding)]
    tell(as_json, facts, *lines, *(f"note   {note}" for note in _notes()), _verdict(problems))
    context.exit(BROKEN if problems else 0)


def _look_at_all(data: Path | None) -> Iterator[Finding]:
    yield _look("time zone", lambda: filter(None, [checks.time_zone()]))
    yield _look("bank holidays", lambda: filter(None, [calendar_warning(clock.today() + AHEAD)]))
    yield _look("standards", lambda: map(str, agreed.check(settings().standards_dir)))
    yield _look("messages", lambda: doubts(settings()))
    yield _look("styles", lambda: [] if assets.present() else [FETCH_ASSETS])
    try:
        with locate.system(data, "owner", "web", "worker") as found:
            yield from _look_at_system(found)
    except SentinelError as error:
        yield Finding("system", [error.sentence])


def _look_at_system(found: locate.Found) -> Iterator[Finding]:
    chosen = settings()
    yield _look("secret", lambda: filter(None, [checks.secret(chosen.secret_key)]))
    yield _look("database", lambda: checks.database(chosen.owner_database_url, "SENTINEL_OWNER_DATABASE_URL"))
    yield _look("role of the pages", lambda: checks.role(chosen.database_url, "SENTINEL_DATABASE_URL"))
    yield _look("role of the workers", lambda: checks.role(chosen.worker_database_url, "SENTINEL_WORKER_DATABASE_URL"))
    yield _look("schema", lambda: checks.schema(chosen.owner_database_url))
    if found.kind != "stopped":  # the broker of a stopped system rests with it; what it last recorded is sealed when it starts again
        yield _look("record", _record)
        yield _look("broker", lambda: checks.broker(chosen.redis_url))


def _record() -> Iterator[str]:
    """Is what happens sealed in time?"""
    from sentinel.audit import sealing

    problems: list[str | None] = []
    if not list(checks.schema(settings().owner_database_url)):
        inside("owner", "doctor", lambda: problems.append(sealing.too_late()))
    yield from filter(None, problems)


def _look(name: str, check: Callable[[], Iterable[str]]) -> Finding:
    try:
        return Finding(name, list(check()))
    except SentinelError as error:
        return Finding(name, [error.sentence])


def _notes() -> list[str]:
    return in_words(settings()) + ([] if browser.chromium() else [browser.HOW_TO_GET_ONE])


def _in_words(finding: Finding) -> list[str]:
    return [f"wrong  {finding.name}: {problem}" for problem in finding.problems] or [f"ok     {finding.name}"]


def _verdict(problems: list[str]) -> str:
    return f"{len(problems)} to put right." if problems else "Nothing is wrong."
