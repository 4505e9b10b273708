"""What happens at the door. Published in the transaction of its cause."""

from dataclasses import dataclass

from sentinel.access.models import AccessLink, User


@dataclass(frozen=True)
class LinkMade:
    """A link to set a password was made for somebody and waits to be sent."""

    link: AccessLink


@dataclass(frozen=True)
class SecondFactorReset:
    """An administrator took somebody's second factor away."""

    user: User
