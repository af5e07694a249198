"""Friedman's test: do arms rank differently over several problems (data sets, models)?"""

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

# Scores equal to this many decimals are ties: means of equal accuracies differ by rounding.
_DECIMALS = 9


@dataclass(frozen=True)
class Friedman:
    """Ranks of A arms over the problems, and whether they differ by more than chance.

    mean_ranks: A values in [1, A], in the order of the arms, 1 the best; statistic, p: Friedman's
    χ² with A − 1 degrees of freedom; iman_davenport_p: of the less conservative F (see
    `friedman`); critical_difference: of two mean ranks, by Nemenyi.
    """

    mean_ranks: tuple[float, ...]
    statistic: float
    p: float
    iman_davenport_p: float
    critical_difference: float


def friedman(scores: NDArray[np.float64], alpha: float = 0.05) -> Friedman:
    """Friedman's test with Iman and Davenport's F and Nemenyi's critical difference.

    scores: (problems, arms), higher is better; equal to nine decimals is a tie, and ties share
    their mean rank; alpha: of the critical difference, in (0, 1).

    After Demšar (Journal of Machine Learning Research 7, 2006), with two deviations. χ² is
    corrected for ties, as in SciPy and R; his is not. Where all problems rank the arms alike, F is
    infinite, and its p is that of this happening by chance: 1 / (orders of the arms)^(problems −
    1), as in Conover, Practical Nonparametric Statistics (1999), section 5.8. The p of χ² is an
    approximation that asks for more than ten problems and five arms, as Demšar says.

    Raises ValueError for fewer than 2 problems or 3 arms, scores that are not finite, and arms
    that are equal on every problem: ranks cannot say anything there.
    """
    _check(scores, alpha)
    problems, arms = scores.shape
    scores = np.round(scores, _DECIMALS)
    if not np.ptp(scores, axis=1).any():
        raise ValueError("scores: cannot say: the arms are equal on every problem")
    ranks = scipy.stats.rankdata(-scores, axis=1)
    statistic, p = scipy.stats.friedmanchisquare(*scores.T)
    studentised_range = float(scipy.stats.studentized_range.isf(alpha, arms, np.inf))
    return Friedman(
        mean_ranks=tuple(ranks.mean(axis=0).tolist()),
        statistic=float(statistic),
        p=float(p),
        iman_davenport_p=_iman_davenport_p(ranks, float(statistic)),
        critical_difference=studentised_range * math.sqrt(arms * (arms + 1) / (12 * problems)),
    )


def _iman_davenport_p(ranks: NDArray[np.float64], statistic: float) -> float:
    """p of F = (N − 1) χ² / (N (A − 1) − χ²), with A − 1 and (A − 1)(N − 1) degrees of freedom."""
    problems, arms = ranks.shape
    if np.all(ranks == ranks[0]):
        ties = np.unique(ranks[0], return_counts=True)[1]
        orders = math.factorial(arms) // math.prod(math.factorial(int(tie)) for tie in ties)
        return math.exp((1 - problems) * math.log(orders))
    f = (problems - 1) * statistic / (problems * (arms - 1) - statistic)
    return float(scipy.stats.f.sf(f, arms - 1, (arms - 1) * (problems - 1)))


def _check(scores: NDArray[np.float64], alpha: float) -> None:
    if scores.ndim != 2:
        raise ValueError(f"scores: one row a problem is needed, got shape {scores.shape}")
    problems, arms = scores.shape
    if problems < 2:
        raise ValueError(f"scores: cannot say: ranks need at least 2 problems, got {problems}")
    if arms < 3:
        raise ValueError(f"scores: cannot say: Friedman's test needs at least 3 arms, got {arms}")
    missing = np.count_nonzero(~np.isfinite(scores))
    if missing:
        raise ValueError(f"scores: cannot say: {missing} of {scores.size} are not finite numbers")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha: must be in (0, 1), got {alpha}")
