"""Referring a high-risk victim to Victim First, once per agency and person, and moving the referral on (rules.md, Referrals)."""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from config import agreed
from sentinel.access.models import Partner, RoleHeld, User
from sentinel.cases.models import CaseGrant, Party
from sentinel.cases.signing import refuse_unless_signs
from sentinel.cases.timeline import SYSTEM, tell
from sentinel.core import clock, worktime
from sentinel.core.db import db, lock, new_id
from sentinel.core.errors import Refused
from sentinel.core.events import publish
from sentinel.post import service as post
from sentinel.post.service import queue_message
from sentinel.referrals import states
from sentinel.referrals.events import ReferralMoved
from sentinel.referrals.models import IS_OPEN, Referral, ReferralEvent
from sentinel.risk.models import Assessment

REFUSED_CONSENT = "Consent was refused"
HIDDEN = "They asked not to be named to other agencies"
MAY_NOT_KNOW = "They may not know that they were named: nobody may ring until a practitioner says it is safe"
WHILE_OPEN = timedelta(days=3_650)
VISIBLE_AFTER = timedelta(days=28)
RESTRICTED = "The case is restricted: whoever is named on it decides who else may know"

TOLD = {
    "acknowledged": "acknowledged the referral",
    "accepted": "accepted the referral",
    "contacted": "reached",
    "closed": "closed the referral",
    "declined": "declined the referral",
    "withdrawn": "withdrew the referral",
    "attempt": "tried to reach",
    "update": "added to the referral",
}


def decide_held(*, actor: User, referral: Referral, send_it: bool, reason: str) -> None:
    """A supervisor sends a held referral for a recorded safeguarding reason, or respects the refusal; both say why.

    Refuses anybody else, whoever has the case (`cases/signing.py` says who can), one that is not held any more, and no reason.
    """
    lock(referral)
    refuse_unless_signs(actor, referral.party.case, "Only a supervisor may decide about a referral that is held.")
    if referral.state != "held":
        raise Refused("This referral was decided already.")
    if not reason.strip():
        raise Refused("Say why: the reason is kept with the referral.", field="reason")
    referral.decided_by, referral.decision_reason = actor.id, reason.strip()
    if send_it:
        put_before_agency(referral, actor, f"Sent for a safeguarding reason: {reason.strip()}")
    else:
        move(referral=referral, kind="withdrawn", actor=actor, note=f"Their wish was respected: {reason.strip()}")


def move(
    *,
    referral: Referral,
    kind: str,
    actor: User | None,
    note: str | None = None,
    channel: str | None = None,
    at: datetime | None = None,
    event_id: str | None = None,
    by_name: str | None = None,
) -> bool:
    """Move a referral on; False when the event is at or behind the present state, or was counted already by its `event_id`.

    A later event implies the earlier ones. Refuses (states.ImpossibleMoveError) what cannot follow. Records a line in the
    case's story. `at` is when it happened, UTC, by default now.
    """
    lock(referral)
    if event_id and _counted(referral, event_id):
        return False
    following = states.after(referral.state, kind)
    if following is None:
        return False
    moment = at or clock.now()
    referral.state = following
    _stamp(referral, following, moment, actor)
    add(referral, kind, actor=actor, note=note, channel=channel, at=moment, event_id=event_id, by_name=by_name)
    return True


def log_contact(*, actor: User, referral: Referral, reached: bool, channel: str, note: str, at: datetime | None = None) -> None:
    """The agency tried to reach the victim, or did; reaching them is the first contact the 48 hours are about.

    Refuses a time to come, a time before the referral, and an ended or held referral.
    """
    lock(referral)
    moment = at or clock.now()
    if moment > clock.now():
        raise Refused("That is still to come. Enter when it happened.", field="when")
    if moment < referral.referred_at.replace(second=0, microsecond=0):
        raise Refused("That is before the referral was made. Enter when you rang.", field="when")
    moment = max(moment, referral.referred_at)  # people give minutes
    _refuse_unless_with_agency(referral)
    if referral.state == "open":
        move(referral=referral, kind="acknowledged", actor=actor)
    if not (reached and move(referral=referral, kind="contacted", actor=actor, note=note, channel=channel, at=moment)):
        add(referral, "contact" if reached else "attempt", actor=actor, note=note, channel=channel, at=moment)


def add_update(*, actor: User, referral: Referral, note: str) -> None:
    """A sentence from the agency about what came of it; refused on an ended or held referral."""
    lock(referral)
    _refuse_unless_with_agency(referral)
    add(referral, "update", actor=actor, note=note)


