"""Promises as rules.md has them ("Promises and contacts"): when they fall due, what keeps them, what follows.

Working time is tests/unit/reckoner.py's. The numbers are typed in from rules.md and, where its table has no row (passed on, told
what was decided), from config/standards/contact.toml.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache

from tests.simulation.matters import Contact, Party, Promise
from tests.unit import reckoner

FIVES = {"standard": 5, "medium": 5, "enhanced": 1}
THREES = {"standard": 5, "medium": 3, "enhanced": 1}
WITHIN: dict[str, dict[str, int]] = {
    "passed_on": FIVES,
    "first_contact": THREES,
    "decision": THREES,
    "after_assessment": FIVES,
    "after_intervention": FIVES,
    "officer_changed": FIVES,
    "hearing_set": FIVES,
    "hearing_eve": FIVES,
    "hearing_result": FIVES,
    "cadence": {"standard": 20, "medium": 10, "enhanced": 5},
    "closure": FIVES,
    "explain_review": FIVES,
    "may_apply": FIVES,
}
SLOWER = dict.fromkeys(("after_intervention", "decision", "hearing_set", "hearing_result"), {"standard": 10, "medium": 8, "enhanced": 2})
CODE = dict.fromkeys(SLOWER, FIVES)
SAFETY_CALL_HOURS = 24
MOST_WORKING_DAYS = 60
NEVER_WAIVED = ("acknowledge", "closure", "decision")


def due_of(party: Party, kind: str, klass: str, starts: datetime) -> datetime:
    """The deadline of a promise whose duty arose at `starts`."""
    if kind == "acknowledge":
        return starts
    if kind == "safety_call":
        return starts + timedelta(hours=SAFETY_CALL_HOURS)
    days = _days(party, kind, klass)
    if kind == "cadence" and party.every and (klass != "enhanced" or party.supervisor_agreed or party.every <= days):
        days = party.every
    return reckoner.working_days(starts, days, same_day=klass == "enhanced")


def _days(party: Party, kind: str, klass: str) -> int:
    ours = SLOWER if party.standards.slower and kind in SLOWER else WITHIN
    return min([ours[kind][klass], *([CODE[kind][klass]] if party.code and kind in CODE else [])])


def steps_of(due: datetime, klass: str, made: datetime) -> tuple[datetime, datetime, datetime]:
    """When it is soon, when the supervisor and when the manager hears."""
    soon = reckoner.before(due, 1, made)
    if klass == "enhanced":
        return soon, due, reckoner.after(due, 1)
    return soon, reckoner.after(due, 1), reckoner.after(due, 3)


def make(
    party: Party, kind: str, starts: datetime, now: datetime, *, latest: datetime | None = None, hearing: str | None = None
) -> Promise:
    """Promise something; by `latest`, where that date was given before and is sooner."""
    klass = party.klass
    due = due_of(party, kind, klass, starts)
    if latest and latest < due:
        due = max(latest, starts)
    promise = Promise(party, kind, klass, starts, now, due, *steps_of(due, klass, now), hearing)
    party.promises.append(promise)
    return promise


def end(promises: Iterable[Promise]) -> None:
    """Over, and not by telling."""
    for promise in promises:
        promise.state = "ended"


def never_without(party: Party, since: datetime, now: datetime) -> None:
    """The invariant: on a case they are kept in touch with; on an undecided report something is promised."""
    if not party.owed or any(one.kind == "cadence" for one in party.open):
        return
    if party.report.case or not party.open:
        make(party, "cadence", since, now)


@cache
def call_needed(klass: str, at: datetime) -> bool:
    """Is the next hour at work more than 24 hours away, for somebody who cannot wait?"""
    if klass != "enhanced":
        return False
    end = at + timedelta(hours=SAFETY_CALL_HOURS)
    while at <= end:
        if reckoner.at_work(at):
            return False
        at += reckoner.MINUTE
    return True


def tighten(party: Party, since: datetime, now: datetime) -> None:
    """Became enhanced: a sooner promise beside each that can be made sooner, alerts as early as enhanced, a safety call if needed."""
    slower = [one for one in party.open if one.klass != "enhanced"]
    sooner(party, slower, since, now)
    for one in slower:
        _, supervisor, manager = steps_of(one.due, "enhanced", one.made)
        one.supervisor, one.manager = min(one.supervisor, supervisor), min(one.manager, manager)
    if party.owed and call_needed(party.klass, since) and not any(one.kind == "safety_call" for one in party.open):
        make(party, "safety_call", since, now)


def sooner(party: Party, those: list[Promise], since: datetime, now: datetime) -> None:
    """A sooner promise beside these, where there can be one: one for all that the same contact will keep, but each hearing its own."""
    alike: dict[tuple[str, str | None, datetime], list[Promise]] = {}
    for one in party.open:
        alike.setdefault((one.kind, one.hearing, max(since, one.starts)), []).append(one)
    for (kind, hearing, start), ones in alike.items():
        if ones[0] in those and due_of(party, kind, party.klass, start) < ones[0].due:
            make(party, kind, start, now, hearing=hearing)


def keeps(contact: Contact, promise: Promise) -> bool:
    """The same person, really told, since the duty arose, about this."""
    told = contact.outcome == "reached" or (contact.outcome == "delivered" and contact.channel == "text" and promise.party.texts)
    about = promise.kind == "cadence" or promise.kind in contact.covers
    by_the_right_one = promise.kind != "first_contact" or (contact.practitioner and not contact.intake)
    return (
        told
        and about
        and by_the_right_one
        and contact.at >= promise.starts
        and contact.person in (promise.party.person, promise.party.speaker)
    )


def keep(contact: Contact, parties: Iterable[Party], now: datetime) -> list[Promise]:
    """What a contact keeps among the parties of its matter; whoever had something kept is promised the next, counted from it."""
    kept = [one for party in parties for one in party.open if keeps(contact, one)]
    for one in kept:
        one.state, one.kept_by = "kept", contact.name
    for party in {one.party.name: one.party for one in kept}.values():
        never_without(party, contact.at, now)
    return kept


def excusable(tries: list[tuple[datetime, str]]) -> bool:
    """Three attempts, by two channels, on two working days."""
    days = {day for at, _ in tries if reckoner.worked(day := at.astimezone(reckoner.LONDON).date())}
    return len(tries) >= 3 and len({channel for _, channel in tries}) >= 2 and len(days) >= 2
