"""Files on a case. What they hold lies in DATA/documents, encrypted; here is what is known of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sentinel.access.models import User
from sentinel.core.db import Key, Line, Model, Short, Word, one_of, ref

# clean: scanned; waiting: the scanner did not answer yet; infected: nothing was kept; unscanned: there is no scanner.
SCAN_STATES = ("clean", "waiting", "infected", "unscanned")
KINDS = {
    "photo": "Photo or picture",
    "recording": "Sound or video recording",
    "statement": "Statement or diary sheet",
    "letter": "Letter or e-mail",
    "order": "Order, notice or court paper",
    "other": "Something else",
}


class Document(Model):
    """A file that somebody attached to a case; withdrawn with a reason, never deleted by a page."""

    __tablename__ = "document"
    __table_args__ = (
        one_of("scan_state", SCAN_STATES),
        one_of("kind", tuple(KINDS)),
        CheckConstraint("(stored_as IS NULL) = (scan_state = 'infected')", name="nothing_infected_is_kept"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawn_with_a_reason"),
    )

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ref("asb_case.id"), index=True)
    name_shown: Mapped[Short]
    media_type: Mapped[Short]
    size: Mapped[int]
    sha256: Mapped[Short]
    stored_as: Mapped[UUID | None] = mapped_column(unique=True)
    description: Mapped[Line]
    kind: Mapped[Word]
    scan_state: Mapped[Word]
    scanned_at: Mapped[datetime | None]
    scan_words: Mapped[Short | None]
    added_by: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    added_at: Mapped[datetime]
    withdrawn_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[Line | None]

    adder: Mapped[User] = relationship(foreign_keys=[added_by])

    @property
    def may_be_opened(self) -> bool:
        """Is it there, not withdrawn, and not waiting for the scanner?"""
        return self.withdrawn_at is None and self.scan_state in ("clean", "unscanned")
