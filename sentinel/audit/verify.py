"""Checking the record against its seals, its signatures and its anchor. Reads everything, changes nothing.

What it finds and what it cannot: README, "The record". Roots are of whole seals, so an altered, removed or inserted entry is
known by its seal; by its own number too where a payload, an anchor or the counter of transactions gives it away.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from sentinel.audit import anchor, signing
from sentinel.core.db import db
from sentinel.core.errors import Refused

SHOWN = 20

_MEMORY = text("SET LOCAL work_mem = '128MB'")
# Ranges do not overlap and begin where the last one ended, so each entry is read once.
_SEALS = text(
    """SELECT s.n, s.epoch, s.xid_from::text AS xid_from, s.xid_to::text AS xid_to, s.entries, s.root, s.prev, s.chain, s.signature,
        sha256('') AS genesis, audit_chain(s.prev, s.n, s.epoch, s.xid_from, s.xid_to, s.entries, s.root, s.sealed_us) AS chain_now,
        r.entries AS entries_now, r.root AS root_now
    FROM audit_seal s CROSS JOIN LATERAL audit_root(s.epoch, s.xid_from, s.xid_to) AS r ORDER BY s.n"""
)
# In no seal, though no transaction that could still write it is running: an epoch that is over or never was, a number that has
# not been given out, or one before the last seal's end.
_STRAY = text(
    """WITH ends AS (SELECT DISTINCT ON (epoch) epoch, xid_to FROM audit_seal ORDER BY epoch, n DESC),
    now AS (SELECT current_epoch() AS epoch, pg_snapshot_xmax(pg_current_snapshot()) AS next)
    SELECT e.id FROM audit_entry e CROSS JOIN now LEFT JOIN ends ON ends.epoch = e.epoch
    WHERE (ends.xid_to IS NULL OR e.xid >= ends.xid_to) AND (e.epoch > now.epoch OR (e.epoch = now.epoch AND e.xid >= now.next)
        OR (e.epoch < now.epoch AND EXISTS (SELECT FROM audit_seal s WHERE s.epoch > e.epoch)))
    ORDER BY e.epoch, e.xid, e.id LIMIT :most"""
)
_UNSEALED = text(
    """SELECT count(*) FROM audit_entry e WHERE (e.epoch, e.xid) >= (
        coalesce((SELECT s.epoch FROM audit_seal s ORDER BY s.n DESC LIMIT 1), 0),
        coalesce((SELECT s.xid_to FROM audit_seal s ORDER BY s.n DESC LIMIT 1), '0'))"""
)
_ENTRIES = text("SELECT count(*) FROM audit_entry")
_OF_SEAL = "(SELECT s.n FROM audit_seal s WHERE s.epoch = e.epoch AND s.xid_from <= e.xid AND e.xid < s.xid_to LIMIT 1) AS seal"
# An erasure counts as lawful when the entry that records it, with its authority, is there (and so is sealed itself).
_PAYLOADS = text(
    f"""SELECT e.id, {_OF_SEAL}, p.entry_id IS NULL AS missing,
        EXISTS (SELECT FROM disposal d JOIN audit_entry r ON r.id = d.recorded_as AND r.op = 'erase' AND r.authority = d.authority
                WHERE d.entry_id = e.id) AS disposed
    FROM audit_entry e LEFT JOIN audit_payload p ON p.entry_id = e.id AND p.at_us = e.at_us
    WHERE e.payload_digest IS NOT NULL
      AND (p.entry_id IS NULL OR sha256(p.salt || convert_to(p.body::text, 'UTF8')) <> e.payload_digest)
    ORDER BY e.epoch, e.xid, e.id"""  # noqa: S608
)
_ORPHANS = text(
    """SELECT p.entry_id FROM audit_payload p LEFT JOIN audit_entry e ON e.id = p.entry_id AND e.at_us = p.at_us
    WHERE e.payload_digest IS NULL ORDER BY p.entry_id LIMIT :most"""
)


@dataclass
class Checked:
    """What was counted, and every problem found, in the order of the record, as sentences without what an entry says."""

    entries: int = 0
    sealed: int = 0
    unsealed: int = 0
    erased: int = 0
    seals: int = 0
    anchored_to: int | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Is the record whole?"""
        return not self.problems


