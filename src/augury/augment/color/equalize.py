"""Histogram equalization, as torchvision's `RandomEqualize` and PIL's `ImageOps.equalize`."""

from dataclasses import dataclass

from torch import Tensor

from augury.augment.base import Augmentation, check_probability
from augury.augment.color.tables import equalize_table, look_up, look_up_step
from augury.batch import Batch, to_uint8
from augury.kernels.steps import Step
from augury.rng import Draws


@dataclass(frozen=True)
class EqualizeParams:
    """equalize: (B,) bool, which images are equalized."""

    equalize: Tensor


class Equalize(Augmentation[EqualizeParams]):
    """Make each channel's histogram flat, so that all values are about equally frequent.

    p: probability that an image is equalized; ½ is torchvision's default.

    The table is PIL's; a channel with fewer than 255 pixels below its largest value stays as it
    is. uint8 images stay uint8; float images are rounded to 256 levels first and become float32.
    """

    def __init__(self, p: float = 0.5) -> None:
        check_probability("p", p)
        self.p = p

    def sample(self, batch: Batch, draws: Draws) -> EqualizeParams:
        return EqualizeParams(draws.uniform("equalise", 1)[:, 0] < self.p)

    def apply(self, batch: Batch, params: EqualizeParams) -> Batch:
        return look_up(batch, equalize_table(to_uint8(batch.images)), params.equalize)

    def steps(self, params: EqualizeParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (look_up_step("equalize", params.equalize, params.equalize),)
