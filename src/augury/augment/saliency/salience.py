"""Salience: what a network looks at is brought out in the image, or taken back."""

import math
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import (
    Augmentation,
    Source,
    check_probability,
    per_image,
    saliency_of,
)
from augury.augment.color.blur import blur
from augury.augment.saliency.salience_blend import min_max
from augury.augment.shared.ranges import NumberOrRange, pair_of
from augury.augment.strength import at_both_ends, with_arguments
from augury.batch import Batch, to_float
from augury.errors import InputError
from augury.names import check_name
from augury.rng import Draws

COMBINATIONS = ("blend", "highlight", "suppress-background", "suppress-object")
SCALES = ("range", "rank")
# The default of `combine`.
USUAL = "highlight"


@dataclass(frozen=True)
class SalienceParams:
    """map: (B, H, W) float in [0, 1], scaled; strength: (B,) float in [0, 1], 0 changes nothing."""

    map: Tensor
    strength: Tensor


class Salience(Augmentation[SalienceParams]):
    """Bring out, or take back, what a saliency map marks, at a strength of each image's own.

    saliency: a callable, batch -> (B, H, W) float ≥ 0.
    combine: what strength a and map m, both in [0, 1], make of an image x:
        "blend": (1 - a) · x + a · m, as in the original study;
        "highlight": x · (1 - a + a · m), so that all else gets darker;
        "suppress-background": x where m is 1, and where it is 0 (1 - a) · x + a · x's mean color;
        "suppress-object": the other way around, (1 - a) · x + a · x's mean color where m is 1.
    strength: a, or the range from which it is drawn uniformly for each image.
    smooth: standard deviation of a Gaussian over the map, as a share of the image's shorter side.
    scale: "range", min-max scaled to [0, 1]; or "rank": each pixel's share of the other pixels
        whose saliency is lower (equal ones count half). Smoothing comes first.
    p: probability that an image is changed.

    An image whose map is constant stays as it is. Targets are unchanged. Returns float32. The
    defaults of `combine` and `p`, and the map, are what a search on validation images chose.
    """

    def __init__(
        self,
        saliency: Source,
        combine: str = USUAL,
        strength: NumberOrRange = (0.0, 1.0),
        smooth: float = 0.05,
        scale: str = "range",
        p: float = 0.5,
    ) -> None:
        check_name(combine, COMBINATIONS, "combine")
        check_name(scale, SCALES, "scale")
        self._range = pair_of("strength", strength, 0, 1)
        if not 0 <= smooth <= 1:
            raise InputError(f"smooth: must lie in [0, 1], got {smooth}")
        check_probability("p", p)
        self.saliency, self.combine, self.strength = saliency, combine, strength
        self.smooth, self.scale, self.p = smooth, scale, p

    def strengthened(self, strength: float) -> Self:
        ends = at_both_ends(self.strength, lambda end: min(1.0, end * strength))
        return with_arguments(self, strength=ends)

    def sample(self, batch: Batch, draws: Draws) -> SalienceParams:
        maps = saliency_of(self.saliency, batch)
        chosen, u = draws.uniform("salience strength", 2).unbind(1)
        low, high = self._range
        changed = (chosen < self.p) & (maps.amax((1, 2)) > maps.amin((1, 2)))
        strength = torch.where(changed, low + (high - low) * u, 0)
        return SalienceParams(self.scaled(maps), strength)

    def scaled(self, maps: Tensor) -> Tensor:
        """(B, H, W) maps, smoothed and scaled to [0, 1]."""
        maps = min_max(maps)
        sigma = self.smooth * min(maps.shape[1:])
        if sigma > 0:
            widths = torch.full((len(maps),), sigma, device=maps.device)
            maps = blur(maps[:, None], widths, math.ceil(3 * sigma))[:, 0]
        return min_max(maps) if self.scale == "range" else ranks(maps)

    def apply(self, batch: Batch, params: SalienceParams) -> Batch:
        images, seen = to_float(batch.images), params.map[:, None]
        a = per_image(params.strength)
        if self.combine == "blend":
            changed = (1 - a) * images + a * seen
        elif self.combine == "highlight":
            changed = images * (1 - a + a * seen)
        else:
            mean = images.mean((2, 3), keepdim=True)
            faded = a * (1 - seen if self.combine == "suppress-background" else seen)
            changed = (1 - faded) * images + faded * mean
        # Rounding may leave [0, 1] by a bit, and an unchanged image is to keep its own.
        return batch.with_images(torch.where(a > 0, changed.clamp(0, 1), images))


def ranks(maps: Tensor) -> Tensor:
    """(B, H, W) -> the same, each value's share in [0, 1] of the other values that are below it.

    Equal values count half, so that a constant map becomes 0.5 everywhere.
    """
    flat = maps.flatten(1).contiguous()
    ordered = flat.sort(dim=1).values
    below = torch.searchsorted(ordered, flat)
    not_above = torch.searchsorted(ordered, flat, right=True)
    share = (below + not_above - 1).float() / (2 * max(flat.shape[1] - 1, 1))
    return share.view_as(maps)
