"""Every other trigger: when each step is reached, to the minute, reckoned here by hand on the calendar of December 2026."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from config import agreed
from sentinel.access.models import Absence, User
from sentinel.alerts import raising
from sentinel.alerts.models import Alert
from sentinel.cases.models import Action, BreakGlass, CaseClock, CaseDetail, Party, Report, RestrictedTouch
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.interventions.models import Hearing, Intervention
from sentinel.places.models import Place
from sentinel.post.models import Outbox
from sentinel.post.service import queue_message
from sentinel.reactions import CONDITIONS
from sentinel.referrals.models import Referral
from sentinel.risk.models import Assessment, HighEpisode
from sentinel.supervision.models import SupervisionReview
from sentinel.victims.models import Contact
from sentinel.victims.promises import make_promise
from tests import factories as make
from tests.integration import restricted_made

START = "2026-12-02 10:00"  # a Wednesday
DUE = "2026-12-10 17:00"  # a Thursday


def london(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=clock.LONDON).astimezone(clock.UTC)


def save(*rows: Any) -> Any:
    for row in rows:
        db.session.add(row)
        db.session.flush()
    return rows[0]


def change(row: Any, **values: Any) -> Callable[[], None]:
    """What ends a fact: some columns of a row take other values."""

    def end() -> None:
        for name, value in values.items():
            setattr(row, name, value)
        db.session.flush()

    return end


@dataclass
class Fact:
    """Something that is so, and what makes it end."""

    subject: UUID
    end: Callable[[], None]


def officer() -> User:
    return make.user()


def victim(**more: Any) -> Party:
    return make.party(on=make.case(officer=officer()), **more)


def not_screened() -> Fact:
    report = make.report(received_at=london(START))
    make.party(on=report)
    return Fact(report.id, change(report, screened_at=clock.now()))


def not_triaged() -> Fact:
    report = make.report(received_at=london(START))
    return Fact(report.id, change(report, state="no_further_action", triaged_at=clock.now()))


def full_assessment() -> Fact:
    party = victim(assess_by=london(DUE))
    return Fact(party.id, change(party, assess_by=None))


def reassessment() -> Fact:
    case = make.case(officer=officer())
    reviewed = update(CaseClock).where(CaseClock.case_id == case.id)
    db.session.execute(reviewed.values(next_review_at=london(DUE)))
    return Fact(case.id, lambda: db.session.execute(reviewed.values(next_review_at=london(DUE) + timedelta(days=60))) and None)


def no_activity() -> Fact:
    case = make.case(officer=officer())
    entered = update(CaseClock).where(CaseClock.case_id == case.id)
    db.session.execute(entered.values(last_entry_at=london(START)))
    return Fact(case.id, lambda: db.session.execute(entered.values(last_entry_at=london("2027-01-18 16:00"))) and None)


def assessed(party: Party, **more: Any) -> Assessment:
    values = {"kind": "screen", "set_version": "1", "answers": {}, "score": 9, "suggested": "high", "because": [], "judged": "high"}
    values |= {"effective": "high", "state": "in_force", "assessed_at": london(START), "review_by": london(DUE)}
    return save(Assessment(id=new_id(), party_id=party.id, case_id=party.case_id, **(values | more)))


def episode(party: Party) -> HighEpisode:
    first = assessed(party)
    return save(HighEpisode(id=new_id(), party_id=party.id, opened_at=london(START), opened_by_assessment=first.id))


def supervision_review() -> Fact:
    party = victim()
    review = SupervisionReview(id=new_id(), episode_id=episode(party).id, party_id=party.id, number=1, due_at=london(DUE))
    save(review)
    return Fact(review.id, change(review, done_at=clock.now()))


def high_risk() -> Fact:
    opened = episode(victim())
    return Fact(opened.id, change(opened, ended_at=clock.now()))


def intervention_expiring() -> Fact:
    case, moment = make.case(officer=officer()), london(START)
    running = {"power_key": "abc", "power_version": "1", "tier": "early", "state": "in_force", "proposed_by": officer().id}
    row = save(Intervention(id=new_id(), case_id=case.id, proposed_at=moment, ends_on=date(2026, 12, 31), **running))
    return Fact(row.id, change(row, state="ended"))


def hearing() -> Fact:
    """On Wednesday 9 December: the fifth working day before it is the Wednesday before."""
    case = make.case(officer=officer())
    row = Hearing(id=new_id(), case_id=case.id, about="The injunction", at=london("2026-12-09 10:00"), court="Leicester County Court")
    row.set_at, row.set_by = london("2026-12-01 10:00"), officer().id
    save(row)
    party = make.party(on=case)
    promise = make_promise(party=party, kind="hearing_eve", cause_id=row.id, starts_at=london("2026-12-02 09:00"))
    return Fact(row.id, change(promise, state="kept", ended_at=clock.now()))


def may_apply() -> Fact:
    party = victim()
    promise = make_promise(party=party, kind="may_apply", cause_id=new_id(), starts_at=london(START))
    return Fact(party.id, change(promise, state="kept", ended_at=clock.now()))


def letter_waiting() -> Fact:
    party = victim()
    number = queue_message(dedupe_key=f"letter:{party.id}", channel="letter", template="summary", ref_table="party", ref_id=party.id)
    row = db.session.get(Outbox, number)
    row.created_at = london(START)
    db.session.flush()
    return Fact(party.id, change(row, state="sent", sent_at=clock.now()))


def handed_on_expiring() -> Fact:
    """Of an intervention that goes on after its case has closed: whoever looks after it is told, not the officer the case had."""
    case, moment = make.case(officer=officer(), state="closed", closed_at=london(START)), london(START)
    running = {"power_key": "abc", "power_version": "1", "tier": "early", "state": "in_force", "proposed_by": officer().id}
    looked_after = {"looked_after_by": officer().id, "looked_after_until": date(2026, 12, 31)}
    row = save(Intervention(id=new_id(), case_id=case.id, proposed_at=moment, **running, **looked_after))
    return Fact(row.id, change(row, state="ended"))


def refer(state: str = "open", **more: Any) -> Referral:
    party = victim()
    agency = make.user("worker@victimfirst.example").partner_id
    values = {"state": state, "consent": "given", "why": "High risk.", "referred_at": london(START)}
    row = Referral(id=new_id(), agency_id=agency, person_id=party.person_id, party_id=party.id, case_id=party.case_id, **(values | more))
    return save(row)


def not_acknowledged() -> Fact:
    row = refer()
    return Fact(row.id, change(row, state="acknowledged"))


def not_contacted() -> Fact:
    row = refer("accepted")
    return Fact(row.id, change(row, state="contacted"))


def referral_declined() -> Fact:
    row = refer("declined", ended_at=london(START))
    moment = london("2026-12-03 18:00")
    told = {"channel": "phone", "direction": "out", "outcome": "reached", "note": "Told her why."}
    about = {"party_id": row.party_id, "case_id": row.case_id, "person_id": row.person_id}
    contact = Contact(id=new_id(), occurred_at=moment, logged_at=moment, **about, **told)
    return Fact(row.id, lambda: save(contact) and None)


def failed_message(ref_table: str, ref_id: UUID) -> Outbox:
    number = queue_message(dedupe_key=str(ref_id), channel="email", template="x", ref_table=ref_table, ref_id=ref_id)
    row = db.session.get_one(Outbox, number)
    row.state, row.failed_at = "failed", london(START)
    db.session.flush()
    return row


def referral_failed() -> Fact:
    row = refer()
    return Fact(row.id, change(failed_message("referral", row.id), state="sent"))


def message_failed() -> Fact:
    party = victim()
    return Fact(party.id, change(failed_message("party", party.id), state="sent"))


def referral_unreceived() -> Fact:
    worker = make.user("worker@victimfirst.example")
    worker.disabled_at = london(START)
    return Fact(refer().id, change(worker, disabled_at=None))


def referral_held() -> Fact:
    row = refer("held", consent="refused")
    return Fact(row.id, change(row, state="open"))


def signature_asked() -> Fact:
    case = make.case(officer=officer(), state="closure_proposed")
    for email in ("supervisor@blaby.example", "supervisor2@blaby.example"):
        make.user(email).disabled_at = clock.now()
    detail = db.session.get_one(CaseDetail, case.id)
    change(detail, sign_asked_at=london(START))()
    return Fact(case.id, change(detail, signed_by=make.user("manager@blaby.example").id))


def action_overdue() -> Fact:
    case = make.case(officer=officer())
    made = {"created_by": officer().id, "created_at": clock.now(), "owner_id": officer().id}
    row = save(Action(id=new_id(), case_id=case.id, what="Fit a camera", due_at=london(DUE), **made))
    return Fact(row.id, change(row, due_at=london(DUE) + timedelta(days=30)))


def safeguarding() -> Fact:
    report = make.report(received_at=london(START))
    report.detail.safeguarding_by = london("2026-12-02 11:00")
    db.session.flush()
    return Fact(report.id, change(report.detail, safeguarding_done_at=clock.now()))


def second_report(of: Any, moment: str, **more: Any) -> Report:
    report = make.report(received_at=london(moment), **more)
    if of:
        make.party(on=report, who=of)
    return report


def repeat_victim() -> Fact:
    person = make.person()
    second_report(person, "2026-06-03 10:00")
    latest = second_report(person, START)
    party = latest.parties[0]
    return Fact(person.id, lambda: assessed(party, kind="full", assessed_at=london("2026-12-03 18:00")) and None)


def repeat_location() -> Fact:
    flats = [Place(id=new_id(), address=f"Flat {n}", address_key=f"flat {n}", building_key="harcourt court") for n in range(3)]
    save(*flats)
    days = ("2026-10-01 09:00", "2026-11-02 09:00", START)
    reports = [second_report(None, day, place_id=flat.id) for day, flat in zip(days, flats, strict=True)]
    subject = db.session.scalar(select(db.func.md5("harcourt court")))
    return Fact(UUID(subject), change(reports[0], state="withdrawn", triaged_at=clock.now()))


def officer_away() -> Fact:
    make.case(officer=officer())
    user = officer()
    user.last_seen_at = london(START)
    db.session.flush()
    return Fact(user.id, change(user, last_seen_at=london("2026-12-11 16:00")))


def officer_gone() -> Fact:
    case = make.case(officer=officer())
    user = officer()
    user.disabled_at = london(START)
    db.session.flush()
    return Fact(user.id, change(case, officer_id=make.user("supervisor@blaby.example").id))


def vetting_expiring() -> Fact:
    user = officer()
    user.vetted_until = date(2027, 2, 28)
    db.session.flush()
    return Fact(user.id, change(user, vetted_until=date(2029, 2, 28)))


def agreement_expiring() -> Fact:
    partner = officer().partner
    partner.agreement_until = date(2027, 2, 28)
    db.session.flush()
    return Fact(partner.id, change(partner, agreement_until=date(2029, 2, 28)))


def break_glass():
    opening = _opened()
    return Fact(opening.id, change(opening, **_reviewed(right=True)))


def break_glass_overdue():
    return break_glass()


def break_glass_not_right():
    opening = _opened()
    change(opening, **_reviewed(right=False))()
    return Fact(opening.id, change(opening, found_right=True))


def _opened() -> BreakGlass:
    """By the database's own function: nothing is raised with it."""
    case, opening = restricted_made.restricted(), new_id()
    values = {"opening": opening, "number": case.reference, "why": restricted_made.WHY, "at": clock.now()}
    with restricted_made.looking(restricted_made.SECOND):
        db.session.execute(text("SELECT open_in_emergency(:opening, :number, :why, :at)"), values)
    return db.session.get_one(BreakGlass, opening)


