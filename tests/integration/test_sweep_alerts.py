"""What the sweep leaves behind: messages, marks, repairs; what ends at once; and answers, which stop nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update

from sentinel.alerts import letters, messages, service
from sentinel.alerts import sweep as sweeping
from sentinel.alerts.models import Alert, SweepMark, Telling
from sentinel.alerts.sweep import sweep
from sentinel.cases import actions, handover, triage
from sentinel.cases.service import move_to_officer
from sentinel.cases.triage import open_case, take_no_further_action
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import Refused
from sentinel.post.models import Outbox
from sentinel.reactions import REACTIONS
from sentinel.risk.events import RiskBecameHigh
from sentinel.risk.models import Assessment, HighEpisode
from sentinel.victims.models import Promise
from sentinel.victims.promises import end, make_promise
from sentinel.victims.service import came_back, decide_vulnerable, log_contact, plan_of, waive
from tests import factories as make
from tests.integration import alerting
from tests.integration.alerting import (
    GOVERNANCE,
    MANAGER,
    OFFICER,
    SECOND,
    SUPERVISOR,
    alert_of,
    letter_to,
    outbox,
    promised,
    spoke_to,
    told,
    victim,
    with_roles,
)


@pytest.fixture(autouse=True)
def everybody_is_here(session):
    alerting.sign_everybody_in()


def test_what_cannot_wait_is_one_message_a_person_a_sweep_and_the_rest_waits_for_the_morning(session, at):
    at("2026-12-02 10:00")
    enhanced = [promised(victim("enhanced")) for _ in range(3)]
    standard = promised(victim())
    sweep(at("2027-01-20 10:00"))
    urgent = [row for row in outbox("alerts_now") if row.ref_id == make.user(MANAGER).id]
    assert len(urgent) == 1, "three alerts, one message"
    assert told(enhanced[0], "now") == {(MANAGER, 4), (OFFICER, 4)}
    assert told(standard, "digest") == {(MANAGER, 4), (OFFICER, 4)}
    assert told(standard, "now") == set()
    before = len(outbox("alerts_now"))
    sweep(at("2027-01-20 10:05"))
    assert len(outbox("alerts_now")) == before
    letter = letter_to(MANAGER, "alerts_now", letters.at_once)
    assert letter.to == MANAGER
    assert "3 alerts that cannot wait" in letter.body
    assert letter.subject == "Sentinel: 3 things that cannot wait"


def test_messages_to_staff_carry_no_personal_data(session, at):
    at("2026-12-02 10:00")
    person = make.person("Thandiwe Mokoena-Hughes")
    case = make.case(officer=make.user(), title="Harassment at Peacock Terrace")
    promised(make.party(on=case, who=person, klass="enhanced"))
    sweep(at("2027-01-20 10:00"))
    messages.write_digests()
    for letter in (letter_to(OFFICER, "alerts_now", letters.at_once), letter_to(OFFICER, "alerts_digest", letters.digest)):
        said = letter.subject + letter.body
        for private in ("Thandiwe", "Mokoena", "Peacock", "Harassment", case.reference):
            assert private not in said
        assert letter.nudge


def test_a_message_lost_between_the_batches_and_the_end_is_written_by_the_next_sweep(session, at, monkeypatch):
    at("2026-12-02 10:00")
    promised(victim("enhanced"))

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sweeping, "_finish", killed)
    with pytest.raises(KeyboardInterrupt):
        sweep(at("2027-01-20 10:00"))
    assert outbox("alerts_now") == []
    monkeypatch.undo()
    sweep(at("2027-01-20 10:05"))
    assert {row.ref_id for row in outbox("alerts_now")} == {make.user(MANAGER).id, make.user(OFFICER).id}


def test_the_digest_is_written_once_on_the_morning_of_a_working_day(session, at):
    at("2026-12-02 10:00")
    promised(victim())
    sweep(at("2026-12-31 10:00"))
    for words in ("2027-01-01 07:30", "2027-01-02 07:30", "2027-01-04 05:59", "2027-01-04 12:00"):
        at(words)
        assert messages.write_digests() == 0, words
    at("2027-01-04 07:30")
    assert messages.write_digests() == 1
    assert messages.write_digests() == 0
    (row,) = outbox("alerts_digest")
    assert row.dedupe_key == f"digest:{make.user().id}:2027-01-04"
    letter = letter_to(OFFICER, "alerts_digest", letters.digest)
    assert letter.subject == "Sentinel: 1 new, 1 open"
    assert "1  A promise to a victim" in letter.body
    assert letter.body.rstrip().splitlines()[-3] == "1 alert is open for you, new and old together: http://127.0.0.1:8000/alerts"
    at("2027-01-05 07:30")
    assert messages.write_digests() == 1, "still open"


def test_what_has_ended_before_its_message_goes_is_not_written_about(session, at):
    at("2026-12-02 10:00")
    party = victim("enhanced")
    promise = promised(party)
    sweep(at("2027-01-20 10:00"))
    end(promise, state="ended", reason="over", actor=None)
    assert letter_to(MANAGER, "alerts_now", letters.at_once).reason == letters.OVER


def test_logging_a_contact_closes_its_alert_at_once(session, at):
    at("2026-12-02 10:00")
    party = victim()
    promise = promised(party)
    sweep(at("2027-01-20 10:00"))
    spoke_to(party)
    closed = alert_of(promise.id)
    assert (closed.closed_reason, closed.closed_at) == ("kept", clock.now())


@pytest.mark.parametrize("state", ["excused", "waived", "ended"])
def test_ending_a_promise_closes_its_alert_with_the_reason(session, at, state):
    at("2026-12-02 10:00")
    promise = promised(victim())
    sweep(at("2027-01-20 10:00"))
    end(promise, state=state, reason="because", actor=make.user(SUPERVISOR))
    assert alert_of(promise.id).closed_reason == state


def test_deciding_about_a_report_closes_what_asked_for_it(session, at):
    at("2026-12-02 10:00")
    report = make.report()
    sweep(at("2026-12-04 09:00"))
    assert alert_of(report.id).trigger_key == "not_triaged"
    reason = triage.reasons("no_further_action")[0].key
    take_no_further_action(actor=with_roles(OFFICER), report=report, reason=reason, words="Nothing to go on.")
    assert alert_of(report.id).closed_reason == "ended"


def test_alerts_of_a_report_go_with_it_to_its_case_and_its_new_officer_is_told_where_they_stand(session, at):
    at("2026-12-02 10:00")
    report = make.report()
    party = make.party(on=report)
    promise = make_promise(party=party, kind="first_contact", cause_id=report.id, starts_at=clock.now())
    sweep(at("2026-12-11 10:00"))
    assert told(promise) == {(SUPERVISOR, 3), (SECOND, 3)}
    reason = triage.reasons("opened")[0].key
    case = open_case(actor=with_roles(OFFICER), report=report, officer=make.user(), title="Noise", reason=reason, words="w")
    sweep(at("2026-12-11 10:05"))
    alert = alert_of(promise.id)
    assert (alert.case_id, alert.officer_id) == (case.id, make.user().id)


def test_a_case_that_moves_takes_its_alert_along_and_the_new_officer_hears_of_it(session, at):
    at("2026-12-02 10:00")
    party = victim()
    promise = promised(party)
    soon = promise.soon_at
    clock.freeze(soon)
    sweep(soon)
    assert told(promise) == {(OFFICER, 1)}
    move_to_officer(actor=with_roles(OFFICER), case=party.case, officer=make.user(SECOND), reason="Holiday")
    sweep(soon + timedelta(minutes=5))
    assert told(promise) == {(OFFICER, 1), (SECOND, 1)}
    assert alert_of(promise.id).officer_id == make.user(SECOND).id
    sweep(soon + timedelta(minutes=10))
    assert told(promise) == {(OFFICER, 1), (SECOND, 1)}


def high(party):
    """The event that opens a high episode, as the risk room publishes it."""
    values = {"kind": "full", "set_version": "1", "answers": {}, "score": 40, "suggested": "high", "because": [], "judged": "high"}
    values |= {"effective": "high", "state": "in_force", "assessed_at": clock.now(), "review_by": clock.now()}
    made = Assessment(id=new_id(), party_id=party.id, case_id=party.case_id, **values)
    db.session.add(made)
    db.session.flush()
    episode = HighEpisode(id=new_id(), party_id=party.id, opened_at=clock.now(), opened_by_assessment=made.id)
    db.session.add(episode)
    db.session.flush()
    return RiskBecameHigh(party, episode, made, make.user())


def test_high_risk_alerts_the_supervisors_in_the_same_transaction_once_an_episode(session, at):
    at("2026-12-02 10:00")
    party = victim()
    promised(party)
    event = high(party)
    service.tell_of_high_risk(event)
    service.tell_of_high_risk(event)
    alert = alert_of(event.episode.id)
    assert (alert.trigger_key, alert.urgent, alert.case_id) == ("high_risk", True, party.case_id)
    assert told(event.episode) == {(SUPERVISOR, 1), (SECOND, 1)}
    assert {row.ref_id for row in outbox("alerts_now")} == {make.user(SUPERVISOR).id, make.user(SECOND).id}
    counts = sweep(at("2026-12-02 10:05"))
    assert counts.opened == 0
    assert len(outbox("alerts_now")) == 2


def test_high_risk_at_night_is_told_to_whoever_is_on_duty_as_well(session, at):
    night = at("2026-12-05 23:30")
    session.execute(
        text("INSERT INTO duty (id, team_id, user_id, starts_at, ends_at) VALUES (gen_random_uuid(), :team, :user, :at, :until)"),
        {"team": make.team().id, "user": make.user(MANAGER).id, "at": night, "until": night + timedelta(hours=8)},
    )
    event = high(victim())
    service.tell_of_high_risk(event)
    assert (MANAGER, 1) in told(event.episode)


def test_high_risk_rolled_back_tells_nobody(session, at):
    at("2026-12-02 10:00")
    party = victim()
    with session.begin_nested() as undone:
        service.tell_of_high_risk(high(party))
        undone.rollback()
    assert session.scalar(select(func.count()).select_from(Alert).where(Alert.trigger_key == "high_risk")) == 0
    assert outbox("alerts_now") == []


def test_a_victim_without_a_promise_gets_one_and_governance_hears_of_it_until_it_is_kept(session, at):
    at("2026-12-02 10:00")
    party = victim()
    kept = promised(party)
    session.execute(update(Promise).where(Promise.id == kept.id).values(state="ended", ended_at=clock.now()))
    session.commit()
    counts = sweep(at("2026-12-02 10:05"))
    assert counts.opened == 1
    made = session.scalars(select(Promise).where(Promise.party_id == party.id, Promise.state == "open")).one()
    assert made.kind == "cadence"
    assert told(party) == {(GOVERNANCE, 1)}
    assert sweep(at("2026-12-02 10:10")).opened == 0
    assert session.scalar(select(func.count()).select_from(Promise).where(Promise.party_id == party.id)) == 2
    spoke_to(party)
    sweep(at("2026-12-02 10:15"))
    assert alert_of(party.id).closed_at == clock.now()


def test_the_promise_that_follows_an_excused_or_waived_one_is_no_repair(session, at):
    at("2026-12-02 10:00")
    party = victim()
    waive(actor=make.user(SUPERVISOR), promise=promised(party), reason="asked_another_way", note="Rather her sister.")
    session.commit()
    sweep(at("2026-12-02 10:05"))
    assert told(party) == set()


@pytest.mark.parametrize("why", ["not contactable", "may not know", "domestic", "closed", "witness"])
def test_nobody_is_promised_by_repair_who_must_not_or_cannot_be_contacted(session, at, why):
    at("2026-12-02 10:00")
    if why == "closed":
        party = victim(state="closed", closed_at=clock.now())
    elif why == "domestic":
        report = make.report()
        report.detail.relation = "partner_or_family"
        party = make.party(on=report)
    else:
        party = victim() if why != "witness" else make.party(on=make.case(officer=make.user()), role="witness")
    if why == "not contactable":
        party.contactable = False
    if why == "may not know":
        party.detail.may_not_know = True
    session.commit()
    sweep(at("2026-12-02 10:05"))
    assert session.scalar(select(func.count()).select_from(Promise)) == 0


def test_a_dry_run_counts_and_writes_nothing_at_any_moment(session, at):
    at("2026-12-02 10:00")
    promise = promised(victim("enhanced"))
    party = victim()
    session.commit()
    counts = sweep(at("2027-01-20 10:00"), dry_run=True)
    assert counts.opened == 2
    assert counts.open == 2
    for table in (Alert, Telling, Outbox, SweepMark):
        assert session.scalar(select(func.count()).select_from(table)) == 0, table
    assert session.get(Promise, promise.id, populate_existing=True).step == 0
    assert session.scalar(select(func.count()).select_from(Promise).where(Promise.party_id == party.id)) == 0
    sweep(at("2026-12-03 10:00"))
    assert sweep(at("2026-12-02 10:00"), dry_run=True).opened == 0, "backwards too"


def test_a_sweep_never_goes_back(session, at):
    sweep(at("2026-12-02 10:00"))
    with pytest.raises(Refused, match="alerts do not go back"):
        sweep(at("2026-12-02 09:59"))
    assert sweeping.last_swept() == clock.now() + timedelta(minutes=1)


def test_two_machines_whose_clocks_differ_by_seconds_both_sweep(session, at):
    later = at("2026-12-02 10:00")
    sweep(later)
    at("2026-12-02 09:58")
    sweep()
    assert sweeping.last_swept() == later
    at("2026-12-02 09:50")
    with pytest.raises(Refused, match="do not go back"):
        sweep()


def test_alerts_of_a_trigger_that_the_partnership_took_out_close(session, at):
    at("2026-12-02 10:00")
    session.add(Alert(trigger_key="gone", subject_id=new_id(), since=clock.now(), step=1, opened_at=clock.now(), stepped_at=clock.now()))
    session.commit()
    assert sweep(clock.now()).closed == 1


def test_every_event_that_ends_an_alert_is_followed():
    called = {reaction for group in REACTIONS.values() for reaction in group}
    assert called >= {
        service.tell_of_high_risk,
        service.close_kept,
        service.close_ended,
        service.close_assessed,
        service.close_triaged,
        service.close_episode,
        service.close_with_case,
        service.close_moved,
        service.follow_handover,
    }


def test_what_was_promised_before_somebody_became_enhanced_cannot_wait_either(session, at):
    at("2026-12-02 10:00")
    party = victim()
    promise = promised(party)
    decide_vulnerable(actor=make.user(), party=party, why="Intimidated.")
    sweep(at("2027-01-20 10:00"))
    assert told(promise, via="now") == {(MANAGER, 4), (OFFICER, 4)}


def test_alerts_of_a_report_handed_over_are_told_to_its_new_team(session, at):
    at("2026-12-02 10:00")
    promise = promised(make.party(on=make.report()))
    sweep(at("2027-01-05 17:00"))
    assert told(promise) == {(SUPERVISOR, 3), (SECOND, 3)}
    theirs = make.user("officer@charnwood.example")
    offer = handover.offer(actor=make.user(), to_team=make.team("charnwood-asb"), reason="Theirs.", report=promise.party.report)
    handover.accept(actor=theirs, handover=offer)
    assert told(promise) == {(SUPERVISOR, 3), (SECOND, 3), ("supervisor@charnwood.example", 3)}
    assert alert_of(promise.id).team_id == make.team("charnwood-asb").id


def test_a_repeat_that_rises_belongs_to_whoever_has_the_latest_report(session, at):
    at("2026-12-02 10:00")
    person = make.person()
    for day in (1, 0):
        make.party(on=make.report(received_at=clock.now() - timedelta(days=day)), who=person)
    sweep(clock.now())
    at("2026-12-02 11:00")
    make.party(on=make.report(team_slug="charnwood-asb"), who=person)
    sweep(at("2026-12-03 17:00"))
    assert told(person) == {(SUPERVISOR, 1), (SECOND, 1), ("supervisor@charnwood.example", 2)}
    assert alert_of(person.id).team_id == make.team("charnwood-asb").id


def test_an_action_stays_its_owners_when_the_case_is_handed_over(session, at):
    at("2026-12-02 10:00")
    party = victim()
    owner = make.user(SECOND)
    action = actions.add_action(actor=make.user(), case=party.case, what="Ring the landlord.", owner=owner, due_on=clock.today())
    sweep(at("2026-12-02 17:05"))
    offer = handover.offer(actor=make.user(), to_team=make.team("charnwood-asb"), reason="Theirs.", case=party.case)
    handover.accept(actor=make.user("officer@charnwood.example"), handover=offer)
    assert alert_of(action.id).officer_id == owner.id
    assert told(action) == {(SECOND, 1)}


def test_a_promise_that_is_open_again_because_its_message_came_back_is_a_new_alert(session, at):
    at("2026-12-02 10:00")
    party = victim()
    plan_of(party).email = "yes"
    promise = promised(party)
    sweep(at("2027-01-20 10:00"))
    contact = contacted(party)
    assert alert_of(promise.id).closed_reason == "kept"
    first = alert_of(promise.id).id
    came_back(actor=make.user(), contact=contact, note="The address does not exist.")
    sweep(at("2027-01-20 10:05"))
    again = alert_of(promise.id)
    assert again.id != first
    assert (again.step, again.closed_at) == (4, None)


def contacted(party):
    about = {"channel": "email", "direction": "out", "outcome": "delivered", "note": "Wrote to her.", "covers": ("cadence",)}
    return log_contact(actor=make.user(), party=party, occurred_at=clock.now(), **about)
