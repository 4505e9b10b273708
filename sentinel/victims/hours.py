"""When somebody said it is safe to reach them, read from their own words: "after 3pm, not Fridays".

Only what is understood whole counts. Anything else ("when he is at work") is for a person to judge, and nothing is sent by itself
(rules.md: unsafe times block automatic sending). Where words could be read in two ways, they are not understood.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from sentinel.core.clock import london
from sentinel.core.moments import WEEKDAYS as WEEKDAY_NAMES

Minutes = frozenset[int]

EVERY_DAY, WEEKDAYS, WEEKEND = frozenset(range(7)), frozenset(range(5)), frozenset((5, 6))
MINUTE = timedelta(minutes=1)
NOON, MIDNIGHT = 12 * 60, 24 * 60
EARLY, LATE = 8 * 60, 21 * 60  # "after 3pm" is not three in the morning


def _from_to(first: int, last: int) -> Minutes:
    return frozenset(range(first, last))


SOCIABLE = _from_to(EARLY, LATE)
PARTS = {
    "morning": _from_to(EARLY, NOON),
    "afternoon": _from_to(NOON, 17 * 60),
    "evening": _from_to(17 * 60, LATE),
    "daytime": _from_to(9 * 60, 17 * 60),
    "office hours": _from_to(9 * 60, 17 * 60),
    "working hours": _from_to(9 * 60, 17 * 60),
}

_TIME = r"(?:(?:1[0-2]|0?[1-9])(?:[:.][0-5]\d)? ?[ap]m|(?:0\d|1\d|2[0-3])[:.][0-5]\d|noon|midday|midnight)"
_DAY = r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)s?"
_PHRASES = {
    "range": rf"(?:between |from )?(?P<first>{_TIME}) ?(?:to|and|until|till|-|–) ?(?P<last>{_TIME})\b",
    "after": rf"(?:from|after|since) (?P<from>{_TIME})(?: onwards?)?\b|(?P<on>{_TIME}) (?:onwards?|or later)\b",
    "before": rf"(?:before|until|till|up to|by) (?P<until>{_TIME})\b",
    "part": rf"(?P<name>{'|'.join(PARTS)})s?\b",
    "any": r"any ?time\b|all day\b|always\b",
    "days": rf"(?P<opens>{_DAY}) ?(?:to|-|–) ?(?P<closes>{_DAY})\b",
    "day": rf"(?:weekdays?|weekends?|{_DAY})\b",
    "not": r"(?:but )?(?:not|never|except|excluding|apart from|other than)\b",
    "stop": r"[,;.]|but\b",
    "filler": r" +|(?:and|or|on|in|the|at|only|please|safe|is|every|for|during)\b",
}
_TOKENS = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PHRASES.items()))
TIMES = frozenset(("range", "after", "before", "part", "any"))


@dataclass(frozen=True)
class SafeTimes:
    """The days (Monday is 0) and the minutes of a day, by London's clocks, at which somebody may be written to."""

    days: frozenset[int]
    minutes: Minutes

    def holds(self, at: datetime) -> bool:
        """Is this moment one of them?"""
        here = london(at)
        return here.weekday() in self.days and here.hour * 60 + here.minute in self.minutes

    def next(self, at: datetime) -> datetime:
        """The first of these moments from `at` on, in UTC; `at` itself where it is one."""
        moment = at.astimezone(UTC)
        while not self.holds(moment):
            moment = self._minute_after(moment)
        return moment

    def openings(self, first: datetime, last: datetime) -> list[datetime]:
        """When such a time begins after `first` and before `last`, in UTC."""
        found, moment, was = [], self._minute_after(first), self.holds(first)
        while moment < last:
            if self.holds(moment) and not was:
                found.append(moment)
            moment, was = moment + MINUTE, self.holds(moment)
        return found

    @staticmethod
    def _minute_after(at: datetime) -> datetime:
        return at.astimezone(UTC).replace(second=0, microsecond=0) + MINUTE


ALWAYS = SafeTimes(EVERY_DAY, _from_to(0, MIDNIGHT))


class _NotUnderstoodError(ValueError):
    pass


def understood(words: str | None) -> SafeTimes | None:
    """The times that these words name; ALWAYS where there are none; None where only a person can judge them."""
    if not (words or "").strip():
        return ALWAYS
    try:
        yes, no = _clauses(" ".join((words or "").casefold().replace("’", "'").split()))
        return _times(yes, no)
    except _NotUnderstoodError:
        return None


