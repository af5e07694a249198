"""Hue, as torchvision's `ColorJitter`."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import Augmentation, per_image
from augury.augment.strength import with_arguments
from augury.batch import Batch, to_float
from augury.errors import InputError
from augury.kernels.steps import Recolor, Step
from augury.rng import Draws


@dataclass(frozen=True)
class HueParams:
    """shift: (B,), turns of the color wheel; ½ gives the complementary colors."""

    shift: Tensor


class Hue(Augmentation[HueParams]):
    """Turn each image's colors around the color wheel (hue of HSV).

    shift: in [0, ½] turns; each image's is uniform in [-shift, shift], as `ColorJitter` draws it.
        It has no default; MoCo v2 uses 0.1, and 0.4 for brightness, contrast and saturation.

    Grays, and images of one channel, keep their values. Returns float32.
    """

    only_color = True

    def __init__(self, shift: float = 0.1) -> None:
        if not 0 <= shift <= 0.5:
            raise InputError(f"shift: must lie in [0, 0.5] turns, got {shift}")
        self.shift = shift

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, shift=self.shift * strength)

    def sample(self, batch: Batch, draws: Draws) -> HueParams:
        u = draws.uniform("hue", 1)[:, 0]
        return HueParams(self.shift * (2 * u - 1))

    def apply(self, batch: Batch, params: HueParams) -> Batch:
        return batch.with_images(adjust_hue(to_float(batch.images), params.shift))

    def steps(self, params: HueParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (Recolor("hue", params.shift),)


def adjust_hue(images: Tensor, shift: Tensor) -> Tensor:
    """images (B, C, H, W) float in [0, 1], shift (B,) in turns -> images.

    A shift of 0 returns the images bit for bit.
    """
    if images.shape[1] == 1:
        return images
    low, high = images.aminmax(dim=1)
    chroma = high - low
    hue = _hue(images, high, chroma) + 6 * shift[:, None, None]
    hue = hue - 6 * (hue / 6).floor()
    # HSV to RGB: how far red, green and blue lie below the largest, in units of the chroma.
    falls = 2 - (hue - 3).abs(), (hue - 2).abs() - 1, (hue - 4).abs() - 1
    turned = torch.stack([high - chroma * fall.clamp(0, 1) for fall in falls], dim=1).clamp(0, 1)
    return torch.where(per_image(shift == 0), images, turned)


def _hue(images: Tensor, high: Tensor, chroma: Tensor) -> Tensor:
    """(B, H, W): the hue in sixths of a turn, -1 to 5; 0 for gray."""
    red, green, blue = images.unbind(1)
    divisor = chroma.masked_fill(chroma == 0, 1)
    near_green = (blue - red) / divisor + 2
    near_blue = (red - green) / divisor + 4
    hue = torch.where(high == green, near_green, near_blue)
    return torch.where(high == red, (green - blue) / divisor, hue)
