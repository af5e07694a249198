"""Whether networks have been trained for long enough to compare what they were trained with.

docs/explanation/trained-long-enough.md says where the two bounds come from.
"""

import math

import numpy as np
from numpy.typing import NDArray

LEARNED = 0.99
"""The share of its own training images from which on a network has learned them."""

RISING = 0.5
"""Points of training accuracy in a quarter of the epochs from which on it still rises."""

_FAR = 0.9  # under it, twice the epochs are not enough


def final_slope(accuracies: NDArray[np.float64]) -> float | None:
    """Slope, per epoch, of the line of least squares through the last quarter of `accuracies` (E,).

    Of at least two epochs; None where there are fewer, or where a value is not finite.
    """
    last = accuracies[-max(2, math.ceil(len(accuracies) / 4)) :]
    if len(last) < 2 or not np.isfinite(last).all():
        return None
    place = np.arange(len(last)) - (len(last) - 1) / 2
    return float(place @ last / (place @ place))


def rise_of(slope: float | None, epochs: int) -> float | None:
    """What `slope`, a fraction per epoch, comes to in a quarter of the epochs, points."""
    return None if slope is None else 100 * slope * epochs / 4


def is_still_learning(right: float | None, rise: float | None) -> bool | None:
    """Whether more epochs would change what was learned; None where `right` is not known.

    right: the share of its own training images, not augmented, that a network gets right; rise: of
    its training accuracy in a quarter of the epochs, at the end, points; None for a single epoch.
    """
    if right is None:
        return None
    return right < LEARNED and (rise is None or rise >= RISING)


def next_epochs(epochs: int, right: float) -> int:
    """The number of epochs to try next: twice as many, or four times where `right` is under 0.9."""
    return epochs * (2 if right >= _FAR else 4)
