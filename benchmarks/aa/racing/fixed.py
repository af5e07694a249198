"""Fixed designs beside the race, over many studies at once: the fixed rule, and habits."""

import functools

import numpy as np
import scipy
from numpy.typing import NDArray

from augury.stats import Rule, probability_interval

Array = NDArray[np.float64]
_TOLERANCE = 1e-9


def paired_p(values: Array) -> Array:
    """(..., S): two-sided p of the paired t test of the first values; 1 where none applies."""
    n = np.arange(1, values.shape[-1] + 1)
    means = values.cumsum(axis=-1) / n
    squares = (values**2).cumsum(axis=-1) - n * means**2
    freedom = np.maximum(n - 1, 1)
    varied = (n > 1) & (squares > _TOLERANCE)
    t = means / np.sqrt(np.where(varied, squares, 1.0) / freedom / n)
    return np.where(varied, 2 * scipy.special.stdtr(freedom, -np.abs(t)), 1.0)


def holm_rows(p: Array) -> Array:
    """`augury.stats.holm` along the last axis of p, without NaN."""
    order = np.argsort(p, axis=-1, kind="stable")
    steps = np.take_along_axis(p, order, axis=-1) * np.arange(p.shape[-1], 0, -1)
    adjusted = np.minimum(np.maximum.accumulate(steps, axis=-1), 1.0)
    found = np.empty_like(p)
    np.put_along_axis(found, order, adjusted, axis=-1)
    return found


def t_and_holm(values: Array, seeds: int, min_difference: float, alpha: float = 0.05) -> Array:
    """(R, K) of −1, 0, 1: what paired t tests with Holm's correction claim after `seeds`."""
    means = values[..., :seeds].mean(axis=-1)
    clear = holm_rows(paired_p(values[..., :seeds])[..., -1]) < alpha
    found: Array = np.where(
        clear & (np.abs(means) >= min_difference - _TOLERANCE), np.sign(means), 0
    )
    return found


def fixed_rule(values: Array, seeds: int, min_difference: float) -> Array:
    """(R, K) of −1, 0, 1: what the fixed rule claims after `seeds`, its test images left out."""
    found = t_and_holm(values, seeds, min_difference)
    ahead = (values[..., :seeds] > _TOLERANCE).sum(axis=-1)
    behind = (values[..., :seeds] < -_TOLERANCE).sum(axis=-1)
    enough = np.vectorize(_is_ahead, otypes=[bool])(
        np.where(found > 0, ahead, behind), np.where(found > 0, behind, ahead), seeds
    )
    return np.where(enough, found, 0)


@functools.cache
def _is_ahead(ahead: int, behind: int, seeds: int) -> bool:
    """Whether so many seeds ahead are enough for the rule's probability and its bound."""
    rule = Rule()
    signs = np.repeat([1.0, -1.0, 0.0], [ahead, behind, seeds - ahead - behind])
    share = (ahead + (seeds - ahead - behind) / 2) / seeds
    low, _ = probability_interval(signs, rule.confidence, rule.replicates, rule.seed)
    return share >= rule.min_probability - _TOLERANCE and low > 0.5


def peeks(values: Array, first: int, last: int, alpha: float = 0.05) -> NDArray[np.bool_]:
    """(...,): whether an uncorrected t test is under alpha after any of `first` to `last` seeds."""
    found: NDArray[np.bool_] = (paired_p(values)[..., first - 1 : last] < alpha).any(axis=-1)
    return found
