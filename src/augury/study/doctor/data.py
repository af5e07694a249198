"""Problems of a data set."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from augury.data import Dataset, Progress, Split, file_names
from augury.data.leakage.between_parts import dataset_duplicates
from augury.errors import InputError
from augury.records.recipe import Recipe
from augury.study.doctor.notice import Notice
from augury.study.doctor.test_part import notices_of_test_images
from augury.study.planning.parts import ClassCounts, count_classes

FEW = 10
"""A class with fewer training or test images than these gets a notice."""

IMBALANCE = 10
"""The largest class may be so many times the size of the smallest."""

_CHUNK = 4096
_NAMED = 3


def examine_data(
    dataset: Dataset,
    recipe: Recipe,
    min_difference: float,
    progress: Progress | None = None,
    location: str | None = None,
    metric: str = "accuracy",
) -> list[Notice]:
    """All notices about one data set as `recipe` uses it.

    min_difference: percentage points that matter. location: the name or path that it was loaded
    by; where it is given, images of a folder or archive are named by their files, too. metric: that
    arms are compared by.
    """
    named = _Images(location)
    found = [
        *_set_aside(dataset),
        *_notes(dataset),
        *_imbalance(dataset),
        *_plain_images(dataset, named),
        *_conflicting_labels(dataset, named),
        *_leaked(dataset, named, progress),
    ]
    try:
        parts = count_classes(dataset, recipe)
    except InputError as error:
        found.append(Notice("problem", dataset.name, "limits", 1, str(error)))
    else:
        found += _parts(dataset, recipe, parts)
        if not dataset.split:
            found += notices_of_test_images(dataset, parts.test, min_difference, metric)
    return found


def _parts(dataset: Dataset, recipe: Recipe, parts: ClassCounts) -> Iterator[Notice]:
    name = dataset.name
    train, validation, test = parts.totals
    sizes = f"trained on {train:,}, validated on {validation:,}, tested on {test:,}"
    shape = f"{dataset.channels}×{dataset.image_size}×{dataset.image_size}"
    first = "the first seed is " if dataset.split else ""
    words = f"{first}{sizes} images of {shape} in {dataset.num_classes} classes"
    yield Notice("fine", name, "sizes", train + test, words)
    if recipe.validation > 0:
        yield from _few(dataset, "validation", parts.validation, 1, recipe.train_limit)
    yield from _few(dataset, "training", parts.train, FEW, recipe.train_limit)
    if not dataset.split:  # all images are tested
        yield from _few(dataset, "test", parts.test, FEW, recipe.test_limit)


def _few(
    dataset: Dataset, part: str, counts: NDArray[np.int64], least: int, limit: int | None
) -> Iterator[Notice]:
    few = np.flatnonzero(counts < least)
    if not len(few):
        return
    smallest = int(counts.argmin())
    option = "test_limit" if part == "test" else "train_limit"
    cause = f" ({option} {limit:,})" if limit is not None else ""
    words = (
        f"{len(few)} of {dataset.num_classes} classes have {_fewer(least)} {part} images"
        f"{cause}: {dataset.classes[smallest]} has {counts[smallest]}"
    )
    yield Notice("warning", dataset.name, f"few-{part}-images", len(few), words)


def _fewer(least: int) -> str:
    return "no" if least == 1 else f"fewer than {least}"


def _set_aside(dataset: Dataset) -> Iterator[Notice]:
    if files := dataset.set_aside:
        words = f"{_count(files, 'file')} set aside: {files[0].path} ({files[0].reason})"
        yield Notice("warning", dataset.name, "set-aside", len(files), words)


def _notes(dataset: Dataset) -> Iterator[Notice]:
    """Notices on how loading changed the images."""
    for note in dataset.notes:
        if note.startswith("no test part"):
            yield Notice("warning", dataset.name, "no-test-part", len(dataset.test), note)
        elif note.startswith("few levels"):
            yield Notice("warning", dataset.name, "few-levels", 1, note)
        elif "resized" in note:
            yield Notice("warning", dataset.name, "resized", 1, note)
        else:
            yield Notice("fine", dataset.name, "note", 1, note)


def _imbalance(dataset: Dataset) -> Iterator[Notice]:
    counts = np.bincount(dataset.train.labels, minlength=dataset.num_classes)
    large, small = int(counts.argmax()), int(counts.argmin())
    if counts[large] > IMBALANCE * counts[small]:
        words = (
            f"classes differ much in size: {dataset.classes[large]} has {counts[large]:,} "
            f"training images, {dataset.classes[small]} has {counts[small]:,} (sampling = balanced "
            "shows all equally often, metric = balanced-accuracy counts them alike)"
        )
        ratio = int(counts[large] // max(1, counts[small]))
        yield Notice("warning", dataset.name, "imbalance", ratio, words)


def _plain_images(dataset: Dataset, named: "_Images") -> Iterator[Notice]:
    for part, split in _own_parts(dataset).items():
        plain, black = _plain(split.images)
        if not plain.any():
            continue
        count, dark = int(plain.sum()), int(black.sum())
        black_ones = f", {dark} of them black" if dark else ""
        which = named.told(split.ids[plain].tolist())
        words = f"{count} {part} images are of one color{black_ones}: {which}"
        yield Notice("warning", dataset.name, "plain-images", count, words)


def _plain(images: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(N,), (N,): whether all pixels of an image are alike, and whether all are black."""
    plain, black = [], []
    for start in range(0, len(images), _CHUNK):
        chunk = images[start : start + _CHUNK]
        highest = chunk.max(axis=(2, 3))
        plain.append((highest == chunk.min(axis=(2, 3))).all(axis=1))
        black.append((highest == 0).all(axis=1))
    return np.concatenate(plain), np.concatenate(black)


