"""What the information officer asks of the record: every look at a person, every look by a member of staff, each with its reason.

No case is open to them by that role: names, roles and numbers come through functions of the database that ask for the question
first (migration 0010), and each page of an answer is itself a look, with the reason they gave.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, text

from sentinel.access.models import User
from sentinel.audit.models import AuditEntry
from sentinel.core import clock, cursors
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotFound, Refused
from sentinel.core.reference import parse
from sentinel.core.viewer import Viewer
from sentinel.oversight.models import RecordQuestion

UNKNOWN = "There is no report or case with this number. Check it with whoever gave it to you."
EXPORTED_AT_MOST = 20_000
ROLE_WORDS = {"victim": "Victim", "witness": "Witness", "reporter": "Reported it", "alleged": "Alleged"}
WHAT = {"look": "Looked", "search": "Shown by a search", "export": "Exported", "access": "Refused"}
PAGES = {"record_question": "The record", "look_flag": "A look to ask about", "referral": "A referral", "person": "A search"}
_FIND = text("SELECT about_table, about_id FROM record_find(:reference)")
_PEOPLE = text("SELECT person_id, name, roles FROM record_people(:question) ORDER BY name, person_id")
_REFERENCES = text("SELECT id, reference, owner_partner_id, officer_id FROM record_references(CAST(:ids AS uuid[]))")


@dataclass(frozen=True)
class Named:
    """Somebody on a report or case, and in what part."""

    id: UUID
    name: str
    roles: str


@dataclass(frozen=True)
class Line:
    """One entry in words. `where` is the number of the case or report, or the page."""

    at: datetime
    who: str
    partner: str
    what: str
    where: str
    why: str


def ask_of_reference(*, actor: User, reference: str, reason: str) -> RecordQuestion:
    """Put a question about a report or case, with its reason. Refuses a number that is mistyped or not given out."""
    try:
        wanted = parse(reference)
    except Refused as mistyped:
        raise Refused(mistyped.sentence, field="reference") from None
    found = db.session.execute(_FIND, {"reference": wanted}).one_or_none()
    if found is None:
        raise Refused(UNKNOWN, field="reference")
    return _asked(actor, found.about_table, found.about_id, reason)


def ask_of_staff(*, actor: User, staff_id: UUID, reason: str) -> RecordQuestion:
    """Put a question about what a member of staff looked at, with its reason."""
    return _asked(actor, "app_user", staff_id, reason)


def question_for(viewer: Viewer, question_id: UUID, *about: str) -> RecordQuestion:
    """A question that the viewer put; another's, or one about something else, is not there."""
    question = db.session.get(RecordQuestion, question_id)
    if question is None or question.user_id != viewer.user_id or question.about_table not in about:
        raise NotFound
    return question


def people_of(question: RecordQuestion) -> list[Named]:
    """Everybody on the report or case that was asked about."""
    rows = db.session.execute(_PEOPLE, {"question": question.id})
    return [Named(row.person_id, row.name, ", ".join(ROLE_WORDS.get(role, role) for role in row.roles)) for row in rows]


def person_of(question: RecordQuestion, person_id: UUID) -> Named:
    """One of them; nobody else is there."""
    found = next((person for person in people_of(question) if person.id == person_id), None)
    if found is None:
        raise NotFound
    return found


def reference_of(question: RecordQuestion) -> str:
    """The number of the report or case that was asked about."""
    return str(_references([question.about_id])[question.about_id].reference)


def looks_at(person_id: UUID, cursor: str | None) -> cursors.Page[Line]:
    """Every look at a person, search that showed them and export they were in; the latest first, forty to a page."""
    return _paged(_at(person_id), cursor)


def looks_by(staff_id: UUID, cursor: str | None) -> cursors.Page[Line]:
    """Everything a member of staff looked at, was shown, took away or was refused; the latest first, forty to a page."""
    return _paged(_by(staff_id), cursor)


def all_looks_at(person_id: UUID) -> list[Line]:
    """The same without pages, to take away: the latest 20,000."""
    return _in_words(db.session.scalars(_newest(_at(person_id))).all())


def all_looks_by(staff_id: UUID) -> list[Line]:
    """The same without pages, to take away: the latest 20,000."""
    return _in_words(db.session.scalars(_newest(_by(staff_id))).all())


def _asked(actor: User, about_table: str, about_id: UUID, reason: str) -> RecordQuestion:
    values = {"user_id": actor.id, "about_table": about_table, "about_id": about_id, "reason": reason}
    question = RecordQuestion(id=new_id(), asked_at=clock.now(), **values)
    db.session.add(question)
    db.session.flush()
    return question


def _at(person_id: UUID) -> Select[AuditEntry]:
    return select(AuditEntry).where(AuditEntry.kind != "change", AuditEntry.person_ids.overlap([person_id]))


def _by(staff_id: UUID) -> Select[AuditEntry]:
    return select(AuditEntry).where(AuditEntry.actor == str(staff_id), AuditEntry.kind != "change")


def _newest(query: Select[AuditEntry]) -> Select[AuditEntry]:
    return query.order_by(AuditEntry.at_us.desc(), AuditEntry.id.desc()).limit(EXPORTED_AT_MOST)


def _paged(query: Select[AuditEntry], cursor: str | None) -> cursors.Page[Line]:
    found: cursors.Page[AuditEntry] = cursors.page(query, (AuditEntry.at_us, AuditEntry.id), cursor)
    return cursors.Page(_in_words(found.rows), found.further, found.nearer)


def _in_words(rows: Sequence[AuditEntry]) -> list[Line]:
    staff = {str(user.id): user for user in db.session.scalars(select(User).where(User.id.in_(_uuids(row.actor for row in rows))))}
    known = _references(_uuids([*(row.case_id for row in rows), *(row.row_id for row in rows)]))
    return [_line(row, staff.get(row.actor), known) for row in rows]


def _line(row: AuditEntry, person: User | None, known: dict[UUID, Any]) -> Line:
    about = next((known[key] for key in _uuids([row.case_id, row.row_id]) if key in known), None)
    reference = about.reference if about else None
    who = (person.name, person.partner.name) if person else ("Sentinel itself" if ":" in row.actor else "Somebody no longer here", "")
    return Line(
        at=datetime.fromtimestamp(row.at_us / 1_000_000, UTC),
        who=who[0],
        partner=who[1],
        what=WHAT[row.kind],
        where=reference or PAGES.get(row.table_name) or row.table_name.replace("_", " ").replace(".", ": ").capitalize(),
        why=row.authority or _why(row, person, about),
    )


def _why(row: AuditEntry, person: User | None, about: Any) -> str:
    """What their part in the case explains, where they were not asked for a reason."""
    if person is None or about is None or row.kind == "access":
        return "No reason was asked for"
    if about.officer_id == person.id:
        return "Officer of the case"
    return "Works for the owner" if about.owner_partner_id == person.partner_id else "Shared with them, or the headline only"


def _references(ids: Sequence[UUID]) -> dict[UUID, Any]:
    return {row.id: row for row in db.session.execute(_REFERENCES, {"ids": list(ids)})} if ids else {}


def _uuids(values: Iterable[object]) -> list[UUID]:
    found = []
    for value in values:
        try:
            found.append(UUID(str(value)))
        except ValueError:
            continue
    return found
