"""Spectral residual (Hou & Zhang, "Saliency detection: a spectral residual approach", 2007)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from augury.batch import Batch
from augury.names import check_name
from augury.saliency.scale import by_peak, enlarged

_LUMA = (0.299, 0.587, 0.114)  # ITU-R 601
_LARGEST = 128  # longest side at which the spectrum is taken
_GAUSSIAN_RADIUS, _GAUSSIAN_SIGMA = 3, 3.0
# Added to |F|², to keep its logarithm finite; as in GuidedMixup.
_EPSILON = 1e-10

# The values beyond the map, for the Gaussian.
BORDERS = ("zeros", "mirrored", "repeated")


class SpectralResidual:
    """batch -> (B, H, W) in [0, 1]: the unusual part of an image's spectrum, as a map.

    With F the spectrum of the gray image and A = sqrt(|F|² + 1e-10), the residual R is log A minus
    its 3×3 box mean. The map is |ifft(exp(R) · F/A)|, smoothed by a 7×7 Gaussian of σ = 3 and
    divided by its largest value. It needs no network.

    border: the values beyond the map, for the Gaussian. "zeros" as in Hou & Zhang's code: pixels
        near the border count less, in a corner a third, so a blank image is most salient in its
        middle. "mirrored", without the outermost pixel, as in GuidedMixup's code (Kang & Kim, AAAI
        2023). "repeated", the outermost pixel, is in neither code and overrates that pixel; maps of
        revision 1 use it (`augury.saliency.kind_at`).

    Everything else is as in GuidedMixup's code: the box mean repeats the border; images whose
    longer side is over 128 pixels are shrunk to that side (there to 128×128), smaller ones are not
    resized; the amplitude is smoothed (Hou & Zhang smooth its square, with another Gaussian, on
    images of 64 pixels). Computed in float64 and rounded once, so a map is the same in any batch.
    """

    def __init__(self, border: str = "zeros") -> None:
        check_name(border, BORDERS, "border")
        self.border = border

    def __call__(self, batch: Batch) -> Tensor:
        if not len(batch):
            return torch.zeros((0, *batch.images.shape[-2:]), device=batch.images.device)
        images = batch.images.double()
        pixels = images / 255 if batch.images.dtype == torch.uint8 else images
        spectrum = torch.fft.fft2(_working_size(_gray(pixels)))
        power = spectrum.real.square() + spectrum.imag.square()
        smooth = _filtered((power + _EPSILON).log() / 2, _box(), "repeated")
        # exp(log A - smooth) · F/A is F · exp(-smooth).
        unsmoothed = torch.fft.ifft2(spectrum * (-smooth).exp()).abs()
        seen = _filtered(unsmoothed, _gaussian(), self.border)
        height, width = batch.images.shape[-2:]
        if seen.shape[1:] != (height, width):
            seen = enlarged(seen, (height, width))
        return by_peak(seen).float()


def _gray(images: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H, W)."""
    if images.shape[1] == 1:
        return images[:, 0]
    red, green, blue = images.unbind(1)
    return _LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue


def _working_size(gray: Tensor) -> Tensor:
    height, width = gray.shape[1:]
    longest = max(height, width)
    if longest <= _LARGEST:
        return gray
    size = [max(1, round(side * _LARGEST / longest)) for side in (height, width)]
    return F.interpolate(gray[:, None], size, mode="bilinear", antialias=True)[:, 0]


def _box() -> list[float]:
    return [1 / 3] * 3


def _gaussian() -> list[float]:
    places = range(-_GAUSSIAN_RADIUS, _GAUSSIAN_RADIUS + 1)
    heights = [math.exp(-0.5 * (x / _GAUSSIAN_SIGMA) ** 2) for x in places]
    return [height / sum(heights) for height in heights]


def _filtered(maps: Tensor, taps: list[float], border: str) -> Tensor:
    """(B, H, W) maps filtered by `taps` along both axes; border: one of BORDERS."""
    radius = len(taps) // 2
    for dim in (1, 2):
        n = maps.shape[dim]
        # The rows that each tap reads; the order of additions is fixed.
        reads = torch.arange(n, device=maps.device)
        total = torch.zeros_like(maps)
        for tap, shift in zip(taps, range(-radius, radius + 1), strict=True):
            row = _rows(reads + shift, n, border)
            tapped = tap * maps.index_select(dim, row.clamp(0, n - 1))
            beyond = (row < 0) | (row >= n)
            total = total + tapped.masked_fill(beyond[:, None] if dim == 1 else beyond, 0)
        maps = total
    return maps


def _rows(places: Tensor, n: int, border: str) -> Tensor:
    """`places` with those beyond the n rows mapped to rows; unchanged for "zeros"."""
    if border == "repeated":
        return places.clamp(0, n - 1)
    if border == "mirrored":
        last = max(n - 1, 1)
        turned = places % (2 * last)
        return torch.where(turned > last, 2 * last - turned, turned).clamp(max=n - 1)
    return places
