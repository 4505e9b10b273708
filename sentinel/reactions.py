"""The whole behaviour of the system on one page: what follows when something happens, what closing needs, what is watched.

Everything in REACTIONS happens at once, in the order written, in the transaction of its cause.
"""

from collections.abc import Mapping

from sentinel.access import events as access
from sentinel.alerts import conditions
from sentinel.alerts import letters as alert_letters
from sentinel.alerts import service as alerting
from sentinel.cases import closure
from sentinel.cases import events as cases
from sentinel.core.events import Reactions
from sentinel.desk import closing
from sentinel.interventions import events as interventions
from sentinel.interventions import hearings
from sentinel.interventions import service as enforcing
from sentinel.oversight import letters as record_letters
from sentinel.post import access_link, second_factor
from sentinel.post import events as post
from sentinel.post.letters import Builder
from sentinel.referrals import delivery as referral_letters
from sentinel.referrals import events as referrals
from sentinel.referrals import following as referring
from sentinel.risk import episodes
from sentinel.risk import events as risk
from sentinel.risk import service as assessing
from sentinel.supervision import service as supervision
from sentinel.surveys import letters as survey_letters
from sentinel.surveys import service as surveys
from sentinel.victims import closing as telling
from sentinel.victims import done
from sentinel.victims import events as victims
from sentinel.victims import following as promising
from sentinel.victims import letters as victim_letters
from sentinel.victims import reviews as review_promises
from sentinel.victims import summary as victim_summary

REACTIONS: Reactions = {
    access.LinkMade: (access_link.send,),
    access.SecondFactorReset: (second_factor.send,),
    cases.ReportTaken: (assessing.screen_report, promising.promise_on_report, alerting.tell_of_touched),
    cases.ReportTriaged: (
        assessing.follow_triage,
        promising.follow_triage,
        hearings.tell_newcomers,
        referring.follow_triage,
        alerting.close_triaged,
    ),
    cases.IncidentsLinked: (review_promises.follow_incidents,),
    cases.HandedOver: (done.promise_who_has_it, alerting.follow_handover),
    cases.OfficerChanged: (closure.keep_teller, done.promise_who_has_it),
    cases.OpenedInEmergency: (alerting.tell_of_emergency,),
    cases.SignatureAsked: (alerting.tell_of_signature,),
    cases.EmergencyReviewed: (alerting.follow_review,),
    cases.RestrictedAnswered: (alerting.close_touched,),
    cases.SafeToApproach: (promising.promise_when_safe, referring.release),
    cases.ClosingProposed: (telling.promise_closing,),
    cases.TellerNamed: (telling.follow_teller, alerting.follow_teller),
    cases.ClosingTakenBack: (telling.stay_open,),
    cases.CaseClosed: (episodes.end_with_case, promising.end_for_case, alerting.close_with_case, surveys.offer),
    cases.CaseReopened: (promising.begin_again, episodes.begin_again, enforcing.follow_reopening, hearings.tell_newcomers),
    risk.RiskAssessed: (promising.promise_after_assessment, alerting.close_assessed),
    risk.RiskBecameHigh: (
        promising.become_enhanced,
        referring.refer_high_risk,
        supervision.propose_discussion,
        supervision.open_review,
        alerting.tell_of_high_risk,
    ),
    risk.RiskHighAgain: (referring.update_open,),
    risk.EpisodeEnded: (supervision.end_reviews, referring.end_of_episode, alerting.close_episode),
    victims.ContactLogged: (alerting.close_kept,),
    victims.Contactable: (hearings.tell_newcomers,),
    victims.DateHeld: (hearings.promise_date_again,),
    victims.PromiseEnded: (telling.note_excused, alerting.close_ended),
    referrals.ReferralMoved: (alerting.close_moved,),
    interventions.InterventionMoved: (done.promise_after_intervention, alerting.close_moved),
    interventions.HearingSet: (done.promise_hearing,),
    interventions.HearingEnded: (done.promise_hearing_result,),
    post.MessageSent: (victim_letters.note_sent,),
    post.MessageArrived: (victim_letters.note_arrived,),
    post.MessageCameBack: (victim_letters.note_came_back,),
    post.MessageFailed: (),
}

