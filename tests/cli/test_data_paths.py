"""Commands beside and inside the folders of data sets, and paths with commas."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from augury.cli.app import app
from augury.cli.output import paths_or_names
from augury.data import DATASETS
from augury.records.plan import PlannedSpeed
from augury.study import StudyFolder
from augury.study.opening import check_study_folder
from augury.study.planning import probe
from augury.study.planning.settings import read_settings

SPEED = PlannedSpeed("contiguous", "float32", {"contiguous float32": 9.0})


@pytest.fixture
def flowers(tmp_path):
    """Two classes of noise, 10 images each."""
    for number, name in enumerate(("daisy", "rose")):
        (tmp_path / "flowers" / name).mkdir(parents=True)
        for i in range(10):
            pixels = np.random.default_rng([number, i]).integers(0, 256, (16, 16, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "flowers" / name / f"{i}.png")
    return tmp_path / "flowers"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUGURY_DATA", raising=False)
    monkeypatch.setattr(probe, "probe", lambda *arguments: SPEED)

    def run(*arguments):
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        return done.exit_code, done.stdout, done.stderr

    return run


@pytest.mark.parametrize(
    ("arguments", "elsewhere"),
    [
        (("study", "--dataset", "."), "../flowers-study"),
        (("study", "--dataset", "../flowers", "--out", "results"), "../flowers-study"),
        (("study", "--dataset", "digits,../flowers", "--out", "."), "../flowers-study"),
        (("data", "."), "../flowers-figures"),
        (("data", "../flowers", "--out", "figures"), "../flowers-figures"),
        (("preview", "../flowers", "--augment", "flip"), "../flowers-flip.png"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_output_inside_the_data_is_refused_before_anything_is_written(
    run, flowers, monkeypatch, arguments, elsewhere
):
    monkeypatch.chdir(flowers)
    before = sorted(flowers.rglob("*"))
    code, _, said = run(*arguments)
    assert code == 2
    (line,) = said.splitlines()
    assert f"would lie in the data set {flowers}, and be read as data" in line
    assert line.endswith(f"with --out {elsewhere}")
    assert sorted(flowers.rglob("*")) == before
    if arguments[0] != "study":
        assert run(*arguments, "--out", elsewhere)[0] == 0
        assert sorted(flowers.rglob("*")) == before


def test_a_study_that_was_begun_inside_its_data_goes_on(flowers):
    settings = read_settings(None, None, {"datasets": [str(flowers)]})
    folder = StudyFolder(flowers / "studies" / "flowers")
    folder.path.mkdir(parents=True)
    folder.plan_file.write_text("{}")
    check_study_folder(settings, folder)


def test_data_that_cannot_be_used_leaves_no_lock(run, flowers, tmp_path):
    (flowers / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    code, _, said = run("study", "--dataset", "flowers")
    assert code == 2
    assert "class 'empty' has no images" in said
    assert sorted(tmp_path.rglob("*")) == before


def test_the_doctor_tells_of_output_inside_the_data_and_names_files(run, flowers, monkeypatch):
    monkeypatch.chdir(flowers)
    for part, numbers in (("train", range(8)), ("test", range(8, 10))):
        for name in ("daisy", "rose"):
            (flowers / part / name).mkdir(parents=True, exist_ok=True)
            for i in numbers:
                (flowers / name / f"{i}.png").rename(flowers / part / name / f"{i}.png")
    for name in ("daisy", "rose"):
        (flowers / name).rmdir()
    for i in (0, 1):
        target = flowers / f"test/daisy/copy {i}.png"
        target.write_bytes((flowers / f"train/rose/{i}.png").read_bytes())
    code, printed, _ = run("doctor", "--dataset", ".", "--augment", "none,flip", "--json")
    assert code == 3
    found = {finding["check"]: finding["words"] for finding in json.loads(printed)["findings"]}
    assert "would lie in the data set" in found["output"]
    assert found["leaked-test-images"].endswith(
        "another label: test/daisy/copy 0.png like train/rose/0.png, "
        "test/daisy/copy 1.png like train/rose/1.png"
    )


def test_how_the_folders_were_read_is_printed(run, flowers):
    assert "  read as class/image\n" in run("data", "flowers")[1]
    for name in ("daisy", "rose"):
        for part, numbers in (("Training", range(8)), ("Testing", range(8, 10))):
            (flowers / part / name).mkdir(parents=True)
            for i in numbers:
                (flowers / name / f"{i}.png").rename(flowers / part / name / f"{i}.png")
        (flowers / name).rmdir()
    printed = run("data", "flowers")[1]
    assert "read as part/class/image: Testing is test, Training is train" in printed
    assert printed.count("read as") == 1


def test_only_a_few_files_of_one_reason_are_listed(run, flowers):
    for i in range(40):
        (flowers / "daisy" / f"{i:02}.txt").write_text("")
    printed = run("data", "flowers")[1]
    assert "40 files set aside" in printed
    assert printed.count(".txt: not a PNG") == 5
    assert "… and 35 more: not a PNG, JPEG, WebP, BMP, TIFF, PPM, AVIF or HEIC file" in printed


def test_a_path_may_hold_commas(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("red, blue", "a,b", "a,b,c", "both", "both,two", "x,y/z"):
        (tmp_path / folder).mkdir(parents=True)

    def split(value):
        return paths_or_names(value, DATASETS)

    assert split("digits,cifar10") == ["digits", "cifar10"]
    assert split(" digits , red, blue,cifar10") == ["digits", "red, blue", "cifar10"]
    assert split("a,b") == ["a,b"]
    assert split("a,b,c") == ["a,b,c"]
    assert split("a,b,digits") == ["a,b", "digits"]
    assert split("both,two") == ["both", "two"]  # each is told by itself where it is there
    assert split("./both,two") == ["./both", "two"]
    assert split(f"{tmp_path}/x,y/z,digits") == [f"{tmp_path}/x,y/z", "digits"]
    assert split("x,y/*/{class},digits") == ["x,y/*/{class}", "digits"]
    assert split("digits,,") == ["digits"]
    assert split(",".join(["nothing"] * 300)) == ["nothing"] * 300
    assert split(None) is None


def test_a_data_set_whose_path_holds_a_comma(run, flowers, tmp_path):
    (tmp_path / "red, blue").mkdir()
    flowers.rename(tmp_path / "red, blue" / "flowers")
    printed = run("doctor", "--dataset", "red, blue/flowers", "--augment", "none,flip")[1]
    assert "flowers" in printed
    assert "no such folder" not in printed
