"""Arguments that are a number or a range."""

import math
from collections.abc import Sequence

from augury.errors import InputError

# A pair is a range; what a number stands for, each method says.
NumberOrRange = float | tuple[float, float]


def pair_of(name: str, value: NumberOrRange, low: float, high: float) -> tuple[float, float]:
    """The range that `value` stands for: a pair of its ends, or a number that is both of them.

    Raises InputError unless low ≤ first ≤ last ≤ high, all of them finite.
    """
    first, last = value if isinstance(value, Sequence) else (value, value)
    if not (low <= first <= last <= high and last < math.inf):
        raise InputError(
            f"{name}: must be a number or a rising pair within [{low:g}, {high:g}], got {value}"
        )
    return float(first), float(last)


def pair_around(
    name: str, value: NumberOrRange, center: float, low: float, high: float
) -> tuple[float, float]:
    """The range that `value` stands for: a pair of its ends, or a distance from center either way.

    A distance may reach below `low`, where the range then begins, as in torchvision's
    `ColorJitter`. Raises InputError unless low ≤ first ≤ last ≤ high, and for a distance below 0.
    """
    if isinstance(value, Sequence):
        return pair_of(name, value, low, high)
    if not (value >= 0 and center + value <= high and value < math.inf):
        reach = f" and at most {high - center:g}" if high < math.inf else ""
        raise InputError(f"{name}: a number must be at least 0{reach}, got {value}")
    return max(low, float(center - value)), float(center + value)
