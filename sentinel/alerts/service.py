"""Alerts that cannot wait for the sweep, those that end at once, and what people answer."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid5

from sqlalchemy import select, text, update

from config import agreed
from sentinel.access.models import User
from sentinel.alerts import messages, raising
from sentinel.alerts.models import Alert, Answer
from sentinel.alerts.titles import title_of
from sentinel.cases.events import (
    CaseClosed,
    EmergencyReviewed,
    HandedOver,
    OpenedInEmergency,
    ReportTaken,
    ReportTriaged,
    RestrictedAnswered,
    SignatureAsked,
    TellerNamed,
)
from sentinel.cases.models import Case, Report, RestrictedTouch
from sentinel.cases.service import move_to_officer
from sentinel.cases.timeline import tell
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.core.transactions import enqueue
from sentinel.risk.events import EpisodeEnded, RiskAssessed, RiskBecameHigh
from sentinel.victims.events import ContactLogged, PromiseEnded

HIGH = "high_episode_unseen"
SIGNATURE = "signature_asked"
PROMISE = "promise_open"
OPENED_IN_EMERGENCY = "break_glass_unreviewed"
OPENED_WRONGLY = "break_glass_not_right"
TOUCHED = "restricted_person_touched"
LONGEST_SNOOZE_DAYS = 31

_TOUCHES = text("SELECT restricted_touches(:report, :trigger, :at)")


class _Moved(Protocol):
    id: Any


class ReferralMoved(Protocol):
    """`referrals.events.ReferralMoved`, as far as alerts follow it: that room may not be known here."""

    @property
    def referral(self) -> _Moved: ...


class InterventionMoved(Protocol):
    """`interventions.events.InterventionMoved`, as far as alerts follow it."""

    @property
    def intervention(self) -> _Moved: ...


def tell_of_high_risk(event: RiskBecameHigh) -> None:
    """Alert the supervisor (else whoever is on duty) in the transaction that opened the episode, and write to them at once."""
    _raise_at_once(HIGH, event.episode.id)


def tell_of_emergency(event: OpenedInEmergency) -> None:
    """Alert the people named on the case and the information officer in the transaction that opened it, and write to them at once."""
    _raise_at_once(OPENED_IN_EMERGENCY, event.opening.id)


def tell_of_signature(event: SignatureAsked) -> None:
    """Alert whoever was asked to sign where no supervisor can in the transaction that asked, and write to them at once."""
    _raise_at_once(SIGNATURE, event.case.id, key=uuid5(event.case.id, event.at.isoformat()))


def follow_review(event: EmergencyReviewed) -> None:
    """Close what asked for the review; the information officer and the service manager hear at once of an opening that was not right."""
    _look_again(event.opening.id)
    if not event.opening.found_right:
        _raise_at_once(OPENED_WRONGLY, event.opening.id)


def tell_of_touched(event: ReportTaken) -> None:
    """The people named on a restricted case are told at once when a new report names somebody on it.

    Whoever took the report learns nothing: what is found, written and told is the database's affair (migration 0012), and the
    worker is asked to look for messages whatever was found.
    """
    trigger = agreed.current().triggers.watching(TOUCHED)
    db.session.flush()
    db.session.execute(_TOUCHES, {"report": event.report.id, "trigger": trigger.key if trigger else "", "at": clock.now()})
    enqueue("post.deliver")


def close_touched(event: RestrictedAnswered) -> None:
    """Close the alert that a report touches a restricted case: somebody named has answered for it."""
    _look_again(event.touch_id)


def close_kept(event: ContactLogged) -> None:
    """Close the alerts of the promises this contact kept."""
    for promise in event.kept:
        _close_promise(promise.id, "kept")


def close_ended(event: PromiseEnded) -> None:
    """Close the alert of a promise that was excused, waived or ended."""
    _close_promise(event.promise.id, event.promise.state)


def close_assessed(event: RiskAssessed) -> None:
    """Close what asked for this assessment."""
    _look_again(event.party.id, event.party.case_id, event.party.report_id)


def close_triaged(event: ReportTriaged) -> None:
    """Close what asked for this decision, and what told the people named on a restricted case of the report."""
    touches = select(RestrictedTouch.id).where(RestrictedTouch.report_id == event.report.id)
    _look_again(event.report.id, *db.session.scalars(touches))


def close_episode(event: EpisodeEnded) -> None:
    """Close the alert that the victim is at high risk: no longer."""
    _look_again(event.episode.id)


def close_with_case(event: CaseClosed) -> None:
    """Close what was asked of a case that is now closed."""
    db.session.flush()
    on_case = select(Alert.subject_id).where(Alert.case_id == event.case.id, Alert.closed_at.is_(None))
    _look_again(*db.session.scalars(on_case))


def close_moved(event: ReferralMoved | InterventionMoved) -> None:
    """Close what was asked of a referral or an intervention that has moved on."""
    _look_again(event.referral.id if hasattr(event, "referral") else event.intervention.id)


def follow_teller(event: TellerNamed) -> None:
    """The alerts of what the victims are still to be told of closing go to whoever tells them now."""
    db.session.flush()
    for trigger in agreed.current().triggers.all_watching(PROMISE):
        raising.name_teller(trigger, clock.now(), event.case.id)


def follow_handover(event: HandedOver) -> None:
    """The alerts of a report or case go with it to its new team, whose people are told where each stands."""
    owned = Alert.case_id == event.case.id if event.case else Alert.report_id == event.report.id if event.report else None
    if owned is not None:
        db.session.flush()
        alerts = db.session.scalars(select(Alert.id).where(owned, Alert.closed_at.is_(None))).all()
        raising.follow(agreed.current().triggers.trigger, clock.now(), alerts)


def answer(*, alert: Alert, user: User, kind: str, reason: str = "", until: datetime | None = None, asked: User | None = None) -> Answer:
    """Record one person's answer: seen (`acknowledge`), not now (`snooze`), or, as a supervisor, `ask`, `do`, `give`.

    It is their own view of the alert: it stops no step and hides nothing from anybody else. What a supervisor says stands on
    the case; `give` moves the case to `asked`. Refuses an alert that has closed, a snooze without a reason or an end still
    to come within 31 days, and a supervisor's answer that says nothing.
    """
    if alert.closed_at:
        raise Refused("This alert has closed itself meanwhile: what it was about has ended.")
    words = reason.strip()
    if kind == "snooze":
        _refuse_snooze(words, until)
    elif kind != "acknowledge":
        _supervise(alert, user, kind, words, asked)
    made = Answer(
        alert_id=alert.id, user_id=user.id, kind=kind, reason=words[:500], until=until, asked_id=asked.id if asked else None, at=clock.now()
    )
    db.session.add(made)
    db.session.flush()
    return made


def _refuse_snooze(reason: str, until: datetime | None) -> None:
    if not reason:
        raise Refused("Say why you put it off.", field="reason")
    if until is None or until <= clock.now():
        raise Refused("Choose a time still to come.", field="until")
    if (until - clock.now()).days >= LONGEST_SNOOZE_DAYS:
        raise Refused(f"Choose a day within {LONGEST_SNOOZE_DAYS} days.", field="until")


def _supervise(alert: Alert, user: User, kind: str, words: str, asked: User | None) -> None:
    if not words:
        raise Refused("Say in a sentence what you said or decided: it goes on the case.", field="reason")
    if kind in ("ask", "give") and asked is None:
        raise Refused("Choose who.", field="officer")
    case = db.session.get(Case, alert.case_id) if alert.case_id else None
    report = db.session.get(Report, alert.report_id) if alert.report_id else None
    if kind == "give":
        _give(case, user, asked, words)
    elif case or report:
        said = f"{user.name} asked {asked.name}" if asked else f"{user.name} will do it"
        tell(kind="supervision", title=f"{title_of(alert)}: {said}", body=words, case=case, report=None if case else report, actor=user)


def _give(case: Case | None, user: User, officer: User | None, words: str) -> None:
    if case is None or officer is None:
        raise Refused("There is no case yet to give. Decide about the report first.", field="kind")
    move_to_officer(actor=user, case=case, officer=officer, reason=words)


def _raise_at_once(condition: str, subject: UUID, *, key: UUID | None = None) -> None:
    """Raise it and write to whoever is told: once for `key`, by default for the subject, which then never comes again."""
    for trigger in agreed.current().triggers.all_watching(condition):
        raising.raise_facts(trigger, clock.now(), subject=subject)
        about = Alert.trigger_key == trigger.key, Alert.subject_id == subject, Alert.closed_at.is_(None)
        raised = db.session.scalar(select(Alert.id).where(*about))
        if raised is not None:
            messages.tell_at_once(key or subject, raised)


def _close_promise(promise_id: UUID, reason: str) -> None:
    trigger = agreed.current().triggers.watching(PROMISE)
    db.session.execute(
        update(Alert)
        .where(Alert.trigger_key == (trigger.key if trigger else ""), Alert.subject_id == promise_id, Alert.closed_at.is_(None))
        .values(closed_at=clock.now(), closed_reason=reason)
        .execution_options(synchronize_session=False)
    )


def _look_again(*subjects: UUID | None) -> None:
    """Close the open alerts of these subjects whose fact has ended in this transaction."""
    db.session.flush()
    known = {trigger.key: trigger for trigger in agreed.current().triggers.trigger if trigger.condition != PROMISE}
    for key, subject in _open_about(subjects):
        if key in known:
            raising.close_fact(known[key], clock.now(), subject)


def _open_about(subjects: Iterable[UUID | None]) -> list[tuple[str, UUID]]:
    wanted = [subject for subject in subjects if subject]
    found = select(Alert.trigger_key, Alert.subject_id).where(Alert.subject_id.in_(wanted), Alert.closed_at.is_(None))
    return [(key, subject) for key, subject in db.session.execute(found).all()]
