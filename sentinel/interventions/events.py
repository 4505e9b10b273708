"""What happens to an intervention."""

from dataclasses import dataclass

from sentinel.access.models import User
from sentinel.interventions.models import Intervention


@dataclass(frozen=True)
class InterventionMoved:
    """An intervention was proposed, authorised, started, breached, refused, ended, or set aside unused."""

    intervention: Intervention
    actor: User
