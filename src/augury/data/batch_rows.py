"""Which rows of an epoch's order each batch has."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from augury.errors import InputError


def batch_rows(order: npt.NDArray[np.int64], batch_size: int) -> Iterator[npt.NDArray[np.int64]]:
    """The rows of each batch that `batches` makes."""
    starts = _starts(len(order), batch_size)
    for start, stop in zip(starts, [*starts[1:], len(order)], strict=False):
        yield order[start:stop]


def count_batches(n: int, batch_size: int) -> int:
    """The number of batches that `batches` makes of n images."""
    return len(_starts(n, batch_size))


def _starts(n: int, batch_size: int) -> list[int]:
    if batch_size < 1:
        raise InputError(f"batch size must be at least 1, got {batch_size}")
    starts = list(range(0, n, batch_size))
    if len(starts) > 1 and batch_size > 1 and n - starts[-1] == 1:
        starts.pop()
    return starts
