"""The whole behaviour of the system on one page: what follows when something happens, what closing needs, what is watched.

Everything in REACTIONS happens at once, in the order written, in the transaction of its cause.
"""

from sentinel.cases import events as cases
from sentinel.core.events import Reactions
from sentinel.interventions import events as interventions
from sentinel.referrals import events as referrals
from sentinel.risk import episodes
from sentinel.risk import events as risk
from sentinel.risk import service as assessing
from sentinel.supervision import service as supervision
from sentinel.victims import events as victims

REACTIONS: Reactions = {
    cases.ReportTaken: (assessing.screen_report,),
    cases.ReportTriaged: (assessing.follow_triage,),
    cases.HandedOver: (),
    cases.SafeToApproach: (),
    cases.CaseClosed: (episodes.end_with_case,),
    cases.CaseReopened: (episodes.begin_again,),
    risk.RiskAssessed: (),
    risk.RiskBecameHigh: (supervision.propose_discussion, supervision.open_review),
    risk.RiskHighAgain: (),
    risk.EpisodeEnded: (supervision.end_reviews,),
    victims.ContactLogged: (),
    victims.PromiseEnded: (),
    referrals.ReferralMoved: (),
    interventions.InterventionMoved: (),
}

# What a case still needs before it can be closed: each gives (sentence, endpoint to mend it at) pairs.
CLOSURE_CHECKS = ()

# What triggers watch: condition name to a SELECT of subject, case, step (see sentinel/alerts/conditions.py).
CONDITIONS: dict[str, str] = {}
