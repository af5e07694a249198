"""Bilinear moves of one uint8 image, with whole levels as a result.

The float32 operations and their order are those of `augment/policies/operations.py`, so that the
levels are the same.
"""

import numpy as np

from augury.kernels.processor.compiled import inlined, part
from augury.kernels.processor.policy_levels import copy

_ZERO, _ONE, _HALF = np.float32(0), np.float32(1), np.float32(0.5)


@inlined
def move(source, height, width, matrices, begin, end, out):
    """`source` moved by the matrices from `begin` up to `end`, in one resampling.

    source, out: (C, H·W) uint8, not the same. matrices: (L, 2, 3) float32, applied in order; each
    maps output to input coordinates about the center, rows y and x. Black beyond the image.
    """
    down, right = matrices[begin, 0, 2], matrices[begin, 1, 2]
    if end - begin == 1 and _is_shift(matrices, begin):
        _shift(source, height, width, -np.int64(down), -np.int64(right), out)
    else:
        _resample(source, height, width, matrices, begin, end, out)


@part
def _is_shift(matrices, k):
    """Whether matrix k moves by whole pixels and does nothing else."""
    down, right = matrices[k, 0, 2], matrices[k, 1, 2]
    rows = matrices[k, 0, 0] == 1 and matrices[k, 0, 1] == 0 and down == np.float32(np.int64(down))
    columns = matrices[k, 1, 0] == 0 and matrices[k, 1, 1] == 1
    return rows and columns and right == np.float32(np.int64(right))


@part
def _shift(source, height, width, down, right, out):
    # The columns of the result that show the image.
    first, last = min(max(right, 0), width), max(min(width + right, width), 0)
    for c in range(len(source)):
        for row in range(height):
            line, origin = row * width, (row - down) * width - right
            if row - down < 0 or row - down >= height or first >= last:
                _blacken(out[c, line : line + width])
                continue
            _blacken(out[c, line : line + first])
            copy(source[c, origin + first : origin + last], out[c, line + first : line + last])
            _blacken(out[c, line + last : line + width])


@part
def _blacken(levels):
    for i in range(len(levels)):
        levels[i] = 0


@part
def _resample(source, height, width, matrices, begin, end, out):
    y, x = np.empty(width, np.float32), np.empty(width, np.float32)
    cover, corner = np.empty(width, np.float32), np.empty(width, np.uint32)
    squares, words = np.empty(source.shape, np.uint32), np.empty(width, np.uint32)
    for c in range(len(source)):
        _pack(source[c], height, width, squares[c])
    for row in range(height):
        _locate(row, height, width, matrices, begin, end, y, x, cover)
        _corners(height, width, y, x, corner)
        for c in range(len(source)):
            _gather(squares[c], corner, words)
            _interpolate(words, y, x, cover, out[c, row * width : row * width + width])


@part
def _pack(levels, height, width, squares):
    """Each pixel with its neighbors to the right, below and both, in the bytes of one word.

    Bilinear interpolation reads all four, and one word is read faster than four bytes. Beyond the
    border is the border.
    """
    below, last = levels[width:], (height - 1) * width
    _pack_inner(levels, levels[1:], below, below[1:], squares[: max(last - 1, 0)])
    bottom = levels[last:]
    _pack_inner(bottom, bottom[1:], bottom, bottom[1:], squares[last : last + width - 1])
    for at in range(width - 1, height * width, width):
        level, under = levels[at], levels[min(at + width, last + width - 1)]
        squares[at] = _word(level, level, under, under)


@part
def _pack_inner(levels, beside, below, across, squares):
    for i in range(len(squares)):
        squares[i] = _word(levels[i], beside[i], below[i], across[i])


@part
def _word(level, beside, below, across):
    upper = np.uint32(level) | np.uint32(np.uint32(beside) << np.uint32(8))
    lower = np.uint32(below) | np.uint32(np.uint32(across) << np.uint32(8))
    return np.uint32(upper | np.uint32(lower << np.uint32(16)))


@part
def _gather(squares, corner, words):
    # A loop of its own: reading at computed places cannot become vector instructions.
    for i in range(len(corner)):
        words[i] = squares[corner[i]]


@part
def _interpolate(words, y, x, cover, out):
    for i in range(len(words)):
        upper = _between(_byte(words[i], 0), _byte(words[i], 8), x[i])
        lower = _between(_byte(words[i], 16), _byte(words[i], 24), x[i])
        level = ((lower - upper) * y[i] + upper) * cover[i]
        out[i] = np.uint8(np.int32(level + _HALF))


@part
def _byte(word, shift):
    return np.float32(np.int32(np.uint32(word >> np.uint32(shift)) & np.uint32(255)))


@part
def _between(start, end, share):
    return (end - start) * share + start


@part
def _locate(row, height, width, matrices, begin, end, y, x, cover):
    """Where the pixels of a row read, about the center, and how much of each is seen; (W,) each."""
    edge_y, edge_x = np.float32((height - 1) / 2), np.float32((width - 1) / 2)
    for i in range(width):
        y[i] = np.float32(row) - edge_y
        x[i] = np.float32(i) - edge_x
        cover[i] = _ONE
    for k in range(end - 1, begin - 1, -1):
        yy, yx, down = matrices[k, 0, 0], matrices[k, 0, 1], matrices[k, 0, 2]
        xy, xx, right = matrices[k, 1, 0], matrices[k, 1, 1], matrices[k, 1, 2]
        for i in range(width):
            to_y = (yy * y[i] + yx * x[i]) + down
            to_x = (xy * y[i] + xx * x[i]) + right
            cover[i] = (cover[i] * _seen(to_y, edge_y)) * _seen(to_x, edge_x)
            y[i] = min(max(to_y, -edge_y), edge_y)
            x[i] = min(max(to_x, -edge_x), edge_x)


@part
def _seen(where, edge):
    """The share of a pixel that lies inside the image; the rest is black."""
    return min(max((_ONE + edge) - abs(where), _ZERO), _ONE)


@part
def _corners(height, width, y, x, corner):
    """The places of the upper left of four pixels; `y` and `x` become shares of the others."""
    edge_y, edge_x = np.float32((height - 1) / 2), np.float32((width - 1) / 2)
    for i in range(width):
        # Not negative: cutting off the decimals is rounding down.
        at_y, at_x = y[i] + edge_y, x[i] + edge_x
        top, left = np.int32(at_y), np.int32(at_x)
        y[i], x[i] = at_y - np.float32(top), at_x - np.float32(left)
        # Unsigned, so that none is taken for a place counted from the end.
        corner[i] = np.uint32(top * np.int32(width) + left)
