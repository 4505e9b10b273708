"""What happens to reports and cases, in the past tense. What follows is in `sentinel/reactions.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sentinel.access.models import Team, User
from sentinel.cases.models import BreakGlass, Case, Party, Report

Answers = dict[str, Any]


@dataclass(frozen=True)
class ReportTaken:
    """A report is recorded with its parties. `answers` are the screen's, by question key, for every victim.

    `raised_to` is the level the call taker raised the suggestion to; `acknowledge_by` the channels said to be safe by
    which the caller wants the reference sent; `told_on_the_line` whether the sentence was read out to them. `caller` is
    the party who is calling (left out: the reporter, else the first victim), and `plan` what makes it safe to reach that
    party, by column of `victims.models.ContactPlan` (phone, ring, safe_times, ...); `plans` the same for the other parties
    somebody can be reached at, by party.
    """

    report: Report
    actor: User | None
    answers: Answers
    raised_to: str | None = None
    acknowledge_by: tuple[str, ...] = ()
    told_on_the_line: bool = True
    plan: dict[str, Any] = field(default_factory=dict)
    caller: Party | None = None
    plans: Mapping[UUID, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class ReportTriaged:
    """A report was decided: `outcome` is its new state; when opened or joined its parties now stand on the case."""

    report: Report
    outcome: str
    reason: str
    actor: User


@dataclass(frozen=True)
class IncidentsLinked:
    """Somebody said that these reports are of one incident, or that one of them is not."""

    reports: tuple[Report, ...]
    actor: User


@dataclass(frozen=True)
class HandedOver:
    """A report or case now belongs to another team."""

    report: Report | None
    case: Case | None
    from_team: Team | None
    to_team: Team
    actor: User


@dataclass(frozen=True)
class OfficerChanged:
    """A case that somebody had went to another officer of the same team."""

    case: Case
    before: User
    actor: User


@dataclass(frozen=True)
class SafeToApproach:
    """A practitioner decided that a victim who may not know they were named can be contacted."""

    party: Party
    actor: User


@dataclass(frozen=True)
class ClosingProposed:
    """Somebody proposes to close a case: its victims are told before it closes, by whoever the proposal names."""

    case: Case
    proposed_at: datetime
    actor: User


@dataclass(frozen=True)
class TellerNamed:
    """Somebody else tells the victims of a case that it may close."""

    case: Case
    teller: User
    actor: User


@dataclass(frozen=True)
class ClosingTakenBack:
    """A proposal to close was taken back, by a person or by a new report: the case stays open."""

    case: Case
    actor: User


@dataclass(frozen=True)
class CaseClosed:
    """A case was closed."""

    case: Case
    actor: User


@dataclass(frozen=True)
class CaseReopened:
    """A closed case is open again."""

    case: Case
    actor: User


@dataclass(frozen=True)
class OpenedInEmergency:
    """A supervisor who is not on its list opened a restricted case; nobody has reviewed it yet."""

    opening: BreakGlass
    actor: User


@dataclass(frozen=True)
class SignatureAsked:
    """Nobody but the service manager can sign on a case, and they were asked to."""

    case: Case
    at: datetime
    actor: User


@dataclass(frozen=True)
class EmergencyReviewed:
    """Somebody on the list said whether an emergency opening was right (`opening.found_right`)."""

    opening: BreakGlass
    actor: User


@dataclass(frozen=True)
class RestrictedAnswered:
    """Somebody on the list answered for a report that touches their case."""

    touch_id: UUID
    actor: User
