"""Studies of the digits: quick ones to train, and finished ones whose runs are only written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.data import load_dataset
from augury.records.cell import Cell
from augury.records.epochs import Epoch
from augury.records.plan import Plan, PlannedSpeed, write_plan
from augury.records.provenance import Provenance
from augury.records.result import Score
from augury.study import StudyFolder, StudySettings, read_settings
from augury.study.planning.cells import make_cells
from augury.study.planning.plan import assemble_plan
from helpers.results import Arrays, make_result, store_run

# Two epochs of 60 images: a second a cell.
QUICK = {"epochs": 2, "batch_size": 20, "train_limit": 60, "test_limit": 50}
# Arguments of `augury.Study`: a second of training for all cells together.
QUICK_STUDY: dict[str, Any] = {
    "models": ["small"],
    "augment": ["none", "flip"],
    "seeds": 1,
    "epochs": 1,
    "batch_size": 20,
    "train_limit": 60,
    "test_limit": 50,
    "corruptions": 0,
}
SPEED = PlannedSpeed("contiguous", "float32", {"contiguous float32": 9.0})
IMAGES, CLASSES, EPOCHS = 200, 10, 3


def quick_settings(**changes: Any) -> StudySettings:
    """Settings of a study of one seed whose cells take a second each; `changes`: other ones."""
    recipe = QUICK | changes.pop("recipe", {})
    return read_settings(None, None, {"seeds": 1, "recipe": recipe} | changes)


def quick_plan(settings: StudySettings, threads: int = 1) -> Plan:
    """The plan of a study of the digits; no speed is measured for it."""
    datasets = {"digits": load_dataset("digits")}
    cells = make_cells(settings, datasets)
    speed = {f"{model} on digits": SPEED for model in settings.models}
    return assemble_plan(settings, datasets, cells, speed, threads, "cpu", Provenance())


def epochs_without_times(folder: StudyFolder, cell: Cell) -> list[dict[str, object]]:
    """The lines of epochs.jsonl without the times, which differ from run to run."""
    lines = folder.run(cell).epochs.read_text().splitlines()
    times = ("seconds", "step_seconds", "augment_seconds")
    return [{k: v for k, v in json.loads(line).items() if k not in times} for line in lines]


def make_study(
    path: Path,
    right: Mapping[str, Sequence[int | None]],
    epochs: int = EPOCHS,
    **settings: Any,
) -> tuple[Plan, StudyFolder]:
    """A finished study of the digits.

    right[arm][seed]: how many of 200 test images are right; None leaves the cell without a result.
    """
    seeds = max(map(len, right.values()))
    asked = quick_settings(
        augmentations=list(right), seeds=seeds, recipe={"epochs": epochs}, **settings
    )
    plan, folder = quick_plan(asked), StudyFolder(path)
    kept = [cell for cell in plan.cells if cell.seed < len(right[cell.augmentation])]
    plan = replace(plan, cells=tuple(kept))
    write_plan(folder.plan_file, plan)
    for cell in plan.cells:
        wins = right[cell.augmentation][cell.seed]
        if wins is not None:
            write_run(folder, cell, wins)
    return plan, folder


def logits_of(labels: NDArray[np.int64], right: int) -> NDArray[np.float32]:
    """(N, 10): the first `right` images are called by their class, the others by the next one."""
    called = np.where(np.arange(len(labels)) < right, labels, (labels + 1) % CLASSES)
    return (4.0 * np.eye(CLASSES)[called]).astype(np.float32)


def write_run(
    folder: StudyFolder,
    cell: Cell,
    right: int,
    validation: int = 120,
    chosen: int | None = None,
    ids: NDArray[np.int64] | None = None,
) -> None:
    """A run that got `right` of 200 test and `validation` of 150 validation images right.

    chosen: the epoch that was tested, the last one by default; ids: of the test images.
    """
    test_labels, validation_labels = np.arange(IMAGES) % CLASSES, np.arange(150) % CLASSES
    predictions: Arrays = {
        "test_ids": np.arange(IMAGES) if ids is None else ids,
        "test_labels": test_labels,
        "test_logits": logits_of(test_labels, right),
        "validation_ids": 1000 + np.arange(150),
        "validation_labels": validation_labels,
        "validation_logits": logits_of(validation_labels, validation),
    }
    chosen = cell.recipe.epochs - 1 if chosen is None else chosen
    accuracies = [min(1.0, 0.5 + 0.1 * epoch) for epoch in range(cell.recipe.epochs)]
    accuracies[chosen] = validation / 150
    epochs = [Epoch(e, 1.0, 0.5, 1.0, a, 0.1, 1.0, 0.01, 0.001) for e, a in enumerate(accuracies)]
    result = make_result(
        cell,
        right / IMAGES,
        validation=Score(1.0, validation / 150),
        chosen_epoch=chosen,
        step_seconds=0.012 if cell.augmentation == "none" else 0.018,
        augment_seconds=0.002 if cell.augmentation == "none" else 0.008,
    )
    store_run(folder.run(cell), result, epochs, predictions)
