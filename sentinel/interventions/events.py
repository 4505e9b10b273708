"""What happens to an intervention."""

from dataclasses import dataclass

from sentinel.access.models import User
from sentinel.interventions.models import Hearing, Intervention


@dataclass(frozen=True)
class InterventionMoved:
    """An intervention was proposed, authorised, started, breached, refused, ended, or set aside unused."""

    intervention: Intervention
    actor: User


@dataclass(frozen=True)
class HearingSet:
    """A hearing has a date. `before` is the one that it takes the place of."""

    hearing: Hearing
    before: Hearing | None
    actor: User | None


@dataclass(frozen=True)
class HearingEnded:
    """A hearing was held, or will not be."""

    hearing: Hearing
    actor: User
