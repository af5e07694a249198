"""GuidedMixup (Kang & Kim, "GuidedMixup: An efficient mixup strategy guided by saliency maps")."""

import math
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import Augmentation, Source, check_probability, saliency_of
from augury.augment.mixing.partners import by_id, draw_partners, mix, next_of_another_id
from augury.augment.saliency.importance import whole_units
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.errors import InputError
from augury.names import check_name
from augury.rng import Draws

# Taps of the blur on each side of a pixel: 7×7 in all.
_REACH = 3

# The sum of each map that is compared. Maps hold whole numbers, and no product or partial sum of
# two maps needs more than the 53 bits of a float64, so distances are exact.
_TOTAL = 2**25


@dataclass(frozen=True)
class GuidedMixupParams:
    """partner: (B,) int64 rows; mask: (B, H, W) float32 in [0, 1], the image's share of a pixel."""

    partner: Tensor
    mask: Tensor


class GuidedMixup(Augmentation[GuidedMixupParams]):
    """Blend each image with another, pixel by pixel in proportion to their saliency.

    saliency: a callable, batch -> (B, H, W) float ≥ 0. The paper's variants: Guided-SR with the
        spectral residual and p = 0.5, Guided-AP with the gradient's size and p = 0.8.
    p: probability that an image is mixed; the default is Guided-SR's.
    pairing: "greedy" pairs images whose maps are far apart, "random" any two.
    blur: σ in pixels of the 7×7 Gaussian that smooths the maps, 3 in the authors' code; 0 for none.

    Maps are scaled to sum 1 (a map of zeros becomes a constant one). The image's share of a pixel
    is s / (s + s'), with s its map and s' the partner's, and ½ where both are 0; its share of the
    target is the mean over the pixels. Greedy pairing forms a circle: from one sample it goes on to
    the remaining one whose map is farthest (L2) away, among equal ones to the smallest id. Copies
    of one image skip each other. Deviations from the authors: they start with the farthest pair,
    ours draws the start in each epoch, so that a batch is not always paired alike; they decide for
    a whole batch whether to mix, ours for each image. Returns float32.
    """

    mixes = True

    def __init__(
        self, saliency: Source, p: float = 0.5, pairing: str = "greedy", blur: float = 3.0
    ) -> None:
        check_probability("p", p)
        check_name(pairing, ("greedy", "random"), "pairing")
        if not 0 <= blur < math.inf:
            raise InputError(f"blur: must be at least 0 pixels, got {blur}")
        self.saliency, self.p, self.pairing, self.blur = saliency, p, pairing, blur

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, p=self.p * strength)

    def sample(self, batch: Batch, draws: Draws) -> GuidedMixupParams:
        maps = saliency_of(self.saliency, batch)
        if self.blur > 0:
            maps = _blurred(maps, self.blur)
        maps = _scaled_to_sum_1(maps)
        if self.pairing == "greedy":
            partner = _farthest_next(maps.flatten(1), draws)
        else:
            partner = draw_partners(draws, "guidedmixup")
        both = maps + maps[partner]
        mask = torch.where(both > 0, maps / both, 0.5)
        mixed = draws.uniform("guidedmixup", 1) < self.p
        return GuidedMixupParams(partner, torch.where(mixed[:, :, None], mask, 1.0).float())

    def apply(self, batch: Batch, params: GuidedMixupParams) -> Batch:
        share = params.mask.double().mean(dim=(1, 2)).float()
        return mix(batch, params.partner, params.mask, share)


def _blurred(maps: Tensor, sigma: float) -> Tensor:
    """Maps smoothed by a 7×7 Gaussian, mirrored at the border; summed tap by tap."""
    taps = [math.exp(-0.5 * (i / sigma) ** 2) for i in range(-_REACH, _REACH + 1)]
    for dim in (1, 2):
        side = maps.shape[dim]
        last = max(side - 1, 1)
        where = torch.arange(-_REACH, side + _REACH, device=maps.device) % (2 * last)
        mirrored = torch.where(where > last, 2 * last - where, where).clamp(max=side - 1)
        wide = maps.index_select(dim, mirrored)
        maps = torch.zeros_like(maps)
        for i, tap in enumerate(taps):
            maps = maps + wide.narrow(dim, i, side) * (tap / sum(taps))
    return maps


def _scaled_to_sum_1(maps: Tensor) -> Tensor:
    units = whole_units(maps)
    sums = units.sum(dim=(1, 2), keepdim=True)
    pixels = maps.shape[1] * maps.shape[2]
    return torch.where(sums > 0, units.double() / sums, 1 / pixels)


def _farthest_next(maps: Tensor, draws: Draws) -> Tensor:
    """(B,) int64: each sample's next row, in a circle through maps (B, pixels) that are far apart.

    Each of the B - 1 steps depends on the step before. A step is three small operations on the
    device, and no value is read on the host.
    """
    first = by_id(draws)
    if not len(first):
        return first
    whole = (maps[first] * _TOTAL).round()
    products = whole @ whole.T
    norms = products.diagonal()
    distances = norms[:, None] + norms - 2 * products
    at = draws.bits("guidedmixup start", 1)[first].argmin(dim=0)
    circle = [at]
    for _ in range(len(maps) - 1):
        distances.index_fill_(1, at, -1)
        at = distances.index_select(0, at).argmax(dim=1)
        circle.append(at)
    return next_of_another_id(first[torch.cat(circle)], draws.ids)
