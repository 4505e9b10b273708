"""A double click, a reload, a lost answer: the same form sent twice does its work once."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.models import Submission
from sentinel.core.viewer import current

IN_PROGRESS = ""


def claim(submission_id: UUID) -> str | None:
    """Claim the form for this transaction. None: go on. Otherwise the address that the first sending led to.

    A second sending waits here until the first has committed or failed (the unique key makes it wait).
    """
    claimed = db.session.execute(
        insert(Submission)
        .values(id=submission_id, user_id=current().user_id, result=IN_PROGRESS, at=clock.now())
        .on_conflict_do_nothing(index_elements=[Submission.id]),
        execution_options={"preserve_rowcount": True},
    )
    if claimed.rowcount:  # type: ignore[attr-defined]
        return None
    return (
        db.session.scalar(select(Submission.result).where(Submission.id == submission_id, Submission.user_id == current().user_id)) or "/"
    )


def receipt(submission_id: UUID, address: str) -> None:
    """Remember where the form led."""
    db.session.execute(update(Submission).where(Submission.id == submission_id).values(result=address))


def was_sent(submission_id: UUID) -> bool:
    """Was this filling-in of a form saved?"""
    return db.session.get(Submission, submission_id) is not None
