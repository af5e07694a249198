"""What a race can decide with some number of seeds: by simulating races of normal differences."""

import functools
import math

import numpy as np
from numpy.typing import NDArray

from augury.stats import Rule, batch_alphas, confidence_sequence, log_e_process
from augury.study.cell_states import FIRST_SEEDS

_RACES = 1_000
_SEED = 0x2ACE
_ALL_POINTS = 100.0
_STEPS = 30  # halvings, to a billionth of the range


def race_detectable(deviation: float, seeds: int, comparisons: int, rule: Rule) -> float | None:
    """The smallest true difference that a race of up to `seeds` decides with the rule's power.

    deviation: of paired differences, points, over 0; comparisons: arms of the first batch, at
    Holm's first step. Returns points; None where even 100 points would not be found so often. The
    choice of test images is left out.
    """
    if seeds < least_seeds(comparisons, rule):
        return None
    low, high = 0.0, _ALL_POINTS
    if _share_found(high, deviation, seeds, comparisons, rule) < rule.power:
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        enough = _share_found(middle, deviation, seeds, comparisons, rule) >= rule.power
        low, high = (low, middle) if enough else (middle, high)
    return high


def race_power(
    difference: float, deviation: float, seeds: int, comparisons: int, rule: Rule
) -> float:
    """The chance that a race of up to `seeds` calls a true `difference` (points) by its name."""
    if seeds < FIRST_SEEDS:
        return 0.0
    return _share_found(difference, deviation, seeds, comparisons, rule)


def seeds_to_tell(deviation: float, comparisons: int, rule: Rule, most: int) -> int | None:
    """How many seeds tell `min_difference` from none with the rule's power; None: over `most`.

    The rule's own threshold is left out: a true difference of just that size is measured below it
    as often as above, whatever the seeds.
    """
    values = deviation * _draws(most) + rule.min_difference
    refuted: NDArray[np.bool_] = log_e_process(values, 0.0, rule.mixing) >= -math.log(
        _level(comparisons, rule)
    )
    return _quantile(refuted, rule.power)


def seeds_to_dismiss(deviation: float, comparisons: int, rule: Rule, most: int) -> int | None:
    """How many seeds show of an arm without any effect, with the rule's power, that its difference
    does not matter; None: over `most`."""
    ends = confidence_sequence(deviation * _draws(most), _level(comparisons, rule), rule.mixing)
    small = np.asarray((np.abs(ends) < rule.min_difference).all(axis=-1))
    return _quantile(small, rule.power)


def least_seeds(comparisons: int, rule: Rule) -> int:
    """With how many seeds anything can be decided at all, however large the difference is.

    M is at most ((n + c²) / c²)^((n − 1) / 2), where all differences are (nearly) the same.
    """
    seeds, wanted = FIRST_SEEDS, -math.log(_level(comparisons, rule))
    while (seeds - 1) / 2 * math.log((seeds + rule.mixing) / rule.mixing) < wanted:
        seeds += 1
    return seeds


def _level(comparisons: int, rule: Rule) -> float:
    return batch_alphas(rule.alpha, 1)[0] / comparisons


def _share_found(
    difference: float, deviation: float, seeds: int, comparisons: int, rule: Rule
) -> float:
    values = deviation * _draws(seeds) + difference
    evidence = np.maximum.accumulate(log_e_process(values, 0.0, rule.mixing), axis=-1)
    means = values.cumsum(axis=-1) / np.arange(1, seeds + 1)
    found = (evidence >= -math.log(_level(comparisons, rule))) & (means >= rule.min_difference)
    return float(found[:, FIRST_SEEDS - 1 :].any(axis=-1).mean())


def _quantile(reached: NDArray[np.bool_], share: float) -> int | None:
    """The number of seeds at which `share` of the races (rows) have reached what is asked for."""
    reached[:, : FIRST_SEEDS - 1] = False
    so_far = np.maximum.accumulate(reached, axis=-1).mean(axis=0)
    places = np.flatnonzero(so_far >= share)
    return int(places[0]) + 1 if len(places) else None


@functools.lru_cache(maxsize=8)
def _draws(seeds: int) -> NDArray[np.float64]:
    """(_RACES, seeds): standard normal, the first of them the same for every number of seeds."""
    return np.random.default_rng(_SEED).standard_normal((seeds, _RACES)).T
