"""From the results of cells to `verdicts.json`."""

import math
from collections import defaultdict
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.stats import Pair, Rule, judge
from augury.study.cell import Cell
from augury.study.plan import Plan
from augury.study.store import StudyFolder, read_json, write_json

Arm = tuple[str, str, str]


def write_verdicts(plan: Plan, folder: StudyFolder) -> dict[str, Any]:
    """Judge each arm against the baseline arm, per data set and model; returns what is written.

    Only seeds that both arms have finished are compared.
    """
    rule = Rule(min_difference=plan.min_difference)
    arms: dict[Arm, dict[int, Cell]] = defaultdict(dict)
    for cell in plan.cells:
        if folder.run(cell).done:
            arms[cell.dataset, cell.model, cell.augmentation][cell.seed] = cell
    compared = [
        arm for arm in arms if arm[2] != plan.baseline and (*arm[:2], plan.baseline) in arms
    ]
    pairs = [_pair(folder, arms[arm], arms[*arm[:2], plan.baseline]) for arm in compared]
    verdicts = {
        "schema": 1,
        "unit": "percentage points of test accuracy",
        "rule": asdict(rule),
        "comparisons": [
            {
                "dataset": dataset,
                "model": model,
                "augmentation": augmentation,
                "baseline": plan.baseline,
                **asdict(comparison),
            }
            for (dataset, model, augmentation), comparison in zip(
                compared, judge(pairs, rule), strict=True
            )
        ],
    }
    write_json(folder.path / "verdicts.json", verdicts)
    return verdicts


def _pair(folder: StudyFolder, arm: dict[int, Cell], baseline: dict[int, Cell]) -> Pair:
    seeds = tuple(sorted(arm.keys() & baseline.keys()))
    ours = [_outcome(folder, arm[seed]) for seed in seeds]
    theirs = [_outcome(folder, baseline[seed]) for seed in seeds]
    correct, baseline_correct = _stacked(ours, theirs)
    return Pair(
        seeds=seeds,
        accuracy=np.array([accuracy for accuracy, _ in ours]),
        baseline_accuracy=np.array([accuracy for accuracy, _ in theirs]),
        correct=correct,
        baseline_correct=baseline_correct,
    )


Outcome = tuple[float, NDArray[np.bool_] | None]


def _outcome(folder: StudyFolder, cell: Cell) -> Outcome:
    """Test accuracy, and which test images were right, in the order of their ids."""
    run = folder.run(cell)
    accuracy = read_json(run.result)["test"]["accuracy"]
    if not run.predictions.exists():
        return math.nan if accuracy is None else accuracy, None
    with np.load(run.predictions) as stored:
        right = stored["test_logits"].argmax(axis=1) == stored["test_labels"]
        return accuracy, right[np.argsort(stored["test_ids"])]


def _stacked(
    ours: list[Outcome], theirs: list[Outcome]
) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]:
    rows = [right for _, right in (*ours, *theirs) if right is not None]
    if not rows or len(rows) < len(ours) + len(theirs):
        return None, None
    return np.stack(rows[: len(ours)]), np.stack(rows[len(ours) :])
