"""Contrast, as torchvision's `ColorJitter` and PIL's `ImageEnhance.Contrast`."""

from dataclasses import dataclass
from typing import Self

from torch import Tensor

from augury.augment.base import Augmentation, check_probability
from augury.augment.color.enhance import blend, draw_factor, mean_luma
from augury.augment.strength import with_arguments
from augury.batch import Batch, to_float
from augury.kernels.steps import Recolor, Step
from augury.rng import Draws


@dataclass(frozen=True)
class ContrastParams:
    """factor: (B,); 0 is the mean gray, 1 the image."""

    factor: Tensor


class Contrast(Augmentation[ContrastParams]):
    """Bring each image nearer to, or further from, its mean gray, and clip to [0, 1].

    strength: in [0, 1]; the factor is uniform in [1 - strength, 1 + strength], as `ColorJitter`
        draws it. It has no default; 0.4 is that of timm and MoCo v2.

    The mean is that of the luma 0.299 R + 0.587 G + 0.114 B. Computed without PIL's rounding of
    luma, mean and result to whole levels. Returns float32.
    """

    def __init__(self, strength: float = 0.4) -> None:
        check_probability("strength", strength)
        self.strength = strength

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, strength=self.strength * strength)

    def sample(self, batch: Batch, draws: Draws) -> ContrastParams:
        return ContrastParams(draw_factor(draws, "contrast", self.strength))

    def apply(self, batch: Batch, params: ContrastParams) -> Batch:
        return batch.with_images(adjust_contrast(to_float(batch.images), params.factor))

    def steps(self, params: ContrastParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (Recolor("contrast", params.factor),)


def adjust_contrast(images: Tensor, factor: Tensor) -> Tensor:
    """images (B, C, H, W) float in [0, 1], factor (B,) at least 0 -> images."""
    return blend(images, mean_luma(images), factor)
