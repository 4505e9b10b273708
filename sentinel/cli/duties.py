"""`sentinel sweep` and `sentinel deliver`: by hand, what the worker does by itself."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import create_engine, text

from sentinel.cli.framework import System, data_option, inside, json_option, on_system, tell
from sentinel.core.errors import Refused
from sentinel.core.instance import locate

EXAMPLE = "2026-12-04T17:00"


@click.command()
@click.option("--at", "moment", metavar="ISO", help=f"Move the demonstration's clock there first ({EXAMPLE}; London unless it says).")
@click.option("--dry-run", is_flag=True, help="Only look: write nothing. With --at, at any moment and on any installation.")
@data_option
@json_option
def sweep(moment: str | None, dry_run: bool, data: Path | None, as_json: bool) -> None:
    """Run the triggers: open, raise and close alerts, and tell whoever is to be told."""
    at = _understood(moment) if moment is not None else None
    moves = at is not None and not dry_run
    with locate.system(data, "worker", *(("owner",) if moves else ())):
        if at is not None and moves:
            move_clock(locate.url_of("owner"), at)
        inside("worker", "sweep", lambda: _sweep(None if moves else at, dry_run, as_json))


@click.command()
@click.option("--once", is_flag=True, help="One batch of up to 20, rather than everything that is due.")
@on_system("worker")
def deliver(system: System, once: bool) -> None:
    """Send what is waiting in the outbox."""
    from sentinel.post import delivery

    counts = delivery.deliver(once=once)
    system.tell(asdict(counts), f"{counts.sent} sent, {counts.failed} failed, {counts.waiting} waiting.")


def _sweep(at: datetime | None, dry_run: bool, as_json: bool) -> None:
    from sentinel.alerts import sweep as sweeping

    counts = sweeping.sweep(at, dry_run=dry_run)
    would = "Looked only, nothing was written: " if dry_run else ""
    sentence = f"{would}{counts.opened} opened, {counts.escalated} went up a step, {counts.closed} closed. {counts.open} open."
    tell(as_json, asdict(counts), sentence)


def _understood(text_given: str) -> datetime:
    from sentinel.core.clock import LONDON

    try:
        moment = datetime.fromisoformat(text_given)
    except ValueError:
        raise Refused(f"'{text_given}' is not a moment. Write it like {EXAMPLE}.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=LONDON)).astimezone(UTC)


def move_clock(owner_url: str, at: datetime) -> None:
    """Set the demonstration's clock forward to `at`, for web, worker, beat and commands alike.

    Refuses an installation that is no demonstration, and a moment that its clock has passed.
    """
    from sentinel.core import clock, words

    engine = create_engine(owner_url)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT set_config('sentinel.actor', 'system:sweep', true)"))
            row = connection.execute(text("SELECT demonstration, clock_offset FROM installation FOR UPDATE")).one()
            machine = clock.machine_now()
            if not row.demonstration:
                raise Refused("Only a demonstration's clock can be moved, and this is none. To look only, add --dry-run.")
            if at < machine + row.clock_offset:
                shown = words.moment(machine + row.clock_offset, machine)
                raise Refused(f"The demonstration's clock stands at {shown}, and it only goes forward. To look back, add --dry-run.")
            connection.execute(text("UPDATE installation SET clock_offset = :offset"), {"offset": at - machine})
    finally:
        engine.dispose()
