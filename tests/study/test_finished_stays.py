"""What is finished stays: what cannot be read, and what others leave there or have written."""

import errno
import io
import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from augury.cli.app import app
from augury.errors import DiskError, InputError
from augury.records.plan import write_plan
from augury.seal import checksum, sealed_json
from augury.study import StudyFolder, judge_study
from augury.study.cell_states import pending_cells
from augury.study.engines.attempt import attempt
from augury.study.engines.events import CellDone, CellFailed
from augury.study.judging.own_key import signature
from augury.study.running.listener import Listener
from augury.study.running.run import run_cell
from helpers.studies import make_study, quick_plan, quick_settings, write_run

QUICK = ["--train-limit", "60", "--test-limit", "50", "--batch-size", "20", "--epochs", "1"]
ARMS = ["--augment", "none", "--corruptions", "0"]
RIGHT = {
    "none": [150, 152, 149, 151, 150, 153],
    "flip": [160, 163, 158, 162, 161, 162],
}


@pytest.fixture
def unreadable(monkeypatch):
    """Makes the system refuse to read a file, as the tests may run as root."""

    def refuse(path, number):
        def checked(real):
            def opened(file, *arguments, **options):
                if isinstance(file, str | Path) and str(file) == str(path):
                    raise OSError(number, os.strerror(number), str(path))
                return real(file, *arguments, **options)

            return opened

        # What Python's own functions call, whichever of them reads the file.
        monkeypatch.setattr(io, "open", checked(io.open))
        monkeypatch.setattr(os, "open", checked(os.open))

    return refuse


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE])
@pytest.mark.parametrize("name", ["result.json", "predictions.npz", "epochs.jsonl"])
def test_what_cannot_be_read_is_not_called_damaged(name, number, tmp_path, unreadable):
    plan, folder = make_study(tmp_path / "study", {"none": [150]})
    run = folder.run(plan.cells[0])
    result = json.loads(run.result.read_text())
    result |= {"schema": 2, "files": run.checksums()}
    run.result.write_bytes(sealed_json(result))
    before = {file.name: file.read_bytes() for file in run.path.iterdir()}
    unreadable(run.path / name, number)
    told = []
    with pytest.raises(InputError) as caught:
        folder.set_aside_damaged(plan.cells, told.append)
    assert str(caught.value) == f"cannot read {run.path / name}: {os.strerror(number)}"
    assert caught.value.exit_code == 2
    with pytest.raises(InputError, match="cannot read"):
        judge_study(plan, folder)
    assert told == []
    assert {f.name: f.read_bytes() for f in run.path.iterdir() if f.name != name} == {
        n: content for n, content in before.items() if n != name
    }
    assert (run.path / name).stat().st_size == len(before[name])


def test_a_folder_that_does_not_say_what_is_in_it_is_not_taken_for_an_empty_one(
    tmp_path, monkeypatch
):
    plan, folder = make_study(tmp_path / "study", {"none": [150]})

    def refuse(path, *arguments, **options):
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(os, "lstat", refuse)
        patch.setattr(os, "stat", refuse)
        with pytest.raises((InputError, OSError), match="Input/output error") as caught:
            pending_cells(plan, folder)
    assert isinstance(caught.value, InputError)


@pytest.fixture
def cell_run(tmp_path, digits):
    """Runs one cell in a folder of its own: (folder, cell, how it ended)."""
    plan, folder = quick_plan(quick_settings(corruptions=0)), StudyFolder(tmp_path / "study")
    (cell,) = (c for c in plan.cells if c.augmentation == "none")
    write_plan(folder.plan_file, plan)

    def run(on_epoch=lambda epoch: None):
        listener = Listener(on_epoch=on_epoch)
        return attempt(cell, plan, folder, lambda name: digits, listener)

    return folder, cell, run


def test_what_others_leave_in_a_runs_folder_stays_and_fails_nothing(cell_run):
    folder, cell, run = cell_run
    path = folder.run(cell).path
    left = [
        *(
            ".ipynb_checkpoints/notes-checkpoint.ipynb",
            ".DS_Store",
            ".nfs000000000123",
            "Thumbs.db",
        ),
        *(".result.json.swp", ".directory", ".~lock.summary.csv#", ".result.json.0123"),
    ]
    files = [parent / name for parent in (path, path / "checkpoint") for name in left]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("theirs")
    assert isinstance(run(), CellDone)
    assert [file for file in files if not file.is_file() or file.read_text() != "theirs"] == []


