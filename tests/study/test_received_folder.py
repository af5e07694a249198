"""A study's folder that came from somebody else: nothing in it leads a command out of it."""

import json
import os
import shutil
import signal

import pytest
from typer.testing import CliRunner

import augury.study.running.run
from augury.cli.app import app
from augury.corruptions import CORRUPTIONS, SEVERITIES
from augury.report import load_study
from augury.seal import sealed_json
from augury.study import StudyFolder, read_plan

QUICK = ["--train-limit", "60", "--test-limit", "50", "--batch-size", "20", "--epochs", "1"]
ARMS = ["--augment", "none", "--seeds", "1", "--corruptions", "1"]
FILES_OF_A_RUN = (
    *("result.json", "epochs.jsonl", "predictions.npz", "corruptions.json"),
    *("examples.npz", "error.json"),
)
READ = (
    *("plan.json", "judged.json", "runs", "runs/CELL", "runs/CELL/checkpoint"),
    *(f"runs/CELL/{name}" for name in FILES_OF_A_RUN),
)
LOCKS = ("locks", "locks/CELL.lock", ".plan.lock")
WRITTEN = ("summary.csv", "report.html", "verdicts.json", "evidence.json")


@pytest.fixture(autouse=True)
def one_process(monkeypatch):
    told = {name: [0.1] * len(SEVERITIES) for name in CORRUPTIONS}
    robustness = {"images": 1, "clean": 0.1, "accuracy": told}
    monkeypatch.setattr(
        augury.study.running.run, "measure_robustness", lambda *arguments: robustness
    )


@pytest.fixture(autouse=True)
def never_hangs():
    def wake(number, frame):
        pytest.fail("waits for a pipe")

    before = signal.signal(signal.SIGALRM, wake)
    signal.alarm(100)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def command(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.stderr


def study(folder):
    return command("study", *QUICK, *ARMS, "--engine", "in-process", "--out", folder)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, cache_folder):
    """A finished study of one cell."""
    folder = tmp_path_factory.mktemp("received") / "study"
    assert study(folder)[0] == 0
    (run,) = (folder / "runs").iterdir()
    (run / "error.json").write_bytes(sealed_json({"cell": run.name, "error": "before"}))
    return folder


@pytest.fixture
def received(finished, tmp_path):
    """A copy of it."""
    return shutil.copytree(finished, tmp_path / "study")


def place_in(folder, place):
    (run,) = (folder / "runs").iterdir()
    return folder / place.replace("CELL", run.name)


def leads_out(path, outside):
    """What stood at `path` lies outside, with a hidden file beside it, and a link leads there."""
    if path.is_dir():
        shutil.copytree(path, outside)
        (outside / ".hidden").write_text("precious")
        (outside / "epoch-0001.safetensors").write_text("precious")
        shutil.rmtree(path)
    else:
        outside.write_bytes(path.read_bytes() if path.exists() else b"precious")
        path.unlink(missing_ok=True)
    path.symlink_to(outside)


def state(path):
    """All that a change to a file or a folder would show in."""
    files = [path, *sorted(path.rglob("*"))] if path.is_dir() else [path]
    return [
        (str(f), f.lstat().st_mode, f.lstat().st_mtime_ns, f.is_file() and f.read_bytes())
        for f in files
    ]


def everything(folder):
    """Each command that is given a study's folder: name, exit code and standard error."""
    yield "status", *command("status", folder)
    yield "report", *command("report", folder)
    yield "compare", *command("compare", folder, folder)
    yield "preview", *command("preview", "digits", "--augment", "none", "--study", folder)
    yield "study", *study(folder)


def check_refused(folder, path, told):
    (line,) = [line for line in told.splitlines() if line.startswith("augury: ")]
    assert str(path) in line
    assert "Traceback" not in told


