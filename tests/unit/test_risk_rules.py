"""Scores, what is always high, judgement, and review dates, on the shipped sets and against a second statement of the score."""

from datetime import datetime
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import agreed
from config.agreed.names import FACTS
from config.agreed.risk import Question, QuestionSet
from sentinel.risk import rules
from sentinel.risk.rules import Level
from tests.unit import reckoner
from tests.unit.moments import moments
from tests.unit.reckoner import at

RISK = agreed.load(Path(__file__).parents[2] / "config" / "standards").risk
SCREEN, FULL = RISK.screen, RISK.full
SETS = pytest.mark.parametrize("questions", [SCREEN, FULL], ids=["screen", "full"])
CALM_SCREEN = {"frequency": "first", "targeted": "no", "affected": "not", "vulnerability": ["none"], "hate": ["none"], "happened": ["none"]}


def answer_to(question: Question) -> st.SearchStrategy[object]:
    """Any answer somebody could give, skipping and refusing among them."""
    several = st.lists(st.sampled_from([value for value in question.values if value != "none"]), unique=True)
    one = st.sampled_from([*question.values, rules.SKIP, rules.REFUSED])
    return st.one_of(one, several) if question.many else one


def answers_to(questions: QuestionSet) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional={question.key: answer_to(question) for question in questions.question})


def added_up(questions: QuestionSet, answers: dict[str, object]) -> int:
    """The score as somebody would add it on paper: for each question the heaviest box ticked."""
    total = 0
    for question in questions.question:
        ticked = answers.get(question.key, [])
        boxes = [ticked] if isinstance(ticked, str) else list(ticked)  # type: ignore[call-overload]
        total += max((option.points for option in question.option if option.value in boxes), default=0)
    return total


@SETS
@settings(max_examples=200)
@given(st.data())
def test_the_score_is_what_one_would_add_up_on_paper(questions: QuestionSet, data: st.DataObject) -> None:
    answers = data.draw(answers_to(questions))
    suggestion = rules.score(questions, answers)  # type: ignore[arg-type]
    assert suggestion.score == added_up(questions, answers)
    bands = {band.level for band in questions.band if band.lowest <= suggestion.score <= band.highest}
    assert {suggestion.level.value} == ({"high"} if suggestion.automatic else bands)
    assert len(suggestion.because) >= len(suggestion.automatic)


@SETS
@settings(max_examples=200)
@given(st.data())
def test_one_more_answer_never_lowers_the_level(questions: QuestionSet, data: st.DataObject) -> None:
    answers = data.draw(answers_to(questions))
    before = rules.score(questions, answers)  # type: ignore[arg-type]
    unanswered = [question for question in questions.question if question.key not in answers]
    if unanswered:
        question = data.draw(st.sampled_from(unanswered))
        more = answers | {question.key: data.draw(answer_to(question))}
        assert rules.score(questions, more).level.rank >= before.level.rank  # type: ignore[arg-type]


def test_the_fourteen_questions_score_45_in_the_three_agreed_bands() -> None:
    main = [question for question in FULL.question if question.under is None]
    assert len(main) == 14
    assert FULL.maximum == 45
    assert [(band.level, band.lowest, band.highest) for band in FULL.band] == [("standard", 0, 16), ("medium", 17, 30), ("high", 31, 45)]


def test_the_screen_has_six_questions_and_its_own_bands() -> None:
    assert len([question for question in SCREEN.question if question.under is None]) == 6
    assert SCREEN.maximum == 24


@pytest.mark.parametrize(
    ("answers", "score", "level"),
    [
        ({"frequency": "daily", "targeted": "household", "affected": "not"}, 8, Level.STANDARD),
        ({"frequency": "daily", "targeted": "me"}, 9, Level.MEDIUM),
        ({"frequency": "daily", "targeted": "me", "affected": "extremely", "vulnerability": ["children"]}, 16, Level.MEDIUM),
        ({"frequency": "daily", "targeted": "me", "affected": "extremely", "vulnerability": ["alone"]}, 17, Level.HIGH),
    ],
)
def test_the_screen_turns_at_the_edges_of_its_bands(answers: dict[str, object], score: int, level: Level) -> None:
    suggestion = rules.score(SCREEN, answers)  # type: ignore[arg-type]
    assert (suggestion.score, suggestion.level, suggestion.automatic) == (score, level, ())


@pytest.mark.parametrize(
    "sign",
    [
        {"happened": ["hurt"]},
        {"happened": ["threat_to_life"]},
        {"happened": ["weapon"]},
        {"happened": ["fire"]},
        {"happened": ["child_at_risk"]},
        {"self_harm": "yes"},
        {"hate": ["race"], "frequency": "less"},
    ],
    ids=str,
)
def test_one_such_answer_is_high_though_everything_else_is_calm(sign: dict[str, object]) -> None:
    suggestion = rules.score(SCREEN, CALM_SCREEN | sign)  # type: ignore[arg-type]
    assert suggestion.level is Level.HIGH
    assert len(suggestion.automatic) == 1
    assert suggestion.because[0].endswith("always high")
    carried = rules.carry_over(FULL, CALM_SCREEN | sign)  # type: ignore[arg-type]
    assert rules.score(FULL, carried).automatic == suggestion.automatic


def test_hate_without_a_repeat_and_a_threat_not_to_life_are_not_high_by_themselves() -> None:
    assert rules.score(SCREEN, CALM_SCREEN | {"hate": ["race"]}).level is Level.STANDARD
    assert rules.score(SCREEN, CALM_SCREEN | {"happened": ["threat"]}).level is Level.STANDARD


