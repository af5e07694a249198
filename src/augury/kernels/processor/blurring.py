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
    radius = weights.shape[1] - 1
    stride = width + 2 * radius
    padded = np.empty((height + 2 * radius) * stride, np.float32)
    # Rows stay padded until the end, so that a tap is one loop over all of them.
    by_columns = np.empty(height * stride, np.float32)
    by_rows = np.empty(height * stride, np.float32)
    for b in range(len(images)):
        for c in range(channels):
            _pad(images[b, c], height, width, radius, padded)
            _filter(padded, radius, stride, weights[b], by_columns)
            _filter(by_columns, radius, 1, weights[b], by_rows[: len(by_rows) - 2 * radius])
            for row in range(height):
                line = by_rows[row * stride : row * stride + width]
                _clip(line, out[b, c, row * width : (row + 1) * width])


@part
def _pad(values, height, width, radius, padded):
    """Repeat the nearest pixel `radius` times on all sides."""
    stride = width + 2 * radius
    for row in range(height + 2 * radius):
        origin = min(max(row - radius, 0), height - 1) * width
        line, found = values[origin : origin + width], padded[row * stride : (row + 1) * stride]
        for x in range(radius):
            found[x], found[radius + width + x] = line[0], line[width - 1]
        inner = found[radius : radius + width]
        for x in range(width):
            inner[x] = line[x]


@part
def _filter(values, radius, step, weights, out):
    """One direction, whose neighbors are `step` places apart; tap by tap, as the plain path."""
    _start(values[radius * step :], weights[0], out)
    for k in range(1, radius + 1):
        _add(values[(radius - k) * step :], values[(radius + k) * step :], weights[k], out)


@part
def _start(values, weight, out):
    for i in range(len(out)):
        out[i] = values[i] * weight


@part
def _add(before, after, weight, out):
    for i in range(len(out)):
        out[i] += (before[i] + after[i]) * weight


@part
def _clip(values, out):
    for i in range(len(out)):
        out[i] = min(max(values[i], np.float32(0)), np.float32(1))
