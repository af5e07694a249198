"""Color operations without rounding to levels, and blurring: see `Recolor` and `Blur`."""

import torch
import triton
import triton.language as tl
from torch import Tensor

from augury.kernels.gpu.launch import EXACT, by_reciprocal, on_device_of
from augury.kernels.gpu.move import scale_arguments
from augury.kernels.gpu.resample import normalized, unit
from augury.kernels.steps import Blur, Recolor, Scale

_LANES = 256


@triton.jit
def clipped(value):
    return tl.minimum(tl.maximum(value, 0.0), 1.0)


@triton.jit
def over(value, number: tl.constexpr, RECIPROCAL: tl.constexpr):
    """float32 over a number, as PyTorch divides on the device."""
    return value * (1.0 / number) if RECIPROCAL else tl.div_rn(value, value * 0 + number)


@triton.jit
def channel_at(plane, at, keep, RECIPROCAL: tl.constexpr):
    return unit(tl.load(plane + at, keep, other=0), RECIPROCAL)


@triton.jit
def luma_at(plane, pixel, area, keep, CHANNELS: tl.constexpr, RECIPROCAL: tl.constexpr):
    """ITU-R 601-2: 0.299 R + 0.587 G + 0.114 B; gray images as they are."""
    found = channel_at(plane, pixel, keep, RECIPROCAL)
    if CHANNELS == 3:
        green = channel_at(plane + area, pixel, keep, RECIPROCAL) * 0.587
        blue = channel_at(plane + 2 * area, pixel, keep, RECIPROCAL) * 0.114
        found = found * 0.299 + green + blue
    return found


@triton.jit
def rounded(value):
    """Whole numbers, halves to the even one; for values from 0 to 2^31."""
    whole = tl.floor(value)
    rest = value - whole
    odd = whole.to(tl.int32) % 2 != 0
    return tl.where((rest > 0.5) | ((rest == 0.5) & odd), whole + 1, whole)


@triton.jit(do_not_specialize=["area"])
def mean_luma(
    images, out, area, CHANNELS: tl.constexpr, RECIPROCAL: tl.constexpr, LANES: tl.constexpr
):
    """The mean luma of each image, from whole multiples of 2^-24 in whatever order."""
    image = tl.program_id(0).to(tl.int64)
    plane = images + image * CHANNELS * area
    sums = tl.zeros([LANES], tl.int64)
    for start in range(0, area, LANES):
        pixel = start + tl.arange(0, LANES)
        luma = luma_at(plane, pixel, area, pixel < area, CHANNELS, RECIPROCAL)
        sums += tl.where(pixel < area, rounded(luma * 16777216.0).to(tl.int64), 0)
    total = tl.sum(sums, 0).to(tl.float64)
    tl.store(out + image, (total / (area.to(tl.float64) * 16777216.0)).to(tl.float32))


@triton.jit
def smoothed(plane, pixel, row, column, height, width, keep, RECIPROCAL: tl.constexpr):
    """PIL's `SMOOTH` of one channel, and its pixels; the outermost ones stay."""
    own = channel_at(plane, pixel, keep, RECIPROCAL)
    inner = (row > 0) & (row < height - 1) & (column > 0) & (column < width - 1) & keep
    total = own * 0
    for right in tl.static_range(-1, 2):
        side = channel_at(plane, pixel - width + right, inner, RECIPROCAL)
        side += channel_at(plane, pixel + right, inner, RECIPROCAL)
        side += channel_at(plane, pixel + width + right, inner, RECIPROCAL)
        total += side
    return tl.where(inner, over(total + 4 * own, 13.0, RECIPROCAL), own), own


@triton.jit
def turned(red, green, blue, shift, RECIPROCAL: tl.constexpr):
    """Three channels after a turn of the color wheel; see `adjust_hue`."""
    high = tl.maximum(tl.maximum(red, green), blue)
    chroma = high - tl.minimum(tl.minimum(red, green), blue)
    divisor = tl.where(chroma == 0, 1.0, chroma)
    near_green = tl.div_rn(blue - red, divisor) + 2
    near_blue = tl.div_rn(red - green, divisor) + 4
    hue = tl.where(high == green, near_green, near_blue)
    hue = tl.where(high == red, tl.div_rn(green - blue, divisor), hue) + 6 * shift
    hue = hue - 6 * tl.floor(over(hue, 6.0, RECIPROCAL))
    fallen_red = high - chroma * clipped(2 - tl.abs(hue - 3))
    fallen_green = high - chroma * clipped(tl.abs(hue - 2) - 1)
    fallen_blue = high - chroma * clipped(tl.abs(hue - 4) - 1)
    return clipped(fallen_red), clipped(fallen_green), clipped(fallen_blue)


@triton.jit
def put(out, at, value, keep, mean, std, channel):
    tl.store(out + at, normalized(value, mean, std, channel), keep)


