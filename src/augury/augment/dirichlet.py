"""Weights with a symmetric Dirichlet distribution from uniform numbers."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from scipy.special import gammainccinv, gammaincinv
from torch import Tensor

# u is a multiple of 2^-24. Octaves on either side of the median, and grid points in each.
_OCTAVES = 25
_POINTS = 256


def dirichlet(u: Tensor, alpha: float) -> Tensor:
    """u (B, K) uniform in [0, 1), as `Draws.uniform` gives it -> (B, K) float32, Dirichlet(α, ...).

    Each number becomes one with a gamma distribution, whose share of their sum is the weight. For
    α from 0.1 to 10. No trial is rejected, so each weight costs one draw.
    """
    logs = log_gamma(u, alpha)
    # Of their logarithms, since for a small α the numbers themselves are next to 0.
    parts = (logs - logs.amax(1, keepdim=True)).exp()
    return (parts / parts.sum(1, keepdim=True)).float()


def log_gamma(u: Tensor, alpha: float) -> Tensor:
    """u uniform in [0, 1), as `Draws.uniform` gives it -> float64, the logarithm of Gamma(α, 1).

    The quantile function, from tables in the logarithm of u and of 1 - u, where it is nearly
    straight: within 2e-5 of SciPy's for α from 0.1 to 10.
    """
    # The middle of the step of 2^-24 that u stands for, so that it is never 0.
    v = u.double() + 2.0**-25
    place = (torch.log2(torch.minimum(v, 1 - v)) + _OCTAVES) * _POINTS
    left = place.floor().clamp(0, (_OCTAVES - 1) * _POINTS - 1).long()
    tables = _constant_tables(alpha).to(u.device)
    row = (v > 0.5).long()
    return torch.lerp(tables[row, left], tables[row, left + 1], place - left)


@lru_cache(maxsize=16)
def _log_quantiles(alpha: float) -> Tensor:
    """(2, ...) float64, of 2^-25 .. 2^-1 and of 1 less these."""
    u = 2.0 ** (np.arange((_OCTAVES - 1) * _POINTS + 1) / _POINTS - _OCTAVES)
    quantiles = np.stack((gammaincinv(alpha, u), gammainccinv(alpha, u)))
    return torch.from_numpy(np.log(np.maximum(quantiles, 1e-300)))


def _tables(alpha: float) -> Tensor:
    return _log_quantiles(alpha)


# SciPy is no tensor operation: a compiled augmentation keeps the tables as constants.
_constant_tables: Callable[[float], Tensor] = torch.compiler.assume_constant_result(_tables)  # type: ignore[no-untyped-call]
