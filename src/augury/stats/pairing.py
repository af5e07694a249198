"""What it gains to compare runs with the same seed: equal seeds need not mean equal luck."""

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from augury.stats.paired import has_spread

_FEWEST = 4
_NEARLY_1 = 1 - 1e-12


@dataclass(frozen=True)
class Pairing:
    """How the accuracies of two arms go together over `seeds` shared seeds.

    correlation: Pearson's, in [-1, 1]; interval: its 95 % interval by Fisher's z; variance_ratio:
    variance of the paired differences over the sum of both variances, what is left of the variance
    that unpaired runs would have. 1 where pairing gains nothing, under 1 where it gains.
    """

    seeds: int
    correlation: float
    interval: tuple[float, float]
    variance_ratio: float


def pairing(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> Pairing | None:
    """Of the accuracies (S,) of two arms, in the same order of seeds.

    None for fewer than 4 seeds, for which Fisher's z has no interval, for values that are not
    finite, and where one of the arms has the same accuracy in all runs.
    """
    seeds = len(ours)
    if seeds < _FEWEST or not np.isfinite([*ours, *theirs]).all():
        return None
    if not (has_spread(ours) and has_spread(theirs)):
        return None
    covariance = np.cov(ours, theirs)
    variances = covariance.diagonal()
    correlation = float(covariance[0, 1] / math.sqrt(variances.prod()))
    z = math.atanh(min(max(correlation, -_NEARLY_1), _NEARLY_1))
    reach = float(scipy.special.ndtri(0.975)) / math.sqrt(seeds - 3)
    return Pairing(
        seeds=seeds,
        correlation=correlation,
        interval=(math.tanh(z - reach), math.tanh(z + reach)),
        variance_ratio=float((variances.sum() - 2 * covariance[0, 1]) / variances.sum()),
    )
