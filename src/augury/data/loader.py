"""Batches from arrays: one-hot targets, the order of an epoch, and the batches."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch

from augury.batch import Batch
from augury.data.dataset import Split
from augury.errors import InputError
from augury.rng import numpy_generator


def one_hot(labels: npt.NDArray[np.int64], num_classes: int) -> npt.NDArray[np.float32]:
    """(N,) class numbers in 0..K-1 become (N, K) float32 rows that hold a single 1."""
    return np.eye(num_classes, dtype=np.float32)[labels]


def epoch_order(n: int, seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """(n,) int64: the order in which epoch `epoch` (0, 1, ...) visits the n images of a run."""
    return numpy_generator("order", seed, epoch).permutation(n)


def batches(
    split: Split, num_classes: int, batch_size: int, order: npt.NDArray[np.int64]
) -> Iterator[Batch]:
    """Batches of uint8 images with one-hot targets, visiting the rows in `order`.

    The last batch has the remaining images. A single remaining image joins the batch before it,
    because batch normalization cannot train on one image.
    """
    for rows in batch_rows(order, batch_size):
        yield Batch(
            images=torch.from_numpy(split.images[rows]),
            targets=torch.from_numpy(one_hot(split.labels[rows], num_classes)),
            ids=torch.from_numpy(split.ids[rows]),
        )


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
