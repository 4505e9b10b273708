"""Looks at oneself, one's address or a colleague: found a minute after they happened, alerted, and closed by a review."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select, text, update

from sentinel.access.models import User
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotFound, Refused
from sentinel.core.viewer import Viewer
from sentinel.oversight.models import LookFlag
from sentinel.people.keys import email_key, name_key, phone_key

WHY_WORDS = {
    "self": "May be themselves: the name, telephone or e-mail is theirs",
    "address": "Lives at an address they declared",
    "declared": "Has a name they declared",
    "colleague": "May be a colleague: the name, telephone or e-mail is of somebody in their organisation",
}
_FLAG = text("SELECT flag_looks(CAST(:users AS uuid[]), CAST(:names AS text[]), CAST(:emails AS text[]), CAST(:phones AS text[]))")
_FLAGGED = text(
    """SELECT f.id, u.name AS who, p.name AS partner, f.person_name, f.why, f.at_us FROM record_flagged() AS f
    JOIN app_user u ON u.id = f.user_id JOIN partner p ON p.id = u.partner_id ORDER BY f.at_us DESC, f.id LIMIT :most"""
)
SHOWN = 100


@dataclass(frozen=True)
class Flag:
    """A look to ask about. `person` is whom it was at, `why` what they have in common."""

    id: UUID
    who: str
    partner: str
    person: str
    why: str
    at: datetime


def flag_looks() -> int:
    """Flag the looks since the last time that were at the looker, a colleague, or what they declared; returns how many are new.

    The person who looked is told nothing. Once flagged, a pair stays one flag until it is reviewed.
    """
    staff = db.session.execute(select(User.id, User.name, User.email, User.phone)).all()
    keys = {
        "users": [row.id for row in staff],
        "names": [name_key(row.name) for row in staff],
        "emails": [email_key(row.email) for row in staff],
        "phones": [phone_key(row.phone or "") for row in staff],
    }
    return int(db.session.scalar(_FLAG, keys) or 0)


def open_flags() -> list[Flag]:
    """Flags that wait for a review, the latest look first; never those of the viewer's own looks. For information officers."""
    return [
        Flag(row.id, row.who, row.partner, row.person_name, WHY_WORDS[row.why], datetime.fromtimestamp(row.at_us / 1_000_000, UTC))
        for row in db.session.execute(_FLAGGED, {"most": SHOWN})
    ]


def count_open(viewer: Viewer) -> int:
    """How many flags wait for the viewer's review."""
    waiting = select(func.count()).select_from(LookFlag).where(LookFlag.reviewed_at.is_(None), LookFlag.user_id != viewer.user_id)
    return db.session.scalar(waiting) or 0


def flag_for(flag_id: UUID) -> Flag:
    """An open flag that the viewer may review; otherwise there is nothing here."""
    found = next((flag for flag in open_flags() if flag.id == flag_id), None)
    if found is None:
        raise NotFound
    return found


def review(*, actor: User, flag_id: UUID, note: str) -> None:
    """Record that a flagged look was asked about, and what came of it. The next sweep closes its alert.

    Refuses a review of one's own look, and a second one.
    """
    reviewed = (
        update(LookFlag)
        .where(LookFlag.id == flag_id, LookFlag.reviewed_at.is_(None), LookFlag.user_id != actor.id)
        .values(reviewed_at=clock.now(), reviewed_by=actor.id, note=note)
        .execution_options(synchronize_session=False)
    )
    if not db.session.execute(reviewed).rowcount:  # type: ignore[attr-defined]
        raise Refused("Somebody else has reviewed this already. Go back to the list.")
