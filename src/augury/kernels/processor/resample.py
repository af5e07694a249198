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

    scratch: float32, the pixels (see `to_pixels`), then 10 rows of W', which is W rounded up to a
    multiple of 4. maps: (6·P,) float32, in the order of the moves, each with rows y and x, from
    output to input; blacks: bit k is set where map k has a black border, else its nearest pixels
    are repeated. mean, std: (C,) float32. places: (W',) int32, scratch, 0 at first.
    out: flat (C, H, W) float32.
    """
    below, long = np.int32(4 * (width + 1)), len(places)
    at = 4 * (height + 1) * (width + 1)
    y, x = scratch[at : at + width], scratch[at + long : at + long + width]
    at += 2 * long
    cover, shares = scratch[at : at + width], scratch[at + long : at + 5 * long]
    line = scratch[at + 5 * long : at + 8 * long]
    for row in range(height):
        _locate(row, height, width, maps, blacks, y, x, cover)
        _corners(height, width, y, x, places, shares)
        for j in range(0, long, 4):
            blend_pixels(scratch, places, below, shares, long, j, line)
        if blacks:
            for c in range(3):
                for j in range(width):
                    line[np.uint64(c * long + j)] *= cover[j]
        # Written out here, and with unsigned places, which are not counted from the end: only so
        # are pixels computed many at once, in a quarter of the time.
        for c in range(len(mean)):
            its_mean, its_std, start = mean[c], std[c], (c * height + row) * width
            for j in range(width):
                value = min(max(line[np.uint64(c * long + j)], _ZERO), _ONE)
                out[np.uint64(start + j)] = (value - its_mean) / its_std


@part
def _locate(row, height, width, maps, blacks, y, x, cover):
    """Where the pixels of a row read, about the center, and how much of each is seen; (W,) each."""
    edge_y, edge_x = np.float32((height - 1) / 2), np.float32((width - 1) / 2)
    last = len(maps) // 6 - 1
    for k in range(last, -1, -1):
        yy, yx, down = maps[6 * k], maps[6 * k + 1], maps[6 * k + 2]
        xy, xx, right = maps[6 * k + 3], maps[6 * k + 4], maps[6 * k + 5]
        if k == last:
            from_y = np.float32(row) - edge_y
            for j in range(width):
                from_x = np.float32(j) - edge_x
                y[j] = (yy * from_y + yx * from_x) + down
                x[j] = (xy * from_y + xx * from_x) + right
        else:
            for j in range(width):
                to_y = (yy * y[j] + yx * x[j]) + down
                to_x = (xy * y[j] + xx * x[j]) + right
                y[j], x[j] = to_y, to_x
        if (blacks >> k) & 1:
            # Of the maps beyond k, `cover` has what they leave of each pixel, if one is black.
            whole = blacks >> (k + 1) == 0
            for j in range(width):
                before = _ONE if whole else cover[j]
                cover[j] = (before * _seen(y[j], edge_y)) * _seen(x[j], edge_x)
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
    long = len(places)
    a, b = shares[:width], shares[long : long + width]
    c, d = shares[2 * long : 2 * long + width], shares[3 * long : 3 * long + width]
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
