"""Bilinear resampling of one image, with the float32 operations of the plain path in their order.

They are those of `augment/geometry/resampling.py` and of PyTorch's `grid_sample`, so that the
result is the same to the bit.
"""

import numpy as np

from augury.kernels.processor.compiled import part
from augury.kernels.processor.lanes import blend_pixels, join_channels

_ZERO, _ONE = np.float32(0), np.float32(1)


@part
def to_pixels(planes, white, channels, height, width, pixels):
    """Flat (C, H, W), uint8 or float32, -> `pixels`, flat (H+1, W+1, 4) float32 in [0, 1].

    white: the value that becomes 1, 255 for uint8 and 1 for float32. The last row and column of
    `pixels` are read with weight 0, and the fourth channel is not used.
    """
    plane = height * width if channels > 1 else 0
    whole = width - width % 4
    for i in range(height):
        start = 4 * i * (width + 1)
        for j in range(0, whole, 4):
            join_channels(planes, i * width + j, plane, pixels, start + 4 * j)
        for j in range(whole, width):
            for c in range(3):
                value = np.float32(planes[np.uint64(c * plane + i * width + j)])
                pixels[np.uint64(start + 4 * j + c)] = value / white


@part
def resample(scratch, height, width, maps, blacks, mean, std, places, out):
    """Write the pixels in `scratch`, as moved by the affine maps, normalized, to `out`.

    scratch: float32, the pixels (see `to_pixels`), then 11 rows of W. maps: (6·P,) float32, in the
    order of the moves, each with rows y and x, from output to input; blacks: bit k is set where map
    k has a black border, else its nearest pixels are repeated. mean, std: (C,) float32.
    places: (W,) int32, scratch. out: flat (C, H, W) float32.
    """
    below = np.int32(4 * (width + 1))
    at = 4 * (height + 1) * (width + 1)
    y, x = scratch[at : at + width], scratch[at + width : at + 2 * width]
    at += 2 * width
    cover, shares = scratch[at : at + width], scratch[at + width : at + 5 * width]
    line = scratch[at + 5 * width : at + 9 * width]
    for row in range(height):
        _locate(row, height, width, maps, blacks, y, x, cover)
        _corners(height, width, y, x, places, shares)
        for j in range(width):
            blend_pixels(
                scratch,
                places[j],
                places[j] + below,
                shares[j],
                shares[width + j],
                shares[2 * width + j],
                shares[3 * width + j],
                line,
                4 * j,
            )
        if blacks:
            for j in range(width):
                for c in range(3):
                    line[np.uint64(4 * j + c)] *= cover[j]
        _write(line, row, height, width, mean, std, out)


@part
def _locate(row, height, width, maps, blacks, y, x, cover):
    """Where the pixels of a row read, about the center, and how much of each is seen; (W,) each."""
    edge_y, edge_x = np.float32((height - 1) / 2), np.float32((width - 1) / 2)
    for j in range(width):
        y[j] = np.float32(row) - edge_y
        x[j] = np.float32(j) - edge_x
        cover[j] = _ONE
    for k in range(len(maps) // 6 - 1, -1, -1):
        yy, yx, down = maps[6 * k], maps[6 * k + 1], maps[6 * k + 2]
        xy, xx, right = maps[6 * k + 3], maps[6 * k + 4], maps[6 * k + 5]
        for j in range(width):
            to_y = (yy * y[j] + yx * x[j]) + down
            to_x = (xy * y[j] + xx * x[j]) + right
            y[j], x[j] = to_y, to_x
        if (blacks >> k) & 1:
            for j in range(width):
                cover[j] = (cover[j] * _seen(y[j], edge_y)) * _seen(x[j], edge_x)
        # The first map reads the image itself, which `_corners` keeps within.
        if k or (blacks >> k) & 1:
            for j in range(width):
                y[j] = min(max(y[j], -edge_y), edge_y)
                x[j] = min(max(x[j], -edge_x), edge_x)


@part
def _seen(where, edge):
    """The share of a pixel that lies inside the image; the rest is black."""
    return min(max((_ONE + edge) - abs(where), _ZERO), _ONE)


@part
def _corners(height, width, y, x, places, shares):
    """From coordinates to the places of the upper left pixels and the shares of all four."""
    a, b = shares[:width], shares[width : 2 * width]
    c, d = shares[2 * width : 3 * width], shares[3 * width :]
    to_grid_y = np.float32(2 / max(height - 1, 1))
    to_grid_x = np.float32(2 / max(width - 1, 1))
    half_y, half_x = np.float32((height - 1) / 2), np.float32((width - 1) / 2)
    last_y, last_x = np.float32(height - 1), np.float32(width - 1)
    for j in range(width):
        at_y = min(max((y[j] * to_grid_y + _ONE) * half_y, _ZERO), last_y)
        at_x = min(max((x[j] * to_grid_x + _ONE) * half_x, _ZERO), last_x)
        # Not negative: cutting off the decimals is rounding down.
        top, left = np.int32(at_y), np.int32(at_x)
        lower, right = at_y - np.float32(top), at_x - np.float32(left)
        upper = _ONE - lower
        a[j], b[j] = (_ONE - right) * upper, right * upper
        c[j], d[j] = (_ONE - right) * lower, right * lower
        places[j] = np.int32(4) * (top * np.int32(width + 1) + left)


@part
def _write(line, row, height, width, mean, std, out):
    for c in range(len(mean)):
        # In variables of their own: read for each pixel, they could have been changed by the last.
        its_mean, its_std = mean[c], std[c]
        start = (c * height + row) * width
        found = out[start : start + width]
        for j in range(width):
            # Unsigned, or it might be counted from the end, which keeps pixels from being computed
            # many at once: that took three times as long.
            value = line[np.uint64(4 * j + c)]
            found[j] = (min(max(value, _ZERO), _ONE) - its_mean) / its_std
