"""What becomes of reports in the model: taken, decided, joined, linked."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.simulation import hearing, promising, reviewing, risking
from tests.simulation.matters import LIVE, Against, Case, Party, Report
from tests.simulation.promising import end, make, never_without

if TYPE_CHECKING:
    from tests.simulation.model import Model


def take(
    world: Model,
    *,
    name: str,
    received: datetime,
    by: str,
    team: str,
    people: list[dict[str, Any]],
    level: str | None,
    told: bool,
    at_risk: bool,
) -> None:
    """A report: each victim is screened, then promised; domestic abuse goes another way, and promises nothing."""
    report = world.reports[name] = Report(name, received, team, taken_by=by)
    for values in people:
        party = Party(
            name=f"{name}/{values['role']}", report=report, standards=world.standards, **{k: v for k, v in values.items() if k != "calling"}
        )
        report.parties.append(party)
        world.parties[party.name] = party
    victims = [party for party in report.parties if party.role == "victim"]
    report.unsafe = at_risk or any(party.domestic for party in victims)
    if level:
        report.screened = True
        for party in victims:
            risking.look(party, "screen", level, level, world.now, world.alerts)
    for party in report.parties:
        _promise_report(world, party, told and any(v["role"] == party.role and v["calling"] for v in people))
    for party in victims:
        reviewing.tell(world, party, received)


def _promise_report(world: Model, party: Party, told: bool) -> None:
    received = party.report.received
    if party.role == "reporter" and party.contactable:
        make(party, "passed_on", received, world.now)
    if not party.owed:
        return
    if told:
        acknowledged = make(party, "acknowledge", received, world.now)
        acknowledged.state, acknowledged.kept_by = "kept", f"{party.report.name}/call"
    if promising.call_needed(party.klass, received):
        make(party, "safety_call", received, world.now)
    make(party, "first_contact", received, world.now)


def open_case(world: Model, *, report: str, by: str) -> None:
    """A case of its own: from now on it is kept in touch with, counted from the report."""
    one = undecided(world, report)
    case = world.cases[report] = Case(report, one.team, world.actor(by, one), world.now, world.now)
    _on_case(world, one, case, "opened")


def join(world: Model, *, report: str, case: str, by: str) -> None:
    """To a case of the same team that goes on; one proposed for closing is open again."""
    one, to = undecided(world, report), world.case_of(case)
    if to.state not in LIVE or to.team != one.team:
        raise Against
    _on_case(world, one, to, "joined")
    take_back(to)


def take_back(case: Case) -> None:
    """Nothing is proposed any more, so there is nothing to tell of it either."""
    case.state, case.proposed, case.views = "open", None, set()
    for party in case.parties:
        end([promise for promise in party.open if promise.kind == "closure"])


def undecided(world: Model, name: str) -> Report:
    """A report that nobody has decided; what was decided once is not decided again."""
    report = world.report_of(name)
    if report.state != "received":
        raise Against
    return report


def _on_case(world: Model, report: Report, case: Case, state: str) -> None:
    report.state, report.case = state, case
    case.reports.append(report)
    world.entered(report)
    for party in report.parties:
        never_without(party, report.received, world.now)
        if party.role == "victim" and not (party.assessments and party.assessments[-1].kind == "full"):
            party.assess_by = promising.due_of(party, "first_contact", party.klass, report.received)
    hearing.newcomers(world, case)


def decide(world: Model, *, report: str, how: str, by: str) -> None:
    """Signposted or no further action: what is promised becomes "told what was decided", by the date they have. Withdrawn: ended."""
    one = undecided(world, report)
    one.state = how
    for party in one.parties:
        if how == "withdrawn":
            end(party.open)
        elif party.role == "victim" and (still := [made for made in party.open if made.kind not in reviewing.KINDS]):
            latest = min((promise.due for promise in still if promise.kind != "acknowledge"), default=None)
            make(party, "decision", world.now, world.now, latest=latest)
            end(still)
    if how == "withdrawn":
        reviewing.follow(world, [one])


def safeguard(world: Model, *, report: str, by: str) -> None:
    """Whoever is at risk was referred, by somebody, now: nobody need be asked again."""
    one = world.report_of(report)
    if not one.unsafe:
        raise Against
    one.unsafe = False
    world.entered(one)


def link(world: Model, *, reports: list[str], by: str) -> None:
    """Reports of one incident, counted once."""
    ones = [world.report_of(name) for name in reports]
    if any(one.state == "withdrawn" for one in ones) or len({one.team for one in ones}) > 1:
        raise Against
    known = {one.incident for one in ones if one.incident}
    if len(known) == 1 and all(one.incident for one in ones):
        raise Against
    same = [one for one in world.reports.values() if one in ones or (one.incident and one.incident in known)]
    incident = min(known, default=f"incident {len({one.incident for one in world.reports.values()}):04}")
    for one in same:
        if one.incident != incident:
            one.incident = incident
            world.entered(one)
    reviewing.follow(world, [one for one in world.reports.values() if one.incident == incident])
