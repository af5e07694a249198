"""Removal of color, as torchvision's `RandomGrayscale`."""

from dataclasses import dataclass

import torch
from torch import Tensor

from augury.augment.base import Augmentation, check_probability, per_image
from augury.augment.color.enhance import luma
from augury.batch import Batch, to_float
from augury.kernels.steps import Recolor, Step
from augury.rng import Draws


@dataclass(frozen=True)
class GrayscaleParams:
    """gray: (B,) bool, which images lose their color."""

    gray: Tensor


class Grayscale(Augmentation[GrayscaleParams]):
    """Replace an image by its luma 0.299 R + 0.587 G + 0.114 B, in all channels.

    p: probability that an image becomes gray; 0.1 is torchvision's default.

    Images of one channel keep their values. Computed without rounding to whole levels; returns
    float32.
    """

    only_color = True

    # Whose draws it takes; "grey" was its name in the first version.
    _operation = "grey"

    def __init__(self, p: float = 0.1) -> None:
        check_probability("p", p)
        self.p = p

    def sample(self, batch: Batch, draws: Draws) -> GrayscaleParams:
        return GrayscaleParams(draws.uniform(self._operation, 1)[:, 0] < self.p)

    def apply(self, batch: Batch, params: GrayscaleParams) -> Batch:
        images = to_float(batch.images)
        gray = luma(images).clamp(0, 1)
        return batch.with_images(torch.where(per_image(params.gray), gray, images))

    def steps(self, params: GrayscaleParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (Recolor("grayscale", params.gray.float()),)
