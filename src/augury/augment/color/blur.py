"""Gaussian blur, as torchvision's `GaussianBlur`."""

import math
from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

from augury.augment.base import Augmentation, check_positive, check_range, per_image
from augury.augment.strength import with_arguments
from augury.batch import Batch, to_float
from augury.kernels import steps
from augury.kernels.steps import Step
from augury.rng import Draws


@dataclass(frozen=True)
class BlurParams:
    """sigma: (B,), standard deviations in pixels."""

    sigma: Tensor


class Blur(Augmentation[BlurParams]):
    """Blur each image with a Gaussian of its own width.

    sigma: range of the standard deviation in pixels; uniform. (0.1, 2) is torchvision's default.

    The kernel of all images reaches three times the largest standard deviation, rounded up, to each
    side; torchvision asks for its size instead. Beyond the border the nearest pixel is repeated
    (torchvision reflects, which is impossible for small images). Returns float32.
    """

    def __init__(self, sigma: tuple[float, float] = (0.1, 2.0)) -> None:
        check_range("sigma", sigma, 0, math.inf)
        for end in sigma:
            check_positive("sigma", end)
        self.sigma = sigma

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, sigma=tuple(end * strength for end in self.sigma))

    def sample(self, batch: Batch, draws: Draws) -> BlurParams:
        u = draws.uniform("blur", 1)[:, 0]
        return BlurParams(self.sigma[0] + (self.sigma[1] - self.sigma[0]) * u)

    def apply(self, batch: Batch, params: BlurParams) -> Batch:
        return batch.with_images(blur(to_float(batch.images), params.sigma, self._radius))

    def steps(self, params: BlurParams, size: tuple[int, int]) -> tuple[Step, ...]:
        return (steps.Blur(torch.stack(_half_kernel(params.sigma, self._radius), 1)),)

    @property
    def _radius(self) -> int:
        return math.ceil(3 * self.sigma[1])


def blur(images: Tensor, sigma: Tensor, radius: int) -> Tensor:
    """Blur images (B, C, H, W) float in [0, 1], sigma (B,) > 0 pixels: columns, then rows."""
    weights = [per_image(weight) for weight in _half_kernel(sigma, radius)]
    for dim in (2, 3):
        images = _filter(images, weights, dim)
    return images.clamp(0, 1)


def _half_kernel(sigma: Tensor, radius: int) -> list[Tensor]:
    """The weights at distances 0 to radius, (B,) each; with both sides they sum to 1.

    Computed in float64 and rounded once, so that an image does not depend on its neighbors.
    """
    scale = -0.5 / sigma.double().square()
    weights = [(scale * distance**2).exp() for distance in range(radius + 1)]
    total = weights[0] + 2 * sum(weights[1:])
    return [(weight / total).float() for weight in weights]


def _filter(images: Tensor, weights: list[Tensor], dim: int) -> Tensor:
    """Filter along `dim`, tap by tap: the order of the sums is the same in any batch."""
    radius, size = len(weights) - 1, images.shape[dim]
    pad = (0, 0, radius, radius) if dim == 2 else (radius, radius, 0, 0)
    padded = F.pad(images, pad, "replicate")
    found = images * weights[0]
    for distance, weight in enumerate(weights[1:], start=1):
        before = padded.narrow(dim, radius - distance, size)
        after = padded.narrow(dim, radius + distance, size)
        found += (before + after).mul_(weight)
    return found
