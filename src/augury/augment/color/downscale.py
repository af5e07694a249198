"""Fewer, larger pixels, as Albumentations' `Downscale`."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import Augmentation, check_probability
from augury.augment.shared.ranges import NumberOrRange, pair_of
from augury.augment.strength import at_both_ends, with_arguments
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws


@dataclass(frozen=True)
class DownscaleParams:
    """scale: (B,) float64, the share of each side's pixels that is left; 1 changes nothing."""

    scale: Tensor


class Downscale(Augmentation[DownscaleParams]):
    """Shrink each image and enlarge it again, so that it has fewer, larger pixels.

    scale: the share of each side's pixels that is left, over 0 and up to 1; or its range
        (low, high), uniform for each image. ¼ is Albumentations' default.
    p: probability that an image is changed; ½ is Albumentations' default.

    A side becomes scale · side pixels long, rounded, at least one; both resizings take the nearest
    pixel, as by Albumentations' default. Values and dtype are kept. Maps that follow the pixels
    stay where they are.
    """

    def __init__(self, scale: NumberOrRange = 0.25, p: float = 0.5) -> None:
        self._range = pair_of("scale", scale, 0, 1)
        if self._range[0] == 0:
            raise InputError(f"scale: must be over 0, got {scale}")
        check_probability("p", p)
        self.scale, self.p = scale, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, scale=at_both_ends(self.scale, lambda end: end**strength))

    def sample(self, batch: Batch, draws: Draws) -> DownscaleParams:
        u = draws.uniform("downscale", 2).double()
        low, high = self._range
        return DownscaleParams((low + (high - low) * u[:, 1]).masked_fill(u[:, 0] >= self.p, 1))

    def apply(self, batch: Batch, params: DownscaleParams) -> Batch:
        images = batch.images
        for dim in (2, 3):
            shape = [len(images), 1, 1, 1]
            shape[dim] = side = images.shape[dim]
            images = images.gather(dim, _shown(params.scale, side).view(shape).expand_as(images))
        return batch.with_images(images)


def _shown(scale: Tensor, side: int) -> Tensor:
    """(B, side) int64: the place on a side of the pixel that is shown at each place.

    By OpenCV's rule, which Albumentations follows: place x of the larger line shows place
    ⌊x · small / side⌋ of the small one, which shows ⌊k / scale⌋ of the image.
    """
    small = (scale * side).round().clamp(min=1).long()[:, None]
    place = torch.arange(side, device=scale.device) * small // side
    return (place / scale[:, None]).floor().clamp(max=side - 1).long()
