"""The whole behaviour of the system on one page: what follows when something happens, what closing needs, what is watched.

Everything in REACTIONS happens at once, in the order written, in the transaction of its cause.
"""

from sentinel.cases import events as cases
from sentinel.core.events import Reactions
from sentinel.interventions import events as interventions
from sentinel.referrals import events as referrals
from sentinel.risk import events as risk
from sentinel.victims import events as victims

REACTIONS: Reactions = {
    cases.ReportTaken: (),
    cases.ReportTriaged: (),
    cases.HandedOver: (),
    cases.SafeToApproach: (),
    cases.CaseClosed: (),
    cases.CaseReopened: (),
    risk.RiskAssessed: (),
    risk.RiskBecameHigh: (),
    risk.RiskHighAgain: (),
    risk.EpisodeEnded: (),
    victims.ContactLogged: (),
    victims.PromiseEnded: (),
    referrals.ReferralMoved: (),
    interventions.InterventionMoved: (),
}

# What a case still needs before it can be closed: each gives (sentence, endpoint to mend it at) pairs.
CLOSURE_CHECKS = ()

# What triggers watch: condition name to a SELECT of subject, case, step (see sentinel/alerts/conditions.py).
CONDITIONS: dict[str, str] = {}
