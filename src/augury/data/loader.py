"""Batches from arrays: one-hot targets, the order of an epoch, and the batches."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch

from augury.batch import Batch
from augury.data.batch_rows import batch_rows, count_batches
from augury.data.dataset import Split
from augury.seeds import numpy_generator

__all__ = ["batch_rows", "batches", "count_batches", "epoch_order", "one_hot"]


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
            extents=None if split.extents is None else torch.from_numpy(split.extents[rows]),
        )
