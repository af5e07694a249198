"""How often the whole rule finds a difference of a given size, and which size it finds."""

import functools
import math

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from augury.stats.rule import Rule
from augury.stats.sequential import looks_of, nominal_level

_STUDIES = 20_000
_ALL_POINTS = 100.0


def rule_power(
    difference: float,
    deviation: float,
    seeds: int,
    comparisons: int = 1,
    rule: Rule | None = None,
    image_error: float = 0.0,
) -> float:
    """The probability that the rule calls a true `difference` by its name, "helps" or "hurts".

    difference, deviation: mean and standard deviation of the paired differences between runs,
    percentage points; seeds: paired, ≥ 2; comparisons: in Holm's family, whose first step is
    counted with; image_error: standard error that the choice of test images adds, points.
    By simulating 20,000 studies of normal differences, the same for every difference; the
    bootstraps are replaced by what they tend to. Of several looks, only this one is counted, so
    that the power of all together is somewhat higher. Raises ValueError for values out of range.
    """
    needed = _needed(deviation, seeds, comparisons, rule or Rule(), image_error)
    return float((needed <= abs(difference)).mean())


def rule_detectable(
    deviation: float,
    seeds: int,
    comparisons: int = 1,
    rule: Rule | None = None,
    image_error: float = 0.0,
) -> float | None:
    """The smallest true difference that the rule finds with its `power`, percentage points.

    Arguments as for `rule_power`; None where even 100 points would not be found so often.
    """
    rule = rule or Rule()
    needed = _needed(deviation, seeds, comparisons, rule, image_error)
    place = math.ceil(rule.power * len(needed)) - 1
    points = float(np.partition(needed, place)[place])
    return points if points <= _ALL_POINTS else None


def _needed(
    deviation: float, seeds: int, comparisons: int, rule: Rule, image_error: float
) -> NDArray[np.float64]:
    """(_STUDIES,): the true difference from which on each simulated study finds it, points.

    Every condition asks that something which grows with the true difference passes a bound.
    """
    if seeds < 2 or comparisons < 1 or not deviation > 0 or not image_error >= 0:
        raise ValueError(
            "seeds ≥ 2, comparisons ≥ 1, deviation > 0 and image_error ≥ 0 are needed, got "
            f"{seeds}, {comparisons}, {deviation:g} and {image_error:g}"
        )
    ahead = _seeds_ahead(seeds, rule)
    if seeds < rule.min_seeds or ahead is None:
        return np.full(_STUDIES, np.inf)
    looks = looks_of(rule.looks, seeds)
    level = nominal_level(rule.alpha / comparisons, looks)
    confidence = 1 - nominal_level(1 - rule.confidence, looks)
    draws, means, spreads = _simulated(seeds)
    by_t = stats.t.isf(level / 2, seeds - 1) * spreads * deviation / math.sqrt(seeds)
    # The two-way bootstrap draws seeds without the correction S − 1, and images beside them.
    variance = (seeds - 1) / seeds**2 * (deviation * spreads) ** 2 + image_error**2
    by_images = special.ndtri((1 + confidence) / 2) * np.sqrt(variance)
    bound = np.maximum(np.maximum(by_t, by_images), rule.min_difference)
    # So many seeds are ahead once the difference outweighs the worst of them.
    needed: NDArray[np.float64] = np.maximum(
        bound - deviation * means, -deviation * draws[seeds - ahead]
    )
    return needed


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
    lowest = stats.binom.ppf((1 - rule.confidence) / 2, seeds, ahead / seeds) / seeds
    enough = np.flatnonzero((ahead / seeds >= rule.min_probability) & (lowest > 0.5))
    return int(enough[0]) if len(enough) else None
