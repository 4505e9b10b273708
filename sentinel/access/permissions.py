"""What may be done, and by which roles: the whole of it on one screen.

A permission opens a page; which cases and people then appear on it is decided by the viewer (rules.md, Who sees what).
"""

from enum import StrEnum

from sentinel.core.viewer import Viewer


class Permission(StrEnum):
    """Something a role allows."""

    REPORT_TAKE = "report:take"
    REPORT_READ = "report:read"
    REPORT_TRIAGE = "report:triage"
    REPORT_ROUTE = "report:route"
    QUEUE_READ = "queue:read"
    CASE_READ = "case:read"
    CASE_WORK = "case:work"
    CASE_SIGN = "case:sign"
    CASE_RESTRICT = "case:restrict"
    BREAK_GLASS = "case:break_glass"
    SHARED_READ = "shared:read"
    CASES_EXPORT = "cases:export"
    CONTACT_LOG = "contact:log"
    RISK_ASSESS = "risk:assess"
    RISK_AGREE = "risk:agree"
    PROMISE_EXCUSE = "promise:excuse"
    INTERVENTION_AUTHORISE = "intervention:authorise"
    ALERT_ANSWER = "alert:answer"
    BOARD_READ = "board:read"
    SUPERVISE = "supervise"
    FOOTPRINTS_READ = "footprints:read"
    REFERRAL_WORK = "referral:work"
    REFERRAL_DECIDE = "referral:decide"
    DISCLOSURE_READ = "disclosure:read"
    SURVEY_READ = "survey:read"
    INCIDENTS_COUNT = "incidents:count"
    QUARANTINE_READ = "quarantine:read"
    PARTNERSHIP_READ = "partnership:read"
    PARTNERSHIP_GOVERN = "partnership:govern"
    PEOPLE_MANAGE = "people:manage"
    RECORD_READ = "record:read"


_CASEWORKERS = frozenset({"practitioner", "supervisor"})
_MANAGERS = frozenset({"supervisor", "service_manager"})
# A service manager signs where no supervisor but the officer is left (`cases/signing.py`).
_SIGNERS = _MANAGERS

ALLOWED: dict[Permission, frozenset[str]] = {
    Permission.REPORT_TAKE: _CASEWORKERS | {"call_taker"},
    Permission.REPORT_READ: _CASEWORKERS | {"call_taker", "service_manager"},
    Permission.REPORT_TRIAGE: _CASEWORKERS,
    Permission.REPORT_ROUTE: frozenset({"governance"}),
    Permission.QUEUE_READ: _CASEWORKERS | {"governance"},
    Permission.CASE_READ: _CASEWORKERS | {"call_taker", "service_manager"},
    Permission.CASE_WORK: _CASEWORKERS,
    Permission.CASE_SIGN: _SIGNERS,
    Permission.CASE_RESTRICT: frozenset({"supervisor"}),
    Permission.BREAK_GLASS: frozenset({"supervisor"}),
    Permission.SHARED_READ: frozenset({"landlord"}),
    Permission.CASES_EXPORT: _MANAGERS,
    Permission.CONTACT_LOG: _CASEWORKERS,
    Permission.RISK_ASSESS: _CASEWORKERS,
    Permission.RISK_AGREE: _SIGNERS,
    Permission.PROMISE_EXCUSE: _SIGNERS,
    Permission.INTERVENTION_AUTHORISE: frozenset({"supervisor"}),
    Permission.ALERT_ANSWER: _CASEWORKERS | {"service_manager", "governance", "information_officer"},
    Permission.BOARD_READ: _MANAGERS | {"governance"},
    Permission.SUPERVISE: frozenset({"supervisor"}),
    Permission.FOOTPRINTS_READ: frozenset({"service_manager", "governance"}),
    Permission.REFERRAL_WORK: frozenset({"victim_first"}),
    Permission.REFERRAL_DECIDE: frozenset({"supervisor"}),
    Permission.DISCLOSURE_READ: frozenset({"information_officer"}),
    Permission.SURVEY_READ: _MANAGERS | {"governance", "analyst"},
    Permission.INCIDENTS_COUNT: _CASEWORKERS | {"service_manager", "analyst", "governance"},
    Permission.QUARANTINE_READ: frozenset({"governance", "analyst"}),
    Permission.PARTNERSHIP_READ: frozenset({"local_admin", "governance", "information_officer", "supervisor", "service_manager"}),
    Permission.PARTNERSHIP_GOVERN: frozenset({"governance"}),
    Permission.PEOPLE_MANAGE: frozenset({"local_admin", "governance"}),
    Permission.RECORD_READ: frozenset({"information_officer"}),
}


def allows(viewer: Viewer, permission: Permission) -> bool:
    """May this viewer use what the permission opens?"""
    return viewer.has(*ALLOWED[permission])
