"""Several cases to another officer at once: each by every rule that holds for one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sentinel.access.models import User
from sentinel.cases.models import Case
from sentinel.cases.queries import case_for
from sentinel.cases.service import move_to_officer
from sentinel.core.db import db
from sentinel.core.errors import NotFound, Refused, SentinelError, Stale
from sentinel.core.viewer import Viewer

LOOK_AGAIN = "Somebody changed it while you had this list open. Look at it, then give it again."
NOT_HERE = "It is not here any more, or you no longer see it in full."


@dataclass
class Moves:
    """Which cases moved, and why each of the others did not (the case None: there is nothing there that may be named)."""

    moved: list[Case] = field(default_factory=list)
    refused: list[tuple[UUID, Case | None, str]] = field(default_factory=list)


def move_many(*, actor: User, viewer: Viewer, cases: Mapping[UUID, int], officer: User, reason: str) -> Moves:
    """Give these cases (with the version each had before its editor) to one officer: each that `move_to_officer` would give moves.

    A case that may not move stays with its sentence and holds up no other. Refuses no case, and no reason, for all at once.
    """
    if not cases:
        raise Refused("Tick the cases to give.", field="cases")
    if not reason.strip():
        raise Refused("Say why they move: the next officer reads it first.", field="reason")
    done = Moves()
    for case_id in sorted(cases):  # in one order, so that two who move the same cases wait for each other and never both
        case = _seen(viewer, case_id)
        if case is None:
            done.refused.append((case_id, None, NOT_HERE))
            continue
        try:
            with db.session.begin_nested():
                move_to_officer(actor=actor, case=case, officer=officer, reason=reason, version=cases[case_id])
            done.moved.append(case)
        except Stale:
            done.refused.append((case_id, case, LOOK_AGAIN))
        except SentinelError as refused:
            done.refused.append((case_id, case, refused.sentence))
    return done


def _seen(viewer: Viewer, case_id: UUID) -> Case | None:
    try:
        return case_for(viewer, case_id)
    except NotFound:
        return None
