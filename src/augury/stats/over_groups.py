"""What the choice of groups adds to the uncertainty of a pair whose seeds test different groups.

There each seed's difference is that of other test images, so that the spread over seeds holds what
groups and test images add, as long as no group comes twice. Seeds that test the same groups, in one
"turn", are not independent: what counts are the means of the turns.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from augury.stats.e_process import confidence_sequence
from augury.stats.quantiles import student_quantile

Interval = tuple[float, float]


def turn_means(differences: NDArray[np.float64], turns: Sequence[int]) -> NDArray[np.float64]:
    """(T,): the mean difference of each turn, in the order in which they first come.

    differences: (S,), by seed; turns: (S,), which groups each seed tests: equal numbers, the same.
    """
    by_turn: dict[int, list[float]] = {}
    for turn, difference in zip(turns, differences.tolist(), strict=True):
        by_turn.setdefault(turn, []).append(difference)
    return np.array([math.fsum(values) / len(values) for values in by_turn.values()])


def groups_deviation(differences: NDArray[np.float64], turns: Sequence[int]) -> float | None:
    """Standard error of the mean of the turns' means; None for a single turn."""
    means = turn_means(differences, turns)
    return float(means.std(ddof=1)) / math.sqrt(len(means)) if len(means) > 1 else None


def groups_interval(
    differences: NDArray[np.float64], turns: Sequence[int], confidence: float
) -> Interval | None:
    """Student's interval of the mean difference for other groups, in the unit of `differences`.

    That of the turns' means: of the paired t test, where no turn comes twice. None for one turn.
    """
    means = turn_means(differences, turns)
    deviation = groups_deviation(differences, turns)
    if deviation is None:
        return None
    reach = student_quantile((1 + confidence) / 2, len(means) - 1) * deviation
    return float(means.mean()) - reach, float(means.mean()) + reach


def groups_sequence(
    differences: NDArray[np.float64], turns: Sequence[int], alpha: float, mixing: float
) -> Interval | None:
    """The confidence sequence of the turns' means, after the last; None while it is infinite.

    Where no turn comes twice it is that of the seeds, valid at any time. After that it changes only
    as the means become more exact.
    """
    low, high = confidence_sequence(turn_means(differences, turns), alpha, mixing)[-1].tolist()
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None


def groups_error(differences: NDArray[np.float64], turns: Sequence[int]) -> float:
    """Standard error of the mean difference that would be left with endless seeds.

    That is what groups differ by, over as many turns as there are: the variance of the turns' means
    without what seeds of one turn differ by (ANOVA). 0 as long as no turn comes twice: more seeds
    then bring more groups.
    """
    means = turn_means(differences, turns)
    _, place, sizes = np.unique(turns, return_inverse=True, return_counts=True)
    again = len(differences) - len(sizes)
    if again == 0 or len(sizes) < 2:
        return 0.0
    by_number = np.bincount(place, differences) / sizes
    within = float(((differences - by_number[place]) ** 2).sum()) / again
    between = float(means.var(ddof=1)) - within * float((1 / sizes).mean())
    return math.sqrt(max(0.0, between) / len(sizes))


def groups_reach(
    differences: NDArray[np.float64], turns: Sequence[int], alpha: float, mixing: float
) -> float:
    """Up to which size a mean difference would not be shown with endless seeds of these groups.

    Half the width that `groups_sequence` would have then; 0 as long as no turn comes twice, as more
    seeds then bring more groups.
    """
    turns_there = len(set(turns))
    if turns_there == len(turns):
        return 0.0
    kept = mixing / (turns_there + mixing)
    growth = math.exp((-math.log(kept) - 2 * math.log(alpha)) / turns_there)
    if growth * kept >= 1:
        return math.inf
    squares = (turns_there - 1) * turns_there * groups_error(differences, turns) ** 2
    return math.sqrt(squares / turns_there * (growth - 1) / (1 - growth * kept))
