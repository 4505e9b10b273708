"""Contacts, promises, plans and risk in the model: one function for each verb."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tests.simulation import hearing, holding, promising, reviewing, risking
from tests.simulation.matters import Against, Assessment, Case, Contact, Gone, Party, Promise, there
from tests.simulation.promising import make, never_without, tighten

if TYPE_CHECKING:
    from tests.simulation.model import Model


def contact(
    world: Model,
    *,
    name: str,
    party: str,
    at: datetime,
    channel: str,
    direction: str,
    outcome: str,
    covers: list[str],
    by: str,
    speaker: bool = False,
    view: str = "",
) -> None:
    """With them, or with whoever reported it for them; nobody reaches out to somebody hidden, or by a way the plan says is unsafe."""
    one = world.party_of(party)
    unsafe = (channel == "phone" and not one.reachable) or (channel == "text" and not one.texts)
    if direction == "out" and (one.hidden or unsafe):
        raise Against
    _refuse_view(one, view, at, told="closure" in covers and outcome == "reached")
    about = tuple(covers) if outcome != "attempt" else ()
    holding.refuse_told(one.report.case, about, at, world.now)
    person = one.report.reporter if speaker else one.person
    assert person
    made = Contact(name, one, at, channel, direction, outcome, about, practitioner=by != "call_taker", person=person)
    world.contacts[name] = made
    if view not in ("", "later"):
        assert one.report.case
        one.report.case.views.add(one.person)
    world.entered(one.report)
    promising.keep(made, one.report.matter.parties, world.now)


def _refuse_view(party: Party, view: str, at: datetime, *, told: bool) -> None:
    """What they think of closing is asked of whoever is told that it is proposed, and of nobody else."""
    case = party.report.case
    proposed = case.proposed if case and case.state == "closure_proposed" and party.role == "victim" else None
    if view and (proposed is None or not told or at < proposed):
        raise Against
    if proposed and told and not view and at >= proposed:
        raise Against


def arrived(world: Model, *, contact: str) -> None:
    """A message on its way is delivered."""
    made = there(world.contacts, contact)
    if made.outcome != "one_way_sent":
        raise Against
    made.outcome = "delivered"
    promising.keep(made, made.party.report.matter.parties, world.now)


def came_back(world: Model, *, contact: str, by: str) -> None:
    """For good: what it kept is open again, told anew, with the date it always had; what closing or withdrawing ends is ended."""
    made = there(world.contacts, contact)
    if made.outcome not in ("delivered", "one_way_sent"):
        raise Against
    made.outcome = "failed"
    world.entered(made.party.report)
    for party in world.parties.values():
        for promise in party.promises:
            if promise.kept_by == contact and promise.state == "kept":
                over = party.report.state == "withdrawn" or (promise.kind == "cadence" and not party.live)
                promise.state, promise.kept_by, promise.step = "ended" if over else "open", None, 0


def excuse(world: Model, *, party: str, kind: str) -> None:
    """A supervisor, after enough attempts since the promise began."""
    promise = world.promise_of(party, kind)
    same = world.matter_of(promise.party)
    tries = [
        (one.at, one.channel)
        for one in world.contacts.values()
        if one.party in same and one.direction == "out" and one.outcome in ("attempt", "failed") and one.at >= promise.starts
    ]
    if not promising.excusable(tries):
        raise Against
    case = promise.party.report.case
    if kind == "closure" and case and case.state == "closure_proposed":
        case.views.add(promise.party.person)
        for other in [one for each in world.matter_of(promise.party) if each.role == "victim" for one in each.open]:
            other.state = "excused" if other.kind == "closure" else other.state
    _answered(world, promise, "excused")


def waive(world: Model, *, party: str, kind: str, reason: str, every: int | None, by: str) -> None:
    """Because the victim asked; the enhanced ask a supervisor who has not the case; never the reference, decision or closing."""
    promise = world.promise_of(party, kind)
    one = promise.party
    supervised = _agrees(world, by, one)
    if kind in promising.NEVER_WAIVED or (one.klass == "enhanced" and not supervised):
        raise Against
    if kind == "cadence":
        if reason == "asked_for_longer":
            if every is None or not 1 <= every <= promising.MOST_WORKING_DAYS:
                raise Against
            one.every = every
        one.no_contact, one.supervisor_agreed = reason == "asked_not_to_be_contacted", supervised
    _answered(world, promise, "waived")


def _agrees(world: Model, by: str, party: Party) -> bool:
    matter = party.report.matter
    actor = world.actor(by, matter)
    others = [one for one in world.teams.holding("supervisor", matter.team) if one != actor]
    own = isinstance(matter, Case) and matter.officer == actor and bool(others)
    return world.teams.people[actor].role == "supervisor" and not own


def review(world: Model, *, party: str) -> None:
    """No contact wanted: an officer's review on the same clock."""
    promise = world.promise_of(party, "cadence")
    if not promise.party.no_contact:
        raise Against
    _answered(world, promise, "kept")


