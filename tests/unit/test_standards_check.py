"""Each way of getting the standards wrong is refused with its file, its key and a sentence; the shipped ones are sound."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from config import agreed
from config.agreed import names
from sentinel.access.models import PARTNER_KINDS, ROLES
from sentinel.cases.models import CLASSES, LEVELS
from sentinel.cli.standards import standards
from sentinel.interventions.models import STATES, TIERS
from tests.unit.wrong_edits import WRONG_EDITS

SHIPPED = Path(__file__).parents[2] / "config" / "standards"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the shipped standards to spoil."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "standards"))


def spoil(directory: Path, file: str, right: str, wrong: str) -> None:
    path = directory / file
    text = path.read_text(encoding="utf-8")
    assert right in text, f"{right} is not in {file}"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")


def test_the_shipped_standards_are_sound() -> None:
    assert agreed.check(SHIPPED) == ()
    assert agreed.current() is agreed.load(SHIPPED)


@pytest.mark.parametrize("edit", WRONG_EDITS.values(), ids=WRONG_EDITS.keys())
def test_a_wrong_edit_is_refused_where_it_is(copy: Path, edit: tuple[str, str, str, str, str]) -> None:
    file, right, wrong, key, says = edit
    spoil(copy, file, right, wrong)
    problems = agreed.check(copy)
    assert any((problem.file, problem.key) == (file, key) and says in problem.sentence for problem in problems), problems
    assert all(problem.sentence.endswith((".", ")")) for problem in problems), problems
    with pytest.raises(agreed.StandardsWrong) as refusal:
        agreed.load(copy)
    assert refusal.value.problems == problems


def test_everything_wrong_is_said_at_once(copy: Path) -> None:
    spoil(copy, "contact.toml", "{ working_days = 20 }", "{ working_days = 0 }")
    spoil(copy, "contact.toml", "{ clock_hours = 24 }", "{ clock_hour = 24 }")
    spoil(copy, "risk.toml", "high = 5", "high = -5")
    (copy / "scripts.toml").unlink()
    (copy / "recipes.toml").write_text("eggs = 3", encoding="utf-8")
    (copy / "outcomes.toml").write_bytes(b"\xff\xfe")
    assert {(problem.file, problem.key) for problem in agreed.check(copy)} >= {
        ("contact.toml", "promise[cadence].standard.working_days"),
        ("contact.toml", "promise[safety_call].enhanced.clock_hour"),
        ("risk.toml", "review.high"),
        ("scripts.toml", ""),
        ("recipes.toml", ""),
        ("outcomes.toml", ""),
    }


def test_the_command_prints_file_key_and_sentence_and_exits_with_one(copy: Path) -> None:
    spoil(copy, "risk.toml", "high = 5", "high = 0")
    result = CliRunner().invoke(standards, ["check", str(copy)])
    assert (result.exit_code, result.output) == (1, "risk.toml: review.high: This must be 1 or more, not 0.\n")


def test_the_command_says_when_all_is_well() -> None:
    result = CliRunner().invoke(standards, ["check"])
    assert (result.exit_code, result.output) == (0, "The agreed standards are sound.\n")


def test_the_command_prints_one_json_object_when_asked(copy: Path) -> None:
    good = CliRunner().invoke(standards, ["check", str(copy), "--json"])
    assert (good.exit_code, json.loads(good.output)) == (0, {"ok": True, "problems": []})
    (copy / "routing.toml").unlink()
    bad = CliRunner().invoke(standards, ["check", str(copy), "--json"])
    problem = {"file": "routing.toml", "key": "", "sentence": "This file is missing. Put it back."}
    assert (bad.exit_code, json.loads(bad.output)) == (1, {"ok": False, "problems": [problem]})


def test_a_directory_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert CliRunner().invoke(standards, ["check", str(tmp_path / "nowhere")]).exit_code == 2


def test_the_names_the_files_may_use_are_those_of_the_tables() -> None:
    assert names.ROLES == ROLES
    assert names.LEVELS == LEVELS
    assert names.KLASSES == CLASSES
    assert names.PARTNER_KINDS == PARTNER_KINDS
    assert names.TIERS == TIERS
    assert set(names.INTERVENTION_STATES) == set(STATES) - {"not_used"}


def test_every_condition_the_code_knows_is_watched() -> None:
    triggers = agreed.load(SHIPPED).triggers
    assert {trigger.condition for trigger in triggers.trigger} == set(names.CONDITIONS)
    assert triggers.watching("report_not_screened") is triggers.get("not_screened")


def test_a_report_goes_to_the_first_match_of_landlord_district_category_system() -> None:
    route = agreed.load(SHIPPED).routing.team_for
    assert route(landlord="soar-valley-homes", district="charnwood", category="trespass", system="storm") == "blaby-asb"
    assert route(landlord="nobody-we-know", district="charnwood", category="trespass", system="storm") == "charnwood-asb"
    assert route(category="trespass") == "police-beat"
    assert route(system="storm") == "police-beat"
    assert route(district="derby") is None


def test_the_partnership_is_the_nine_districts_and_those_who_work_with_them() -> None:
    partners = agreed.load(SHIPPED).partners
    assert len([partner for partner in partners.partner if partner.ons_code]) == 9
    blaby = partners.of_district("E07000129")
    assert blaby and blaby.slug == "blaby"
    assert {"blaby-asb", "blaby-customer-services", "charnwood-asb", "police-beat", "victim-first", "governance"} <= set(partners.teams)


def test_only_advice_and_early_powers_can_be_used_and_only_in_their_time() -> None:
    powers = agreed.load(SHIPPED).powers
    usable = powers.usable(date(2026, 12, 2))
    assert {power.tier for power in usable} == {"advice", "early"}
    assert powers.usable(date(2026, 3, 31)) == ()
    assert [power.key for power in powers.usable(date(2026, 12, 2), held=("abc", "cpn"))] == ["abc"]
    assert {power.key for power in usable if power.self_authorised} == {"verbal_advice", "first_letter"}
    assert all(power.reason for power in powers.power if power not in usable)


def test_the_thirteen_categories_know_their_words() -> None:
    categories = agreed.load(SHIPPED).categories
    assert len(categories.category) == 13
    heard = categories.suggested("He was on the landing again at half past six, banging on my door and shouting about my scarf.")
    assert heard and (heard.name, heard.national_type) == ("Rowdy or nuisance neighbour", "personal")
    assert categories.suggested("") is None


def test_nothing_agreed_can_be_altered_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        agreed.load(SHIPPED).contact.version = "2"