def _reviewed(*, right: bool) -> dict[str, Any]:
    return {"reviewed_by": make.user().id, "reviewed_at": clock.now(), "found_right": right}


def restricted_touched():
    case = restricted_made.restricted()
    report = make.report()
    make.party(on=report, who=case.parties[0].person)
    db.session.execute(text("SELECT restricted_touches(:report, '', :at)"), {"report": report.id, "at": clock.now()})
    touch = db.session.scalars(select(RestrictedTouch)).one()
    return Fact(touch.id, change(touch, answered_by=make.user().id, answered_at=clock.now(), answer="Another person"))


REACHED = [
    (not_screened, ["2026-12-02 14:00", "2026-12-03 17:00", "2026-12-07 17:00"]),
    (not_triaged, ["2026-12-03 17:00", "2026-12-04 17:00", "2026-12-08 17:00"]),
    (full_assessment, ["2026-12-09 09:00", "2026-12-10 17:00", "2026-12-11 17:00", "2026-12-15 17:00"]),
    (reassessment, ["2026-12-09 09:00", "2026-12-10 17:00", "2026-12-11 17:00", "2026-12-15 17:00"]),
    (supervision_review, ["2026-12-09 09:00", "2026-12-10 17:00", "2026-12-11 17:00"]),
    (high_risk, [START]),
    # Christmas Day, 28 December for Boxing Day, and New Year's Day are no working days.
    (no_activity, ["2027-01-04 17:00", "2027-01-11 17:00", "2027-01-18 17:00"]),
    (action_overdue, ["2026-12-10 17:00", "2026-12-11 17:00", "2026-12-17 17:00"]),
    (intervention_expiring, ["2026-12-03 09:00", "2026-12-24 09:00"]),
    (may_apply, [START]),
    (letter_waiting, ["2026-12-03 17:00", "2026-12-04 17:00"]),
    (hearing, ["2026-12-02 09:00", "2026-12-07 17:00"]),
    (handed_on_expiring, ["2026-12-03 09:00", "2026-12-24 09:00"]),
    (safeguarding, ["2026-12-02 11:00", "2026-12-02 14:00", "2026-12-03 11:00"]),
    (not_acknowledged, ["2026-12-03 17:00", "2026-12-04 17:00"]),
    (not_contacted, ["2026-12-04 10:00", "2026-12-05 10:00"]),
    (referral_declined, [START, "2026-12-03 17:00"]),
    (referral_failed, [START, "2026-12-03 17:00"]),
    (referral_unreceived, [START, "2026-12-03 17:00"]),
    (referral_held, [START, "2026-12-04 17:00"]),
    (signature_asked, [START, "2026-12-04 17:00"]),
    (message_failed, [START, "2026-12-03 17:00"]),
    (repeat_victim, [START, "2026-12-03 17:00"]),
    (repeat_location, [START, "2026-12-03 17:00"]),
    (officer_away, ["2026-12-09 17:00", "2026-12-11 17:00"]),
    (officer_gone, [START, "2026-12-03 17:00"]),
    (vetting_expiring, ["2026-12-30 09:00", "2027-01-31 09:00", "2027-02-21 09:00"]),
    (break_glass, ["2026-12-02 10:00"]),
    (break_glass_overdue, ["2026-12-03 17:00"]),
    (break_glass_not_right, ["2026-12-02 10:00"]),
    (restricted_touched, ["2026-12-02 10:00"]),
    (agreement_expiring, ["2026-12-30 09:00", "2027-01-31 09:00", "2027-02-21 09:00"]),
]


