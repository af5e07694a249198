"""`augury.study.racing.outlook` for many arms and all their numbers of seeds at once."""

import numpy as np
import scipy
from numpy.typing import NDArray

from augury.stats import Rule

Array = NDArray[np.float64]
MARGIN = 0.1
TRIED = 6
"""No arm is given up before it has so many pairs."""
_LEAST_SPREAD = 1e-9


def needed_at(values: Array, levels: Array, rule: Rule) -> NDArray[np.int_]:
    """(R, K, S): more seeds until each arm is decided, if mean and deviation stay as they are.

    values: (R, K, S); levels: (R, K). Where twice S do not decide it, more than that.
    """
    most = 2 * values.shape[-1]
    found = np.full(values.shape, most + 1)
    for n in range(2, values.shape[-1] + 1):
        means, spreads = _moments(values, n)
        sizes = np.abs(means)
        until = _first(sizes, sizes, spreads, n, levels, rule, most)
        found[..., n - 1] = np.where(until > 0, until, most + n + 1) - n
    return found


def hopeless_at(values: Array, levels: Array, rule: Rule) -> NDArray[np.bool_]:
    """(R, K, S): whether S seeds would hardly decide an arm, chance being kind to it."""
    most = values.shape[-1]
    found = np.zeros(values.shape, dtype=bool)
    for n in range(TRIED, most + 1):
        means, spreads = _moments(values, n)
        shift = -scipy.special.stdtrit(n - 1, MARGIN) * spreads / np.sqrt(n)
        smallest = spreads * np.sqrt((n - 1) / scipy.special.chdtri(n - 1, MARGIN))
        far, near = np.abs(means) + shift, np.maximum(0, np.abs(means) - shift)
        found[..., n - 1] = _first(far, near, smallest, n, levels, rule, most) == 0
    return found


def _moments(values: Array, n: int) -> tuple[Array, Array]:
    first = values[..., :n]
    return first.mean(axis=-1), first.std(axis=-1, ddof=1)


def _first(
    far: Array, near: Array, spreads: Array, seeds: int, levels: Array, rule: Rule, most: int
) -> NDArray[np.int_]:
    """(R, K): the first number of seeds, over `seeds`, that decides each arm; 0: not up to `most`.

    far, near: the means that are to be refuted as 0, and to lie within ± min_difference.
    """
    if seeds >= most:
        return np.zeros(far.shape, dtype=int)
    n = np.arange(seeds + 1.0, most + 1)
    kept = rule.mixing / (n + rule.mixing)
    squares = (n - 1) * np.maximum(spreads, _LEAST_SPREAD)[..., None] ** 2
    ratio = n * far[..., None] ** 2 / squares
    logs = np.log(levels)[..., None]
    evidence = (np.log(kept) + n * (np.log1p(ratio) - np.log1p(kept * ratio))) / 2
    shown = (evidence >= -logs) & (far >= rule.min_difference)[..., None]
    growth = np.exp((-np.log(kept) - 2 * logs) / n)
    finite = growth * kept < 1
    share = (growth - 1) / np.where(finite, 1 - growth * kept, 1.0)
    radius = np.where(finite, np.sqrt(squares / n * share), np.inf)
    decided = shown | (near[..., None] + radius < rule.min_difference)
    return np.where(decided.any(axis=-1), seeds + 1 + decided.argmax(axis=-1), 0)
