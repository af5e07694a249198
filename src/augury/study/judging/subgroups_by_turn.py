"""An arm's scores on classes and groups where each seed tests other groups of images."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from augury.records.plan import PlannedDataset
from augury.stats import Pair, SubgroupScores, groups_deviation
from augury.study.judging.finished_runs import Predictions
from augury.study.judging.pairs import Runs

_Named = dict[str, SubgroupScores]


def scores_by_turn(
    pair: Pair, runs: Runs, baseline: Runs, dataset: PlannedDataset
) -> tuple[_Named, _Named]:
    """On classes and on groups; those that no seed tests are left out.

    pair: of which `turns` are known; runs, baseline: of the arm and its baseline, by seed.
    """
    turns = pair.turns or ()
    both = [(runs[seed].test, baseline[seed].test) for seed in pair.seeds]
    tests = [(ours, theirs) for ours, theirs in both if ours and theirs]
    classes = [ours.labels for ours, _ in tests]
    groups = [groups_of(dataset, ours.ids)[1] for ours, _ in tests]
    names = dataset.groups.names if dataset.groups else ()
    return (
        _named(tests, turns, classes, dataset.classes),
        _named(tests, turns, groups, names),
    )


def groups_of(
    dataset: PlannedDataset, ids: NDArray[np.int64]
) -> tuple[Sequence[str], NDArray[np.integer]]:
    """The groups' names, and the number of each image's group, −1 where it has none."""
    if dataset.groups is None:
        return (), np.full(len(ids), -1)
    number = dict(zip(dataset.groups.ids, dataset.groups.of, strict=True))
    return dataset.groups.names, np.array([number.get(int(id), -1) for id in ids])


def _named(
    tests: Sequence[tuple[Predictions, Predictions]],
    turns: Sequence[int],
    members: Sequence[NDArray[np.integer]],
    names: Sequence[str],
) -> _Named:
    """members: of each seed, the number of each test image's subgroup."""
    found = {}
    for number, name in enumerate(names):
        places = [place for place, of in enumerate(members) if (of == number).any()]
        if places:
            rows = [members[place] == number for place in places]
            found[name] = _scores(
                [tests[place] for place in places], [turns[place] for place in places], rows
            )
    return found


def _scores(
    tests: Sequence[tuple[Predictions, Predictions]],
    turns: Sequence[int],
    rows: Sequence[NDArray[np.bool_]],
) -> SubgroupScores:
    """Of one subgroup, over the seeds that test images of it; each seed counts alike."""
    ours, theirs = (
        np.array(
            [100 * test[side].correct[of].mean() for test, of in zip(tests, rows, strict=True)]
        )
        for side in (0, 1)
    )
    ids = [test.ids[of] for (test, _), of in zip(tests, rows, strict=True)]
    return SubgroupScores(
        images=len(np.unique(np.concatenate(ids))),
        accuracy=float(ours.mean()),
        baseline_accuracy=float(theirs.mean()),
        differences=tuple((ours - theirs).tolist()),
        image_error=groups_deviation(ours - theirs, turns),
        units=len(set(turns)),
    )
