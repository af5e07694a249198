import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from augury.cli.app import app
from augury.errors import InputError
from augury.records.plan import write_plan
from augury.study.compare import compare_studies
from helpers.studies import make_study, write_run

NONE = [150, 152, 149, 151, 150, 153]
BETTER = [160, 163, 158, 162, 161, 162]


def test_the_same_arm_in_two_studies(tmp_path):
    make_study(tmp_path / "a", {"none": NONE, "flip": NONE})
    make_study(tmp_path / "b", {"none": BETTER, "crop": NONE})
    (comparison,) = compare_studies(tmp_path / "a", tmp_path / "b")
    assert comparison.augmentation == "none"
    assert comparison.difference == pytest.approx(61 / 6 / 2)
    assert comparison.verdict == "helps"
    (back,) = compare_studies(tmp_path / "b", tmp_path / "a")
    assert back.difference == pytest.approx(-61 / 6 / 2)


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ({"validation": 0.2}, "the studies split digits differently (validation: 0.3 and 0.2)"),
        ({"train_limit": 90}, "the studies split digits differently (train_limit: 60 and 90)"),
    ],
)
def test_other_splits_cannot_be_compared(tmp_path, recipe, words):
    make_study(tmp_path / "a", {"none": NONE})
    plan, folder = make_study(tmp_path / "b", {"none": BETTER})
    cells = tuple(replace(c, recipe=replace(c.recipe, **recipe)) for c in plan.cells)
    for cell, right in zip(cells, BETTER, strict=True):
        write_run(folder, cell, right)
    write_plan(folder.plan_file, replace(plan, cells=cells))
    (comparison,) = compare_studies(tmp_path / "a", tmp_path / "b")
    assert comparison.words == f"cannot say: {words}"
    assert comparison.difference is comparison.p is None


def test_other_images_cannot_be_compared(tmp_path):
    make_study(tmp_path / "a", {"none": NONE})
    plan, folder = make_study(tmp_path / "b", {"none": BETTER})
    cells = tuple(replace(c, fingerprint="0" * 64) for c in plan.cells)
    for cell, right in zip(cells, BETTER, strict=True):
        write_run(folder, cell, right)
    write_plan(folder.plan_file, replace(plan, cells=cells))
    (comparison,) = compare_studies(tmp_path / "a", tmp_path / "b")
    assert "the images of digits are not the same" in comparison.words


def test_nothing_in_common(tmp_path):
    make_study(tmp_path / "a", {"none": NONE})
    make_study(tmp_path / "b", {"flip": BETTER})
    with pytest.raises(InputError, match="is in both"):
        compare_studies(tmp_path / "a", tmp_path / "b")


def test_the_command(tmp_path):
    make_study(tmp_path / "a", {"none": NONE})
    make_study(tmp_path / "b", {"none": BETTER})
    arguments = ["compare", str(tmp_path / "a"), str(tmp_path / "b")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    assert "+5.08" in done.stdout
    assert "helps by" in done.stdout
    printed = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert printed["comparisons"][0]["verdict"] == "helps"
    failed = CliRunner().invoke(app, ["compare", str(tmp_path), str(tmp_path / "b")])
    assert failed.exit_code == 2
    assert "plan.json" in failed.stderr
