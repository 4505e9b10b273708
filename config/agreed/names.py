"""The names the code knows. A file of standards may use these and no others; tests hold the code to the same list."""

from types import MappingProxyType
from typing import NamedTuple

LEVELS = ("standard", "medium", "high")
KLASSES = ("standard", "medium", "enhanced")
KINDS = (
    "acknowledge",
    "passed_on",
    "safety_call",
    "first_contact",
    "decision",
    "after_assessment",
    "after_intervention",
    "officer_changed",
    "hearing_set",
    "hearing_eve",
    "hearing_result",
    "cadence",
    "closure",
    "explain_review",
    "may_apply",
)
ROLES = (
    "call_taker",
    "practitioner",
    "supervisor",
    "service_manager",
    "local_admin",
    "governance",
    "information_officer",
    "victim_first",
    "landlord",
    "analyst",
)
TOLD = ("officer", "supervisor", "manager", "governance", "agency", "named", "information_officer")
TELL = ("always", "when_enhanced", "in_the_digest")
TIERS = ("advice", "early", "notice", "court", "area")
INTERVENTION_STATES = ("proposed", "authorised", "refused", "in_force", "breached", "ended")
NATIONAL_TYPES = ("personal", "nuisance", "environmental")
VIEWS_THAT_DECIDE = ("agrees", "disagrees", "not_reached", "no_answer")
PARTNER_KINDS = ("district", "unitary", "county", "police", "landlord", "support")
FACTS = ("earlier_report", "alleged_in_another_high_case")
CALL_STEPS = ("danger", "caller", "place", "what", "affects", "finish")


class Condition(NamedTuple):
    """What a trigger may watch: the moment its due date is reckoned from, and the parameters it takes."""

    counts_from: str
    params: frozenset[str] = frozenset()


CONDITIONS = MappingProxyType(
    {
        "promise_open": Condition("the promise's own four moments"),
        "victim_without_promise": Condition("when the sweep found it"),
        "high_episode_unseen": Condition("when the effective level became high"),
        "report_not_screened": Condition("when the report was received"),
        "report_not_triaged": Condition("when the report was received"),
        "full_assessment_missing": Condition("the date the full assessment is due"),
        "reassessment_missing": Condition("the review date of the latest assessment"),
        "case_quiet": Condition("the last entry on the case"),
        "supervision_review_missing": Condition("the date the supervision review is due"),
        "intervention_ending": Condition("the day it ends"),
        "hearing_near": Condition("9am on the fifth working day before the hearing"),
        "intervention_handed_on": Condition("the day until which somebody looks after it"),
        "referral_not_acknowledged": Condition("when it was referred"),
        "referral_not_contacted": Condition("when it was referred"),
        "referral_declined": Condition("when the agency declined it"),
        "referral_failed": Condition("when the last try at sending it failed"),
        "referral_unreceived": Condition("when it was referred"),
        "referral_held": Condition("when the supervisor was asked"),
        "signature_asked": Condition("when the service manager was asked", frozenset({"attempts"})),
        "action_not_done": Condition("the date the action is due"),
        "safeguarding_unanswered": Condition("when the prompt was raised"),
        "review_may_be_asked": Condition("when the report that met the threshold was received"),
        "repeat_victim": Condition("when the last of the reports was received", frozenset({"incidents", "months"})),
        "repeat_location": Condition("when the last of the reports was received", frozenset({"incidents", "days"})),
        "officer_away": Condition("when the officer last signed in"),
        "officer_gone": Condition("when the account was disabled or vetting lapsed"),
        "vetting_ending": Condition("the last day of the vetting"),
        "letter_not_posted": Condition("when the letter was written"),
        "message_failed": Condition("when the last try at sending it failed"),
        "break_glass_unreviewed": Condition("when the case was opened"),
        "break_glass_overdue": Condition("when the case was opened"),
        "break_glass_not_right": Condition("when it was reviewed"),
        "restricted_person_touched": Condition("when the report was received"),
        "look_at_self": Condition("when the look was found"),
        "record_unsealed": Condition("when the sweep found it"),
        "agreement_ending": Condition("the last day of the information sharing agreement"),
    }
)