def forge(folder):
    """The values of judged.json with flip's gain made a loss, and sealed anew."""
    judged = json.loads((folder.path / "judged.json").read_text())
    for value in judged["values"].values():
        weighed = value["flip"]["weighed"]
        for name in ("difference", "mean_difference", "accuracy", "baseline_accuracy"):
            if name in weighed:
                weighed[name] = -weighed[name]
        value["flip"]["accuracies"] = [[seed, 0.01] for seed, _ in value["flip"]["accuracies"]]
    forged = sealed_json(judged)
    assert forged != (folder.path / "judged.json").read_bytes()
    (folder.path / "judged.json").write_bytes(forged)


def answers(folder):
    return [(folder.path / name).read_bytes() for name in ("verdicts.json", "evidence.json")]


def test_a_forged_judging_is_not_believed(tmp_path, caplog):
    """It is rightly sealed, and its keys are those of the results that lie beside it."""
    plan, folder = make_study(tmp_path / "study", RIGHT)
    judge_study(plan, folder)
    honest = answers(folder)
    forge(folder)
    judge_study(plan, folder)
    assert answers(folder) == honest
    assert "judged.json: not written by this user on this machine" in caplog.text


def test_a_judging_of_an_earlier_version_with_forged_values_is_not_believed(tmp_path):
    plan, folder = make_study(tmp_path / "study", RIGHT)
    judge_study(plan, folder)
    honest = answers(folder)
    forge(folder)
    judged = json.loads((folder.path / "judged.json").read_text())
    (folder.path / "judged.json").write_bytes(
        sealed_json({"schema": 1, "values": judged["values"]})
    )
    judge_study(plan, folder)
    assert answers(folder) == honest


def test_a_signature_is_worth_nothing_to_another_user(tmp_path, monkeypatch):
    """Signed by whoever forged it, with the key of a cache of their own."""
    plan, folder = make_study(tmp_path / "study", RIGHT)
    judge_study(plan, folder)
    honest = answers(folder)
    with monkeypatch.context() as patch:
        patch.setenv("AUGURY_CACHE", str(tmp_path / "theirs"))
        forge(folder)
        judged = json.loads((folder.path / "judged.json").read_text())
        judged["signature"] = signature(checksum(judged["values"]))
        (folder.path / "judged.json").write_bytes(sealed_json(judged))
        judge_study(plan, folder)
        assert answers(folder) != honest  # it is their own, so they believe it
        forge(folder)
    judge_study(plan, folder)
    assert answers(folder) == honest


def test_the_key_is_this_users_alone_and_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / "cache"))
    first = signature("content")
    assert signature("content") == first != signature("another content")
    (key,) = (tmp_path / "cache").glob("judged-*.key")
    assert (key.stat().st_mode & 0o777, key.stat().st_size) == (0o600, 32)
    key.chmod(0o644)  # others could have read it
    second = signature("content")
    assert second != first
    assert key.stat().st_mode & 0o777 == 0o600
    key.write_bytes(b"half")
    assert signature("content") not in (first, second)
    assert signature("content") == signature("content")


def test_without_a_place_for_the_key_all_is_judged_anew(tmp_path, monkeypatch):
    plan, folder = make_study(tmp_path / "study", RIGHT)
    judge_study(plan, folder)
    honest = answers(folder)
    (tmp_path / "file").touch()
    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / "file"))
    forge(folder)
    judge_study(plan, folder)
    assert answers(folder) == honest


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Runs a command in a folder of its own, its cells in this process: (exit code, stderr)."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def run(*arguments):
        engine = ["--engine", "in-process"] if arguments[0] == "study" else []
        done = CliRunner().invoke(app, [*map(str, arguments), *engine])
        return done.exit_code, done.stderr

    return run


THEIRS = """\
# What we agreed on Monday: do not change.
augmentations = ["none"]   # only the baseline
seeds = 1
corruptions = 0

[recipe]
epochs = 1
batch_size = 20
train_limit = 60
test_limit = 50
"""


def test_a_study_file_of_the_users_own_is_not_written_over(command, caplog):
    file = Path("own/study.toml")
    file.parent.mkdir()
    file.write_text(THEIRS)
    code, told = command("study", file, "--out", "own")
    assert code == 0, told
    assert file.read_text() == THEIRS
    assert "study.toml" not in caplog.text  # it says what the study is, so there is nothing to tell
    code, told = command("study", file, "--seeds", "2", "--out", "own")
    assert code == 0, told
    assert file.read_text() == THEIRS
    assert "study.toml: stays as it is, as augury has not written it" in caplog.text
    assert json.loads(Path("own/plan.json").read_text())["settings"]["seeds"] == 2


