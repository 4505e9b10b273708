"""A full assessment: judgement, rationale, lowering with a supervisor's agreement, and the case's level."""

import pytest
from sqlalchemy import select, text

from sentinel.cases.events import ReportTriaged
from sentinel.cases.models import CaseClock, CaseEvent, PartyDetail
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused, Stale
from sentinel.core.events import publish
from sentinel.risk import queries, service
from sentinel.risk.models import Assessment, HighEpisode
from tests import factories
from tests.integration.risk_made import FULL_HIGH, FULL_MEDIUM, FULL_STANDARD, WHY, assess, close, take, victim_on_case, victim_on_report


def test_a_judgement_as_suggested_holds_at_once(session):
    party = victim_on_case()
    made = assess(party, "medium", rationale=None)
    assert (made.state, made.effective, party.level, party.case.level) == ("in_force", "medium", "medium", "medium")


def test_the_story_says_what_was_decided_and_why(session):
    party = victim_on_case()
    assess(party, "high")
    told = db.session.scalars(
        select(CaseEvent).where(CaseEvent.case_id == party.case_id, CaseEvent.kind == "risk").order_by(CaseEvent.id)
    ).first()
    assert told.title == "Risk assessed: Nasreen Khan-Abdullahi is at high risk (score 20 of 45, suggested high)"
    assert told.body == WHY


@pytest.mark.parametrize(
    ("judged", "answers"), [("high", FULL_HIGH), ("high", FULL_MEDIUM), ("standard", FULL_MEDIUM), ("medium", FULL_STANDARD)]
)
def test_a_high_level_or_one_that_differs_needs_its_reasons(session, judged, answers):
    with pytest.raises(Refused, match="Say why the risk is") as refused:
        assess(victim_on_case(), judged, answers, rationale="  ")
    assert refused.value.field == "rationale"


def test_raising_above_the_suggestion_holds_at_once(session):
    party = victim_on_case()
    made = assess(party, "high", FULL_STANDARD)
    assert (made.suggested, made.state, party.level) == ("standard", "in_force", "high")


def test_judging_below_the_suggestion_waits_at_the_suggestion(session):
    party = victim_on_case()
    made = assess(party, "medium", FULL_HIGH)
    assert (made.state, made.judged, made.effective, party.level) == ("pending", "medium", "high", "high")
    assert queries.open_episode(party.id)


def test_judging_below_the_present_level_waits_at_the_present_level(session):
    party = victim_on_case()
    assess(party, "high")
    made = assess(party, "standard", FULL_STANDARD)
    assert (made.suggested, made.state, made.effective, party.level) == ("standard", "pending", "high", "high")


def test_when_a_supervisor_agrees_the_lower_level_holds_and_the_episode_ends(session):
    party = victim_on_case()
    assess(party, "high")
    made = assess(party, "medium")
    service.agree_lowering(actor=factories.user("supervisor@blaby.example"), assessment=made, note="The two men moved out.")
    assert (made.state, made.effective, party.level, party.case.level) == ("agreed", "medium", "medium", "medium")
    assert queries.open_episode(party.id) is None


def test_when_a_supervisor_refuses_the_higher_level_goes_on(session):
    party = victim_on_case()
    assess(party, "high")
    made = assess(party, "medium")
    service.refuse_lowering(actor=factories.user("supervisor@blaby.example"), assessment=made, note="Too early.")
    assert (made.state, made.effective, party.level) == ("refused", "high", "high")
    assert queries.open_episode(party.id)


def test_refusing_needs_a_reason(session):
    party = victim_on_case()
    assess(party, "high")
    made = assess(party, "medium")
    with pytest.raises(Refused, match="Say why"):
        service.refuse_lowering(actor=factories.user("supervisor@blaby.example"), assessment=made, note=" ")


def test_the_assessor_may_not_agree_to_their_own_lowering_even_as_a_supervisor(session):
    party, supervisor = victim_on_case(), factories.user("supervisor@blaby.example")
    made = assess(party, "medium", FULL_HIGH, actor=supervisor)
    with pytest.raises(Refused, match="another supervisor"):
        service.agree_lowering(actor=supervisor, assessment=made)
    service.agree_lowering(actor=factories.user("supervisor2@blaby.example"), assessment=made)
    assert party.level == "medium"


def test_an_officer_may_not_agree(session):
    made = assess(victim_on_case(), "medium", FULL_HIGH, actor=factories.user("supervisor@blaby.example"))
    with pytest.raises(NotAllowed):
        service.agree_lowering(actor=factories.user("officer@blaby.example"), assessment=made)


