"""Weights with a symmetric Dirichlet distribution from uniform numbers."""

import numpy as np
import torch
from scipy.special import gammainccinv, gammaincinv
from torch import Tensor

from augury.augment.shared.quantiles import constant_table, grid, logarithms, middle, place

# Grid points in each octave.
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
    v = middle(u)
    left, share = place(v, _POINTS)
    tables = _gamma_tables(alpha).to(u.device)
    row = (v > 0.5).long()
    return torch.lerp(tables[row, left], tables[row, left + 1], share)


@constant_table
def _gamma_tables(alpha: float) -> Tensor:
    """(2, ...) float64, of 2^-25 .. 2^-1 and of 1 less these."""
    u = grid(_POINTS)
    return logarithms(np.stack((gammaincinv(alpha, u), gammainccinv(alpha, u))))
