"""Pair the finished runs of an arm with those of its baseline, by seed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from augury.records.cell import Cell
from augury.stats import Calls, Pair
from augury.study.judging.finished_runs import FinishedRun, Part, read_finished_run
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


def read_finished(cells: Iterable[Cell], folder: StudyFolder, part: Part = "test") -> FinishedRuns:
    """The finished runs among `cells`, the arms in the order of the cells; part: as above."""
    found: FinishedRuns = defaultdict(dict)
    for run in finished(cells, folder, part):
        found[arm_of(run.cell)][run.cell.seed] = run.without_logits()
    return found


def finished(
    cells: Iterable[Cell], folder: StudyFolder, part: Part = "test"
) -> Iterator[FinishedRun]:
    """The finished runs among `cells`, read one after the other, with their logits.

    part: the images that are compared, see `read_finished_run`.
    """
    return (read_finished_run(folder, cell, part) for cell in cells if folder.run(cell).done)


def make_pair(arm: Runs, baseline: Runs, metric: str, part: Part = "test") -> Pair:
    """The two arms over the seeds that both have finished, to be compared by `metric`.

    Its `obstacle` says where a run's files disagree, or where test images or labels differ: of all
    seeds, or of each seed's two runs where seeds leave out different groups. part: the images that
    the runs were read with; validation images, too, are the same for the runs of one seed only.
    """
    seeds = tuple(sorted(arm.keys() & baseline.keys()))
    ours, theirs = [arm[seed] for seed in seeds], [baseline[seed] for seed in seeds]
    by_group = part == "test" and any(run.cell.split_by for run in (*ours, *theirs))
    by_seed = by_group or part == "validation"
    tested_alike = list(zip(ours, theirs, strict=True)) if by_seed else [(*ours, *theirs)]
    obstacle = next(filter(None, (_obstacle(runs, part) for runs in tested_alike)), "")
    calls = None if obstacle or by_seed else _calls(ours, theirs)
    return Pair(
        seeds=seeds,
        accuracy=np.array([run.score(metric) for run in ours]),
        baseline_accuracy=np.array([run.score(metric) for run in theirs]),
        correct=calls.called == calls.labels if calls else None,
        baseline_correct=calls.baseline_called == calls.labels if calls else None,
        obstacle=obstacle,
        calls=calls,
        turns=_turns((*ours, *theirs)) if by_group and not obstacle else None,
    )


def race_pairs(
    folder: StudyFolder, cells: Iterable[Cell], runs: Mapping[str, Runs], arm: str, baseline: str
) -> Runs:
    """The runs of `arm` that a race may compare: those before the first seed without a pair.

    cells: planned ones of one data set and network; runs: the finished ones by augmentation. A seed
    that has failed in either arm is left out, and those after it count. So what is compared never
    depends on which run ends first.
    """
    both = (arm, baseline)
    asked = [cell for cell in cells if cell.augmentation in both]
    failed = {cell.seed for cell in asked if folder.run(cell).failed}
    counted: Runs = {}
    for seed in sorted({cell.seed for cell in asked} - failed):
        if not all(seed in runs[name] for name in both):
            break
        counted[seed] = runs[arm][seed]
    return counted


def _obstacle(runs: Sequence[FinishedRun], part: Part) -> str:
    """Why these runs must not be compared, "" where nothing speaks against it."""
    for run in runs:
        if run.problem:
            return f"{run.cell.name}: {run.problem}"
    tests = [run.test for run in runs if run.test]
    for test in tests[1:]:
        if not np.array_equal(test.ids, tests[0].ids):
            return "they were tested on different images"
        if not np.array_equal(test.labels, tests[0].labels):
            return f"their {part} images carry different labels"
    return ""


def _turns(runs: Sequence[FinishedRun]) -> tuple[int, ...] | None:
    """Of each seed a number, the same where the test images are; None without predictions.

    runs: of an arm, then of its baseline, by seed.
    """
    tests = [run.test for run in runs]
    if not all(tests):
        return None
    found: dict[bytes, int] = {}
    first = tests[: len(tests) // 2]
    return tuple(found.setdefault(test.ids.tobytes(), len(found)) for test in first if test)


def _calls(ours: list[FinishedRun], theirs: list[FinishedRun]) -> Calls | None:
    """What all runs call the test images; None where predictions of one are missing."""
    tests = [run.test for run in (*ours, *theirs) if run.test]
    if not tests or len(tests) < len(ours) + len(theirs):
        return None
    called = np.stack([test.called for test in tests])
    return Calls(tests[0].labels, called[: len(ours)], called[len(ours) :])
