import json
from pathlib import Path

import pytest

from augury.errors import InputError
from augury.records.evidence import Measured, read_evidence
from augury.report import load_study
from helpers.report_studies import edit, edit_unsealed, write_study


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_study(tmp_path / "study", arms=("none", "normal"), seeds=2) / "evidence.json"


def test_every_value_is_that_of_the_file(two_datasets_study: Path) -> None:
    path = two_datasets_study / "evidence.json"
    evidence, written = read_evidence(path), json.loads(path.read_text(encoding="utf-8"))
    assert evidence is not None
    assert len(evidence.arms) == len(written["arms"]) == 8
    for arm, entry in zip(evidence.arms, written["arms"], strict=True):
        assert evidence.of(entry["dataset"], entry["model"])[entry["augmentation"]] == arm
        assert vars(arm.runs) == entry["runs"]
        assert vars(arm.budget) == entry["budget"]
        assert arm.optimism == entry["optimism"]
        for name, one in entry["measures"].items():
            expected = one["interval"] and tuple(one["interval"])
            assert arm.measures[name] == Measured(one["mean"], one["difference"], expected)
        assert arm.corruptions is not None
        assert arm.corruptions.clean == entry["corruptions"]["clean"]
        for name, values in entry["corruptions"]["accuracy"].items():
            assert arm.corruptions.accuracy[name] == tuple(values)
        assert arm.equal_time is not None
        assert (arm.equal_time.epochs, arm.equal_time.of) == (entry["equal_time"]["epochs"], 10)
        assert arm.equal_time.mean == entry["equal_time"]["mean"]
    assert evidence.overall is not None
    assert evidence.overall.problems == (("digits", "small"), ("tinted", "small"))
    assert evidence.overall.seeds == (0, 2)


def test_missing_runs_are_neither_done_nor_failed(two_datasets_study: Path) -> None:
    evidence = load_study(two_datasets_study).evidence
    assert evidence is not None
    runs = evidence.of("digits", "small")["salience"].runs
    assert (runs.planned, runs.done, runs.failed, runs.missing) == (4, 2, 1, 1)


def test_what_is_not_there_or_not_finite_is_absent(path: Path) -> None:
    def change(evidence: dict) -> None:
        arm = evidence["arms"][1]
        arm["measures"]["nll"] = {"mean": float("nan"), "difference": None, "interval": None}
        arm["budget"]["cost"] = None
        arm |= {"corruptions": None, "equal_time": None, "optimism": None}

    edit_unsealed(path, change)
    evidence = read_evidence(path)
    assert evidence is not None
    arm = evidence.arms[1]
    assert arm.measures["nll"] == Measured(None, None, None)
    assert arm.budget is not None
    assert arm.budget.cost is None
    assert (arm.corruptions, arm.equal_time, arm.optimism) == (None, None, None)


def test_no_file_is_no_evidence(path: Path) -> None:
    path.unlink()
    assert load_study(path.parent).evidence is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: e.pop("overall"), "overall is missing"),
        (lambda e: e["arms"][0]["runs"].pop("failed"), r"arms\[0\]\.runs\.failed is missing"),
        (lambda e: e["arms"][0].update(measures=[]), r"arms\[0\]\.measures must be a table"),
        (
            lambda e: e["arms"][0]["budget"].update(steps="many"),
            r"arms\[0\]\.budget must be a table|budget\.steps must be int, got 'many'",
        ),
        (
            lambda e: e.update(
                overall={
                    "arms": ["none", "normal"],
                    "problems": [],
                    "seeds": [],
                    "ranks": None,
                    "interquartile_means": [],
                }
            ),
            "one mean and one rank for each of 2 arms are needed",
        ),
    ],
)
def test_a_damaged_file_is_named_in_one_line(path: Path, change, message: str) -> None:
    edit(path, change)
    with pytest.raises(InputError, match=rf"evidence\.json: .*{message}") as caught:
        load_study(path.parent)
    assert "\n" not in str(caught.value)


def test_half_a_file_is_named(path: Path) -> None:
    path.write_text(path.read_text()[:100])
    with pytest.raises(InputError, match=r"evidence\.json"):
        load_study(path.parent)
