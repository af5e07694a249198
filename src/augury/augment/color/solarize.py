"""Bright values inverted, as torchvision's `RandomSolarize` and PIL's `ImageOps.solarize`."""

from dataclasses import dataclass
from typing import Self

from torch import Tensor

from augury.augment.base import Augmentation, check_probability, check_range
from augury.augment.color.tables import look_up, look_up_step, solarize_table
from augury.augment.strength import away_from, with_arguments
from augury.batch import Batch
from augury.kernels.steps import Step
from augury.rng import Draws


@dataclass(frozen=True)
class SolarizeParams:
    """threshold: (B,), in levels, from which values are inverted; chosen: (B,) bool."""

    threshold: Tensor
    chosen: Tensor


class Solarize(Augmentation[SolarizeParams]):
    """Replace each value v of an image that reaches the threshold by 255 - v.

    threshold: range in levels, 0 to 256; uniform. 0 inverts everything, 256 nothing. The default
        is AutoAugment's; PIL's is 128, and torchvision takes one threshold and has none (equal
        ends give that).
    p: probability that an image is changed; ½ is torchvision's default.

    uint8 images stay uint8; float images are rounded to 256 levels first and become float32.
    """

    def __init__(self, threshold: tuple[float, float] = (0.0, 256.0), p: float = 0.5) -> None:
        check_range("threshold", threshold, 0, 256)
        check_probability("p", p)
        self.threshold, self.p = threshold, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(
            self, threshold=tuple(away_from(end, 256, strength) for end in self.threshold)
        )

    def sample(self, batch: Batch, draws: Draws) -> SolarizeParams:
        u = draws.uniform("solarise", 2)
        low, high = self.threshold
        return SolarizeParams(threshold=low + (high - low) * u[:, 1], chosen=u[:, 0] < self.p)

    def apply(self, batch: Batch, params: SolarizeParams) -> Batch:
        return look_up(batch, solarize_table(params.threshold), params.chosen)

    def steps(self, params: SolarizeParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (look_up_step("solarize", params.threshold, params.chosen),)
