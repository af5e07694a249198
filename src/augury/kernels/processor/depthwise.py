"""The gradients of a depthwise convolution of maps that lie channels last.

Each channel has a filter of its own, so that channels, which lie side by side, are computed many
at once. oneDNN's kernels are made for large maps: 960 channels of one pixel, 3×3 filters and 100
images take it 4.5 ms, and this loop 0.14.
"""

import numpy as np

from augury.kernels.processor.compiled import loop, part


@loop
def depthwise_back(maps, filters, stride, pad, grads, to_maps, to_filters):
    """Write the gradients with respect to maps and filters.

    maps: (N, H, W, C); filters: (K, K, C); stride, pad: in pixels, of both directions and all
    sides; grads: (N, R, S, C), of the result; all float32, channels side by side.
    to_maps, to_filters: like `maps` and `filters`. Those of filters are summed over each image
    first, then over the images in their order.
    """
    size, channels = len(filters), maps.shape[3]
    sums = np.empty(filters.shape, np.float32)
    to_filters[:] = np.float32(0)
    for n in range(len(maps)):
        sums[:] = np.float32(0)
        to_maps[n] = np.float32(0)
        for row in range(grads.shape[1]):
            top = row * stride - pad
            upper, lower = _within(top, size, maps.shape[1])
            for column in range(grads.shape[2]):
                left = column * stride - pad
                near, far = _within(left, size, maps.shape[2])
                grad = grads[n, row, column]
                for i in range(upper, lower):
                    for j in range(near, far):
                        pixel, its_sums = maps[n, top + i, left + j], sums[i, j]
                        to_pixel, weights = to_maps[n, top + i, left + j], filters[i, j]
                        for c in range(channels):
                            its_sums[c] += pixel[c] * grad[c]
                        for c in range(channels):
                            to_pixel[c] += weights[c] * grad[c]
        for i in range(size):
            for j in range(size):
                total, its_sums = to_filters[i, j], sums[i, j]
                for c in range(channels):
                    total[c] += its_sums[c]


@part
def _within(start, size, side):
    """Which of `size` pixels from `start` on lie in 0..side-1, as first and end."""
    return max(0, -start), min(size, side - start)
