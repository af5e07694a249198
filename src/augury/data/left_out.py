"""Parts of a data set by the groups of its images: some groups are left out of training and tested.

The parts that the data set has itself count for nothing then: all of its images are divided.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, replace

import numpy as np
import numpy.typing as npt

from augury.data.dataset import Dataset, Split
from augury.data.split import stratified_rows
from augury.errors import InputError
from augury.records.group_split import GroupSplit
from augury.seeds import numpy_generator

# With fewer groups beside those that are tested, a validation group would cost too much training.
_FEWEST_TO_VALIDATE = 3


def with_groups(dataset: Dataset, split: GroupSplit) -> Dataset:
    """The data set with all its images in both parts, to be divided anew for each seed.

    split: of all images. The fingerprint covers the division, as it covers parts.
    Raises InputError where `split` is of other images.
    """
    parts = [p for p in (dataset.train, dataset.validation, dataset.test) if p is not None]
    images, labels, ids = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("images", "labels", "ids")
    )
    if sorted(ids.tolist()) != sorted(split.ids):
        raise InputError(f"data set {dataset.name}: its images are not those that have groups")
    whole = Split(images, labels, ids)
    content = json.dumps([dataset.fingerprint, asdict(split)]).encode()
    return replace(
        dataset,
        train=whole,
        validation=None,
        test=whole,
        pictures=None,
        fingerprint=hashlib.sha256(content).hexdigest(),
        notes=tuple(note for note in dataset.notes if not note.startswith("no test part")),
        split=split,
    )


def left_out_parts(
    whole: Split, split: GroupSplit, fraction: float, seed: int
) -> tuple[Split, Split, Split]:
    """(train, validation, test) at `seed`: the groups whose turn it is are tested.

    fraction: about which share of the other images is held out for validation, in [0, 1): whole
    groups where there are enough (see `validation_groups`), or else images, stratified.
    """
    place = dict(zip(split.ids, split.of, strict=True))
    groups = np.array([place[id] for id in whole.ids.tolist()])
    test = np.isin(groups, split.left_out(seed))
    held_out = validation_groups(split, fraction, seed)
    validation = np.isin(groups, held_out)
    rest = np.flatnonzero(~test & ~validation)
    if held_out:
        return (
            whole.take(rest),
            whole.take(np.flatnonzero(validation)),
            whole.take(np.flatnonzero(test)),
        )
    generator = numpy_generator("split", seed)
    kept, chosen = stratified_rows(whole.labels[rest], fraction, generator)
    return whole.take(rest[kept]), whole.take(rest[chosen]), whole.take(np.flatnonzero(test))


def validation_groups(split: GroupSplit, fraction: float, seed: int) -> tuple[int, ...]:
    """The groups that are held out for validation at `seed`; () where there are too few.

    Drawn one by one, as long as each brings the number of images nearer to `fraction` of those that
    are not tested, and leaves an image of every class to train on. With two groups beside those
    that are tested none is held out.
    """
    rest = [group for group in range(len(split.names)) if group not in split.left_out(seed)]
    if fraction == 0 or len(rest) < _FEWEST_TO_VALIDATE:
        return ()
    counts: npt.NDArray[np.int64] = np.array(split.counts, dtype=np.int64)
    kept = counts[rest].sum(axis=0)
    wanted, have = fraction * int(kept.sum()), 0
    chosen = []
    for group in numpy_generator("validation groups", seed).permutation(rest).tolist():
        size = int(counts[group].sum())
        if abs(have + size - wanted) < abs(have - wanted) and (kept > counts[group]).all():
            chosen.append(group)
            kept, have = kept - counts[group], have + size
    return tuple(sorted(chosen))


def count_of_parts(split: GroupSplit, fraction: float, seed: int) -> tuple[int, int, int]:
    """How many images `left_out_parts` has, from the counts of groups alone.

    Exact where each class has two images to train on or more, or validation is by group.
    """
    sizes = np.array(split.counts).sum(axis=1)
    test = int(sizes[list(split.left_out(seed))].sum())
    rest = int(sizes.sum()) - test
    held_out = validation_groups(split, fraction, seed)
    validation = int(sizes[list(held_out)].sum())
    if not held_out and fraction:
        classes = len(split.counts[0])
        validation = min(max(round(fraction * rest), classes), max(0, rest - classes))
    return rest - validation, validation, test


def turns_of(
    groups: int, counts: npt.NDArray[np.int64], folds: int | None
) -> tuple[tuple[int, ...], ...]:
    """In which order groups are left out, each once, always the same for the same groups.

    counts: (groups, K) images by class; folds: in how many turns, of about equally many images;
    None for each group by itself. Of several draws the first is taken under which no turn has all
    images of a class.
    """
    order = numpy_generator("left out", groups, 0).permutation(groups).tolist()
    if folds is None:
        return tuple((group,) for group in order)
    whole = counts.sum(axis=0)
    for draw in range(_DRAWS):
        order = numpy_generator("left out", groups, draw).permutation(groups).tolist()
        turns = _even(order, counts, folds)
        if all((counts[turn].sum(axis=0) < whole).all() for turn in turns):
            break
    return tuple(tuple(sorted(turn)) for turn in turns)


_DRAWS = 100


def _even(order: Collection[int], counts: npt.NDArray[np.int64], folds: int) -> list[list[int]]:
    """Each group in `order` into the turn that has the fewest images so far."""
    turns: list[list[int]] = [[] for _ in range(folds)]
    sizes = [0] * folds
    for group in order:
        smallest = sizes.index(min(sizes))
        turns[smallest].append(group)
        sizes[smallest] += int(counts[group].sum())
    return turns
