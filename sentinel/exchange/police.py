"""Police incidents: kept as published, counted as often as published, never twice (core.md 10)."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, text

from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.core.viewer import current
from sentinel.exchange import files, police_rows
from sentinel.exchange.models import Delivery, PoliceIncident
from sentinel.exchange.police_rows import Incident
from sentinel.exchange.quarantine import parts, quarantine, rejected
from sentinel.places.models import District, Lsoa

SYSTEMS = {"data.police.uk": police_rows.HEADER}
OUTSIDE = "Outside the area"


@dataclass
class Result:
    """What one delivery held; read = other + unreadable + asb, asb = accepted + already_known + quarantined_asb."""

    read: int = 0
    other: int = 0
    unreadable: int = 0
    asb: int = 0
    accepted: int = 0
    already_known: int = 0
    quarantined_asb: int = 0
    by_district: dict[str, int] = field(default_factory=dict)


@dataclass
class _Gathered:
    incidents: list[Incident] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)


def import_police(paths: list[Path], system: str = "data.police.uk") -> Result:
    """Take one delivery: all its files or, when one cannot be used at all, none.

    Refuses (with a sentence naming the file) an unknown system, a wrong header, a damaged file, text that is not UTF-8, the
    same file twice. Rows that cannot be used go to quarantine with their reason.
    """
    if system not in SYSTEMS:
        raise Refused(f"No mapping is known for '{system}'. Known: {', '.join(SYSTEMS)}.")
    files.refuse_twins(paths)
    result, gathered = Result(), _Gathered()
    for path in paths:
        _read(path, SYSTEMS[system], result, gathered)
    delivery = Delivery(
        kind="police", system=system, files=", ".join(path.name for path in paths), read=result.read, accepted=0, already_known=0,
        quarantined=len(gathered.rejected), delivered_at=clock.now(), delivered_by=current().actor,
    )  # fmt: skip
    db.session.add(delivery)
    db.session.flush()
    quarantine(delivery, gathered.rejected)
    _keep(delivery, system, gathered.incidents, result)
    delivery.accepted, delivery.already_known = result.accepted, result.already_known
    db.session.flush()
    return result


def _read(path: Path, header: tuple[str, ...], result: Result, gathered: _Gathered) -> None:
    this_month = f"{clock.today():%Y-%m}"
    for line in files.rows(path, header):
        result.read += 1
        wrong = line.problem or (None if police_rows.crime_type(line) else "It does not say what type it is.")
        if wrong:
            result.unreadable += 1
        elif police_rows.crime_type(line) != police_rows.ASB:
            result.other += 1
            continue
        else:
            result.asb += 1
            incident = police_rows.incident(line)
            wrong = police_rows.problem(incident, this_month)
            if wrong is None:
                gathered.incidents.append(incident)
                continue
            result.quarantined_asb += 1
        gathered.rejected.append(rejected(path, line, wrong))


def _keep(delivery: Delivery, system: str, incidents: list[Incident], result: Result) -> None:
    by_month: dict[tuple[str, str], Counter[Incident]] = defaultdict(Counter)
    for incident in incidents:
        by_month[incident.force, incident.month][incident] += 1
    look_up = _Districts()
    for (force, month), counted in sorted(by_month.items()):
        # Two deliveries of one month at once: the second waits, then finds what the first kept.
        db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"police {force} {month}"})
        known = _known(force, month)
        new = [
            _row(delivery, system, incident, ordinal, look_up)
            for incident, times in counted.items()
            for ordinal in range(known[incident.content] + 1, times + 1)
        ]
        for part in parts(new):
            db.session.execute(insert(PoliceIncident), part)
        result.accepted += len(new)
    result.already_known = len(incidents) - result.accepted
    result.by_district = dict(Counter(look_up.name(incident) for incident in incidents).most_common())


def _known(force: str, month: str) -> Counter[bytes]:
    counted = db.session.execute(
        select(PoliceIncident.content_digest, func.count())
        .where(PoliceIncident.force == force, PoliceIncident.month == month)
        .group_by(PoliceIncident.content_digest)
    )
    return Counter({bytes(content): number for content, number in counted})


def _row(delivery: Delivery, system: str, incident: Incident, ordinal: int, look_up: "_Districts") -> dict[str, Any]:
    code = look_up.code(incident)
    return {
        "delivery_id": delivery.id,
        "system": system,
        "force": incident.force[:200],
        "month": incident.month,
        "content_digest": incident.content,
        "ordinal": ordinal,
        "reported_by": incident.reported_by[:200],
        "longitude": incident.longitude[:40] or None,
        "latitude": incident.latitude[:40] or None,
        "location": incident.location[:500],
        "lsoa_code": incident.lsoa_code,
        "lsoa_name": incident.lsoa_name[:200],
        "district_code": code,
        "outside_area": code is None,
        "context": incident.context[:500] or None,
    }


class _Districts:
    """The district of an incident: by its area's code where the gazetteer has it, else by its area's name."""

    def __init__(self) -> None:
        self.by_lsoa = dict(db.session.execute(select(Lsoa.code, Lsoa.district_code)).all())
        self.names = dict(db.session.execute(select(District.code, District.name).where(District.in_area)).all())
        self.by_name = {name.casefold(): code for code, name in self.names.items()}

    def code(self, incident: Incident) -> str | None:
        """The ONS code of its district, None outside the area."""
        return self.by_lsoa.get(incident.lsoa_code) or self.by_name.get(incident.district.casefold())

    def name(self, incident: Incident) -> str:
        """The name of its district."""
        return self.names.get(self.code(incident) or "", OUTSIDE)
