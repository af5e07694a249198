"""The loops that resample images and move them by whole pixels."""

import numpy as np

from augury.kernels.processor.compiled import loop
from augury.kernels.processor.resample import resample, to_pixels
from augury.kernels.processor.showing import normalize


@loop
def resample_images(images, white, shape, maps, blacks, alone, mean, std, scratch, places, out):
    """Move each image by its affine maps, and normalize it; see `resample`.

    images: (B, C·H·W), uint8 levels or float32; white: 255 or 1, as float32. shape: (C, H, W).
    maps: (B, 6·P) float32; blacks: see `resample`. alone: (B,) uint8, not 0 for images that are
    only normalized. mean, std: (C,) float32. scratch, places: see `room_to_resample`.
    out: (B, C·H·W) float32.
    """
    channels, height, width = shape
    for b in range(len(images)):
        if alone[b]:
            normalize(images[b], white, mean, std, out[b])
        else:
            to_pixels(images[b], white, channels, height, width, scratch)
            resample(scratch, height, width, maps[b], blacks, mean, std, places, out[b])


def room_to_resample(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """`scratch` and `places` of `resample_images`: the pixels of an image and 12 rows, and a row.

    The last row and column of the pixels are 0, and no loop writes to them.
    """
    pixels = 4 * (height + 1) * (width + 1)
    return np.zeros(pixels + 11 * width, np.float32), np.empty(width, np.int32)


@loop
def move_windows(images, shape, windows, out):
    """Mirror each image, then shift it by whole pixels; black beyond the image.

    images, out: (B, C·H·W) of one dtype, not the same. shape: (C, H, W). windows: (B, 4) int64:
    mirror y, mirror x, down, right.
    """
    channels, height, width = shape
    for b in range(len(images)):
        down, right = windows[b, 2], windows[b, 3]
        # The columns of the result that show the image.
        first, last = min(max(-right, 0), width), min(max(width - right, 0), width)
        for k in range(channels * height):
            top = k - k % height
            y = k % height + down
            line = out[b, k * width : (k + 1) * width]
            if y < 0 or y >= height or first >= last:
                for j in range(width):
                    line[j] = 0
                continue
            y = top + (height - 1 - y if windows[b, 0] else y)
            source = images[b, y * width : (y + 1) * width]
            for j in range(first):
                line[j] = 0
            for j in range(last, width):
                line[j] = 0
            if windows[b, 1]:
                start = width - 1 - right
                for j in range(first, last):
                    line[j] = source[np.uint64(start - j)]
            else:
                for j in range(first, last):
                    line[j] = source[np.uint64(j + right)]
