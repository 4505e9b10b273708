"""Moments in the words people use: "today 6:30am", "yesterday evening", "last Friday", "3/12/2026 18:00". `now` is given.

The answer is a span, because "yesterday evening" is not a minute. Where 6:30 may be either end of a day, it is asked, not guessed.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sentinel.core.clock import LONDON, london
from sentinel.core.words import clock_time

EXAMPLES = "today 6:30am, yesterday evening or 3 December 2pm"
DAY = timedelta(days=1)
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
PARTS = {  # the hours of a day that its part covers; past 24 is the next morning
    "early hours": (0, 6),
    "morning": (6, 12),
    "lunchtime": (12, 14),
    "afternoon": (12, 18),
    "teatime": (16, 19),
    "evening": (18, 22),
    "night": (20, 30),
}
FILLERS = frozenset(["about", "approximately", "around", "at", "exactly", "in", "just", "of", "on", "roughly", "the", "this"])
EARLIEST_YEAR = 1900
NEAR_ENOUGH = timedelta(days=300)  # a day still to come that is further away without its year is likelier to be one that has passed

_MONTH = r"(?P<month>" + "|".join(name[:3] for name in MONTHS) + r")[a-z]*"
_COUNT = r"(?P<n>\d{1,3}|half an|an?|" + "|".join(NUMBERS) + r")"
_HOUR = r"(?P<h>\d{1,2}|" + "|".join(NUMBERS) + r")"
_AGO = re.compile(rf"^(?:about )?{_COUNT} (?P<unit>minute|hour|day|week)s? ago$")
_DATES = (
    r"\b(?P<year>\d{4})-(?P<m>\d{1,2})-(?P<day>\d{1,2})\b",
    r"\b(?P<day>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<year>\d{4}|\d\d)\b",
    r"\b(?P<day>\d{1,2})/(?P<m>\d{1,2})\b",
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH}\b(?: (?P<year>\d{{4}})\b)?",
    rf"\b{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?! ?[ap]m|:)(?: (?P<year>\d{{4}})\b)?",
)
_NEAR = (
    (r"\b(?:day before yesterday|night before last)\b", -2),
    (r"\b(?:yesterday|last night|overnight)\b", -1),
    (r"\b(?:today|tonight)\b", 0),
    (r"\btomorrow\b", 1),
)
_WEEKDAY = r"\b(?:(?P<last>last) |next )?(?P<name>" + "|".join(name[:3] for name in WEEKDAYS) + r")(?:[a-z]*day)?\b"
_CLOCKS = (
    r"\b(?P<h>\d{1,2})[:.](?P<min>\d\d)(?::\d\d)? ?(?P<half>am|pm)?\b",
    r"\b(?P<h>\d{1,2}) ?(?P<half>am|pm)\b",
    rf"\b(?P<share>half|quarter) (?P<way>past|to) {_HOUR} ?(?P<half>am|pm)?\b",
    rf"\b{_HOUR} oclock\b",
    r"\b(?:12 )?(?P<name>midday|noon|midnight)\b",
    rf"\b(?:at|around|about) {_HOUR}\b",
)


class NotUnderstoodError(ValueError):
    """The words are no moment, or one on the wrong side of now; the message is a sentence that says what to type."""


class UnreadableError(NotUnderstoodError):
    """Words that may say much to a person and no time to Sentinel: "on and off for weeks"."""


@dataclass(frozen=True)
class Span:
    """From `start` to `end` (the same for an exact moment), in UTC; `words` say it back, with the year."""

    start: datetime
    end: datetime
    words: str


def understand(text: str, now: datetime, *, future: bool = False) -> Span:
    """The span that `text` means at `now`. Days without a year or a week are the last such, or with `future` the next.

    Refuses what it cannot read, dates that do not exist, and spans wholly on the wrong side of `now` (NotUnderstoodError).
    """
    words = _plain(text)
    span = _ago(words, now) or _on_a_day(text, words, now, future)
    if future and span.end < now:
        raise NotUnderstoodError(f"{span.words} has passed. Enter a time still to come, such as tomorrow 2pm.")
    if not future and span.start > now:
        raise NotUnderstoodError(f"{span.words} has not happened yet. Enter when it happened, such as today 6:30am.")
    return span if future else Span(span.start, min(span.end, now), span.words)


def written(moment: datetime) -> str:
    """A moment as `understand` reads it back the same: "2 December 2026 6:30am"."""
    here = london(moment)
    return f"{here.day} {here:%B %Y} {clock_time(here.time())}"


def real_date(year: int, month: int, day: int) -> date:
    """The date, or NotUnderstoodError: "30 February is not a date..."."""
    try:
        found = date(year, month, day)
    except ValueError:
        named = f"{day} {MONTHS[month - 1].title()}" if 1 <= month <= 12 else f"{day}/{month}"
        raise NotUnderstoodError(f"{named} is not a date. Enter a real day, month and year, such as 3 12 2026.") from None
    if found.year < EARLIEST_YEAR:
        raise NotUnderstoodError(f"Check the year: {year} is too long ago. Enter it in four figures, such as 3 12 2026.")
    return found


def month_number(text: str) -> int | None:
    """12 for "12", "Dec" or "December"."""
    if text.isdecimal():
        return int(text)
    named = [n for n, name in enumerate(MONTHS, 1) if len(text) >= 3 and name.startswith(text.casefold())]
    return named[0] if named else None


def _plain(text: str) -> str:
    words = re.sub(r"[,;'’]", "", text.casefold().replace("a.m.", "am").replace("p.m.", "pm"))
    words = re.sub(r"(?<=\d)t(\d\d):(\d\d)(:\d\d)?", _by_twelve, words).replace("to night", "tonight").replace("lunch time", "lunchtime")
    return " ".join(words.strip(" .").split())


def _by_twelve(found: re.Match[str]) -> str:
    """The hour of an ISO time never needs asking about."""
    hour = int(found[1]) % 24
    return f" {hour % 12 or 12}:{found[2]}{'am' if hour < 12 else 'pm'}"


def _ago(words: str, now: datetime) -> Span | None:
    if words in ("now", "just now", "right now", "happening now", "going on now", "still going on"):
        return _exact(now)
    found = _AGO.match(words)
    if not found:
        return None
    back = timedelta(**{f"{found['unit']}s": 0.5 if found["n"] == "half an" else _number(found["n"])})
    return _part_of((london(now) - back).date(), None) if found["unit"] in ("day", "week") else _exact(now - back)


def _number(word: str) -> int:
    if word.isdecimal():
        return int(word)
    return 1 if word in ("a", "an") else NUMBERS.index(word) + 1


def _on_a_day(text: str, words: str, now: datetime, future: bool) -> Span:
    days, rest = _take_day(words, london(now).date(), future)
    hours, minute, rest = _take_clock(rest, words)
    part = next((name for name in PARTS if re.search(rf"(?:\b|\bto|\bover){name}\b", words)), None)
    left = set(re.sub(rf"\b(?:{'|'.join(PARTS)})\b", "", rest).split()) - FILLERS
    if left or words == rest and part is None and not hours:
        shown = text if len(text) <= 60 else text[:57] + "..."
        raise UnreadableError(f"“{shown}” is not a time Sentinel can read. Enter a day and a time, such as {EXAMPLES}.")
    if not hours:
        return _first_right([_part_of(day, part) for day in days], now, future)
    if part == "night" and min(hours) < 6 and re.search(r"last night|overnight", words):
        days = [day + DAY for day in days]
    return _one_of([[_exact(_at(day, hour, minute)) for hour in hours] for day in days], now, future)


def _take_day(words: str, today: date, future: bool) -> tuple[list[date], str]:
    """The days it may be, likeliest first, and the words that are left."""
    for pattern in _DATES:
        if found := re.search(pattern, words):
            return _dates(found, today, future), words.replace(found[0], " ", 1)
    for pattern, days in _NEAR:
        if found := re.search(pattern, words):
            return [today + days * DAY], words.replace(found[0], " ", 1)
    if found := re.search(_WEEKDAY, words):
        number = [name[:3] for name in WEEKDAYS].index(found["name"])
        away = (number - today.weekday()) % 7 if future else -((today.weekday() - number) % 7)
        if found["last"] and away == 0:
            away = -7
        return [today + away * DAY, today + (away + (7 if future else -7)) * DAY], words.replace(found[0], " ", 1)
    return [today, today + (DAY if future else -DAY)], words


def _dates(found: re.Match[str], today: date, future: bool) -> list[date]:
    parts = found.groupdict()
    month = month_number(parts["month"]) if parts.get("month") else int(parts["m"])
    assert month is not None
    day, year = int(parts["day"]), parts.get("year")
    if year:
        return [real_date(int(year) + (2000 if len(year) == 2 else 0), month, day)]
    if (month, day) != (2, 29):
        real_date(today.year, month, day)
    near = [year for year in range(today.year - 8, today.year + 9) if _exists(year, month, day)]
    days = [date(year, month, day) for year in near]
    if not future:
        return [d for d in days if d <= today][:-3:-1]
    ahead = [d for d in days if d >= today][:2]
    if ahead[0] - today > NEAR_ENOUGH:
        said, year = f"{day} {MONTHS[month - 1].title()}", ahead[0].year
        raise NotUnderstoodError(f"{said} has passed. If you mean {year}, enter the year too, such as {said} {year} 2pm.")
    return ahead


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _take_clock(rest: str, words: str) -> tuple[list[int], int, str]:
    """The hours it may be (two when nothing says which half of the day), the minute, and the words that are left."""
    for pattern in _CLOCKS:
        if found := re.search(pattern, rest):
            said = found.groupdict()
            rest = rest.replace(found[0], " ", 1)
            if name := said.get("name"):
                return [0 if name == "midnight" else 12], 0, rest
            hour, minute = _number(said["h"]), int(said.get("min") or {"half": 30, "quarter": 15}.get(said.get("share") or "", 0))
            if said.get("way") == "to":
                hour, minute = hour - 1 or 12, 60 - minute
            if hour > 23 or minute > 59 or (said.get("half") and hour > 12):
                raise NotUnderstoodError(f"“{found[0].strip()}” is not a time of day. Enter a day and a time, such as {EXAMPLES}.")
            written_by_24 = said["h"].startswith("0") or hour > 12 or hour == 0
            return _halves(hour, said.get("half"), written_by_24, words), minute, rest
    return [], 0, rest


def _halves(hour: int, half: str | None, written_by_24: bool, words: str) -> list[int]:
    morning = re.search(r"morning|early hours", words)
    later = re.search(r"lunchtime|afternoon|teatime|evening|night", words)
    if half:
        return [hour % 12 + (12 if half == "pm" else 0)]
    if written_by_24 or hour == 12 and not re.search("night|early hours|morning", words):
        return [hour]
    if morning or later and "night" in words and (hour < 6 or hour == 12):
        return [hour % 12]
    return [hour + 12] if later else [hour, hour + 12]


def _at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), LONDON).astimezone(UTC)


def _exact(moment: datetime) -> Span:
    here = london(moment)
    return Span(moment, moment, f"{_day_words(here.date())}, {clock_time(here.time())}")


def _part_of(day: date, part: str | None) -> Span:
    first, last = PARTS[part] if part else (0, 24)
    start, end = _at(day, first, 0), _at(day + (last // 24) * DAY, last % 24, 0)
    said = {None: "", "night": ", at night", "lunchtime": ", at lunchtime", "teatime": ", at teatime"}.get(part, f", in the {part}")
    return Span(start, end, _day_words(day) + said)


def _day_words(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def _is_right(span: Span, now: datetime, future: bool) -> bool:
    return span.end >= now if future else span.start <= now


def _first_right(spans: list[Span], now: datetime, future: bool) -> Span:
    return next((span for span in spans if _is_right(span, now, future)), spans[0])


def _one_of(by_day: list[list[Span]], now: datetime, future: bool) -> Span:
    """The moment of the likeliest day that has one on the right side of now; two of them are asked about."""
    for spans in by_day:
        right = [span for span in spans if _is_right(span, now, future)]
        if len(right) > 1:
            here = clock_time(london(right[0].start).time()).removesuffix("am")
            raise NotUnderstoodError(f"Enter whether {here} is morning or evening: {here}am or {here}pm.")
        if right:
            return right[0]
    return by_day[0][0]
