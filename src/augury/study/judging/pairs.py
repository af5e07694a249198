"""Pair the finished runs of an arm with those of its baseline, by seed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from augury.records.cell import Cell
from augury.stats import Pair
from augury.study.judging.finished_runs import FinishedRun, read_finished_run
from augury.study.store import StudyFolder

Arm = tuple[str, str, str]
"""Data set, model and augmentation."""

Runs = dict[int, FinishedRun]
"""The finished runs of one arm, by seed."""

FinishedRuns = dict[Arm, Runs]
"""The finished runs of a study, by arm; without logits, so that many fit in memory."""


def arm_of(cell: Cell) -> Arm:
    """The arm that a cell belongs to."""
    return cell.dataset, cell.model, cell.augmentation


def read_finished(cells: Iterable[Cell], folder: StudyFolder) -> FinishedRuns:
    """The finished runs among `cells`, the arms in the order of the cells."""
    found: FinishedRuns = defaultdict(dict)
    for run in finished(cells, folder):
        found[arm_of(run.cell)][run.cell.seed] = run.without_logits()
    return found


def finished(cells: Iterable[Cell], folder: StudyFolder) -> Iterator[FinishedRun]:
    """The finished runs among `cells`, read one after the other, with their logits."""
    return (read_finished_run(folder, cell) for cell in cells if folder.run(cell).done)


def make_pair(arm: Runs, baseline: Runs) -> Pair:
    """The two arms over the seeds that both have finished.

    Its `obstacle` says where a run's files disagree, or where test images or labels differ.
    """
    seeds = tuple(sorted(arm.keys() & baseline.keys()))
    ours, theirs = [arm[seed] for seed in seeds], [baseline[seed] for seed in seeds]
    obstacle = _obstacle((*ours, *theirs))
    correct, baseline_correct = (None, None) if obstacle else _correct(ours, theirs)
    return Pair(
        seeds=seeds,
        accuracy=np.array([run.accuracy for run in ours]),
        baseline_accuracy=np.array([run.accuracy for run in theirs]),
        correct=correct,
        baseline_correct=baseline_correct,
        obstacle=obstacle,
    )


def _obstacle(runs: Sequence[FinishedRun]) -> str:
    """Why these runs must not be compared, "" where nothing speaks against it."""
    for run in runs:
        if run.problem:
            return f"{run.cell.name}: {run.problem}"
    tests = [run.test for run in runs if run.test]
    for test in tests[1:]:
        if not np.array_equal(test.ids, tests[0].ids):
            return "they were tested on different images"
        if not np.array_equal(test.labels, tests[0].labels):
            return "their test images carry different labels"
    return ""


def _correct(
    ours: list[FinishedRun], theirs: list[FinishedRun]
) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]:
    rows = [run.test.correct for run in (*ours, *theirs) if run.test]
    if not rows or len(rows) < len(ours) + len(theirs):
        return None, None
    return np.stack(rows[: len(ours)]), np.stack(rows[len(ours) :])
