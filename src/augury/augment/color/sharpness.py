"""Sharpness, as torchvision's `RandomAdjustSharpness` and PIL's `ImageEnhance.Sharpness`."""

import math
from dataclasses import dataclass
from typing import Self

from torch import Tensor

from augury.augment.base import Augmentation, check_probability, check_range
from augury.augment.color.enhance import blend
from augury.augment.strength import away_from, with_arguments
from augury.batch import Batch, to_float
from augury.kernels.steps import Recolor, Step
from augury.rng import Draws


@dataclass(frozen=True)
class SharpnessParams:
    """factor: (B,); 0 is smoothed, 1 the image, 2 sharpened."""

    factor: Tensor


class Sharpness(Augmentation[SharpnessParams]):
    """Smooth or sharpen each image: blend it with, or away from, a 3×3 smoothing of it.

    factor: range; uniform. The default is AutoAugment's; torchvision takes one factor and has no
        default (equal ends give that).
    p: probability that an image is changed; ½ is torchvision's default.

    The smoothing is PIL's `SMOOTH`: the weighted mean of 3×3 pixels, the middle one five times,
    with the outermost pixels of the image as they are. Computed without PIL's rounding to whole
    levels. Returns float32.
    """

    def __init__(self, factor: tuple[float, float] = (0.1, 1.9), p: float = 0.5) -> None:
        check_range("factor", factor, 0, math.inf)
        check_probability("p", p)
        self.factor, self.p = factor, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(
            self, factor=tuple(away_from(end, 1, strength) for end in self.factor)
        )

    def sample(self, batch: Batch, draws: Draws) -> SharpnessParams:
        u = draws.uniform("sharpness", 2)
        low, high = self.factor
        factor = low + (high - low) * u[:, 1]
        return SharpnessParams(factor.masked_fill(u[:, 0] >= self.p, 1))

    def apply(self, batch: Batch, params: SharpnessParams) -> Batch:
        return batch.with_images(adjust_sharpness(to_float(batch.images), params.factor))

    def steps(self, params: SharpnessParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (Recolor("sharpness", params.factor),)


def adjust_sharpness(images: Tensor, factor: Tensor) -> Tensor:
    """images (B, C, H, W) float in [0, 1], factor (B,) at least 0 -> images."""
    return blend(images, smooth(images), factor)


def smooth(images: Tensor) -> Tensor:
    """PIL's `ImageFilter.SMOOTH` of (B, C, H, W) float images, without its rounding."""
    rows = images[:, :, :-2] + images[:, :, 1:-1] + images[:, :, 2:]
    sums = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]
    smoothed = images.clone()
    smoothed[:, :, 1:-1, 1:-1] = (sums + 4 * images[:, :, 1:-1, 1:-1]) / 13
    return smoothed
