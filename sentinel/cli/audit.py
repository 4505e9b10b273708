"""`sentinel audit`: the record of every change and look, checked, sealed, and lawfully erased from."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from config.settings import settings
from sentinel.cli.framework import System, on_system
from sentinel.core.errors import Refused
from sentinel.core.instance import checks

if TYPE_CHECKING:
    from sentinel.audit.verify import Checked

BROKEN = 1
SHOWN = 20


@click.group()
def audit() -> None:
    """The record of every change and every look."""


@audit.command()
@click.option("--anchor", type=click.Path(dir_okay=False, path_type=Path), help="A copy of the anchor kept elsewhere.")
@on_system("owner")
def verify(system: System, anchor: Path | None) -> int:
    """Check entries, what they recorded, seals, signatures and the anchor. Changes nothing.

    Exit 1 when the record is not whole, with the first broken entry in words. Signatures are checked with SENTINEL_AUDIT_KEY
    where it is given, and with audit/public.key in the data folder.
    """
    from sentinel.audit import verify as checking

    found = checking.check(system.found.data, settings().audit_key, anchor)
    counts = {name: value for name, value in asdict(found).items() if name != "problems"}
    facts = counts | {"ok": found.ok, "broken": found.problems[0] if found.problems else None, "problems": found.problems}
    system.tell(facts, *_in_words(found))
    return 0 if found.ok else BROKEN


@audit.command()
@on_system("worker")
def seal(system: System) -> None:
    """Seal what can be sealed now (the worker does it every minute). Needs SENTINEL_AUDIT_KEY."""
    checks.require(settings(), "audit_key")
    from sentinel.audit import sealing

    sealed = sealing.seal(settings().audit_key, system.found.data)
    system.tell(asdict(sealed), f"{sealed.entries:,} entries sealed in {sealed.seals:,} seals.")


@audit.command()
@click.option("--person", "people", type=click.UUID, multiple=True, help="Everything recorded of this person.")
@click.option("--entry", "entries", type=int, multiple=True, help="What this entry recorded.")
@click.option("--authority", required=True, help="By what law or decision, in words.")
@on_system("owner")
def erase(system: System, people: tuple[UUID, ...], entries: tuple[int, ...], authority: str) -> None:
    """Erase by law what the record says of a person. That there was an entry, and when, stays, and so does its seal."""
    if not people and not entries:
        raise Refused("Say whose or which: --person or --entry.")
    from sentinel.audit import service

    erased = service.erase(people=people, entries=entries, authority=authority)
    system.tell({"erased": erased}, f"{erased:,} erased; the entries themselves and their seals stay.")


def _in_words(found: "Checked") -> list[str]:
    erased = f" {found.erased:,} lawfully erased." if found.erased else ""
    anchored = f"Anchored to seal {found.anchored_to:,}." if found.anchored_to else "No anchor was found to check against."
    counts = f"{found.entries:,} entries: {found.sealed:,} in {found.seals:,} seals, {found.unsealed:,} not sealed yet.{erased} {anchored}"
    if found.ok:
        return [counts, "The record is whole."]
    more = len(found.problems) - SHOWN
    return [counts, "THE RECORD IS NOT WHOLE.", *found.problems[:SHOWN], *([f"... and {more} more."] if more > 0 else [])]