def send(referral: Referral, *, key: str = "") -> None:
    """Put the referral in the outbox, in this transaction: into the agency's queue here, and to its webhook where one is set up.

    Its workers get an e-mail that says only that there is something new. The same key is never written twice; a held
    referral is not sent.
    """
    if referral.state == "held":
        return
    dedupe = f"referral:{referral.id}" + (f":{key}" if key else "")
    channels = {"in_system": f"{dedupe}:queue"}
    if current_app.config["SENTINEL"].victim_first_webhook_url:
        channels["webhook"] = dedupe
    for channel, dedupe_key in channels.items():
        queue_message(dedupe_key=dedupe_key, channel=channel, template="referral", ref_table="referral", ref_id=referral.id)
    for worker in workers(referral.agency):
        notice = f"{dedupe}:{worker.id}"
        queue_message(dedupe_key=notice, channel="email", template="referral_notice", ref_table="app_user", ref_id=worker.id)


def resend(*, actor: User, referral: Referral) -> int:
    """Try again what could not be delivered, under the same key. Returns how many messages; refuses when none failed."""
    again = post.resend(ref_table="referral", ref_id=referral.id)
    if not again:
        raise Refused("Nothing of this referral has failed: there is nothing to send again.")
    add(referral, "sent_again", actor=actor, title="The referral to Victim First is sent again")
    return again


def workers(agency: Partner) -> list[User]:
    """Those at the agency who may sign in and work referrals."""
    query = (
        select(User)
        .join(RoleHeld, RoleHeld.user_id == User.id)
        .where(User.partner_id == agency.id, RoleHeld.role == "victim_first", User.disabled_at.is_(None))
    )
    return list(db.session.scalars(query.distinct().order_by(User.email)))


def why_high(assessment: Assessment) -> str:
    """The reasons in the assessor's words, or else what the answers say."""
    return assessment.rationale or "; ".join(assessment.because)


def why_held(party: Party) -> str | None:
    """Why a referral of this party waits for a supervisor, or None when it may go."""
    if is_restricted(party):
        return RESTRICTED
    detail = party.detail
    if detail is None:
        return None
    if detail.consent_victim_first == "refused":
        return REFUSED_CONSENT
    if detail.hidden_from_agencies:
        return HIDDEN
    return MAY_NOT_KNOW if detail.may_not_know and not detail.safe_to_approach_by else None


def is_restricted(party: Party) -> bool:
    """Does this party stand on a restricted case or report?"""
    return bool((party.case and party.case.restricted) or (party.report and party.report.restricted))


def make(agency: Partner, party: Party, assessment: Assessment) -> Referral | None:
    """A new referral, or None when one is open for the agency and person (whoever came second waits for the first)."""
    moment = clock.now()
    held = why_held(party)
    key = new_id()
    values = {
        "id": key,
        "agency_id": agency.id,
        "person_id": party.person.canonical_id,
        "party_id": party.id,
        "case_id": party.case_id,
        "report_id": party.report_id,
        "state": "held" if held else "open",
        "consent": party.detail.consent_victim_first if party.detail else "not_asked",
        "why": why_high(assessment),
        "referred_at": moment,
        "version": 1,
        **({"decide_by": due("referral_held", moment)} if held else _times(moment)),
    }
    added = insert(Referral).values(values)
    done = db.session.execute(added.on_conflict_do_nothing(index_elements=["agency_id", "person_id"], index_where=IS_OPEN))
    return db.session.get(Referral, key) if done.rowcount else None  # type: ignore[attr-defined]


def announce(referral: Referral, actor: User | None) -> None:
    if referral.state == "held":
        note = f"{why_held(referral.party)}. A supervisor decides."
        add(referral, "held", actor=actor, note=note, title="The referral to Victim First is held")
        return
    _show(referral)
    add(referral, "open", actor=actor, note=referral.why, title="Referred to Victim First")
    send(referral)


def put_before_agency(referral: Referral, actor: User | None, note: str) -> None:
    """From held to open: its times count from now."""
    moment = clock.now()
    referral.state, referral.referred_at = "open", moment
    for column, value in _times(moment).items():
        setattr(referral, column, value)
    db.session.flush()
    _show(referral)
    add(referral, "open", actor=actor, note=note, title="Referred to Victim First")
    send(referral)


