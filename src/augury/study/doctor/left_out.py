"""What the doctor says of groups that are left out of training, and tested."""

from collections.abc import Iterator

import numpy as np

from augury.data import Dataset
from augury.data.left_out import validation_groups
from augury.records.group_split import GroupSplit
from augury.study.doctor.notice import Notice

FEW = 30
"""A turn with fewer test images than these gets a notice."""


def left_out_notices(dataset: Dataset, validation: float, seeds: int) -> Iterator[Notice]:
    """Who is tested at which seed, and on whom it is validated; nothing where no group is left out.

    validation: share of the other images; seeds: of an arm, at most.
    """
    if (split := dataset.split) is None:
        return
    name, turns = dataset.name, len(split.turns)
    yield Notice("fine", name, "left-out", turns, split.words)
    words = (
        f"each seed tests other {split.column}s, which makes differences vary more than the spread "
        "that is assumed before there are runs"
    )
    yield Notice("warning", name, "left-out-spread", turns, words)
    if seeds > turns:
        words = f"after {turns} seeds the same {split.column}s are left out again, by other seeds"
        yield Notice("fine", name, "left-out-again", turns, words)
    elif seeds < turns:
        words = (
            f"{seeds} seeds test {seeds} of {turns} {split.column}s; "
            f"several left out together would all be tested (--folds {seeds})"
        )
        yield Notice("warning", name, "never-tested", turns - seeds, words)
    yield from _small(name, split)
    if validation:
        yield from _validated(name, split, validation)


def _small(name: str, split: GroupSplit) -> Iterator[Notice]:
    sizes = np.array(split.sizes())
    few = int((sizes < FEW).sum())
    if few:
        words = (
            f"{few} of {len(sizes)} turns test fewer than {FEW} images: one image more or less of "
            f"the smallest is {100 / sizes.min():.2g} points, and each seed counts alike"
        )
        yield Notice("warning", name, "small-turns", few, words)


def _validated(name: str, split: GroupSplit, share: float) -> Iterator[Notice]:
    """Whether validation has groups of its own, over one round of turns."""
    turns = len(split.turns)
    alone = sum(bool(validation_groups(split, share, seed)) for seed in range(turns))
    if alone == turns:
        words = f"validated on other {split.column}s than trained on"
        yield Notice("fine", name, "validation-groups", alone, words)
        return
    words = (
        f"in {turns - alone} of {turns} turns validation shares its {split.column}s with training, "
        f"as there are too few: tests do not"
    )
    yield Notice("warning", name, "validation-groups", turns - alone, words)
