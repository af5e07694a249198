"""What a study of many cells costs beside training: 100 to 10,000 cells whose training is a stub.

python benchmarks/scale.py [--engine local] [--cells 100,1000,10000] [--out FILE.json]

The stub writes what a finished run leaves behind (epochs, predictions of 200 test images, result)
and trains nothing, so that all the time that is seen is scheduling, locking, writing and telling.
Printed for each size: worker-milliseconds a cell, processor-milliseconds a cell of the process
that schedules, the cell time from which on all of it is at most 1 %, and the seconds that judging
all for the first time, then `augury status`, `augury report` (which recalls what was judged) and a
second run with nothing left to do take.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import augury.study.engines.local as local_engine
import augury.study.engines.ray_run as ray_run
import augury.study.running.run as cell_runs
from augury.data import Dataset, load_dataset
from augury.records.epochs import Epoch, write_epochs
from augury.records.json_file import to_values
from augury.records.plan import write_plan
from augury.records.result import Result, RunSpeed, Score, TestScore, write_result
from augury.study import (
    Cell,
    Plan,
    StudyFolder,
    StudySettings,
    judge_study,
    open_study,
    read_settings,
)
from augury.study.cell_states import pending_cells
from augury.study.engines import Engine, Job, Local, Ray
from augury.study.engines.events import CellDone, CellFailed, Event
from augury.study.engines.ray_task import run_task
from augury.study.provenance import provenance
from augury.study.running.listener import Listener
from augury.study.store import RunFolder, write_arrays
from augury.terminal.study_progress import StudyProgress
from augury.training.processes import Processes

IMAGES, CLASSES, EPOCHS = 200, 10, 3
SEEDS = 10
ARMS = ["none", "normal", "flip", "cutout", "random-erasing", "mixup", "cutmix", "rotate"]
ARMS += ["salience", "crop"]
# Data sets × models × arms that make this many cells of ten seeds.
SHAPES = {100: (1, 1, 10), 1000: (2, 5, 10), 10000: (20, 5, 10)}
MODELS = ["small", "resnet18", "mobilenetv2", "efficientnet-b0", "resnet50"]


def stub(
    cell: Cell,
    plan: Plan,
    run: RunFolder,
    dataset: Dataset,
    listener: Listener,
    processes: Processes,
) -> None:
    """In the place of training and testing: everything that is written, and nothing learned."""
    rng = np.random.default_rng([cell.seed, *cell.name.encode()])
    labels = np.arange(IMAGES) % CLASSES
    logits = rng.normal(size=(IMAGES, CLASSES)) + 3 * np.eye(CLASSES)[labels]
    accuracy = float((logits.argmax(1) == labels).mean())
    ids = np.arange(IMAGES)
    test = {"test_ids": ids, "test_labels": labels, "test_logits": logits.astype(np.float32)}
    validation = {name.replace("test", "validation"): array for name, array in test.items()}
    history = [
        Epoch(epoch, 1.0, accuracy, 1.0, accuracy, 0.01, 0.3, 0.012, 0.001)
        for epoch in range(EPOCHS)
    ]
    write_arrays(run.predictions, test | validation)
    for epoch in history:
        write_epochs(run.epochs, history[: epoch.epoch + 1])
        listener.on_epoch(epoch)
    result = Result(
        cell=cell,
        train=Score(1.0, accuracy),
        validation=Score(1.0, accuracy),
        test=TestScore(1.0, accuracy, (accuracy,) * CLASSES, ((20,) * CLASSES,) * CLASSES),
        chosen_epoch=EPOCHS - 1,
        epochs=EPOCHS,
        select="last",
        step_seconds=0.012,
        augment_seconds=0.001,
        speed=RunSpeed("contiguous", "float32", threads=1, device="cpu"),
        teacher=None,
        parameters_count=1000,
        data_fingerprint=cell.fingerprint,
        provenance=provenance(),
        files=run.checksums(),
        seconds=1.0,
    )
    write_result(run.result, result)


def stubbed_task(*arguments: Any) -> list[Event]:
    """What Ray's nodes run: defined here, so that it is sent to them with the stub."""
    cell_runs._train_and_test = stub
    return run_task(*arguments)