# Who writes the words of a message when it is sent, by the template its outbox row names.
MESSAGES: Mapping[str, Builder] = {
    "access_link": access_link.letter,
    "second_factor_reset": second_factor.letter,
    "alerts_now": alert_letters.at_once,
    "alerts_digest": alert_letters.digest,
    "acknowledgement": victim_letters.acknowledgement,
    "officer_changed": victim_letters.officer_changed,
    "summary": victim_summary.summary,
    "referral": referral_letters.referral,
    "referral_notice": referral_letters.notice,
    "anchor": record_letters.anchor,
    "survey": survey_letters.survey,
}

# What a case still needs before it can be closed: each gives sentences, with the page to mend it on.
CLOSURE_CHECKS: tuple[closure.Check, ...] = (
    closure.proposal,
    closing.victims_told,
    closing.promises_answered,
    closing.finally_assessed,
    closing.interventions_ended,
    closing.referrals_answered,
    closure.actions_done,
    closure.handover_answered,
    closing.signed,
)

# What triggers watch: condition name to a SELECT of subject, since when, case (triggers.toml says what follows).
# `promise_open` has none: promises carry their own four moments.
CONDITIONS: Mapping[str, str] = {
    "victim_without_promise": conditions.VICTIM_WITHOUT_PROMISE,
    "high_episode_unseen": conditions.HIGH_EPISODE_UNSEEN,
    "report_not_screened": conditions.REPORT_NOT_SCREENED,
    "report_not_triaged": conditions.REPORT_NOT_TRIAGED,
    "full_assessment_missing": conditions.FULL_ASSESSMENT_MISSING,
    "reassessment_missing": conditions.REASSESSMENT_MISSING,
    "case_quiet": conditions.CASE_QUIET,
    "supervision_review_missing": conditions.SUPERVISION_REVIEW_MISSING,
    "intervention_ending": conditions.INTERVENTION_ENDING,
    "hearing_near": conditions.HEARING_NEAR,
    "intervention_handed_on": conditions.INTERVENTION_HANDED_ON,
    "referral_not_acknowledged": conditions.REFERRAL_NOT_ACKNOWLEDGED,
    "referral_not_contacted": conditions.REFERRAL_NOT_CONTACTED,
    "referral_declined": conditions.REFERRAL_DECLINED,
    "referral_failed": conditions.REFERRAL_FAILED,
    "referral_unreceived": conditions.REFERRAL_UNRECEIVED,
    "referral_held": conditions.REFERRAL_HELD,
    "signature_asked": conditions.SIGNATURE_ASKED,
    "action_not_done": conditions.ACTION_NOT_DONE,
    "safeguarding_unanswered": conditions.SAFEGUARDING_UNANSWERED,
    "review_may_be_asked": conditions.REVIEW_MAY_BE_ASKED,
    "repeat_victim": conditions.REPEAT_VICTIM,
    "repeat_location": conditions.REPEAT_LOCATION,
    "officer_away": conditions.OFFICER_AWAY,
    "officer_gone": conditions.OFFICER_GONE,
    "vetting_ending": conditions.VETTING_ENDING,
    "agreement_ending": conditions.AGREEMENT_ENDING,
    "letter_not_posted": conditions.LETTER_NOT_POSTED,
    "message_failed": conditions.MESSAGE_FAILED,
    "break_glass_unreviewed": conditions.BREAK_GLASS_UNREVIEWED,
    "break_glass_overdue": conditions.BREAK_GLASS_OVERDUE,
    "break_glass_not_right": conditions.BREAK_GLASS_NOT_RIGHT,
    "restricted_person_touched": conditions.RESTRICTED_PERSON_TOUCHED,
    "look_at_self": conditions.LOOK_AT_SELF,
    "record_unsealed": conditions.RECORD_UNSEALED,
}
