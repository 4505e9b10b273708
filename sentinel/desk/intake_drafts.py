"""Reports that were begun and not saved: found on return, also after the session locked in the middle of one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import request
from sqlalchemy import select

from sentinel.cases.references import next_reference
from sentinel.core import drafts, submissions
from sentinel.core.db import db
from sentinel.core.drafts import Fields
from sentinel.core.models import Draft

FORM = "report"
LOCKED = "locked"
PATHS = "/reports/new%"
LEFT_OUT = ("csrf_token", "finish", "find", "attach", "detach", "not_this")


@dataclass(frozen=True)
class Unsaved:
    """What somebody typed and did not save. `locked`: the session locked while they sent it."""

    key: str
    typed: Fields
    at: datetime
    reference: str | None
    locked: bool

    @property
    def name(self) -> str:
        """The caller's name, as far as it was typed."""
        return next(iter(self.typed.get("name", [])), "")[:60]


def unsaved(user_id: UUID) -> list[Unsaved]:
    """This person's reports that were begun and not saved, newest first, each once."""
    rows = db.session.scalars(
        select(Draft)
        .where(Draft.user_id == user_id, (Draft.form == FORM) | ((Draft.form == LOCKED) & Draft.subject.like(PATHS)))
        .order_by(Draft.updated_at)
    )
    found: dict[str, Unsaved] = {}
    for row in rows:
        typed = drafts.read(row)
        key = row.subject if row.form == FORM else next(iter(typed.get("submission_id", [])), "")
        if typed and not _was_saved(key):
            before = found.get(key)
            found[key] = Unsaved(key, typed, row.updated_at, row.reference or (before.reference if before else None), row.form == LOCKED)
    return sorted(found.values(), key=lambda one: one.at, reverse=True)


def _was_saved(key: str) -> bool:
    """Also for what is no key: there is nothing to go on with."""
    try:
        return submissions.was_sent(UUID(key))
    except ValueError:
        return True


def keep(user_id: UUID, key: str) -> tuple[datetime, str]:
    """Keep what the form holds now, and reserve a reference with its first words; returns when, and the reference."""
    before = drafts.find(user_id, FORM, key)
    reference = (before.reference if before else None) or next_reference()
    typed = {name: values for name, values in request.form.lists() if name not in LEFT_OUT}
    return drafts.save(user_id, FORM, typed, subject=key, reference=reference), reference


def reference_of(user_id: UUID, key: str) -> str | None:
    """The reference reserved for this filling-in of the form, if one was."""
    found = drafts.find(user_id, FORM, key)
    return found.reference if found else None


def discard(user_id: UUID, key: str) -> None:
    """It was saved or thrown away: wherever it was kept, it is gone."""
    drafts.discard(user_id, FORM, key)
    for row in db.session.scalars(select(Draft).where(Draft.user_id == user_id, Draft.form == LOCKED, Draft.subject.like(PATHS))):
        if key in drafts.read(row).get("submission_id", []):
            drafts.discard(user_id, LOCKED, row.subject)
