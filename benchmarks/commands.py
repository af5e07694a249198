"""`augury`'s commands in fresh processes, and what a study that they ran tells of its time."""

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from augury.records.result import read_result

SOURCE = Path(__file__).parent.parent / "src"


@dataclass(frozen=True)
class Ran:
    """A command that ended well. seconds by the clock; processor: of all its processes."""

    seconds: float
    processor: float
    output: str


def augury(*words: str, device: str = "") -> Ran:
    """Run `augury WORDS` as this Python would; RuntimeError, with its last lines, if it fails.

    device: "cpu" hides any GPU; else the command finds what there is.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "augury", *words],
        env=environment(device),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-5:])
        raise RuntimeError(f"augury {' '.join(words)}: exit code {done.returncode}\n{last}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Ran(seconds, used, done.stdout)


def environment(device: str = "") -> dict[str, str]:
    """That of this process, in which augury is found also where it is not installed."""
    changed = dict(os.environ)
    known = [changed["PYTHONPATH"]] if changed.get("PYTHONPATH") else []
    changed["PYTHONPATH"] = os.pathsep.join([str(SOURCE), *known])
    if device == "cpu":
        changed["CUDA_VISIBLE_DEVICES"] = ""
    return changed


@dataclass(frozen=True)
class CellTimes:
    """Of a study that ran without a pause.

    cells: how many; seconds: of all together; busy: seconds in which at least one cell ran.
    """

    cells: int
    seconds: float
    busy: float


def cell_times(study: Path) -> CellTimes:
    """From the results in a study's folder: each is written at the end of its cell."""
    spans = []
    for file in study.glob("runs/*/result.json"):
        end, seconds = file.stat().st_mtime, read_result(file).seconds
        spans.append((end - seconds, end))
    busy, reached = 0.0, 0.0
    for begin, end in sorted(spans):
        busy += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return CellTimes(len(spans), sum(end - begin for begin, end in spans), busy)