def take_over(referral: Referral, party: Party, assessment: Assessment, actor: User | None) -> None:
    """A held referral of somebody who has agreed since, in a later report: it is made for that one, and sent."""
    secret = referral.party is None or is_restricted(referral.party)
    referral.party_id, referral.case_id, referral.report_id = party.id, party.case_id, party.report_id
    referral.consent, referral.why = party.detail.consent_victim_first, why_high(assessment)
    db.session.flush()
    db.session.refresh(referral)
    # Whoever reads this on the new case may not learn of a restricted one.
    note = referral.why if secret else "Nothing holds it any more: they were asked again, in a later report."
    put_before_agency(referral, actor, note)


def _times(since: datetime) -> dict[str, datetime | None]:
    """Acknowledged in 1 working day, contacted in 48 hours by the clock, the supervisor told at 72 (2023 board papers)."""
    contact = agreed.current().triggers.watching("referral_not_contacted")
    contact_by = due("referral_not_contacted", since)
    later = contact.step[-1].when if contact else None
    return {
        "acknowledge_by": due("referral_not_acknowledged", since),
        "contact_by": contact_by,
        "escalate_by": worktime.reckon(later, contact_by, same_day=True) if later and contact_by else None,
    }


def due(condition: str, since: datetime) -> datetime | None:
    trigger = agreed.current().triggers.watching(condition)
    return worktime.reckon(trigger.due, since, same_day=True) if trigger and trigger.due else None


def _stamp(referral: Referral, state: str, moment: datetime, actor: User | None) -> None:
    if state in ("acknowledged", "accepted", "contacted"):
        referral.acknowledged_at = referral.acknowledged_at or moment
        referral.worker_id = referral.worker_id or (actor.id if actor and actor.partner_id == referral.agency_id else None)
    if state == "contacted":
        referral.contacted_at = moment
    if state in states.ENDED:
        referral.ended_at = moment
        _shown_until(referral, moment + VISIBLE_AFTER)
    db.session.flush()


def _show(referral: Referral) -> None:
    """The agency sees the party from now: the referral, how to reach them safely, who holds the case. One grant for each party."""
    moment = clock.now()
    if _shown_until(referral, moment + WHILE_OPEN):
        return
    db.session.add(
        CaseGrant(
            party_id=referral.party_id,
            grantee=referral.agency_id,
            level="contact",
            until=moment + WHILE_OPEN,
            reason="Referred to them",
            granted_at=moment,
        )
    )
    db.session.flush()


def _shown_until(referral: Referral, until: datetime) -> bool:
    """Change when the agency's grant of this party ends; False where there is none (it was held, and never sent)."""
    same = (CaseGrant.party_id == referral.party_id, CaseGrant.grantee == referral.agency_id, CaseGrant.level == "contact")
    grant = db.session.scalar(select(CaseGrant).where(*same))
    if grant:
        grant.until = until
    return grant is not None


def add(
    referral: Referral,
    kind: str,
    *,
    actor: User | None,
    note: str | None = None,
    channel: str | None = None,
    at: datetime | None = None,
    event_id: str | None = None,
    by_name: str | None = None,
    title: str | None = None,
    party: Party | None = None,
) -> None:
    """A line with the referral, the same in the story of the case (of `party`, else of the one it was made for), and everybody hears."""
    moment = at or clock.now()
    name = by_name or (actor.name if actor else SYSTEM)
    event = ReferralEvent(
        referral_id=referral.id,
        event_id=event_id,
        kind=kind,
        at=moment,
        by_user=actor.id if actor else None,
        by_name=name,
        channel=channel,
        note=note or None,
    )
    db.session.add(event)
    db.session.flush()
    tell(
        kind="referral",
        title=title or _sentence(referral, kind, actor, name),
        body=note,
        actor=actor,
        party=party or referral.party,
        happened_at=moment,
    )
    publish(ReferralMoved(referral, event))


def _sentence(referral: Referral, kind: str, actor: User | None, name: str) -> str:
    """ "Victim First reached Nasreen Khan-Abdullahi"."""
    from_agency = actor is None or actor.partner_id == referral.agency_id
    who = referral.agency.name if from_agency else name
    done = TOLD.get(kind, "was in touch with")
    person = f" {referral.party.person.name}" if kind in ("contacted", "attempt", "contact") else ""
    return f"{who} {done}{person}"


def _counted(referral: Referral, event_id: str) -> bool:
    known = db.session.scalar(select(ReferralEvent.referral_id).where(ReferralEvent.event_id == event_id))
    if known and known != referral.id:
        raise Refused("This event_id was used for another referral. Give every event its own.", field="event_id")
    return known is not None


def _refuse_unless_with_agency(referral: Referral) -> None:
    if referral.state == "held" or referral.state in states.ENDED:
        raise Refused("This referral has ended. Ask the officer who holds the case if you need to reach them again.")
