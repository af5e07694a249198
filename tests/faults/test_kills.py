"""SIGKILL at random moments: the same command finishes with the bits of an undisturbed study."""

import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from faulty import ARMS, bits, command, leftovers, run, struck

from helpers.command_line import wait_for

# Two studies at once are slower than one alone.
SLOWER = 1.5


@dataclass(frozen=True)
class Moment:
    """Seconds after the start, or after the plan was written: from then on there is training."""

    seconds: float
    planned: bool


def moments(times: int, straight: tuple[Path, float]) -> list[Moment]:
    """Every second one is anywhere, the others are where the undisturbed study was at its cells."""
    folder, whole = straight
    at_work = (folder / "report.html").stat().st_mtime - (folder / "plan.json").stat().st_mtime
    generator = random.Random(0)
    return [
        Moment(SLOWER * generator.uniform(0, whole if i % 2 else at_work), i % 2 == 0)
        for i in range(times)
    ]


def kill_and_finish(folder, moment, expected):
    """What came of a study that was killed at this moment and started again."""
    process = subprocess.Popen(
        command(folder, *ARMS), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    if moment.planned:
        wait_for(lambda: (folder / "plan.json").exists())
    time.sleep(moment.seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()
    runs = folder / "runs"
    state = {
        "killed": process.returncode == -signal.SIGKILL,
        "planned": (folder / "plan.json").exists(),
        "results": len(list(runs.glob("*/result.json"))),
        "checkpoints": len(list(runs.glob("*/checkpoint/epoch-*.safetensors"))),
    }
    done = run(folder, *ARMS)
    assert done.returncode == 0, (moment, done.stderr)
    assert bits(folder) == expected, moment
    assert leftovers(folder) == [], moment
    return state


def kill_often(times, folder, straight):
    expected = bits(straight[0])
    tries = [(folder / f"killed-{i}", moment) for i, moment in enumerate(moments(times, straight))]
    with ThreadPoolExecutor(2) as pool:
        states = list(pool.map(lambda each: kill_and_finish(*each, expected), tries))
    return {
        "studies": times,
        "killed": sum(s["killed"] for s in states),
        "before_the_plan": sum(not s["planned"] for s in states),
        "with_a_checkpoint": sum(s["checkpoints"] > 0 for s in states),
        "with_a_result": sum(s["results"] > 0 for s in states),
        "bit_equal_afterwards": len(states),
    }


def test_a_study_survives_sigkill(tmp_path, straight, counts):
    counts("SIGKILL of a study (short)", **kill_often(2, tmp_path, straight))


@pytest.mark.faults
def test_a_study_survives_sigkill_at_40_moments(tmp_path, straight, counts):
    """Of the whole command, its start and its workers with it."""
    found = kill_often(40, tmp_path, straight)
    counts("SIGKILL of a study", **found)
    assert found["killed"] > 20


@pytest.mark.faults
def test_a_study_survives_sigkill_at_200_moments_of_its_work(tmp_path, cache_folder, counts):
    """In forks that have everything imported, so that every moment is one of planning, training,
    testing, judging and reporting."""
    found = struck(tmp_path, "moments", "--times", "200")
    counts("SIGKILL of a study at its work", **found)
    assert found["killed"] == 200
    assert found["with_a_checkpoint"] > 20
    assert found["with_a_result"] > 20
