"""`sentinel backup` and `sentinel restore`: one file with everything, and everything back from it."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click

from config.settings import settings
from sentinel.cli.framework import data_option, inside, json_option, tell
from sentinel.core import migrate
from sentinel.core.errors import Refused
from sentinel.core.instance import checks, copies, keys, locate, postgres
from sentinel.core.instance.environment import Role
from sentinel.core.instance.place import Place
from sentinel.core.instance.roles import ensure_roles, libpq_url

NOT_SEALED = "SENTINEL_AUDIT_KEY is not known here: what was recorded since the last seal is sealed once it is restored."
KEYS_STAY = "Passwords and keys are not in it: keep secrets.json or your SENTINEL_* settings too."


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@data_option
@json_option
def backup(file: Path, data: Path | None, as_json: bool) -> None:
    """Write everything into FILE: every table at one moment, documents, the record's anchor. May be run while Sentinel is used.

    Seals the record first where SENTINEL_AUDIT_KEY and SENTINEL_WORKER_DATABASE_URL are known (always in an embedded system).
    Until it is whole, FILE is not there. It holds personal data: keep it as safe as the system itself.
    """
    with locate.system(data, *_roles(data)) as found:
        _refuse(checks.schema(settings().owner_database_url))
        sealed = _seal(found.data)
        copied = copies.back_up(libpq_url(settings().owner_database_url), found.data, file.resolve(), migrate.head())
    facts = asdict(copied) | {"file": str(file), "sealed_first": sealed}
    tell(as_json, facts, f"{copied.rows:,} rows of {copied.tables} tables and {copied.files} files are in {file}. {KEYS_STAY}",
         *([] if sealed else [NOT_SEALED]))  # fmt: skip


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Throw away what the system holds.")
@data_option
@json_option
def restore(file: Path, replace: bool, data: Path | None, as_json: bool) -> None:
    """Load everything from FILE into an empty, stopped system, and go on from there. All or nothing.

    Where `--data` names a folder without a system, an embedded one is made there first.

    Refuses a file that is damaged or of another schema revision, and a system that is running or not empty.
    """
    place = _made(data)
    with locate.system(data, *_roles(data)) as found:
        if found.kind == "running":
            raise Refused("Sentinel is running: stop it first.")
        if place:
            _make_roles(place)
        migrate.upgrade(settings().owner_database_url)
        copied = copies.restore(libpq_url(settings().owner_database_url), found.data, file, migrate.head(), replace=replace)
        sealed = _seal(found.data)
    facts = asdict(copied) | {"file": str(file), "sealed": sealed}
    tell(as_json, facts, f"{copied.rows:,} rows of {copied.tables} tables and {copied.files} files are back. "
         "Check the record with `sentinel audit verify`. Everybody signs in again.", *([] if sealed else [NOT_SEALED]))  # fmt: skip


def _made(data: Path | None) -> Place | None:
    """A new place for an embedded system where `data` names a folder that has none."""
    if data is None or Place.at(data).exists:
        return None
    place = Place.at(data)
    place.make()
    keys.load_or_make(place.keys)
    return place


def _make_roles(place: Place) -> None:
    secrets = keys.load(place.keys)
    admin = postgres.at(place, secrets).url(postgres.ADMIN, secrets.admin, "postgres")
    ensure_roles(admin, postgres.DATABASE, secrets.passwords())


def _roles(data: Path | None) -> tuple[Role, ...]:
    """The owner; the worker too, who seals, where its address is known: always in an embedded system."""
    outside = data is None and bool(settings().owner_database_url)
    return ("owner",) if outside and not settings().worker_database_url else ("owner", "worker")


def _seal(folder: Path) -> bool:
    """Seal the record, where we can; whether we could."""
    if not (settings().audit_key and settings().worker_database_url):
        return False
    from sentinel.audit import sealing

    def work() -> None:
        sealing.seal(settings().audit_key, folder)

    inside("worker", "seal", work)
    return True


def _refuse(problems: Iterable[str]) -> None:
    if sentences := list(problems):
        raise Refused(" ".join(sentences))
