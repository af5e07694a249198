"""Fractions of 1 as percentage points."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", float, NDArray[np.float64])


def to_points(fraction: Number) -> Number:
    """Fractions of 1 as percentage points."""
    return 100.0 * fraction
