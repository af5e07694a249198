"""What a study does when it, or one of its workers, is told to end or is killed."""

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from faulty import bits, command, leftovers, run

from augury.training.checkpoint import CheckpointFolder
from helpers.command_line import wait_for

# Long epochs, so that the signal comes in the middle of one.
SLOW = ["--augment", "none", "--seeds", "1", "--epochs", "3", "--train-limit", "300"]
LIMIT = 10.0


def workers_of(process):
    """Process ids of a study's workers: its children that were spawned with a pipe's handle."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rsplit(")", 1)[1].split()[1])
            line = (status.parent / "cmdline").read_text()
        except (OSError, ValueError):
            continue  # it has ended meanwhile
        if parent == process.pid and "spawn_main" in line:
            found.append(int(status.parent.name))
    return found


def begun(folder):
    return any(path.read_text() for path in folder.glob("runs/*/epochs.jsonl"))


def start(folder, *arguments):
    process = subprocess.Popen(
        command(folder, *arguments), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: begun(folder) or process.poll() is not None)
    assert process.poll() is None, process.stderr.read()
    return process


@pytest.fixture(scope="module")
def slow_bits(tmp_path_factory, cache_folder):
    folder = tmp_path_factory.mktemp("slow_bits") / "study"
    done = run(folder, *SLOW)
    assert done.returncode == 0, done.stderr
    return bits(folder)


def test_sigterm_ends_a_study_with_a_usable_checkpoint(tmp_path, slow_bits, counts):
    folder = tmp_path / "study"
    process = start(folder, *SLOW)
    workers = workers_of(process)
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=60)[1]
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
    seconds = time.monotonic() - asked
    assert process.returncode == 143
    assert said.splitlines()[-1] == (
        "augury: told to end (SIGTERM); what is finished is kept, the same command goes on from "
        "here"
    )
    assert "Traceback" not in said
    # The one time that a test looks at the clock: batch systems kill after it.
    assert seconds < LIMIT
    (run_folder,) = folder.glob("runs/*")
    loaded = CheckpointFolder(run_folder / "checkpoint", run_folder.name).load(pytest.fail)
    assert len(loaded.state["history"]) >= 1
    again = run(folder, *SLOW)
    assert again.returncode == 0, again.stderr
    assert bits(folder) == slow_bits
    counts("SIGTERM of a study", ended_after_s=round(seconds, 2), of_at_most_s=LIMIT)


def test_sigterm_ends_a_study_whose_worker_is_stopped(tmp_path, cache_folder, counts):
    """As a debugger, a full terminal or a batch system's suspension stops one."""
    process = start(tmp_path / "study", *SLOW)
    (worker,) = workers_of(process)
    os.kill(worker, signal.SIGSTOP)
    # The state stands after the name, which is in brackets.
    stat = Path(f"/proc/{worker}/stat")
    wait_for(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T")
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    try:
        said = process.communicate(timeout=60)[1]
    finally:
        for pid in (process.pid, worker):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    seconds = time.monotonic() - asked
    assert process.returncode == 143
    assert said.splitlines()[-1].startswith("augury: told to end (SIGTERM)")
    assert "Traceback" not in said
    wait_for(lambda: not Path(f"/proc/{worker}").exists())
    counts("SIGTERM with a stopped worker", ended_after_s=round(seconds, 2))


@pytest.mark.faults
def test_a_study_that_is_removed_while_it_runs_ends_in_one_line(tmp_path, cache_folder, counts):
    folder = tmp_path / "study"
    process = start(folder, *SLOW, "--epochs", "200")
    folder.rename(tmp_path / "elsewhere")
    try:
        said = process.communicate(timeout=300)[1]
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 5
    (line,) = [line for line in said.splitlines() if line.startswith("augury: ")]
    assert "removed or moved while the study ran, so it ends here" in line
    assert "Traceback" not in said
    assert not folder.exists()
    counts("a study's folder moved while it ran", ended_in_one_line=1, made_anew=0)


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGTERM, marks=pytest.mark.faults), signal.SIGKILL]
)
def test_a_worker_that_is_killed_is_replaced_and_its_cell_goes_on(
    number, tmp_path, slow_bits, counts
):
    folder = tmp_path / "study"
    process = start(folder, *SLOW)
    (worker,) = workers_of(process)
    os.kill(worker, number)
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 0, said
    again = f"its process ended with signal {number.name}"
    assert sum(again in line for line in said.splitlines()) == 1
    assert "Traceback" not in said
    assert bits(folder) == slow_bits
    assert leftovers(folder) == []
    counts(f"{number.name} of a worker", cells=1, retried_once=1, bit_equal=1)


@pytest.mark.faults
def test_a_cell_whose_worker_is_killed_twice_is_reported(tmp_path, cache_folder, counts):
    folder, arms = tmp_path / "study", [*SLOW[2:], "--augment", "none,normal", "--epochs", "12"]
    process = start(folder, *arms, "--workers", "1")
    killed = []

    def kill_the_next():
        fresh = [pid for pid in workers_of(process) if pid not in killed]
        files = list(folder.glob("runs/*.none.*/epochs.jsonl"))
        if fresh and files and not list(folder.glob("runs/*.none.*/result.json")):
            held = {w for w in fresh if holds_lock(w, folder)}
            for pid in held:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
        return len(killed) == 2 or process.poll() is not None

    wait_for(kill_the_next)
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 3, said
    assert len(killed) == 2
    (error,) = folder.glob("runs/*/error.json")
    assert ".none." in error.parent.name
    told = json.loads(error.read_text())["error"]
    assert told == "its process ended with signal SIGKILL, also when it was tried again alone"
    assert "Traceback" not in said
    assert len(list(folder.glob("runs/*.normal.*/result.json"))) == 1
    again = run(folder, *arms)
    assert again.returncode == 0, again.stderr
    counts("worker killed twice", cells=2, retried_once=1, then_reported=1, others_done=1)


GREEDY = """
import os, pathlib, torch

def once(images):
    mark = pathlib.Path(os.environ["MARK"])
    if not mark.exists():
        mark.touch()
        torch.empty(10**15)
    return images

def always(images):
    raise MemoryError("no room")
"""


def test_a_cell_that_wants_memory_is_tried_once_more_alone(tmp_path, cache_folder, counts):
    (tmp_path / "greedy_module.py").write_text(GREEDY)
    folder, mark = tmp_path / "study", tmp_path / "mark"
    mark.touch()  # planning, which tries each augmentation, is spared
    arms = ["--augment", "none,greedy_module:once", "--seeds", "1", "--epochs", "1"]
    path = f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"
    environment = os.environ | {"PYTHONPATH": path, "MARK": str(mark)}
    process = subprocess.Popen(
        command(folder, *arms), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env=environment,
    )  # fmt: skip
    wait_for(lambda: (folder / "plan.json").exists())
    mark.unlink()
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 0, said
    assert "can't allocate memory" in said
    assert said.count("it is tried again alone when the others are through") == 1
    assert len(list(folder.glob("runs/*/result.json"))) == 2
    counts("a cell without memory", cells=2, retried_once=1, done=2)


def holds_lock(pid, folder):
    """Whether a process is at the cell of the arm none."""
    links = Path(f"/proc/{pid}/fd")
    try:
        open_files = [os.readlink(link) for link in links.iterdir()]
    except OSError:
        return False
    return any(".none." in name and name.endswith(".lock") for name in open_files)
