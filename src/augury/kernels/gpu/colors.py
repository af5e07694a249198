"""AutoAugment's color operations on the levels of one image, each a loop of one program.

They replicate `augury.augment.policies.operations` to the bit. source, target: uint8 planes of one
image, C · H · W levels.
"""

import triton
import triton.language as tl


@triton.jit
def blend(level, other, factor):
    """PIL's blend, factor · level + (1 - factor) · other, cut to whole levels; float32 -> uint8."""
    found = (level - other) * factor + other
    return tl.minimum(tl.maximum(found, 0.0), 255.0).to(tl.int32).to(tl.uint8)


@triton.jit
def gray_at(source, pixel, area, keep, CHANNELS: tl.constexpr):
    """PIL's mode "L", ITU-R 601-2 in units of 2^-16: int32 levels."""
    found = tl.load(source + pixel, keep, other=0).to(tl.int32)
    if CHANNELS == 3:
        green = tl.load(source + area + pixel, keep, other=0).to(tl.int32)
        blue = tl.load(source + 2 * area + pixel, keep, other=0).to(tl.int32)
        found = (found * 19595 + green * 38470 + blue * 7471 + 32768) >> 16
    return found


@triton.jit
def mean_gray(source, area, CHANNELS: tl.constexpr, LANES: tl.constexpr):
    """The image's mean gray, rounded to a whole level, as int32."""
    sums = tl.zeros([LANES], tl.int64)
    for start in range(0, area, LANES):
        pixel = start + tl.arange(0, LANES)
        sums += gray_at(source, pixel, area, pixel < area, CHANNELS).to(tl.int64)
    return ((2 * tl.sum(sums, 0) + area) // (2 * area)).to(tl.int32)


@triton.jit
def toward(source, target, size, level, factor, LANES: tl.constexpr):
    """Brightness and contrast: away from, or toward, one level."""
    for start in range(0, size, LANES):
        at = start + tl.arange(0, LANES)
        found = tl.load(source + at, at < size, other=0).to(tl.float32)
        tl.store(target + at, blend(found, level.to(tl.float32), factor), at < size)


@triton.jit
def saturate(source, target, area, factor, CHANNELS: tl.constexpr, LANES: tl.constexpr):
    for start in range(0, area, LANES):
        pixel = start + tl.arange(0, LANES)
        keep = pixel < area
        gray = gray_at(source, pixel, area, keep, CHANNELS).to(tl.float32)
        for channel in tl.static_range(CHANNELS):
            level = tl.load(source + channel * area + pixel, keep, other=0).to(tl.float32)
            tl.store(target + channel * area + pixel, blend(level, gray, factor), keep)


@triton.jit
def sharpen(source, target, height, width, size, factor, LANES: tl.constexpr):
    """Blend with PIL's `SMOOTH`; the outermost pixels stay as they are."""
    for start in range(0, size, LANES):
        at = start + tl.arange(0, LANES)
        keep = at < size
        row, column = at // width % height, at % width
        level = tl.load(source + at, keep, other=0).to(tl.int32)
        inner = (row > 0) & (row < height - 1) & (column > 0) & (column < width - 1) & keep
        total = 4 * level
        for down in tl.static_range(-1, 2):
            for right in tl.static_range(-1, 2):
                near = tl.load(source + at + down * width + right, inner, other=0)
                total += near.to(tl.int32)
        # A sum over 13 is never half a level, so whole numbers round as the plain path does.
        smooth = tl.where(inner, (2 * total + 13) // 26, level)
        found = blend(level.to(tl.float32), smooth.to(tl.float32), factor)
        tl.store(target + at, found, keep)


@triton.jit
def posterize(source, target, size, bits, LANES: tl.constexpr):
    dropped = 8 - tl.minimum(tl.maximum(bits, 0.0), 8.0).to(tl.int32)
    for start in range(0, size, LANES):
        at = start + tl.arange(0, LANES)
        level = tl.load(source + at, at < size, other=0).to(tl.int32)
        tl.store(target + at, ((level >> dropped) << dropped).to(tl.uint8), at < size)


@triton.jit
def solarize(source, target, size, threshold, LANES: tl.constexpr):
    for start in range(0, size, LANES):
        at = start + tl.arange(0, LANES)
        level = tl.load(source + at, at < size, other=0).to(tl.int32)
        found = tl.where(level.to(tl.float32) >= threshold, 255 - level, level)
        tl.store(target + at, found.to(tl.uint8), at < size)


@triton.jit
def solarize_add(source, target, size, amount, LANES: tl.constexpr):
    added = tl.minimum(tl.maximum(amount, 0.0), 255.0).to(tl.int32)
    for start in range(0, size, LANES):
        at = start + tl.arange(0, LANES)
        level = tl.load(source + at, at < size, other=0).to(tl.int32)
        found = tl.where(level < 128, tl.minimum(level + added, 255), level)
        tl.store(target + at, found.to(tl.uint8), at < size)


@triton.jit
def autocontrast(source, target, area, LANES: tl.constexpr):
    """One channel: stretched to 0..255; a channel of one value stays as it is."""
    lowest = tl.zeros([LANES], tl.int32) + 255
    highest = tl.zeros([LANES], tl.int32)
    for start in range(0, area, LANES):
        at = start + tl.arange(0, LANES)
        level = tl.load(source + at, at < area, other=0).to(tl.int32)
        highest = tl.maximum(highest, level)
        lowest = tl.minimum(lowest, tl.where(at < area, level, 255))
    low, high = tl.min(lowest, 0), tl.max(highest, 0)
    # PIL's order of operations, in float64.
    whole = tl.maximum(high - low, 1).to(tl.float64)
    scale = (whole * 0 + 255) / whole
    offset = -low.to(tl.float64) * scale
    for start in range(0, area, LANES):
        at = start + tl.arange(0, LANES)
        level = tl.load(source + at, at < area, other=0).to(tl.int32)
        stretched = level.to(tl.float64) * scale + offset
        stretched = tl.minimum(tl.maximum(stretched, 0.0), 255.0).to(tl.int32)
        tl.store(target + at, tl.where(high > low, stretched, level).to(tl.uint8), at < area)


@triton.jit
def equalize(source, target, table, area, LANES: tl.constexpr):
    """One channel: its histogram made flat. table: scratch for 256 uint8."""
    counts = tl.zeros([256], tl.int32)
    beyond = 0
    for start in range(0, area, LANES):
        at = start + tl.arange(0, LANES)
        level = tl.load(source + at, at < area, other=0).to(tl.int32)
        counts += tl.histogram(level, 256)
        beyond += tl.maximum(start + LANES - area, 0)
    value = tl.arange(0, 256)
    # Lanes beyond the channel's end have read 0.
    counts -= tl.where(value == 0, beyond, 0)
    largest = tl.max(tl.where(counts > 0, value, 0), 0)
    below = area - tl.sum(tl.where(value == largest, counts, 0), 0)
    step = below // 255
    first = tl.cumsum(counts, 0) - counts + step // 2
    equalized = tl.minimum(first // tl.maximum(step, 1), 255)
    found = value
    if step > 0:
        found = equalized
    tl.store(table + value, found.to(tl.uint8))
    tl.debug_barrier()
    for start in range(0, area, LANES):
        at = start + tl.arange(0, LANES)
        level = tl.load(source + at, at < area, other=0).to(tl.int32)
        tl.store(target + at, tl.load(table + level, at < area, other=0), at < area)
