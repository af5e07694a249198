"""D. How long commands take before they do anything, and what a study costs beside its cells.

    python -m benchmarks.start_up [--out benchmarks/results]

Each command runs in a fresh process, all in turns, seven times. The study is a short one of the
digits; what it takes beside its cells is its time by the clock less that in which a cell ran.
`benchmarks.digits_study` says the same of the usual study.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.commands import Ran, augury, cell_times, environment
from benchmarks.measuring import blocks_of
from benchmarks.outcome import Bars, Goal, Outcome, Row, parser, tell

# Seconds that each may take.
GOALS = {"--help": 0.4, "list augmentations": 0.6, "status": 1.5, "report": 1.5}
# Nor may they load these.
HEAVY = ("torch", "scipy", "timm")
STUDY = ("--augment", "none,normal,random-erasing", "--seeds", "2")
OVERHEAD, OVERHEAD_GPU = 8, 12
TITLE = "Start and overhead"


def main() -> None:
    given = parser(__doc__ or "").parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "study"
        epochs = "1" if given.short else "4"
        options = [*STUDY, "--epochs", epochs, "--out", str(folder)]
        if given.short:
            options += ["--corruptions", "0", "--train-limit", "40", "--workers", "1"]
        study = augury("study", *options, device=given.device)
        cells = cell_times(folder)
        words = command_words(folder)
        taken = time_commands(words, given)
        loaded = {name: heavy_loaded(each, given.device) for name, each in words.items()}
    rows = [row_of(name, runs, loaded[name]) for name, runs in taken.items()]
    overhead = study.seconds - cells.busy
    rows.append(
        {
            "command": f"study of {cells.cells} cells, {epochs} epochs",
            "seconds": study.seconds,
            "processor seconds": study.processor,
            "seconds beside its cells": overhead,
        }
    )
    goals = [goal_of(name, runs) for name, runs in taken.items()]
    limit = OVERHEAD_GPU if given.device.startswith("cuda") else OVERHEAD
    goals.append(
        Goal(f"a study's time less its cells' ≤ {limit} s", f"{overhead:.1f} s", overhead <= limit)
    )
    medians = {row["command"]: row["seconds"] for row in rows[:-1]}
    bars = Bars("seconds", {name: {"the median": value} for name, value in medians.items()})
    notes = [
        f"medians of {1 if given.short else blocks_of(False)} fresh processes; the study ran once"
    ]
    tell(Outcome("D", TITLE, rows, goals, bars, notes), given)


def times(given: argparse.Namespace) -> int:
    return 1 if given.short else blocks_of(False)


def command_words(folder: Path) -> dict[str, list[str]]:
    of_study = ("status", "report")
    return {name: [*name.split(), *([str(folder)] if name in of_study else [])] for name in GOALS}


def heavy_loaded(words: list[str], device: str) -> str:
    """Which of HEAVY a command imports; "none" is as it should be."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "augury", *words],
        env=environment(device),
        capture_output=True,
        text=True,
    )
    modules = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    return ", ".join(name for name in HEAVY if name in modules) or "none"


def time_commands(words: dict[str, list[str]], given: argparse.Namespace) -> dict[str, list[Ran]]:
    """Each command as often as there are blocks, in turns."""
    taken: dict[str, list[Ran]] = {name: [] for name in words}
    for _ in range(times(given)):
        for name, each in words.items():
            taken[name].append(augury(*each, device=given.device))
    return taken


def row_of(name: str, runs: list[Ran], loaded: str) -> Row:
    seconds = [run.seconds for run in runs]
    return {
        "command": f"augury {name}",
        "seconds": statistics.median(seconds),
        "range": f"{min(seconds):.2f}–{max(seconds):.2f}",
        "processor seconds": statistics.median(run.processor for run in runs),
        "heavy imports": loaded,
    }


def goal_of(name: str, runs: list[Ran]) -> Goal:
    found, limit = statistics.median(run.seconds for run in runs), GOALS[name]
    return Goal(f"augury {name} ≤ {limit} s", f"{found:.2f} s", found <= limit)


if __name__ == "__main__":
    main()
