"""Are results the same bits: one worker or several, once more, and killed and resumed?

    python -m benchmarks.same_bits [--device cuda] [--out benchmarks/results]

A study of the digits runs with one worker, where cells follow each other in one process; again in
the same way; with several, where each has its own; and with one that is killed in the middle of a
cell and started again. Losses of all epochs, logits of all test images and the trained weights are
compared with those of the first, bit for bit.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.commands import SOURCE, environment
from benchmarks.outcome import Goal, Outcome, Row, parser, tell
from safetensors.numpy import load_file

from augury.records.numbers import Layout, Precision
from augury.study import open_study, read_settings, run_study
from augury.study.engines import Engine, InProcess, Local

ARMS = ["none", "normal+random-erasing", "trivialaugment", "cutmix"]
TITLE = "Same bits"
PATIENCE = 60  # seconds until the study that is to be killed has finished an epoch


def main() -> None:
    options = parser(__doc__ or "")
    options.add_argument("--workers", type=int, default=0, help="of several; default: 4")
    options.add_argument("--run", type=Path, help=argparse.SUPPRESS)  # the one that is killed
    given = options.parse_args()
    if given.run:
        run(given.run, given, alone(given))
        return
    with tempfile.TemporaryDirectory() as name:
        rows = compare(Path(name), given)
    different = [row["way"] for row in rows if row["different cells"]]
    found = "all the same" if not different else f"different: {', '.join(different)}"
    goals = [Goal("the same bits however a study runs", found, not different, timed=False)]
    tell(Outcome("S", TITLE, rows, goals), given)
    if different:
        sys.exit(1)


def compare(folder: Path, given: argparse.Namespace) -> list[Row]:
    workers = given.workers or 4
    first = folder / "first"
    run(first, given, alone(given))
    if not given.short:
        run(folder / "again", given, alone(given))
        run(folder / "several", given, Local(workers))
    kill_within_a_cell(folder / "killed", given)
    run(folder / "killed", given, alone(given))
    ways = {
        "one worker, once more": folder / "again",
        f"{workers} workers": folder / "several",
        "killed and resumed": folder / "killed",
    }
    return [row_of(way, first, path) for way, path in ways.items() if path.exists()]


def alone(given: argparse.Namespace) -> Engine:
    """One cell after another; in the short form in this process, since each start takes long."""
    return InProcess() if given.short else Local(1)


def run(path: Path, given: argparse.Namespace, engine: Engine) -> None:
    # The plan is always that of many workers: else each engine would ask for other threads.
    many = Local(os.cpu_count() or 1)
    plan = open_study(read_settings(None, None, changes(given)), path, engine=many)
    reached = run_study(plan, path, engine=engine)
    if reached.done < reached.cells:
        raise RuntimeError(f"{reached.cells - reached.done} of {reached.cells} cells failed")


def changes(given: argparse.Namespace) -> dict[str, Any]:
    """Settings of the study. Layout and precision are named, since a probe may choose others."""
    layout: Layout = "channels_last"
    precision: Precision = "bfloat16" if given.device.startswith("cuda") else "float32"
    recipe = {"epochs": 3, "train_limit": 400}
    if given.short:
        recipe = {"epochs": 2, "train_limit": 40, "test_limit": 40}
    return {
        "name": "bits",
        "augmentations": ARMS[:2] if given.short else ARMS,
        "seeds": 1 if given.short else 2,
        "corruptions": 0,
        "device": given.device,
        "layout": layout,
        "precision": precision,
        "recipe": recipe,
    }


def kill_within_a_cell(path: Path, given: argparse.Namespace) -> None:
    """Start the study in `path` and kill its processes when a first epoch is written."""
    words = [sys.executable, "-m", "benchmarks.same_bits", "--run", str(path)]
    words += ["--device", given.device, *(["--short"] if given.short else [])]
    root, changed = SOURCE.parent, environment()
    changed["PYTHONPATH"] = os.pathsep.join([str(root), changed["PYTHONPATH"]])
    process = subprocess.Popen(words, cwd=root, env=changed, start_new_session=True)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None and not epoch_written(path):
        time.sleep(0.005)
    if process.poll() is not None:
        raise RuntimeError("the study that was to be killed ended before")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if not epoch_written(path):
        raise RuntimeError("the study that was to be killed has written no epoch")


def epoch_written(path: Path) -> bool:
    return any(file.stat().st_size for file in path.glob("runs/*/epochs.jsonl"))


def row_of(way: str, first: Path, path: Path) -> Row:
    runs = sorted(file.parent.name for file in first.glob("runs/*/result.json"))
    different = [name for name in runs if not same(first / "runs" / name, path / "runs" / name)]
    return {"way": way, "cells": len(runs), "different cells": len(different)}


def same(one: Path, other: Path) -> bool:
    """Whether losses, logits and weights of two runs are equal to the bit."""
    return losses(one) == losses(other) and all(
        np.array_equal(mine, theirs)
        for mine, theirs in zip(arrays(one), arrays(other), strict=True)
    )


def losses(folder: Path) -> list[tuple[float, float]]:
    lines = (folder / "epochs.jsonl").read_text().splitlines()
    epochs = [json.loads(line) for line in lines]
    return [(epoch["loss"], epoch["validation_loss"]) for epoch in epochs]


def arrays(folder: Path) -> list[np.ndarray]:
    with np.load(folder / "predictions.npz") as file:
        predicted = [file[name].view(np.uint8) for name in sorted(file.files)]
    # The tensors alone: their order in the file may differ.
    weights = load_file(folder / "checkpoint" / "model.safetensors")
    return [*predicted, *(weights[name].reshape(-1).view(np.uint8) for name in sorted(weights))]


if __name__ == "__main__":
    main()