@triton.jit(do_not_specialize=["height", "width"])
def recolor_pixels(
    images, out, amounts, means, height, width, mean, std,
    CHANNELS: tl.constexpr, KIND: tl.constexpr, RECIPROCAL: tl.constexpr, LANES: tl.constexpr,
):  # fmt: skip
    """One block of pixels of one image. means: (B,) float32, what contrast is taken from."""
    image = tl.program_id(0).to(tl.int64)
    pixel = tl.program_id(1) * LANES + tl.arange(0, LANES)
    area = height * width
    keep = pixel < area
    row, column = pixel // width, pixel % width
    plane, target = images + image * CHANNELS * area, out + image * CHANNELS * area
    amount = tl.load(amounts + image)
    if KIND == "hue" and CHANNELS == 3:
        own_red = channel_at(plane, pixel, keep, RECIPROCAL)
        own_green = channel_at(plane + area, pixel, keep, RECIPROCAL)
        own_blue = channel_at(plane + 2 * area, pixel, keep, RECIPROCAL)
        red, green, blue = turned(own_red, own_green, own_blue, amount, RECIPROCAL)
        still = amount == 0
        put(target, pixel, tl.where(still, own_red, red), keep, mean, std, 0)
        put(target + area, pixel, tl.where(still, own_green, green), keep, mean, std, 1)
        put(target + 2 * area, pixel, tl.where(still, own_blue, blue), keep, mean, std, 2)
    else:
        if KIND == "saturation" or KIND == "grayscale":
            gray = luma_at(plane, pixel, area, keep, CHANNELS, RECIPROCAL)
        for channel in tl.static_range(CHANNELS):
            here = plane + channel * area
            own = channel_at(here, pixel, keep, RECIPROCAL)
            found = own
            if KIND == "brightness":
                found = clipped(own * amount)
            elif KIND == "contrast":
                found = clipped(own + (1 - amount) * (tl.load(means + image) - own))
            elif KIND == "saturation":
                found = clipped(own + (1 - amount) * (gray - own))
            elif KIND == "grayscale":
                found = tl.where(amount > 0, clipped(gray), own)
            elif KIND == "sharpness":
                other, own = smoothed(here, pixel, row, column, height, width, keep, RECIPROCAL)
                found = clipped(own + (1 - amount) * (other - own))
            put(target + channel * area, pixel, found, keep, mean, std, channel)


@triton.jit(do_not_specialize=["height", "width", "radius"])
def blur_line(
    images, out, weights, height, width, radius, mean, std,
    CHANNELS: tl.constexpr, DOWN: tl.constexpr, RECIPROCAL: tl.constexpr, LANES: tl.constexpr,
):  # fmt: skip
    """One block of pixels, filtered along the columns (DOWN) or the rows, tap by tap."""
    image = tl.program_id(0).to(tl.int64)
    pixel = tl.program_id(1) * LANES + tl.arange(0, LANES)
    area = height * width
    keep = pixel < area
    row, column = pixel // width, pixel % width
    its = weights + image * (radius + 1)
    for channel in tl.static_range(CHANNELS):
        plane = images + (image * CHANNELS + channel) * area
        found = channel_at(plane, pixel, keep, RECIPROCAL) * tl.load(its)
        for distance in range(1, radius + 1):
            if DOWN:
                before = tl.maximum(row - distance, 0) * width + column
                after = tl.minimum(row + distance, height - 1) * width + column
            else:
                before = row * width + tl.maximum(column - distance, 0)
                after = row * width + tl.minimum(column + distance, width - 1)
            both = channel_at(plane, before, keep, RECIPROCAL)
            both += channel_at(plane, after, keep, RECIPROCAL)
            found += both * tl.load(its + distance)
        if not DOWN:
            found = clipped(found)
        put(out + (image * CHANNELS + channel) * area, pixel, found, keep, mean, std, channel)


def run_recolor(images: Tensor, step: Recolor, scale: Scale | None) -> Tensor:
    """`images` after one color operation, float32, and, if given, `scale`."""
    out = torch.empty_like(images, dtype=torch.float32, memory_format=torch.contiguous_format)
    if not images.numel():
        return out
    count, channels, height, width = images.shape
    images, means = images.contiguous(), None
    shared = {"CHANNELS": channels, "RECIPROCAL": by_reciprocal(images), "num_warps": 4, **EXACT}
    with on_device_of(images):
        if step.kind == "contrast":
            means = torch.empty(count, dtype=torch.float32, device=images.device)
            mean_luma[(count,)](images, means, height * width, LANES=1024, **shared)
        recolor_pixels[(count, triton.cdiv(height * width, _LANES))](
            images, out, step.amount.contiguous(), means, height, width, *scale_arguments(scale),
            KIND=step.kind, LANES=_LANES, **shared,
        )  # fmt: skip
    return out


def run_blur(images: Tensor, step: Blur, scale: Scale | None) -> Tensor:
    """`images` filtered along both sides, float32, and, if given, `scale`."""
    between, out = (
        torch.empty_like(images, dtype=torch.float32, memory_format=torch.contiguous_format)
        for _ in range(2)
    )
    if not images.numel():
        return out
    count, channels, height, width = images.shape
    weights, radius = step.weights.contiguous(), step.weights.shape[1] - 1
    grid = count, triton.cdiv(height * width, _LANES)
    shared = {"CHANNELS": channels, "LANES": _LANES, "num_warps": 4, **EXACT}
    with on_device_of(images):
        blur_line[grid](
            images.contiguous(), between, weights, height, width, radius, None, None,
            DOWN=True, RECIPROCAL=by_reciprocal(images), **shared,
        )  # fmt: skip
        blur_line[grid](
            between, out, weights, height, width, radius, *scale_arguments(scale),
            DOWN=False, RECIPROCAL=by_reciprocal(images), **shared,
        )  # fmt: skip
    return out
