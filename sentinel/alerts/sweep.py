"""The sweep: promises whose next step has come, facts that triggers watch, alerts whose reason is gone (core.md 2).

Run it twice, in two workers at once, or again after a crash: each alert is raised once and each person told once.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import delete, func, select, text

from config import agreed
from config.agreed.triggers import Trigger
from sentinel.alerts import messages, raising, repair, statements
from sentinel.alerts.models import Alert, SweepMark
from sentinel.core import clock, words
from sentinel.core.db import db, new_id
from sentinel.core.errors import Refused

BATCH = 5_000
# Two machines' clocks, or two workers' starts, may lie this far apart without anybody having set a clock back.
SLACK = timedelta(minutes=5)
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
# A transaction writes the moment it ended a promise before it commits: none is open this long.
LONGEST_TRANSACTION = timedelta(days=1)

log = structlog.get_logger()


@dataclass
class Counts:
    """What a sweep did, and how many alerts are open after it."""

    opened: int = 0
    escalated: int = 0
    closed: int = 0
    open: int = 0

    def add(self, raised: raising.Raised) -> None:
        """Count what was raised."""
        self.opened += raised.opened
        self.escalated += raised.escalated
        self.closed += raised.closed


def sweep(at: datetime | None = None, *, dry_run: bool = False) -> Counts:
    """Run every trigger at `at` (the present moment unless given), a transaction at a time; tell whoever is to be told.

    Refuses a moment before the last sweep's: alerts do not go back. A dry run works at any moment, in one transaction
    that is rolled back. Ends the caller's transaction.
    """
    moment = at if at and dry_run else _moment(at)
    begun_at, ended_after = clock.now(), _last_begun() - LONGEST_TRANSACTION
    counts = Counts()
    done: Callable[[], None] = (lambda: None) if dry_run else db.session.commit
    try:
        for trigger in agreed.current().triggers.trigger:
            if trigger.condition == "promise_open":
                _promises(trigger, moment, counts, done)
                counts.closed += raising.close_promises(trigger, moment, ended_after)
                done()
            else:
                _facts(trigger, moment, counts, done)
        _finish(moment, begun_at, counts, done)
    finally:
        db.session.rollback()
    log.info("swept", at=moment.isoformat(), dry_run=dry_run, **asdict(counts))
    return counts


def last_swept() -> datetime | None:
    """The moment up to which alerts are known."""
    return db.session.scalar(select(SweepMark.swept_at))


def _last_begun() -> datetime:
    return db.session.scalar(select(SweepMark.begun_at)) or FIRST


def forget_mark() -> None:
    """A demonstration's clock was set back: sweeps begin again from there. For the owner's role."""
    db.session.execute(delete(SweepMark))


def _moment(at: datetime | None) -> datetime:
    mark = last_swept()
    moment = at or clock.now()
    if mark is None or moment >= mark:
        return moment
    if at is None and mark - moment < SLACK:
        return mark
    raise Refused(
        f"The last sweep looked at {words.moment(mark)}, and alerts do not go back. Choose a later moment, or look only, with --dry-run."
    )


def _promises(trigger: Trigger, at: datetime, counts: Counts, done: Callable[[], None]) -> None:
    while (raised := _batch(trigger, at)).moved:
        counts.add(raised)
        done()


def _batch(trigger: Trigger, at: datetime) -> raising.Raised:
    """A batch need not be on disk before the next begins: what a crash takes, the next sweep does again. `_finish` waits for all."""
    db.session.execute(text("SET LOCAL synchronous_commit = off"))
    return raising.raise_promises(trigger, at, BATCH)


def _facts(trigger: Trigger, at: datetime, counts: Counts, done: Callable[[], None]) -> None:
    counts.add(raising.raise_facts(trigger, at))
    if trigger.condition == repair.CONDITION:
        repair.make_missing_promises(trigger, at)
    done()


def _finish(at: datetime, begun_at: datetime, counts: Counts, done: Callable[[], None]) -> None:
    watched = agreed.current().triggers.trigger
    counts.closed += raising.close_unwatched(watched, at)
    raising.follow(watched, at)
    messages.tell_at_once(new_id())
    db.session.execute(text(statements.MARK), {"at": at, "begun_at": begun_at})
    counts.open = db.session.scalar(select(func.count()).select_from(Alert).where(Alert.closed_at.is_(None))) or 0
    done()
