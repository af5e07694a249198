"""The finished runs of a study, by arm and seed, and two arms of them made a pair."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from augury.records.cell import Cell
from augury.stats import Pair
from augury.study.judging.outcomes import Outcome, read_outcome
from augury.study.store import StudyFolder

Arm = tuple[str, str, str]
"""Data set, model and augmentation."""

Runs = dict[int, Outcome]
"""The finished runs of one arm, by seed."""

Outcomes = dict[Arm, Runs]
"""What is finished, by arm; without logits, so that many runs fit in memory."""


def arm_of(cell: Cell) -> Arm:
    """The arm that a cell is one seed of."""
    return cell.dataset, cell.model, cell.augmentation


def read_outcomes(cells: Iterable[Cell], folder: StudyFolder) -> Outcomes:
    """The outcomes of those of `cells` that are finished, arms in their order."""
    found: Outcomes = defaultdict(dict)
    for outcome in finished(cells, folder):
        found[arm_of(outcome.cell)][outcome.cell.seed] = outcome.without_logits()
    return found


def finished(cells: Iterable[Cell], folder: StudyFolder) -> Iterator[Outcome]:
    """Those of `cells` that are finished, read one after the other, with their logits."""
    return (read_outcome(folder, cell) for cell in cells if folder.run(cell).done)


def make_pair(arm: Runs, baseline: Runs) -> Pair:
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
