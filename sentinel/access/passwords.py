"""Which passwords are good enough: long, and not among the first that anybody would try.

No rules of composition and no expiry (design: length and guesses are what matters). The list of common passwords is generated from
facts that we wrote down ourselves (common_words.py); what it holds is compared without case, spaces, punctuation and the usual
substitutions, so one entry stands for many ways of typing it.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from unicodedata import category, normalize

from config import agreed
from sentinel.access.common_words import BASE, COLUMNS, ENDINGS, ROWS, SENTENCES
from sentinel.access.models import User
from sentinel.core.errors import Refused

LONGEST = 200
FIRST_YEAR, LAST_YEAR = 1940, 2039
FEW_CHARACTERS = 4
LEFT_OVER = 5
_SUBSTITUTED = str.maketrans("0134578@$", "oieastbas")

TOO_COMMON = "This password is one of the first that anybody would try. Choose another: three random words do well."
TOO_PERSONAL = "This password is made of your name, your address or your organisation. Choose another: three random words do well."


def normalised(password: str) -> str:
    """The same password however the keyboard composed its accents (NFKC)."""
    return normalize("NFKC", password)


def refuse_weak(password: str, user: User | None = None) -> None:
    """Refused, with what to do, for a password too short, too long, common, or made of what everybody knows of this person."""
    at_least = agreed.current().access.password_at_least
    if len(password) < at_least:
        raise Refused(f"Choose a password of {at_least} characters or more. Three random words do well.", field="password")
    if len(password) > LONGEST:
        raise Refused(f"Choose a password of at most {LONGEST} characters.", field="password")
    if is_common(password):
        raise Refused(TOO_COMMON, field="password")
    if user and is_personal(password, _known_of(user)):
        raise Refused(TOO_PERSONAL, field="password")


def is_common(password: str) -> bool:
    """Is it a pattern, or on the generated list?"""
    plain = normalised(password).casefold()
    return _is_pattern(plain) or folded(password) in common() or _is_two_words(folded(password))


def is_personal(password: str, known: Iterable[str]) -> bool:
    """Is it made of these words, with little beside them that is not common too?"""
    rest = typed = folded(password)
    for word in sorted({folded(word) for word in known}, key=len, reverse=True):
        rest = rest.replace(word, "")
    if rest == typed:
        return False
    for word in sorted({folded(word) for word in BASE}, key=len, reverse=True):
        rest = rest.replace(word, "") if len(word) > 2 else rest
    return len(set(rest)) < LEFT_OVER


def folded(password: str) -> str:
    """What is left of a password without case, spaces, punctuation and the usual substitutions."""
    plain = normalised(password).casefold().translate(_SUBSTITUTED)
    return "".join(c for c in plain if category(c)[0] in "LN")


@cache
def common() -> frozenset[str]:
    """The generated list, folded: everything of it that could be the length of a password."""
    shortest = agreed.current().access.password_at_least - FEW_CHARACTERS  # folding takes punctuation away
    return frozenset(entry for entry in _generated() if len(entry) >= shortest)


def _generated() -> Iterator[str]:
    """Everything is folded before it is put together: folding each of the results would take seconds."""
    yield from map(folded, SENTENCES)
    years = [str(year) for year in range(FIRST_YEAR, LAST_YEAR + 1)]
    words, endings = list(map(folded, BASE)), ["", *map(folded, ENDINGS), *map(folded, years)]
    for word, ending in product(words, endings):
        yield word + ending
        yield ending + word
        yield (word + ending) * 2
    for walk in map(folded, _walks()):
        yield from (walk[start:end] for start in range(len(walk)) for end in range(start + 8, len(walk) + 1))


def _walks() -> Iterator[str]:
    """Fingers along the rows and columns of a keyboard, forth and back."""
    for walk in ("".join(ROWS), "".join(row[::-1] for row in ROWS[1:]), "".join(ROWS[1:]), ROWS[0] + ROWS[0], *COLUMNS):
        yield walk
        yield walk[::-1]


def _is_two_words(plain: str) -> bool:
    """Two words of the list side by side, with one of the shortest endings or none: a rule, for the list would be ten times as long."""
    words = _folded_words()
    return any(
        plain.endswith(ending) and plain[:cut] in words and plain[cut : len(plain) - len(ending)] in words
        for ending in map(folded, ("", "1", "12", "123"))
        for cut in range(1, len(plain))
    )


@cache
def _folded_words() -> frozenset[str]:
    return frozenset(map(folded, BASE))


def _is_pattern(plain: str) -> bool:
    """Few characters, a short piece again and again, or characters in order."""
    if len(set(plain)) <= FEW_CHARACTERS:
        return True
    if any(plain == (plain[:n] * len(plain))[: len(plain)] for n in range(1, 7)):
        return True
    steps = {ord(b) - ord(a) for a, b in zip(plain, plain[1:], strict=False)}
    return len(steps) == 1


def _known_of(user: User) -> list[str]:
    """Names and parts of addresses that anybody who knows this person knows."""
    host = user.email.partition("@")[2].split(".")
    words = [*user.name.split(), *user.email.partition("@")[0].replace("_", ".").replace("-", ".").split("."), *host[:-1]]
    return [word for word in (*words, *user.partner.name.split()) if len(word) > 2]
