"""Where something is: from what was said to a postcode and its district, and which places on record it may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, text

from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.places import keys
from sentinel.places.models import District, Place, Postcode

# Inside the function a viewer's limits are applied before the number of rows is (design: core.md 7; migration 0003).
_MATCH = text("SELECT place_id, same_building FROM match_places(:words, :building, :postcode, :at, :most)")


@dataclass(frozen=True)
class Located:
    """What words for a place mean. Without a postcode we know nothing but the words."""

    address: str
    postcode: str | None = None
    district_code: str | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None


@dataclass(frozen=True)
class LikePlace:
    """A place on record that may be the one meant, and why it is shown."""

    place_id: UUID
    same_building: bool

    @property
    def reason(self) -> str:
        """Why it is shown."""
        return "Same building" if self.same_building else "Similar address"


def resolve(words: str) -> Located:
    """The place that `words` name. A postcode in them is looked up in the gazetteer; words alone are taken as they are.

    Refuses a postcode that the gazetteer does not have (unless it has none at all, before its import).
    """
    compact = keys.postcode_in(words)
    if not compact:
        return Located(words)
    shown = keys.postcode_display(compact)
    address = keys.without_postcode(words) or shown
    found = db.session.get(Postcode, compact)
    if found:
        return Located(address, found.display, found.district_code, found.latitude, found.longitude)
    if db.session.scalar(select(Postcode.compact).limit(1)):
        raise Refused(f"{shown} is not a postcode we know. Check it, or leave it out and say the place in words.", field="place")
    return Located(address, shown)


def district_name(code: str | None) -> str | None:
    """The name of a district."""
    found = db.session.get(District, code) if code else None
    return found.name if found else None


def places(ids: Sequence[UUID]) -> dict[UUID, Place]:
    """The places with these keys."""
    return {place.id: place for place in db.session.scalars(select(Place).where(Place.id.in_(ids)))}


def alike(words: str, *, said_in: str, limit: int = 5) -> list[LikePlace]:
    """Places on record like `words` or in the same building, on reports or cases the viewer may know of; likest first.

    `said_in` is the district words without a postcode are taken to speak of.
    """
    if not words.strip():
        return []
    postcode = keys.postcode_in(words)
    wanted = {
        "words": keys.words_key(words),
        "building": keys.building_key(words, postcode or said_in),
        "postcode": postcode.casefold(),
    }
    rows = db.session.execute(_MATCH, {**wanted, "at": clock.now(), "most": limit})
    return [LikePlace(*row) for row in rows]
