"""Elastic deformation, as torchvision's `ElasticTransform` (Simard et al., ICDAR 2003)."""

from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

from augury.augment.base import Augmentation, check_positive, check_probability
from augury.augment.geometry.resampling import Points, bounded, pixel_centers, read_at
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.rng import Draws

# Noise has 12 bits, and the weights 20 after the point. So all sums below are multiples of ½ under
# 2^52, which float64 holds exactly: in whatever order they are added, the result is the same.
_HIGHEST, _WEIGHT = 2**12 - 1, 2.0**20


@dataclass(frozen=True)
class ElasticParams:
    """chosen: (B,) bool. y, x: (B, H, W) float32, pixels from each pixel to where it is read."""

    chosen: Tensor
    y: Tensor
    x: Tensor


class Elastic(Augmentation[ElasticParams]):
    """Bend each image like rubber: pixels move by smooth noise; bilinear, black beyond the image.

    alpha: strength; pixels move by alpha/2 times noise that is uniform in [-1, 1] and smoothed, for
        each of the two directions. The default 50 is torchvision's.
    sigma: standard deviation in pixels of the Gaussian that smooths the noise. The default 5 is
        torchvision's.
    p: probability that an image is bent; torchvision has none, so that it is 1.

    The Gaussian is cut off after about four standard deviations and the noise is reflected at the
    border, as in torchvision, which refuses images that this reaches across; here it reaches across
    the image at most. Returns float32.
    """

    def __init__(self, alpha: float = 50.0, sigma: float = 5.0, p: float = 1.0) -> None:
        check_positive("alpha", alpha)
        check_positive("sigma", sigma)
        check_probability("p", p)
        self.alpha, self.sigma, self.p = alpha, sigma, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, alpha=self.alpha * strength)

    def sample(self, batch: Batch, draws: Draws) -> ElasticParams:
        height, width = batch.images.shape[-2:]
        words = draws.bits("elastic noise", height * width).view(-1, height, width)
        y, x = (self._smooth(noise & _HIGHEST) for noise in (words, words >> 16))
        return ElasticParams(draws.uniform("elastic", 1)[:, 0] < self.p, y, x)

    def _smooth(self, noise: Tensor) -> Tensor:
        """(B, H, W) float32 pixels, from uniform 12-bit numbers."""
        rows, columns = (smoothing(side, self.sigma, noise.device) for side in noise.shape[1:])
        smooth = rows @ (noise.double() - _HIGHEST / 2) @ columns.T
        return (smooth * (self.alpha / ((_HIGHEST + 1) * _WEIGHT**2))).float()

    def apply(self, batch: Batch, params: ElasticParams) -> Batch:
        height, width = batch.images.shape[-2:]
        pixels = pixel_centers(batch.images)
        points = bounded(Points(pixels.y + params.y, pixels.x + params.x), (height, width), "black")
        return read_at(batch, points, ~params.chosen)


def smoothing(side: int, sigma: float, device: torch.device) -> Tensor:
    """(side, side) float64, whole numbers: 2^20 times the weights that smooth a column of pixels.

    Row i holds the weight of each pixel for the result at i: a Gaussian, and what it weighs beyond
    both ends, reflected.
    """
    radius = min(int(8 * sigma + 1) // 2, side - 1)
    steps = torch.arange(radius + 1, dtype=torch.float64, device=device)
    half = (-0.5 * (steps / sigma) ** 2).exp()
    half = (half / (2 * half.sum() - 1) * _WEIGHT).round()
    at_distance = F.pad(half, (0, 2 * side))
    place = torch.arange(side, device=device)
    result, last = place[:, None], side - 1
    return (
        at_distance[(result - place).abs()]
        + at_distance[result + place] * (place > 0)
        + at_distance[2 * last - result - place] * (place < last)
    )
