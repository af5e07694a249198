"""SmoothGrad (Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017)."""

from collections.abc import Callable

import torch
from torch import Tensor

from augury.batch import Batch, to_float
from augury.errors import InputError
from augury.rng import Draws


class SmoothGrad:
    """batch -> (B, C, H, W) float32: the mean of `gradient` over noisy copies of each image.

    gradient: batch -> (B, C, H, W), such as an `InputGradient`.
    copies: the paper finds 50 enough and little gain beyond; the default is 8, since each costs a
        pass through the network.
    noise: standard deviation as a share of the image's range (largest minus smallest value); 10 to
        20 % in the paper. The noise is added to images in [0, 1], before they are normalized, and
        the sum is not clipped.
    seed, epoch: the noise depends on seed, epoch and image id, and on nothing else.
    """

    def __init__(
        self,
        gradient: Callable[[Batch], Tensor],
        copies: int = 8,
        noise: float = 0.15,
        seed: int = 0,
        epoch: int = 0,
    ) -> None:
        if copies < 1:
            raise InputError(f"copies: must be at least 1, got {copies}")
        if not 0 <= noise < float("inf"):
            raise InputError(f"noise: must be at least 0, got {noise}")
        self.gradient, self.copies, self.noise = gradient, copies, noise
        self.seed, self.epoch = seed, epoch

    def __call__(self, batch: Batch) -> Tensor:
        images = to_float(batch.images)
        low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
        deviation = self.noise * (high - low)
        # Copies of an image get the same map.
        draws = Draws(self.seed, self.epoch, batch.ids, repeats=torch.zeros_like(batch.ids))
        total = torch.zeros_like(images)
        for copy in range(self.copies):
            normal = standard_normal(draws, f"smoothgrad {copy}", images.shape[1:].numel())
            noisy = images + deviation * normal.view_as(images)
            total += self.gradient(batch.with_images(noisy))
        return total / self.copies


def standard_normal(draws: Draws, operation: str, n: int) -> Tensor:
    """(B, n) float32 from the standard normal distribution: its quantiles at uniform draws."""
    # The middle of each of the 2^24 steps, so that neither end is infinite.
    uniform = draws.uniform(operation, n).double() + 2.0**-25
    quantiles: Tensor = torch.special.ndtri(uniform)
    return quantiles.float()
