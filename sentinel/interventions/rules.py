"""When an intervention may begin and end, whom it may be used on, and when more has to be thought of (rules.md). Pure."""

from collections.abc import Iterable
from datetime import date, timedelta

from sentinel.core.errors import Refused
from sentinel.core.words import day

EARLIER = ("advice", "early")
BETWEEN = ("early", "notice")
CARRIED_OUT = ("in_force", "breached", "ended")
FURTHER_INCIDENTS = 3
LONGEST = timedelta(days=3 * 366)
RESPONSIBLE_FROM = 10

Told = dict[str, str]
TOLD = {"yes": "told", "not_safe": "not told, because it is not safe", "not_yet": "not told yet"}


def refuse_start(starts_on: date | None, *, today: date, not_before: date | None = None) -> date:
    """The day it starts, or Refused: no day, a day to come, a day before it was authorised."""
    if starts_on is None:
        raise Refused("Enter the day it starts, such as 3 12 2026.", field="starts_on")
    if starts_on > today:
        raise Refused("That day is still to come. Start it on the day itself.", field="starts_on")
    if not_before and starts_on < not_before:
        sentence = f"It was authorised on {day(not_before)} and cannot have started before. Enter that day or a later one."
        raise Refused(sentence, field="starts_on")
    return starts_on


def refuse_end(starts_on: date, ends_on: date | None, *, today: date) -> date:
    """The day it is to end, or Refused: no day, one before it starts, one that has passed, one years away."""
    if ends_on is None:
        raise Refused("Enter the day it ends, such as 3 6 2027.", field="ends_on")
    if ends_on < starts_on:
        raise Refused("That is before it starts. Enter a later day.", field="ends_on")
    if ends_on < today:
        raise Refused("That day has passed. Enter the day it will end.", field="ends_on")
    if ends_on - starts_on > LONGEST:
        raise Refused("That is more than three years after it starts. Check the year.", field="ends_on")
    return ends_on


def looked_after_until(ends_on: date | None, until: date | None, *, today: date) -> date:
    """Until when somebody looks after it once its case has closed: its own end, else the day given; Refused without one to come."""
    if ends_on and ends_on < today:
        raise Refused(f"It was to end on {day(ends_on)}. End it, and say what came of it.", field="until")
    if ends_on:
        return ends_on
    if until is None or until <= today:
        raise Refused("Enter a day to come: until then they look after it.", field="until")
    if until - today > LONGEST:
        raise Refused("That is more than three years away. Check the year.", field="until")
    return until


def refuse_under_ten(name: str, age: int | None) -> None:
    """No power over anti-social behaviour is used on a child under 10."""
    if age is not None and age < RESPONSIBLE_FROM:
        raise Refused(f"{name} is under 10: no power may be used. Think of support for the family instead.", field="party")


def refuse_untold(told: Told) -> None:
    """For a child: somebody says whether a parent or guardian and youth justice have been told."""
    if told.get("parent") not in TOLD:
        raise Refused("Choose whether a parent or guardian has been told: they are under 18.", field="parent_told")
    if told.get("youth_justice") not in TOLD:
        raise Refused("Choose whether youth justice has been told: they are under 18.", field="youth_justice")


def told_words(told: Told) -> str:
    """ "Parent or guardian told. Youth justice not told yet." """
    return f"Parent or guardian {TOLD[told['parent']]}. Youth justice {TOLD[told['youth_justice']]}."


def skips_to_court(tier: str, carried_out: Iterable[str]) -> bool:
    """Does this go to court although nothing between advice and court was carried out?"""
    return tier == "court" and not set(BETWEEN).intersection(carried_out)


def more_to_consider(tiers_used: Iterable[str], further: int) -> bool:
    """Has the case stayed on advice and early work while three more incidents were reported?"""
    used = set(tiers_used)
    return bool(used) and used <= set(EARLIER) and further >= FURTHER_INCIDENTS
