"""Gaussian noise, as from a sensor in poor light, and shot noise, as from few photons."""

import math
from functools import lru_cache

import numpy as np
import scipy
import torch
from torch import Tensor

from augury.corruptions.base import constant, cut
from augury.rng import Draws

# Standard deviations as shares of the range; make_cifar_c.py and make_imagenet_c.py.
_DEVIATIONS_CIFAR = (0.04, 0.06, 0.08, 0.09, 0.10)
_DEVIATIONS_IMAGENET = (0.08, 0.12, 0.18, 0.26, 0.38)
# Photons of a white pixel; from the same files.
_PHOTONS_CIFAR = (500, 250, 100, 75, 50)
_PHOTONS_IMAGENET = (60, 25, 12, 5, 3)


def gaussian_noise(images: Tensor, draws: Draws, severity: int) -> Tensor:
    """Add an independent normal number to each value of each channel.

    x <- clip(x + c · n, 0, 1), x in [0, 1], n standard normal. A gray image has one channel and one
    noise; the authors' code would give its three equal channels three different noises.
    """
    deviation = constant(_DEVIATIONS_CIFAR, _DEVIATIONS_IMAGENET, images, severity)
    noise = standard_normal(draws, "corruption.gaussian-noise", images[0].numel())
    return cut(images + 255 * deviation * noise.view_as(images))


def shot_noise(images: Tensor, draws: Draws, severity: int) -> Tensor:
    """Replace each value of each channel by a Poisson count with that mean.

    x <- clip(Poisson(c · x) / c, 0, 1), x in [0, 1], c the number of photons of a white pixel. A
    gray image has one noise, as in `gaussian_noise`.
    """
    photons = constant(_PHOTONS_CIFAR, _PHOTONS_IMAGENET, images, severity)
    bits = draws.bits("corruption.shot-noise", images[0].numel())
    return cut(255 * poisson(images, photons, bits.view_as(images)).double() / photons)


def standard_normal(draws: Draws, operation: str, n: int) -> Tensor:
    """(B, n) float64 by the method of Box and Muller: two uniform words give two numbers.

    Words have 32 bits, so numbers beyond ±6.8 do not occur.
    """
    pairs = -(-n // 2)
    words = draws.bits(operation, 2 * pairs).double().add_(0.5).mul_(2.0**-32)
    radius = words[:, :pairs].log().mul_(-2).sqrt_()
    angle = words[:, pairs:] * (2 * math.pi)
    return torch.cat((radius * angle.cos(), radius * angle.sin()), dim=1)[:, :n]


def poisson(levels: Tensor, photons: int, bits: Tensor) -> Tensor:
    """Poisson counts with mean photons · level / 255, by inverting the distribution function.

    levels: uint8; bits: int64 of the same shape, uniform 32-bit words. Returns int64. The
    distribution function is rounded to multiples of 2^-32; nothing else is approximate.
    """
    thresholds, start = (table.to(levels.device) for table in _distribution(photons))
    level = levels.long()
    keys = ((level << 33) + bits).contiguous()
    place = torch.searchsorted(thresholds, keys, right=True)
    return place + start[level]


@lru_cache(maxsize=10)
def _distribution(photons: int) -> tuple[Tensor, Tensor]:
    """The distribution functions of all levels in one ascending table, and `start`.

    For level v the table holds v · 2^33 + round(2^32 · P(count <= k)), for all k for which the
    rounded number lies in (0, 2^32); start[v] turns an index of the table into a count.
    """
    counts = np.arange(photons + 7 * math.isqrt(photons) + 20)
    means = photons * np.arange(256)[:, None] / 255
    mass = np.rint(scipy.special.pdtr(counts, means) * 2.0**32).astype(np.int64)
    inside = (mass > 0) & (mass < 2**32)
    before = np.cumsum(inside.sum(1)) - inside.sum(1)
    keys = (np.arange(256)[:, None] << 33) + mass
    return torch.from_numpy(keys[inside]), torch.from_numpy((mass == 0).sum(1) - before)
