"""What could tell beforehand how a method does at a place, and how well it does tell."""

from collections.abc import Mapping, Sequence

import numpy as np
import scipy
from benchmarks.atlas.comparing import Column, kinds, known_differences

FEWEST_ARMS = 3
"""Of a rank correlation."""


def rank_correlation(first: Mapping[str, float], second: Mapping[str, float]) -> float | None:
    """Spearman's ρ over the arms that both know; None where it is not defined."""
    shared = [(value, second[arm]) for arm, value in first.items() if arm in second]
    if len(shared) < FEWEST_ARMS or any(np.ptp(side) == 0 for side in zip(*shared, strict=True)):
        return None
    return float(scipy.stats.spearmanr(shared).statistic)


def by_training_accuracy(column: Column, table: Sequence[Column]) -> float | None:
    """ρ with the accuracy on the augmented training images, which one run tells."""
    if column.contribution is None:
        return None
    return rank_correlation(known_differences(column), column.contribution.train_accuracy)


def by_same_data(column: Column, table: Sequence[Column]) -> float | None:
    """ρ with the differences on the same data set in the other regime."""
    return _by_places(column, [one for one in table if _same_data(one, column)])


def by_other_data(column: Column, table: Sequence[Column]) -> float | None:
    """ρ with the mean rank on the other data sets in the same regime."""
    others = [one for one in table if one.place.dataset != column.place.dataset]
    return _by_places(column, [one for one in others if one.place.regime == column.place.regime])


def by_kind(column: Column, table: Sequence[Column]) -> float | None:
    """Share in [0, 1] of the variance of the methods' ranks that lies between kinds (η²)."""
    ranks = _ranks(column)
    groups = [[ranks[arm] for arm in names if arm in ranks] for names in kinds().values()]
    whole = np.array([rank for group in groups for rank in group])
    if len(whole) < FEWEST_ARMS or np.ptp(whole) == 0:
        return None
    between = sum(len(group) * (np.mean(group) - whole.mean()) ** 2 for group in groups if group)
    return float(between / ((whole - whole.mean()) ** 2).sum())


PREDICTORS = {
    "accuracy on its own training images, ρ": by_training_accuracy,
    "the same data set in the other regime, ρ": by_same_data,
    "mean rank on the other data sets in this regime, ρ": by_other_data,
    "kind of method, η²": by_kind,
}


def _same_data(one: Column, other: Column) -> bool:
    return one.place.dataset == other.place.dataset and one.place != other.place


def _by_places(column: Column, others: Sequence[Column]) -> float | None:
    """ρ with the mean of ranks, as a large loss at one place would decide a mean of differences."""
    found = [_ranks(one) for one in others if one.found]
    shared = set.intersection(*map(set, found)) if found else set()
    means = {arm: float(np.mean([ranks[arm] for ranks in found])) for arm in shared}
    return rank_correlation(known_differences(column), means)


def _ranks(column: Column) -> dict[str, float]:
    """Of each arm's difference, in (0, 1], 1 for the best; equal ones share their mean rank."""
    known = known_differences(column)
    ranks = scipy.stats.rankdata(list(known.values())) / max(1, len(known))
    return dict(zip(known, ranks.tolist(), strict=True))
