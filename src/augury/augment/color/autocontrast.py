"""Contrast stretched to the full range, as torchvision's `RandomAutocontrast` and PIL."""

from dataclasses import dataclass

from torch import Tensor

from augury.augment.base import Augmentation, check_probability
from augury.augment.color.tables import autocontrast_table, look_up, look_up_step
from augury.batch import Batch, to_uint8
from augury.kernels.steps import Step
from augury.rng import Draws


@dataclass(frozen=True)
class AutocontrastParams:
    """stretch: (B,) bool, which images are stretched."""

    stretch: Tensor


class Autocontrast(Augmentation[AutocontrastParams]):
    """Stretch each channel of an image so that its values reach from 0 to 255.

    p: probability that an image is stretched; ½ is torchvision's default.

    The table is that of PIL's `ImageOps.autocontrast` without cutoff; a channel of one value stays
    as it is. uint8 images stay uint8; float images are rounded to 256 levels first and become
    float32.
    """

    def __init__(self, p: float = 0.5) -> None:
        check_probability("p", p)
        self.p = p

    def sample(self, batch: Batch, draws: Draws) -> AutocontrastParams:
        return AutocontrastParams(draws.uniform("autocontrast", 1)[:, 0] < self.p)

    def apply(self, batch: Batch, params: AutocontrastParams) -> Batch:
        return look_up(batch, autocontrast_table(to_uint8(batch.images)), params.stretch)

    def steps(self, params: AutocontrastParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (look_up_step("autocontrast", params.stretch, params.stretch),)
