"""Recording a look. Changes record themselves: a trigger on every table that people's work is kept in."""

import json
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import text

from sentinel.core.db import db
from sentinel.core.transactions import look_recorded

_LOOK = text("SELECT audit_look(:kind, :table_name, :row_id, :case_id, CAST(:person_ids AS uuid[]))")


_EXPORT = text(
    """SELECT audit_look('export', 'asb_case', key, CAST(key AS uuid),
                         ARRAY(SELECT CAST(p AS uuid) FROM jsonb_array_elements_text(value) p))
       FROM jsonb_each(CAST(:shown AS jsonb))"""
)
_WHY = text("SELECT set_config('sentinel.authority', :why, true)")


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


def record_export(shown: Mapping[UUID, Iterable[UUID]], *, why: str) -> None:
    """Record that the viewer took a list of cases away, and the people each names; one entry a case, with the reason they gave."""
    db.session.execute(_WHY, {"why": why})
    people = {str(case_id): sorted(str(person) for person in person_ids) for case_id, person_ids in shown.items()}
    db.session.execute(_EXPORT, {"shown": json.dumps(people)})
