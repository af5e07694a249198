"""Stratified parts: every class keeps its share, and a seed chooses the images."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from augury.data.dataset import Dataset, Split
from augury.errors import InputError
from augury.seeds import numpy_generator

Rows = npt.NDArray[np.int64]

TEST_FRACTION = 0.2  # of the training images, where a data set has no test part


def split_validation(dataset: Dataset, fraction: float, seed: int) -> tuple[Split, Split]:
    """Cut a stratified validation part from the training images: (train, validation).

    fraction: share of the training images that become validation, in [0, 1); 0 gives an empty part.
    If the data set has a validation part, it is returned unchanged.
    """
    if not 0 <= fraction < 1:
        raise InputError(f"validation fraction must lie in [0, 1), got {fraction:g}")
    if dataset.validation is not None:
        return dataset.train, dataset.validation
    generator = numpy_generator("split", seed)
    kept, held_out = stratified_rows(dataset.train.labels, fraction, generator)
    return dataset.train.take(kept), dataset.train.take(held_out)


def limit_train(split: Split, n: int, seed: int) -> Split:
    """A stratified choice of `n` images, in their old order; all images if there are fewer.

    n: at least the number of classes; every class keeps at least one image.
    """
    classes, sizes = np.unique(split.labels, return_counts=True)
    if n < len(classes):
        raise InputError(
            f"the limit on images must be at least one per class ({len(classes)}), got {n}"
        )
    if n >= len(split):
        return split
    counts = _apportion(sizes, n, np.ones_like(sizes), sizes)
    return split.take(_draw(split.labels, classes, counts, numpy_generator("limit", seed)))


def stratified_rows(
    labels: npt.NDArray[np.int64], fraction: float, generator: np.random.Generator
) -> tuple[Rows, Rows]:
    """Row numbers (kept, held out), both ascending; `fraction` of each class is held out.

    Shares are rounded so that the total is right (largest remainder). No class is held out
    completely, and each class of two or more images has at least one image on either side. Classes
    of one image keep it, and do not count for the total: larger ones do not give in their place.
    """
    classes, sizes = np.unique(labels, return_counts=True)
    if fraction == 0:
        return np.arange(len(labels)), np.arange(0)
    highest = sizes - 1
    total = round(fraction * int(sizes[sizes > 1].sum()))
    counts = _apportion(sizes, total, np.minimum(1, highest), highest)
    held_out = _draw(labels, classes, counts, generator)
    return np.setdiff1d(np.arange(len(labels)), held_out), held_out


def held_out_rows(labels: npt.NDArray[np.int64]) -> Rows:
    """The rows that become the test part of a data set without one, ascending, always the same."""
    return stratified_rows(labels, TEST_FRACTION, numpy_generator("test part", 0))[1]


def cut_parts(whole: Split, part_of: Sequence[str]) -> dict[str, Split]:
    """The parts of `whole`, by name; `part_of` names each image's, one part after the other."""
    names = np.array(part_of)
    parts = {}
    for name in dict.fromkeys(part_of):
        rows = np.flatnonzero(names == name)
        parts[name] = whole.take(slice(rows[0], rows[-1] + 1))
    return parts


def _apportion(sizes: Rows, total: int, lowest: Rows, highest: Rows) -> Rows:
    """Divide `total` over classes in proportion to `sizes`, within the bounds of each class."""
    total = int(np.clip(total, lowest.sum(), highest.sum()))
    quota = sizes * (total / sizes.sum())
    counts: Rows = np.clip(np.floor(quota).astype(np.int64), lowest, highest)
    while counts.sum() < total:
        counts[np.argmax(np.where(counts < highest, quota - counts, -np.inf))] += 1
    while counts.sum() > total:
        counts[np.argmin(np.where(counts > lowest, quota - counts, np.inf))] -= 1
    return counts


def _draw(labels: Rows, classes: Rows, counts: Rows, generator: np.random.Generator) -> Rows:
    """`counts[k]` random rows of each class, ascending."""
    drawn = [
        generator.permutation(np.flatnonzero(labels == label))[:count]
        for label, count in zip(classes, counts, strict=True)
    ]
    return np.sort(np.concatenate(drawn))
