"""Short ways to a victim at some level, for the tests of risk, supervision and referrals."""

from typing import Any

from sentinel.cases.events import ReportTaken
from sentinel.cases.models import Case, Party, Report
from sentinel.core.db import db
from sentinel.core.events import publish
from sentinel.risk import service
from sentinel.risk.models import Assessment
from tests import factories

# Scores 11 on the screen: medium (9 to 16). And 20 on the full set: medium (17 to 30).
SCREEN_MEDIUM = {"frequency": "daily", "targeted": "household", "affected": "a_lot", "hate": ["none"], "happened": ["none"]}
SCREEN_HIGH = SCREEN_MEDIUM | {"happened": ["weapon"]}
FULL_STANDARD = {"frequency": "most_weeks", "affected": "a_little"}
FULL_MEDIUM = {
    "frequency": "daily",
    "linked": "yes",
    "worse": "yes",
    "harassed": "others",
    "targeted": "you",
    "affected": "a_lot",
    "others": "household",
}
FULL_HIGH = FULL_MEDIUM | {"happened": ["threat_to_life"]}
WHY = "Threats at the door every night; she sleeps at her sister's."


def victim_on_case(**more: Any) -> Party:
    """A victim on an open case of Blaby's."""
    case = factories.case(officer=factories.user(), **more)
    return factories.party(on=case)


def victim_on_report(**more: Any) -> Party:
    """A victim on a report not yet triaged."""
    party = factories.party(on=factories.report(**more))
    db.session.expire(party.report)
    return party


def take(report: Report, answers: dict[str, Any] | None = None, **more: Any) -> None:
    """What happens when the call taker saves."""
    db.session.expire(report)
    publish(ReportTaken(report, factories.user("calltaker@blaby.example"), SCREEN_MEDIUM if answers is None else answers, **more))


def assess(party: Party, judged: str = "high", answers: dict[str, Any] | None = None, **more: Any) -> Assessment:
    """A full assessment by the officer; without answers, those that suggest the level judged."""
    suggests = {"high": FULL_HIGH, "medium": FULL_MEDIUM, "standard": FULL_STANDARD}
    given = suggests[judged] if answers is None else answers
    return service.assess(**({"actor": factories.user(), "party": party, "answers": given, "judged": judged, "rationale": WHY} | more))


def close(case: Case) -> None:
    """The case as closing leaves it."""
    from sentinel.cases.events import CaseClosed
    from sentinel.core import clock

    case.state, case.closed_at = "closed", clock.now()
    db.session.flush()
    publish(CaseClosed(case, factories.user("supervisor@blaby.example")))
