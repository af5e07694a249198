"""Parts of pairs (image, label), decoded as folders of images are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.data.array_file import allocate, in_order
from augury.data.dataset import Dataset, Progress, Split
from augury.data.folders.deep import FULL, Range
from augury.data.folders.form import choose_form, conversion_notes, size_notes
from augury.data.folders.layout import PARTS
from augury.data.folders.listing import reason
from augury.data.folders.picture import Decoded, Header
from augury.data.own.items import EIGHT_BITS, Item, read_item, read_label, write_item
from augury.data.own.parts import GivenParts, Pairs
from augury.data.split import TEST_FRACTION, cut_parts, held_out_rows
from augury.errors import AuguryError, DataError
from augury.records.set_aside import SetAside

_FIRST = 8  # images of the training part that are asked for twice


@dataclass(frozen=True)
class _Row:
    """An image that could be read. id: its number over all parts."""

    id: int
    part: str
    label: int | str
    header: Header
    done: Decoded
    rounded: bool


def decode_parts(
    parts: GivenParts,
    name: str,
    source: str,
    image_size: int | None,
    scratch: Path,
    progress: Progress | None,
) -> Dataset:
    """Read every image, with temporary files in `scratch`.

    name: of the data set; source: where it comes from, for people to read; image_size: side in
    pixels, None keeps the size that all images share if they are square, else 64
    Ids number the images in their order over train, validation and test. Images are gray if all
    are, else RGB. 16-bit images are scaled to 8 bits by one range, as those of folders are. Without
    a test part 20 % of train is held out, stratified, always the same. Images that raise OSError
    when they are asked for, as damaged files do, are set aside.
    Raises DataError, naming part and number, for an image or a label that cannot be used, and
    where a class has no images in a part.
    """
    decoded, set_aside = scratch / "decoded.npy", list[SetAside]()
    form, bits = _likely_form(parts.pairs["train"], name, image_size), FULL
    while True:
        total = sum(map(len, parts.pairs.values()))
        allocate(decoded, (total, *form))
        rows, set_aside = _read(parts, name, decoded, bits, progress)
        wanted = choose_form([row.header for row in rows], image_size)
        used = Range.of(row.done.depths for row in rows if row.done.depths)
        if (wanted, used.bits) == (form, bits):
            break
        # The first images were unlike later ones, or 16-bit images use fewer bits: once more.
        form, bits = wanted, used.bits
    rows, classes = _numbered(rows, parts, name, set_aside)
    notes = size_notes([row.header for row in rows], form[-1])
    notes += [*conversion_notes([row.done for row in rows]), *used.notes()]
    if rounded := sum(row.rounded for row in rows):
        notes.append(f"{rounded:,} of {len(rows):,} images: {EIGHT_BITS}")
    if all(row.part != "test" for row in rows):
        rows = _hold_out_test(rows, name)
        notes.append(f"no test part: {TEST_FRACTION:.0%} held out, stratified, with seed 0")
    order = np.array([row.id for row in rows])
    images = in_order(decoded, order, scratch / "ordered.npy")
    found = _split(images, rows)
    return Dataset(
        name=name,
        classes=classes,
        train=found["train"],
        validation=found.get("validation"),
        test=found["test"],
        fingerprint="",
        source=source,
        notes=tuple(notes),
        set_aside=tuple(set_aside),
    )


def _likely_form(pairs: Pairs, name: str, image_size: int | None) -> tuple[int, int, int]:
    """The form that the first images need; each is read twice and must give the same pixels."""
    headers = []
    for row in range(min(_FIRST, len(pairs))):
        where = f"{name}: train[{row}]"
        try:
            first, second = (_item(pairs, row, where)[0] for _ in range(2))
        except OSError:
            continue  # set aside when all are read
        if first.header != second.header or first.pixels.tobytes() != second.pixels.tobytes():
            raise DataError(
                f"{where}: differs from call to call. Take random transforms out: augury augments"
            )
        headers.append(first.header)
    return choose_form(headers or [Header(0, 0, True, "")], image_size)


def _read(
    parts: GivenParts, name: str, decoded: Path, bits: int, progress: Progress | None
) -> tuple[list[_Row], list[SetAside]]:
    """All images into their rows of `decoded`; those that cannot be read leave theirs empty."""
    images = np.load(decoded, mmap_mode="r+")
    rows, set_aside = list[_Row](), list[SetAside]()
    number = 0
    for part, pairs in parts.pairs.items():
        for i in range(len(pairs)):
            where = f"{name}: {part}[{i}]"
            try:
                item, label = _item(pairs, i, where)
                done = write_item(images[number], item, bits)
                rows.append(_Row(number, part, label, item.header, done, item.rounded))
            except OSError as error:
                set_aside.append(SetAside(f"{part}[{i}]", f"cannot be read: {reason(error)}"))
            number += 1
            if progress and number % 100 == 0:
                progress(number, len(images), f"reading images of {name}")
    if not rows:
        raise DataError(f"{name}: no image can be read, {set_aside[0].path}: {set_aside[0].reason}")
    return rows, set_aside


def _item(pairs: Pairs, row: int, where: str) -> tuple[Item, int | str]:
    """An image and its label; OSError, as of a damaged file, is raised as it is."""
    try:
        pair: Any = pairs[row]
    except (OSError, AuguryError):
        raise
    except Exception as error:  # whatever the user's own code raises
        said = " ".join(str(error).split())
        raise DataError(f"{where}: {type(error).__name__}: {said}") from error
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        kind = f"{len(pair)} values" if isinstance(pair, tuple | list) else type(pair).__name__
        raise DataError(f"{where}: must be (image, label), got {kind}")
    return read_item(pair[0], where), read_label(pair[1], where)


def _numbered(
    rows: list[_Row], parts: GivenParts, name: str, set_aside: Sequence[SetAside]
) -> tuple[list[_Row], tuple[str, ...]]:
    """The rows with labels 0..K-1, and what these are called."""
    labels = {row.label for row in rows}
    if len({isinstance(label, str) for label in labels}) > 1:
        raise DataError(f"{name}: labels must be all numbers or all names, got both")
    named = parts.classes
    if named is not None and not any(isinstance(label, str) for label in labels):
        outside = [label for label in labels if not 0 <= int(label) < len(named)]
        if outside:
            raise DataError(
                f"{name}: labels must lie in 0..{len(named) - 1}, as there are {len(named)} "
                f"classes, got {outside[0]}"
            )
        rows = [replace(row, label=named[int(row.label)]) for row in rows]
    elif named is not None and (unknown := sorted(set(map(str, labels)) - set(named))):
        raise DataError(f"{name}: {unknown[0]!r} is none of its classes: {', '.join(named)}")
    used = {row.label for row in rows}
    order = [c for c in named if parts.complete or c in used] if named else sorted(used)
    _check_classes(rows, [str(c) for c in order], name, set_aside)
    number = {label: k for k, label in enumerate(order)}
    return [replace(row, label=number[row.label]) for row in rows], tuple(map(str, order))


def _check_classes(
    rows: Sequence[_Row], classes: Sequence[str], name: str, set_aside: Sequence[SetAside]
) -> None:
    if len(classes) < 2:
        raise DataError(f"{name}: only one class, {classes[0]!r}; at least 2 are needed")
    filled = {(row.part, str(row.label)) for row in rows}
    aside = f"; {len(set_aside):,} images are set aside" if set_aside else ""
    for part in PARTS:
        if not any(other == part for other, _ in filled):
            continue
        for each in classes:
            if (part, each) not in filled:
                raise DataError(f"{name}: class {each!r} has no images in its {part} part{aside}")


def _hold_out_test(rows: list[_Row], name: str) -> list[_Row]:
    """Move the same fifth of the training images to the test part, whenever it is asked."""
    candidates = [row for row in rows if row.part == "train"]
    labels = np.array([row.label for row in candidates])
    if np.bincount(labels).min() < 2:
        raise DataError(f"{name}: without a test part each class needs at least 2 images")
    held_out = {candidates[row].id for row in held_out_rows(labels)}
    moved = [replace(row, part="test") if row.id in held_out else row for row in rows]
    return sorted(moved, key=lambda row: (PARTS.index(row.part), row.id))


def _split(images: npt.NDArray[np.uint8], rows: Sequence[_Row]) -> dict[str, Split]:
    labels = np.array([row.label for row in rows], dtype=np.int64)
    whole = Split(images, labels, np.array([row.id for row in rows], dtype=np.int64))
    return cut_parts(whole, [row.part for row in rows])
