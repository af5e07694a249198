"""GridMask (Chen et al., "GridMask Data Augmentation", 2020)."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import Augmentation, check_probability, check_range
from augury.augment.geometry.resampling import pixel_centers
from augury.augment.strength import away_from, with_arguments
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws


@dataclass(frozen=True)
class GridMaskParams:
    """chosen: (B,) bool. unit: (B,) int64, pixels from one square of the grid to the next.

    down, right: (B,) int64, pixels in 0..unit-1 by which the grid is moved. angle: (B,) float32
    degrees by which it is turned, counterclockwise.
    """

    chosen: Tensor
    unit: Tensor
    down: Tensor
    right: Tensor
    angle: Tensor


class GridMask(Augmentation[GridMaskParams]):
    """Set the squares of a regular grid to zero; the grid is turned at random.

    unit: range of the distance d from one square to the next, as shares of the shorter side; whole
        pixels, uniform, the upper end excluded. The default (3/7, 1) is that of the authors' script
        for ImageNet, 96 to 224 of 224 pixels.
    keep: r, the share of d between two squares, so that squares have the side (1 - r) d and
        2 r - r² of the image is kept. The default 0.6 is theirs.
    rotation: degrees; the grid's angle is uniform in [0, rotation). The default 360 is theirs.
    p: probability that an image is masked; the default 0.8 is theirs at the end.

    Deviations from the authors' code: p is the same in all epochs (theirs rises from 0 over the
    first four fifths of the training), and angles are not only whole degrees.
    """

    def __init__(
        self,
        unit: tuple[float, float] = (3 / 7, 1.0),
        keep: float = 0.6,
        rotation: float = 360.0,
        p: float = 0.8,
    ) -> None:
        check_range("unit", unit, 0, 1)
        check_probability("keep", keep)
        if not 0 <= rotation <= 360:
            raise InputError(f"rotation: must lie in [0, 360] degrees, got {rotation}")
        check_probability("p", p)
        self.unit, self.keep, self.rotation, self.p = unit, keep, rotation, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, keep=away_from(self.keep, 1, strength))

    def sample(self, batch: Batch, draws: Draws) -> GridMaskParams:
        side = min(batch.images.shape[-2:])
        u = draws.uniform("gridmask", 5).double()
        low = max(1, round(self.unit[0] * side))
        choices = max(1, round(self.unit[1] * side) - low)
        unit = low + (u[:, 1] * choices).long()
        return GridMaskParams(
            chosen=u[:, 0] < self.p,
            unit=unit,
            down=(u[:, 2] * unit).long(),
            right=(u[:, 3] * unit).long(),
            angle=(self.rotation * u[:, 4]).float(),
        )

    def apply(self, batch: Batch, params: GridMaskParams) -> Batch:
        masked = self._squares(batch.images, params) & params.chosen[:, None, None]
        return batch.with_images(batch.images.masked_fill(masked[:, None], 0))

    def _squares(self, images: Tensor, params: GridMaskParams) -> Tensor:
        """(B, H, W) bool: the pixels whose middle lies in a square of the grid."""
        height, width = images.shape[-2:]
        pixels = pixel_centers(images)
        # Coefficients are computed in float64 and rounded once, so that no mask depends on the
        # place in the batch.
        radians = torch.deg2rad(params.angle.double())[:, None, None]
        cos, sin = radians.cos(), radians.sin()
        unit = params.unit.double()[:, None, None]
        bar = ((self.keep * unit + 0.5).floor() / unit).float()
        # In units. Turned by 0, the middles of pixels lie between the edges of bars.
        down = (height / 2 - params.down[:, None, None]) / unit
        right = (width / 2 - params.right[:, None, None]) / unit
        y = (cos / unit).float() * pixels.y + ((sin / unit).float() * pixels.x + down.float())
        x = (cos / unit).float() * pixels.x - ((sin / unit).float() * pixels.y - right.float())
        return (y - y.floor() >= bar) & (x - x.floor() >= bar)