def _clauses(words: str) -> tuple[list[re.Match[str]], list[list[re.Match[str]]]]:
    """What is safe, and each thing that is not. After "not Fridays", another day may be meant either way."""
    yes: list[re.Match[str]] = []
    no: list[list[re.Match[str]]] = []
    refusing = False
    for token in _tokens(words):
        if _kind(token) == "stop":
            refusing = False
        elif _kind(token) == "not":
            no.append([])
            refusing = True
        elif refusing:
            no[-1].append(token)
        elif any(_is_time(token) == _is_time(refused) for clause in no for refused in clause):
            raise _NotUnderstoodError
        else:
            yes.append(token)
    return yes, no


def _tokens(words: str) -> Iterable[re.Match[str]]:
    place = 0
    while place < len(words):
        token = _TOKENS.match(words, place)
        if token is None:
            raise _NotUnderstoodError
        place = token.end()
        if _kind(token) != "filler":
            yield token


def _kind(token: re.Match[str]) -> str:
    return next(kind for kind in _PHRASES if token[kind] is not None)


def _is_time(token: re.Match[str]) -> bool:
    return _kind(token) in TIMES


def _times(yes: Sequence[re.Match[str]], no: Sequence[Sequence[re.Match[str]]]) -> SafeTimes:
    """Days and times, each named in one place: "Mondays after 3pm, Tuesdays before noon" is too much to be sure of."""
    if [_kind(token) for token in yes] == ["any"] and not no:
        return ALWAYS
    places = [is_time for is_time, _ in groupby(yes, key=_is_time)]
    if len(places) > 2 or not (yes or no):
        raise _NotUnderstoodError
    days, minutes = _days(yes), _minutes([token for token in yes if _is_time(token)])
    for refused in no:
        days, minutes = _without(refused, days, minutes)
    if not days or not minutes:
        raise _NotUnderstoodError
    return SafeTimes(days, minutes)


def _without(refused: Sequence[re.Match[str]], days: frozenset[int], minutes: Minutes) -> tuple[frozenset[int], Minutes]:
    kinds = {_is_time(token) for token in refused}
    if len(kinds) != 1:
        raise _NotUnderstoodError
    if kinds == {True}:
        return days, minutes.difference(*(_one(token, 0, MIDNIGHT) for token in refused))
    return days - _days(refused), minutes


def _days(tokens: Iterable[re.Match[str]]) -> frozenset[int]:
    named = [_named(token) for token in tokens if not _is_time(token)]
    return frozenset().union(*named) if named else EVERY_DAY


def _named(token: re.Match[str]) -> frozenset[int]:
    if token["days"]:
        first, last = _number(token["opens"]), _number(token["closes"])
        return frozenset((first + n) % 7 for n in range((last - first) % 7 + 1))
    if token["day"].startswith("week"):
        return WEEKDAYS if token["day"].startswith("weekd") else WEEKEND
    return frozenset([_number(token["day"])])


def _number(name: str) -> int:
    return [day[:3] for day in WEEKDAY_NAMES].index(name[:3])


def _minutes(tokens: Sequence[re.Match[str]]) -> Minutes:
    kinds = sorted(_kind(token) for token in tokens)
    if not tokens:
        return SOCIABLE
    if kinds == ["after", "before"]:
        return _after_and_before(*sorted(tokens, key=_kind))
    if len(tokens) > 1 and not set(kinds) <= {"range", "part"}:
        raise _NotUnderstoodError
    return frozenset().union(*(_one(token, EARLY, LATE) for token in tokens))


def _after_and_before(after: re.Match[str], before: re.Match[str]) -> Minutes:
    """Between the two, or, where the first is the later, on either side of them: "before 9am or after 6pm"."""
    late, early = _one(after, EARLY, LATE), _one(before, EARLY, LATE)
    return late & early or late | early


def _one(token: re.Match[str], early: int, late: int) -> Minutes:
    """The minutes of one phrase; "after" and "before" reach no further than `late` and `early`."""
    kind = _kind(token)
    if kind == "any":
        return _from_to(early, late)
    if kind == "part":
        return PARTS[token["name"]]
    first = _minute(token["first"] or token["from"] or token["on"]) if kind != "before" else early
    last = _minute(token["last"] or token["until"], end=True) if kind != "after" else late
    if first >= last:
        raise _NotUnderstoodError
    return _from_to(first, last)


def _minute(words: str, *, end: bool = False) -> int:
    if words == "midnight":
        return MIDNIGHT if end else 0
    if words in ("noon", "midday"):
        return NOON
    hour, minute = (int(part) for part in (*re.findall(r"\d+", words), "0")[:2])
    if words.endswith("m"):
        hour = hour % 12 + (12 if words.endswith("pm") else 0)
    return hour * 60 + minute
