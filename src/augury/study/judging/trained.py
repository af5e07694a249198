"""How far the networks of each arm have learned, and what to try where they were still learning."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from augury.records.result import Learned, Result
from augury.records.verdicts import Trained
from augury.stats import is_still_learning, next_epochs, rise_of, to_points
from augury.study.judging.pairs import Arm


def arm_trained(arm: Arm, results: Iterable[Result]) -> Trained:
    """Of the finished runs of one arm, those of earlier versions included, which do not tell."""
    return trained_of(arm, [(each.learned, each.epochs) for each in results if each.learned])


def trained_of(arm: Arm, found: Sequence[tuple[Learned, int]]) -> Trained:
    """Means over the runs of an arm. found: what each has learned, and in how many epochs."""
    if not found:
        return Trained(*arm, runs=0)
    right = float(np.mean([learned.right for learned, _ in found]))
    rise = _mean_rise(found)
    return Trained(
        *arm,
        runs=len(found),
        steps=found[0][0].steps,
        right=to_points(right),
        rise=rise,
        still_learning=is_still_learning(right, rise),
    )


def _mean_rise(found: Sequence[tuple[Learned, int]]) -> float | None:
    """Points; None where one of the runs has no slope."""
    rises = [rise_of(learned.slope, epochs) for learned, epochs in found]
    known = [rise for rise in rises if rise is not None]
    return float(np.mean(known)) if len(known) == len(rises) else None


def next_budget(
    trained: Sequence[Trained], epochs: int, seconds: Mapping[Arm, float]
) -> tuple[int | None, float | None]:
    """(epochs, seconds of training in all) to try next; None, None where none is needed.

    epochs: of each run so far; seconds: that all planned runs of an arm take with these.
    """
    least = [each.right for each in trained if each.still_learning and each.right is not None]
    if not least:
        return None, None
    asked = next_epochs(epochs, min(least) / 100)
    return asked, sum(seconds.values()) * asked / epochs
