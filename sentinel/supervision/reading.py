"""Supervisors say that they read a line of the story, and what they think of it: nobody writes notes for nobody (review of 2016, 2.4)."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from sentinel.access.models import User
from sentinel.cases import story
from sentinel.cases.models import Case, CaseEvent
from sentinel.cases.queries import may_see_full
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotAllowed, NotFound, Refused
from sentinel.core.viewer import Viewer
from sentinel.supervision.models import EntryComment

LATELY = timedelta(days=7)


class Heard(NamedTuple):
    """Something a supervisor said of a line that somebody wrote, and the case it is on."""

    comment: EntryComment
    entry: CaseEvent
    case: Case


def entry_for(case: Case, event_id: int) -> CaseEvent:
    """A line of this case's story, its reports' lines included; otherwise there is nothing here."""
    entry = db.session.scalar(select(CaseEvent).where(CaseEvent.id == event_id, story.of_case(case.id)))
    if entry is None:
        raise NotFound
    return entry


def mark_read(*, actor: User, case: Case, entry: CaseEvent) -> None:
    """Record that a supervisor read this line: once, however often they say so. Refuses anybody else, and one's own line."""
    _refuse(actor, entry)
    values = {"id": new_id(), "event_id": entry.id, "case_id": case.id, "by_user": actor.id, "at": clock.now()}
    once = insert(EntryComment).values(values)
    db.session.execute(
        once.on_conflict_do_nothing(index_elements=[EntryComment.event_id, EntryComment.by_user], index_where=EntryComment.words.is_(None))
    )


def comment(*, actor: User, case: Case, entry: CaseEvent, words: str) -> EntryComment:
    """Say something about a line; whoever reads the timeline reads it, and its writer finds it in My work. It alerts nobody.

    Refuses anybody but a supervisor, one's own line (add a note), and no words.
    """
    _refuse(actor, entry)
    if not words.strip():
        raise Refused("Write what you want to say, or mark it as read.", field="words")
    made = EntryComment(event_id=entry.id, case_id=case.id, by_user=actor.id, at=clock.now(), words=words.strip())
    db.session.add(made)
    db.session.flush()
    return made


def on(entries: Collection[CaseEvent]) -> dict[int, list[EntryComment]]:
    """What was said of these lines, the oldest first, by line."""
    query = select(EntryComment).where(EntryComment.event_id.in_([entry.id for entry in entries])).order_by(EntryComment.at)
    found: dict[int, list[EntryComment]] = defaultdict(list)
    for row in db.session.scalars(query.options(joinedload(EntryComment.user))):
        found[row.event_id].append(row)
    return found


def heard(viewer: Viewer, since: datetime, limit: int = 20) -> list[Heard]:
    """What supervisors said or read of this person's own lines since then, the latest first, on cases they still see in full."""
    query = (
        select(EntryComment, CaseEvent, Case)
        .join(CaseEvent, CaseEvent.id == EntryComment.event_id)
        .join(Case, Case.id == EntryComment.case_id)
        .where(CaseEvent.actor == str(viewer.user_id), EntryComment.at > since, may_see_full(viewer))
        .order_by(EntryComment.at.desc())
        .limit(limit)
    )
    return [Heard(*row) for row in db.session.execute(query.options(joinedload(EntryComment.user)))]


def _refuse(actor: User, entry: CaseEvent) -> None:
    if not any(held.role == "supervisor" for held in actor.holdings):
        raise NotAllowed("Only a supervisor comments on an entry. Add a note instead.")
    if entry.actor == str(actor.id):
        raise Refused("You wrote this yourself. Add a note to the case instead.")