@pytest.mark.parametrize("place", READ)
def test_no_link_is_followed_to_read(place, received, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, outside = place_in(received, place), tmp_path / "outside"
    leads_out(path, outside)
    before = state(outside)
    refused = []
    for name, code, told in everything(received):
        if code:
            assert code == 2, (name, told)
            check_refused(received, path, told)
            refused.append(name)
    # A result wins over an error of before; the pictures are the report's alone.
    expected = {
        "plan.json": ["status", "report", "compare", "preview", "study"],
        "judged.json": ["report", "study"],
        "runs/CELL/error.json": ["report", "study"],
        "runs/CELL/examples.npz": ["report", "study"],
        "runs/CELL/predictions.npz": ["report", "compare", "study"],
        "runs/CELL/corruptions.json": ["report", "compare", "study"],
        "runs/CELL/result.json": ["report", "compare", "study"],
    }.get(place, ["status", "report", "compare", "study"])
    assert refused == expected
    assert state(outside) == before
    assert path.is_symlink()


@pytest.mark.parametrize("place", [*READ, *LOCKS, "study.toml"])
def test_a_pipe_or_a_folder_in_the_place_of_a_file_hangs_nobody(place, received):
    path = place_in(received, place)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    os.mkfifo(path)
    codes = {}
    for name, call in (("report", lambda: command("report", received)), ("study", study)):
        code, told = call(received) if name == "study" else call()
        codes[name] = code
        if code:
            assert code == 2, told
            check_refused(received, path, told)
    # Of a cell that is finished neither lock nor checkpoint is opened.
    harmless = ("study.toml", "locks/CELL.lock", "runs/CELL/checkpoint")
    assert codes["study"] == (0 if place in harmless else 2)


@pytest.mark.parametrize(
    "place", ["runs", "runs/CELL", "runs/CELL/checkpoint", "runs/CELL/traceback.txt", *LOCKS]
)
def test_nothing_is_written_or_removed_where_a_link_leads(place, received, tmp_path, monkeypatch):
    """The cell is not finished, so that it is trained, and fails, which leaves a traceback."""
    monkeypatch.chdir(tmp_path)
    (run,) = (received / "runs").iterdir()
    (run / "result.json").unlink()
    path, outside = place_in(received, place), tmp_path / "outside"
    leads_out(path, outside)
    before = state(outside)

    def fail(*arguments):
        raise OSError("an error of no kind that is known")

    monkeypatch.setattr(augury.study.running.run, "measure_robustness", fail)
    code, told = study(received)
    assert state(outside) == before
    if place.endswith("traceback.txt"):
        assert code == 3
        assert not path.is_symlink()
        assert "an error of no kind" in path.read_text()
    elif place == "locks/CELL.lock":
        assert code == 3
        assert f"{path}: a link" in told
    else:
        assert code == 2, told
        check_refused(received, path, told)


@pytest.mark.parametrize("place", [*WRITTEN, "study.toml"])
def test_what_is_written_takes_the_place_of_a_link(place, received, tmp_path):
    path, outside = place_in(received, place), tmp_path / "outside"
    leads_out(path, outside)
    before = state(outside)
    read_again = place in ("verdicts.json", "evidence.json")
    for code, told in (command("report", received), study(received)):
        assert code == 0, told
    assert state(outside) == before
    # A settings file that augury did not write stays, whatever it is.
    assert path.is_symlink() == (place == "study.toml")
    if read_again:
        assert json.loads(path.read_text())["schema"] == 1


@pytest.mark.parametrize("place", ["plan.json", "runs/CELL", "runs/CELL/checkpoint"])
def test_the_doctor_is_led_nowhere(place, received, tmp_path):
    path, outside = place_in(received, place), tmp_path / "outside"
    leads_out(path, outside)
    before = state(outside)
    code, told = command("doctor", *QUICK, *ARMS, "--out", received)
    assert code in (2, 3), told
    assert state(outside) == before


def test_a_checkpoint_that_is_a_link_is_not_gone_on_from(received, tmp_path):
    run = next((received / "runs").iterdir())
    (run / "result.json").unlink()
    shutil.move(run / "checkpoint" / "model.safetensors", tmp_path / "theirs.safetensors")
    (run / "checkpoint" / "epoch-0001.safetensors").symlink_to(tmp_path / "theirs.safetensors")
    before = state(tmp_path / "theirs.safetensors")
    code, told = study(received)
    assert code == 3, told
    assert "epoch-0001.safetensors: a link" in told
    assert state(tmp_path / "theirs.safetensors") == before


def test_the_folder_itself_may_be_a_link(received, tmp_path):
    """It is the user who names it."""
    named = tmp_path / "named"
    named.symlink_to(received)
    run = next((received / "runs").iterdir())
    (run / "result.json").unlink()
    for code, told in (study(named), command("report", named), command("status", named)):
        assert code == 0, told
    assert named.is_symlink()
    assert (run / "result.json").is_file()


def renamed(folder, name):
    plan = json.loads((folder / "plan.json").read_text())
    plan["cells"][0]["name"] = name
    (folder / "plan.json").write_bytes(sealed_json(plan))


@pytest.mark.parametrize("kind", ["absolute", "upwards", "dots", "empty"])
def test_a_cells_name_leads_the_report_nowhere_else(kind, received, tmp_path):
    """A plan, rightly sealed, whose cell's name is another folder's."""
    run = next((received / "runs").iterdir())
    other = tmp_path / "other"
    shutil.copytree(run, other)
    name = {"absolute": str(other), "upwards": "../../other", "dots": "..", "empty": ""}[kind]
    renamed(received, name)
    code, told = command("report", received)
    assert code == 2, told
    assert f"plan.json: {name!r} is no name of a run" in told


def test_the_names_that_a_study_gives_are_those_that_the_report_takes(finished):
    plan = read_plan(finished / "plan.json")
    names = [run.cell.name for run in load_study(finished).runs]
    assert names == [cell.name for cell in plan.cells]
    assert StudyFolder(finished).run(plan.cells[0]).path.name == names[0]
