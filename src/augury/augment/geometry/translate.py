"""Translation, as torchvision's `RandomAffine(translate=...)`."""

from dataclasses import dataclass
from typing import Self

from torch import Tensor

from augury.augment.base import check_probability
from augury.augment.geometry.border import check_border
from augury.augment.geometry.resampling import Geometric, resampling, shift
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.kernels.steps import Step
from augury.rng import Draws


@dataclass(frozen=True)
class TranslateParams:
    """down, right: (B,), how far the content moves, as a share of the side."""

    down: Tensor
    right: Tensor


class Translate(Geometric[TranslateParams]):
    """Move the content by any distance, not only whole pixels; bilinear, returns float32.

    share: of the side; the shifts down and to the right are uniform in [-share, share] of the
        height and the width, independent of each other. torchvision has no default; 1/8 is the
        reach of `crop`.
    p: probability that an image is moved.
    border: what lies beyond the image, "nearest" (its nearest pixel) or "black" (torchvision's).
    """

    def __init__(self, share: float = 0.125, p: float = 1.0, border: str = "nearest") -> None:
        check_probability("share", share)
        check_probability("p", p)
        check_border(border)
        self.share, self.p, self.border = share, p, border

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, share=self.share * strength)

    def sample(self, batch: Batch, draws: Draws) -> TranslateParams:
        u = draws.uniform("translate", 3)
        shifts = (self.share * (2 * u[:, 1:] - 1)).masked_fill((u[:, 0] >= self.p)[:, None], 0)
        return TranslateParams(down=shifts[:, 0], right=shifts[:, 1])

    def left_alone(self, params: TranslateParams) -> Tensor | None:
        return (params.down == 0) & (params.right == 0) if self.p < 1 else None

    def matrix(self, params: TranslateParams, size: tuple[int, int]) -> Tensor:
        return shift(-params.down * size[0], -params.right * size[1])

    def steps(self, params: TranslateParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (resampling([self], [params], size),)
