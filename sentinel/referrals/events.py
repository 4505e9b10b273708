"""What happens to a referral."""

from dataclasses import dataclass

from sentinel.referrals.models import Referral, ReferralEvent


@dataclass(frozen=True)
class ReferralMoved:
    """A referral was made, decided, or answered by its agency."""

    referral: Referral
    event: ReferralEvent
