"""What may become of a report and of a case, and which level a case has (rules.md, "Reports, parties, cases", "Risk"). Pure."""

from collections.abc import Iterable, Mapping
from datetime import date

from sentinel.core.errors import Refused

Moves = Mapping[str, tuple[str, ...]]

REPORT_MOVES: Moves = {
    "received": ("opened", "joined", "signposted", "no_further_action", "withdrawn"),
    "opened": (),
    "joined": (),
    "signposted": (),
    "no_further_action": (),
    "withdrawn": (),
}

# An accepted handover leaves a case open, with a new owner: its victims keep an open promise throughout.
CASE_MOVES: Moves = {
    "open": ("closure_proposed",),
    "closure_proposed": ("open", "closed"),
    "closed": ("open",),
    "transferred": (),
}

REPORT_WORDS = {
    "received": "waiting for a decision",
    "opened": "opened as a case",
    "joined": "joined to a case",
    "signposted": "signposted",
    "no_further_action": "no further action",
    "withdrawn": "withdrawn",
}

CASE_WORDS = {
    "open": "open",
    "closure_proposed": "proposed for closing",
    "closed": "closed",
    "transferred": "transferred",
}

LIVE = ("open", "closure_proposed")
DECIDED = tuple(REPORT_MOVES["received"])
RANK = {"standard": 0, "medium": 1, "high": 2}
ADULT = 18


def move_report(state: str, to: str) -> str:
    """The report's new state, or Refused with a sentence: what was decided once is not decided again."""
    if to not in REPORT_MOVES[state]:
        raise Refused(f"This report was already decided: {REPORT_WORDS[state]}. Open it to see by whom and why.")
    return to


def move_case(state: str, to: str) -> str:
    """The case's new state, or Refused with a sentence that says what it is now and what can be done."""
    if to not in CASE_MOVES[state]:
        possible = " or ".join(CASE_WORDS[one] for one in CASE_MOVES[state])
        after = f"From there it can only become {possible}." if possible else "Nothing can follow that."
        raise Refused(f"This case is {CASE_WORDS[state]}. {after}")
    return to


def refuse_unless_live(state: str) -> None:
    """Refused on a case nobody works any more: it has to be reopened first."""
    if state not in LIVE:
        raise Refused(f"This case is {CASE_WORDS[state]}. Reopen it first.")


def highest(levels: Iterable[str | None]) -> str | None:
    """The level of a case: the highest of its victims', None while none is assessed."""
    known = [level for level in levels if level]
    return max(known, key=RANK.__getitem__) if known else None


def is_child(born_on: date | None, age_years: int | None, today: date) -> bool:
    """Under 18 today, by date of birth or else by the age given."""
    if born_on:
        had_birthday = (today.month, today.day) >= (born_on.month, born_on.day)
        return today.year - born_on.year - (not had_birthday) < ADULT
    return age_years is not None and age_years < ADULT
