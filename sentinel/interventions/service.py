"""Verbs on interventions: proposed, authorised, started, not kept, ended, and considered but not used.

Each locks its case, writes a line of the story that names the intervention in its data, and publishes InterventionMoved.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from config import agreed
from config.agreed.powers import Power
from sentinel.access.models import User
from sentinel.cases.events import CaseReopened
from sentinel.cases.models import Case, CaseEvent, Party
from sentinel.cases.service import hold, workers_on
from sentinel.cases.states import refuse_unless_live
from sentinel.cases.timeline import tell
from sentinel.core import clock, words
from sentinel.core.db import db, lock
from sentinel.core.errors import NotAllowed, Refused, Stale
from sentinel.core.events import publish
from sentinel.interventions import queries, rules, states
from sentinel.interventions.events import InterventionMoved
from sentinel.interventions.models import Intervention

STALE = "Somebody else changed this while you had it open. Nothing of yours was saved. Compare the two, then save what should stand."


def propose(
    *,
    actor: User,
    case: Case,
    power_key: str,
    note: str,
    party: Party | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    told: Mapping[str, str] | None = None,
    explanation: str = "",
) -> Intervention:
    """Use a power on a case: proposed for somebody else to authorise, or, where nobody need, started at once with its dates.

    Refuses a power that is switched off, not valid or not held; a child under 10; one that waits or is in force already for the same
    person; court without a step between and without a line of explanation; no note. Keeps the version of the powers. Recorded.
    """
    refuse_unless_worked_by(actor, case)
    power = _power(power_key, actor)
    _refuse_wrong_person(case, power, party)
    text = _reasoned(case, power, note, explanation)
    made = _new(actor=actor, case=case, power=power, party=party, note=text, self_authorised=power.self_authorised)
    if power.begins == "in_force":
        made.authorised_by, made.authorised_at = actor.id, made.proposed_at
        return _begin(made, power, actor, starts_on, ends_on, told, text)
    return _moved(made, actor, "proposed", f"{power.name} proposed{_for(party)}", text)


def authorise(*, actor: User, intervention: Intervention, note: str = "", version: int | None = None) -> Intervention:
    """Allow what somebody else proposed. Refuses whoever proposed it or lacks the right, and a power that is no longer valid."""
    power = _answering(actor, intervention, version)
    if power is None or not power.valid_on(clock.today()):
        raise Refused("This power may not be used any more. Answer that it is not authorised.", field="answer")
    state = _next(intervention, "authorised")
    intervention.authorised_by, intervention.authorised_at = actor.id, clock.now()
    return _moved(intervention, actor, state, f"{power.name} authorised{_for(intervention.party)}", note)


def refuse(*, actor: User, intervention: Intervention, reason: str, version: int | None = None) -> Intervention:
    """Do not allow it, and say why: the officer reads it. Refuses whoever proposed it or lacks the right, and no reason."""
    _answering(actor, intervention, version)
    state = _next(intervention, "refused")
    intervention.reason = in_words(reason, "Say why it is not authorised: whoever proposed it reads it.", field="note")
    return _moved(intervention, actor, state, f"{_name(intervention)} not authorised{_for(intervention.party)}", intervention.reason)


def start(
    *,
    actor: User,
    intervention: Intervention,
    starts_on: date | None,
    ends_on: date | None = None,
    told: Mapping[str, str] | None = None,
    note: str = "",
    version: int | None = None,
) -> Intervention:
    """Carry out what was authorised, from a day to a day where the power has an end.

    Refuses a start to come or before it was authorised, and an end before the start or in the past. For somebody under 18 it asks
    whether a parent or guardian and youth justice were told. Recorded.
    """
    _hold(actor, intervention, version)
    power = _power(intervention.power_key, actor)
    return _begin(intervention, power, actor, starts_on, ends_on, told, note)


def note_breach(
    *, actor: User, intervention: Intervention, happened_on: date | None, note: str, version: int | None = None
) -> Intervention:
    """Note that it was not kept, each time it was not. Refuses a day to come or before it started, and no words. Recorded."""
    _hold(actor, intervention, version)
    state = _next(intervention, "breached")
    if happened_on is None or happened_on > clock.today():
        raise Refused("Enter the day it was not kept: today or an earlier day.", field="happened_on")
    if intervention.starts_on and happened_on < intervention.starts_on:
        raise Refused(f"It started on {words.day(intervention.starts_on)}. Enter that day or a later one.", field="happened_on")
    said = in_words(note, "Say in a sentence what happened.")
    return _moved(intervention, actor, state, f"{_name(intervention)} breached on {words.day(happened_on)}{_for(intervention.party)}", said)


def go_on(*, actor: User, intervention: Intervention, note: str, version: int | None = None) -> Intervention:
    """Let it go on after a breach, and say what was decided. Refuses one that was not breached, and no words. Recorded."""
    _hold(actor, intervention, version)
    if intervention.state != "breached":
        raise Refused(f"This intervention is {states.WORDS[intervention.state]}: there is no breach to answer.")
    state = _next(intervention, "in_force")
    said = in_words(note, "Say in a sentence what was decided.")
    return _moved(intervention, actor, state, f"{_name(intervention)} goes on after the breach{_for(intervention.party)}", said)


def end(*, actor: User, intervention: Intervention, outcome: str, ended_on: date | None = None, version: int | None = None) -> Intervention:
    """End it, today unless an earlier day is given, and say what came of it. One that never started is taken back.

    Refuses no outcome, and a day to come or before it started. Recorded.
    """
    _hold(actor, intervention, version, after_closing=True)
    began = intervention.starts_on
    state = _next(intervention, "ended")
    day = ended_on or clock.today()
    if day > clock.today() or (began and day < began):
        raise Refused("Enter a day from its start until today.", field="ended_on")
    intervention.reason = in_words(outcome, "Say in a sentence what came of it.", field="outcome")
    if began is None:
        return _moved(intervention, actor, state, f"{_name(intervention)} taken back, not started{_for(intervention.party)}", outcome)
    intervention.ends_on, intervention.ends_at = day, min(clock.now(), _last_minute(day))
    return _moved(intervention, actor, state, f"{_name(intervention)} ended{_for(intervention.party)}", intervention.reason)


def hand_on(
    *, actor: User, intervention: Intervention, carer: User, until: date | None, note: str = "", version: int | None = None
) -> Intervention:
    """Name who looks after it when its case has closed: until its own end, or until the day given where it has none.

    It stays in force, and its alerts go to them. Refuses what is not in force, somebody who does not see the case in full, and
    no day to come. Recorded on the story (rules.md, Closure).
    """
    _hold(actor, intervention, version, after_closing=True)
    if intervention.state not in ("in_force", "breached"):
        raise Refused(f"This intervention is {states.WORDS[intervention.state]}. Only one in force can be looked after.")
    if carer.id not in {one.id for one in workers_on(intervention.case)}:
        raise Refused(f"{carer.name} does not see this case in full. Choose somebody who does.", field="carer")
    day = rules.looked_after_until(intervention.ends_on, until, today=clock.today())
    intervention.looked_after_by, intervention.looked_after_until = carer.id, day
    db.session.flush()
    title = f"{_name(intervention)}: {carer.name} looks after it until {words.day(day)}{_for(intervention.party)}"
    data = {"intervention": str(intervention.id), "state": intervention.state}
    tell(kind="intervention", title=title, body=note.strip() or None, case=intervention.case, actor=actor, data=data)
    return intervention


def follow_reopening(event: CaseReopened) -> None:
    """The case is open again: its officer looks after everything on it, as before."""
    for row in queries.of_case(event.case):
        row.looked_after_by = row.looked_after_until = None
    db.session.flush()


def record_told(*, actor: User, intervention: Intervention, told: Mapping[str, str], version: int | None = None) -> Intervention:
    """Record that a parent or guardian, or youth justice, has been told since. Refuses one that is not for somebody under 18."""
    _hold(actor, intervention, version)
    if not queries.is_child(intervention.party):
        raise Refused("Nobody under 18 is named on this intervention.")
    said = _keep_told(intervention, told)
    _told_of(intervention, actor, f"{_name(intervention)}: who has been told{_for(intervention.party)}", said, told)
    return intervention


def consider_not_used(*, actor: User, case: Case, power_key: str, reason: str, said: str = "", party: Party | None = None) -> Intervention:
    """Record that a power was considered and not used, and why; also one that is not switched on. "Something else" needs words."""
    refuse_unless_worked_by(actor, case)
    power = queries.power_of(power_key)
    known = {choice.key: choice.text for choice in agreed.current().outcomes.power_not_used}
    if power is None or reason not in known:
        raise Refused("Choose why it is not used.", field="reason")
    if reason == "other" and not said.strip():
        raise Refused("Say in your own words why not.", field="words")
    made = _new(actor=actor, case=case, power=power, party=party, note=said.strip() or None, reason=reason)
    body = f"{known[reason]}. {said.strip()}".strip()
    return _moved(made, actor, "not_used", f"Considered and not used: {power.name}{_for(party)}", body)


# --- What the verbs share -----------------------------------------------------------------------------------------


def refuse_unless_worked_by(actor: User, case: Case, *, after_closing: bool = False) -> None:
    """Lock the case. Refuses one that is closed or transferred, and whoever does not work on it."""
    hold(case)
    if not (after_closing and case.state == "closed"):
        refuse_unless_live(case.state)
    if actor.id not in {one.id for one in workers_on(case)}:
        raise NotAllowed("Only practitioners and supervisors who see this case in full can do that.")


def _hold(actor: User, intervention: Intervention, version: int | None, *, after_closing: bool = False) -> None:
    """Lock the case, then the intervention as it is now; Stale, with how it stands, when somebody else changed it.

    `after_closing`: on a closed case too, where somebody looks after it.
    """
    refuse_unless_worked_by(actor, intervention.case, after_closing=after_closing and intervention.looked_after_by is not None)
    lock(intervention)
    if version is not None and version != intervention.version:
        raise Stale(STALE, yours=[], theirs=standing(intervention), version=intervention.version)


def standing(intervention: Intervention) -> list[tuple[str, str]]:
    """How it stands now, as (label, words), and the last line of its story."""
    told = CaseEvent.data["intervention"].astext == str(intervention.id)
    last = db.session.scalar(
        select(CaseEvent).where(CaseEvent.case_id == intervention.case_id, told).order_by(CaseEvent.id.desc()).limit(1)
    )
    latest = [("Latest", f"{last.title}, {last.actor_name}")] if last else []
    return [("State", states.WORDS[intervention.state].capitalize()), *latest]


def _power(key: str, actor: User) -> Power:
    power = queries.power_of(key)
    why = queries.why_not(power, actor) if power else "The standards no longer have this power."
    if power is None or why:
        raise Refused(f"This cannot be used: {why}")
    return power


def _refuse_wrong_person(case: Case, power: Power, party: Party | None) -> None:
    if party is None:
        return _refuse_twice(case, power, None)
    if party.case_id != case.id or party.role != "alleged":
        raise Refused("Choose somebody alleged to be responsible on this case.", field="party")
    rules.refuse_under_ten(party.person.name, queries.age(party))
    return _refuse_twice(case, power, party)


def _refuse_twice(case: Case, power: Power, party: Party | None) -> None:
    for row in queries.of_case(case):
        if row.power_key == power.key and row.state in states.LIVE and _person(row.party) == _person(party):
            raise Refused(f"{power.name} is already {states.WORDS[row.state]}{_for(party)}. Go on with that one.", field="party")


def _person(party: Party | None) -> object:
    return party.person.canonical_id if party else None


def _reasoned(case: Case, power: Power, note: str, explanation: str) -> str:
    said = in_words(note, "Say in a sentence what it is about.")
    tiers = [row.tier for row in queries.carried_out(queries.of_case(case))]
    if not rules.skips_to_court(power.tier, tiers):
        return said
    why = in_words(explanation, "Nothing between advice and court was tried. Say in a line why court comes now.", field="explanation")
    return f"{said}\n\nStraight to court, because: {why}"


def _new(*, actor: User, case: Case, power: Power, party: Party | None, **values: object) -> Intervention:
    return Intervention(
        case=case,
        party=party,
        power_key=power.key,
        power_version=agreed.current().powers.version,
        tier=power.tier,
        proposed_by=actor.id,
        proposed_at=clock.now(),
        **values,
    )


def _answering(actor: User, intervention: Intervention, version: int | None) -> Power | None:
    _hold(actor, intervention, version)
    if intervention.proposed_by == actor.id:
        raise NotAllowed("You proposed this, so somebody else has to answer it.")
    if not queries.may_answer(actor, intervention):
        raise NotAllowed(f"Only a supervisor of {intervention.case.owner.name} can answer this.")
    return queries.power_of(intervention.power_key)


def _begin(
    made: Intervention,
    power: Power,
    actor: User,
    starts_on: date | None,
    ends_on: date | None,
    told: Mapping[str, str] | None,
    note: str,
) -> Intervention:
    today = clock.today()
    authorised = clock.london(made.authorised_at).date() if made.authorised_at and not made.self_authorised else None
    if not made.self_authorised:
        states.move(states.moves_of(power.moves), made.state, "in_force")
    made.starts_on = rules.refuse_start(starts_on, today=today, not_before=authorised)
    if not power.valid_on(made.starts_on):
        raise Refused(f"{power.name} may be used from {words.day(power.valid_from or today)}. Check the day.", field="starts_on")
    if "ends_on" in power.dates:
        made.ends_on = rules.refuse_end(made.starts_on, ends_on, today=today)
        made.ends_at = _last_minute(made.ends_on)
    body = [note.strip(), _keep_told(made, told or {}) if queries.is_child(made.party) else ""]
    end_words = f" to {words.day(made.ends_on)}" if made.ends_on else ""
    title = f"{power.name} started {words.day(made.starts_on)}{end_words}{_for(made.party)}"
    return _moved(made, actor, "in_force", title, "\n\n".join(part for part in body if part), told)


def _keep_told(made: Intervention, told: Mapping[str, str]) -> str:
    rules.refuse_untold(dict(told))
    made.parent_told = told["parent"]
    return rules.told_words(dict(told))


def _next(intervention: Intervention, state: str) -> str:
    power = queries.power_of(intervention.power_key)
    return states.move(states.moves_of(power.moves if power else None), intervention.state, state)


def in_words(text: str, otherwise: str, *, field: str = "note") -> str:
    """What was typed, without the blanks around it; refused with a sentence when it is nothing."""
    if not text.strip():
        raise Refused(otherwise, field=field)
    return text.strip()


def _last_minute(day: date) -> datetime:
    """Midnight at the end of a London day: the moment that what ends on it is over."""
    return datetime.combine(day + timedelta(days=1), time(0), clock.LONDON).astimezone(clock.UTC)


def _name(intervention: Intervention) -> str:
    return queries.power_name(intervention.power_key)


def _for(party: Party | None) -> str:
    return f" for {party.person.name} (alleged)" if party else ""


def _moved(
    made: Intervention, actor: User, state: str, title: str, body: str | None, told: Mapping[str, str] | None = None
) -> Intervention:
    made.state = state
    db.session.add(made)
    _told_of(made, actor, title, body, told)
    publish(InterventionMoved(made, actor))
    return made


def _told_of(made: Intervention, actor: User, title: str, body: str | None, told: Mapping[str, str] | None) -> None:
    db.session.flush()
    data = {"intervention": str(made.id), "state": made.state, **({"told": dict(told)} if told else {})}
    tell(kind="intervention", title=title, body=(body or "").strip() or None, case=made.case, actor=actor, data=data)
