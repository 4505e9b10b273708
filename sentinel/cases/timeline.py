"""The readable story of a report or case."""

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from sentinel.access.models import User
from sentinel.cases.models import Case, CaseClock, CaseEvent, Party, Report
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.viewer import current

SYSTEM = "Sentinel"


def tell(
    *,
    kind: str,
    title: str,
    actor: User | None,
    case: Case | None = None,
    report: Report | None = None,
    party: Party | None = None,
    body: str | None = None,
    data: dict[str, Any] | None = None,
    happened_at: datetime | None = None,
) -> None:
    """Add a line to the story and note that the case has had an entry. `actor` None is the system itself.

    Whoever may know of a case may write on its story, also where they may not read it: nothing of the line is asked back.
    """
    moment = clock.now()
    case = case or (report.case if report else None) or (party.case if party else None)
    line = insert(CaseEvent).values(
        case_id=case.id if case else None,
        report_id=report.id if report else (party.report_id if party else None),
        party_id=party.id if party else None,
        kind=kind,
        title=title[:500],
        body=body,
        data=data,
        actor=str(actor.id) if actor else current().actor[:40],
        actor_name=actor.name if actor else SYSTEM,
        happened_at=happened_at or moment,
        recorded_at=moment,
    )
    db.session.flush()
    db.session.connection().execute(line.inline())
    if case:
        _entered(case, moment, by_person=actor is not None)


def _entered(case: Case, moment: datetime, *, by_person: bool) -> None:
    if not by_person:
        return
    entry = insert(CaseClock).values(case_id=case.id, last_entry_at=moment)
    db.session.execute(
        entry.on_conflict_do_update(index_elements=[CaseClock.case_id], set_={"last_entry_at": entry.excluded.last_entry_at})
    )
