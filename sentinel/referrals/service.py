"""Referring a high-risk victim to Victim First, once per agency and person, and moving the referral on (rules.md, Referrals)."""

from datetime import datetime
from uuid import UUID

from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from config import agreed
from sentinel.access.models import Partner, RoleHeld, User
from sentinel.access.service import partner_by_slug
from sentinel.cases.events import ReportTriaged, SafeToApproach
from sentinel.cases.models import Party
from sentinel.cases.timeline import SYSTEM, tell
from sentinel.core import clock, worktime
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotAllowed, Refused
from sentinel.core.events import publish
from sentinel.post import service as post
from sentinel.post.service import queue_message
from sentinel.referrals import states
from sentinel.referrals.events import ReferralMoved
from sentinel.referrals.models import OPEN_STATES, EpisodeReferral, Referral, ReferralEvent
from sentinel.risk.events import EpisodeEnded, RiskBecameHigh, RiskHighAgain
from sentinel.risk.models import Assessment

VICTIM_FIRST = "victim-first"
REFUSED_CONSENT = "Consent was refused"
HIDDEN = "They asked not to be named to other agencies"
MAY_NOT_KNOW = "They may not know that they were named: nobody may ring until a practitioner says it is safe"
RESTRICTED = "The case is restricted: whoever is named on it decides who else may know"
NO_AGENCY = "The partnership has no Victim First to refer to. Find other support."
UNKNOWN = "Nobody knows who this person is, so there is nobody to refer."

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


def refer_high_risk(event: RiskBecameHigh) -> None:
    """Refer the party to Victim First, or update the open referral of the same person; the episode remembers which.

    Held for a supervisor where consent was refused, the party asked not to be named to agencies, or may not know that
    they were named.
    """
    agency = partner_by_slug(VICTIM_FIRST)
    reason = UNKNOWN if event.party.detail and event.party.detail.hidden_from_us else NO_AGENCY if agency is None else None
    if agency is None or reason:
        _remember(event, None, reason)
        tell(kind="referral", title="No referral to Victim First was made", body=reason, actor=event.actor, party=event.party)
        return
    found = _make(agency, event.party, event.assessment)
    if found is None:
        found = _open_referral(agency, event.party)
        _add(found, "update", actor=event.actor, note=f"At high risk on {_where(event.party)} too. {why_high(event.assessment)}")
        send(found, key=str(event.episode.id))
    else:
        _made(found, event.actor)
    _remember(event, found.id, None)


def update_open(event: RiskHighAgain) -> None:
    """A further high assessment inside an episode becomes an update of the open referral."""
    referral = _open_of_party(event.party)
    if referral:
        _add(referral, "update", actor=event.actor, note=f"Assessed as high risk again. {why_high(event.assessment)}")
        send(referral, key=str(event.assessment.id))


def end_of_episode(event: EpisodeEnded) -> None:
    """No longer high: a held referral is withdrawn unsent, an open one is told."""
    referral = _open_of_party(event.party)
    if referral is None:
        return
    if referral.state == "held":
        move(referral=referral, kind="withdrawn", actor=event.actor, note=f"Not sent: {event.reason}")
    else:
        _add(referral, "update", actor=event.actor, note=f"No longer treated as high risk here. {event.reason}")


def release(event: SafeToApproach) -> None:
    """It is safe to approach a victim who may not have known: a referral held for that alone is sent."""
    referral = _open_of_party(event.party)
    if referral and referral.state == "held" and not why_held(event.party):
        _open(referral, event.actor, "A practitioner said that it is safe to approach them.")


def follow_triage(event: ReportTriaged) -> None:
    """Referrals of the report go with it to the case."""
    parties = [party.id for party in event.report.parties]
    db.session.execute(
        update(Referral)
        .where(Referral.party_id.in_(parties))
        .values(case_id=event.report.case_id)
        .execution_options(synchronize_session="fetch")
    )


def decide_held(*, actor: User, referral: Referral, send_it: bool, reason: str) -> None:
    """A supervisor sends a held referral for a recorded safeguarding reason, or respects the refusal; both say why.

    Refuses one that is not held any more, and no reason.
    """
    _lock(referral)
    if not any(held.role == "supervisor" for held in actor.holdings):
        raise NotAllowed("Only a supervisor may decide about a referral that is held.")
    if referral.state != "held":
        raise Refused("This referral was decided already.")
    if not reason.strip():
        raise Refused("Say why: the reason is kept with the referral.", field="reason")
    referral.decided_by, referral.decision_reason = actor.id, reason.strip()
    if send_it:
        _open(referral, actor, f"Sent for a safeguarding reason: {reason.strip()}")
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
    _lock(referral)
    if event_id and _counted(referral, event_id):
        return False
    following = states.after(referral.state, kind)
    if following is None:
        return False
    moment = at or clock.now()
    referral.state = following
    _stamp(referral, following, moment, actor)
    _add(referral, kind, actor=actor, note=note, channel=channel, at=moment, event_id=event_id, by_name=by_name)
    return True


