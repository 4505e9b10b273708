"""When a trigger's steps are reached, which of them are told at once, and who is told (rules.md, "Alerts"). Pure."""

from datetime import datetime
from functools import partial
from typing import NamedTuple

from config.agreed.spans import Span
from config.agreed.triggers import Trigger
from sentinel.core import worktime

NEVER = 99
# These count from something that happened and have no date to be late for, unless triggers.toml gives them one with `due`.
HAPPENINGS = frozenset(
    {
        "victim_without_promise",
        "high_episode_unseen",
        "referral_declined",
        "referral_failed",
        "referral_unreceived",
        "repeat_victim",
        "review_may_be_asked",
        "repeat_location",
        "officer_gone",
        "message_failed",
        "break_glass_unreviewed",
        "break_glass_not_right",
        "restricted_person_touched",
        "look_at_self",
        "record_unsealed",
    }
)
BEFOREHAND = ("before_due", "days_before")
SOON, DUE = 1, 2


class Reach(NamedTuple):
    """A step, and the latest moment a fact may count from to have reached it."""

    step: int
    since: datetime


def due_at(trigger: Trigger, since: datetime) -> datetime:
    """The due date of a fact that counts from `since`."""
    return worktime.reckon(trigger.due, since) if trigger.due else since


def has_due_date(trigger: Trigger) -> bool:
    """Is there a date its facts can be late for?"""
    return trigger.due is not None or trigger.condition not in HAPPENINGS


def step_at(trigger: Trigger, when: Span, since: datetime) -> datetime:
    """The moment a step of a fact is reached that counts from `since`."""
    return since if when.unit == "at_start" else worktime.reckon(when, due_at(trigger, since))


def reaches(trigger: Trigger, at: datetime) -> list[Reach]:
    """For every step: facts that count from then or earlier have reached it at `at`."""
    return [Reach(step.step, worktime.cutoff(at, partial(step_at, trigger, step.when))) for step in trigger.step]


def told_at_once_from(trigger: Trigger) -> int:
    """The lowest step of which people hear at once: the first from the due date on, any, or none (99)."""
    if trigger.tell_at_once == "in_the_digest":
        return NEVER
    if trigger.tell_at_once == "always":
        return SOON
    return next((step.step for step in trigger.step if is_due(trigger, step.step)), NEVER)


def is_due(trigger: Trigger, step: int) -> bool:
    """Whether at this step the thing is due or late, and not merely soon. A promise's second step is its due date."""
    when = trigger.step[step - 1].when
    return step >= DUE if when.unit == "as_promised" else when.unit not in BEFOREHAND


def audiences(trigger: Trigger) -> list[tuple[int, str]]:
    """(step, who) for everybody who is told of a step."""
    return [(step.step, who) for step in trigger.step for who in step.who]


def supervised_from(trigger: Trigger, who: str) -> int:
    """The first step that concerns this audience ("supervisor", "manager", "governance"), 99 when none does."""
    return next((step.step for step in trigger.step if who in step.who), NEVER)
