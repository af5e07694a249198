"""Noise as of a sensor in poor light, as torchvision's `GaussianNoise`."""

from dataclasses import dataclass
from typing import Self

from torch import Tensor

from augury.augment.base import Augmentation, per_image
from augury.augment.shared.gaussian import gaussian
from augury.augment.shared.ranges import NumberOrRange, pair_of
from augury.augment.strength import at_both_ends, with_arguments
from augury.batch import Batch, to_float
from augury.kernels.stream import Stream
from augury.rng import Draws


@dataclass(frozen=True)
class GaussianNoiseParams:
    """sigma: (B,), standard deviations as shares of the range from black to white.

    noise: (B, C, H, W) float32, standard normal; or the stream whose first C·H·W normal numbers
    these are.
    """

    sigma: Tensor
    noise: Tensor | Stream


class GaussianNoise(Augmentation[GaussianNoiseParams]):
    """Add a normally distributed number to each value of an image, and clip to [0, 1].

    sigma: standard deviation in [0, 1], as a share of the range from black to white; or its range
        (low, high), uniform for each image. 0.1 is torchvision's default.

    Each pixel and channel has a number of its own, of mean 0. torchvision cuts uint8 images to
    whole levels; here nothing is rounded. Returns float32.
    """

    def __init__(self, sigma: NumberOrRange = 0.1) -> None:
        self._range = pair_of("sigma", sigma, 0, 1)
        self.sigma = sigma

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, sigma=at_both_ends(self.sigma, lambda end: end * strength))

    def sample(self, batch: Batch, draws: Draws) -> GaussianNoiseParams:
        low, high = self._range
        u = draws.uniform("gaussian-noise", 1)[:, 0]
        return GaussianNoiseParams(low + (high - low) * u, draws.stream("gaussian-noise values"))

    def apply(self, batch: Batch, params: GaussianNoiseParams) -> Batch:
        noise = params.noise
        if isinstance(noise, Stream):
            noise = gaussian(noise, batch.images.shape[1:].numel()).view_as(batch.images)
        noisy = to_float(batch.images) + per_image(params.sigma) * noise
        return batch.with_images(noisy.clamp(0, 1))
