"""Whole studies as a user runs them: other processes, killed, interrupted, out of room."""

import json
import os
import resource
import shutil
import signal
import subprocess

import numpy as np
import pytest
from typer.testing import CliRunner

from augury.cli.app import app
from augury.data import load_dataset
from augury.study import StudyFolder, read_plan
from augury.study.preview import show
from helpers.command_line import KILLED_ARMS, command, results, run, wait_for


@pytest.fixture(scope="module")
def straight(tmp_path_factory, cache_folder):
    """A study that nothing happened to, and what its command printed."""
    folder = tmp_path_factory.mktemp("studies") / "straight"
    done = run(folder, *KILLED_ARMS, "--json")
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def test_a_study_leaves_its_answer(straight):
    folder, printed = straight
    assert {path.name for path in folder.iterdir()} >= {
        "study.toml",
        "plan.json",
        "runs",
        "summary.csv",
        "verdicts.json",
        "evidence.json",
        "report.html",
    }
    verdicts = json.loads((folder / "verdicts.json").read_text())
    assert printed["verdicts"] == verdicts
    assert printed["cells"] == {"cells": 4, "done": 4, "failed": 0}
    (comparison,) = verdicts["comparisons"]
    assert comparison["verdict"] == "cannot say"
    assert comparison["words"] == "cannot say: 2 paired seeds, the rule needs 6"
    found = results(folder)
    salience, plain = (
        np.mean([test["accuracy"] for name, (test, *_) in found.items() if f".{arm}." in name])
        for arm in ("salience", "none")
    )
    assert comparison["difference"] == pytest.approx(100 * (salience - plain))


def test_status_and_report_read_the_folder_alone(straight):
    folder, printed = straight
    status = CliRunner().invoke(app, ["status", str(folder), "--json"])
    assert status.exit_code == 0
    assert json.loads(status.stdout)["counts"] == {"done": 4, "begun": 0, "waiting": 0, "failed": 0}
    assert "4 done" in CliRunner().invoke(app, ["status", str(folder)]).stdout
    (folder / "verdicts.json").unlink()
    (folder / "report.html").unlink()
    report = CliRunner().invoke(app, ["report", str(folder), "--json"])
    assert report.exit_code == 0
    assert json.loads(report.stdout) == printed
    assert (folder / "report.html").exists()


def test_a_preview_of_the_study_is_what_its_last_epoch_saw(straight, tmp_path):
    """The run kept its examples; the preview replays the training up to them."""
    folder, _ = straight
    plan = read_plan(StudyFolder(folder).plan_file)
    for cell in plan.cells:
        with np.load(StudyFolder(folder).run(cell).examples) as kept:
            shown = show(cell, plan, load_dataset("digits"), kept["ids"], int(kept["epoch"]))
            assert set(kept) - {"epoch"} == set(shown.arrays)
            for name, value in shown.arrays.items():
                assert (kept[name] == value).all(), name


def test_a_study_killed_in_an_epoch_goes_on_to_the_same_bits(straight, tmp_path):
    folder = tmp_path / "killed"
    process = subprocess.Popen(command(folder, *KILLED_ARMS), stderr=subprocess.DEVNULL)
    # Some cell has an epoch behind it and is in the next one.
    wait_for(lambda: any(p.read_text() for p in folder.glob("runs/*/epochs.jsonl")))
    process.send_signal(signal.SIGKILL)
    process.wait()
    half_done = list(folder.glob("runs/*/checkpoint/epoch-*.safetensors"))
    assert half_done
    assert not (folder / "report.html").exists()
    done = run(folder, *KILLED_ARMS)
    assert done.returncode == 0, done.stderr
    assert results(folder) == results(straight[0])


@pytest.fixture
def finished(straight, tmp_path):
    """A copy of it."""
    return shutil.copytree(straight[0], tmp_path / "finished")