def test_a_lowering_is_answered_once(session):
    made = assess(victim_on_case(), "medium", FULL_HIGH)
    service.agree_lowering(actor=factories.user("supervisor@blaby.example"), assessment=made)
    with pytest.raises(Refused, match="answered already"):
        service.refuse_lowering(actor=factories.user("supervisor2@blaby.example"), assessment=made, note="No.")


def test_assessing_again_takes_the_place_of_a_lowering_that_waited(session):
    party = victim_on_case()
    waiting = assess(party, "medium", FULL_HIGH)
    assess(party, "high")
    db.session.refresh(waiting)
    assert waiting.state == "superseded"
    with pytest.raises(Refused, match="assessed again"):
        service.agree_lowering(actor=factories.user("supervisor@blaby.example"), assessment=waiting)
    assert party.level == "high"


def test_the_case_stands_at_the_highest_of_its_victims(session):
    party = victim_on_case()
    other = factories.party(on=party.case, who=factories.person("Ada Osei"))
    assess(party, "medium")
    assess(other, "standard")
    assert party.case.level == "medium"
    assess(other, "high")
    assert party.case.level == "high"


def test_the_case_knows_the_earliest_review_of_its_victims(session, at):
    at("2026-12-02 10:47")
    party = victim_on_case()
    other = factories.party(on=party.case, who=factories.person("Ada Osei"))
    assess(party, "standard")
    assess(other, "high")
    reviewed = db.session.get(CaseClock, party.case_id, populate_existing=True).next_review_at
    assert clock.london(reviewed).strftime("%d %b %H:%M") == "09 Dec 17:00"


def test_a_full_assessment_answers_that_one_was_due(session):
    party = victim_on_case()
    party.assess_by = clock.now()  # noqa: E702
    assess(party, "standard")
    assert party.assess_by is None


def test_at_triage_the_full_assessment_is_due_with_first_contact(session, at):
    at("2026-12-02 10:47")
    party = victim_on_report()
    take(party.report)
    case = factories.case()
    party.report.state, party.report.case_id, party.report.triaged_at, party.case_id = "opened", case.id, clock.now(), case.id
    party.klass = "medium"
    db.session.flush()
    db.session.expire_all()
    publish(ReportTriaged(party.report, "opened", "risk", factories.user()))
    assert clock.london(party.assess_by).strftime("%d %b %H:%M") == "07 Dec 17:00"  # 3 working days
    assert party.case.level == "medium"
    assert queries.latest(party.id).case_id == case.id


def test_a_report_that_becomes_no_case_leaves_no_assessment_due(session):
    party = victim_on_report()
    party.assess_by = clock.now()
    publish(ReportTriaged(party.report, "no_further_action", "one_off", factories.user()))
    assert party.assess_by is None


def test_assessing_a_victim_of_an_unscreened_report_answers_that_it_is_not_screened(session):
    party = victim_on_report()
    assess(party, "medium")
    assert party.report.screened_at is not None
    assert party.report.level == "medium"


def test_only_victims_of_open_cases_are_assessed(session):
    party = victim_on_case()
    alleged = factories.party(on=party.case, who=factories.person("Liam Grice"), role="alleged")
    with pytest.raises(Refused, match="assessed for victims"):
        assess(alleged, "medium")
    close(party.case)
    with pytest.raises(Refused, match="Reopen"):
        assess(party, "medium")


def test_what_somebody_else_saved_meanwhile_is_shown_and_nothing_is_overwritten(session):
    party = victim_on_case()
    assess(party, "medium", rationale="Calmer since the visit.")
    with pytest.raises(Stale) as stale:
        assess(party, "high", seen=None)
    assert stale.value.theirs == [("Level", "Medium"), ("Why", "Calmer since the visit.")]
    assert stale.value.yours == [("Level", "High"), ("Why", WHY)]
    assert len(queries.of_party(party.id)) == 1


def test_another_system_can_raise_a_level(session):
    party = victim_on_case()
    made = service.record_external(party=party, level="high", rationale="Landlord's own matrix", source="Soar Valley Homes")
    assert (made.kind, party.level, party.case.level) == ("external", "high", "high")
    assert queries.open_episode(party.id)


def test_another_system_cannot_lower_a_level(session):
    party = victim_on_case()
    assess(party, "high")
    assert service.record_external(party=party, level="standard", rationale=None, source="Soar Valley Homes") is None
    assert party.level == "high"
    assert len(queries.of_party(party.id)) == 1


