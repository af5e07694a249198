"""The differences that more seeds are expected to go on with."""

import numpy as np
from numpy.typing import NDArray

from augury.records.result import Result
from augury.records.verdicts import ArmVerdict
from augury.report.load import StudyRecords
from augury.stats import to_points


def paired_differences(
    study: StudyRecords, arm: ArmVerdict, part: str = "test"
) -> NDArray[np.float64]:
    """(S,) points on the images of `part`, "test" or "validation", NaN for an unknown one.

    In the order of the seeds that the verdict counts.
    """
    dataset, model, name = arm.arm
    sides = [
        {
            run.cell.seed: _score(run.result, part, study.rule.metric)
            for run in study.select(dataset, model, each)
            if run.result
        }
        for each in (name, study.baseline)
    ]
    pairs = [[side.get(seed) for side in sides] for seed in arm.seeds]
    return np.array(
        [
            np.nan if ours is None or theirs is None else to_points(ours) - to_points(theirs)
            for ours, theirs in pairs
        ]
    )


def _score(result: Result, part: str, metric: str) -> float | None:
    """In [0, 1]; of the validation images only the accuracy is known."""
    if part == "test":
        return result.test.score(metric)
    return result.validation.accuracy if result.validation else None
