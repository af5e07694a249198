"""Any folder of images: class/image, or train|val|test/class/image, in a directory or archive."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from augury.data.cache import cached
from augury.data.dataset import LARGEST_IMAGE, SMALLEST_IMAGE, Dataset, Progress, SetAside, Split
from augury.data.decode import Header, decode_images, decoding_processes, read_headers
from augury.data.files import StoredFile, list_files, source_state, without_suffix
from augury.data.layout import PARTS, Record, arrange
from augury.data.split import stratified_rows
from augury.errors import DataError
from augury.rng import numpy_generator

DEFAULT_SIZE = 64
TEST_FRACTION = 0.2
_FILL_BYTES = 4_000_000


def load(path: Path, image_size: int | None, progress: Progress | None) -> Dataset:
    """The images of a directory, or of a zip or tar archive.

    image_size: the side in pixels; None keeps the size that all images share if they are
        square, else 64. Other images are cut to their centre square and resized.
    Images are grey if every one of them is, else RGB (see `decode_images`). Without a test part,
    20 % is held out, stratified, always the same. Ids number the image files in the order of
    their paths over train, validation and test. Files that cannot be used are in `set_aside`.
    Raises DataError where the folder cannot be read, a class has no images, there is only one
    class, or the parts have different classes.
    """
    path = path.expanduser().resolve()
    if not path.exists():
        raise DataError(f"no such folder or archive: {path}")
    return cached(
        without_suffix(path),
        {"path": str(path), "image_size": image_size},
        source_state(path),
        lambda scratch: decode_folder(path, image_size, scratch, progress, str(path)),
    )


def decode_folder(
    path: Path,
    image_size: int | None,
    scratch: Path,
    progress: Progress | None,
    title: str,
) -> Dataset:
    """Read and decode everything, with temporary files in `scratch`; see `load`.

    title: what the data set's `source` begins with, before the formats of its images
    """
    records, set_aside = arrange(path, list_files(path, scratch, progress))
    with decoding_processes(_files(records)) as pool:
        headers = read_headers(_files(records), pool, progress)
        records = _without_failures(path, records, headers, set_aside)
        sound = [header for header in headers if isinstance(header, Header)]
        size, notes = _choose_size(sound, image_size)
        if all(record.part != "test" for record in records):
            records = _hold_out_test(path, records)
            notes.append(f"no test part: {TEST_FRACTION:.0%} held out, stratified, with seed 0")
        channels = 1 if all(header.grey for header in sound) else 3
        decoded = scratch / "images.npy"
        _allocate(decoded, (len(records), channels, size, size))
        failures = decode_images(_files(records), decoded, pool, progress)
    usable = _without_failures(path, records, failures, set_aside)
    kept = np.array([failure is None for failure in failures])
    parts = _split(np.load(decoded, mmap_mode="r"), kept, usable)
    return Dataset(
        name=without_suffix(path),
        classes=_class_names(usable),
        train=parts["train"],
        validation=parts.get("validation"),
        test=parts["test"],
        fingerprint="",
        source=f"{title} ({', '.join(sorted({header.format for header in sound}))})",
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
    """The records whose outcome is no reason to set them aside; others join `set_aside`.

    Raises DataError where a class loses its last image in a part.
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


def _choose_size(headers: Sequence[Header], image_size: int | None) -> tuple[int, list[str]]:
    """The side of all images in pixels, and what has to be said about it."""
    sizes = {(header.width, header.height) for header in headers}
    square = all(width == height for width, height in sizes)
    side = min(width for width, _ in sizes)
    if image_size is None:
        shared = len(sizes) == 1 and square and SMALLEST_IMAGE <= side <= LARGEST_IMAGE
        image_size = side if shared else DEFAULT_SIZE
    if sizes == {(image_size, image_size)}:
        return image_size, []
    width, height = min(sizes)
    what = f"images of {width}×{height}" if len(sizes) == 1 else f"images of {len(sizes)} sizes"
    cut = "" if square else "cut to their centre square and "
    return image_size, [f"{what} {cut}resized bilinearly to {image_size}×{image_size}"]


def _hold_out_test(path: Path, records: Sequence[Record]) -> list[Record]:
    """Move the same fifth of the training images to the test part, whenever it is asked."""
    candidates = [record for record in records if record.part == "train"]
    classes, labels, counts = np.unique(
        [record.class_name for record in candidates], return_inverse=True, return_counts=True
    )
    if counts.min() < 2:
        raise DataError(
            f"{path}: class {str(classes[counts.argmin()])!r} has a single image; "
            "without a test folder each class needs at least 2"
        )
    _, rows = stratified_rows(labels, TEST_FRACTION, numpy_generator("test part", 0))
    held_out = {candidates[row].id for row in rows}
    moved = [
        replace(record, part="test") if record.id in held_out else record for record in records
    ]
    return sorted(moved, key=lambda record: (PARTS.index(record.part), record.id))


def _allocate(file: Path, shape: tuple[int, int, int, int]) -> None:
    """An array of zeros whose every byte is on disk.

    A file with holes would be quicker, but a disk that fills up while it is mapped kills the
    process that writes instead of raising an error.
    """
    with file.open("wb") as out:
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(out, header)
        left = int(np.prod(shape, dtype=np.int64))
        while left:
            left -= out.write(bytes(min(left, _FILL_BYTES)))


def _split(
    images: npt.NDArray[np.uint8], kept: npt.NDArray[np.bool_], records: Sequence[Record]
) -> dict[str, Split]:
    """The parts; `images` has a row for each record and for each that could not be decoded."""
    number = {name: label for label, name in enumerate(_class_names(records))}
    labels = np.array([number[record.class_name] for record in records])
    ids = np.array([record.id for record in records])
    part_of = np.array([record.part for record in records])
    # Parts lie one after the other, so that without failures they need not be copied.
    images = images if kept.all() else images[kept]
    parts = {}
    for part in PARTS:
        rows = np.flatnonzero(part_of == part)
        if len(rows):
            parts[part] = Split(images, labels, ids).take(slice(rows[0], rows[-1] + 1))
    return parts
