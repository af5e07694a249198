"""`augury study` without a number of seeds: a race, as a person meets it."""

import json

import pytest
from typer.testing import CliRunner

from augury.cli.app import app
from augury.records.plan import read_plan
from augury.records.verdicts import read_verdicts
from augury.study import StudySettings
from augury.study.planning import probe
from helpers.studies import SPEED

QUICK = [
    *("--epochs", "1", "--batch-size", "20", "--train-limit", "60", "--test-limit", "50"),
    *("--corruptions", "0", "--engine", "in-process"),
]


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs a command in an empty folder: (code, output, errors)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(probe, "probe", lambda *_: SPEED)

    def run(*arguments):
        done = CliRunner().invoke(app, [str(a) for a in arguments])
        return done.exit_code, done.stdout, " ".join(done.stderr.split())

    return run


def test_a_race_from_beginning_to_end(run, tmp_path):
    options = ["study", "--augment", "none,flip", *QUICK, "--out", "s", "--json"]
    code, printed, said = run(*options, "--cells", "6")
    assert code == 0, said
    assert "nothing can be decided before 4: this decides nothing yet; --cells 8 or more" in said
    assert json.loads(printed)["cells"] == {"cells": 6, "done": 6, "failed": 0}
    # What was begun is gone on with, and the plan holds what was asked for.
    code, printed, said = run(*options, "--max-seeds", "4")
    assert code == 0, said
    assert "budget: at most 4 seeds an arm" in said
    assert "it decides a difference of" in said
    assert json.loads(printed)["cells"] == {"cells": 8, "done": 8, "failed": 0}
    plan = read_plan(tmp_path / "s/plan.json")
    assert sorted(cell.seed for cell in plan.cells) == [0, 0, 1, 1, 2, 2, 3, 3]
    verdicts = read_verdicts(tmp_path / "s/verdicts.json")
    assert verdicts.rule.design == "race"
    assert [row.augmentation for row in verdicts.comparisons] == ["flip"]
    # It remains a race, which forgets nothing and is judged by one rule.
    code, _, said = run(*options, "--seeds", "6")
    assert code == 2
    assert "s: holds a race, which has its seeds added as they are needed; seeds = 6 is" in said
    code, _, said = run(*options, "--min-difference", "2")
    assert code == 4
    assert "a look cannot be forgotten: min_difference: 0.2 → 2.0" in said
    code, _, said = run(*options, "--max-seeds", "3")
    assert code == 2
    assert "max_seeds: 3 can decide nothing; with 1 comparison no verdict is possible" in said


def test_arms_that_are_added_later_race_on_their_own_part_of_alpha(run, tmp_path):
    options = ["study", *QUICK, "--out", "s", "--json"]
    code, _, said = run(*options, "--augment", "none,flip", "--cells", "6")
    assert code == 0, said
    (before,) = read_verdicts(tmp_path / "s/verdicts.json").comparisons
    results = {path: path.read_bytes() for path in tmp_path.glob("s/runs/*/result.json")}
    code, printed, said = run(*options, "--augment", "none,flip,crop", "--cells", "10")
    assert code == 0, said
    assert json.loads(printed)["cells"]["failed"] == 0
    plan = read_plan(tmp_path / "s/plan.json")
    assert plan.rule.batches == (("flip",), ("crop",))
    # They begin at the first seed and catch up.
    assert {cell.seed for cell in plan.cells if cell.augmentation == "crop"} >= {0, 1, 2}
    after = {c.augmentation: c for c in read_verdicts(tmp_path / "s/verdicts.json").comparisons}
    assert after.keys() == {"flip", "crop"}
    # Nothing that is there runs again.
    assert all(path.read_bytes() == content for path, content in results.items())
    assert after["flip"].seeds[: len(before.seeds)] == before.seeds


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--augment", "flip"], "augmentations: flip alone has nothing to race against"),
        (["--time", "20"], "time: must be a number with s, m or h, as 20m, got '20'"),
        (["--seeds", "3", "--time", "20m"], "time: is a budget of a race; with seeds or"),
        (["--seeds", "3", "--cells", "9"], "cells: is a budget of a race; with seeds or"),
    ],
    ids=["one-arm", "no-unit", "time-and-seeds", "cells-and-seeds"],
)
def test_what_is_no_race_is_one_clear_line(run, tmp_path, options, line):
    code, _, said = run("study", *options, "--out", "s")
    assert code == 2
    assert line in said
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("there", [False, True], ids=["new-folder", "folder-there"])
def test_a_study_that_is_refused_leaves_nothing(run, tmp_path, there):
    if there:
        (tmp_path / "all/of/s").mkdir(parents=True)
    # Known only once the folder is locked: the digits have ids 0 to 1796.
    (tmp_path / "groups.csv").write_text("id,camera\n0,left\n5000,left\n6000,left\n")
    code, _, said = run(
        *("study", "--augment", "none,flip", *QUICK, "--out", "all/of/s", "--groups", "groups.csv")
    )
    assert code != 0
    assert "2 of 3 names in its column 'id' are no images of digits" in said
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    folders = ["all", "all/of", "all/of/s", "all/of/s/.plan.lock"] if there else []
    assert left == [*folders, "groups.csv"]


def test_a_study_is_a_race_unless_it_says_otherwise():
    assert StudySettings().race
    assert not StudySettings(seeds=3).race
    assert not StudySettings(until_decided=True).race
