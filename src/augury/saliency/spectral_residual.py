"""Spectral residual (Hou & Zhang, "Saliency detection: a spectral residual approach", 2007)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from augury.batch import Batch
from augury.saliency.scale import by_peak, enlarged

_LUMA = (0.299, 0.587, 0.114)  # ITU-R 601
_LARGEST = 128  # longest side at which the spectrum is taken
_GAUSSIAN_RADIUS, _GAUSSIAN_SIGMA = 3, 3.0
# Added to |F|², to keep its logarithm finite; GuidedMixup's.
_EPSILON = 1e-10


class SpectralResidual:
    """batch -> (B, H, W) in [0, 1]: what of an image's spectrum is unlike its neighbourhood.

    Of the grey image's spectrum F, the residual is R = log A less its 3×3 box mean, with
    A = sqrt(|F|² + 1e-10); back in the image it is |ifft(exp(R) · F/A)|, smoothed by a 7×7
    Gaussian of σ = 3 and divided by its largest value. Needs no network, and a blank image is
    equally salient everywhere.

    As GuidedMixup's code has it (Kang & Kim, AAAI 2023): images whose longer side is over 128
    pixels are shrunk to it, smaller ones are taken as they are; the amplitude is smoothed, where
    Hou & Zhang smooth its square, of images of 64 pixels. Both filters repeat the border.
    Computed in float64 and rounded once, so an image's map is the same in any batch.
    """

    def __call__(self, batch: Batch) -> Tensor:
        if not len(batch):
            return torch.zeros((0, *batch.images.shape[-2:]), device=batch.images.device)
        images = batch.images.double()
        pixels = images / 255 if batch.images.dtype == torch.uint8 else images
        spectrum = torch.fft.fft2(_working_size(_grey(pixels)))
        power = spectrum.real.square() + spectrum.imag.square()
        smooth = _filtered((power + _EPSILON).log() / 2, _box())
        # exp(log A - smooth) · F/A is F · exp(-smooth).
        seen = _filtered(torch.fft.ifft2(spectrum * (-smooth).exp()).abs(), _gaussian())
        height, width = batch.images.shape[-2:]
        if seen.shape[1:] != (height, width):
            seen = enlarged(seen, (height, width))
        return by_peak(seen).float()


def _grey(images: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H, W)."""
    if images.shape[1] == 1:
        return images[:, 0]
    red, green, blue = images.unbind(1)
    return _LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue


def _working_size(grey: Tensor) -> Tensor:
    height, width = grey.shape[1:]
    longest = max(height, width)
    if longest <= _LARGEST:
        return grey
    size = [max(1, round(side * _LARGEST / longest)) for side in (height, width)]
    return F.interpolate(grey[:, None], size, mode="bilinear", antialias=True)[:, 0]


def _box() -> list[float]:
    return [1 / 3] * 3


def _gaussian() -> list[float]:
    places = range(-_GAUSSIAN_RADIUS, _GAUSSIAN_RADIUS + 1)
    heights = [math.exp(-0.5 * (x / _GAUSSIAN_SIGMA) ** 2) for x in places]
    return [height / sum(heights) for height in heights]


def _filtered(maps: Tensor, taps: list[float]) -> Tensor:
    """(B, H, W) -> the same, filtered by `taps` along both axes, the border repeated."""
    radius = len(taps) // 2
    for dim in (1, 2):
        n = maps.shape[dim]
        # The rows that each tap reads, in a fixed order of adding.
        reads = torch.arange(n, device=maps.device)
        rows = [(reads + shift).clamp(0, n - 1) for shift in range(-radius, radius + 1)]
        total = torch.zeros_like(maps)
        for tap, row in zip(taps, rows, strict=True):
            total = total + tap * maps.index_select(dim, row)
        maps = total
    return maps
