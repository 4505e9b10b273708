"""Attaching, withdrawing and giving out files of a case."""

from hashlib import sha256

import structlog
from sqlalchemy import select

from sentinel.access.models import User
from sentinel.cases.models import Case
from sentinel.cases.timeline import tell
from sentinel.core import clock
from sentinel.core.db import db, lock, new_id
from sentinel.core.errors import NotFound, Refused
from sentinel.documents import scanning, store
from sentinel.documents.kinds import MEGABYTE, clean_name, look
from sentinel.documents.models import Document
from sentinel.documents.queries import bytes_of_case

log = structlog.get_logger()

MOST = 200 * MEGABYTE
FULL = "This case holds its 200 MB of files already. Ask whoever runs Sentinel before you add more."
WAITS = "The virus scanner has not answered about this file yet, so it cannot be opened. Sentinel asks again every few minutes."
WITHDRAWN = "This file was withdrawn from the case and cannot be opened."
AT_ONCE = 50


def attach(*, actor: User, case: Case, name: str, claimed: str, body: bytes, kind: str, description: str) -> Document:
    """Put a file on a case.

    Refuses what `kinds.look` refuses, and more than a case may hold. One in which the scanner found something is recorded
    with the name of what it found, and not kept; one it gave no answer about is kept and cannot be opened until it has.
    """
    found = look(name, claimed, body)
    lock(case)
    if bytes_of_case(case.id) + len(body) > MOST:
        raise Refused(FULL, field="file")
    verdict = scanning.scan(body)
    document = Document(
        id=new_id(),
        case_id=case.id,
        name_shown=clean_name(name),
        media_type=found.media_type,
        size=len(body),
        sha256=sha256(body).hexdigest(),
        stored_as=None if verdict.state == "infected" else new_id(),
        description=description,
        kind=kind,
        added_by=actor.id,
        added_at=clock.now(),
    )
    _judge(document, verdict)
    db.session.add(document)
    db.session.flush()
    if document.stored_as:
        store.write(document.stored_as, body)
    tell(kind="document", title="File not kept: a virus was found in it" if verdict.words else "File added", actor=actor, case=case)
    return document


def withdraw(*, actor: User, case: Case, document: Document, reason: str) -> None:
    """Take a file off a case, with a reason; what it holds stays until a retention decision. Refuses one withdrawn already."""
    lock(document)
    if document.withdrawn_at:
        raise Refused("This file was withdrawn already.")
    document.withdrawn_by, document.withdrawn_at, document.withdrawn_reason = actor.id, clock.now(), reason
    tell(kind="document", title="File withdrawn", body=reason, actor=actor, case=case)


def content(document: Document) -> bytes:
    """What a file holds. Refuses a withdrawn one, and one the scanner has not cleared."""
    if document.withdrawn_at:
        raise NotFound(WITHDRAWN)
    if document.scan_state == "waiting":
        raise Refused(WAITS)
    if document.stored_as is None:
        raise NotFound
    return store.read(document.stored_as)


def scan_waiting() -> None:
    """Ask the scanner again about files it gave no answer about, the oldest first; stop when it still gives none."""
    waiting = select(Document).where(Document.scan_state == "waiting").order_by(Document.added_at).limit(AT_ONCE)
    for document in db.session.scalars(waiting.with_for_update(skip_locked=True, of=Document)).all():
        if not _scanned(document):
            return


def _scanned(document: Document) -> bool:
    """Was the scanner there to ask? A file that cannot be read keeps waiting, and is logged."""
    assert document.stored_as is not None
    try:
        verdict = scanning.scan(store.read(document.stored_as))
    except NotFound:
        log.error("document_unreadable", document=str(document.id))
        return True
    if verdict.state != "clean" and not verdict.words:
        return False
    if verdict.words:
        store.remove(document.stored_as)
        document.stored_as = None
    _judge(document, verdict)
    db.session.flush()
    return True


def _judge(document: Document, verdict: scanning.Verdict) -> None:
    asked = verdict.state in ("clean", "infected")
    document.scan_state, document.scan_words = verdict.state, verdict.words
    document.scanned_at = clock.now() if asked else None
