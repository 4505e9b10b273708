"""The screen at intake: every victim, raised but never lowered, and the two facts the record adds."""

from datetime import timedelta

import pytest

from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.risk import queries, record
from tests import factories
from tests.integration.risk_made import SCREEN_HIGH, SCREEN_MEDIUM, take, victim_on_report


def test_every_victim_of_a_report_is_screened_and_the_report_stands_at_the_highest(session):
    party = victim_on_report()
    other = factories.party(on=party.report, who=factories.person("Ada Osei"))
    witness = factories.party(on=party.report, who=factories.person("Wit Ness"), role="witness")
    take(party.report)
    assert (party.level, other.level, witness.level) == ("medium", "medium", None)
    assert party.report.level == "medium"
    assert party.report.screened_at is not None


def test_a_screen_keeps_the_questions_as_they_were_asked(session):
    party = victim_on_report()
    take(party.report)
    screen = queries.latest(party.id)
    assert screen.kind == "screen"
    assert screen.state == "in_force"
    assert screen.score == 5 + 3 + 3
    assert screen.set_version == "1"
    assert ["frequency", "Has it happened before? How often?", "Daily"] in screen.answers["asked"]
    assert ["high", 17, 24] in screen.answers["bands"]


def test_the_call_taker_may_raise_the_level(session):
    party = victim_on_report()
    take(party.report, raised_to="high")
    screen = queries.latest(party.id)
    assert (screen.suggested, screen.judged, screen.effective) == ("medium", "high", "high")
    assert queries.open_episode(party.id)


def test_the_call_taker_may_not_lower_it_and_is_told_so_at_the_field(session):
    party = victim_on_report()
    with pytest.raises(Refused, match="raise it, not lower it") as refused:
        take(party.report, SCREEN_HIGH, raised_to="medium")
    assert refused.value.field == "raised_to"


def test_an_answer_that_the_set_does_not_have_is_refused_at_its_question(session):
    party = victim_on_report()
    with pytest.raises(Refused) as refused:
        take(party.report, SCREEN_MEDIUM | {"frequency": "hourly"})
    assert refused.value.field == "answers-frequency"


def test_without_any_answer_a_report_stays_unscreened(session):
    party = victim_on_report()
    take(party.report, {})
    assert party.level is None
    assert party.report.screened_at is None
    assert queries.latest(party.id) is None


def test_hate_is_always_high_when_the_record_shows_an_earlier_report_of_the_same_victim(session):
    who = factories.person("Piotr Zieliński")
    earlier = factories.report(received_at=clock.now() - timedelta(days=170))
    factories.party(on=earlier, who=who)
    now = factories.report()
    party = factories.party(on=now, who=who)
    take(now, {"frequency": "first", "hate": ["race"]})
    assert party.level == "high"
    assert "Hate and a repeat: always high" in queries.latest(party.id).because


def test_a_report_seven_months_old_is_no_repeat(session):
    who = factories.person("Piotr Zieliński")
    factories.party(on=factories.report(received_at=clock.now() - timedelta(days=215)), who=who)
    party = factories.party(on=factories.report(), who=who)
    assert record.facts(party) == frozenset()


def test_a_withdrawn_report_and_another_report_of_the_same_incident_are_no_repeat(session):
    from sentinel.cases.models import Incident
    from sentinel.core.db import new_id

    who = factories.person("Piotr Zieliński")
    incident = Incident(id=new_id(), linked_at=clock.now(), linked_by=factories.user().id)
    db.session.add(incident)
    db.session.flush()
    before = clock.now() - timedelta(days=2)
    factories.party(on=factories.report(received_at=before, incident_id=incident.id), who=who)
    factories.party(on=factories.report(received_at=before, state="withdrawn", triaged_at=clock.now()), who=who)
    party = factories.party(on=factories.report(incident_id=incident.id), who=who)
    assert record.facts(party) == frozenset()


def test_somebody_alleged_in_another_high_case_makes_this_one_high(session):
    alleged = factories.person("Liam Grice")
    other = factories.case(level="high")
    factories.party(on=other, who=alleged, role="alleged")
    party = victim_on_report()
    factories.party(on=party.report, who=alleged, role="alleged")
    take(party.report, {"frequency": "first"})
    assert party.level == "high"


def test_a_restricted_case_says_nothing_about_those_alleged_in_it(session):
    alleged = factories.person("Liam Grice")
    other = factories.case(level="high", restricted=True)
    factories.party(on=other, who=alleged, role="alleged")
    party = victim_on_report()
    factories.party(on=party.report, who=alleged, role="alleged")
    assert record.facts(party) == frozenset()


def test_a_case_that_was_high_once_still_counts_after_it_was_closed(session):
    from tests.integration.risk_made import assess, close, victim_on_case

    alleged = factories.person("Liam Grice")
    before = victim_on_case()
    factories.party(on=before.case, who=alleged, role="alleged")
    assess(before)
    close(before.case)
    before.case.level = "medium"
    party = victim_on_report()
    factories.party(on=party.report, who=alleged, role="alleged")
    assert record.facts(party) == {record.ALLEGED_ELSEWHERE}
