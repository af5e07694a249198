"""Zoom about the center."""

import math
from dataclasses import dataclass
from typing import Self

from torch import Tensor

from augury.augment.base import check_probability, check_range
from augury.augment.geometry.border import check_border
from augury.augment.geometry.resampling import Geometric, resampling, scaling
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.errors import InputError
from augury.kernels.steps import Step
from augury.rng import Draws


@dataclass(frozen=True)
class ZoomParams:
    """factor: (B, 2), for rows and columns; a factor over 1 shrinks the content."""

    factor: Tensor


class Zoom(Geometric[ZoomParams]):
    """Shrink or enlarge the content about the center ((H-1)/2, (W-1)/2); bilinear, float32.

    factor: range; log-uniform, so that in a range from 1/a to a shrinking is as likely as
        enlarging. A factor over 1 shrinks the content, as in `normal` and Keras (in torchvision's
        `RandomAffine`, `scale` over 1 enlarges). torchvision has no default; ours shrinks or
        enlarges by up to a quarter.
    independent: whether rows and columns get one factor each, as in `normal`; one factor for both
        keeps shapes.
    p: probability that an image is zoomed.
    border: what lies beyond the image, "nearest" (its nearest pixel) or "black".
    """

    def __init__(
        self,
        factor: tuple[float, float] = (0.8, 1.25),
        independent: bool = False,
        p: float = 1.0,
        border: str = "nearest",
    ) -> None:
        check_range("factor", factor, 0, math.inf)
        if factor[0] == 0:
            raise InputError(f"factor: must be over 0, got {factor}")
        check_probability("p", p)
        check_border(border)
        self.factor, self.independent, self.p, self.border = factor, independent, p, border

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, factor=tuple(end**strength for end in self.factor))

    def sample(self, batch: Batch, draws: Draws) -> ZoomParams:
        u = draws.uniform("zoom", 3)
        low, high = math.log(self.factor[0]), math.log(self.factor[1])
        columns = slice(1, 3) if self.independent else slice(1, 2)
        factor = (low + (high - low) * u[:, columns].double()).exp().float().expand(-1, 2)
        return ZoomParams(factor.masked_fill((u[:, 0] >= self.p)[:, None], 1))

    def left_alone(self, params: ZoomParams) -> Tensor | None:
        return (params.factor == 1).all(1) if self.p < 1 else None

    def matrix(self, params: ZoomParams, size: tuple[int, int]) -> Tensor:
        return scaling(params.factor[:, 0], params.factor[:, 1])

    def steps(self, params: ZoomParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (resampling([self], [params], size),)
