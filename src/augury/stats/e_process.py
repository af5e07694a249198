"""Evidence about a mean that may be looked at after every value: no look costs anything.

The scale-invariant t-test martingale with a Gaussian mixture (Wang & Ramdas, arXiv:2310.03722; Lai
1976). With S_n the sum and V_n the sum of squares of the first n values minus the mean in question,

    M_n = √(c² / (n + c²)) · ( (n + c²) V_n / ((n + c²) V_n − S_n²) )^(n/2).

That is the Bayes factor of Gönen et al. (The American Statistician 59, 2005) whose effect size
δ = μ/σ is drawn from N(0, 1/c²), against δ = 0. If the values are normal with that mean, M has
expectation 1 at every n, and the chance that it *ever* reaches 1/α is at most α, whatever their
deviation (Ville's inequality). It is the supremum over all n that is bounded, so the bound holds at
every random time: also one that depends on other arms, on which run finishes first, or on the
clock. M itself is an e-value only at stopping times of the scale-invariant filtration. That is why
verdicts use the largest M so far, as a p-value, and never averages of M.

Every function takes `values` (..., S) in the order of the seeds and works along the last axis, and
`mixing`, c², in (0, ∞). While values do not vary (by more than 10^-9), no t test applies: M is 1.
Raises ValueError for values that are not finite and for arguments out of range.
"""

import math

import numpy as np
from numpy.typing import NDArray

MIXING = 0.5
"""c² that races use unless the rule says otherwise."""

_SPENT = 0.8
"""Share of the level that is left which each batch of arms gets."""
# Under it, differences of accuracies are rounding errors: one image in 10^8 makes more.
_ROUNDING = 1e-9
_LARGEST = 300 * math.log(10)

Array = NDArray[np.float64]


def log_e_process(values: Array, mean: float = 0.0, mixing: float = MIXING) -> Array:
    """(..., S): the natural logarithm of M after each value, for the hypothesis that `mean` holds.

    0 at the first value, always.
    """
    _check(values, mixing)
    n, centers, squares = _moments(values)
    kept = mixing / (n + mixing)
    # t² / (n − 1): the formula above, its fraction divided by n + c² and by the squares around the
    # mean so far, in which nothing cancels.
    ratio = n * (centers - mean) ** 2 / squares
    found = (np.log(kept) + n * (np.log1p(ratio) - np.log1p(kept * ratio))) / 2
    return np.where(_varied(values), found, 0.0)


def largest_e_value(values: Array, mean: float = 0.0, mixing: float = MIXING) -> Array:
    """(..., S): the largest M up to each value, at least 1, at most 10^300."""
    largest = np.maximum.accumulate(log_e_process(values, mean, mixing), axis=-1)
    return np.exp(np.minimum(largest, _LARGEST))


def anytime_p(values: Array, mean: float = 0.0, mixing: float = MIXING) -> Array:
    """(..., S): the p-value up to each value, 1 over the largest M so far.

    If `mean` holds, the chance that it ever falls to α is at most α; it never rises.
    """
    return np.exp(-np.maximum.accumulate(log_e_process(values, mean, mixing), axis=-1))


def confidence_sequence(values: Array, alpha: float, mixing: float = MIXING) -> Array:
    """(..., S, 2): after each value, the interval of the means that are not refuted at `alpha`.

    Those are the means at which M has not reached 1/alpha yet, in closed form at each n and
    intersected over all n so far: all intervals together hold the true mean with probability at
    least 1 − alpha. Infinite until there are enough values. Should the intersection become empty,
    which has a chance of at most alpha, the last one that is not stands.
    """
    _check(values, mixing)
    if not 0 < alpha < 1:
        raise ValueError(f"alpha: must be in (0, 1), got {alpha}")
    n, centers, squares = _moments(values)
    kept = mixing / (n + mixing)
    growth = np.exp((-np.log(kept) - 2 * np.log(alpha)) / n)
    bounded = growth * kept < 1
    share = (growth - 1) / np.where(bounded, 1 - growth * kept, 1.0)
    radius = np.where(bounded & _varied(values), np.sqrt(squares / n * share), np.inf)
    return _intersected(centers - radius, centers + radius)


def batch_alphas(alpha: float, batches: int) -> tuple[float, ...]:
    """The level of each of so many batches of arms, in the order in which a study got them.

    Each gets 4/5 of what its forerunners left: 0.8, 0.16, 0.032, ... of alpha. However many follow
    and whatever made somebody add them, all together stay under alpha.
    """
    return tuple(alpha * _SPENT * (1 - _SPENT) ** batch for batch in range(batches))


def _intersected(low: Array, high: Array) -> Array:
    """(..., S, 2): running intersections of intervals; an empty one leaves the last as it was."""
    lows, highs = np.maximum.accumulate(low, axis=-1), np.minimum.accumulate(high, axis=-1)
    # Once empty it stays empty, so the last that is not empty stands at the last such place.
    places = np.where(lows <= highs, np.arange(low.shape[-1]), 0)
    last = np.maximum.accumulate(places, axis=-1)
    ends = (np.take_along_axis(each, last, axis=-1) for each in (lows, highs))
    return np.stack(list(ends), axis=-1)


def _moments(values: Array) -> tuple[Array, Array, Array]:
    """n (S,), and (..., S) means and sums of squares around them, each of the values so far."""
    n = np.arange(1.0, values.shape[-1] + 1)
    # Measured from the first value, as a spread far from 0 would drown in rounding errors.
    shifted = values - values[..., :1]
    means = shifted.cumsum(axis=-1) / n
    squares = (shifted**2).cumsum(axis=-1) - n * means**2
    # No less than two values make that are this far apart.
    return n, values[..., :1] + means, np.maximum(squares, _ROUNDING**2 / 2)


def _varied(values: Array) -> NDArray[np.bool_]:
    """(..., S): whether the values so far vary by more than rounding."""
    spread = np.maximum.accumulate(values, axis=-1) - np.minimum.accumulate(values, axis=-1)
    varied: NDArray[np.bool_] = spread > _ROUNDING
    return varied


def _check(values: Array, mixing: float) -> None:
    if values.ndim < 1 or not values.shape[-1] or not np.isfinite(values).all():
        raise ValueError(f"values: at least one, all finite, are needed, got {values}")
    if not 0 < mixing < np.inf:
        raise ValueError(f"mixing: must be in (0, ∞), got {mixing}")
