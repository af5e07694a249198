"""Fewer levels a channel, as torchvision's `RandomPosterize` and PIL's `ImageOps.posterize`."""

from dataclasses import dataclass
from typing import Self

from torch import Tensor

from augury.augment.base import Augmentation, check_probability, check_range
from augury.augment.color.tables import look_up, look_up_step, posterize_table
from augury.augment.strength import away_from, with_arguments
from augury.batch import Batch
from augury.errors import InputError
from augury.kernels.steps import Step
from augury.rng import Draws


@dataclass(frozen=True)
class PosterizeParams:
    """bits: (B,) int64 in 1..8, how many of each value's highest bits stay; chosen: (B,) bool."""

    bits: Tensor
    chosen: Tensor


class Posterize(Augmentation[PosterizeParams]):
    """Keep only the highest bits of an image's values.

    bits: range of whole numbers in 1..8, both ends included; all equally likely. 8 changes
        nothing. The default is AutoAugment's; torchvision takes one number and has no default
        (equal ends give that).
    p: probability that an image is changed; ½ is torchvision's default.

    uint8 images stay uint8; float images are rounded to 256 levels first and become float32.
    """

    def __init__(self, bits: tuple[int, int] = (4, 8), p: float = 0.5) -> None:
        check_range("bits", bits, 1, 8)
        if any(bit != int(bit) for bit in bits):
            raise InputError(f"bits: must be whole numbers, got {bits}")
        check_probability("p", p)
        self.bits, self.p = bits, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(
            self, bits=tuple(round(away_from(end, 8, strength)) for end in self.bits)
        )

    def sample(self, batch: Batch, draws: Draws) -> PosterizeParams:
        u = draws.uniform("posterise", 2).double()
        low, high = self.bits
        bits = low + (u[:, 1] * (high - low + 1)).long()
        return PosterizeParams(bits=bits, chosen=u[:, 0] < self.p)

    def apply(self, batch: Batch, params: PosterizeParams) -> Batch:
        return look_up(batch, posterize_table(params.bits), params.chosen)

    def steps(self, params: PosterizeParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (look_up_step("posterize", params.bits, params.chosen),)
