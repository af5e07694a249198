"""The negative, as torchvision's `RandomInvert` and PIL's `ImageOps.invert`."""

from dataclasses import dataclass

import torch
from torch import Tensor

from augury.augment.base import Augmentation, check_probability
from augury.augment.color.tables import invert_table, look_up, look_up_step
from augury.batch import Batch
from augury.kernels.steps import Step
from augury.rng import Draws


@dataclass(frozen=True)
class InvertParams:
    """invert: (B,) bool, which images become their negative."""

    invert: Tensor


class Invert(Augmentation[InvertParams]):
    """Replace each value v of an image by 255 - v.

    p: probability that an image is inverted; ½ is torchvision's default.

    uint8 images stay uint8; float images are rounded to 256 levels first and become float32.
    """

    def __init__(self, p: float = 0.5) -> None:
        check_probability("p", p)
        self.p = p

    def sample(self, batch: Batch, draws: Draws) -> InvertParams:
        return InvertParams(draws.uniform("invert", 1)[:, 0] < self.p)

    def apply(self, batch: Batch, params: InvertParams) -> Batch:
        return look_up(batch, invert_table(batch.images.device), params.invert)

    def steps(self, params: InvertParams, size: tuple[int, int]) -> tuple[Step, ...]:
        # From level 0 on.
        return (look_up_step("solarize", torch.zeros_like(params.invert), params.invert),)
