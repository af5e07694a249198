"""Tests and intervals for the differences of two arms over the same seeds.

Every function takes `differences` (S,): first arm minus second, one value a seed, finite; the
results are in the same unit.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from augury.stats.bootstrap import draw_with_replacement, percentile_interval
from augury.stats.quantiles import chi2_quantiles, student_quantile

_EXACT_UP_TO = 16
_QUANTILES = 10_000
# Under it, differences of accuracies are rounding errors: one image in 10^8 makes more.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class PairedT:
    """The paired t test: `interval` holds the mean difference; `p` is two-sided."""

    interval: tuple[float, float]
    p: float


def has_spread(differences: NDArray[np.float64]) -> bool:
    """Whether the differences vary by more than rounding; without that, no t test applies."""
    return len(differences) > 1 and float(np.ptp(differences)) > _ROUNDING


def paired_t(differences: NDArray[np.float64], confidence: float = 0.95) -> PairedT:
    """Student's t test of the paired differences, with its interval.

    Raises ValueError where `has_spread` is false.
    """
    if not has_spread(differences):
        raise ValueError("differences: at least two, not all equal, are needed for a t test")
    n = len(differences)
    mean = float(differences.mean())
    variance = float(((differences - mean) ** 2).mean()) * (n / (n - 1))
    error = math.sqrt(variance / n)
    tail = (1 - confidence) / 2
    low, high = student_quantile(tail, n - 1), student_quantile(1 - tail, n - 1)
    p = 2 * float(scipy.special.stdtr(n - 1, -abs(mean / error)))
    return PairedT((low * error + mean, high * error + mean), p)


def sign_flip_p(differences: NDArray[np.float64], replicates: int = 10_000, seed: int = 0) -> float:
    """Two-sided p of the mean difference when each sign is a fair coin's toss.

    Exact, over all 2^S signs, up to S = 16; else over `replicates` random ones, counting the
    observed one too, so that p is never 0 (Phipson & Smyth 2010).
    """
    n = len(differences)
    if n <= _EXACT_UP_TO:
        bits = np.arange(2**n)[:, None] >> np.arange(n) & 1
    else:
        bits = np.random.default_rng(seed).integers(0, 2, size=(replicates, n))
    sums = np.abs((2 * bits - 1) @ differences)
    observed = abs(float(differences.sum()))
    # Equal sums may differ by rounding, as the order of their additions does.
    extreme = int(np.count_nonzero(sums >= observed - _ROUNDING))
    return extreme / 2**n if n <= _EXACT_UP_TO else (extreme + 1) / (replicates + 1)


def probability_of_improvement(differences: NDArray[np.float64]) -> float:
    """The share of seeds in which the first arm is ahead; a tie counts ½."""
    return float(_scores(differences).mean())


def probability_interval(
    differences: NDArray[np.float64],
    confidence: float = 0.95,
    replicates: int = 10_000,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile bootstrap interval, over seeds, of the probability of improvement.

    [1, 1] says that every seed improved, not that a next one must: a bootstrap draws nothing
    that it has not seen.
    """
    n = len(differences)
    drawn = draw_with_replacement(n, replicates, np.random.default_rng(seed))
    return percentile_interval(drawn @ _scores(differences) / n, confidence)


def _scores(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 where the first arm is ahead, 0 where behind, ½ where tied."""
    tied = np.abs(differences) <= _ROUNDING
    return np.where(tied, 0.5, np.where(differences > 0, 1.0, 0.0))


def smallest_detectable(
    deviation: float, seeds: int, alpha: float = 0.05, power: float = 0.8
) -> float:
    """The true mean difference that a two-sided paired t test finds with probability `power`.

    deviation: standard deviation of the paired differences, in the unit of the result;
    seeds: at least 2; alpha: of one test, so α/m for Holm's first step among m comparisons;
    power: over alpha, under 1. Raises ValueError for other values.
    """
    if seeds < 2 or not 0 < alpha < power < 1:
        raise ValueError(
            "seeds ≥ 2 and 0 < alpha < power < 1 are needed, "
            f"got seeds {seeds}, alpha {alpha:g}, power {power:g}"
        )
    return deviation * _noncentrality(seeds, alpha, power) / float(np.sqrt(seeds))


@functools.lru_cache
def _noncentrality(seeds: int, alpha: float, power: float) -> float:
    """The noncentrality at which t passes its two-sided bound, on its own side, at `power`.

    The other side adds nothing that shows at useful powers; R's power.t.test leaves it out too.
    """
    freedom = seeds - 1
    bound = -student_quantile(alpha / 2, freedom)
    # The noncentral t as a mixture of normals over the quantiles of its denominator. The power is
    # within 10^-6 of that by SciPy's nct, which does not converge for few seeds and a small alpha.
    quantiles = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    bounds = bound * np.sqrt(chi2_quantiles(quantiles, freedom) / freedom)

    def excess(noncentrality: float) -> float:
        return float(scipy.special.ndtr(noncentrality - bounds).mean()) - power

    # From 10 deviations above the highest bound, every t passes.
    return float(scipy.optimize.brentq(excess, 0.0, bounds[-1] + 10))
