"""The gazetteer: postcodes with where they lie, and small areas with their district."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from sentinel.core import clock
from sentinel.core.db import Model, db
from sentinel.core.errors import Refused
from sentinel.core.viewer import current
from sentinel.exchange import files
from sentinel.exchange.models import Delivery
from sentinel.exchange.quarantine import parts, quarantine, rejected
from sentinel.places.keys import postcode_compact, postcode_display
from sentinel.places.models import District, Lsoa, Postcode

POSTCODES = (
    "pcds",
    "live",
    "positional_quality",
    "easting",
    "northing",
    "longitude",
    "latitude",
    "oa11cd",
    "lsoa11cd",
    "lsoa21cd_pip",
    "ward25cd_pip",
    "ladcd",
    "ladnm",
)
AREAS = ("census", "lsoa_code", "lsoa_name", "lad_code", "lad_name")


@dataclass
class Result:
    """read = accepted + quarantined."""

    read: int = 0
    accepted: int = 0
    quarantined: int = 0


@dataclass
class _Gathered:
    districts: dict[str, str] = field(default_factory=dict)
    areas: dict[str, str] = field(default_factory=dict)
    postcodes: dict[str, dict[str, Any]] = field(default_factory=dict)


def import_gazetteer(path: Path) -> Result:
    """Take a file of postcodes, or of small areas (told by its header); a later file's values replace an earlier one's.

    Refuses a file with neither header, a damaged one, and text that is not UTF-8; unusable rows go to quarantine.
    """
    header = files.header_of(path)
    readers = {POSTCODES: _postcode, AREAS: _area}
    if header not in readers:
        raise Refused(
            f"{path}: its first line must be: {', '.join(POSTCODES)}; or: {', '.join(AREAS)}. It is: {', '.join(header)[:200] or 'empty'}."
        )
    result, gathered = Result(), _Gathered()
    refused: list[dict[str, Any]] = []
    for line in files.rows(path, header):
        result.read += 1
        wrong = line.problem or readers[header](dict(zip(header, line.fields, strict=False)), gathered)
        if wrong:
            refused.append(rejected(path, line, wrong))
    result.quarantined = len(refused)
    result.accepted = result.read - result.quarantined
    _write(gathered)
    delivery = Delivery(
        kind="gazetteer",
        system="ONS",
        files=path.name,
        read=result.read,
        accepted=result.accepted,
        already_known=0,
        quarantined=result.quarantined,
        delivered_at=clock.now(),
        delivered_by=current().actor,
    )
    db.session.add(delivery)
    db.session.flush()
    quarantine(delivery, refused)
    return result


def _postcode(row: dict[str, str], gathered: _Gathered) -> str | None:
    compact = postcode_compact(row["pcds"])
    if not compact:
        return f"'{row['pcds']}' is not a postcode."
    if not row["ladcd"] or not row["ladnm"]:
        return "It has no district."
    try:
        latitude, longitude = float(row["latitude"]), float(row["longitude"])
    except ValueError:
        return "Its latitude or longitude is not a number."
    if not (49 <= latitude <= 61 and -9 <= longitude <= 2):
        return "Its latitude and longitude are not in the United Kingdom."
    gathered.districts[row["ladcd"]] = row["ladnm"]
    gathered.areas |= {code: row["ladcd"] for code in (row["lsoa11cd"], row["lsoa21cd_pip"]) if code}
    gathered.postcodes[compact] = {
        "compact": compact,
        "display": postcode_display(compact),
        "latitude": row["latitude"],
        "longitude": row["longitude"],
        "lsoa_code": row["lsoa21cd_pip"] or row["lsoa11cd"] or None,
        "ward_code": row["ward25cd_pip"] or None,
        "district_code": row["ladcd"],
    }
    return None


def _area(row: dict[str, str], gathered: _Gathered) -> str | None:
    if not row["lsoa_code"] or not row["lad_code"] or not row["lad_name"]:
        return "It lacks an area code or a district."
    gathered.districts[row["lad_code"]] = row["lad_name"]
    gathered.areas[row["lsoa_code"]] = row["lad_code"]
    return None


def _write(gathered: _Gathered) -> None:
    inside = set(db.session.scalars(select(District.code).where(District.in_area)))
    _upsert(
        District,
        [{"code": code, "name": name, "in_area": not inside or code in inside} for code, name in gathered.districts.items()],
        "code",
    )
    _upsert(Lsoa, [{"code": code, "district_code": district} for code, district in gathered.areas.items()], "code")
    _upsert(Postcode, list(gathered.postcodes.values()), "compact")


def _upsert(model: type[Model], rows: list[dict[str, Any]], key: str) -> None:
    for part in parts(rows):
        statement = insert(model).values(part)
        changed = {name: statement.excluded[name] for name in part[0] if name != key}
        db.session.execute(statement.on_conflict_do_update(index_elements=[key], set_=changed))
