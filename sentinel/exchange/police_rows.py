"""What a row of a published police street file says, and whether it can be used. Pure."""

import re
import unicodedata
from dataclasses import astuple, dataclass

from sentinel.exchange.files import Line, digest

HEADER = (
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location", "LSOA code", "LSOA name", "Crime type",
    "Last outcome category", "Context",
)  # fmt: skip
ASB = "Anti-social behaviour"
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
LSOA = re.compile(r"[EW]01\d{6}")
LSOA_NAME = re.compile(r"(?P<district>.+?) \d{3}[A-Z]{1,2}")


@dataclass(frozen=True)
class Incident:
    """An ASB incident as published. Coordinates stay text: they are what was published, not a measurement of ours."""

    month: str
    reported_by: str
    force: str
    longitude: str
    latitude: str
    location: str
    lsoa_code: str
    lsoa_name: str
    context: str

    @property
    def content(self) -> bytes:
        """What equal incidents have in common: every published column but the Crime ID (core.md 10)."""
        return digest(
            (
                self.month,
                self.reported_by,
                self.force,
                self.longitude,
                self.latitude,
                self.location,
                self.lsoa_code,
                self.lsoa_name,
                self.context,
            )
        )

    @property
    def district(self) -> str:
        """The district that the area's name begins with; "" when the name is not of that form."""
        found = LSOA_NAME.fullmatch(self.lsoa_name)
        return found["district"] if found else ""


def crime_type(line: Line) -> str:
    """What kind of row it is; "" when it does not say."""
    return _clean(line.fields[9])


def incident(line: Line) -> Incident:
    """The incident a row tells of, canonical: trimmed, NFC."""
    _, month, reported_by, force, longitude, latitude, location, code, name, _, _, context = map(_clean, line.fields)
    return Incident(month, reported_by, force, longitude, latitude, location, code, name, context)


def problem(one: Incident, this_month: str) -> str | None:
    """Why an ASB row cannot be used, as a sentence; None when it can."""
    if any("\x00" in cell for cell in astuple(one)):
        return "It holds a character that no text has (NUL)."
    if not MONTH.fullmatch(one.month):
        return f"The month '{one.month}' is not a year and month like 2025-03."
    if one.month > this_month:
        return f"The month {one.month} is in the future."
    if not one.force:
        return "It does not say which force area it falls within."
    if not one.lsoa_code:
        return "It has no LSOA code, so its district cannot be told."
    if not LSOA.fullmatch(one.lsoa_code):
        return f"'{one.lsoa_code}' is not an LSOA code."
    if not _coordinate(one.longitude, 180) or not _coordinate(one.latitude, 90):
        return "Its longitude or latitude is not a number in degrees."
    return None


def _coordinate(value: str, most: int) -> bool:
    if not value:
        return True
    try:
        return abs(float(value)) <= most
    except ValueError:
        return False


def _clean(cell: str) -> str:
    return unicodedata.normalize("NFC", cell).strip()
