"""JPEG compression with the losses of libjpeg, for a batch on any device, without a file."""

import torch
import torch.nn.functional as F
from torch import Tensor

from augury.kernels.constants import constant

# ITU-T T.81, annex K: luminance and chrominance steps of quality 50.
_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)

# JFIF's conversions in units of 2^-16, without the offsets of 128.
_TO_YCC = ((19595, 38470, 7471), (-11059, -21709, 32768), (32768, -27439, -5329))
_TO_RGB = ((65536, 0, 91881), (65536, -22554, -46802), (65536, 116130, 0))

# The cosine transform of libjpeg's "slow" integer method (Loeffler, Ligtenberg and Moschytz, 1989),
# multiplied out, in units of 2^-13: rows are frequencies. Some entries differ from the rounded
# cosines by 1, because they are sums of rounded constants.
_COSINES = (
    (8192, 8192, 8192, 8192, 8192, 8192, 8192, 8192),
    (11363, 9633, 6437, 2260, -2260, -6437, -9633, -11363),
    (10703, 4433, -4433, -10703, -10703, -4433, 4433, 10703),
    (9633, -2259, -11362, -6436, 6436, 11362, 2259, -9633),
    (8192, -8192, -8192, 8192, 8192, -8192, -8192, 8192),
    (6437, -11362, 2261, 9633, -9633, -2261, 11362, -6437),
    (4433, -10704, 10704, -4433, -4433, 10704, -10704, 4433),
    (2260, -6436, 9633, -11363, 11363, -9633, 6436, -2260),
)


# Numbers that are computed together on a processor. In float64 they take 4 MB: 16 photographs of
# 224×224 took 3.5 ms each in such pieces and 5.9 ms at once, and a large batch takes gigabytes.
_TOGETHER = 2**19


def compress(images: Tensor, quality: Tensor) -> Tensor:
    """images (B, C, H, W) uint8 after JPEG compression at `quality`, (B,) int64 in 1..100.

    The chroma of color images has half the resolution in both directions (4:2:0, Pillow's default);
    a gray image is a JPEG of one channel. No file is written, because entropy coding is lossless.

    All steps are libjpeg's, in whole numbers: its "slow" integer cosine transform, its standard
    tables scaled by the quality, and its triangle filter that enlarges the chroma. So the result
    equals Pillow's `save` and `open` bit for bit; the tests check sizes from 1×1 to 96×96 and
    qualities from 1 to 100 (Pillow 13.0 with libjpeg-turbo 3.2).
    """
    together = max(1, _TOGETHER // images.shape[1:].numel())
    if images.device.type != "cpu" or len(images) <= together:
        return _compress(images, quality)
    pieces = zip(torch.split(images, together), torch.split(quality, together), strict=True)
    return torch.cat([_compress(*piece) for piece in pieces])


def _compress(images: Tensor, quality: Tensor) -> Tensor:
    # Whole numbers in float64 throughout: sums are exact, also in matrix products.
    levels = images.double()
    if images.shape[1] == 1:
        return _to_levels(_quantize(levels - 128, _LUMINANCE, quality) + 128)
    height, width = images.shape[2:]
    luma = _shift(_mix(_TO_YCC[:1], levels), 16) - 128
    # Here libjpeg rounds a half down; elsewhere up.
    chroma = _halve(_shift(_mix(_TO_YCC[1:], levels) - 1, 16))
    luma = _quantize(luma, _LUMINANCE, quality)
    chroma = _quantize(chroma, _CHROMINANCE, quality)[..., : -(-width // 2)]
    ycc = torch.cat((luma + 128, _double(chroma)[:, :, :height, :width]), dim=1)
    return _to_levels(_shift(_mix(_TO_RGB, ycc), 16))


def _quantize(samples: Tensor, table: tuple[tuple[int, ...], ...], quality: Tensor) -> Tensor:
    """Samples (B, C, H, W) in -128..127 after quantization of the frequencies of 8×8 blocks."""
    height, width = samples.shape[2:]
    padded = _extend(samples, -height % 8, -width % 8)
    down, across = padded.shape[2] // 8, padded.shape[3] // 8
    blocks = padded.reshape(*padded.shape[:2], down, 8, across, 8).transpose(3, 4)
    cosines = constant(_COSINES, torch.float64, samples.device)
    frequencies = _shift(cosines @ _shift(blocks @ cosines.T, 11), 15)
    # libjpeg's frequencies are 8 times as large as the tables assume.
    steps = _scaled(constant(table, torch.float64, samples.device), quality)
    numbers = (frequencies.abs() / (8 * steps) + 0.5).floor_() * frequencies.sign()
    restored = _shift(_shift(cosines.T @ (numbers * steps), 11) @ cosines, 18)
    image = restored.clamp_(-128, 127).transpose(3, 4).flatten(4, 5).flatten(2, 3)
    return image[:, :, :height, :width]


def _scaled(table: Tensor, quality: Tensor) -> Tensor:
    """(B, 1, 1, 1, 8, 8): the steps of each image, by libjpeg's `jpeg_quality_scaling`.

    For baseline files, whose steps have 8 bits.
    """
    low = torch.full_like(quality, 5000).div(quality, rounding_mode="floor")
    percent = torch.where(quality < 50, low, 200 - 2 * quality).view(-1, 1, 1, 1, 1, 1)
    return ((table * percent + 50) / 100).floor_().clamp_(1, 255)


def _halve(chroma: Tensor) -> Tensor:
    """Means of 2×2 pixels; as in libjpeg, rounding alternates from column to column."""
    height, width = chroma.shape[2:]
    x = _extend(chroma, height % 2, -width % 16)
    sums = x[..., ::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, ::2] + x[..., 1::2, 1::2]
    bias = torch.arange(sums.shape[3], device=x.device) % 2 + 1
    return sums.add_(bias).div_(4).floor_()


def _double(chroma: Tensor) -> Tensor:
    """Each new sample is 3/4 of the nearest old one plus 1/4 of the next, in both directions.

    Of an image that is at most four pixels wide the samples are repeated, as in libjpeg.
    """
    if chroma.shape[3] <= 2:
        return chroma.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    x = F.pad(chroma, (1, 1, 1, 1), "replicate")
    near = 3 * x[:, :, 1:-1]
    x = torch.stack((near + x[:, :, :-2], near + x[:, :, 2:]), dim=3).flatten(2, 3)
    near = 3 * x[..., 1:-1]
    # Halves round up on the left and down on the right.
    return (
        torch.stack((near + x[..., :-2] + 8, near + x[..., 2:] + 7), dim=4)
        .flatten(3)
        .div_(16)
        .floor_()
    )


def _extend(x: Tensor, rows: int, columns: int) -> Tensor:
    """Repeat the last row and column up to `rows` and `columns`."""
    return F.pad(x, (0, columns, 0, rows), "replicate")


def _mix(matrix: tuple[tuple[int, ...], ...], x: Tensor) -> Tensor:
    """Multiply the channels of each pixel by `matrix`."""
    mixed = constant(matrix, torch.float64, x.device) @ x.flatten(2)
    return mixed.view(len(x), len(matrix), *x.shape[2:])


def _shift(x: Tensor, bits: int) -> Tensor:
    """x / 2^bits, rounded to the nearest whole number, halves up; x is overwritten."""
    return x.add_(2 ** (bits - 1)).mul_(2.0**-bits).floor_()


def _to_levels(x: Tensor) -> Tensor:
    return x.clamp_(0, 255).to(torch.uint8)
