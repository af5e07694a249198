"""Studies whose runs are written, not trained: results of any wanted value."""

from dataclasses import replace

import numpy as np
from quick_study import quick_plan, quick_settings

from augury.records.epochs import Epoch, write_epochs
from augury.records.plan import write_plan
from augury.records.result import Score, write_result
from augury.study import StudyFolder
from augury.study.store import write_arrays
from fake_result import fake_result

IMAGES, CLASSES, EPOCHS = 200, 10, 3


def make_study(path, right, epochs=EPOCHS, **settings):
    """A finished study of the digits; right[arm][seed]: how many of 200 test images are right.

    Returns (plan, folder). None for a seed leaves its cell without a result.
    """
    seeds = max(map(len, right.values()))
    settings = quick_settings(
        augmentations=list(right), seeds=seeds, recipe={"epochs": epochs}, **settings
    )
    plan, folder = quick_plan(settings), StudyFolder(path)
    kept = [cell for cell in plan.cells if cell.seed < len(right[cell.augmentation])]
    plan = replace(plan, cells=tuple(kept))
    write_plan(folder.plan_file, plan)
    for cell in plan.cells:
        wins = right[cell.augmentation][cell.seed]
        if wins is not None:
            write_run(folder, cell, wins)
    return plan, folder


def logits_of(labels, right):
    """The first `right` images are called by their class, the others by the next one."""
    called = np.where(np.arange(len(labels)) < right, labels, (labels + 1) % CLASSES)
    return (4.0 * np.eye(CLASSES)[called]).astype(np.float32)


def write_run(folder, cell, right, validation=120, chosen=None, ids=None):
    """A run that got `right` of 200 test and `validation` of 150 validation images right."""
    run = folder.run(cell)
    run.path.mkdir(parents=True, exist_ok=True)
    test_labels, validation_labels = np.arange(IMAGES) % CLASSES, np.arange(150) % CLASSES
    arrays = {
        "test_ids": np.arange(IMAGES) if ids is None else ids,
        "test_labels": test_labels,
        "test_logits": logits_of(test_labels, right),
        "validation_ids": 1000 + np.arange(150),
        "validation_labels": validation_labels,
        "validation_logits": logits_of(validation_labels, validation),
    }
    write_arrays(run.predictions, arrays)
    epochs = cell.recipe.epochs
    chosen = epochs - 1 if chosen is None else chosen
    accuracies = [min(1.0, 0.5 + 0.1 * epoch) for epoch in range(epochs)]
    accuracies[chosen] = validation / 150
    lines = [Epoch(e, 1.0, 0.5, 1.0, a, 0.1, 1.0, 0.01, 0.001) for e, a in enumerate(accuracies)]
    write_epochs(run.epochs, lines)
    result = fake_result(
        cell,
        right / IMAGES,
        validation=Score(1.0, validation / 150),
        chosen_epoch=chosen,
        step_seconds=0.012 if cell.augmentation == "none" else 0.018,
        augment_seconds=0.002 if cell.augmentation == "none" else 0.008,
    )
    write_result(run.result, result)
