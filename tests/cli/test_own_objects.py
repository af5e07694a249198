"""A study about a network and data of the user's own, from the command line."""

import json
import sys

import pytest
from typer.testing import CliRunner

from augury.cli.app import app
from augury.own import trust
from augury.report import load_study

QUICK = ["--seeds", "1", "--epochs", "1", "--corruptions", "0", "--workers", "1", "--out", "out"]
MINE = """
from pathlib import Path
import numpy as np
from torch import nn
import parts_of_mine

Path("ran").touch()

def make_net(num_classes, channels):
    features = nn.Sequential(nn.Conv2d(channels, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, num_classes))
    return nn.Sequential(features, head)

def flat_net(num_classes, channels):
    return nn.Sequential(nn.Flatten(), nn.Linear(channels * 64, num_classes))

def make_data():
    images = np.random.randint(0, 256, (60, 8, 8), dtype=np.uint8)
    return images, np.arange(60) % 2
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = tmp_path / "received"
    folder.mkdir()
    (folder / "mine_of_cli.py").write_text(MINE)
    (folder / "parts_of_mine.py").write_text("WIDTH = 4\n")
    (folder / "study.toml").write_text(
        'models = ["mine_of_cli:make_net"]\ndatasets = ["mine_of_cli:make_data"]\n'
        'augmentations = ["none", "flip"]\n'
    )
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AUGURY_TRUST", str(tmp_path / "trusted"))
    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(trust, "_granted", set())
    yield folder
    forget()


def forget():
    """As in another process."""
    trust._granted.clear()
    for name in ("mine_of_cli", "parts_of_mine"):
        sys.modules.pop(name, None)


def run(*arguments):
    done = CliRunner().invoke(app, [str(a) for a in arguments])
    return done.exit_code, " ".join(done.stderr.split())


def cells(folder):
    return json.loads((folder / "out" / "plan.json").read_text())["cells"]


def test_a_study_file_that_names_code_must_be_confirmed(here):
    for command in ("study", "doctor"):
        code, said = run(command, "study.toml", *(QUICK if command == "study" else []))
        assert code == 2
        assert "study.toml would run code that you have not confirmed: mine_of_cli.py, " in said
        assert "parts_of_mine.py" in said
        assert not (here / "ran").exists()
        assert not (here / "out").exists()
    code, said = run("study", "study.toml", *QUICK, "--trust")
    assert code == 0, said
    assert said.count("trusted from now on: ") == 2
    study = load_study(here / "out")
    assert {run.cell.augmentation for run in study.runs} == {"none", "flip"}
    assert all(run.result for run in study.runs)
    forget()
    assert run("study", "study.toml", *QUICK)[0] == 0
    (here / "parts_of_mine.py").write_text("WIDTH = 5\n")
    code, said = run("study", "study.toml", *QUICK)
    assert (code, "not confirmed: parts_of_mine.py" in said) == (2, True)


def test_names_that_were_typed_run_and_are_held_to_their_code(here):
    arms = "none,flip,attentive-cutmix,saliencymix"
    names = ["--dataset", "mine_of_cli:make_data", "--models", "mine_of_cli:make_net"]
    code, said = run("study", *names, "--augment", arms, *QUICK)
    assert code == 0, said
    for cell in cells(here):
        assert cell["name"].startswith(f"make_data.mine_of_cli-make_net.{cell['augmentation']}.s0.")
        assert len(cell["model_code"]) == 16
        assert (here / "out" / "runs" / cell["name"] / "result.json").exists()
    page = (here / "out" / "report.html").read_text()
    assert "mine_of_cli:make_net" in page
    assert "make_data" in page
    before = cells(here)
    forget()
    figure = ["--augment", "flip", "--out", "figure.png"]
    code, said = run("preview", "mine_of_cli:make_data", *figure, "--study", "out")
    assert (code, "not confirmed" in said) == (2, True)
    model = ["--model", "mine_of_cli:make_net"]
    code, said = run("preview", "mine_of_cli:make_data", *figure, *model, "--study", "out")
    assert code == 0, said
    code, said = run("study", *names, "--augment", arms, *QUICK, "--seeds", "2")
    assert code == 0, said
    assert cells(here)[: len(before)] == before

    (here / "parts_of_mine.py").write_text("WIDTH = 5\n")
    forget()
    changed = "mine_of_cli:make_net: its code has changed since the study began"
    code, said = run("study", *names, "--augment", arms, *QUICK, "--seeds", "3")
    assert (code, changed in said) == (4, True)
    forget()
    code, said = run("study", *names, "--augment", arms, *QUICK[:-1], "anew")
    assert code == 0, said  # the images are those of before: their code may change


def test_a_cell_hidden_in_a_plan_is_seen(here):
    names = ["--dataset", "mine_of_cli:make_data", "--models", "mine_of_cli:make_net"]
    assert run("study", *names, "--augment", "none", *QUICK)[0] == 0
    (result,) = (here / "out" / "runs").glob("*/result.json")
    result.unlink()
    forget()
    (here / "ran").unlink()
    code, said = run("study", "--dataset", "digits", "--augment", "none", *QUICK)
    assert code == 2
    assert "plan.json would run code that you have not confirmed: mine_of_cli.py, parts" in said
    for command in (["status", "out"], ["report", "out"]):
        assert run(*command)[0] == 0
    assert not (here / "ran").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--head", "original"], "mine_of_cli:make_net: head original is not for networks of"),
        (["--pretrained"], "mine_of_cli:make_net: pretrained weights is not for networks of"),
        (["--models", "mine_of_cli:flat_net", "--image-size", "9"], "cannot take images of 1×9×9"),
        (["--models", "mine_of_cli:flat_net", "--augment",
          "none,saliencymix,attentive-cutmix"],
         "augury: attentive-cutmix: teacher self, activation: Sequential: has no forward_features"),
        (["--models", "mine_of_cli:nowhere"], "the module has no 'nowhere'"),
        (["--dataset", "mine_of_cli:make_net"], "must be callable without arguments"),
        (["--dataset", "os:listdir"], "os belongs to Python's own library, which has no data"),
        (["--models", "subprocess:run"], "subprocess belongs to Python's own library"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_said_before_anything_trains(options, message, here):
    names = ["--dataset", "mine_of_cli:make_data", "--models", "mine_of_cli:make_net"]
    code, said = run("study", *names, "--augment", "none", *QUICK, *options)
    assert (code, message in said) == (2, True), said
    assert not (here / "out" / "runs").exists()


def test_the_data_command_shows_what_a_function_gives(here):
    code, said = run("data", "mine_of_cli:make_data", "--json")
    assert code == 0, said
    assert (here / "make_data-images.png").exists()