def test_refused_and_skipped_questions_are_recorded_and_the_level_comes_from_what_is_known(session):
    party = victim_on_case()
    made = assess(party, "standard", {"frequency": "refused", "affected": "skip", "worse": "yes"})
    assert made.score == 2
    asked = {key: answer for key, _, answer in made.answers["asked"]}
    assert (asked["frequency"], asked["affected"], asked["linked"]) == ("Would rather not say", "Not asked", "Not asked")


def test_what_is_learnt_of_hate_and_vulnerability_is_kept_with_the_party_and_a_no_takes_nothing_back(session):
    party = victim_on_case()
    answers = FULL_MEDIUM | {"hate": "yes", "hate_strands": ["race"], "vulnerability": "yes", "vulnerabilities": ["children"]}
    assess(party, "high", answers, words={"hate": "He does; so does the school.", "vulnerability": "Maja has epilepsy."})
    assess(party, "high", FULL_HIGH | {"hate": "no", "vulnerability": "no"})
    detail = db.session.get(PartyDetail, party.id)
    assert (detail.hate_perceived, detail.hate_strands, detail.hate_perceived_by) == (True, ["race"], "He does; so does the school.")
    assert (detail.vulnerabilities, detail.vulnerability) == (["children"], "Maja has epilepsy.")


def test_last_time_carries_a_screen_over_into_the_words_of_the_full_set(session):
    party = victim_on_report()
    take(party.report)
    last = queries.last_time(party)
    assert last.answers["frequency"] == "daily"
    assert last.answers["targeted"] == "household"
    assert "linked" not in last.answers


def test_an_answer_of_an_older_set_that_todays_does_not_know_is_left_out(session):
    party = victim_on_case()
    made = assess(party, "medium")
    made.answers = {"given": {"frequency": "hourly", "worse": "yes", "gone": "yes"}, "asked": [["gone", "An old question?", "Yes"]]}
    db.session.flush()
    assert queries.last_time(party).answers == {"worse": "yes"}


def test_pending_lowerings_are_listed_for_supervisors_but_not_for_the_assessor(session):
    from sentinel.access.queries import viewer_of

    party, supervisor = victim_on_case(), factories.user("supervisor@blaby.example")
    made = assess(party, "medium", FULL_HIGH, actor=supervisor)
    other, elsewhere = factories.user("supervisor2@blaby.example"), factories.user("supervisor@charnwood.example")
    assert [row.assessment.id for row in queries.pending(viewer_of(other))] == [made.id]
    assert queries.count_pending(viewer_of(other)) == 1
    assert queries.pending(viewer_of(supervisor)) == []
    assert queries.pending(viewer_of(elsewhere)) == []


def test_the_database_itself_refuses_a_second_open_episode_of_a_party(session):
    from sqlalchemy.exc import IntegrityError

    party = victim_on_case()
    made = assess(party, "high")
    with pytest.raises(IntegrityError, match="uq_high_episode_open"), db.session.begin_nested():
        db.session.execute(
            text("INSERT INTO high_episode (id, party_id, opened_at, opened_by_assessment) VALUES (gen_random_uuid(), :p, now(), :a)"),
            {"p": party.id, "a": made.id},
        )


def test_an_assessment_inside_an_episode_opens_no_second_one(session):
    party = victim_on_case()
    assess(party, "high")
    assess(party, "high")
    assert len(db.session.scalars(select(HighEpisode).where(HighEpisode.party_id == party.id)).all()) == 1


def test_closing_the_case_ends_the_episode_and_reopening_it_begins_a_new_one(session):
    from sentinel.cases.events import CaseReopened

    party = victim_on_case()
    assess(party, "high")
    close(party.case)
    assert queries.open_episode(party.id) is None
    party.case.state, party.case.closed_at = "open", None
    publish(CaseReopened(party.case, factories.user()))
    assert queries.open_episode(party.id)
    assert len(db.session.scalars(select(HighEpisode).where(HighEpisode.party_id == party.id)).all()) == 2


def test_the_assessment_that_holds_is_the_newest(session):
    party = victim_on_case()
    for level in ("standard", "medium", "high"):
        assess(party, level)
    assert [a.judged for a in queries.of_party(party.id)] == ["high", "medium", "standard"]
    assert db.session.scalars(select(Assessment.state).where(Assessment.party_id == party.id).order_by(Assessment.id)).all() == [
        "superseded",
        "superseded",
        "in_force",
    ]
