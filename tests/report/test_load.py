import json
from pathlib import Path

import pytest

from augury.errors import InputError
from augury.report import load_study
from helpers.report_studies import edit, edit_unsealed, planned_cell, run_folder, write_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path / "study", arms=("none", "normal"), seeds=2, epochs=3)


def test_cells_are_done_failed_or_missing(original_study: Path) -> None:
    study = load_study(original_study)
    status = {run.cell.name: run.status for run in study.runs}
    assert len(status) == 30
    assert (
        status.pop(planned_cell("digits", "densenet121", "random-erasing", 0, 2).name) == "failed"
    )
    assert status.pop(planned_cell("tinted", "vgg19", "salience", 0, 2).name) == "missing"
    assert set(status.values()) == {"done"}


def test_the_baseline_is_the_first_arm(tmp_path: Path) -> None:
    folder = write_study(tmp_path / "study", arms=("normal", "salience", "none"), seeds=1)
    edit(folder / "plan.json", lambda plan: plan.update(baseline="none"))
    assert load_study(folder).arms == ("none", "normal", "salience")


def test_a_result_wins_over_an_older_error(study: Path) -> None:
    path = run_folder(study, "digits", "small", "none", 0) / "error.json"
    path.write_text(json.dumps({"cell": "it", "error": "old", "epoch": 0, "step": 0}))
    run = load_study(study).runs[0]
    assert (run.status, run.error) == ("done", "")


def test_augment_cost_is_the_step_over_the_rest_of_it(study: Path) -> None:
    path = run_folder(study, "digits", "small", "normal", 1) / "result.json"
    edit(path, lambda result: result.update(step_seconds=0.5, augment_seconds=0.1))
    result = load_study(study).select("digits", "small", "normal")[1].result
    assert result is not None
    assert result.augment_cost == pytest.approx(1.25)


def test_half_a_last_line_is_left_out(study: Path) -> None:
    path = run_folder(study, "digits", "small", "none", 0) / "epochs.jsonl"
    path.write_text(path.read_text()[:-40])
    assert [e.epoch for e in load_study(study).runs[0].epochs] == [0, 1]


def test_a_damaged_line_before_the_last_is_an_error(study: Path) -> None:
    path = run_folder(study, "digits", "small", "none", 0) / "epochs.jsonl"
    path.write_text("{\n" + path.read_text())
    with pytest.raises(InputError, match=r"epochs\.jsonl"):
        load_study(study)


def test_a_folder_without_a_plan_is_no_study(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no study here \(plan\.json is missing\)"):
        load_study(tmp_path)


@pytest.mark.parametrize("name", ["plan.json", "verdicts.json"])
def test_a_damaged_file_is_named(study: Path, name: str) -> None:
    (study / name).write_text("{")
    with pytest.raises(InputError, match=name):
        load_study(study)


def test_a_missing_field_is_named(study: Path) -> None:
    path = run_folder(study, "digits", "small", "none", 0) / "result.json"
    edit(path, lambda result: result.pop("test"))
    with pytest.raises(InputError, match=r"result\.json: test is missing"):
        load_study(study)


def test_an_unknown_verdict_is_refused(study: Path) -> None:
    edit(study / "verdicts.json", lambda v: v["comparisons"][0].update(verdict="helpful"))
    with pytest.raises(InputError, match=r"verdict must be 'helps' or 'hurts' .* got 'helpful'"):
        load_study(study)


def test_what_is_not_finite_is_absent(study: Path) -> None:
    absent = {"p": float("nan"), "interval": float("nan")}
    edit_unsealed(study / "verdicts.json", lambda v: v["comparisons"][0].update(absent))
    (comparison,) = load_study(study).comparisons
    assert comparison.p is None
    assert comparison.interval is None
