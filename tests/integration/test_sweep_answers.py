"""Answers to alerts: a personal view that stops no step; and who sees what of them."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from sentinel.alerts import queries, service
from sentinel.alerts.models import Answer
from sentinel.alerts.sweep import sweep
from sentinel.cases.models import CaseEvent
from sentinel.core import clock
from sentinel.core.errors import Refused
from sentinel.victims.promises import end
from tests import factories as make
from tests.integration import alerting
from tests.integration.alerting import (
    GOVERNANCE,
    MANAGER,
    OFFICER,
    SECOND,
    SUPERVISOR,
    alert_of,
    as_keeper,
    promised,
    told,
    victim,
    with_roles,
)


@pytest.fixture(autouse=True)
def everybody_is_here(session):
    alerting.sign_everybody_in()


def test_acknowledging_and_snoozing_stop_no_step_and_hide_nothing_from_others(session, at):
    at("2026-12-02 10:00")
    promise = promised(victim())
    clock.freeze(promise.due_at)
    sweep(promise.due_at)
    alert = alert_of(promise.id)
    officer = make.user()
    service.answer(alert=alert, user=officer, kind="acknowledge")
    service.answer(alert=alert, user=officer, kind="snooze", reason="Busy", until=clock.now() + timedelta(days=20))
    mine = queries.inbox(as_keeper(OFFICER)) & queries.waiting(as_keeper(OFFICER))
    assert queries.count_open(as_keeper(OFFICER), mine) == 0
    clock.freeze(promise.supervisor_at)
    counts = sweep(promise.supervisor_at)
    assert (counts.escalated, alert_of(promise.id).step) == (1, 3)
    assert {(SUPERVISOR, 3), (SECOND, 3)} <= told(promise)
    assert queries.count_overseen(as_keeper(SUPERVISOR)) == 1
    assert queries.count_open(as_keeper(OFFICER), mine) == 1, "it rose: the officer sees it again"


def test_an_alert_put_off_comes_back_when_its_time_has_come(session, at):
    at("2026-12-02 10:00")
    promise = promised(victim())
    clock.freeze(promise.due_at)
    sweep(promise.due_at)
    until = clock.now() + timedelta(hours=2)
    service.answer(alert=alert_of(promise.id), user=make.user(), kind="snooze", reason="Court today", until=until)
    viewer = as_keeper(OFFICER)
    assert queries.count_inbox(viewer) == 0
    clock.freeze(promise.due_at + timedelta(hours=2))
    assert queries.count_inbox(viewer) == 1


@pytest.mark.parametrize(
    ("kind", "more", "sentence"),
    [
        ("snooze", {"reason": " "}, "Say why you put it off."),
        ("snooze", {"reason": "r"}, "Choose a time still to come."),
        ("snooze", {"reason": "r", "until": timedelta(minutes=-1)}, "Choose a time still to come."),
        ("snooze", {"reason": "r", "until": timedelta(days=32)}, "Choose a day within 31 days."),
        ("ask", {"reason": ""}, "Say in a sentence what you said or decided: it goes on the case."),
        ("ask", {"reason": "r"}, "Choose who."),
    ],
)
def test_an_answer_that_says_nothing_is_refused_with_a_sentence(session, at, kind, more, sentence):
    at("2026-12-02 10:00")
    promise = promised(victim())
    clock.freeze(promise.due_at)
    sweep(promise.due_at)
    if "until" in more:
        more["until"] = clock.now() + more["until"]
    with pytest.raises(Refused, match=sentence):
        service.answer(alert=alert_of(promise.id), user=make.user(SUPERVISOR), kind=kind, **more)


def test_a_supervisors_answer_stands_on_the_case_and_giving_it_away_moves_the_case(session, at):
    at("2026-12-02 10:00")
    party = victim()
    promise = promised(party)
    sweep(at("2027-01-20 10:00"))
    supervisor = with_roles(SUPERVISOR)
    service.answer(alert=alert_of(promise.id), user=supervisor, kind="ask", reason="Ring her at 3pm.", asked=make.user())
    service.answer(alert=alert_of(promise.id), user=supervisor, kind="give", reason="Jas is in court.", asked=make.user(SECOND))
    said = session.execute(select(CaseEvent.title, CaseEvent.body).where(CaseEvent.case_id == party.case_id).order_by(CaseEvent.id)).all()
    assert tuple(said[0]) == (f"Not kept: keep in touch: {supervisor.name} asked {make.user().name}", "Ring her at 3pm.")
    assert party.case.officer_id == make.user(SECOND).id
    assert session.scalar(select(func.count()).select_from(Answer)) == 2


def test_an_alert_that_closed_meanwhile_takes_no_answer(session, at):
    at("2026-12-02 10:00")
    promise = promised(victim())
    sweep(at("2027-01-20 10:00"))
    end(promise, state="ended", reason="over", actor=None)
    session.expire_all()
    with pytest.raises(Refused, match="closed itself"):
        service.answer(alert=alert_of(promise.id), user=make.user(), kind="acknowledge")


def test_a_restricted_case_is_on_nobodys_list_but_of_those_named_on_it_and_nobody_named_is_told_to_governance(session, at):
    at("2026-12-02 10:00")
    promise = promised(victim(restricted=True))
    sweep(at("2027-01-20 10:00"))
    assert told(promise) == {(GOVERNANCE, 4)}
    for email in (OFFICER, SUPERVISOR, MANAGER):
        viewer = as_keeper(email)
        assert queries.open_lines(viewer, queries.overseen(viewer)) == []
    viewer = as_keeper(GOVERNANCE)
    (line,) = queries.open_lines(viewer, queries.overseen(viewer))
    assert (line.name, line.about, line.level, line.case, line.report, line.officer, line.team, line.opens) == (
        "",
        "",
        None,
        None,
        None,
        None,
        None,
        False,
    )


def test_governance_sees_that_something_is_late_and_not_whom_it_is_about(session, at):
    at("2026-12-02 10:00")
    promised(victim(team_slug="charnwood-asb"))
    sweep(at("2027-01-20 10:00"))
    viewer = as_keeper(GOVERNANCE)
    (line,) = queries.open_lines(viewer, queries.overseen(viewer))
    assert (line.name, line.case, line.opens) == ("", None, False)
    assert line.team.name == "Charnwood ASB team"
