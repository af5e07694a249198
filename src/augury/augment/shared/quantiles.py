"""Tables of quantile functions over log u, where they are nearly straight.

A uniform number is looked up by its distance to the nearer end of [0, 1], 2^-25 .. 2^-1, with the
same number of grid points in each octave.
"""

import numpy as np
import torch
from torch import Tensor

# u is a multiple of 2^-24. Octaves on either side of the median.
_OCTAVES = 25


def middle(u: Tensor) -> Tensor:
    """float64: the middle of the interval of length 2^-24 that u stands for; never 0."""
    return u.double() + 2.0**-25


def grid(points: int) -> np.ndarray:
    """(24 · points + 1,) float64: 2^-25 .. 2^-1, `points` in each octave."""
    return 2.0 ** (np.arange((_OCTAVES - 1) * points + 1) / points - _OCTAVES)


def logarithms(quantiles: np.ndarray) -> Tensor:
    """float64: the logarithms of `quantiles`; values below 1e-300 count as 1e-300."""
    return torch.from_numpy(np.log(np.maximum(quantiles, 1e-300)))


def place(v: Tensor, points: int) -> tuple[Tensor, Tensor]:
    """The place of min(v, 1 - v), with v in (0, 1), in `grid(points)`.

    Returns the index of the grid point to the left, int64, and the position between it and the
    next one, in [0, 1].
    """
    at = (torch.log2(torch.minimum(v, 1 - v)) + _OCTAVES) * points
    left = at.floor().clamp(0, (_OCTAVES - 1) * points - 1).long()
    return left, at - left
