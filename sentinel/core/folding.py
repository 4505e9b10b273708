"""Text without what makes no difference: case, accents, punctuation. Pure.

Done here and not in the database, whose locale may not know É or Gurmukhi (design: core.md 7).
"""

import re
import unicodedata

LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"})
# Combining classes that change the letter itself, in Indic scripts and in kana: kept. All others are accents.
_PART_OF_THE_LETTER = (0, 7, 8, 9)
LONGEST = 2_000
_APOSTROPHES = re.compile(r"['’‘ʼ`´]")


def fold(text: str) -> str:
    """Lower case without accents, apostrophes and punctuation; words one space apart. Of what no name can be, the beginning."""
    text = text[:LONGEST]
    letters = _APOSTROPHES.sub("", unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text))).casefold()
    plain = "".join(c for c in unicodedata.normalize("NFKD", letters.translate(LETTERS)) if unicodedata.combining(c) in _PART_OF_THE_LETTER)
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in plain)
    return " ".join(unicodedata.normalize("NFC", kept).split())