def look(key: str, moment: datetime) -> dict[UUID, int]:
    """The open alerts of a trigger after the sweep looked at it."""
    trigger = agreed.current().triggers.get(key)
    raising.raise_facts(trigger, moment)
    rows = select(Alert.subject_id, Alert.step).where(Alert.trigger_key == key, Alert.closed_at.is_(None))
    return dict(db.session.execute(rows).all())


@pytest.mark.parametrize(("made", "moments"), REACHED, ids=lambda value: value.__name__ if callable(value) else "")
def test_each_step_is_reached_to_the_minute_and_the_alert_closes_when_the_fact_ends(session, at, made, moments):
    at(START)
    fact = made()
    for step, words in enumerate(moments, 1):
        moment = london(words)
        before = look(made.__name__, moment - timedelta(minutes=1)).get(fact.subject, 0)
        assert before == step - 1, f"one minute before {words}"
        assert look(made.__name__, moment).get(fact.subject) == step, words
    fact.end()
    assert fact.subject not in look(made.__name__, london(moments[-1]))
    closed = db.session.scalars(select(Alert).where(Alert.subject_id == fact.subject)).one()
    assert closed.closed_reason == "ended"
    assert closed.passed == []


def test_every_trigger_that_the_partnership_agreed_is_tried_above_and_every_condition_can_be_watched():
    tried = {made.__name__ for made, _ in REACHED} | {"promise", "no_promise"} | {"look_at_self", "record_unsealed"}  # test_record_asked
    assert tried == {trigger.key for trigger in agreed.current().triggers.trigger}
    assert set(CONDITIONS) | {"promise_open"} == set(agreed.CONDITIONS)


