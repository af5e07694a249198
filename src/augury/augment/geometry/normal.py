"""The usual slight rotation, flip and zoom, as Keras's `ImageDataGenerator` draws them."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import check_probability
from augury.augment.geometry.resampling import Geometric, resampling
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.errors import InputError
from augury.kernels.steps import Step
from augury.rng import Draws


@dataclass(frozen=True)
class NormalParams:
    """angle: (B,) degrees; zoom: (B, 2) factors for rows and columns; flip: (B,) bool."""

    angle: Tensor
    zoom: Tensor
    flip: Tensor


class Normal(Geometric[NormalParams]):
    """Rotate, zoom and flip each image in one bilinear resampling.

    rotation: degrees; the angle is uniform in [-rotation, rotation].
    zoom: factors are uniform in [1 - zoom, 1 + zoom], independent for rows and columns; a factor
        over 1 shrinks the content.
    flip: probability of a horizontal flip, which comes after the affine map.

    Input coordinate = Rotation(angle) · diag(zoom) · output coordinate, both about the center
    ((H-1)/2, (W-1)/2); beyond the border the nearest pixel is repeated. The defaults are those of
    the original study (`rotation_range=2, zoom_range=0.1, horizontal_flip=True`). Returns float32.

    On square images it has the distribution of Keras 2.9 to 3.15, where a positive angle turns the
    other way and zx acts on columns. Keras uses another center for oblong images, and
    keras-preprocessing 1.0.5 to 1.1.2 uses a center that is off by a pixel in each direction.
    """

    def __init__(self, rotation: float = 2.0, zoom: float = 0.1, flip: float = 0.5) -> None:
        if not 0 <= rotation <= 180:
            raise InputError(f"rotation: must lie in [0, 180] degrees, got {rotation}")
        if not 0 <= zoom < 1:
            raise InputError(f"zoom: must lie in [0, 1), got {zoom}")
        check_probability("flip", flip)
        self.rotation, self.zoom, self.flip = rotation, zoom, flip

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, rotation=self.rotation * strength, zoom=self.zoom * strength)

    def sample(self, batch: Batch, draws: Draws) -> NormalParams:
        u = draws.uniform("normal", 4)
        return NormalParams(
            angle=self.rotation * (2 * u[:, 0] - 1),
            zoom=1 + self.zoom * (2 * u[:, 1:3] - 1),
            flip=u[:, 3] < self.flip,
        )

    def matrix(self, params: NormalParams, size: tuple[int, int]) -> Tensor:
        # Computed in float64 and rounded once, so that no result depends on the place in the batch.
        radians = torch.deg2rad(params.angle.double())
        cos, sin = radians.cos(), radians.sin()
        rows = params.zoom[:, 0].double()
        columns = params.zoom[:, 1].double() * torch.where(params.flip, -1.0, 1.0)
        matrix = torch.stack((cos * rows, -sin * columns, sin * rows, cos * columns), dim=1)
        return matrix.view(-1, 2, 2)

    def steps(self, params: NormalParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (resampling([self], [params], size),)
