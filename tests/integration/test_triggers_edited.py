"""A trigger is data: one more over a known condition takes an edit of triggers.toml and nothing else; a wrong one is refused in words."""

import shutil
from datetime import datetime

import pytest
from sqlalchemy import select, update

from config import agreed
from config.agreed import loading
from config.settings import ROOT
from sentinel.alerts.models import Alert
from sentinel.alerts.sweep import sweep
from sentinel.cases.models import CaseClock
from sentinel.core import clock
from sentinel.core.db import db
from tests import factories
from tests.integration.alerting import MANAGER, sign_everybody_in, told

ONE_MORE = """
[[trigger]]
key = "very_quiet"
condition = "case_quiet"
title = "Nobody has touched this case for eight weeks"
what_to_do = "Ask the officer what stands in the way, and say on the case what you decided."
due = { working_days = 40 }
step = [{ step = 1, who = ["manager"], when = { at_once = true } }]
"""


@pytest.fixture
def standards(tmp_path, monkeypatch):
    """A directory of standards in which triggers.toml may be edited; what `edit` returns is agreed from then on, or the problems."""
    shutil.copytree(ROOT / "config" / "standards", tmp_path / "standards")
    path = tmp_path / "standards" / "triggers.toml"

    def edit(old="", new="", more=""):
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1) + more, encoding="utf-8")
        found, problems = loading.read(path.parent)
        if found:
            monkeypatch.setattr(agreed, "current", lambda: found)
        return [str(problem) for problem in problems]

    return edit


def london(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=clock.LONDON).astimezone(clock.UTC)


def quiet_case(since: str):
    case = factories.case(officer=factories.user())
    db.session.execute(update(CaseClock).where(CaseClock.case_id == case.id).values(last_entry_at=london(since)))
    sign_everybody_in()
    db.session.commit()
    return case


def open_on(case):
    rows = select(Alert.trigger_key, Alert.step).where(Alert.subject_id == case.id, Alert.closed_at.is_(None))
    return dict(db.session.execute(rows).all())


def test_one_more_trigger_over_a_known_condition_is_an_edit_and_nothing_else(session, at, standards, client_as):
    at("2026-09-01 10:00")
    case = quiet_case("2026-09-01 10:00")
    assert standards(more=ONE_MORE) == []
    # Forty working days after Tuesday 1 September: none of them a bank holiday.
    sweep(at("2026-10-27 16:59"))
    assert "very_quiet" not in open_on(case)
    sweep(at("2026-10-27 17:00"))
    assert open_on(case)["very_quiet"] == 1
    assert (MANAGER, 1) in told(case)
    page = client_as(MANAGER).get("/alerts").text
    assert "Nobody has touched this case for eight weeks" in page
    assert "Ask the officer what stands in the way" in page


def test_each_of_two_closes_with_the_fact_and_one_that_is_taken_out_with_the_next_sweep(session, at, standards):
    at("2026-09-01 10:00")
    case = quiet_case("2026-09-01 10:00")
    standards(more=ONE_MORE)
    sweep(at("2026-10-27 17:00"))
    assert set(open_on(case)) == {"no_activity", "very_quiet"}
    standards(old=ONE_MORE)
    sweep(at("2026-10-28 09:00"))
    assert set(open_on(case)) == {"no_activity"}
    closed = db.session.scalars(select(Alert.closed_reason).where(Alert.trigger_key == "very_quiet")).all()
    assert closed == ["no longer watched"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ('who = ["manager"]', "triggers.toml: trigger[very_quiet].step[1].who[1]: "),
        ("{ working_days = 40 }", "triggers.toml: trigger[very_quiet].due"),
        ('condition = "case_quiet"\ntitle = "Nobody', "triggers.toml: trigger[very_quiet].condition: "),
    ],
)
def test_a_wrong_edit_is_refused_with_file_key_and_sentence_and_nothing_of_it_is_used(standards, wrong, sentence):
    instead = {"who": 'who = ["mayor"]', "{ w": "{ working_days = 0 }", "cond": 'condition = "case_silent"\ntitle = "Nobody'}
    more = ONE_MORE.replace(wrong, next(new for start, new in instead.items() if wrong.startswith(start)))
    before = agreed.current()
    problems = standards(more=more)
    assert len(problems) == 1 and problems[0].startswith(sentence), problems
    assert agreed.current() is before
