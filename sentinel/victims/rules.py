"""When promises fall due, who hears of them, and what keeps them (rules.md, "Promises and contacts", "Alerts"). Pure."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from config.agreed.contact import Contact as Standards
from config.agreed.contact import Steps
from sentinel.core import worktime
from sentinel.core.clock import london
from sentinel.core.words import until


class Klass(StrEnum):
    """Which column of the standards: high risk and every other ground for it are `enhanced`."""

    STANDARD = "standard"
    MEDIUM = "medium"
    ENHANCED = "enhanced"


class Kind(StrEnum):
    """What is promised."""

    ACKNOWLEDGE = "acknowledge"
    PASSED_ON = "passed_on"
    SAFETY_CALL = "safety_call"
    FIRST_CONTACT = "first_contact"
    DECISION = "decision"
    AFTER_ASSESSMENT = "after_assessment"
    AFTER_INTERVENTION = "after_intervention"
    OFFICER_CHANGED = "officer_changed"
    HEARING_SET = "hearing_set"
    HEARING_EVE = "hearing_eve"
    HEARING_RESULT = "hearing_result"
    CADENCE = "cadence"
    CLOSURE = "closure"
    EXPLAIN_REVIEW = "explain_review"
    MAY_APPLY = "may_apply"


class Outcome(StrEnum):
    """What came of trying to reach somebody."""

    REACHED = "reached"
    ATTEMPT = "attempt"
    ONE_WAY_SENT = "one_way_sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class NotPromised(ValueError):
    """The standards promise nothing of this kind to this class."""


@dataclass(frozen=True)
class Schedule:
    """All moments of a promise, worked out once. `warning` says when the bank holidays were not known that far."""

    due_at: datetime
    soon_at: datetime
    supervisor_at: datetime
    manager_at: datetime
    warning: str | None = None

    def step_at(self, step: int) -> datetime | None:
        """When a step is reached: 1 soon, 2 due, 3 supervisor, 4 manager; None past the last."""
        return dict(enumerate((self.soon_at, self.due_at, self.supervisor_at, self.manager_at), start=1)).get(step)


@dataclass(frozen=True)
class ContactMade:
    """A contact or an attempt. `person` is canonical. `covers` are the kinds ticked under "what was covered"."""

    person: Hashable
    occurred_at: datetime
    channel: str
    outcome: Outcome
    covers: Collection[Kind] = ()
    by_practitioner: bool = False
    at_intake: bool = False


@dataclass(frozen=True)
class PromiseMade:
    """An open promise, with whom else and by which one-way channels the plan lets us tell. `person` is canonical."""

    person: Hashable
    kind: Kind
    starts_at: datetime
    representatives: Collection[Hashable] = ()
    agreed_channels: Collection[str] = ()


def klass_of(level: str | None, *, enhanced: bool = False) -> Klass:
    """The column for a party's effective level; `enhanced` when hate is perceived or a practitioner decided so."""
    if enhanced or level == "high":
        return Klass.ENHANCED
    return Klass(level or Klass.STANDARD)


def schedule(kind: Kind, klass: Klass, starts_at: datetime, made_at: datetime, standards: Standards) -> Schedule:
    """All moments of a promise whose duty arose at `starts_at` and which is made at `made_at`.

    Refuses (NotPromised) what the standards do not promise to that class.
    """
    span = standards.rule(kind).within(klass)
    if span is None:
        raise NotPromised(f"No '{kind}' is promised to a {klass} victim.")
    due_at = worktime.reckon(span, starts_at, same_day=klass is Klass.ENHANCED)
    return _stepped(due_at, made_at, standards.steps.of(klass))


def agreed_for(due_at: datetime, klass: Klass, made_at: datetime, standards: Standards) -> Schedule:
    """The moments of a promise whose date was agreed with the victim, or stands from an earlier promise."""
    return _stepped(due_at, made_at, standards.steps.of(klass))


def hastened(plan: Schedule, made_at: datetime, standards: Standards) -> Schedule:
    """The same deadline with the steps of an enhanced promise; never later than they were."""
    faster = _stepped(plan.due_at, made_at, standards.steps.enhanced)
    return replace(
        plan,
        soon_at=min(plan.soon_at, faster.soon_at),
        supervisor_at=min(plan.supervisor_at, faster.supervisor_at),
        manager_at=min(plan.manager_at, faster.manager_at),
    )


def initial_next_step(plan: Schedule, at: datetime) -> datetime:
    """When the sweep first looks at a promise made at `at`: the reminder, and never before the promise was made."""
    return max(plan.soon_at, worktime.utc(at))


def next_step(plan: Schedule, step: int) -> datetime | None:
    """When the sweep looks again at a promise that stands at `step`; None after the manager was told."""
    return plan.step_at(step + 1)


def safety_call_needed(klass: Klass, at: datetime, standards: Standards) -> bool:
    """Whether nobody would be at work for so long that the duty supervisor or the police ring first."""
    rule = standards.safety_call
    if not rule.switched_on or standards.rule(Kind.SAFETY_CALL).within(klass) is None:
        return False
    return worktime.next_work(at) - worktime.utc(at) > timedelta(hours=rule.when_next_work_is_over_hours)


def keeps(contact: ContactMade, promise: PromiseMade) -> bool:
    """Whether this contact keeps this promise: the right person, really told, since the duty arose, about this."""
    return (
        (contact.person == promise.person or contact.person in promise.representatives)
        and _told(contact, promise)
        and contact.occurred_at >= promise.starts_at
        and (promise.kind is Kind.CADENCE or promise.kind in contact.covers)
        and (promise.kind is not Kind.FIRST_CONTACT or (contact.by_practitioner and not contact.at_intake))
    )


def excusable(attempts: Collection[tuple[datetime, str]], standards: Standards) -> bool:
    """Whether a supervisor may excuse a promise after these attempts (when, channel) that reached nobody."""
    wanted = standards.attempts
    days = {day for when, _ in attempts if worktime.is_working_day(day := london(when).date())}
    return (
        len(attempts) >= wanted.attempts
        and len({channel for _, channel in attempts}) >= wanted.channels
        and len(days) >= wanted.working_days
    )


def words(kind: Kind, due_at: datetime, standards: Standards, now: datetime | None = None) -> str:
    """The sentence for the caller: "A practitioner will be in touch by 5pm on Thursday 3 December." """
    return standards.rule(kind).caller.format(by=until(due_at, now))


def _stepped(due_at: datetime, made_at: datetime, steps: Steps) -> Schedule:
    manager_at = worktime.reckon(steps.manager, due_at)
    return Schedule(
        due_at=due_at,
        soon_at=max(worktime.reckon(steps.soon, due_at), worktime.utc(made_at)),
        supervisor_at=worktime.reckon(steps.supervisor, due_at),
        manager_at=manager_at,
        warning=worktime.calendar_warning(london(manager_at).date()),
    )


def _told(contact: ContactMade, promise: PromiseMade) -> bool:
    if contact.outcome is Outcome.REACHED:
        return True
    return contact.outcome is Outcome.DELIVERED and contact.channel in promise.agreed_channels
