"""From the results of cells to `verdicts.json`."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.stats import Pair, judge
from augury.study.outcomes import Outcome, read_outcome
from augury.study.plan import Plan
from augury.study.store import StudyFolder, write_json

Arm = tuple[str, str, str]
"""Data set, model and augmentation."""

Outcomes = dict[Arm, dict[int, Outcome]]
"""What is finished, by arm and seed."""


def read_outcomes(plan: Plan, folder: StudyFolder) -> Outcomes:
    """The outcomes of all finished cells, arms in the plan's order."""
    found: Outcomes = defaultdict(dict)
    for cell in plan.cells:
        if folder.run(cell).done:
            arm = cell.dataset, cell.model, cell.augmentation
            found[arm][cell.seed] = read_outcome(folder, cell)
    return found


def write_verdicts(
    plan: Plan, folder: StudyFolder, outcomes: Outcomes | None = None
) -> dict[str, Any]:
    """Judge each arm against the baseline arm, per data set and model; returns what is written.

    Only seeds that both arms have finished are compared; `unpaired` names the others.
    outcomes: of all finished cells, read anew where they are not given.
    """
    arms = outcomes if outcomes is not None else read_outcomes(plan, folder)
    compared = [
        arm for arm in arms if arm[2] != plan.baseline and (*arm[:2], plan.baseline) in arms
    ]
    sides = [(arms[arm], arms[*arm[:2], plan.baseline]) for arm in compared]
    comparisons = judge([make_pair(*side) for side in sides], plan.rule)
    verdicts = {
        "schema": 1,
        "unit": "percentage points of test accuracy",
        "rule": asdict(plan.rule),
        "comparisons": [
            {
                "dataset": dataset,
                "model": model,
                "augmentation": augmentation,
                "baseline": plan.baseline,
                **asdict(comparison),
                "unpaired": sorted(side[0].keys() ^ side[1].keys()),
            }
            for (dataset, model, augmentation), side, comparison in zip(
                compared, sides, comparisons, strict=True
            )
        ],
    }
    write_json(folder.path / "verdicts.json", verdicts)
    return verdicts


def make_pair(arm: dict[int, Outcome], baseline: dict[int, Outcome]) -> Pair:
    """The two arms over the seeds that both have, with why they must not be compared, if so."""
    seeds = tuple(sorted(arm.keys() & baseline.keys()))
    ours, theirs = [arm[seed] for seed in seeds], [baseline[seed] for seed in seeds]
    obstacle = _problem((*ours, *theirs))
    correct, baseline_correct = (None, None) if obstacle else _correct(ours, theirs)
    return Pair(
        seeds=seeds,
        accuracy=np.array([outcome.accuracy for outcome in ours]),
        baseline_accuracy=np.array([outcome.accuracy for outcome in theirs]),
        correct=correct,
        baseline_correct=baseline_correct,
        obstacle=obstacle,
    )


def _problem(outcomes: Sequence[Outcome]) -> str:
    """Why these runs must not be compared, "" where nothing speaks against it."""
    for outcome in outcomes:
        if outcome.problem:
            return f"{outcome.cell.name}: {outcome.problem}"
    tests = [outcome.test for outcome in outcomes if outcome.test]
    for test in tests[1:]:
        if not np.array_equal(test.ids, tests[0].ids):
            return "they were tested on different images"
        if not np.array_equal(test.labels, tests[0].labels):
            return "their test images carry different labels"
    return ""


def _correct(
    ours: list[Outcome], theirs: list[Outcome]
) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]:
    rows = [outcome.test.correct for outcome in (*ours, *theirs) if outcome.test]
    if not rows or len(rows) < len(ours) + len(theirs):
        return None, None
    return np.stack(rows[: len(ours)]), np.stack(rows[len(ours) :])
