"""`sentinel import`: files that other organisations publish."""

from dataclasses import asdict
from pathlib import Path

import click

from sentinel.cli.framework import System, on_system

QUARANTINED = 3


@click.group("import")
def import_() -> None:
    """Bring in files."""


@import_.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--system", "source", default="data.police.uk", show_default=True, help="Which mapping the files follow.")
@on_system("worker")
def police(system: System, files: tuple[Path, ...], source: str) -> int:
    """Keep the ASB incidents of police street files (.csv or .gz). All FILES together are one delivery.

    A second run adds nothing. Exit 3 when a row could not be used: it is listed with its reason on the page Imports.
    """
    from sentinel.exchange.police import import_police

    result = import_police(list(files), source)
    system.tell(
        asdict(result),
        f"{result.read:,} rows read: {result.asb:,} of anti-social behaviour, {result.other:,} of other types,"
        f" {result.unreadable:,} unreadable.",
        f"{result.accepted:,} kept, {result.already_known:,} known before, {result.quarantined_asb:,} could not be used.",
        *(f"  {district}: {number:,}" for district, number in result.by_district.items()),
    )
    return QUARANTINED if result.quarantined_asb or result.unreadable else 0


@import_.command()
@click.argument("file", type=click.Path(path_type=Path))
@on_system("worker")
def gazetteer(system: System, file: Path) -> int:
    """Postcodes with coordinates and districts, or small areas with theirs; told apart by the first line of FILE."""
    from sentinel.exchange.gazetteer import import_gazetteer

    result = import_gazetteer(file)
    system.tell(asdict(result), f"{result.read:,} rows read: {result.accepted:,} kept, {result.quarantined:,} could not be used.")
    return QUARANTINED if result.quarantined else 0