def _answered(world: Model, promise: Promise, state: str) -> None:
    promise.state = state
    world.entered(promise.party.report)
    never_without(promise.party, world.now, world.now)


def plan(world: Model, *, party: str, reachable: bool, texts: bool, speaker: bool = False) -> None:
    """How to reach them, or who speaks for them, changed. A way found: promised something at once; a way lost: promises stay."""
    one = world.party_of(party)
    speaks = one.report.reporter if speaker else None
    if (one.reachable, one.texts, one.speaker) != (reachable, texts, speaks):
        one.reachable, one.texts, one.speaker = reachable, texts, speaks
        world.entered(one.report)
        _now_contactable(world, one)


def say_safe(world: Model, *, party: str) -> None:
    """A hidden victim may be contacted from now on."""
    one = world.party_of(party)
    if not one.hidden:
        raise Against
    one.safe = True
    world.entered(one.report)
    _now_contactable(world, one)


def _now_contactable(world: Model, party: Party) -> None:
    if not party.owed:
        return
    same = world.matter_of(party)
    reached = any(one.party in same and one.outcome == "reached" and one.practitioner for one in world.contacts.values())
    if not party.open and not reached:
        make(party, "first_contact", world.now, world.now)
    never_without(party, world.now, world.now)
    reviewing.tell(world, party, world.now)
    case = party.report.case
    if case:
        hearing.newcomers(world, case)
    if case and case.proposed and party.person not in case.views:
        made = [one for each in same if each.role == "victim" for one in each.promises]
        if not any(one.kind == "closure" and one.starts == case.proposed for one in made):
            make(party, "closure", case.proposed, world.now)


def decide_vulnerable(world: Model, *, party: str) -> None:
    """A practitioner's decision: enhanced from now."""
    one = world.party_of(party)
    if one.role != "victim":
        raise Against
    before, one.vulnerable = one.klass, True
    world.entered(one.report)
    if before != "enhanced":
        tighten(one, world.now, world.now)


def assess(world: Model, *, party: str, suggested: str, judged: str) -> None:
    """In full; a level below suggestion or present waits for a supervisor and the higher holds."""
    one = world.party_of(party)
    if one.role != "victim" or (one.report.case and one.report.case.state == "closed"):
        raise Against
    world.entered(one.report)
    risking.look(one, "full", suggested, judged, world.now, world.alerts)
    _came_to_light(world, one)


def _came_to_light(world: Model, party: Party) -> None:
    if party.open:
        reviewing.tell(world, party, world.now)


def agree(world: Model, *, party: str) -> None:
    """A supervisor agrees to the lower level: it takes effect now."""
    look = _pending(world, party)
    look.state, look.effective, look.again = "agreed", look.judged, risking.again(look.judged, world.now)
    risking.take_effect(world.party_of(party), look, world.now, world.alerts)
    _came_to_light(world, world.party_of(party))


def disagree(world: Model, *, party: str) -> None:
    """A supervisor does not: the higher level goes on."""
    _pending(world, party).state = "refused"


def _pending(world: Model, party: str) -> Assessment:
    look = next((one for one in world.party_of(party).assessments if one.state == "pending"), None)
    if look is None:
        raise Gone
    world.entered(world.party_of(party).report)
    return look


def sign_review(world: Model, *, party: str) -> None:
    """The supervisor looked; again in ten working days; where nobody works on the report any more the episode ends."""
    one = world.party_of(party)
    episode = one.episode
    if episode is None:
        raise Gone
    world.entered(one.report)
    risking.sign(one, episode, world.now)
