"""Work on cases in the model, up to their closing, and who is there to do it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from tests.simulation import hearing, risking, telling
from tests.simulation.holding import tellable
from tests.simulation.matters import Against, Case, Report
from tests.simulation.promising import end, make, never_without
from tests.simulation.reporting import take_back, undecided
from tests.unit import reckoner

if TYPE_CHECKING:
    from tests.simulation.model import Model

UNANSWERED = 10
FINAL_WITHIN = timedelta(days=7)  # sentinel/desk/closing.py; rules.md says "final assessment" alone


def intervene(world: Model, *, case: str) -> None:
    """Something was done about the behaviour: the victims are told."""
    one = world.live_case(case)
    one.entered = world.now
    for party in one.parties:
        if party.owed:
            make(party, "after_intervention", tellable(one, world.now, world.now), world.now)


def note(world: Model, *, case: str) -> None:
    """Something is entered, on a closed case too."""
    world.case_of(case).entered = world.now


def propose_closing(world: Model, *, case: str) -> None:
    """Closing is proposed; the work goes on until it is closed."""
    one = world.case_of(case)
    if one.state != "open":
        raise Against
    one.state, one.proposed, one.entered, one.views = "closure_proposed", world.now, world.now, set()
    for parties in one.people:
        told = min(parties, key=lambda party: (not party.contactable, party.klass != "enhanced"))
        if told.owed:
            make(told, "closure", world.now, world.now)


def go_without(world: Model, *, party: str) -> None:
    """No answer in ten working days since the first try, or since they were told: a supervisor signs without."""
    one = world.party_of(party)
    case, same = one.report.case, [each for each in world.matter_of(one) if each.role == "victim"]
    if case is None or case.state != "closure_proposed" or case.proposed is None or one.role != "victim":
        raise Against
    if one.person in case.views or not any(each.contactable for each in same):
        raise Against
    tries = [
        made.at
        for made in world.contacts.values()
        if made.party in same and made.at >= case.proposed
        if (made.direction == "out" and made.outcome in ("attempt", "failed")) or ("closure" in made.covers and made.outcome != "failed")
    ]
    if not tries or reckoner.working_days(min(tries), UNANSWERED) > world.now:
        raise Against
    case.views.add(one.person)
    case.entered = world.now
    for promise in [promise for each in same for promise in each.open if promise.kind == "closure"]:
        promise.state = "excused"


def keep_open(world: Model, *, case: str) -> None:
    """The proposal is taken back."""
    one = world.case_of(case)
    if one.state != "closure_proposed":
        raise Against
    one.entered = world.now
    take_back(one)


def close(world: Model, *, case: str) -> None:
    """Refused unless every other promise is answered, and each victim assessed in full at the end and, if we can, asked."""
    one = world.case_of(case)
    if one.state != "closure_proposed" or one.proposed is None:
        raise Against
    if any(promise.kind != "cadence" for party in one.parties for promise in party.open) or not _assessed_at_the_end(one):
        raise Against
    if any(parties[0].person not in one.views and any(party.contactable for party in parties) for parties in one.people):
        raise Against
    one.state, one.entered = "closed", world.now
    one.days += (world.now - one.opened).total_seconds() / 86400
    for party in one.parties:
        if party.episode:
            risking.end_episode(party, world.now)
        end([promise for promise in party.open if promise.kind == "cadence"])


def reopen(world: Model, *, case: str) -> None:
    """Open again: kept in touch with from now; whoever still stands at high risk begins a new episode."""
    one = world.case_of(case)
    if one.state != "closed":
        raise Against
    one.state, one.proposed, one.opened, one.entered = "open", None, world.now, world.now
    for party in one.parties:
        never_without(party, world.now, world.now)
    for party in one.parties:
        if party.role == "victim" and party.level == "high" and not party.episode:
            risking.open_episode(party, world.now, world.alerts)
    hearing.newcomers(world, one)


def move(world: Model, *, case: str, officer: str) -> None:
    """Another officer of the team. Promises stay as they are, and the victims are told who it is."""
    one = world.live_case(case)
    if officer == one.officer or world.teams.people[officer].team != one.team:
        raise Against
    one.officer, one.entered = officer, world.now
    _who_has_it(world, one)


def hand_over(world: Model, *, matter: str, kind: str, team: str) -> None:
    """Offered to another team and accepted, who decide afresh about closing: its alerts go along and are told to whoever has them now."""
    one: Report | Case = world.live_case(matter) if kind == "case" else undecided(world, matter)
    if one.team == team:
        raise Against
    reports = one.reports if isinstance(one, Case) else [one]
    for each in (one, *reports):
        each.team = team
    if isinstance(one, Case):
        one.officer = world.teams.holding("practitioner", team)[0]
        one.entered = world.now
        if one.state == "closure_proposed":
            take_back(one)
            world.alerts.close_promises(world.now)  # what has ended is nobody's to be told of any more
        _who_has_it(world, one)
        world.alerts.follow(world.now, lambda alert: alert.place[0] == one.name)
    else:
        world.alerts.follow(world.now, lambda alert: alert.report is one)


def _who_has_it(world: Model, case: Case) -> None:
    """One promise a person; who was not told of an earlier change is told once, unless word of that one is on its way."""
    for parties in case.people:
        still = [one.starts for party in parties for one in party.open if one.kind == "officer_changed"]
        sent = [one for one in world.contacts.values() if one.party in parties and one.outcome == "one_way_sent"]
        on_its_way = any("officer_changed" in one.covers and one.at >= max(still) for one in sent) if still else False
        party = next((one for one in parties if one.owed), None)
        if party and (not still or on_its_way):
            make(party, "officer_changed", world.now, world.now)


def absent(world: Model, *, who: str, first: date, last: date, cover: str | None) -> None:
    """Somebody is away, and perhaps somebody stands in."""
    world.teams.absences.append(telling.Absence(who, first, last, cover))


def on_duty(world: Model, *, who: str, team: str, begins: datetime, ends: datetime) -> None:
    """Somebody is duty supervisor."""
    world.teams.duties.append(telling.Duty(who, team, begins, ends))


def _assessed_at_the_end(case: Case) -> bool:
    last: dict[str, datetime | None] = {}
    for party in (one for one in case.parties if one.role == "victim"):
        full = [look.at for look in party.assessments if look.kind == "full" and look.state in ("in_force", "agreed")]
        last[party.person] = max([*full, *([last[party.person]] if last.get(party.person) else [])], default=None)
    assert case.proposed
    return all(at is not None and at >= case.proposed - FINAL_WITHIN for at in last.values())
