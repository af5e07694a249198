"""A study as the version before wrote it: two finished cells, plan and results of schema 1."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import augury
from augury.cli.app import app
from augury.report import load_study
from augury.study import plan_of

WRITTEN = Path(__file__).with_name("schema-1")
COMMAND = ["study", str(WRITTEN / "study.toml")]


@pytest.fixture
def folder(tmp_path, cache_folder):
    return shutil.copytree(WRITTEN, tmp_path / "study")


def call(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def results(folder):
    return {path.parent.name: path.read_bytes() for path in folder.glob("runs/*/result.json")}


def test_it_is_of_schema_1():
    written = [json.loads(text) for text in results(WRITTEN).values()]
    assert [values["schema"] for values in written] == [1, 1]
    assert json.loads((WRITTEN / "plan.json").read_text())["schema"] == 1


def test_it_opens(folder):
    status = json.loads(call("status", folder, "--json").stdout)
    assert status["counts"] == {"done": 2, "begun": 0, "waiting": 0, "failed": 0}
    assert call("report", folder).exit_code == 0
    study = load_study(folder)
    assert {run.cell.augmentation: run.result.test.accuracy for run in study.runs} == {
        "none": pytest.approx(0.14),
        "salience": pytest.approx(0.10),
    }
    assert [comparison.verdict for comparison in study.comparisons] == ["cannot say"]


def test_it_opens_from_python(folder):
    study = augury.Study.open(folder)
    study.report(quiet=True)
    assert study.status().counts["done"] == 2
    assert [row.verdict for row in study.verdicts] == ["cannot say"]
    assert study.settings.augmentations == ("none", "salience")
    assert study.settings.recipe == plan_of(folder).cells[0].recipe


def test_it_goes_on_and_keeps_what_is_done(folder):
    before = results(folder)
    done = call(*COMMAND, "--seeds", "2", "--out", folder, "--workers", "1")
    assert done.exit_code == 0, done.stderr
    after = results(folder)
    assert len(after) == 4
    assert {name: after[name] for name in before} == before
    assert json.loads((folder / "plan.json").read_text())["schema"] == 2
