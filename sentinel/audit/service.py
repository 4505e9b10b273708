"""Recording a look, and what happens at the door. Changes record themselves: a trigger on every table that people's work is kept in."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text

from sentinel.core.db import db
from sentinel.core.transactions import look_recorded

_LOOK = text("SELECT audit_look(:kind, :table_name, :row_id, :case_id, CAST(:person_ids AS uuid[]))")


_ACCESS = text("SELECT audit_access(:op, :user_id)")


def record_access(op: str, user_id: UUID) -> None:
    """Record what happened at the door of somebody's account (`password_set`, `signed_in`): who they are, never what they typed."""
    db.session.execute(_ACCESS, {"op": op, "user_id": user_id})


def record_look(
    table_name: str, row_id: object, *, case_id: UUID | None = None, person_ids: Iterable[UUID] = (), kind: str = "look"
) -> None:
    """Record that the viewer looked at a row (kind `look`), or was shown these people by a search (`search`) or export.

    Committed with the page: a page that failed to render records nothing (rules.md, "A look").
    """
    look_recorded()
    people = sorted(person_ids)
    db.session.execute(
        _LOOK,
        {
            "kind": kind,
            "table_name": table_name,
            "row_id": str(row_id)[:40],
            "case_id": case_id,
            "person_ids": "{" + ",".join(map(str, people)) + "}" if people else None,
        },
    )
