"""How many seeds a fixed design needs to see a difference of a given size."""

import bisect

from augury.stats.paired import smallest_detectable
from augury.stats.power import rule_detectable
from augury.stats.rule import Rule

_MOST = 200


def t_test_seeds(
    difference: float, deviation: float, alpha: float = 0.05, power: float = 0.8
) -> int | None:
    """The fewest seeds with which a two-sided paired t test alone finds a true `difference`.

    difference, deviation: mean and standard deviation of the paired differences, points, over 0;
    runs that deviate by σ each and correlate by ρ differ by σ √(2 − 2ρ). None: over 200.
    """
    _check(difference, deviation)
    found = (n for n in range(2, _MOST + 1) if _t_finds(difference, deviation, n, alpha, power))
    return next(found, None)


def rule_seeds(
    difference: float,
    deviation: float,
    comparisons: int = 1,
    rule: Rule | None = None,
    image_error: float = 0.0,
) -> int | None:
    """The fewest seeds with which the whole fixed rule finds a true `difference`, with its power.

    difference, deviation, comparisons, image_error: as for `rule_power`. None: over 200, as where
    the true difference is not over `min_difference`, which is then measured below it as often as
    above.
    """
    _check(difference, deviation)
    rule = rule or Rule()
    # Half of all studies measure it below what matters.
    if difference <= rule.min_difference and rule.power > 0.5:
        return None

    def finds(seeds: int) -> bool:
        detectable = rule_detectable(deviation, seeds, comparisons, rule, image_error)
        return detectable is not None and detectable <= difference

    # By bisection: more seeds see smaller differences, and each step is a simulation.
    possible = range(max(2, rule.min_seeds), _MOST + 1)
    place = bisect.bisect_left(possible, True, key=finds)
    return possible[place] if place < len(possible) else None


def _t_finds(difference: float, deviation: float, seeds: int, alpha: float, power: float) -> bool:
    return smallest_detectable(deviation, seeds, alpha, power) <= difference


def _check(difference: float, deviation: float) -> None:
    if not (difference > 0 and deviation > 0):
        raise ValueError(
            f"difference and deviation: must be over 0, got {difference:g} and {deviation:g}"
        )
