"""`augury.Study`: what it runs, what it gives, and what the command line says of the same."""

import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import augury
from augury.cli.app import app
from augury.errors import CellsFailed, InputError, RecipeChanged
from augury.records.verdicts import read_verdicts
from augury.study.running import run as cell_runs
from helpers.studies import QUICK_STUDY


def printed(*arguments):
    """Standard output of a command, in 80 columns."""
    done = CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "80"})
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.fixture(autouse=True)
def columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def test_what_is_shown_is_what_the_command_line_prints(finished):
    study = augury.Study.open(finished)
    reported = printed("report", finished)
    told = [line for step in study.verdicts.next_steps for line in (f"next: {step}", step.command)]
    shown = [line.strip() for line in reported.removeprefix(f"{study.verdicts}\n").splitlines()]
    assert shown == [*filter(None, told), f"report: {finished / 'report.html'}"]
    assert printed("status", finished) == f"{study.status()}\n"
    assert printed("compare", finished, finished) == f"{study.compare(finished)}\n"
    assert repr(study.verdicts) == str(study.verdicts)


def test_the_doctor_says_what_the_command_says(here):
    command = ["doctor", "--augment", "none,flip", "--seeds", "1", "--epochs", "1"]
    said = CliRunner().invoke(app, [*command, "--train-limit", "60", "--workers", "1"])
    found = augury.Study(augment=["none", "flip"], seeds=1, epochs=1, train_limit=60).doctor(
        engine=augury.Local(workers=1), quiet=True
    )
    assert found.problems == 1
    assert found.costs.cells == 2
    assert {"problem", "warning"} < {each.level for each in found.findings}
    untimed = str(found).partition("machine")[0]
    assert untimed in said.stdout
    assert found.machine.workers == found.costs.workers == 1
    assert list(here.iterdir()) == []


def test_verdicts_are_those_of_the_file(finished):
    verdicts = augury.Study.open(finished).verdicts
    stored = read_verdicts(finished / "verdicts.json")
    assert tuple(verdicts) == stored.comparisons
    (row,) = verdicts
    assert (row.dataset, row.model, row.augmentation) == ("digits", "small", "flip")
    assert row.verdict == "cannot say"
    assert verdicts[0] is row
    assert verdicts[:1] == (row,)
    assert (len(verdicts), verdicts.rule, verdicts.baseline) == (1, stored.rule, "none")


def test_what_is_done_is_not_done_again_and_only_what_is_new_is_run(finished, tmp_path):
    path = Path(shutil.copytree(finished, tmp_path / "study"))
    results = {file: file.stat().st_mtime_ns for file in path.glob("runs/*/result.json")}
    study = augury.Study(path=path, **QUICK_STUDY)
    assert repr(study) == f"<Study {path}: 2 of 2 cells done>"
    assert study.run(quiet=True) == augury.CellCounts(cells=2, done=2, failed=0)
    same = study.add(augment="cutout", seeds=2)
    assert same is study
    reached = study.run(engine=augury.InProcess(), quiet=True)
    assert reached == augury.CellCounts(cells=6, done=6, failed=0)
    assert {file: file.stat().st_mtime_ns for file in results} == results
    assert [row.augmentation for row in study.verdicts] == ["flip", "cutout"]
    assert study.status().counts == {"done": 6, "begun": 0, "waiting": 0, "failed": 0}
    assert [row.state for row in study.status()] == ["done"] * 6
    opened = augury.Study.open(path)
    assert opened.settings.augmentations == ("none", "flip", "cutout")
    assert opened.add(augment=["none"]).settings.augmentations == ("none", "flip", "cutout")


def test_a_baseline_stays_the_baseline(here):
    study = augury.Study(augment=["flip", "cutout"]).add(augment="none")
    assert study.settings.baseline_arm == "flip"
    assert study.settings.augmentations == ("flip", "cutout", "none")


def test_fewer_seeds_cannot_be_added(here):
    with pytest.raises(InputError, match="seeds: is how many in all, at least 6, got 4"):
        augury.Study(augment=["none"], seeds=6).add(seeds=4)


