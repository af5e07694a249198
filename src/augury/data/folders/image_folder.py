"""Data sets from image folders, class/image or train|val|test/class/image, also in archives."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from augury.data.array_file import allocate, in_order
from augury.data.cache import cached, file_state
from augury.data.dataset import Dataset, Progress, Split
from augury.data.folders.archive import without_suffix
from augury.data.folders.asked import Asked
from augury.data.folders.decode import decode_images, decoding_processes, read_headers
from augury.data.folders.deep import Range
from augury.data.folders.files import list_files, source_state
from augury.data.folders.form import as_decoded, choose_form, conversion_notes, size_notes
from augury.data.folders.formats import NEW_SUFFIXES, readable_formats
from augury.data.folders.layout import PARTS, Record
from augury.data.folders.listing import StoredFile, printable
from augury.data.folders.own_output import FIGURE
from augury.data.folders.picture import Decoded, Header
from augury.data.folders.tree import listed
from augury.data.split import TEST_FRACTION, cut_parts, held_out_rows
from augury.errors import DataError
from augury.records.set_aside import SetAside

FOLDERS_SAY = Asked()
READING_VERSION = 2  # of reading folders in archives; raise it when that changes
CANVAS_VERSION = 1  # of keeping whole pictures; raise it when that changes

Images = npt.NDArray[np.uint8]


def load(
    path: Path,
    image_size: int | None,
    progress: Progress | None,
    asked: Asked = FOLDERS_SAY,
    whole: bool = False,
) -> Dataset:
    """The images of a directory, or of a zip or tar archive.

    asked: how to read it, by a pattern (see `pattern.py`) or by tables of labels (see `labels/`);
        docs/how-to/data-folders.md says how folders are read without either
    image_size: the side in pixels; None keeps the size if all images are square and of one size,
        else 64. Other images are cut to their center square and resized.
    whole: keep what lies beyond the center squares of the training images, as `Dataset.pictures`
    Images are gray if all of them are, else RGB (see `decode_images`). Without a test part, 20 % of
    the images are held out, stratified, always the same ones. Ids number the image files by path,
    over train, validation and test; unreadable files also get a number. Unusable files are listed
    in `set_aside`, conversions of other files in `notes`.
    16-bit images are scaled to 8 bits by one range, the smallest of 8, 10, 12, 14 and 16 bits that
    contains every sample of all parts. The test part counts too, because it must be scaled in the
    same way without clipping; it contributes one of five numbers, and nothing about classes. If an
    image that needs more bits is added later, all pixels and the fingerprint change.
    Raises DataError if the folder cannot be read, or can be read in several ways, if a class has no
    images, if there is only one class, or if the parts have different classes.
    """
    path = path.expanduser().resolve()
    if not path.exists():
        raise DataError(f"no such folder or archive: {path}")
    title = printable(str(path))
    return cached(
        printable(without_suffix(path)),
        {
            "path": str(path),
            "image_size": image_size,
            **_read_anew(path, asked),
            **({"whole": CANVAS_VERSION} if whole else {}),
        },
        {**source_state(path), **_labels_state(asked)},
        lambda scratch: decode_folder(path, image_size, scratch, progress, title, asked, whole),
    )


def _labels_state(asked: Asked) -> dict[str, object]:
    """A value that changes when a table of labels does; those in an archive change with it."""
    files = [Path(file.path) for file in asked.labels if Path(file.path).is_file()]
    return {"labels": file_state(files)} if files else {}


def _read_anew(path: Path, asked: Asked) -> dict[str, object]:
    """The additions to a cache entry's origin if earlier versions read these folders differently.

    Earlier versions took folders such as Training and Testing for classes, and read fewer formats.
    Their entries are still used for directories that they read in the same way. An archive would
    have to be unpacked to find out, so for archives there always is an addition.
    """
    if asked.labels:
        labels = [file.text for file in asked.labels]
        return {"labels": labels, "formats": list(readable_formats())}
    if not path.is_dir():
        formats = list(readable_formats())  # those of packages that may be installed later, too
        return {"reading": READING_VERSION, "pattern": asked.pattern, "formats": formats}
    found = asked.arrange(path, list_files(path, Path(os.devnull), None))
    files = [record.file.path.lower() for record in found.records]
    new = [found.note] if found.note else []
    new += [suffix for suffix in NEW_SUFFIXES if any(file.endswith(suffix) for file in files)]
    new += [FIGURE] if any(file.reason == FIGURE for file in found.set_aside) else []
    return {"reading": new} if new else {}


def file_names(path: Path, asked: Asked = FOLDERS_SAY) -> dict[int, str]:
    """The path of each image file inside the data set, by its id; see `load`."""
    path = path.expanduser().resolve()
    # An archive's images are unpacked to /dev/null, because only their names are needed.
    found = asked.arrange(path, list_files(path, Path(os.devnull), None))
    return {record.id: record.file.path for record in found.records}


def decode_folder(
    path: Path,
    image_size: int | None,
    scratch: Path,
    progress: Progress | None,
    title: str,
    asked: Asked = FOLDERS_SAY,
    whole: bool = False,
) -> Dataset:
    """Read and decode everything, with temporary files in `scratch`; see `load`.

    title: the beginning of the data set's `source`, before the formats of its images
    whole: the parts hold whole pictures, with their extents
    """
    listing = list_files(path, scratch / "members.bin", progress)
    arrangement = asked.arrange(path, listing)
    records, set_aside = arrangement.records, arrangement.set_aside
    decoded = scratch / "decoded.npy"
    with decoding_processes(_files(records)) as pool:
        outcomes = read_headers(_files(records), pool, progress)
        records = _without_failures(path, records, outcomes, set_aside)
        headers = [header for header in outcomes if isinstance(header, Header)]
        used = Range()
        while True:
            form = choose_form(headers, image_size, whole)
            side = choose_form(headers, image_size)[-1]
            allocate(decoded, (len(records), *form))
            bits = used.bits
            done = decode_images(_files(records), decoded, pool, progress, bits, side)
            rows = np.flatnonzero([not isinstance(outcome, str) for outcome in done])
            records = _without_failures(path, records, done, set_aside)
            headers = [as_decoded(headers[row], done[row]) for row in rows]
            used = Range.of(image.depths for image in _decoded(done) if image.depths)
            if choose_form(headers, image_size, whole) == form and used.bits == bits:
                break
            # Truncated images had influenced size or colors, or 16-bit images use fewer bits, or
            # more pictures are upright than their headers say, so decode again.
    notes = [arrangement.note] if arrangement.note else []
    notes += [
        *size_notes(headers, side, form[1:]),
        *conversion_notes(_decoded(done), [record.file.path for record in records]),
        *used.notes(),
    ]
    if all(record.part != "test" for record in records):
        number = {record.id: row for record, row in zip(records, rows, strict=True)}
        records = _hold_out_test(path, records)
        rows = np.array([number[record.id] for record in records])
        notes.append(f"no test part: {TEST_FRACTION:.0%} held out, stratified, with seed 0")
    extents = None
    if form[1:] != (side, side):
        written = [image.extent if isinstance(image, Decoded) else (0, 0) for image in done]
        extents = np.array(written)[rows]
    parts = _split(in_order(decoded, rows, scratch / "ordered.npy"), records, extents)
    return Dataset(
        name=printable(without_suffix(path)),
        classes=_class_names(records),
        train=parts["train"],
        validation=parts.get("validation"),
        test=parts["test"],
        fingerprint="",
        source=f"{title} ({', '.join(sorted({header.format for header in headers}))})",
        notes=tuple(notes),
        set_aside=tuple(sorted(set_aside, key=lambda file: file.path)),
    )


def _files(records: Sequence[Record]) -> list[StoredFile]:
    return [record.file for record in records]


def _class_names(records: Sequence[Record]) -> tuple[str, ...]:
    return tuple(sorted({record.class_name for record in records}))


def _without_failures(
    path: Path,
    records: Sequence[Record],
    outcomes: Sequence[object],
    set_aside: list[SetAside],
) -> list[Record]:
    """The records that could be decoded; the others are added to `set_aside`.

    Raises DataError if a class loses its last image in a part.
    """
    usable, failed = [], []
    for record, outcome in zip(records, outcomes, strict=True):
        if isinstance(outcome, str):
            failed.append(record)
            set_aside.append(SetAside(record.file.path, outcome))
        else:
            usable.append(record)
    left = {(record.part, record.class_name) for record in usable}
    for record in failed:
        if (record.part, record.class_name) not in left:
            raise DataError(
                f"{path}: no image of class {record.class_name!r} can be read in its "
                f"{record.part} part, for instance {record.file.path}"
            )
    return usable


def _decoded(outcomes: Sequence[Decoded | str]) -> list[Decoded]:
    return [outcome for outcome in outcomes if isinstance(outcome, Decoded)]


def _hold_out_test(path: Path, records: Sequence[Record]) -> list[Record]:
    """Move a fifth of the training images to the test part, always the same ones."""
    candidates = [record for record in records if record.part == "train"]
    classes, labels, counts = np.unique(
        [record.class_name for record in candidates], return_inverse=True, return_counts=True
    )
    if counts.min() < 2:
        single = [str(name) for name in classes[counts < 2]]
        raise DataError(
            f"{path}: {len(single):,} of {len(classes):,} classes have a single image, "
            f"{listed(single, 3)}; without a test part each needs at least 2: add images, or take "
            "the class out"
        )
    held_out = {candidates[row].id for row in held_out_rows(labels)}
    moved = [
        replace(record, part="test") if record.id in held_out else record for record in records
    ]
    return sorted(moved, key=lambda record: (PARTS.index(record.part), record.id))


def _split(
    images: Images, records: Sequence[Record], extents: npt.NDArray[np.int64] | None
) -> dict[str, Split]:
    """The parts, one after the other in `images`, which has one row per record."""
    number = {name: label for label, name in enumerate(_class_names(records))}
    labels = np.array([number[record.class_name] for record in records])
    ids = np.array([record.id for record in records])
    return cut_parts(Split(images, labels, ids, extents), [record.part for record in records])
