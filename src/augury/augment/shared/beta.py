"""Numbers with a symmetric beta distribution from uniform ones, by the inverse of its integral."""

import torch
from scipy.special import betaincinv
from torch import Tensor

from augury.augment.shared.quantiles import constant_table, grid, logarithms, middle, place

# Grid points in each octave.
_POINTS = 512


def beta(u: Tensor, alpha: float) -> Tensor:
    """u uniform in [0, 1), float32 as `Draws.uniform` gives it -> float32 in [0, 1], Beta(α, α).

    The quantile function, from a table in log u and log quantile, where it is nearly straight:
    within a relative 2e-5 of SciPy's for α from 0.1 to 10. No trial is rejected, so each sample
    costs one draw.
    """
    if alpha == 1:
        return u
    v = middle(u)
    left, share = place(v, _POINTS)
    table = _beta_table(alpha).to(u.device)
    quantile = torch.lerp(table[left], table[left + 1], share).exp()
    return torch.where(v < 0.5, quantile, 1 - quantile).clamp(0, 1).float()


@constant_table
def _beta_table(alpha: float) -> Tensor:
    """Of 2^-25 .. 2^-1."""
    return logarithms(betaincinv(alpha, alpha, grid(_POINTS)))
