"""The trial of core.md: thousands of promises, two workers at once, again, and days later, against a model in plain Python."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, text, update

from sentinel.alerts import sweep as sweeping
from sentinel.alerts.models import Alert, Telling
from sentinel.core import viewer
from sentinel.core.db import db
from sentinel.victims.models import Promise
from tests import factories as make
from tests.integration.sweep_model import Model, make_promises

MIDDAY = datetime(2026, 12, 2, 12, tzinfo=UTC)
COUNT = 1_500
TEAM = {
    "officer": "officer@blaby.example",
    "supervisors": ("supervisor@blaby.example", "supervisor2@blaby.example"),
    "managers": ("manager@blaby.example",),
}


@pytest.fixture
def model(real_session):
    officer = make.user()
    db.session.execute(text("UPDATE app_user SET last_seen_at = :at"), {"at": MIDDAY + timedelta(days=30)})
    parties = []
    for n in range(20):
        case = make.case(officer=officer, opened_at=MIDDAY)
        parties.append(make.party(on=case, who=make.person(f"Victim {n}")).id)
    db.session.commit()
    return Model(make_promises(parties, MIDDAY, COUNT), **TEAM)


def only_promises(monkeypatch):
    """The trial is about promises: the other triggers have tests of their own."""
    monkeypatch.setattr(sweeping, "_facts", lambda *_: None)


def told():
    rows = db.session.execute(
        text("SELECT a.subject_id, t.step, u.email FROM telling t JOIN alert a ON a.id = t.alert_id JOIN app_user u ON u.id = t.user_id")
    )
    return {tuple(row) for row in rows}


def steps():
    return dict(db.session.execute(select(Promise.id, Promise.step)).all())


def in_two_workers(app, at):
    """Two sweeps that begin at the same moment, each with connections of its own."""
    start = Barrier(2)

    def one(_):
        with app.app_context(), viewer.acting_as(viewer.system("test")):
            start.wait()
            return sweeping.sweep(at)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, range(2)))


def test_two_workers_at_once_raise_each_alert_once_and_later_sweeps_only_what_is_new(real_app, model, monkeypatch):
    only_promises(monkeypatch)
    monkeypatch.setattr(sweeping, "BATCH", 100)
    opened, escalated = model.sweep(MIDDAY)

    first, second = in_two_workers(real_app, MIDDAY)
    assert first.opened and second.opened, "one worker did everything: the trial tried nothing"
    assert (first.opened + second.opened, first.escalated + second.escalated) == (opened, escalated)
    assert steps() == {promise.id: promise.step for promise in model.promises}
    assert told() == model.told
    db.session.rollback()

    again = sweeping.sweep(MIDDAY)
    assert (again.opened, again.escalated, again.closed, again.open) == (0, 0, 0, opened)

    later = MIDDAY + timedelta(days=3)
    expected = model.sweep(later)
    assert all(expected), "nothing to open or to raise: the trial tried nothing"
    one, two = in_two_workers(real_app, later)
    assert (one.opened + two.opened, one.escalated + two.escalated) == expected
    assert steps() == {promise.id: promise.step for promise in model.promises}
    assert told() == model.told


def test_after_a_week_without_a_sweep_only_the_highest_step_is_told_and_the_passed_ones_are_on_record(real_app, model, monkeypatch):
    only_promises(monkeypatch)
    sweeping.sweep(MIDDAY - timedelta(days=7))
    model.sweep(MIDDAY - timedelta(days=7))
    sweeping.sweep(MIDDAY)
    model.sweep(MIDDAY)
    assert told() == model.told
    told_steps = {}
    for subject, step, _ in told():
        told_steps.setdefault(subject, set()).add(step)
    alerts = db.session.execute(select(Alert.subject_id, Alert.step, Alert.passed)).all()
    assert any(passed for _, _, passed in alerts)
    for subject, step, passed in alerts:
        assert set(passed) | told_steps[subject] == set(range(1, step + 1))
        assert not set(passed) & told_steps[subject]


def test_a_sweep_killed_between_batches_is_finished_by_the_next_and_nobody_is_told_twice(real_app, model, monkeypatch):
    only_promises(monkeypatch)
    monkeypatch.setattr(sweeping, "BATCH", 200)
    opened, _ = model.sweep(MIDDAY)
    batches = sweeping.raising.raise_promises

    def killed_in_the_third(*args):
        killed_in_the_third.calls += 1
        raised = batches(*args)
        if killed_in_the_third.calls == 3:
            db.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return raised

    killed_in_the_third.calls = 0
    monkeypatch.setattr(sweeping.raising, "raise_promises", killed_in_the_third)
    with pytest.raises(Exception, match="terminat"):
        sweeping.sweep(MIDDAY)
    db.session.rollback()
    done = db.session.scalar(select(text("count(*)")).select_from(Alert))
    assert done == 400
    assert sweeping.last_swept() is None, "an unfinished sweep is not on record as done"
    db.session.rollback()

    monkeypatch.setattr(sweeping.raising, "raise_promises", batches)
    counts = sweeping.sweep(MIDDAY)
    assert counts.opened == opened - 400
    assert told() == model.told


def test_at_night_what_cannot_wait_also_goes_to_the_duty_supervisor(real_app, model, monkeypatch):
    only_promises(monkeypatch)
    night = datetime(2026, 12, 2, 23, 30, tzinfo=UTC)
    duty = make.user("supervisor@charnwood.example")
    db.session.execute(
        text("INSERT INTO duty (id, team_id, user_id, starts_at, ends_at) VALUES (gen_random_uuid(), :team, :user, :at, :until)"),
        {"team": make.team().id, "user": duty.id, "at": night - timedelta(hours=1), "until": night + timedelta(hours=1)},
    )
    db.session.commit()
    model.on_duty = ("supervisor@charnwood.example",)
    model.sweep(night, night=True)
    sweeping.sweep(night)
    assert told() == model.told
    assert db.session.scalar(select(text("count(*)")).select_from(Telling).where(Telling.user_id == duty.id))


def test_promises_that_are_kept_or_ended_close_their_alerts_and_are_never_raised_again(real_app, model, monkeypatch):
    only_promises(monkeypatch)
    sweeping.sweep(MIDDAY)
    model.sweep(MIDDAY)
    late = [promise for promise in model.promises if promise.step == 4][:10]
    for promise, state in zip(late, ("kept", "excused", "waived", "ended") * 3, strict=False):
        promise.open = False
        db.session.execute(update(Promise).where(Promise.id == promise.id).values(state=state, ended_at=MIDDAY))
    db.session.commit()
    counts = sweeping.sweep(MIDDAY + timedelta(hours=1))
    assert counts.closed == 10
    reasons = db.session.execute(select(Alert.closed_reason).where(Alert.subject_id == late[0].id)).scalar_one()
    assert reasons == "kept"
    assert counts.open == sum(promise.open and promise.reached(MIDDAY + timedelta(hours=1)) > 0 for promise in model.promises)