def log_contact(*, actor: User, referral: Referral, reached: bool, channel: str, note: str, at: datetime | None = None) -> None:
    """The agency tried to reach the victim, or did; reaching them is the first contact the 48 hours are about.

    Refuses a time to come, a time before the referral, and an ended or held referral.
    """
    _lock(referral)
    moment = at or clock.now()
    if moment > clock.now():
        raise Refused("That is still to come. Enter when it happened.", field="when")
    if moment < referral.referred_at:
        raise Refused("That is before the referral was made. Enter when you rang.", field="when")
    _refuse_unless_with_agency(referral)
    if referral.state == "open":
        move(referral=referral, kind="acknowledged", actor=actor)
    if not (reached and move(referral=referral, kind="contacted", actor=actor, note=note, channel=channel, at=moment)):
        _add(referral, "contact" if reached else "attempt", actor=actor, note=note, channel=channel, at=moment)


def add_update(*, actor: User, referral: Referral, note: str) -> None:
    """A sentence from the agency about what came of it; refused on an ended or held referral."""
    _lock(referral)
    _refuse_unless_with_agency(referral)
    _add(referral, "update", actor=actor, note=note)


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
    _add(referral, "sent_again", actor=actor, title="The referral to Victim First is sent again")
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
    if (party.case and party.case.restricted) or (party.report and party.report.restricted):
        return RESTRICTED
    detail = party.detail
    if detail is None:
        return None
    if detail.consent_victim_first == "refused":
        return REFUSED_CONSENT
    if detail.hidden_from_agencies:
        return HIDDEN
    return MAY_NOT_KNOW if detail.may_not_know and not detail.safe_to_approach_by else None


def _make(agency: Partner, party: Party, assessment: Assessment) -> Referral | None:
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
    open_already = Referral.state.in_(OPEN_STATES)
    done = db.session.execute(
        insert(Referral).values(values).on_conflict_do_nothing(index_elements=["agency_id", "person_id"], index_where=open_already)
    )
    return db.session.get(Referral, key) if done.rowcount else None  # type: ignore[attr-defined]


def _made(referral: Referral, actor: User | None) -> None:
    if referral.state == "held":
        note = f"{why_held(referral.party)}. A supervisor decides."
        _add(referral, "held", actor=actor, note=note, title="The referral to Victim First is held")
        return
    _add(referral, "open", actor=actor, note=referral.why, title="Referred to Victim First")
    send(referral)


def _open(referral: Referral, actor: User | None, note: str) -> None:
    """From held to open: its times count from now."""
    moment = clock.now()
    referral.state, referral.referred_at = "open", moment
    for column, value in _times(moment).items():
        setattr(referral, column, value)
    db.session.flush()
    _add(referral, "open", actor=actor, note=note, title="Referred to Victim First")
    send(referral)


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
    db.session.flush()


def _add(
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
) -> None:
    """A line with the referral, the same in the case's story, and everybody hears of it."""
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
        party=referral.party,
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


def _remember(event: RiskBecameHigh, referral_id: UUID | None, reason: str | None) -> None:
    db.session.add(EpisodeReferral(episode_id=event.episode.id, referral_id=referral_id, reason=reason))
    db.session.flush()


def _where(party: Party) -> str:
    return f"case {party.case.reference}" if party.case else f"report {party.report.reference}" if party.report else "another record"


def _open_referral(agency: Partner, party: Party) -> Referral:
    return db.session.scalars(
        select(Referral)
        .where(Referral.agency_id == agency.id, Referral.person_id == party.person.canonical_id, Referral.state.in_(OPEN_STATES))
        .with_for_update()
    ).one()


def _open_of_party(party: Party) -> Referral | None:
    """The open referral that answers this party's episodes, whichever of their parties it was made for."""
    return db.session.scalar(
        select(Referral).where(Referral.person_id == party.person.canonical_id, Referral.state.in_(OPEN_STATES)).with_for_update()
    )


def _lock(referral: Referral) -> None:
    db.session.scalar(select(Referral).where(Referral.id == referral.id).with_for_update().execution_options(populate_existing=True))


def _counted(referral: Referral, event_id: str) -> bool:
    known = db.session.scalar(select(ReferralEvent.referral_id).where(ReferralEvent.event_id == event_id))
    if known and known != referral.id:
        raise Refused("This event_id was used for another referral. Give every event its own.", field="event_id")
    return known is not None


def _refuse_unless_with_agency(referral: Referral) -> None:
    if referral.state == "held" or referral.state in states.ENDED:
        raise Refused("This referral has ended. Ask the officer who holds the case if you need to reach them again.")
