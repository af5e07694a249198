"""Saturation, as torchvision's `ColorJitter` and PIL's `ImageEnhance.Color`."""

from dataclasses import dataclass
from typing import Self

from torch import Tensor

from augury.augment.base import Augmentation, check_probability
from augury.augment.color.enhance import blend, draw_factor, luma
from augury.augment.strength import with_arguments
from augury.batch import Batch, to_float
from augury.kernels.steps import Recolor, Step
from augury.rng import Draws


@dataclass(frozen=True)
class SaturationParams:
    """factor: (B,); 0 is gray, 1 the image."""

    factor: Tensor


class Saturation(Augmentation[SaturationParams]):
    """Bring each pixel nearer to, or further from, its gray, and clip to [0, 1].

    strength: in [0, 1]; the factor is uniform in [1 - strength, 1 + strength], as `ColorJitter`
        draws it. It has no default; 0.4 is that of timm and MoCo v2.

    A pixel's gray is its luma 0.299 R + 0.587 G + 0.114 B. Images of one channel keep their
    values. Computed without PIL's rounding of luma and result to whole levels. Returns float32.
    """

    only_color = True

    def __init__(self, strength: float = 0.4) -> None:
        check_probability("strength", strength)
        self.strength = strength

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, strength=self.strength * strength)

    def sample(self, batch: Batch, draws: Draws) -> SaturationParams:
        return SaturationParams(draw_factor(draws, "saturation", self.strength))

    def apply(self, batch: Batch, params: SaturationParams) -> Batch:
        return batch.with_images(adjust_saturation(to_float(batch.images), params.factor))

    def steps(self, params: SaturationParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (Recolor("saturation", params.factor),)


def adjust_saturation(images: Tensor, factor: Tensor) -> Tensor:
    """images (B, C, H, W) float in [0, 1], factor (B,) at least 0 -> images."""
    return blend(images, luma(images), factor)
