"""`augury doctor`."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from augury.cli.app import app
from augury.records.plan import PlannedSpeed
from augury.study.doctor import costing
from augury.study.planning import probe

SPEED = PlannedSpeed("contiguous", "float32", {"contiguous float32": 9.0})
QUICK = ["--augment", "none,flip", "--epochs", "2", "--train-limit", "100", "--workers", "2"]
QUICK += ["--seeds", "6"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs `augury doctor` in an empty folder: (exit code, output, errors)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUGURY_DATA", raising=False)
    monkeypatch.setattr(probe, "probe", lambda *arguments: SPEED)

    def run(*arguments):
        done = CliRunner().invoke(app, ["doctor", *map(str, arguments)], env={"COLUMNS": "80"})
        return done.exit_code, done.stdout, done.stderr

    return run


def test_a_study_that_can_run(run, tmp_path):
    code, printed, _ = run(*QUICK)
    assert code == 0
    assert max(map(len, printed.splitlines())) <= 80
    for words in (
        "digits: 0 problems, 3 warnings",
        "warning  small on digits: 8 training steps: the digits",
        "warning  digits: no test part: 30% held out",
        "2 cells at once on cpu, 1 thread each",
        "device cpu: the default without a GPU",
        "small on digits: fastest with contiguous float32, 9.00 ms a step",
        "for 12 cells",
        "6 paired seeds, 1 comparison, spread 1 points (a default",
        "no number of seeds shows 0.2 points",
    ):
        assert words in printed, words
    assert list(tmp_path.iterdir()) == []


def test_what_can_be_found_is_one_number_in_the_sentence_and_in_the_table(run):
    _, printed, _ = run(*QUICK)
    words = " ".join(printed.split())
    told = words.split("sure to find a difference of ")[1].split()[0]
    seeds, points = (
        line.split()[1:]
        for line in printed.splitlines()
        if line.split()[:1] in (["seeds"], ["points"])
    )
    assert told == dict(zip(seeds, points, strict=True))["6"]


def test_json_is_all_of_it(run, tmp_path):
    code, printed, _ = run(*QUICK, "--spread", "0.2", "--json")
    found = json.loads(printed)
    assert code == 0
    assert (found["schema"], found["problems"], found["study"]) == (1, 0, "digits")
    assert {finding["level"] for finding in found["findings"]} == {"warning", "fine"}
    assert found["costs"]["cells"] == 12
    assert [arm["augmentation"] for arm in found["costs"]["arms"]] == ["none", "flip"]
    (power,) = found["power"]
    assert power["spread"]["deviation"] == 0.2
    assert power["needed"] > 6
    assert f"takes about {power['needed']} seeds" in run(*QUICK, "--spread", "0.2")[1]


def test_problems_come_first_and_fail(run, tmp_path, monkeypatch):
    monkeypatch.setattr(costing, "free_space", lambda path: 0)
    code, printed, _ = run(*QUICK, "--seeds", "1", "--dataset", "digits,./nowhere")
    lines = printed.splitlines()
    assert code == 3
    assert lines[0] == "digits-nowhere: 3 problems, 3 warnings"
    assert lines[1].startswith("problem  ./nowhere: no such folder or archive")
    assert printed.count("problem  ") == 3
    assert 'every verdict will be "cannot say"' in " ".join(printed.split())
    few = " ".join(run(*QUICK, "--seeds", "4")[1].split())
    assert "no difference, of whatever size, can be found with 4 seeds" in few


def test_data_that_misleads(run, tmp_path):
    rng = np.random.default_rng(0)
    for name in ("ant", "bee"):
        for part, images in (("train", 20), ("test", 20)):
            (tmp_path / "insects" / part / name).mkdir(parents=True)
            for i in range(images):
                pixels = rng.integers(0, 256, (12, 12), np.uint8)
                Image.fromarray(pixels).save(tmp_path / "insects" / part / name / f"{i}.png")
    twin = tmp_path / "insects/train/ant/0.png"
    (tmp_path / "insects/test/bee/3.png").write_bytes(twin.read_bytes())
    code, printed, _ = run("--dataset", "./insects", *QUICK, "--json")
    counts = {f["check"]: f["count"] for f in json.loads(printed)["findings"]}
    assert code == 0
    assert counts["leaked-test-images"] == 1
    assert counts["test-size"] == 40


def test_a_study_file(run, tmp_path):
    (tmp_path / "own.toml").write_text(
        'name = "own"\naugmentations = ["none", "cutout"]\nseeds = 8\nuntil_decided = true\n'
        "max_seeds = 12\nmin_difference = 1.0\n[recipe]\nepochs = 1\ntrain_limit = 50\n",
        encoding="utf-8",
    )
    code, printed, _ = run("own.toml", "--workers", "2")
    assert code == 0
    assert "for 16 cells" in printed
    assert "with all seeds" in printed
    assert "12 paired seeds" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.toml"], "cannot read the study file nowhere.toml"),
        (["--augment", "cutuot"], "Did you mean 'cutout'"),
        (["--spread", "0"], "spread: must be over 0 points, got 0.0"),
        (["--seeds", "0"], "seeds: must be at least 1, got 0"),
    ],
)
def test_bad_input(run, arguments, message):
    code, printed, errors = run(*arguments)
    assert code == 2
    assert message in errors
    assert len(errors.splitlines()) == 1
    assert printed == ""
