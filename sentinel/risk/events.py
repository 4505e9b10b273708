"""What happens to a party's risk."""

from dataclasses import dataclass

from sentinel.access.models import User
from sentinel.cases.models import Party
from sentinel.risk.models import Assessment, HighEpisode


@dataclass(frozen=True)
class RiskAssessed:
    """An assessment was saved and its effective level now holds."""

    party: Party
    assessment: Assessment
    previous_level: str | None
    actor: User | None


@dataclass(frozen=True)
class RiskBecameHigh:
    """The effective level became high: a high episode is open, and five things follow in this transaction."""

    party: Party
    episode: HighEpisode
    assessment: Assessment
    actor: User | None


@dataclass(frozen=True)
class RiskHighAgain:
    """A further high assessment inside an open episode: the five things are added to, not repeated."""

    party: Party
    episode: HighEpisode
    assessment: Assessment
    actor: User | None


@dataclass(frozen=True)
class EpisodeEnded:
    """The party is no longer at high risk."""

    party: Party
    episode: HighEpisode
    reason: str
    actor: User | None
