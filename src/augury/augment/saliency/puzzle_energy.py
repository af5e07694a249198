"""Puzzle Mix's energy of a mask, as costs of its cells and of the edges between them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from augury.augment.saliency.puzzle_cells import Size, cell_means
from augury.augment.saliency.puzzle_solver import ordered_sum

# Colors are whole multiples of this, so that their sums have the same bits everywhere.
_UNITS = 2**16
# Bounds the logarithms of the prior, as the authors do by adding 1e-8.
_LEAST_SHARE = 1e-4


@dataclass(frozen=True)
class Energy:
    """The energy of B masks on R × C cells, in units of a cell's mean saliency; for `minimize`.

    first, second: (R, C, B), the cost of raising a cell from z = 0 to ½, and from ½ to 1.
    weight: (2, R, C, B), the cost of such a step between a cell and the one below, or to the right.
    """

    first: Tensor
    second: Tensor
    weight: Tensor


def chosen_energy(energies: Sequence[Energy], choice: Tensor) -> Energy:
    """One `Energy` that takes, for each sample, the one of `energies` at index `choice` (B,).

    `energies` may have different grids. The result has the largest; cells that a smaller grid does
    not have cost nothing.
    """
    return Energy(
        chosen_cells([energy.first for energy in energies], choice),
        chosen_cells([energy.second for energy in energies], choice),
        chosen_cells([energy.weight for energy in energies], choice),
    )


def chosen_cells(values: Sequence[Tensor], choice: Tensor) -> Tensor:
    """(..., R, C, B) of several sizes -> the chosen values in the largest size, padded with 0."""
    rows, columns = (max(value.shape[dim] for value in values) for dim in (-3, -2))
    found = values[0].new_zeros((*values[0].shape[:-3], rows, columns, len(choice)))
    for i, value in enumerate(values):
        right, below = columns - value.shape[-2], rows - value.shape[-3]
        found = torch.where(choice == i, F.pad(value, (0, 0, 0, right, 0, below)), found)
    return found


def cell_saliency(units: Tensor, cells: Size) -> Tensor:
    """(B, H, W) int64 ≥ 0 -> (rows, columns, B) float32 that sums to 1 for each sample.

    The mean over each cell, scaled. A map of zeros becomes a constant one.
    """
    means = cell_means(units, cells).permute(1, 2, 0)
    total = ordered_sum(means.flatten(0, 1))
    return torch.where(total > 0, means / total, 1 / (cells[0] * cells[1])).float()


def patch_colors(images: Tensor, patches: Size) -> Tensor:
    """(B, C, H, W) float in [0, 1] -> (C, rows, columns, B) float32: the mean of each patch."""
    means = cell_means((images * _UNITS).round().long(), patches) / _UNITS
    return means.permute(1, 2, 3, 0).float().contiguous()


def mask_energy(
    saliency: Tensor,
    colors: Tensor,
    partner: Tensor,
    lam: Tensor,
    beta: float,
    gamma: float,
    eta: float,
) -> Energy:
    """The energy of each sample's mask: z = 1 shows the image, 0 its partner.

    saliency: (R, C, B), sums to 1. colors: (channels, R · k, C · l, B), k × l patches per cell.
    partner: (B,) rows. lam: (B,) in [0, 1].

    With s the saliency of the image, s' its partner's, n² = R · C cells and β = beta / (16n):

        Σ z·s' + (1 - z)·s + β Σ (z_i - z_j)² + β·gamma Σ φ(z_i, z_j) - eta/n² Σ log Binom(2z; 2, λ)

    The sums run over cells, and over pairs of neighbors. For z_i and z_j in {0, 1}, φ(z_i, z_j) is
    the distance between the colors that meet at the border of cells i and j; between these values
    it is, as in the authors' code, linear in each z plus a multiple of (z_i - z_j)². With gamma up
    to 1 no coefficient of (z_i - z_j)² in the whole sum is negative.
    """
    cells = saliency.shape[0] * saliency.shape[1]
    beta = beta * math.sqrt(cells) / 16
    slope = cells * (saliency[:, :, partner] - saliency)
    weight = torch.zeros((2, *saliency.shape), device=saliency.device)
    for dim in (0, 1):
        _add_edges(
            slope.transpose(0, dim),
            weight[dim].transpose(0, dim),
            colors.transpose(1, 1 + dim),
            partner,
            beta,
            gamma,
        )
    share = lam.double().clamp(_LEAST_SHARE, 1 - _LEAST_SHARE)
    prior = ((1 - share) / share).log()
    # A step of z is ½, its square ¼. A weight can be negative by rounding only.
    return Energy(
        first=slope / 2 + (eta * (prior - math.log(2))).float(),
        second=slope / 2 + (eta * (prior + math.log(2))).float(),
        weight=weight.clamp(min=0) / 4,
    )


def _add_edges(
    slope: Tensor, weight: Tensor, colors: Tensor, partner: Tensor, beta: float, gamma: float
) -> None:
    """Add the terms between each cell and the one below to `slope` and `weight`, (R, C, B)."""
    rows, columns = slope.shape[:2]
    high, wide = colors.shape[1] // rows, colors.shape[2] // columns
    above, below = colors[:, high - 1 : -1 : high], colors[:, high::high]
    own = _apart(above, below, wide)
    others = own[:, :, partner]
    own_above = _apart(above, below[..., partner], wide)
    own_below = _apart(above[..., partner], below, wide)
    cost = beta * gamma / 2
    slope[:-1].add_(((own_above + own) - (own_below + others)).mul_(cost))
    slope[1:].add_(((own_below + own) - (own_above + others)).mul_(cost))
    weight[:-1].add_(((own_above + own_below) - (own + others)).mul_(cost).add_(beta))


def _apart(above: Tensor, below: Tensor, wide: int) -> Tensor:
    """Two (channels, R, C · wide, B) -> (R, C, B): mean distance over channels and patches."""
    distance = ordered_sum((above - below).abs())
    rows, patches, batch = distance.shape
    parts = distance.view(rows, patches // wide, wide, batch).movedim(2, 0)
    return ordered_sum(parts) / (len(above) * wide)
