"""The files of a case, for whoever sees it in full."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from sentinel.cases.queries import case_for
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.core.viewer import Viewer
from sentinel.documents.models import Document


def of_case(case_id: UUID) -> Sequence[Document]:
    """The files of a case, the newest first; withdrawn ones among them."""
    return db.session.scalars(
        select(Document).where(Document.case_id == case_id).order_by(Document.added_at.desc(), Document.id.desc())
    ).all()


def bytes_of_case(case_id: UUID) -> int:
    """How much is kept on a case."""
    kept = select(func.coalesce(func.sum(Document.size), 0)).where(Document.case_id == case_id, Document.stored_as.is_not(None))
    return int(db.session.scalar(kept) or 0)


def document_for(viewer: Viewer, case_id: UUID, document_id: UUID) -> Document:
    """A file of a case that the viewer sees in full; otherwise there is nothing here."""
    case_for(viewer, case_id)
    found = db.session.get(Document, document_id)
    if found is None or found.case_id != case_id:
        raise NotFound
    return found
