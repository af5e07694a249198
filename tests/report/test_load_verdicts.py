from pathlib import Path

import pytest

from augury.errors import InputError
from augury.report import load_study
from augury.stats import Rule
from helpers.report_studies import edit, write_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path / "study", arms=("none", "normal"), seeds=2, epochs=1)


def as_schema_1(plan: dict) -> None:
    del plan["rule"], plan["corruptions"]
    plan |= {"schema": 1, "min_difference": 0.35}


def test_a_plan_of_schema_1_had_the_usual_rule(study: Path) -> None:
    edit(study / "plan.json", as_schema_1)
    for name in ("verdicts.json", "evidence.json"):
        (study / name).unlink()
    loaded = load_study(study)
    assert loaded.rule == Rule(min_difference=0.35)
    assert loaded.min_difference == 0.35
    assert loaded.comparisons == ()
    assert loaded.evidence is None


def test_the_rule_is_the_one_of_the_verdicts_and_before_them_the_planned_one(study: Path) -> None:
    edit(study / "plan.json", lambda plan: plan["rule"].update(min_difference=0.5, looks=[6, 8]))
    assert load_study(study).rule.min_difference == 0.2
    (study / "verdicts.json").unlink()
    assert load_study(study).rule == Rule(min_difference=0.5, looks=(6, 8))


def test_unpaired_and_decided_are_read(study: Path) -> None:
    edit(
        study / "verdicts.json",
        lambda v: v["comparisons"][0].update(unpaired=[3, 5], decided=True),
    )
    (comparison,) = load_study(study).comparisons
    assert comparison.unpaired == (3, 5)
    assert comparison.decided is True


def test_verdicts_of_an_earlier_version_are_read_as_undecided(study: Path) -> None:
    def change(verdicts: dict) -> None:
        del verdicts["rule"]["looks"]
        for name in ("unpaired", "decided"):
            del verdicts["comparisons"][0][name]

    edit(study / "verdicts.json", change)
    loaded = load_study(study)
    assert loaded.rule.looks == ()
    assert loaded.comparisons[0].unpaired == ()
    assert loaded.comparisons[0].decided is False


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("plan.json", lambda plan: plan.pop("rule"), r"plan\.json: rule is missing"),
        (
            "plan.json",
            lambda plan: plan["rule"].update(power=2),
            r"plan\.json: rule: power: must be in \(0.05, 1\), got 2",
        ),
        (
            "verdicts.json",
            lambda verdicts: verdicts["rule"].update(alpha="small"),
            r"verdicts\.json: rule\.alpha must be float, got 'small'",
        ),
    ],
)
def test_a_damaged_rule_is_named(study: Path, file: str, change, message: str) -> None:
    if file == "plan.json":
        (study / "verdicts.json").unlink()
    edit(study / file, change)
    with pytest.raises(InputError, match=message) as caught:
        load_study(study)
    assert "\n" not in str(caught.value)
