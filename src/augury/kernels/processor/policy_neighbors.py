"""Saturation and sharpness of one uint8 image: blends with its grays and with a smoothing of it."""

import numpy as np

from augury.kernels.processor.compiled import part
from augury.kernels.processor.policy_levels import blend, copy, gray_of


@part
def saturation(source, factor, out):
    """source, out: (C, H·W) uint8. Images of one channel keep their levels."""
    if len(source) == 1:
        copy(source[0], out[0])
        return
    for i in range(source.shape[1]):
        red, green, blue = source[0, i], source[1, i], source[2, i]
        gray = np.float32(gray_of(red, green, blue))
        out[0, i] = blend(gray, np.float32(red), factor)
        out[1, i] = blend(gray, np.float32(green), factor)
        out[2, i] = blend(gray, np.float32(blue), factor)


@part
def sharpness(source, height, width, factor, out):
    """source, out: (C, H·W) uint8, not the same. The outermost pixels keep their levels."""
    pixels = height * width
    sums = np.empty(pixels, np.uint32)
    for c in range(len(source)):
        levels, found = source[c], out[c]
        copy(levels, found)
        if height < 3 or width < 3:
            continue
        _add_rows(levels, levels[width:], levels[2 * width :], sums[width : pixels - width])
        # In one loop over all rows; the first and last column are put right afterwards.
        begin, end = width + 1, pixels - width - 1
        rows = sums[begin - 1 :], sums[begin:], sums[begin + 1 :]
        _sharpen(rows[0], rows[1], rows[2], levels[begin:end], factor, found[begin:])
        for at in range(width, pixels, width):
            found[at - 1], found[at] = levels[at - 1], levels[at]


@part
def _add_rows(above, levels, below, sums):
    for i in range(len(sums)):
        sums[i] = np.uint32(above[i]) + np.uint32(levels[i]) + np.uint32(below[i])


@part
def _sharpen(before, sums, after, levels, factor, out):
    for i in range(len(levels)):
        level = np.uint32(levels[i])
        total = before[i] + sums[i] + after[i] + np.uint32(4) * level
        # Thirteenths, rounded to the nearest: they are never a half.
        smooth = np.int32(np.uint32(np.uint32(2) * total + np.uint32(13)) // np.uint32(26))
        out[i] = blend(np.float32(smooth), np.float32(np.int32(level)), factor)
