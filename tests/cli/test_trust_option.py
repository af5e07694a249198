"""Studies, plans and descriptions from elsewhere: what they would run is said, and not run."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from augury.cli.app import app
from augury.own import trust
from augury.records.plan import write_plan
from augury.study import StudyFolder
from helpers.hostile_folder import fill, taken
from helpers.studies import quick_plan, quick_settings

QUICK = ["--seeds", "1", "--epochs", "1", "--train-limit", "60", "--test-limit", "50"]
COMMAND = "name = 'subprocess:run'\nargs = 'touch called'\nshell = true\n"
OWN = """
from pathlib import Path

Path("called").touch()

def make(level=2):
    return lambda image: image // level
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder that was received, with an augmentation of its own."""
    folder = tmp_path / "received"
    folder.mkdir()
    (folder / "theirs.py").write_text(OWN)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AUGURY_TRUST", str(tmp_path / "trusted"))
    monkeypatch.setattr(trust, "_granted", set())
    yield folder
    sys.modules.pop("theirs", None)


def run(*arguments):
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    return done.exit_code, done.stderr


def refused(said, *parts):
    lines = said.strip().splitlines()
    return len(lines) == 1 and all(part in lines[0] for part in parts)


def plan_with(folder, augmentation, **changes):
    """A stored plan of two cells: one of `none`, and one of what no command has named."""
    plan = quick_plan(quick_settings(augmentations=["none"]))
    hidden = replace(plan.cells[0], augmentation=augmentation, **changes)
    write_plan(StudyFolder(folder).plan_file, replace(plan, cells=(*plan.cells, hidden)))
    return hidden


STUDIES = {
    "an arm": "augmentations = ['none', 'subprocess:run']\n"
    "[parameters.'subprocess:run']\nargs = 'touch called'\nshell = true\n",
    "a chain": "augmentations = ['none', 'light']\n[chains.light]\nname = 'chain'\n"
    f"[[chains.light.parts]]\n{COMMAND}",
    "an argument": "augmentations = ['none', 'cutout']\n[parameters.cutout.length]\n" + COMMAND,
}


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("command", ["study", "doctor"])
@pytest.mark.parametrize("trusted", [[], ["--trust"]], ids=["", "trusted"])
def test_no_study_file_runs_a_command(command, study, trusted, here):
    (here / "study.toml").write_text(STUDIES[study])
    code, said = run(command, "study.toml", *QUICK[: 4 if command == "doctor" else None], *trusted)
    assert code == 2
    assert refused(said, "subprocess:run: subprocess belongs to Python's own library")
    assert not (here / "called").exists()
    assert not (here / "studies").exists()


@pytest.mark.parametrize(
    "command",
    [
        ["preview", "digits", "--augment", "light.toml"],
        ["study", "--augment", "none,light.toml", *QUICK],
        ["doctor", "--augment", "none,light.toml"],
    ],
    ids=lambda command: command[0],
)
def test_no_description_runs_a_command_or_unconfirmed_code(command, here):
    (here / "light.toml").write_text(COMMAND)
    code, said = run(*command)
    assert (code, refused(said, "subprocess:run")) == (2, True)
    (here / "light.toml").write_text("name = 'theirs:make'\n")
    code, said = run(*command)
    assert code == 2
    assert refused(said, "would run code that you have not confirmed: theirs.py", "--trust")
    assert not (here / "called").exists()


def test_a_study_file_is_confirmed_once(here):
    (here / "study.toml").write_text("augmentations = ['none', 'theirs:make']\n")
    figure = here / "figure.png"
    light = ["preview", "digits", "--augment", "light.toml", "--out", figure]
    (here / "light.toml").write_text("name = 'theirs:make'\n")
    code, said = run("doctor", "study.toml")
    assert code == 2
    assert refused(said, "study.toml would run code that you have not confirmed: theirs.py")
    assert not (here / "called").exists()
    code, said = run(*light, "--trust")
    assert code == 0
    assert f"trusted from now on: {here / 'theirs.py'}" in said
    figure.unlink()
    trust._granted.clear()
    assert run(*light) == (0, "")
    assert figure.exists()
    (here / "theirs.py").write_text(OWN + "# changed\n")
    code, said = run("doctor", "study.toml")
    assert code == 2
    assert refused(said, "not confirmed: theirs.py")


@pytest.mark.parametrize("name", ["subprocess:run", "theirs:make"])
def test_a_cell_hidden_in_a_plan_is_seen(name, here):
    arguments = {"args": "touch called", "shell": True} if name == "subprocess:run" else {}
    plan_with(here / "their study", name, parameters={name: arguments})
    options = ["--augment", "none", "--seeds", "1", "--epochs", "2", "--train-limit", "60"]
    options += ["--test-limit", "50", "--out", "their study"]
    before = {file: file.stat().st_mtime_ns for file in here.rglob("*")}
    for command in ("study", "doctor"):
        more = ["--batch-size", "20", "--workers", "1"] if command == "study" else []
        code, said = run(command, *options, *more)
        assert code == 2
        assert refused(said, "subprocess:run" if name == "subprocess:run" else "theirs.py")
    code, _ = run("preview", "digits", "--augment", name, "--study", "their study")
    assert code == (2 if name == "subprocess:run" else 0)  # it was typed
    if name == "subprocess:run":
        assert not (here / "called").exists()
        # Locks aside, nothing is written.
        now = {f: f.stat().st_mtime_ns for f in here.rglob("*") if f.is_file()}
        assert {f for f in now if f.name != ".plan.lock"} == {f for f in before if f.is_file()}


def test_what_reads_results_imports_nothing(here):
    plan_with(here / "their study", "theirs:make+flip")
    for command in (["status"], ["report"], ["compare", "their study"]):
        run(*command, "their study")
    assert not (here / "called").exists()
    assert "theirs" not in sys.modules


def test_nothing_that_lies_in_the_working_folder_is_taken_up(tmp_path):
    """Neither by the command nor by its workers; what was typed is, by all of them."""
    here = tmp_path / "received"
    fill(here)
    (here / "mine.py").write_text("def make():\n    return lambda image: image // 2\n")
    options = ["study", "--augment", "none,mine:make", *QUICK, "--corruptions", "0"]
    command = [sys.executable, "-m", "augury", *options, "--workers", "1", "--out", "out"]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    assert taken(here) == ""
    assert done.returncode == 0, done.stderr
    cells = json.loads((here / "out" / "plan.json").read_text())["cells"]
    assert [cell["augmentation"] for cell in cells] == ["none", "mine:make"]
