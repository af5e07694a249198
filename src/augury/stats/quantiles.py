"""Quantiles of three distributions, by the functions that scipy.stats uses for them.

scipy.stats takes more than a second to import, and scipy.special a tenth of one.
"""

import numpy as np
import scipy
from numpy.typing import NDArray


def student_quantile(p: float, freedom: int) -> float:
    """The value below which a t-distributed number lies with probability `p`, 0 to 1."""
    return float(scipy.special.stdtrit(freedom, p))


def chi2_quantiles(p: NDArray[np.float64], freedom: int) -> NDArray[np.float64]:
    """The values below which a χ²-distributed number lies with each probability of `p`."""
    return np.asarray(2 * scipy.special.gammaincinv(freedom / 2, p), dtype=np.float64)


def binomial_quantiles(p: float, n: int, chances: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each chance, the least count of successes in `n` trials that is reached or stayed under
    with probability `p` or more; p: over 0, under 1.
    """
    below = scipy.special.bdtr(np.arange(n + 1.0)[:, None], n, chances)
    least: NDArray[np.int64] = (below >= p).argmax(axis=0)
    return least
