"""Rectangles whose pixels are replaced, inside of another kernel."""

import triton
import triton.language as tl

from augury.kernels.gpu.philox import block_of, read_seed


@triton.jit
def rectangle(top, left, height, width, chosen, image, row, column):
    """Which pixels (row, column) of an image lie inside its rectangle."""
    first, start = tl.load(top + image), tl.load(left + image)
    end, stop = first + tl.load(height + image), start + tl.load(width + image)
    inside = (row >= first) & (row < end) & (column >= start) & (column < stop)
    if chosen is not None:
        inside = inside & (tl.load(chosen + image) != 0)
    return inside


@triton.jit
def random_levels(streams, key, k0, k1, epochs, epoch, image, at):
    """Bytes number `at` (int32) of an image's stream, as int32."""
    first, second, counted = read_seed(key, k0, k1, epochs, epoch)
    # As many copies of the stream number as there are bytes.
    stream = tl.load(streams + image) + at.to(tl.int64) * 0
    w0, w1, w2, w3 = block_of(stream, at // 16, first, second, counted)
    word = at // 4 % 4
    chosen = tl.where(word < 2, tl.where(word == 0, w0, w1), tl.where(word == 2, w2, w3))
    return ((chosen >> (at % 4 * 8).to(tl.uint32)) & 0xFF).to(tl.int32)
