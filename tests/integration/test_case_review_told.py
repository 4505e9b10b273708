"""Who is told of the ASB case review and when: counted by hand, from rules.md, "Repeats" (LLR: 3 in 6 months, each within one, or hate)."""

from datetime import datetime

import pytest

from config import agreed
from sentinel.alerts import raising
from sentinel.cases import incidents, triage
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.victims import reviews, service
from tests import factories
from tests.integration.alerting import told
from tests.integration.promise_made import PHONE, all_promises, contacted, opened, promises, report_taken, victim
from tests.integration.risk_made import FULL_MEDIUM, assess

EXPLAIN, APPLY = "explain_review", "may_apply"


def london(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=clock.LONDON).astimezone(clock.UTC)


@pytest.fixture
def told_of(session, at):
    """Reports of one victim, at the London times given; returns the victim's party on each."""
    who = factories.person("Nasreen Khan-Abdullahi")

    def tell(*times, **more):
        parties = []
        for words in times:
            at(words)
            parties.append(victim(report_taken(who=who, report={"received_at": london(words)} | more.get("report", {}), **_rest(more))))
        return parties

    return tell


def _rest(more):
    return {name: value for name, value in more.items() if name != "report"}


def kinds(party):
    return {kind for kind in promises(party, "open") if kind in (EXPLAIN, APPLY)}


def test_the_second_distinct_incident_is_when_the_case_review_is_explained(told_of):
    first, second, third = told_of("2026-09-01 10:00", "2026-12-02 10:00", "2026-12-03 10:00")
    assert kinds(first) == set()
    assert kinds(second) == {EXPLAIN}
    (promise,) = all_promises(second, EXPLAIN)
    assert (promise.starts_at, promise.due_at) == (london("2026-12-02 10:00"), london("2026-12-09 17:00"))
    assert promise.told_as == "We will explain the ASB case review to you by 5pm on Wednesday 9 December."
    assert kinds(third) == {APPLY}, "explained once in six months is enough; the third may ask"


@pytest.mark.parametrize(("earlier", "expected"), [("2026-06-02 10:00", set()), ("2026-06-02 10:01", {EXPLAIN})])
def test_six_calendar_months_are_counted_to_the_minute(told_of, earlier, expected):
    *_, latest = told_of(earlier, "2026-12-02 10:00")
    assert kinds(latest) == expected


def test_whoever_was_told_counts(told_of, session):
    theirs = factories.team("charnwood-asb")
    told_of("2026-11-01 10:00", report={"team_slug": "charnwood-asb"})
    (second,) = told_of("2026-12-02 10:00")
    assert second.report.owner_partner_id != theirs.partner_id
    assert kinds(second) == {EXPLAIN}


def test_two_people_telling_of_one_incident_are_no_second_time_and_set_apart_they_are(told_of):
    first, second = told_of("2026-12-01 10:00", "2026-12-02 10:00")
    incidents.link(actor=factories.user(), reports=[first.report, second.report])
    assert kinds(second) == set()
    (ended,) = all_promises(second, EXPLAIN)
    assert (ended.state, ended.ended_reason) == ("ended", "Fewer distinct incidents than it was promised for.")
    incidents.unlink(actor=factories.user(), report=second.report)
    db.session.expire_all()
    assert kinds(second) == {EXPLAIN}


def test_linked_first_and_set_apart_later_is_a_second_time(told_of, at):
    first, second, third = told_of("2026-11-01 10:00", "2026-11-01 10:05", "2026-11-01 10:10")
    contacted(second, covers=(EXPLAIN,))
    assert promises(second)[EXPLAIN].state == "kept"
    assert kinds(third) == {APPLY}


def test_withdrawn_reports_count_for_nothing(told_of):
    (first,) = told_of("2026-12-01 10:00")
    triage.withdraw(actor=factories.user(), report=first.report, reason="entered_twice")
    (second,) = told_of("2026-12-02 10:00")
    assert kinds(second) == set()


def test_one_hate_incident_is_enough_to_ask(told_of):
    (first,) = told_of("2026-12-02 10:00", party_detail={"hate_perceived": True})
    assert kinds(first) == {APPLY}
    assert promises(first)[APPLY].due_at == london("2026-12-03 17:00"), "hate perceived: the enhanced standard"


