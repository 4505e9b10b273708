"""Recording a look, and what happens at the door. Changes record themselves: a trigger on every table that people's work is kept in."""

import json
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import text

from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.core.transactions import look_recorded

_AUTHORITY = text("SELECT set_config('sentinel.authority', :authority, true)")
# A case seen only by an emergency opening is looked at by that authority (migration 0012); the one is worked out before the other.
_LOOK = text(
    """SELECT audit_look(:kind, :table_name, :row_id, :case_id, CAST(:person_ids AS uuid[]))
    FROM in_emergency(CAST(:case_id AS uuid), :at) AS said"""
)
_EXPORT = text(
    """SELECT audit_look('export', 'asb_case', key, CAST(key AS uuid),
                         ARRAY(SELECT CAST(p AS uuid) FROM jsonb_array_elements_text(value) p))
       FROM jsonb_each(CAST(:shown AS jsonb))"""
)


_ACCESS = text("SELECT audit_access(:op, :user_id)")


def record_access(op: str, user_id: UUID) -> None:
    """Record what happened at the door of somebody's account (`password_set`, `signed_in`): who they are, never what they typed."""
    db.session.execute(_ACCESS, {"op": op, "user_id": user_id})


def record_look(
    table_name: str,
    row_id: object,
    *,
    case_id: UUID | None = None,
    person_ids: Iterable[UUID] = (),
    kind: str = "look",
    authority: str = "",
) -> None:
    """Record that the viewer looked at a row (kind `look`), or was shown these people by a search (`search`) or export.

    `authority` is the reason they gave, where one was asked for.

    Committed with the page: a page that failed to render records nothing (rules.md, "A look").
    """
    look_recorded()
    if authority:
        db.session.execute(_AUTHORITY, {"authority": authority})
    people = sorted(person_ids)
    db.session.execute(
        _LOOK,
        {
            "kind": kind,
            "table_name": table_name,
            "row_id": str(row_id)[:40],
            "case_id": case_id,
            "at": clock.now(),
            "person_ids": "{" + ",".join(map(str, people)) + "}" if people else None,
        },
    )


_ERASE = text("SELECT audit_erase(CAST(:people AS uuid[]), CAST(:entries AS bigint[]), :authority)")


def erase(*, people: Iterable[UUID] = (), entries: Iterable[int] = (), authority: str) -> int:
    """Erase what the record says of these people, or in these entries; returns how many payloads went. Owner's role only.

    The entries stay, with their digests and seals; each erasure is a row of `disposal`, and itself an entry. Refuses without an
    authority (UK GDPR article 17, or the retention rule that was applied).
    """
    if not authority.strip():
        raise Refused("Say on what authority it is erased.", field="authority")
    values = {"people": list(people), "entries": list(entries), "authority": authority.strip()[:500]}
    return int(db.session.scalar(_ERASE, values) or 0)


def record_export(shown: Mapping[UUID, Iterable[UUID]], *, why: str) -> None:
    """Record that the viewer took a list of cases away, and the people each names; one entry a case, with the reason they gave."""
    db.session.execute(_AUTHORITY, {"authority": why})
    people = {str(case_id): sorted(str(person) for person in person_ids) for case_id, person_ids in shown.items()}
    db.session.execute(_EXPORT, {"shown": json.dumps(people)})