def test_the_report_is_a_path_that_a_notebook_shows(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(finished.parent)
    page = augury.Study.open(finished.name).report(quiet=True)
    assert Path(page) == page.path == Path(finished.name) / "report.html"
    assert page.path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert 'src="finished/report.html"' in page._repr_html_()
    monkeypatch.chdir(tmp_path)
    outside = augury.Study.open(finished).report(quiet=True)
    assert f'href="{outside.path.as_uri()}"' in outside._repr_html_()


def test_a_preview_is_a_picture(finished, tmp_path):
    study = augury.Study.open(finished)
    picture = study.preview(ids=None, quiet=True)
    arrays = picture.shown.arrays
    assert picture.shown.cell.augmentation == "flip"
    assert picture._repr_png_().startswith(b"\x89PNG")
    assert picture.save(tmp_path / "flip.png").read_bytes() == picture._repr_png_()
    mirrored = arrays["originals"][..., ::-1]
    for original, flipped, augmented in zip(
        arrays["originals"], mirrored, arrays["augmented"], strict=True
    ):
        assert np.array_equal(augmented, original) or np.array_equal(augmented, flipped)
    other = study.preview("invert", ids=arrays["ids"].tolist(), quiet=True)
    assert other.shown.arrays["ids"].tolist() == arrays["ids"].tolist()


def test_until_decided_adds_seeds(tmp_path):
    study = augury.Study(
        path=tmp_path / "s",
        **(QUICK_STUDY | {"augment": ["none", "invert"], "min_seeds": 2, "seeds": 2}),
    )
    reached = study.run(engine="in-process", until_decided=True, max_seeds=4, quiet=True)
    looks = study.verdicts.rule.looks
    assert looks == (2, 4)
    (row,) = study.verdicts
    assert reached.cells == 2 * len(row.seeds)
    assert row.decided or len(row.seeds) == 4


def test_failed_cells_are_an_error_when_all_others_are_done(tmp_path, monkeypatch):
    real = cell_runs._train_and_test

    def fails(cell, *others):
        if cell.augmentation == "flip":
            raise RuntimeError("the loss is a mess")
        return real(cell, *others)

    monkeypatch.setattr(cell_runs, "_train_and_test", fails)
    study = augury.Study(path=tmp_path / "s", **QUICK_STUDY)
    with pytest.raises(CellsFailed, match=r"1 of 2 cells failed; augury status .* says why"):
        study.run(engine="in-process", quiet=True)
    assert "1 failed" in repr(study)
    assert [row.error for row in study.status()] == ["", "RuntimeError: the loss is a mess"]
    assert (study.path / "report.html").exists()
    monkeypatch.undo()
    assert study.run(engine="in-process", quiet=True).done == 2


def test_errors_are_one_line(here, finished):
    with pytest.raises(InputError, match=r"unknown augmentation 'cutoot'\. Did you mean 'cutout'"):
        augury.Study(augment=["none", "cutoot"])
    with pytest.raises(InputError, match="Study: seeds must be int, got 'six'"):
        augury.Study(seeds="six")
    with pytest.raises(InputError, match=r"^Study: \[rule\]: alpha: must be in \(0, 1\), got 2"):
        augury.Study(alpha=2.0)
    with pytest.raises(InputError, match=r"nowhere: no study here \(there is no such folder\)"):
        augury.Study.open("nowhere")
    with pytest.raises(InputError, match=r"unknown engine 'lokal'\. Did you mean 'local'"):
        augury.Study().run(engine="lokal")
    with pytest.raises(InputError, match="models: must be names or callables, got 3"):
        augury.Study(models=[3])
    with pytest.raises(RecipeChanged, match=r"recipe\.epochs: 1 → 2"):
        augury.Study(path=finished, **(QUICK_STUDY | {"epochs": 2})).run(quiet=True)
    with pytest.raises(InputError, match="no study here"):
        _ = augury.Study(name="not-begun").verdicts


def test_progress_is_told_on_standard_error_unless_quiet(tmp_path, capfd):
    study = augury.Study(path=tmp_path / "s", **QUICK_STUDY)
    study.run(engine="in-process")
    out, told = capfd.readouterr()
    assert out == ""
    assert "digits small flip seed 0  done  test" in told
    study.add(seeds=2).run(engine="in-process", quiet=True)
    assert capfd.readouterr() == ("", "")


def test_a_script_needs_no_guard(tmp_path):
    """Workers do not run the script again, though it has no `if __name__ == "__main__"`."""
    (tmp_path / "script.py").write_text(
        textwrap.dedent(f"""
        import json
        import augury

        print("begun")
        study = augury.Study(**{QUICK_STUDY!r})
        study.run(engine=augury.Local(workers=2), quiet=True)
        print(json.dumps([row.verdict for row in study.verdicts]))
        """)
    )
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    begun, verdicts = done.stdout.splitlines()
    assert begun == "begun"
    assert json.loads(verdicts) == ["cannot say"]
    assert (tmp_path / "studies" / "digits" / "report.html").exists()
