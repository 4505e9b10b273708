"""The number a caller is given: London year, sequence, two check digits (ISO 7064 MOD 97-10), as 26-004217-85."""

import unicodedata

from stdnum.iso7064 import mod_97_10

from sentinel.core.errors import Refused

DASHES = "-‐‑‒–—−."
EXAMPLE = "26-004217-85"


class ReferenceError(Refused):
    """What was typed is no reference; the sentence says how to mend it."""


def make(year: int, sequence: int) -> str:
    """The reference of the `sequence`-th report of a London year, from 1 to 999999."""
    if not 2000 <= year <= 2099 or not 1 <= sequence <= 999_999:
        raise ValueError(f"No reference for year {year}, number {sequence}.")
    stem = f"{year % 100:02d}{sequence:06d}"
    return _grouped(stem + mod_97_10.calc_check_digits(stem))


def parse(text: str) -> str:
    """The reference in `text` as we write it, or ReferenceError. Spaces, missing hyphens and full-width digits are mended."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", text) if not c.isspace() and c not in DASHES)
    if digits and not (digits.isascii() and digits.isdigit()):
        raise ReferenceError(f"Enter a reference in digits only, like {EXAMPLE}.")
    if len(digits) != 10:
        raise ReferenceError(f"Enter all ten digits of the reference, like {EXAMPLE}: this has {len(digits)}.")
    if not mod_97_10.is_valid(digits):
        raise ReferenceError("Check the reference: one of its digits is wrong, or two have changed places.")
    return _grouped(digits)


def looks_like(text: str) -> bool:
    """Whether a search for `text` is a search for a reference, right or mistyped."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", text) if not c.isspace() and c not in DASHES)
    return len(digits) == 10 and digits.isascii() and digits.isdigit()


def _grouped(digits: str) -> str:
    return f"{digits[:2]}-{digits[2:8]}-{digits[8:]}"