def test_more_seeds_and_arms_run_only_what_is_new(finished):
    folder = finished
    before = {p: p.stat().st_mtime_ns for p in folder.glob("runs/*/result.json")}
    refused = run(folder, *KILLED_ARMS, "--epochs", "5")
    assert refused.returncode == 4
    assert refused.stderr.count("\n") <= 3
    assert "recipe.epochs: 4 → 5" in refused.stderr
    again = run(folder, *KILLED_ARMS[:2], "--seeds", "3", "--epochs", "4")
    assert again.returncode == 0, again.stderr
    after = {p: p.stat().st_mtime_ns for p in folder.glob("runs/*/result.json")}
    assert len(after) == 6
    assert all(after[path] == moment for path, moment in before.items())
    comparison = json.loads((folder / "verdicts.json").read_text())["comparisons"][0]
    assert comparison["seeds"] == [0, 1, 2]


def test_ctrl_c_keeps_what_is_finished(tmp_path, heeds_sigint):
    folder = tmp_path / "interrupted"
    process = subprocess.Popen(
        command(folder, "--augment", "none,normal", "--seeds", "20", "--epochs", "2"),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(lambda: list(folder.glob("runs/*/result.json")))
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers get it too
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "augury: interrupted; what is finished is kept" in said
    assert "Traceback" not in said
    assert list(folder.glob("runs/*/result.json"))


def test_a_failed_cell_is_reported_and_tried_again(finished):
    folder = finished
    broken, _ = folder.glob("runs/*.salience.*")
    (broken / "result.json").unlink()
    shutil.rmtree(broken / "checkpoint")
    (broken / "checkpoint").write_text("a file where a folder must be")
    failed = run(folder, *KILLED_ARMS)
    assert failed.returncode == 3
    assert "1 of 4 cells failed" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert "FileExistsError" in json.loads((broken / "error.json").read_text())["error"]
    assert "FileExistsError" in (folder / "report.html").read_text()
    assert len(list(folder.glob("runs/*/result.json"))) == 3
    (broken / "checkpoint").unlink()
    assert run(folder, *KILLED_ARMS).returncode == 0
    assert len(list(folder.glob("runs/*/result.json"))) == 4


def test_a_loss_that_is_not_finite_fails_the_cell_and_names_the_step(tmp_path):
    folder = tmp_path / "study"
    arguments = ["--augment", "none", "--seeds", "1", "--epochs", "2", "--schedule", "constant"]
    done = run(folder, *arguments, "--lr", "1e30")
    assert done.returncode == 3
    (error,) = folder.glob("runs/*/error.json")
    found = json.loads(error.read_text())
    assert found["error"].startswith("the loss is nan at epoch 0, step ")
    assert (found["epoch"], found["step"]) == (0, int(found["error"].rsplit(" ", 1)[1]))


def test_a_full_disk_is_one_clear_line(tmp_path):
    """A limit on the size of files stands for it: the weights do not fit."""
    folder = tmp_path / "study"
    done = run(
        folder,
        *("--augment", "none", "--seeds", "1", "--epochs", "1"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
    )
    assert done.returncode == 5
    assert f"augury: cannot write in {folder}: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(folder.glob("runs/*/result.json"))
    assert not list(folder.glob("runs/*/checkpoint/.*"))
    again = run(folder, "--augment", "none", "--seeds", "1", "--epochs", "1")
    assert again.returncode == 0, again.stderr


def test_seeds_are_added_until_all_is_decided(tmp_path, cache_folder):
    file = tmp_path / "study.toml"
    file.write_text("[rule]\nmin_seeds = 2\nmin_difference = 0.001\n")
    folder = tmp_path / "study"
    arms = ["--augment", "none,normal", "--epochs", "1", "--seeds", "2", "--corruptions", "0"]
    done = run(folder, str(file), *arms, "--until-decided", "--max-seeds", "5", "--json")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed["verdicts"]["rule"]["looks"] == [2, 4]
    (comparison,) = printed["verdicts"]["comparisons"]
    # One epoch of three steps decides nothing, so both looks are used.
    assert not comparison["decided"]
    assert comparison["seeds"] == [0, 1, 2, 3]
    assert printed["cells"] == {"cells": 8, "done": 8, "failed": 0}
    # Without corruptions no network saw any.
    assert not list(folder.glob("runs/*/corruptions.json"))
