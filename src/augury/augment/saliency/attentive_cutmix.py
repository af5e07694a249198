"""Attentive CutMix (Walawalkar et al., "Attentive CutMix", ICASSP 2020)."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import Augmentation, Source, check_probability, saliency_of
from augury.augment.mixing.partners import draw_partners, mix
from augury.augment.saliency.importance import span_sums, whole_units
from augury.augment.shared.boxes import share_outside
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws


@dataclass(frozen=True)
class AttentiveCutMixParams:
    """partner: (B,) int64 rows; cells: (B, rows, columns) bool, pasted from the partner."""

    partner: Tensor
    cells: Tensor


class AttentiveCutMix(Augmentation[AttentiveCutMixParams]):
    """Paste the most salient cells of another image into each image, at the same places.

    saliency: a callable, batch -> (B, H, W) float ≥ 0; the paper's is the last feature map of a
        pretrained ResNet-50.
    grid: cells along each side; the paper's 7 is the size of that map at 224×224. Cells differ by
        a pixel if the side is no multiple of `grid`; a shorter side has one cell per pixel.
    k: how many cells are pasted, at most all; the paper's 6.
    p: probability that an image is mixed; the paper mixes every image.

    A cell's saliency is the mean over its pixels; among equal cells the first in row order is
    taken. λ is the share of pixels that come from the image itself.
    """

    mixes = True

    def __init__(self, saliency: Source, grid: int = 7, k: int = 6, p: float = 1.0) -> None:
        for name, value in (("grid", grid), ("k", k)):
            if not (isinstance(value, int) and value >= 1):
                raise InputError(f"{name}: must be a whole number, at least 1, got {value}")
        check_probability("p", p)
        self.saliency, self.grid, self.k, self.p = saliency, grid, k, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, p=self.p * strength)

    def sample(self, batch: Batch, draws: Draws) -> AttentiveCutMixParams:
        u = draws.uniform("attentive-cutmix", 1)
        partner = draw_partners(draws, "attentive-cutmix")
        means = self._cell_means(saliency_of(self.saliency, batch))
        order = means.flatten(1).argsort(dim=1, descending=True, stable=True)
        cells = torch.zeros_like(order, dtype=torch.bool).scatter(1, order[:, : self.k], True)
        cells = cells[partner] & (u < self.p)
        return AttentiveCutMixParams(partner, cells.view_as(means))

    def _cell_means(self, maps: Tensor) -> Tensor:
        """(B, H, W) -> (B, rows, columns) of cells, float64."""
        sums = whole_units(maps)
        pixels = torch.ones_like(sums[:1])
        for dim in (1, 2):
            side = maps.shape[dim]
            cells = min(self.grid, side)
            # The first pixel r of cell i, that is the first with ⌊r · cells / side⌋ = i.
            edges = (torch.arange(cells + 1, device=maps.device) * side + cells - 1) // cells
            sums = span_sums(sums, dim, edges[:-1], edges[1:])
            pixels = span_sums(pixels, dim, edges[:-1], edges[1:])
        return sums.double() / pixels

    def apply(self, batch: Batch, params: AttentiveCutMixParams) -> Batch:
        pasted = params.cells
        for dim in (1, 2):
            side = batch.images.shape[dim + 1]
            pixels = torch.arange(side, device=pasted.device)
            pasted = pasted.index_select(dim, pixels * pasted.shape[dim] // side)
        return mix(batch, params.partner, ~pasted, share_outside(pasted))
