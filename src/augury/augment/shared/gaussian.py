"""Normally distributed numbers from a stream of random numbers."""

import numpy as np
import scipy
import torch
from torch import Tensor

from augury.kernels.constants import on_device
from augury.kernels.stream import Stream

# Half a word of 32 bits chooses one of 65,536 quantiles.
_BITS = 16


def gaussian(stream: Stream, n: int) -> Tensor:
    """(B, n) float32: the first n standard normal numbers of each sample.

    Each is one of 65,536 equally likely quantiles, from -4.32 to 4.32, so that the distribution
    function is off by at most 2^-17, and the variance by 2.1e-5. They are looked up, not computed:
    every device finds the same bits.
    """
    words = stream.bits(-(-n // 2))
    halves = torch.stack((words & (2**_BITS - 1), words >> _BITS), dim=2).flatten(1)[:, :n]
    return on_device(_quantiles, _BITS, words.device)[halves]


def _quantiles(bits: float) -> Tensor:
    """(2^bits,) float32: the middle of each of as many equal parts of the distribution."""
    count = 2 ** int(bits)
    return torch.from_numpy(scipy.special.ndtri((np.arange(count) + 0.5) / count)).float()
