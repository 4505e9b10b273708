"""Risk as rules.md has it ("Risk"): the effective level, high episodes and what happens once in each."""

from datetime import datetime

from tests.simulation.matters import RANK, Assessment, Episode, Party, Review
from tests.simulation.promising import make, tighten
from tests.simulation.telling import Alerts, Fact
from tests.unit import reckoner

REVIEWED = {"high": 5, "medium": 20, "standard": 60}
FIRST_REVIEW, LATER_REVIEWS = 1, 10  # working days; the day it opened or was done counts whatever the hour


def look(party: Party, kind: str, suggested: str, judged: str, now: datetime, alerts: Alerts) -> None:
    """A screen or an assessment: below the higher of suggestion and present level it waits, and that level holds."""
    floor = max(suggested, party.level or "standard", key=RANK.__getitem__)
    waits = RANK[judged] < RANK[floor]
    for one in party.assessments:
        one.state = "superseded" if one.state in ("in_force", "pending") else one.state
    holds = floor if waits else judged
    made = Assessment(kind, now, judged, holds, "pending" if waits else "in_force", again(holds, now))
    party.assessments.append(made)
    take_effect(party, made, now, alerts)


def take_effect(party: Party, made: Assessment, now: datetime, alerts: Alerts) -> None:
    """The level holds: an episode opens or ends, enhanced is tighter at once, and after a full one or a change they are told the plan."""
    before, was, episode = party.level, party.klass, party.episode
    party.level, party.report.screened = made.effective, True
    party.assess_by = None if made.kind == "full" else party.assess_by
    if made.effective == "high" and not episode:
        open_episode(party, now, alerts)
    elif episode and made.effective != "high":
        end_episode(party, now)
    if party.klass == "enhanced" and was != "enhanced" and party.level != "high" and party.open:
        tighten(party, now, now)
    if party.owed and (made.kind == "full" or before not in (None, party.level)):
        make(party, "after_assessment", now, now)


def again(level: str, now: datetime) -> datetime:
    """The review date; for a high level the day itself counts whatever the hour."""
    return reckoner.working_days(now, REVIEWED[level], same_day=level == "high")


def open_episode(party: Party, now: datetime, alerts: Alerts) -> None:
    """Enhanced; the supervisor alerted at that minute; a review. Referral and proposal are counted where model and database meet."""
    episode = Episode(len(party.episodes) + 1, now)
    party.episodes.append(episode)
    if party.open:
        tighten(party, now, now)
    episode.reviews.append(Review(1, reckoner.working_days(now, FIRST_REVIEW, same_day=True)))
    alerts.raise_fact(unseen(party, episode), now)


def end_episode(party: Party, now: datetime) -> None:
    """It is over, and reviews still to come with it."""
    episode = party.episode
    assert episode
    episode.ended = now
    for review in episode.reviews:
        review.ended = None if review.done else now


def sign(party: Party, episode: Episode, now: datetime) -> None:
    """The supervisor looked; again in ten working days; where nobody works on the report any more the episode ends."""
    review = episode.reviews[-1]
    review.done = now
    if party.report.case is None and party.report.state != "received":
        end_episode(party, now)
    else:
        episode.reviews.append(Review(review.number + 1, reckoner.working_days(now, LATER_REVIEWS, same_day=True)))


def unseen(party: Party, episode: Episode) -> Fact:
    """A victim is at high risk and no supervisor has looked."""
    return Fact("high_risk", f"{party.name} {episode.number}", episode.opened, party.report)
