"""The loops that resample images and move them by whole pixels."""

import numpy as np

from augury.kernels.processor.compiled import loop, part
from augury.kernels.processor.resample import resample, to_pixels
from augury.kernels.processor.showing import normalize


@loop
def resample_images(images, white, shape, maps, blacks, alone, mean, std, scratch, places, out):
    """Move each image by its affine maps, and normalize it; see `resample`.

    images: (B, C·H·W), uint8 levels or float32; white: 255 or 1, as float32. shape: (C, H, W).
    maps: (B, 6·P) float32; blacks: see `resample`. alone: (B,) uint8, not 0 for images that are
    only normalized. mean, std: (C,) float32. scratch, places: see `passes.Room`.
    out: (B, C·H·W) float32.
    """
    channels, height, width = shape
    for b in range(len(images)):
        if alone[b]:
            normalize(images[b], white, mean, std, out[b])
        else:
            to_pixels(images[b], white, channels, height, width, scratch)
            resample(scratch, height, width, maps[b], blacks, mean, std, places, out[b])


@loop
def move_windows(images, shape, windows, out):
    """Mirror each image, then shift it by whole pixels; black beyond the image.

    images, out: (B, C·H·W) of one dtype, not the same. shape: (C, H, W). windows: (B, 4) int64:
    mirror y, mirror x, down, right.
    """
    channels, height, width = shape
    for b in range(len(images)):
        given, found = images[b], out[b]
        down, right = windows[b, 2], windows[b, 3]
        # The columns of the result that show the image.
        first, last = min(max(-right, 0), width), min(max(width - right, 0), width)
        for k in range(channels * height):
            start, y = k * width, k % height + down
            if y < 0 or y >= height or first >= last:
                _blacken(found, start, start + width)
                continue
            y = height - 1 - y if windows[b, 0] else y
            at = (k - k % height + y) * width
            _blacken(found, start, start + first)
            _blacken(found, start + last, start + width)
            # Unsigned places are not counted from the end, so that many pixels are copied at once.
            if windows[b, 1]:
                at += width - 1 - right
                for j in range(first, last):
                    found[np.uint64(start + j)] = given[np.uint64(at - j)]
            else:
                at += right
                for j in range(first, last):
                    found[np.uint64(start + j)] = given[np.uint64(at + j)]


@part
def _blacken(image, first, last):
    for j in range(first, last):
        image[np.uint64(j)] = 0