def stubbed_worker(*arguments: Any) -> None:
    """What Local's processes run: they import this file for it, and so the stub."""
    _worker(*arguments)


_worker = local_engine._work
cell_runs._train_and_test = stub
ray_run.run_task = stubbed_task


def make_plan(path: Path, cells: int) -> Plan:
    """The digits under as many names as data sets are wanted."""
    datasets, models, arms = SHAPES[cells]
    changes = {"seeds": SEEDS, "augmentations": ARMS[:arms], "recipe": {"epochs": EPOCHS}}
    settings: StudySettings = read_settings(None, None, changes | {"name": f"scale-{cells}"})
    plan = open_study(settings, path, engine=Local(2))
    first, entry = plan.cells[: SEEDS * arms], plan.datasets["digits"]
    speed = plan.speed["small on digits"]
    names = [f"digits-{number}" for number in range(datasets)]
    plan = replace(
        plan,
        datasets=dict.fromkeys(names, entry),
        speed={f"{model} on {name}": speed for model in MODELS[:models] for name in names},
        cells=tuple(
            replace(cell, dataset=name, model=model)
            for cell in first
            for name in names
            for model in MODELS[:models]
        ),
    )
    write_plan(StudyFolder(path).plan_file, plan)
    assert len(plan.cells) == cells
    return plan


def measure(path: Path, cells: int, engine: str, workers: int) -> dict[str, Any]:
    """One study of `cells` cells from beginning to end, in seconds."""
    plan, folder = make_plan(path, cells), StudyFolder(path)

    runner: Engine = Ray() if engine == "ray" else Local(workers)
    ended: list[float] = []
    with StudyProgress(plan, folder, verbose=False) as progress:

        def tell(event: Event) -> None:
            progress(event)
            if isinstance(event, CellDone | CellFailed):
                ended.append(time.perf_counter())

        used = time.process_time()
        runner.run(pending_cells(plan, folder), Job(folder, plan, on_event=tell))
        used = time.process_time() - used
    done = sum(folder.run(cell).done for cell in plan.cells)
    assert done == cells, f"{done} of {cells} done"
    # From the first that ended: starting the workers is paid once, however many cells follow.
    each = workers * (ended[-1] - ended[0]) / (cells - 1)
    half = len(ended) // 2
    found = {
        "cells": cells,
        "engine": engine,
        "workers": workers,
        "worker_milliseconds_a_cell": 1000 * each,
        "of_the_second_half": 1000 * workers * (ended[-1] - ended[half]) / (cells - half - 1),
        "scheduler_processor_milliseconds_a_cell": 1000 * used / cells,
        "one_percent_from_cells_of_seconds": 100 * each,
        "judge_seconds": timed(lambda: judge_study(plan, folder)),
        "status_seconds": timed(lambda: command("status", path)),
        "report_seconds": timed(lambda: command("report", path)),
        "nothing_left_seconds": timed(lambda: pending_cells(plan, folder)),
    }
    return {name: round(v, 3) if isinstance(v, float) else v for name, v in found.items()}


def timed(run: Callable[[], Any]) -> float:
    """Seconds that `run` takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def command(name: str, path: Path) -> None:
    """`augury NAME PATH`."""
    subprocess.run(
        [sys.executable, "-m", "augury", name, str(path)], check=True, stdout=subprocess.DEVNULL
    )


def main() -> None:
    """Measure each size, print a line for each, and add them to the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("local", "ray"), default="local")
    parser.add_argument("--cells", default="100,1000,10000")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    load_dataset("digits")
    rows = []
    for cells in map(int, arguments.cells.split(",")):
        path = Path(tempfile.mkdtemp(prefix="scale-"))
        try:
            rows.append(measure(path, cells, arguments.engine, arguments.workers))
        finally:
            shutil.rmtree(path)
        print(json.dumps(rows[-1]), flush=True)
    if arguments.out:
        known = json.loads(arguments.out.read_text()) if arguments.out.exists() else {"rows": []}
        kept = [row for row in known["rows"] if row["engine"] != arguments.engine]
        content = {"about": to_values(provenance()), "rows": kept + rows}
        arguments.out.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    import scale  # under the name that other processes import it by

    local_engine._work = scale.stubbed_worker
    main()
