"""Shear along the rows and the columns, as torchvision's `RandomAffine(shear=...)`."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import check_probability
from augury.augment.geometry.border import check_border
from augury.augment.geometry.resampling import Geometric, resampling
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.errors import InputError
from augury.kernels.steps import Step
from augury.rng import Draws


@dataclass(frozen=True)
class ShearParams:
    """x, y: (B,) degrees. x > 0 moves the rows above the center right; y > 0 moves the columns
    left of it down.
    """

    x: Tensor
    y: Tensor


class Shear(Geometric[ShearParams]):
    """Slant images about their center ((H-1)/2, (W-1)/2); bilinear, returns float32.

    x: degrees by which columns lean; uniform in [-x, x]. torchvision has no default; 15 is ours,
        a little under AutoAugment's largest (0.3, the tangent of 16.7 degrees).
    y: degrees by which rows lean, independent of x; 0, as in torchvision if one number is given.
    p: probability that an image is sheared.
    border: what lies beyond the image, "nearest" (its nearest pixel) or "black" (torchvision's).

    The shear along x comes first, then the one along y, so that areas stay as they are.
    """

    def __init__(
        self, x: float = 15.0, y: float = 0.0, p: float = 1.0, border: str = "nearest"
    ) -> None:
        for name, degrees in (("x", x), ("y", y)):
            if not 0 <= degrees < 90:
                raise InputError(f"{name}: must lie in [0, 90) degrees, got {degrees}")
        check_probability("p", p)
        check_border(border)
        self.x, self.y, self.p, self.border = x, y, p, border

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, x=self.x * strength, y=self.y * strength)

    def sample(self, batch: Batch, draws: Draws) -> ShearParams:
        u = draws.uniform("shear", 3)
        left_alone = u[:, 0] >= self.p
        return ShearParams(
            x=(self.x * (2 * u[:, 1] - 1)).masked_fill(left_alone, 0),
            y=(self.y * (2 * u[:, 2] - 1)).masked_fill(left_alone, 0),
        )

    def left_alone(self, params: ShearParams) -> Tensor | None:
        return (params.x == 0) & (params.y == 0) if self.p < 1 else None

    def matrix(self, params: ShearParams, size: tuple[int, int]) -> Tensor:
        # Computed in float64 and rounded once, so that no result depends on the place in the batch.
        x, y = (torch.deg2rad(degrees.double()).tan() for degrees in (params.x, params.y))
        # The inverse undoes the last shear first.
        return torch.stack((torch.ones_like(y), y, x, 1 + x * y), dim=1).view(-1, 2, 2)

    def steps(self, params: ShearParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (resampling([self], [params], size),)
