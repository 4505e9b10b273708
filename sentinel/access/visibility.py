"""Which rows of which table a viewer may see: every table stands in exactly one class.

The class names the policies that each of its tables carries at least (design: core.md 4). Their words are in the newest
migration that touches them (0013 and later); a test holds the database to this list.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class VisibilityClass:
    """What the class means, the policies its tables carry, and its tables."""

    meaning: str
    policies: tuple[str, ...]
    tables: frozenset[str]


def _tables(words: str) -> frozenset[str]:
    return frozenset(words.split())


CLASSES = {
    "headline": VisibilityClass(
        "Unrestricted cases and reports of partners with a current agreement, and what was granted.",
        ("worker", "web_read", "web_add"),
        _tables("asb_case report party promise high_episode person incident case_clock alert"),
    ),
    "full": VisibilityClass(
        "Cases that the viewer's partner owns or that are granted in full.",
        ("worker", "web_read", "web_add"),
        _tables(
            """case_detail report_detail party_detail case_event case_action handover case_grant assessment contact_plan contact
            contact_covers closing_view person_contact residence intervention supervision_review multi_agency_proposal episode_referral
            referral referral_event hearing break_glass restricted_touch document disclosure dip_sample entry_comment
            survey_offer survey_answer"""
        ),
    ),
    "open": VisibilityClass(
        "Anybody who is signed in.",
        ("worker", "web_read"),
        _tables(
            """partner agreement partner_power team app_user role_held duty absence district lsoa postcode place installation delivery
            police_incident"""
        ),
    ),
    "own": VisibilityClass(
        "The person whose it is.",
        ("worker", "web_read"),
        _tables(
            """draft submission user_session telling answer break_glass_try declared_interest record_question credential access_link
            recovery_code dip_draw"""
        ),
    ),
    "machine": VisibilityClass(
        "Written and read by the system; shown to people only through pages of their own.",
        ("worker", "web_read"),
        _tables("outbox sweep_mark look_mark sign_in_try reference_counter quarantined_row alembic_version"),
    ),
    "none": VisibilityClass(
        "The record: written by its own functions only.",
        ("worker",),
        _tables("audit_entry audit_payload audit_seal disposal look_flag"),
    ),
}
