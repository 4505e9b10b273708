"""Several people reporting one thing: linked by a person, counted once, whoever was told (rules.md, Repeats)."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from sentinel.access.models import User
from sentinel.cases.events import IncidentsLinked
from sentinel.cases.models import Incident, Report
from sentinel.cases.service import refuse_strangers
from sentinel.cases.timeline import tell
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.core.events import publish


def count(reports: Iterable[Report]) -> int:
    """How many distinct incidents these reports are about. Withdrawn reports count for none."""
    return len({report.incident_id or report.id for report in reports if report.state != "withdrawn"})


def link(*, actor: User, reports: Sequence[Report]) -> Incident:
    """Say that these reports are of one incident; whatever was linked to any of them belongs to it too.

    Refuses fewer than two, another partner's, and a withdrawn one. Recorded on the story of each newly linked report.
    """
    different = {report.id: report for report in reports}
    if len(different) < 2:
        raise Refused("Choose at least two reports of the same incident.", field="reports")
    for report in different.values():
        refuse_strangers(actor, report.owner_partner_id)
        if report.state == "withdrawn":
            raise Refused(f"Report {report.reference} was withdrawn. Leave it out.", field="reports")
    incident = _incident_of(different.values(), actor)
    joined = [report for report in _with_their_own(different.values()) if report.incident_id != incident.id]
    if not joined:
        raise Refused("These reports are linked already.", field="reports")
    for report in joined:
        report.incident_id = incident.id
    numbers = ", ".join(sorted(report.reference for report in different.values()))
    for report in joined:
        tell(kind="incident", title="Linked: the same incident, counted once", body=f"Reports {numbers}.", report=report, actor=actor)
    db.session.flush()
    publish(IncidentsLinked(tuple(same_incident(joined[0])), actor))
    return incident


def unlink(*, actor: User, report: Report) -> None:
    """Say that a report is of an incident of its own. The last one left of a pair is let go too. Recorded on its story."""
    refuse_strangers(actor, report.owner_partner_id)
    if report.incident_id is None:
        raise Refused(f"Report {report.reference} is not linked to another.")
    others = [one for one in same_incident(report) if one.id != report.id]
    report.incident_id = None
    tell(kind="incident", title="No longer linked: an incident of its own", report=report, actor=actor)
    if len(others) == 1:
        others[0].incident_id = None
        tell(kind="incident", title="No longer linked: an incident of its own", report=others[0], actor=actor)
    db.session.flush()
    publish(IncidentsLinked((report, *others), actor))


def same_incident(report: Report) -> list[Report]:
    """The reports of this report's incident, itself among them; only itself when it is not linked."""
    if report.incident_id is None:
        return [report]
    return list(db.session.scalars(select(Report).where(Report.incident_id == report.incident_id).order_by(Report.received_at, Report.id)))


def _incident_of(reports: Iterable[Report], actor: User) -> Incident:
    known = sorted({report.incident_id for report in reports if report.incident_id})
    found = db.session.get(Incident, known[0]) if known else None
    if found:
        return found
    made = Incident(linked_at=clock.now(), linked_by=actor.id)
    db.session.add(made)
    db.session.flush()
    return made


def _with_their_own(reports: Iterable[Report]) -> list[Report]:
    return list({one.id: one for report in reports for one in same_incident(report)}.values())