def test_the_due_date_of_an_alert_is_that_of_its_trigger_and_what_has_none_says_since_when(session, at):
    at(START)
    screened, repeated = not_screened(), repeat_victim()
    look("not_screened", london("2026-12-02 14:00"))
    look("repeat_victim", london("2026-12-02 14:00"))
    alerts = {alert.subject_id: alert for alert in db.session.scalars(select(Alert))}
    assert alerts[screened.subject].due_at == london("2026-12-02 14:00")
    assert alerts[screened.subject].since == london(START)
    assert alerts[repeated.subject].due_at is None
    assert alerts[repeated.subject].since == london(START)


def test_one_report_is_no_repeat_nor_are_two_of_one_incident_nor_one_seven_months_ago(session, at):
    at(START)
    person = make.person()
    second_report(person, "2026-05-01 10:00")
    latest = second_report(person, START)
    assert look("repeat_victim", london(START)) == {}
    again = second_report(person, START)
    from sentinel.cases.models import Incident

    same = save(Incident(id=new_id(), linked_at=clock.now(), linked_by=officer().id))
    latest.incident_id = again.incident_id = same.id
    db.session.flush()
    assert look("repeat_victim", london(START)) == {}
    again.incident_id = None
    db.session.flush()
    assert look("repeat_victim", london(START)) == {person.id: 1}


