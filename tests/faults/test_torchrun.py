"""Studies whose cells several processes train together: `torchrun -m augury study`."""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from faulty import QUICK, TIMES, bits, leftovers, run

from augury.records.plan import write_plan
from augury.study import StudyFolder, read_plan
from helpers.command_line import wait_for

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
MIXED = ["--augment", "cutmix,salience", "--seeds", "1", "--epochs", "3"]


def shared(folder, *arguments):
    return [*TORCHRUN, "-m", "augury", "study", *QUICK, "--out", str(folder), *arguments]


def run_shared(folder, *arguments, **options):
    return subprocess.run(
        shared(folder, *arguments), capture_output=True, text=True, check=False, **options
    )


def said_by_augury(done):
    return [line for line in done.stderr.splitlines() if line.startswith("augury:")]


@pytest.fixture(scope="module")
def straight_shared(tmp_path_factory, cache_folder):
    folder = tmp_path_factory.mktemp("shared") / "study"
    done = run_shared(folder, *MIXED)
    assert done.returncode == 0, done.stderr
    return folder


def numbers(folder):
    """Of each cell: the epochs' figures, and the logits of the test images."""
    study = StudyFolder(folder)
    found = []
    for cell in read_plan(study.plan_file).cells:
        files = study.run(cell)
        lines = [json.loads(line) for line in files.epochs.read_text().splitlines()]
        figures = [[v for k, v in line.items() if k not in TIMES] for line in lines]
        with np.load(files.predictions) as stored:
            found.append((np.array(figures), stored["test_logits"], stored["test_ids"]))
    return found


def test_two_processes_come_to_what_one_does(straight_shared, tmp_path, counts):
    alone, together = tmp_path / "alone", straight_shared
    plan = read_plan(together / "plan.json")
    # Bfloat16 has too few digits for a comparison; so short a study does not choose it.
    assert {planned.precision for planned in plan.speed.values()} == {"float32"}
    write_plan(alone / "plan.json", plan)
    assert run(alone, *MIXED, "--workers", str(os.cpu_count())).returncode == 0
    for ours, theirs in zip(numbers(together), numbers(alone), strict=True):
        np.testing.assert_array_equal(ours[2], theirs[2])
        np.testing.assert_allclose(ours[0], theirs[0], atol=1e-4)
        # Nine steps carry single precision's last digit on; one step is held to 1e-6 elsewhere.
        np.testing.assert_allclose(ours[1], theirs[1], atol=1e-3)
    results = list(together.glob("runs/*/result.json"))
    assert len(results) == 2
    for result in results:
        assert json.loads(result.read_text())["provenance"]["processes"] == 2
    assert leftovers(together) == []
    counts("torchrun, two processes", cells=2, equal_to_one_process_within=1e-4)


def test_two_processes_run_a_race(tmp_path):
    race = ["--augment", "none,flip", "--epochs", "1", "--cells", "7", "--corruptions", "0"]
    race += ["--precision", "float32", "--layout", "contiguous"]  # which measures nothing
    done = run_shared(tmp_path / "race", *race)
    assert done.returncode == 0, done.stderr
    plan = read_plan(tmp_path / "race/plan.json")
    assert plan.rule.design == "race"
    # The seventh cell is in no plan before it is chosen: the others read that anew.
    assert sorted(cell.seed for cell in plan.cells) == [0, 0, 1, 1, 2, 2, 3]
    results = list(tmp_path.glob("race/runs/*/result.json"))
    assert len(results) == 7
    assert {json.loads(each.read_text())["provenance"]["processes"] for each in results} == {2}
    assert leftovers(tmp_path / "race") == []


@pytest.fixture(scope="module")
def killed(tmp_path_factory, cache_folder):
    """After an epoch, SIGKILL to torchrun and its processes, which have sessions of their own."""
    folder = tmp_path_factory.mktemp("killed") / "study"
    process = subprocess.Popen(
        shared(folder, *MIXED), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: list(folder.glob("runs/*/checkpoint/epoch-*")) or process.poll() is not None)
    process.kill()
    process.wait()
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(folder).encode() in line.read_bytes():
                os.kill(int(line.parent.name), signal.SIGKILL)
    assert not list(folder.glob("runs/*/result.json"))
    return folder


def test_a_shared_run_that_is_killed_goes_on_to_the_same_bits(
    straight_shared, killed, tmp_path, counts
):
    folder = shutil.copytree(killed, tmp_path / "study")
    again = run_shared(folder, *MIXED)
    assert again.returncode == 0, again.stderr
    assert bits(folder) == bits(straight_shared)
    assert leftovers(folder) == []
    counts("torchrun, SIGKILL of all processes", killed=1, cells=2, bit_equal=2)


def test_what_goes_on_with_fewer_processes_says_so(killed, tmp_path):
    folder = shutil.copytree(killed, tmp_path / "study")
    assert run(folder, *MIXED).returncode == 0
    results = [json.loads(path.read_text()) for path in folder.glob("runs/*/result.json")]
    changed = [entry["changed"] for result in results for entry in result["resumed"]]
    assert changed == [{"processes": [2, 1]}]


def test_a_loss_that_is_not_finite_ends_the_cell_in_all_processes(tmp_path, cache_folder):
    folder = tmp_path / "study"
    arms = ["--augment", "none,flip", "--seeds", "1", "--epochs", "2", "--schedule", "constant"]
    done = run_shared(folder, *arms, "--lr", "1e30")
    assert said_by_augury(done)[0].startswith("augury: 2 of 2 cells failed")
    errors = [json.loads(path.read_text())["error"] for path in folder.glob("runs/*/error.json")]
    assert len(errors) == 2
    assert all("the loss is" in error for error in errors)


def test_what_one_process_alone_meets_ends_the_command(tmp_path, cache_folder):
    code = (
        "import os\nfrom augury.augment import AUGMENTATIONS\n"
        "class Failing(AUGMENTATIONS['flip']):\n"
        "    def apply(self, batch, params):\n"
        "        if os.environ.get('RANK') == '0':\n"
        "            raise ValueError('only here')\n"
        "        return super().apply(batch, params)\n"
        "def make():\n    return Failing()\n"
    )
    (tmp_path / "failing_module.py").write_text(code)
    path = f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"
    arms = ["--augment", "failing_module:make", "--seeds", "1", "--epochs", "1"]
    done = run_shared(tmp_path / "study", *arms, env=os.environ | {"PYTHONPATH": path}, timeout=300)
    assert done.returncode != 0
    assert any("only here" in line for line in said_by_augury(done)), done.stderr
    (error,) = tmp_path.glob("study/runs/*/error.json")
    assert json.loads(error.read_text())["error"] == "ValueError: only here"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--workers", "2"], "augury: --engine ray and --workers do not go with torchrun"),
        (["--augment", "cutmx"], "augury: the command line: unknown augmentation 'cutmx'"),
    ],
)
def test_bad_input_is_one_line_for_all_processes(arguments, line, tmp_path, cache_folder):
    done = run_shared(tmp_path / "study", *arguments)
    assert done.returncode != 0
    assert [text[: len(line)] for text in said_by_augury(done)] == [line]
