"""Brightness, as torchvision's `ColorJitter` and PIL's `ImageEnhance.Brightness`."""

from dataclasses import dataclass
from typing import Self

from torch import Tensor

from augury.augment.base import Augmentation, check_probability, per_image
from augury.augment.color.enhance import draw_factor
from augury.augment.strength import with_arguments
from augury.batch import Batch, to_float
from augury.kernels.steps import Recolor, Step
from augury.rng import Draws


@dataclass(frozen=True)
class BrightnessParams:
    """factor: (B,); 0 is black, 1 the image."""

    factor: Tensor


class Brightness(Augmentation[BrightnessParams]):
    """Multiply each image by a factor and clip to [0, 1].

    strength: in [0, 1]; the factor is uniform in [1 - strength, 1 + strength], as `ColorJitter`
        draws it. It has no default; 0.4 is that of timm and MoCo v2.

    Computed without PIL's rounding to whole levels. Returns float32.
    """

    def __init__(self, strength: float = 0.4) -> None:
        check_probability("strength", strength)
        self.strength = strength

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, strength=self.strength * strength)

    def sample(self, batch: Batch, draws: Draws) -> BrightnessParams:
        return BrightnessParams(draw_factor(draws, "brightness", self.strength))

    def apply(self, batch: Batch, params: BrightnessParams) -> Batch:
        return batch.with_images(adjust_brightness(to_float(batch.images), params.factor))

    def steps(self, params: BrightnessParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (Recolor("brightness", params.factor),)


def adjust_brightness(images: Tensor, factor: Tensor) -> Tensor:
    """images (B, C, H, W) float in [0, 1], factor (B,) at least 0 -> images."""
    return (images * per_image(factor)).clamp(0, 1)
