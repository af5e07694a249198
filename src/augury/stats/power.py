"""How often the whole rule finds a difference of a given size, and which size it finds."""

import functools
import math

import numpy as np
import scipy
from numpy.typing import NDArray

from augury.stats.quantiles import binomial_quantiles, chi2_quantiles, student_quantile
from augury.stats.rule import Rule
from augury.stats.sequential import looks_of, nominal_level

_STUDIES = 20_000
_ALL_POINTS = 100.0
_LUCKY = 1 / 3
"""Share of studies, those with the smallest measured spread, that a promise must hold for."""


def rule_power(
    difference: float,
    deviation: float,
    seeds: int,
    comparisons: int = 1,
    rule: Rule | None = None,
    image_error: float = 0.0,
    freedom: int | None = None,
) -> float:
    """The probability that the rule calls a true `difference` by its name, "helps" or "hurts".

    difference, deviation: mean and standard deviation of the paired differences between runs,
    percentage points; seeds: paired, ≥ 2; comparisons: in Holm's family, whose first step is
    counted with; image_error: standard error that the choice of test images adds, points;
    freedom: degrees of freedom of `deviation` where it was estimated, None where it is known.

    An estimate may have come out too small by chance, and whoever relies on it then promises too
    much. So the power is the mean over the third of studies in which it comes out smallest: a
    promise made with it is kept even by studies that were lucky with their spread.

    By simulating 20,000 studies of normal differences, the same for every difference; the
    bootstraps are replaced by what they tend to. Of several looks, only this one is counted, so
    that the power of all together is somewhat higher. Raises ValueError for values out of range.
    """
    needed = _needed(deviation, seeds, comparisons, rule or Rule(), image_error, freedom)
    return float((needed <= abs(difference)).mean())


def rule_detectable(
    deviation: float,
    seeds: int,
    comparisons: int = 1,
    rule: Rule | None = None,
    image_error: float = 0.0,
    freedom: int | None = None,
) -> float | None:
    """The smallest true difference that the rule finds with its `power`, percentage points.

    Arguments as for `rule_power`; None where even 100 points would not be found so often.
    """
    rule = rule or Rule()
    needed = _needed(deviation, seeds, comparisons, rule, image_error, freedom)
    place = math.ceil(rule.power * len(needed)) - 1
    points = float(np.partition(needed, place)[place])
    return points if points <= _ALL_POINTS else None


def _needed(
    deviation: float,
    seeds: int,
    comparisons: int,
    rule: Rule,
    image_error: float,
    freedom: int | None,
) -> NDArray[np.float64]:
    """(_STUDIES,): the true difference from which on each simulated study finds it, points.

    Every condition asks that something which grows with the true difference passes a bound.
    """
    if seeds < 2 or comparisons < 1 or not deviation > 0 or not image_error >= 0:
        raise ValueError(
            "seeds ≥ 2, comparisons ≥ 1, deviation > 0 and image_error ≥ 0 are needed, got "
            f"{seeds}, {comparisons}, {deviation:g} and {image_error:g}"
        )
    if freedom is not None and freedom < 1:
        raise ValueError(f"freedom: must be ≥ 1, got {freedom}")
    ahead = _seeds_ahead(seeds, rule)
    if seeds < rule.min_seeds or ahead is None:
        return np.full(_STUDIES, np.inf)
    looks = looks_of(rule.looks, seeds)
    level = nominal_level(rule.alpha / comparisons, looks)
    confidence = 1 - nominal_level(1 - rule.confidence, looks)
    draws, means, spreads = _simulated(seeds)
    true = deviation * (1.0 if freedom is None else _underestimated(freedom))
    by_t = -student_quantile(level / 2, seeds - 1) * spreads * true / math.sqrt(seeds)
    # The two-way bootstrap draws seeds without the correction S − 1, and images beside them.
    variance = (seeds - 1) / seeds**2 * (true * spreads) ** 2 + image_error**2
    by_images = scipy.special.ndtri((1 + confidence) / 2) * np.sqrt(variance)
    bound = np.maximum(np.maximum(by_t, by_images), rule.min_difference)
    # So many seeds are ahead once the difference outweighs the worst of them.
    needed: NDArray[np.float64] = np.maximum(bound - true * means, -true * draws[seeds - ahead])
    return needed


@functools.lru_cache(maxsize=64)
def _underestimated(freedom: int) -> NDArray[np.float64]:
    """(_STUDIES,): true over estimated deviation in the third of estimates that are smallest.

    In an order of its own, as the simulated studies are independent of it.
    """
    quantiles = (np.arange(_STUDIES) + 0.5) / _STUDIES * _LUCKY
    ratios = np.sqrt(freedom / chi2_quantiles(quantiles, freedom))
    shuffled: NDArray[np.float64] = np.random.default_rng(freedom).permutation(ratios)
    return shuffled


@functools.lru_cache(maxsize=8)
def _simulated(
    seeds: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Standard normal draws (seeds, _STUDIES), ascending; each study's mean and deviation."""
    draws = np.random.default_rng(seeds).standard_normal((seeds, _STUDIES))
    return np.sort(draws, axis=0), draws.mean(axis=0), draws.std(axis=0, ddof=1)


@functools.lru_cache(maxsize=64)
def _seeds_ahead(seeds: int, rule: Rule) -> int | None:
    """How many seeds must be ahead for the rule's probability and its bound; None: never enough.

    The bootstrap of a share of k among S seeds draws a binomial count of S at k / S.
    """
    ahead = np.arange(seeds + 1)
    lowest = binomial_quantiles((1 - rule.confidence) / 2, seeds, ahead / seeds) / seeds
    enough = np.flatnonzero((ahead / seeds >= rule.min_probability) & (lowest > 0.5))
    return int(enough[0]) if len(enough) else None
