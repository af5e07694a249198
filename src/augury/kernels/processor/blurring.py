"""A separable filter of float32 images, with the operations of `augment/color/blur.py`."""

import numpy as np

from augury.kernels.processor.compiled import loop, part


@loop
def blur(images, shape, weights, out):
    """Each image filtered along its columns, then along its rows, and clipped to [0, 1].

    images: (B, C, H·W) float32; out: the same, and not `images`; shape: (C, H, W).
    weights: (B, R+1) float32, see `steps.Blur`.
    """
    channels, height, width = shape
    turned = np.empty(height * width, np.float32)
    for b in range(len(images)):
        for c in range(channels):
            _filter_rows_apart(images[b, c], height, width, weights[b], turned)
            _filter_within_rows(turned, width, weights[b], out[b, c])


@part
def _filter_rows_apart(values, height, width, weights, out):
    for row in range(height):
        found = out[row * width : (row + 1) * width]
        _start(values[row * width : (row + 1) * width], weights[0], found)
        for k in range(1, len(weights)):
            before, after = max(row - k, 0) * width, min(row + k, height - 1) * width
            _add(values[before : before + width], values[after : after + width], weights[k], found)


@part
def _filter_within_rows(values, width, weights, out):
    radius = len(weights) - 1
    padded = np.empty(width + 2 * radius, np.float32)
    for line in range(0, len(values), width):
        its, found = values[line : line + width], out[line : line + width]
        for x in range(width):
            padded[radius + x] = its[x]
        for x in range(radius):
            padded[x], padded[radius + width + x] = its[0], its[width - 1]
        _start(its, weights[0], found)
        for k in range(1, len(weights)):
            _add(padded[radius - k :], padded[radius + k :], weights[k], found)
        for x in range(width):
            found[x] = min(max(found[x], np.float32(0)), np.float32(1))


@part
def _start(values, weight, out):
    for x in range(len(out)):
        out[x] = values[x] * weight


@part
def _add(before, after, weight, out):
    for x in range(len(out)):
        out[x] += (before[x] + after[x]) * weight