def test_a_repeat_is_counted_back_from_the_latest_report_and_is_over_as_long_after_it(session, at):
    at(START)
    person = make.person()
    second_report(person, "2026-06-03 10:00")
    second_report(person, START)
    assert look("repeat_victim", london("2026-12-20 10:00")) == {person.id: 2}
    assert look("repeat_victim", london("2027-06-02 09:59")) == {person.id: 2}
    assert look("repeat_victim", london("2027-06-02 10:00")) == {}, "calendar months, whatever the clocks do"


def test_restricted_reports_count_for_no_repeat(session, at):
    at(START)
    person = make.person()
    second_report(person, "2026-11-01 10:00", restricted=True)
    second_report(person, START)
    assert look("repeat_victim", london(START)) == {}


def test_an_officer_with_cover_or_without_cases_is_not_missed(session, at):
    at(START)
    fact = officer_away()
    days = {"starts_on": date(2026, 12, 1), "ends_on": date(2026, 12, 31)}
    away = save(Absence(id=new_id(), user_id=fact.subject, cover_user_id=make.user("supervisor@blaby.example").id, **days))
    assert fact.subject not in look("officer_away", london("2026-12-09 17:00"))
    away.cover_user_id = None
    db.session.flush()
    assert fact.subject in look("officer_away", london("2026-12-09 17:00"))
    others = look("officer_away", london("2027-06-01 17:00"))
    assert set(others) == {fact.subject}, "the others hold no cases"
