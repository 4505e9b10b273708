"""What courts and police do in a random history: hearings set for all kinds of days, moved, cancelled and held; telling held."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from tests.simulation.holding import HELD
from tests.simulation.matters import Case, Hearing, Party
from tests.unit import reckoner

if TYPE_CHECKING:
    from tests.simulation.history import Writer

POWERS_FROM = datetime(2026, 4, 2, tzinfo=reckoner.UTC)
TIMES = (time(9, 30), time(10), time(14), time(16, 59), time(17, 30))


def at_court(writer: Writer, case: Case) -> None:
    """Something about a hearing of this case: often its result, once it was to be."""
    chance = writer.chance
    known = [one for one in writer.model.hearings.values() if one.case is case and (one.state == "set" or chance.random() < 0.05)]
    if all(party.hidden for party in case.parties if party.role == "victim"):
        _unknown_to_them(writer, case)
    elif not known or chance.random() < 0.25:
        _set(writer, case)
    else:
        _with(writer, case, chance.choice(known))


def _set(writer: Writer, case: Case) -> None:
    """Now and then somebody cannot be reached until after, or it is moved before anybody was told."""
    lost = [party for party in case.parties if party.role == "victim" and writer.chance.random() < 0.15]
    _reach(writer, lost, reachable=False)
    writer.do("set_hearing", case=case.name, name=_name(writer), at=_some_day(writer))
    writer.soon()
    _reach(writer, lost, reachable=True)
    untold = [one for one in writer.model.hearings.values() if one.case is case and one.state == "set"]
    if untold and writer.chance.random() < 0.3:
        _with(writer, case, untold[-1])


def _reach(writer: Writer, parties: list[Party], *, reachable: bool) -> None:
    for party in parties:
        writer.do("plan", party=party.name, reachable=reachable, texts=False)


def _unknown_to_them(writer: Writer, case: Case) -> None:
    """A case whose victims may not know is closed with a hearing to come; then it is safe to tell them, and it is opened again."""
    writer.do("set_hearing", case=case.name, name=_name(writer), at=_some_day(writer))
    for party in [party for party in case.parties if party.role == "victim"]:
        writer.do("assess", party=party.name, suggested="standard", judged=party.level or "standard")
    writer.do("propose_closing", case=case.name)
    writer.do("close", case=case.name)
    for party in case.parties:
        writer.soon()
        writer.do("say_safe", party=party.name)
    writer.do("reopen", case=case.name)


def _with(writer: Writer, case: Case, hearing: Hearing) -> None:
    over = hearing.at <= writer.now
    match writer.chance.choice(("held", "held", "held", "moved") if over else ("moved", "moved", "moved", "cancelled", "held")):
        case "held":
            held = hearing.at if over else writer.now + timedelta(minutes=writer.chance.choice((-600, 0, 1)))
            writer.do("hearing_held", case=case.name, hearing=hearing.name, held=held)
        case "moved":
            writer.do("move_hearing", case=case.name, hearing=hearing.name, name=_name(writer), at=_some_day(writer))
        case "cancelled":
            writer.do("cancel_hearing", case=case.name, hearing=hearing.name)


def at_hold(writer: Writer, case: Case) -> None:
    """The police ask that nobody be told for some days: often after something was done, seldom for longer than is allowed."""
    chance = writer.chance
    if chance.random() < 0.5 and writer.now > POWERS_FROM:
        writer.do("intervene", case=case.name)
    day = writer.now.astimezone(reckoner.LONDON).date() + timedelta(days=chance.randint(0, 8))
    writer.do("hold_telling", case=case.name, until=day, by=chance.choice(("supervisor", "supervisor", "supervisor", "officer")))
    if chance.random() < 0.4:
        writer.soon()
        writer.contact(chance.choice(case.parties), chance.choice(("attempt", "reached")), HELD, by="officer")


def _name(writer: Writer) -> str:
    writer.hearings += 1
    return f"H{writer.hearings}"


def _some_day(writer: Writer) -> datetime:
    """Today to in two months, weekends too; seldom a moment that has passed."""
    chance = writer.chance
    days = chance.choice((0, 1, chance.randint(2, 5), chance.randint(6, 12), chance.randint(13, 60)))
    day = writer.now.astimezone(reckoner.LONDON).date() + timedelta(days=days)
    return datetime.combine(day, chance.choice(TIMES), reckoner.LONDON).astimezone(reckoner.UTC)
