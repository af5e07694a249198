"""Philox4x32-10 of one counter after the other; see `augury.kernels.philox`."""

import numpy as np

from augury.kernels.processor.compiled import inlined, loop

_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_FIRST, _SECOND = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL_FIRST, _WEYL_SECOND = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)


@inlined
def philox(block, stream, epoch, first, second):
    """The four words of a counter, each uint64 below 2^32.

    All uint64: block and epoch below 2^32, the stream, and the two words of the key.
    """
    a, b, c, d = block, stream & _MASK, stream >> _HALF, epoch
    for _ in range(10):
        p, q = _FIRST * a, _SECOND * c
        a, b = (q >> _HALF) ^ b ^ first, q & _MASK
        c, d = (p >> _HALF) ^ d ^ second, p & _MASK
        first, second = (first + _WEYL_FIRST) & _MASK, (second + _WEYL_SECOND) & _MASK
    return a, b, c, d


@loop
def draw_words(key, streams, out):
    """key: (3,) uint64, two words and the epoch; streams: (B,) uint64; out: (B, 4·k) int64."""
    first, second, epoch = key[0], key[1], key[2]
    for i in range(len(streams)):
        stream = streams[i]
        for k in range(out.shape[1] // 4):
            a, b, c, d = philox(np.uint64(k), stream, epoch, first, second)
            out[i, 4 * k], out[i, 4 * k + 1] = np.int64(a), np.int64(b)
            out[i, 4 * k + 2], out[i, 4 * k + 3] = np.int64(c), np.int64(d)
