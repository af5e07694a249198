"""A picture seen at an angle, as torchvision's `RandomPerspective`."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import Augmentation, check_probability
from augury.augment.geometry.resampling import Points, bounded, pixel_centers, read_at
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.rng import Draws


@dataclass(frozen=True)
class PerspectiveParams:
    """chosen: (B,) bool. y, x: (B, 4) int64, the pixels that the image's corners move to.

    The corners are those at the upper left, upper right, lower right and lower left.
    """

    chosen: Tensor
    y: Tensor
    x: Tensor


class Perspective(Augmentation[PerspectiveParams]):
    """Pull the corners of each image inward and read it in perspective; bilinear, black around.

    distortion: how far a corner may move, as a share of half a side; each of its two coordinates is
        uniform over the whole pixels, independent of the others. The default 0.5 is torchvision's.
        From 2/3 on, corners may meet, so that the picture folds over or is lost, as in torchvision.
    p: probability that an image is changed; the default 0.5 is torchvision's.

    Images with a side of one pixel stay as they are. Returns float32.
    """

    def __init__(self, distortion: float = 0.5, p: float = 0.5) -> None:
        check_probability("distortion", distortion)
        check_probability("p", p)
        self.distortion, self.p = distortion, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, distortion=self.distortion * strength)

    def sample(self, batch: Batch, draws: Draws) -> PerspectiveParams:
        height, width = batch.images.shape[-2:]
        u = draws.uniform("perspective", 9).double()
        down, right = (
            (u[:, start : start + 4] * (int(self.distortion * (side // 2)) + 1)).long()
            for start, side in ((1, height), (5, width))
        )
        bottom, rightmost = height - 1 - down, width - 1 - right
        return PerspectiveParams(
            chosen=(u[:, 0] < self.p) & (min(height, width) > 1),
            y=torch.stack((down[:, 0], down[:, 1], bottom[:, 2], bottom[:, 3]), 1),
            x=torch.stack((right[:, 0], rightmost[:, 1], rightmost[:, 2], right[:, 3]), 1),
        )

    def apply(self, batch: Batch, params: PerspectiveParams) -> Batch:
        height, width = batch.images.shape[-2:]
        points = _points(pixel_centers(batch.images), params, (height, width))
        return read_at(batch, bounded(points, (height, width), "black"), ~params.chosen)


def _points(pixels: Points, params: PerspectiveParams, size: tuple[int, int]) -> Points:
    """Where output pixels are read: the homography from the moved corners to the image's own.

    As torchvision and Pillow have it, the middle of a pixel is at +0.5 in both images, but a corner
    is the number of its pixel, so that it stands for that pixel's upper left.
    """
    height, width = size
    v, u, w = _to_unit_square(params.y - height / 2, params.x - width / 2)
    down = [(height - 1) * part - height / 2 * by for part, by in zip(v, w, strict=True)]
    right = [(width - 1) * part - width / 2 * by for part, by in zip(u, w, strict=True)]
    # The coefficients are differences of large numbers: computed in float64 and rounded once.
    y, x, scale = (
        a.float() * pixels.y + (b.float() * pixels.x + c.float()) for a, b, c in (down, right, w)
    )
    # Points on the horizon are infinitely far away; one of them may be 0 / 0.
    return Points((y / scale).nan_to_num(torch.inf), (x / scale).nan_to_num(torch.inf))


def _to_unit_square(y: Tensor, x: Tensor) -> tuple[tuple[Tensor, Tensor, Tensor], ...]:
    """The homography that takes four corners (B, 4) to those of the unit square.

    Its rows give v · w, u · w and w from (y, x, 1); each coefficient is (B, 1, 1) float64. The map
    from the square has a closed form (Heckbert, "Fundamentals of Texture Mapping and Image
    Warping", 1989); times its denominator it needs no division, and its adjugate is the inverse.
    """
    y0, y1, y2, y3 = y.double()[:, :, None, None].unbind(1)
    x0, x1, x2, x3 = x.double()[:, :, None, None].unbind(1)
    y_sum, x_sum = y0 - y1 + y2 - y3, x0 - x1 + x2 - x3
    y_right, x_right, y_low, x_low = y1 - y2, x1 - x2, y3 - y2, x3 - x2
    i = x_right * y_low - x_low * y_right
    g = x_sum * y_low - x_low * y_sum
    h = x_right * y_sum - x_sum * y_right
    a, b, c = i * (x1 - x0) + g * x1, i * (x3 - x0) + h * x3, i * x0
    d, e, f = i * (y1 - y0) + g * y1, i * (y3 - y0) + h * y3, i * y0
    # From (u, v, 1): x = a u + b v + c, y = d u + e v + f, w = g u + h v + i.
    return (
        (a * i - c * g, f * g - d * i, c * d - a * f),
        (c * h - b * i, e * i - f * h, b * f - c * e),
        (b * g - a * h, d * h - e * g, a * e - b * d),
    )
