"""Which training images an epoch shows, in which order and how often.

A *pick* is the row of an image in its split, plus 2^32 for each time that the same row came before
in the epoch. So one array says for every place of an epoch which image it has and which of the
image's copies: each copy has its own draws, in any batch and after any interruption. Where every
image comes once, picks are rows.
"""

from typing import overload

import numpy as np
import numpy.typing as npt
from torch import Tensor

from augury.data.loader import epoch_order
from augury.rng import count_repeats
from augury.seeds import numpy_generator

Numbers = npt.NDArray[np.int64]

_BITS = 32  # of a pick that hold the row; a split has fewer images than 2^32


def epoch_picks(labels: Numbers, seed: int, epoch: int, sampling: str = "natural") -> Numbers:
    """(n,) picks of epoch `epoch` (0, 1, ...), as many as there are `labels` (n,).

    sampling: "natural", every image once, in the order of `epoch_order`; "balanced", every class
    equally often, to within one image, those that get one more drawn anew in each epoch. The images
    of a small class come equally often, to within one; a large class shows a part of its images,
    another one in each epoch. Classes without an image have no share.

    Unlike PyTorch's `WeightedRandomSampler`, which draws each place by itself, no class comes more
    often by chance, and no image of a class comes twice before all of them have come once.
    """
    if sampling == "natural":
        return epoch_order(len(labels), seed, epoch)
    generator = numpy_generator("balanced", seed, epoch)
    classes = np.unique(labels)
    shares = np.full(len(classes), len(labels) // len(classes))
    shares[generator.permutation(len(classes))[: len(labels) % len(classes)]] += 1
    drawn = [
        _drawn(np.flatnonzero(labels == label), share, generator)
        for label, share in zip(classes, shares, strict=True)
    ]
    rows: Numbers = generator.permutation(np.concatenate(drawn))
    return rows + (count_repeats(rows) << _BITS)


def _drawn(rows: Numbers, count: int, generator: np.random.Generator) -> Numbers:
    """`count` of `rows`: all of them as often as that goes, and a random part once more."""
    whole, rest = divmod(count, len(rows))
    return np.concatenate([np.tile(rows, whole), generator.permutation(rows)[:rest]])


@overload
def rows_of(picks: Numbers) -> Numbers: ...
@overload
def rows_of(picks: Tensor) -> Tensor: ...
def rows_of(picks: Numbers | Tensor) -> Numbers | Tensor:
    """The rows of the images."""
    return picks & ((1 << _BITS) - 1)


@overload
def repeats_of(picks: Numbers) -> Numbers: ...
@overload
def repeats_of(picks: Tensor) -> Tensor: ...
def repeats_of(picks: Numbers | Tensor) -> Numbers | Tensor:
    """How many times each row came before in its epoch."""
    return picks >> _BITS
