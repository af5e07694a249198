"""Small data sets of noise."""

import numpy as np
import torch
from numpy.typing import NDArray

from augury.batch import Batch
from augury.data import Dataset, Split

SIZE, CLASSES = 16, 4


def make_split(channels: int = 1, n: int = 12, size: int = SIZE, seed: int = 0) -> Split:
    """Noise of four classes; ids are neither sorted nor without gaps."""
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (n, channels, size, size), dtype=np.uint8)
    ids = 100 + 7 * generator.permutation(n)
    return Split(images, np.arange(n) % CLASSES, ids)


def make_dataset(train: Split | None = None, fingerprint: str = "f" * 64) -> Dataset:
    """A data set that is tested on its training images."""
    train = train or make_split()
    return Dataset(
        name="made-up",
        classes=tuple("abcd"),
        train=train,
        validation=None,
        test=train,
        fingerprint=fingerprint,
        source="",
        notes=(),
        set_aside=(),
    )


def batch_of(split: Split, rows: NDArray[np.int64] | list[int] | slice) -> Batch:
    """The images of `split` at `rows`, with their labels as targets."""
    return Batch(
        torch.from_numpy(split.images[rows]),
        torch.eye(CLASSES)[torch.from_numpy(split.labels[rows])],
        torch.from_numpy(split.ids[rows]),
    )
