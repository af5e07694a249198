"""Commands that train nothing, and what they make of bad input."""

import json

import numpy as np
import pytest
from PIL import Image
from typer import Context
from typer.main import get_command
from typer.testing import CliRunner

from augury.cli.app import COMMANDS, app
from augury.data import load_dataset


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command in an empty folder: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUGURY_DATA", raising=False)

    def run(*arguments):
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        return done.exit_code, done.stdout, done.stderr

    return run


def make_folder(path, classes=("cat", "dog"), images=6, size=20):
    for number, name in enumerate(classes):
        (path / name).mkdir(parents=True)
        for i in range(images):
            pixels = np.random.default_rng([number, i]).integers(0, 256, (size, size, 3), np.uint8)
            Image.fromarray(pixels).save(path / name / f"{i}.png")
    return path


def pixels_of(path):
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_prints_json_when_asked(name):
    command = get_command(app)
    found = command.resolve_command(Context(command), [name])[1]
    assert ["--json"] in [parameter.opts for parameter in found.params]


def test_lists(run):
    for what, name in (("models", "vgg19"), ("augmentations", "cutout"), ("datasets", "digits")):
        code, printed, _ = run("list", what)
        assert code == 0
        assert name in printed
        code, printed, _ = run("list", what, "--json")
        assert name in json.loads(printed)


def test_data_prints_shapes_and_writes_figures(run, tmp_path):
    code, printed, _ = run("data", "digits", "--json")
    assert code == 0
    facts = json.loads(printed)
    assert facts["parts"]["train"]["images"] == [881, 1, 16, 16]
    assert facts["parts"]["validation"]["labels"] == [377, 1]
    assert facts["parts"]["test"]["one_hot"] == [539, 10]
    assert sum(facts["parts"]["train"]["counts"]) == 881
    for name in ("digits-images.png", "digits-normalization.png"):
        assert pixels_of(tmp_path / name).shape[1] > 300
    code, printed, _ = run("data", "digits")
    assert "(881, 1, 16, 16)" in printed
    assert "8×8 resized" in printed


def test_data_of_a_folder_with_a_bad_file(run, tmp_path):
    folder = make_folder(tmp_path / "pets")
    (folder / "cat" / "broken.png").write_bytes(b"<html>404</html>")
    code, printed, _ = run("data", folder)
    assert code == 0
    assert "1 files set aside" in printed
    assert "broken.png" in printed


def test_preview_shows_what_training_sees(run, tmp_path):
    ids = load_dataset("digits").train.ids
    code, printed, _ = run(
        "preview", "digits", "--augment", "random-erasing", "--epoch", "3", "--json"
    )
    assert code == 0
    found = json.loads(printed)
    assert len(found["ids"]) == 5
    assert set(found["ids"]) <= set(ids.tolist())
    first = pixels_of(tmp_path / "digits-random-erasing.png")
    chosen = ",".join(map(str, found["ids"]))
    code, _, _ = run(
        "preview",
        "digits",
        "--augment",
        "random-erasing",
        "--epoch",
        "3",
        "--ids",
        chosen,
        "--out",
        "again.png",
    )
    assert code == 0
    assert (pixels_of(tmp_path / "again.png") == first).all()
    run(
        "preview",
        "digits",
        "--augment",
        "random-erasing",
        "--epoch",
        "4",
        "--ids",
        chosen,
        "--out",
        "b.png",
    )
    assert (pixels_of(tmp_path / "b.png") != first).any()


def test_preview_of_salience_has_the_map_between(run, tmp_path):
    assert run("preview", "digits", "--augment", "salience")[0] == 0
    assert run("preview", "digits", "--augment", "normal")[0] == 0
    with_map, without = (pixels_of(tmp_path / f"digits-{a}.png") for a in ("salience", "normal"))
    assert with_map.shape[1] > without.shape[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("data", "digts"), "Did you mean 'digits'?"),
        (("data", "./nowhere"), "nowhere"),
        (("list", "modles"), "unknown list 'modles'. Did you mean 'models'?"),
        (
            ("preview", "digits", "--augment", "nrmal"),
            "Did you mean 'normal'? Choices: none, normal",
        ),
        (
            ("preview", "digits", "--ids", "1,x"),
            "ids: must be whole numbers with commas, got '1,x'",
        ),
        (("preview", "digits", "--ids", "99999"), "id 99999: not among the 881 images"),
        (("preview", "digits", "--epoch", "20"), "epoch: must lie in 0..19, got 20"),
        (("study", "--models", "resnet51"), "Did you mean 'resnet50'?"),
        (("study", "--models", "vgg19"), "model vgg19 cannot take 16×16 images, but 32×32"),
        (("study", "--dataset", "digts"), "Did you mean 'digits'?"),
        (("study", "--teacher", "pyproject.toml"), "unknown teacher"),
        (("study", "--epochs", "0"), "epochs: must be at least 1, got 0"),
        (("study", "none.toml"), "cannot read the study file none.toml: No such file"),
        (("status", "nowhere"), "nowhere: no study here (there is no such folder)"),
        (("report", "nowhere"), "nowhere: no study here (there is no such folder)"),
        (("data", "digits", "--validation", "1"), "1"),
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line_and_code_2(run, arguments, message):
    code, _, said = run(*arguments)
    assert code == 2
    (line,) = [line for line in said.splitlines() if line.startswith("augury: ")]
    assert message in line
    assert "Traceback" not in said


@pytest.mark.parametrize("kind", ["single class", "empty class", "no images"])
def test_unfit_folders_are_refused(run, tmp_path, kind):
    folder = tmp_path / "pets"
    make_folder(folder, classes=("cat",) if kind == "single class" else ("cat", "dog"))
    if kind == "empty class":
        (folder / "eel").mkdir()
    if kind == "no images":
        for file in folder.rglob("*.png"):
            file.unlink()
    code, _, said = run("data", folder)
    assert code == 2
    assert said.startswith("augury: ")
    assert str(folder) in said or "pets" in said


def test_weights_that_cannot_be_had_name_the_file(run, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code, _, said = run(
        "study", "--dataset", "digits", "--image-size", "32", "--models", "resnet50", "--pretrained"
    )
    assert code == 2
    assert "resnet50" in said
    assert "--weights" in said


def test_usage_errors_and_version(run):
    assert run("studdy")[0] == 2
    assert run("study", "--seeds", "many")[0] == 2
    code, printed, _ = run("--version")
    assert (code, printed.strip()) == (0, "augury 0.1.0")
