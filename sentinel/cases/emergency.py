"""Break-glass: a supervisor of the owner opens a restricted case in an emergency, for four hours, before witnesses."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import joinedload

from sentinel.access.models import User
from sentinel.cases.events import EmergencyReviewed, OpenedInEmergency
from sentinel.cases.models import BreakGlass, BreakGlassTry, Case
from sentinel.cases.named import named_on
from sentinel.cases.timeline import tell
from sentinel.core import clock, reference
from sentinel.core.db import db, lock, new_id
from sentinel.core.errors import NotAllowed, Refused
from sentinel.core.events import publish
from sentinel.core.viewer import tell_again
from sentinel.core.words import clock_time

SHORTEST_REASON, LONGEST_REASON = 20, 480
TRIES, IN = 5, timedelta(hours=1)
# One sentence for "no such case", "not restricted" and "not yours": nobody may ask here which references exist.
NOT_OPENED = (
    "Nothing was opened. Either no case has this reference, or it is not restricted, or it is not your organisation’s. "
    "Check the number; if you are sure of it, ring another supervisor."
)

# Who asks is read from the transaction, not from an argument (migration 0012).
_OPEN = text("SELECT open_in_emergency(:opening, :reference, :reason, :at)")


def open_in_emergency(*, actor: User, typed: str, reason: str) -> UUID:
    """Open the restricted case with this reference to the actor for four hours; returns its key. Pressed twice it is opened once.

    The people named and the information officer are told at once. Refuses a reason under 20 characters, a mistyped reference,
    a sixth try within the hour after five that opened nothing, and with one sentence whatever else stands in the way; such a
    try is recorded in this transaction, which has to be committed all the same.
    """
    words, number = _reason(reason), reference.parse(typed)
    _refuse_too_many(actor)
    opening_id = new_id()
    case_id = db.session.scalar(_OPEN, {"opening": opening_id, "reference": number, "reason": words, "at": clock.now()})
    if case_id is None:
        raise Refused(NOT_OPENED, field="reference")
    tell_again(db.session())
    opening = db.session.get(BreakGlass, opening_id)
    if opening:
        case = db.session.get_one(Case, case_id)
        db.session.refresh(case)
        tell(kind="restricted", title=f"Opened in an emergency by {actor.name}", body=words, case=case, actor=actor)
        publish(OpenedInEmergency(opening, actor))
    return UUID(str(case_id))


def review(*, actor: User, opening: BreakGlass, found_right: bool, note: str) -> None:
    """Somebody named on the case says whether the opening was right. Not right is told to the information officer and the manager.

    Refuses anybody who is not on the list, whoever opened it, an opening reviewed already, and "not right" without words.
    """
    lock(opening)
    case = db.session.get_one(Case, opening.case_id)
    if actor.id == opening.opened_by or actor.id not in {one.user.id for one in named_on(case)}:
        raise NotAllowed("Somebody named on the case reviews this, and never the person who opened it.")
    if opening.reviewed_at:
        raise Refused("This opening has been reviewed already.")
    if not note.strip():
        raise Refused("Say in a sentence why.", field="note")
    opening.reviewed_by, opening.reviewed_at = actor.id, clock.now()
    opening.found_right, opening.review_note = found_right, note.strip()
    db.session.flush()
    said = "right" if found_right else "not right"
    title = f"The emergency opening by {opening.opener.name} was {said}"
    tell(kind="restricted", title=title, body=note.strip(), case=case, actor=actor)
    publish(EmergencyReviewed(opening, actor))


def openings(case: Case) -> list[BreakGlass]:
    """Every emergency opening of a case, the latest first."""
    query = select(BreakGlass).where(BreakGlass.case_id == case.id).order_by(BreakGlass.opened_at.desc())
    return list(db.session.scalars(query.options(joinedload(BreakGlass.opener), joinedload(BreakGlass.reviewer))))


def _reason(reason: str) -> str:
    words = " ".join(reason.split())
    if len(words) < SHORTEST_REASON:
        raise Refused(f"Say in a sentence what the emergency is: at least {SHORTEST_REASON} characters.", field="reason")
    if len(words) > LONGEST_REASON:
        raise Refused(f"Say it in {LONGEST_REASON} characters or fewer. You typed {len(words)}.", field="reason")
    return words


def _refuse_too_many(actor: User) -> None:
    since = clock.now() - IN
    tries = select(func.count(), func.min(BreakGlassTry.at)).where(BreakGlassTry.user_id == actor.id, BreakGlassTry.at > since)
    n, first = db.session.execute(tries).one()
    if n >= TRIES:
        again = clock_time(clock.london(first + IN).time())
        raise Refused(f"Five tries opened nothing. You can try again at {again}. Until then, ring another supervisor.")
