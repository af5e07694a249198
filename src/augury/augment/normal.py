"""The usual slight rotation, flip and zoom, with the meaning of Keras's `ImageDataGenerator`."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from augury.augment.base import Augmentation, check_probability
from augury.batch import Batch, to_float
from augury.errors import InputError
from augury.rng import Draws


@dataclass(frozen=True)
class NormalParams:
    """angle: (B,) degrees; zoom: (B, 2) factors for rows and columns; flip: (B,) bool."""

    angle: Tensor
    zoom: Tensor
    flip: Tensor


class Normal(Augmentation[NormalParams]):
    """Rotate, zoom and flip each image in one bilinear resampling.

    rotation: degrees; the angle is uniform in [-rotation, rotation].
    zoom: factors are uniform in [1 - zoom, 1 + zoom], independent for rows and columns; a factor
        over 1 shrinks the content.
    flip: probability of a horizontal flip, which comes after the affine map.

    Input coordinate = Rotation(angle) · diag(zoom) · output coordinate, both about the centre
    ((H-1)/2, (W-1)/2); beyond the border the nearest pixel is repeated. The defaults are those of
    the original study (`rotation_range=2, zoom_range=0.1, horizontal_flip=True`). Returns float32.
    """

    def __init__(self, rotation: float = 2.0, zoom: float = 0.1, flip: float = 0.5) -> None:
        if not 0 <= rotation <= 180:
            raise InputError(f"rotation: must lie in [0, 180] degrees, got {rotation}")
        if not 0 <= zoom < 1:
            raise InputError(f"zoom: must lie in [0, 1), got {zoom}")
        check_probability("flip", flip)
        self.rotation, self.zoom, self.flip = rotation, zoom, flip

    def sample(self, batch: Batch, draws: Draws) -> NormalParams:
        u = draws.uniform("normal", 4)
        return NormalParams(
            angle=self.rotation * (2 * u[:, 0] - 1),
            zoom=1 + self.zoom * (2 * u[:, 1:3] - 1),
            flip=u[:, 3] < self.flip,
        )

    def apply(self, batch: Batch, params: NormalParams) -> Batch:
        grid = _sampling_grid(params, *batch.images.shape[-2:])
        images = F.grid_sample(
            to_float(batch.images), grid, mode="bilinear", padding_mode="border", align_corners=True
        )
        # Interpolation may overshoot 1 by a rounding error.
        return batch.with_images(images.clamp_(0, 1))


def _sampling_grid(params: NormalParams, height: int, width: int) -> Tensor:
    """(B, H, W, 2): where each output pixel reads, as (x, y) in [-1, 1] over the pixel centres."""
    device = params.angle.device
    # In float64 and rounded once, so that an image does not depend on its place in the batch.
    radians = torch.deg2rad(params.angle.double())
    cos, sin = radians.cos().float()[:, None], radians.sin().float()[:, None]
    rows = torch.arange(height, device=device) - (height - 1) / 2
    columns = torch.arange(width, device=device) - (width - 1) / 2
    mirror = torch.where(params.flip, -1.0, 1.0)[:, None]
    rows = rows * params.zoom[:, :1]
    columns = columns * params.zoom[:, 1:] * mirror
    y = (cos * rows)[:, :, None] - (sin * columns)[:, None, :]
    x = (sin * rows)[:, :, None] + (cos * columns)[:, None, :]
    return torch.stack((x * (2 / max(width - 1, 1)), y * (2 / max(height - 1, 1))), dim=-1)
