"""The loop that overwrites rectangles."""

import numpy as np

from augury.kernels.processor.compiled import loop, part
from augury.kernels.processor.philox import philox


@loop
def fill_boxes(images, shape, boxes, drawn, key, streams, given, tables, scratch):
    """Overwrite a rectangle of each image, in place.

    images: (B, C·H·W), uint8 or float32. shape: (C, H, W). boxes: (B, 5) int64: top, left, height,
    width, and 0 where the image stays as it is. tables: (C, 256) of the dtype of `images`, what a
    level is in them.
    drawn: whether the levels are bytes of a stream, of which those in the rectangle are drawn;
    then key: (3,) uint64, two words and the epoch, and streams: (B,) uint64. If not, they are those
    of `given`, (B, C·H·W) uint8; or of its only row; or its only level.
    scratch: (W + 32,) uint8 where levels are drawn.
    """
    channels, height, width = shape
    for b in range(len(images)):
        if boxes[b, 4] == 0:
            continue
        left, right = max(boxes[b, 1], 0), min(boxes[b, 1] + boxes[b, 3], width)
        top, bottom = max(boxes[b, 0], 0), min(boxes[b, 0] + boxes[b, 2], height)
        if left >= right:
            continue
        for c in range(channels):
            for row in range(top, bottom):
                start = (c * height + row) * width + left
                line = images[b, start : start + right - left]
                if drawn:
                    _draw(key, streams[b], start, right - left, scratch)
                    _put(tables[c], scratch, np.uint64(start % 16), np.uint64(1), line)
                elif given.shape[1] == 1:
                    _put(tables[c], given[0], np.uint64(0), np.uint64(0), line)
                else:
                    levels = given[b if len(given) > 1 else 0]
                    _put(tables[c], levels, np.uint64(start), np.uint64(1), line)


@part
def _put(tables, levels, start, step, line):
    for j in range(len(line)):
        line[j] = tables[levels[start + step * np.uint64(j)]]


@part
def _draw(key, stream, start, count, out):
    """Whole blocks of 16 bytes: those from byte `start` on begin at place start % 16 of `out`."""
    first, second, epoch = key[0], key[1], key[2]
    begin, end = start // 16, (start + count + 15) // 16
    for k in range(end - begin):
        words = philox(np.uint64(begin + k), stream, epoch, first, second)
        for n in range(4):
            for i in range(4):
                out[16 * k + 4 * n + i] = np.uint8(words[n] >> np.uint64(8 * i))