def test_what_the_record_shows_counts_though_nobody_said_it() -> None:
    hate = CALM_SCREEN | {"hate": ["religion"]}
    assert rules.score(SCREEN, hate, facts=["earlier_report"]).automatic == ("hate_and_repeat",)
    for questions in (SCREEN, FULL):
        assert rules.score(questions, {}, facts=["alleged_in_another_high_case"]).level is Level.HIGH
    assert {sign.fact for questions in RISK.set for rule in questions.always_high for sign in rule.signs if sign.fact} == set(FACTS)


def test_the_reasons_say_the_rule_first_and_then_the_heaviest_answers() -> None:
    answers = {"frequency": "most_days", "harassed": "you_before", "targeted": "household", "linked": "unsure", "hate": "yes"}
    assert rules.score(FULL, answers).because == (
        "Hate and a repeat: always high",
        "Harassed by them before (4)",
        "Most days (3)",
        "Their household is the target (3)",
        "Believed to be because of who they are (3)",
        "Perhaps linked to earlier incidents (1)",
    )


def test_skipped_is_not_asked_and_refused_is_refused_and_neither_scores() -> None:
    suggestion = rules.score(SCREEN, {"frequency": "skip", "targeted": "refused", "hate": ["skip"], "affected": "a_lot"})
    assert suggestion.score == 3
    assert suggestion.refused == ("targeted",)
    assert suggestion.not_asked == ("frequency", "vulnerability", "hate", "happened", "self_harm")


def test_a_follow_up_is_missed_only_where_its_question_opened_it() -> None:
    assert "hate_strands" not in rules.score(FULL, {"hate": "no"}).not_asked
    assert "hate_strands" in rules.score(FULL, {"hate": "yes"}).not_asked


@pytest.mark.parametrize(
    ("answers", "question", "says"),
    [
        ({"weather": "wet"}, "weather", "no question"),
        ({"frequency": "hourly"}, "frequency", "no answer"),
        ({"frequency": ["daily", "weekly"]}, "frequency", "Choose one"),
        ({"hate": ["none", "race"]}, "hate", "or the others"),
    ],
)
def test_an_answer_the_set_cannot_have_is_refused_at_its_question(answers: dict[str, object], question: str, says: str) -> None:
    with pytest.raises(rules.WrongAnswer, match=says) as refusal:
        rules.score(SCREEN, answers)  # type: ignore[arg-type]
    assert refusal.value.question == question


def test_the_screen_answers_what_it_can_of_the_full_assessment() -> None:
    screen = {
        "frequency": "weekly",
        "targeted": "me",
        "affected": "skip",
        "vulnerability": ["children", "alone"],
        "hate": ["none"],
        "happened": ["threat"],
    }
    assert rules.carry_over(FULL, screen) == {
        "frequency": "most_weeks",
        "happened": ["threat"],
        "targeted": "you",
        "hate": "no",
        "vulnerability": "yes",
        "vulnerabilities": ["alone", "children"],
    }


@settings(max_examples=200)
@given(answers_to(SCREEN))
def test_whatever_was_answered_on_the_screen_can_be_carried_over(answers: dict[str, object]) -> None:
    carried = rules.carry_over(FULL, answers)  # type: ignore[arg-type]
    rules.score(FULL, carried)
    answered = {key for key, value in answers.items() if value not in (rules.SKIP, rules.REFUSED, [])}
    assert {question.carry.question for question in FULL.question if question.key in carried and question.carry} == answered


def test_every_screen_answer_means_something_in_the_full_assessment() -> None:
    carries = [question.carry for question in FULL.question if question.carry]
    for question in SCREEN.question:
        for value in question.values:
            assert any(carry.question == question.key and value in carry.answers for carry in carries), (question.key, value)


@pytest.mark.parametrize(("suggested", "current", "judged"), list(product(Level, [None, *Level], Level)))
def test_a_level_below_suggestion_or_present_level_waits_at_the_higher_of_them(
    suggested: Level, current: Level | None, judged: Level
) -> None:
    order = ["standard", "medium", "high"]
    floor = max(order.index(suggested), order.index(current) if current else 0)
    lower = order.index(judged) < floor
    assert rules.effective(suggested, current, judged) == (Level(order[floor]) if lower else judged, lower)
    assert rules.call_taker_may_choose(suggested, judged) == (order.index(judged) >= order.index(suggested))
    assert rules.rationale_needed(judged, suggested) == (judged == "high" or judged != suggested)


def test_a_case_has_the_highest_level_of_its_victims() -> None:
    assert rules.highest([Level.MEDIUM, None, Level.STANDARD]) is Level.MEDIUM
    assert rules.highest([None]) is None


@pytest.mark.parametrize(("level", "days"), [(Level.STANDARD, 60), (Level.MEDIUM, 20), (Level.HIGH, 5)])
@settings(max_examples=50)
@given(moments)
def test_risk_is_looked_at_again_after_the_agreed_days(level: Level, days: int, t: datetime) -> None:
    assert rules.review_due(level, t, RISK) == reckoner.working_days(t, days, same_day=level == "high")


def test_a_supervisor_looks_after_one_working_day_and_then_every_ten() -> None:
    saved = at("2026-12-02 11:02")
    assert rules.supervision_review_due(saved, RISK, first=True) == at("2026-12-03 17:00")
    assert rules.supervision_review_due(saved, RISK, first=False) == at("2026-12-16 17:00")
    assert rules.review_due(Level.HIGH, saved, RISK) == at("2026-12-09 17:00")