def test_hate_that_comes_to_light_at_the_full_assessment_is_told_of_from_then(told_of, at):
    (first,) = told_of("2026-12-02 10:00")
    opened(first.report)
    at("2026-12-09 10:00")
    assess(first, "medium", FULL_MEDIUM | {"hate": "yes"})
    (promise,) = all_promises(first, APPLY)
    assert (promise.starts_at, promise.due_at) == (london("2026-12-09 10:00"), london("2026-12-10 17:00"))


def test_three_reported_late_do_not_meet_the_threshold_and_unknown_dates_do(told_of):
    late = {"occurred_from": london("2026-10-01 10:00"), "occurred_to": london("2026-10-01 11:00")}
    *_, third = told_of("2026-11-10 10:00", "2026-11-20 10:00", "2026-12-02 10:00", detail=late)
    assert kinds(third) == set()
    (fourth,) = told_of("2026-12-03 10:00")
    assert kinds(fourth) == set(), "one that qualifies and three that do not"
    *_, sixth = told_of("2026-12-04 10:00", "2026-12-05 10:00")
    assert kinds(sixth) == {APPLY}


def test_an_incident_reported_on_the_last_day_of_its_month_qualifies(told_of):
    just = {"occurred_from": london("2026-11-02 10:00"), "occurred_to": london("2026-11-02 10:00")}
    *_, third = told_of("2026-12-02 09:58", "2026-12-02 09:59", "2026-12-02 10:00", detail=just)
    assert kinds(third) == {APPLY}


def test_each_authority_has_its_own_threshold(told_of, monkeypatch):
    standards = agreed.current()
    own = {"partner": "blaby", "incidents": 2, "months": 6, "reported_within_months": 1, "one_hate_incident": False}
    changed = type(standards.reviews).model_validate(standards.reviews.model_dump() | {"authority": (own,)})
    monkeypatch.setattr(agreed, "current", lambda: standards.model_copy(update={"reviews": changed}))
    *_, second = told_of("2026-12-01 10:00", "2026-12-02 10:00")
    assert kinds(second) == {EXPLAIN, APPLY}
    assert "two separate incidents in six months, each reported within one month" in reviews.words_to_say(second, APPLY)
    assert "hate" not in reviews.words_to_say(second, APPLY)


def test_no_further_action_does_not_take_away_that_it_is_explained(told_of):
    *_, second = told_of("2026-12-01 10:00", "2026-12-02 10:00")
    triage.take_no_further_action(actor=factories.user(), report=second.report, reason="one_off")
    assert promises(second, "open").keys() == {"decision", EXPLAIN}


def test_who_may_not_know_is_told_when_it_is_safe(told_of, at):
    *_, second = told_of("2026-12-01 10:00", "2026-12-02 10:00", party_detail={"may_not_know": True})
    assert promises(second) == {}
    service.set_plan(actor=factories.user(), party=second, values=PHONE)
    service.say_safe_to_approach(actor=factories.user(), party=second, why="She rang us herself.")
    assert kinds(second) == {EXPLAIN}


def test_what_is_restricted_counts_only_for_those_who_may_read_it(told_of, session):
    (hidden,) = told_of("2026-11-01 10:00")
    hidden.report.restricted = True
    db.session.flush()
    (second,) = told_of("2026-12-02 10:00")
    assert kinds(second) == set()


def test_the_supervisor_knows_until_the_victim_has_been_told(told_of, at):
    *_, third = told_of("2026-11-01 10:00", "2026-11-02 10:00", "2026-12-02 10:00")
    trigger = agreed.current().triggers.get("may_apply")
    raising.raise_facts(trigger, clock.now())
    assert told(third) == {("supervisor@blaby.example", 1), ("supervisor2@blaby.example", 1)}
    at("2026-12-02 11:00")
    contacted(third, covers=(EXPLAIN, APPLY))
    assert raising.close_fact(trigger, clock.now(), third.id) == 1


def test_the_officer_finds_the_words_to_say_beside_the_promise(told_of, client_as):
    *_, second = told_of("2026-12-01 10:00", "2026-12-02 10:00")
    opened(second.report)
    db.session.commit()
    page = client_as("officer@blaby.example").get(f"/parties/{second.id}/contact").text
    assert "The words to say" in page
    assert "three separate incidents in six months, each reported within one month, or one hate incident" in page


def test_the_words_are_spoken_and_name_nothing_unverified():
    say = agreed.current().reviews
    for words in (say.say_explain, say.say_may_apply):
        assert "{threshold}" in words
        assert "section" not in words