def _conflicting_labels(dataset: Dataset, named: "_Images") -> Iterator[Notice]:
    """Training images that are equal in every pixel and carry different labels."""
    alike: dict[bytes, list[int]] = defaultdict(list)
    for row, image in enumerate(dataset.train.images):
        alike[hashlib.blake2b(image.tobytes(), digest_size=16).digest()].append(row)
    labels = dataset.train.labels
    groups = [rows for rows in alike.values() if len(set(labels[rows].tolist())) > 1]
    if groups:
        rows = np.array([row for group in groups for row in group])
        words = (
            f"{len(rows)} training images are equal in every pixel to one with another label: "
            f"{named.told(dataset.train.ids[rows].tolist())}"
        )
        yield Notice("warning", dataset.name, "conflicting-labels", len(rows), words)


def _leaked(dataset: Dataset, named: "_Images", progress: Progress | None) -> Iterator[Notice]:
    found = dataset_duplicates(dataset, progress)
    for part, pairs in (("training", found.train), ("validation", found.validation)):
        if not pairs:
            continue
        conflicts = sum(pair.labels_differ for pair in pairs)
        labels = f", {conflicts} of them with another label" if conflicts else ""
        ids = named.told([pair.test_id for pair in pairs], [pair.train_id for pair in pairs])
        words = (
            f"{len(pairs)} of {len(dataset.test):,} test images stand nearly the same among the "
            f"{part} images{labels}: {ids}"
        )
        yield Notice("warning", dataset.name, "leaked-test-images", len(pairs), words)


def _own_parts(dataset: Dataset) -> dict[str, Split]:
    if dataset.split:  # all images are in each part
        return {"training": dataset.train}
    parts = {"training": dataset.train, "validation": dataset.validation, "test": dataset.test}
    return {name: part for name, part in parts.items() if part is not None}


class _Images:
    """Names images in notices: by their files where they have any, else by their ids.

    The files are listed only when there is something to name, as listing reads all of them.
    """

    def __init__(self, location: str | None) -> None:
        self._location = location

    @cached_property
    def _files(self) -> dict[int, str]:
        return file_names(self._location) if self._location else {}

    def told(self, ids: Sequence[int], twins: Sequence[int] = ()) -> str:
        """The first few of `ids`; twins: of each image, the id of the one that looks the same."""
        more = ", …" if len(ids) > _NAMED else ""
        files = [self._files.get(id, "") for id in ids[:_NAMED]]
        if not all(files):
            which = "ids" if len(ids) > 1 else "id"
            return f"{which} {', '.join(map(str, ids[:_NAMED]))}{more}"
        alike = [self._files.get(id, "") for id in twins[:_NAMED]]
        if alike:
            files = [f"{file} like {twin}" for file, twin in zip(files, alike, strict=True)]
        return f"{', '.join(files)}{more}"


def _count(things: tuple[object, ...], noun: str) -> str:
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"
