"""Views of images in another size: sums of a few pixels along rows, then along columns."""

import numpy as np
import torch
from torch import Tensor

from augury.kernels.processor.compiled import loop, part
from augury.kernels.processor.passes import WHITE
from augury.kernels.processor.pieces import in_pieces
from augury.kernels.steps import Taps


def summed(images: Tensor, rows: Taps, columns: Taps, threads: int) -> Tensor:
    """See `augury.kernels.run.sum_taps`; on a processor, with `threads`, which change no bit."""
    count, channels, height, width = images.shape
    size = rows.places.shape[2], columns.places.shape[2]
    source = images.detach().contiguous().view(count, channels, height, width).numpy()
    written = np.empty((count, channels, *size), np.float32)
    down, across = _arrays(rows), _arrays(columns)
    white = WHITE[source.dtype]

    def work(first: int, last: int) -> None:
        sum_pixels(source, white, first, last, *down, *across, written)

    in_pieces(work, count, threads, written.size)
    return torch.from_numpy(written)


def _arrays(taps: Taps) -> tuple[np.ndarray, np.ndarray]:
    places, weights = taps.places.detach().numpy(), taps.weights.detach().float().numpy()
    # Unsigned places are not counted from the end, which takes as long as reading them.
    return np.ascontiguousarray(places).view(np.uint64), np.ascontiguousarray(weights)


@loop
def sum_pixels(images, white, first, last, rows, down, columns, across, out):
    """Write the views of `images[first:last]` to `out`, with the plain path's operations.

    images: (B, C, H, W) uint8 or float32; white: the value that becomes 1. rows, columns: places
    as in `Taps`, with the weights `down` and `across`, float32; out: (B, C, h, w) float32.
    """
    line = np.empty(images.shape[3], np.float32)
    for b in range(first, last):
        begin, end = np.int64(columns[:, b].min()), np.int64(columns[:, b].max()) + 1
        for c in range(images.shape[1]):
            for i in range(out.shape[2]):
                found = line[begin:end]
                for k in range(len(rows)):
                    weight = down[k, b, i]
                    given = images[b, c, rows[k, b, i], begin:end]
                    if k == 0:
                        _start(given, white, weight, found)
                    elif weight != 0:
                        _add(given, white, weight, found)
                for k in range(len(columns)):
                    _across(line, columns[k, b], across[k, b], k == 0, out[b, c, i])


@part
def _start(given, white, weight, found):
    for x in range(len(found)):
        found[x] = np.float32(given[x]) / white * weight


@part
def _add(given, white, weight, found):
    for x in range(len(found)):
        found[x] += np.float32(given[x]) / white * weight


@part
def _across(line, places, weights, first, out):
    if first:
        for j in range(len(out)):
            out[j] = line[places[j]] * weights[j]
    else:
        for j in range(len(out)):
            out[j] += line[places[j]] * weights[j]
