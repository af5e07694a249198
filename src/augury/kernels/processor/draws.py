"""The random numbers of one operation, drawn by a compiled loop."""

import numpy as np
import torch
from torch import Tensor

from augury.kernels.processor.philox import draw_words


def bits(key: tuple[int, int], epoch: int, streams: Tensor, n: int) -> Tensor:
    """(B, n) int64, see `Stream.bits`; streams: (B,) int64 on a processor."""
    out = np.empty((len(streams), -(-n // 4) * 4), np.int64)
    numbers = np.ascontiguousarray(streams.numpy()).view(np.uint64)
    draw_words(np.array([*key, epoch], np.uint64), numbers, out)
    return torch.from_numpy(out)[:, :n]
