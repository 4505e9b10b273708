"""`sentinel demo`: a synthetic partnership, and the way back to the present for its clock."""

from datetime import UTC, datetime, timedelta

import click
from sqlalchemy import func, select, text

from sentinel.cli.framework import System, on_system


@click.command()
@click.option("--cases", default=200, show_default=True, type=click.IntRange(1, 1_000_000), help="How many cases.")
@click.option("--seed", default=1, show_default=True, type=int, help="The same seed and date make the same cases, keys apart.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day the cases stand at (10am); today, now, unless given.")
@click.option("--reset-clock", is_flag=True, help="Only set the demonstration's clock back to the real time.")
@on_system("owner")
def demo(system: System, cases: int, seed: int, as_of: datetime | None, reset_clock: bool) -> None:
    """Fill an empty system with an invented partnership, or add cases to a demonstration."""
    from sentinel.alerts.sweep import forget_mark
    from sentinel.core.db import db
    from sentinel.core.errors import Refused
    from sentinel.core.models import Installation

    installation = db.session.scalars(select(Installation)).one()
    if reset_clock:
        if not installation.demonstration:
            raise Refused("This is no demonstration: its clock is the real one.")
        installation.clock_offset = timedelta()
        forget_mark()
        system.tell({"reset": True}, "The demonstration's clock shows the real time again.")
        return
    if not installation.demonstration and _cases_on_record():
        raise Refused("This system holds real cases. A demonstration needs an empty one: start it with another --data folder.")
    made = fill(installation, cases, seed, as_of)
    system.tell(made, f"{made['cases']:,} cases, {made['people']:,} people and {made['reports']:,} reports, all invented.")


def _cases_on_record() -> int:
    from sentinel.cases.models import Report
    from sentinel.core.db import db

    return db.session.scalar(select(func.count()).select_from(Report)) or 0


def fill(installation: object, cases: int, seed: int, as_of: datetime | None) -> dict[str, int]:
    """Load the invented partnership and sweep once; returns how many cases, people and reports there are."""
    from config.settings import settings
    from sentinel.alerts.sweep import sweep
    from sentinel.core import clock
    from sentinel.core.db import db
    from sentinel.demonstration import load, showpieces

    installation.demonstration = True  # type: ignore[attr-defined]
    moment = as_of.replace(hour=10, tzinfo=clock.LONDON).astimezone(UTC) if as_of else clock.now()
    staff = load.partnership(settings().demo_password)
    _record(on=False)
    raw = db.session.connection().connection.driver_connection
    made = load.make(cases=cases, seed=seed, as_of=moment, staff=staff, connection=raw)  # type: ignore[arg-type]
    _record(on=True)
    db.session.execute(text("SELECT audit_look('change', 'demonstration', NULL, NULL, NULL)"))
    showpieces.show(staff, moment)
    db.session.execute(text("ANALYZE"))
    db.session.commit()
    sweep(moment)
    return made._asdict()


def _record(*, on: bool) -> None:
    """Invented rows by the hundred thousand are no people's changes: the record says once that they were loaded."""
    from sentinel.core.db import db
    from sentinel.demonstration.rows import ORDER

    audited = db.session.scalars(text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audit'")).all()
    for table in sorted(set(ORDER) & set(audited)):
        db.session.execute(text(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} TRIGGER audit"))
