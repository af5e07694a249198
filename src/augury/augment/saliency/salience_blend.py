"""The original study's idea: a saliency map is blended into the image."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import (
    Augmentation,
    Source,
    check_positive,
    check_probability,
    per_image,
    saliency_of,
)
from augury.augment.strength import with_arguments
from augury.batch import Batch, to_float
from augury.errors import InputError
from augury.rng import Draws


@dataclass(frozen=True)
class SalienceBlendParams:
    """map: (B, H, W) float ≥ 0, the saliency; blend: (B,) bool, which images are blended."""

    map: Tensor
    blend: Tensor


class SalienceBlend(Augmentation[SalienceBlendParams]):
    """Blend each image with its saliency map: `(mix · map + image / mix) / (mix + 1 / mix)`.

    saliency: a callable, batch -> (B, H, W) float ≥ 0.
    mix: the study's `mix_val`; its default is 2.
    vmin, vmax: the map is scaled to [0, 1] per image, clipped to [vmin, vmax] and scaled to [0, 1]
        again. The study names 0.3 and 0.7, and its code never uses them.
    p: probability that an image is blended; the study blends every image.

    The study's map is `GradientMap`. Dividing by mix + 1/mix brings the blend back to [0, 1]
    without clipping: at mix = 2 the map has four fifths of the weight. Returns float32.
    """

    def __init__(
        self,
        saliency: Source,
        mix: float = 2.0,
        vmin: float = 0.3,
        vmax: float = 0.7,
        p: float = 1.0,
    ) -> None:
        check_positive("mix", mix)
        if not 0 <= vmin < vmax <= 1:
            raise InputError(f"vmin, vmax: must satisfy 0 ≤ vmin < vmax ≤ 1, got {vmin}, {vmax}")
        check_probability("p", p)
        self.saliency = saliency
        self.mix, self.vmin, self.vmax, self.p = mix, vmin, vmax, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, mix=self.mix * strength)

    def sample(self, batch: Batch, draws: Draws) -> SalienceBlendParams:
        blend = draws.uniform("salience", 1)[:, 0] < self.p
        return SalienceBlendParams(map=saliency_of(self.saliency, batch), blend=blend)

    def apply(self, batch: Batch, params: SalienceBlendParams) -> Batch:
        images = to_float(batch.images)
        seen = self.rescale(params.map)[:, None]
        blended = (self.mix * seen + images / self.mix) / (self.mix + 1 / self.mix)
        blended = blended.clamp(0, 1)
        return batch.with_images(torch.where(per_image(params.blend), blended, images))

    def rescale(self, saliency: Tensor) -> Tensor:
        """(B, H, W): min-max scaled per image, clipped to [vmin, vmax], scaled to [0, 1]."""
        clipped = min_max(saliency).clamp(self.vmin, self.vmax)
        return (clipped - self.vmin) / (self.vmax - self.vmin)


def min_max(maps: Tensor) -> Tensor:
    """Scale each (H, W) map to [0, 1]; a constant map becomes 0."""
    low = maps.amin(dim=(-2, -1), keepdim=True)
    span = maps.amax(dim=(-2, -1), keepdim=True) - low
    return (maps - low) / span.masked_fill(span == 0, 1)