def test_a_study_file_that_augury_wrote_is_kept_up_to_date(command):
    assert command("study", *QUICK, *ARMS, "--seeds", "1", "--out", "own")[0] == 0
    file = Path("own/study.toml")
    assert "seeds = 1\n" in file.read_text()
    assert command("study", file, "--seeds", "2", "--out", "own")[0] == 0
    assert "seeds = 2\n" in file.read_text()
    file.write_text("# mine now\n" + file.read_text())
    assert command("study", *QUICK, *ARMS, "--seeds", "3", "--out", "own")[0] == 0
    assert file.read_text().startswith("# mine now\n")
    assert "seeds = 2\n" in file.read_text()


@pytest.mark.parametrize("name", ["report.html", "summary.csv"])
def test_a_new_study_writes_over_nobodys_files(name, command):
    Path("own").mkdir()
    Path("own", name).write_text("a thesis")
    code, told = command("study", *QUICK, *ARMS, "--seeds", "1", "--out", "own")
    assert code == 2
    assert f"own/{name}: is there already" in told
    assert Path("own", name).read_text() == "a thesis"
    assert not Path("own/plan.json").exists()


@pytest.mark.parametrize("name", ["../../x", "/absolute", "a/b", "..", "."])
@pytest.mark.parametrize("verb", ["study", "doctor"])
def test_a_name_leads_no_study_out_of_the_folder_of_studies(verb, name, command, tmp_path):
    name = f"{tmp_path}{name}" if name.startswith("/") else name
    Path("named.toml").write_text(f'name = "{name}"\n')
    options = [*QUICK, *ARMS, "--seeds", "1"] if verb == "study" else []
    code, told = command(verb, "named.toml", *options)
    assert code == 2, told
    (line,) = [line for line in told.splitlines() if line.startswith("augury: ")]
    assert line.startswith("augury: name: must be that of a folder in studies/")
    assert repr(name) in line
    assert [path.name for path in tmp_path.iterdir()] == ["here"]
    assert [path.name for path in Path().iterdir()] == ["named.toml"]


@pytest.mark.parametrize(
    ("dataset", "title"), [(".", "here"), ("./", "here"), ("digits", "digits"), ("a/b.zip", "b")]
)
def test_a_study_of_this_folder_has_its_name(dataset, title, command):
    assert quick_settings(datasets=[dataset]).title == title


def remove(folder):
    shutil.rmtree(folder)


def move(folder):
    folder.rename(folder.with_name("elsewhere"))


@pytest.mark.parametrize("away", [remove, move])
@pytest.mark.parametrize("what", ["the study", "the run"])
def test_a_folder_that_is_gone_is_not_trained_on(what, away, cell_run):
    folder, cell, run = cell_run
    gone = folder.path if what == "the study" else folder.run(cell).path
    epochs = []

    def on_epoch(epoch):
        epochs.append(epoch.epoch)
        away(gone)

    with pytest.raises(DiskError, match="removed or moved while the study ran") as caught:
        run(on_epoch)
    assert str(gone) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert epochs == [0]  # of two
    assert not gone.exists()
    if what == "the study":
        with pytest.raises(DiskError):
            run()
        assert not gone.exists()


def test_a_study_that_is_gone_is_not_judged(tmp_path):
    plan, folder = make_study(tmp_path / "study", {"none": [150]})
    shutil.rmtree(folder.path)
    with pytest.raises(DiskError, match="removed or moved"):
        judge_study(plan, folder)
    assert not folder.path.exists()


def test_a_file_that_an_augmentation_misses_is_not_the_study_that_is_gone(
    cell_run, monkeypatch, digits
):
    folder, cell, _ = cell_run
    plan = quick_plan(quick_settings(corruptions=0))

    def missing(*arguments, **options):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/somewhere/else.npy")

    monkeypatch.setattr("augury.study.running.run.prepare", missing)
    with pytest.raises(FileNotFoundError):
        run_cell(cell, plan, folder, digits, Listener())
    event = attempt(cell, plan, folder, lambda name: digits, Listener())
    assert isinstance(event, CellFailed)
    assert "/somewhere/else.npy" in event.message
    write_run(folder, cell, 10)
