"""Sealing the record: once a minute, everything whose transactions are over, signed, chained to the seal before, anchored.

A range ends at the oldest transaction still running, so an entry that commits late falls into the next one (core.md 3).
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog
from prometheus_client import Gauge
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from sentinel.audit import anchor, signing
from sentinel.audit.models import AuditSeal
from sentinel.core import clock
from sentinel.core.db import db

LOCK = 7_283_118
LATE = timedelta(minutes=10)
ANCHORED_AT_ONCE = 10_000

_MEMORY = text("SET LOCAL work_mem = '128MB'")
_LOCK = text("SELECT pg_try_advisory_xact_lock(:lock)")
_NEXT = text("SELECT s.n, s.entries, s.chain, s::text AS whole FROM audit_next_seal() AS s")
# The row travels as the text PostgreSQL itself made of it: nothing in between can read it differently.
_ADD = text("SELECT audit_add_seal(jsonb_populate_record(CAST(:whole AS audit_seal), jsonb_build_object('signature', CAST(:hex AS text))))")
_SINCE = text("SELECT record_unsealed_since()")

OLDEST_UNSEALED = Gauge("sentinel_record_oldest_unsealed_seconds", "Age of the oldest entry of the record that no seal covers")

log = structlog.get_logger()


@dataclass(frozen=True)
class Sealed:
    """How many seals were made and how many entries are in them."""

    seals: int
    entries: int


def seal(audit_key: str, data: Path) -> Sealed:
    """Seal what can be sealed and anchor it; ends the caller's transaction. Does nothing while somebody else is sealing.

    Refuses a key that is no Ed25519 seed. What an earlier run sealed and did not come to anchor is anchored now.
    """
    key = signing.private_key(audit_key)
    signing.keep_public_key(anchor.folder_of(data), key)
    seals = entries = 0
    while (sealed := _seal_one(key)) is not None:
        seals, entries = seals + 1, entries + sealed
    _anchor(anchor.folder_of(data))
    return Sealed(seals, entries)


def unsealed_for() -> timedelta:
    """How long the oldest entry has been waiting for its seal; nothing when none waits."""
    since = db.session.scalar(_SINCE)
    now_us = int(clock.machine_now().timestamp() * 1_000_000)
    return timedelta(microseconds=max(0, now_us - since)) if since is not None else timedelta()


def measure() -> None:
    """Put how long the oldest entry has been waiting on /metrics; NaN while the database does not answer."""
    try:
        OLDEST_UNSEALED.set(unsealed_for().total_seconds())
    except SQLAlchemyError:
        OLDEST_UNSEALED.set(float("nan"))
    finally:
        db.session.rollback()


def too_late() -> str | None:
    """A sentence when the oldest entry has waited too long for its seal."""
    waiting = unsealed_for()
    if waiting <= LATE:
        return None
    minutes = int(waiting.total_seconds() // 60)
    return f"The record has not been sealed for {minutes:,} minutes: see that the worker runs, and what its log says of record.seal."


def latest() -> AuditSeal | None:
    """The last seal."""
    return db.session.scalar(select(AuditSeal).order_by(AuditSeal.n.desc()).limit(1))


def _seal_one(key: signing.Ed25519PrivateKey) -> int | None:
    """One seal, in a transaction of its own; None when there is nothing to seal or another worker is at it."""
    try:
        db.session.execute(_MEMORY)
        if not db.session.scalar(_LOCK, {"lock": LOCK}):
            return None
        found = db.session.execute(_NEXT).one_or_none()
        if found is None:
            return None
        db.session.execute(_ADD, {"whole": found.whole, "hex": "\\x" + key.sign(bytes(found.chain)).hex()})
        db.session.commit()
        return int(found.entries)
    finally:
        db.session.rollback()


def _anchor(folder: Path) -> None:
    """Append what the anchor does not have yet: first those that a crash kept from it."""
    with anchor.held(folder) as (file, last):
        while lines := _after(last):
            anchor.append(file, lines)
            for line in lines:
                log.info("record_sealed", seal=line.n, entries=line.entries, chain=line.chain.hex(), anchor=str(line))
            last = lines[-1].n
    db.session.rollback()


def _after(last: int) -> list[anchor.Anchored]:
    rows = db.session.scalars(select(AuditSeal).where(AuditSeal.n > last).order_by(AuditSeal.n).limit(ANCHORED_AT_ONCE))
    return [anchor.Anchored(row.n, row.entries, bytes(row.chain), bytes(row.signature)) for row in rows]
