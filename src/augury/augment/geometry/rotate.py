"""Rotation about the center, as torchvision's `RandomRotation`."""

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
class RotateParams:
    """angle: (B,) degrees; over 0 turns the content clockwise."""

    angle: Tensor


class Rotate(Geometric[RotateParams]):
    """Turn images about their center ((H-1)/2, (W-1)/2); bilinear, returns float32.

    degrees: the angle is uniform in [-degrees, degrees]. torchvision has no default; 15 is ours,
        about half of AutoAugment's largest (30).
    p: probability that an image is turned.
    border: what lies beyond the image, "nearest" (its nearest pixel) or "black" (torchvision's).
    """

    def __init__(self, degrees: float = 15.0, p: float = 1.0, border: str = "nearest") -> None:
        if not 0 <= degrees <= 180:
            raise InputError(f"degrees: must lie in [0, 180], got {degrees}")
        check_probability("p", p)
        check_border(border)
        self.degrees, self.p, self.border = degrees, p, border

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, degrees=self.degrees * strength)

    def sample(self, batch: Batch, draws: Draws) -> RotateParams:
        u = draws.uniform("rotate", 2)
        angle = self.degrees * (2 * u[:, 1] - 1)
        return RotateParams(angle.masked_fill(u[:, 0] >= self.p, 0))

    def left_alone(self, params: RotateParams) -> Tensor | None:
        return params.angle == 0 if self.p < 1 else None

    def matrix(self, params: RotateParams, size: tuple[int, int]) -> Tensor:
        # Computed in float64 and rounded once, so that no result depends on the place in the batch.
        radians = torch.deg2rad(params.angle.double())
        cos, sin = radians.cos(), radians.sin()
        return torch.stack((cos, -sin, sin, cos), dim=1).view(-1, 2, 2)

    def steps(self, params: RotateParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (resampling([self], [params], size),)
