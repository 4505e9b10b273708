"""What makes two addresses the same place, or the same building. Pure; the results are stored and indexed."""

import re
import unicodedata

from sentinel.core.folding import fold

KEY_LIMIT = 500
SHORT_FORMS = {
    "rd": "road", "ave": "avenue", "av": "avenue", "cl": "close", "cres": "crescent", "ct": "court", "crt": "court", "dr": "drive",
    "gdns": "gardens", "gr": "grove", "hse": "house", "la": "lane", "ln": "lane", "pk": "park", "pl": "place", "sq": "square",
    "ter": "terrace", "terr": "terrace", "apt": "flat", "apartment": "flat", "fl": "flat", "rm": "room",
}  # fmt: skip
_POSTCODE = re.compile(r"(?<![A-Z0-9])([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][A-Z]{2})(?![A-Z0-9])")
_ROOM = re.compile(r"^(?:(?:flat|room|unit|bedsit|maisonette|suite) \w+ |(?:ground|first|second|third|top|basement) floor (?:flat )?)+")


def postcode_compact(text: str) -> str:
    """LE33KM for "le3 3km"; "" when the whole of `text` is not a postcode."""
    found = _POSTCODE.fullmatch(_upper(text))
    return found[1] + found[2] if found else ""


def postcode_in(text: str) -> str:
    """The last postcode that stands in an address, compact; "" when there is none."""
    found = _POSTCODE.findall(_upper(text))
    return "".join(found[-1]) if found else ""


def postcode_display(compact: str) -> str:
    """LE3 3KM for "LE33KM"."""
    return f"{compact[:-3]} {compact[-3:]}" if compact else ""


def without_postcode(address: str) -> str:
    """The address up to its last postcode: "12 High Street" for "12 High Street, LE3 3KM"."""
    found = list(_POSTCODE.finditer(upper)) if len(upper := _upper(address)) == len(address) else []
    return (address[: found[-1].start()] + address[found[-1].end() :]).strip(" ,.\n") if found else address.strip()


def words_key(address: str) -> str:
    """The words of an address without its postcode, short forms written out."""
    return " ".join(SHORT_FORMS.get(word, word) for word in fold(without_postcode(address)).split())


def address_key(address: str, area: str) -> str:
    """Equal for one place however it was written. `area` is its postcode or, for a place in words, the district they are said in."""
    return _key(words_key(address), area)


def building_key(address: str, area: str) -> str:
    """Equal for all flats and rooms of one building."""
    words = words_key(address)
    return _key(_ROOM.sub("", words) or words, area)


def _key(words: str, area: str) -> str:
    tail = fold(area).replace(" ", "")
    return f"{words[: KEY_LIMIT - len(tail) - 1]} {tail}".strip()


def _upper(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper()