def check(data: Path, audit_key: str = "", anchor_file: Path | None = None) -> Checked:
    """Check the whole record, at one moment, as the owner. `anchor_file` is a copy of the anchor kept elsewhere.

    Refuses when there is no key to check signatures with, or the anchor that was named cannot be read.
    """
    db.session.rollback()
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    db.session.execute(_MEMORY)
    found = Checked(entries=db.session.scalar(_ENTRIES) or 0, unsealed=db.session.scalar(_UNSEALED) or 0)
    seals: dict[int, Any] = {row.n: row for row in db.session.execute(_SEALS)}
    found.seals, found.sealed = len(seals), sum(row.entries_now for row in seals.values())
    anchored = anchor_file or anchor.folder_of(data) / anchor.FILE
    keys = signing.public_keys(anchor.folder_of(data), audit_key) if seals or anchored.exists() else []
    found.problems += _of_payloads(found)
    found.problems += _of_seals(list(seals.values()), keys)
    found.problems += _numbers(_STRAY, "Entry {} is in no seal, though its time to be sealed is over: it was inserted.")
    if anchor_file or anchored.exists():
        found.problems += _of_anchor(found, seals, keys, anchored)
    return found


def _of_seals(seals: Sequence[Any], keys: list[signing.Ed25519PublicKey]) -> Iterator[str]:
    before = None
    for seal in seals:
        yield from _of_seal(seal, before, keys)
        before = seal


def _of_seal(seal: Any, before: Any, keys: list[signing.Ed25519PublicKey]) -> Iterator[str]:
    name = f"Seal {seal.n}"
    if seal.n != (before.n + 1 if before else 1):
        yield f"{name} does not follow the one before it: a seal was removed, or its number altered."
    elif bytes(seal.prev) != bytes(before.chain if before else seal.genesis):
        yield f"{name} is not chained to the seal before it: one of the two was altered."
    if before and not _follows(seal, before):
        yield f"{name} does not begin where the seal before it ends: one of the two was altered."
    if bytes(seal.chain) != bytes(seal.chain_now):
        yield f"{name} was altered: what it says is not what was chained."
    if not signing.is_signed(keys, bytes(seal.chain), bytes(seal.signature)):
        yield f"{name} is not signed with the key of this installation: it was written by somebody else."
    if seal.entries_now != seal.entries:
        how = "removed" if seal.entries_now < seal.entries else "inserted"
        n = abs(seal.entries - seal.entries_now)
        yield f"{name} counted {seal.entries} entries and there are {seal.entries_now}: {n} {how}."
    elif bytes(seal.root_now) != bytes(seal.root):
        yield f"{name}: at least one of its {seal.entries} entries was altered."


def _follows(seal: Any, before: Any) -> bool:
    return bool(seal.xid_from == (before.xid_to if seal.epoch == before.epoch else "0") and seal.epoch >= before.epoch)


def _of_payloads(found: Checked) -> Iterator[str]:
    """Sentences of payloads that are altered, removed or added; those lawfully erased are counted."""
    for row in db.session.execute(_PAYLOADS):
        where = f"Entry {row.id} (seal {row.seal})" if row.seal else f"Entry {row.id} (not sealed yet)"
        if row.missing and row.disposed:
            found.erased += 1
        elif row.missing:
            yield f"{where}: what it recorded was removed, and nobody recorded an erasure."
        else:
            yield f"{where}: what it recorded was altered."
    yield from _numbers(_ORPHANS, "Entry {} is not there, and what it recorded is: the entry was removed, or this was inserted.")


def _of_anchor(found: Checked, seals: dict[int, Any], keys: list[signing.Ed25519PublicKey], file: Path) -> Iterator[str]:
    if not file.exists():
        raise Refused(f"There is no anchor at {file}.")
    expected = 1
    for line in anchor.read(file):
        problem = _of_line(line, seals.get(line.n), expected, keys)
        if problem:
            yield problem
            return
        found.anchored_to, expected = line.n, line.n + 1


def _of_line(line: anchor.Anchored, seal: Any, expected: int, keys: list[signing.Ed25519PublicKey]) -> str | None:
    if line.n != expected:
        return f"The anchor goes from seal {expected - 1} to seal {line.n}: a line of it was removed."
    if not signing.is_signed(keys, line.chain, line.signature):
        return f"Line {line.n} of the anchor is not signed with the key of this installation."
    if seal is None:
        return f"The anchor holds seal {line.n} and the record does not: the end of the record was cut off."
    if (line.chain, line.entries) != (bytes(seal.chain), seal.entries):
        return f"Seal {line.n} is not the one that was anchored: the record was written again from there on."
    return None


def _numbers(query: Any, sentence: str) -> Iterable[str]:
    return [sentence.format(number) for number in db.session.scalars(query, {"most": SHOWN})]
