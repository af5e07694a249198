"""`augury export`: of a study its winner, of anything else the augmentation."""

import json

import pytest
from typer.testing import CliRunner

from augury import InputError, Study, export
from augury.cli.app import app
from helpers.report_studies import edit, write_study


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command in an empty folder: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        return done.exit_code, done.stdout, done.stderr

    return run


@pytest.fixture
def study(tmp_path):
    """A study in which normal and salience help, the first of them more."""
    folder = write_study(tmp_path / "study")
    say(folder, normal=("helps", 0.9), salience=("helps", 0.4))
    return folder


def say(folder, **arms):
    """Change verdicts and differences by arm; all others are not shown."""

    def change(values):
        for one in values["comparisons"]:
            verdict, difference = arms.get(one["augmentation"], ("not shown", 0.0))
            one["verdict"], one["difference"] = verdict, difference

    edit(folder / "verdicts.json", change)


def test_the_winner_of_a_study_with_its_size_and_classes(run, study):
    code, printed, _ = run("export", study, "--to", "keras")
    assert code == 0
    assert printed.startswith("# The augmentation normal for keras.\n")
    assert "keras.layers.RandomZoom(0.1, 0.1" in printed
    assert printed == export(study, to="keras")
    assert printed == export(Study.open(study), to="keras")
    compile(printed, "printed", "exec")


def test_another_arm_of_a_study(run, study):
    code, printed, _ = run("export", study, "--to", "timm", "--arm", "none", "--json")
    assert code == 0
    found = json.loads(printed)
    assert (found["arm"], found["to"], found["file"]) == ("none", "timm", None)
    assert "SIZE = 8  # side of the images, pixels\n" in found["code"]
    code, _, said = run("export", study, "--to", "keras", "--arm", "normall")
    assert code == 2
    assert "unknown arm 'normall'. Did you mean 'normal'?" in said


def test_a_study_without_a_winner_says_so(run, study):
    say(study)
    code, _, said = run("export", study, "--to", "python")
    assert code == 2
    assert (
        said == f"augury: {study}: no arm is shown to help; --arm NAME exports one all the same\n"
    )


def test_several_winners_are_named(tmp_path):
    folder = write_study(tmp_path / "two", datasets=("digits", "tinted"), seeds=1)

    def change(values):
        for one in values["comparisons"]:
            wins = (one["dataset"], one["augmentation"]) in (
                ("digits", "normal"),
                ("tinted", "random-erasing"),
            )
            one["verdict"], one["difference"] = ("helps", 1.0) if wins else ("not shown", 0.0)

    edit(folder / "verdicts.json", change)
    with pytest.raises(InputError, match="normal with small on digits; random-erasing with small"):
        export(folder, to="python")


def test_a_file_is_written_and_no_other_is_lost(run, tmp_path):
    file = tmp_path / "augment.py"
    assert run("export", "flip", "--to", "kornia", "--out", file)[1] == f"written: {file}\n"
    assert file.read_text() == export("flip", to="kornia")
    assert run("export", "crop", "--to", "kornia", "--out", file)[0] == 0
    file.write_text("mine = True\n")
    code, _, said = run("export", "flip", "--to", "kornia", "--out", file)
    assert code == 2
    assert said == f"augury: {file}: is there already and was not exported by augury\n"
    assert file.read_text() == "mine = True\n"


def test_a_described_chain_of_a_file(run, tmp_path):
    (tmp_path / "light.toml").write_text(
        'name = "chain"\n[[parts]]\nname = "flip"\nhorizontal = 0.25\n[[parts]]\nname = "crop"\n'
    )
    code, printed, _ = run("export", "light.toml", "--to", "torchvision", "--image-size", "32")
    assert code == 0
    assert printed.startswith("# The augmentation light for torchvision.\n")
    assert "v2.RandomHorizontalFlip(p=0.25)" in printed
    assert "SIZE = 32" in printed


def test_what_cannot_be_expressed_is_one_line_and_code_2(run):
    code, printed, said = run("export", "cutout", "--to", "torchvision")
    assert (code, printed) == (2, "")
    assert said == (
        "augury: torchvision cannot express Cutout: it has nothing that does the same. "
        "--to python exports every augmentation\n"
    )
