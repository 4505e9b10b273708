"""What leaves the building about a referral, made at the moment of sending. Signed and keyed by the post."""

from datetime import datetime
from typing import Any

from flask import current_app

from sentinel.access.models import User
from sentinel.cases.models import Party
from sentinel.core.db import db
from sentinel.post.letters import Email, Message, NotSent, Webhook
from sentinel.referrals import queries
from sentinel.referrals.models import Referral
from sentinel.referrals.safe import SAY_FIRST
from sentinel.victims.models import ContactPlan

GONE = "The account is closed."
NOT_SET_UP = "Victim First has no address for webhooks here."
WAYS = ("ring", "voicemail", "text", "email", "post")


def referral(message: Message) -> Webhook | NotSent:
    """The referral for the agency's own system: who, how to reach them safely, risk and why, what happened, who holds the case."""
    settings = current_app.config["SENTINEL"]
    found = db.session.get(Referral, message.ref_id)
    if not settings.victim_first_webhook_url:
        return NotSent(NOT_SET_UP)
    if found is None or found.state in ("held", "closed", "declined", "withdrawn"):
        return NotSent(f"The referral is {found.state if found else 'gone'}.")
    return Webhook(settings.victim_first_webhook_url, settings.victim_first_webhook_secret, body(found))


def notice(message: Message) -> Email | NotSent:
    """Tells a worker of the agency that something new is in their queue: no name, no place, a link."""
    user = db.session.get(User, message.ref_id)
    if user is None or user.disabled_at:
        return NotSent(GONE)
    link = current_app.config["SENTINEL"].base_url.rstrip("/") + "/referrals"
    words = current_app.jinja_env.get_template("referrals/notice.txt").render(name=user.name, link=link)
    return Email(to=user.email, subject="Sentinel: a referral for you to read", body=words, nudge=True)


def body(found: Referral) -> dict[str, Any]:
    """The facts of a referral, for a machine. Times are RFC 3339."""
    party = found.party
    return {
        "type": "referral",
        "id": str(found.id),
        "state": found.state,
        "reference": _reference(party),
        "referred_at": _time(found.referred_at),
        "acknowledge_by": _time(found.acknowledge_by),
        "contact_by": _time(found.contact_by),
        "person": {"name": party.person.name, "born_on": str(party.person.born_on) if party.person.born_on else None},
        "reach": _reach(queries.plan_of(found)),
        "risk": _risk(found),
        "what_happened": party.report.detail.what_happened if party.report else None,
        "held_by": _holder(found),
        "consent": found.consent,
        "safeguarding_reason": found.decision_reason,
        "updates": [
            {"at": _time(event.at), "note": event.note} for event in queries.events_of([found.id])[found.id] if event.kind == "update"
        ],
    }


def _updates(found: Referral) -> list[dict[str, str | None]]:
    events = queries.events_of([found.id])[found.id]
    return [{"at": _time(event.at), "note": event.note} for event in events if event.kind == "update"]


def _reach(plan: ContactPlan | None) -> dict[str, Any]:
    """Numbers and addresses only where that way was not refused; what is safe, said of every way."""
    if plan is None:
        return {"say_first": SAY_FIRST}
    return {
        "phone": None if plan.ring == plan.text == "no" else plan.phone,
        "email_address": None if plan.email == "no" else plan.email_address,
        "address": None if plan.post == "no" else plan.address,
        "safe": {way: getattr(plan, way) for way in WAYS},
        "safe_times": plan.safe_times,
        "language": plan.language,
        "do_not": plan.never,
        "say_first": SAY_FIRST,
    }


def _risk(found: Referral) -> dict[str, Any]:
    assessment = queries.assessment_of(found)
    if assessment is None:
        return {"level": found.party.level, "why": found.why}
    return {
        "level": assessment.effective,
        "assessed_at": _time(assessment.assessed_at),
        "because": assessment.because,
        "why": assessment.rationale or found.why,
        "assessed_by": assessment.assessor.name if assessment.assessor else assessment.source,
    }


def _holder(found: Referral) -> dict[str, Any]:
    team, case = queries.holder_of(found), found.party.case
    giver = queries.giver_of(found)
    officer = case.officer if case else None
    return {
        "partner": giver.name if giver else None,
        "team": team.name if team else None,
        "officer": officer.name if officer else None,
        "phone": (officer.phone if officer else None) or (team.phone if team else None),
    }


def _reference(party: Party) -> str | None:
    return party.case.reference if party.case else party.report.reference if party.report else None


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
