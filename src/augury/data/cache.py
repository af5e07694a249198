"""Disk cache of decoded images, as memory-mapped uint8 arrays.

A cache entry is a folder: images.npy (N, C, H, W) uint8, labels.npy and ids.npy (N,) int64, with
the train, validation and test parts one after the other, and meta.json; and extents.npy (N, 2)
int64 where whole pictures are kept, see `Dataset.pictures`. Its name contains a hash
of the source and another hash of the state of the source's files, so a changed source is decoded
again. Entries are atomic: written to a neighboring folder, flushed and renamed, under a file lock.
"""

import contextlib
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import numpy.typing as npt

from augury.data.dataset import Dataset, Split
from augury.errors import DataError, DiskError
from augury.files import CANNOT_WRITE, UNREADABLE, cache_folder, sync_folder, tell_remade
from augury.inside import check_folders, check_plain, is_there
from augury.records.set_aside import SetAside
from augury.seal import read_sealed, sealed_json

CACHE_VERSION = 3  # raise it when the decoded pixels or the files of an entry change
_COPY_ROWS = 4096
# The second and third: a file in place of the cache folder; the last: a link in place of a lock.
NO_SPACE = CANNOT_WRITE | {errno.ENOTDIR, errno.EEXIST, errno.ELOOP}


def cached(
    name: str,
    origin: Mapping[str, object],
    state: Mapping[str, object],
    decode: Callable[[Path], Dataset],
) -> Dataset:
    """The data set of cache entry (name, origin, state); it is decoded if the entry does not exist.

    name: short and readable, the beginning of the entry's folder name
    origin: the source of the data, and how it is prepared
    state: a value that changes when the source changes (sizes and times of its files)
    decode: given an empty folder for large temporary files, returns the data set, whose parts may
        hold whole pictures; its fingerprint is ignored and computed here
    Raises DiskError if the cache folder cannot be written.
    """
    root = cache_folder() / "decoded"
    stem = f"{safe_name(name)}-{_digest({'version': CACHE_VERSION, **origin})}"
    entry = root / f"{stem}-{_digest(state)}"
    dataset = read_entry(entry)
    if dataset is not None:
        return dataset
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(root / f"{stem}.lock"):
            dataset = read_entry(entry)  # another process may have written it meanwhile
            if dataset is None:
                if is_there(entry):
                    tell_remade(entry)
                _build(entry, root / f".{stem}.partial", decode)
                _remove_others(root, stem, entry)
                dataset = read_entry(entry)
    if dataset is None:
        raise DiskError(f"cannot read back what was just written to {entry}")
    return dataset


def file_state(files: Iterable[Path]) -> dict[str, object]:
    """For each file a value that changes when the file changes; the `state` of `cached`."""
    states: dict[str, object] = {}
    for file in files:
        try:
            states[str(file)] = status_values(file.stat())
        except OSError as error:
            raise DataError(f"{file}: cannot be read ({error.strerror})") from error
    return states


def status_values(status: os.stat_result) -> tuple[int, ...]:
    """Values of the file system that change when a file's content changes.

    Size and modification time are not enough: if files were unpacked with one fixed time, swapping
    or replacing two of them may change neither. A moved file takes its inode number (st_ino) along
    to its new name; a rewritten file gets a new change time (st_ctime), which no program can set.
    Other changes, such as a new hard link, also change these values: then the data is decoded again
    without need.
    """
    return status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn errors of a full, read-only or forbidden disk within the block into DiskError."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        raise DiskError(
            f"cannot write to {folder}: {os.strerror(error.errno)} "
            "(the variable AUGURY_CACHE names another folder)"
        ) from error


def _build(entry: Path, temporary: Path, decode: Callable[[Path], Dataset]) -> None:
    # Files of a killed process: while the lock is held, nobody else is writing.
    _remove(temporary)
    _remove(entry)
    try:
        scratch, finished = temporary / "scratch", temporary / "finished"
        scratch.mkdir(parents=True)
        finished.mkdir()
        write_entry(finished, decode(scratch))
        finished.rename(entry)
        sync_folder(entry.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _remove(folder: Path) -> None:
    """Remove a folder; if it is a link, only the link and not its target."""
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def write_entry(folder: Path, dataset: Dataset) -> None:
    """Write the files of an entry; the fingerprint is computed, and not taken from `dataset`."""
    parts = {
        name: part
        for name in ("train", "validation", "test")
        if (part := getattr(dataset, name)) is not None
    }
    sizes = {name: len(part) for name, part in parts.items()}
    digest = _fingerprint(dataset, sizes)
    shape = (sum(map(len, parts.values())), *dataset.train.images.shape[1:])
    with (folder / "images.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "|u1", "fortran_order": False, "shape": shape}
        )
        for part in parts.values():
            for start in range(0, len(part), _COPY_ROWS):
                chunk = np.ascontiguousarray(part.images[start : start + _COPY_ROWS])
                digest.update(chunk.data)
                file.write(chunk.data)
        _flush(file)
    for name in ("labels", "ids", *(["extents"] if dataset.train.extents is not None else [])):
        values = np.concatenate([getattr(part, name) for part in parts.values()]).astype("<i8")
        digest.update(values.data)
        with (folder / f"{name}.npy").open("wb") as file:
            np.save(file, values)
            _flush(file)
    meta = {
        "name": dataset.name,
        "classes": dataset.classes,
        "parts": sizes,
        "shape": shape,
        "fingerprint": digest.hexdigest(),
        **({"whole": True} if dataset.train.extents is not None else {}),
        "source": dataset.source,
        "notes": dataset.notes,
        "set_aside": [[file.path, file.reason] for file in dataset.set_aside],
    }
    with (folder / "meta.json").open("wb") as file:
        file.write(sealed_json(meta))
        _flush(file)
    sync_folder(folder)


def decoded_before(fingerprint: str) -> Dataset | None:
    """The data set of that fingerprint, if this machine's cache has it; reads no other files.

    Its pixels are not checked against the fingerprint, which would read all of them: to look at.
    """
    for folder in ("decoded", "kept"):
        for meta in sorted((cache_folder() / folder).glob("*/meta.json")):
            dataset = read_entry(meta.parent, checked=False)
            if dataset is not None and dataset.fingerprint == fingerprint:
                return dataset
    return None


def read_entry(entry: Path, checked: bool = True) -> Dataset | None:
    """The data set in an entry; None if it does not exist or is damaged.

    checked: whether its pixels, labels and ids are compared with its fingerprint.
    """
    try:
        check_folders(entry)
        for name in ("meta.json", "images.npy", "labels.npy", "ids.npy"):
            check_plain(entry / name)
        meta = read_sealed((entry / "meta.json").read_bytes())
        # As plain arrays, because slicing a memmap is slower.
        images = np.asarray(np.load(entry / "images.npy", mmap_mode="r"))
        labels, ids = np.load(entry / "labels.npy"), np.load(entry / "ids.npy")
        extents = _extents(entry, len(images)) if meta.get("whole") else None
        if images.shape != tuple(meta["shape"]) or not len(images) == len(labels) == len(ids):
            raise ValueError("of another shape")
        if [images.dtype, labels.dtype, ids.dtype] != ["|u1", "<i8", "<i8"]:
            raise ValueError("of another type")
        parts = _parts(meta["parts"], Split(images, labels, ids, extents))
        dataset = Dataset(
            name=meta["name"],
            classes=tuple(meta["classes"]),
            train=parts["train"],
            validation=parts.get("validation"),
            test=parts["test"],
            fingerprint=meta["fingerprint"],
            source=meta["source"],
            notes=tuple(meta["notes"]),
            set_aside=tuple(SetAside(path, reason) for path, reason in meta["set_aside"]),
        )
        numbers = (labels, ids) if extents is None else (labels, ids, extents)
        if checked and not _matches_fingerprint(dataset, meta["parts"], images, numbers):
            raise ValueError("its content does not match its fingerprint")
    except UNREADABLE:
        return None
    return dataset if extents is None else _with_squares(dataset)


def _extents(entry: Path, count: int) -> npt.NDArray[np.int64]:
    check_plain(entry / "extents.npy")
    extents: npt.NDArray[np.int64] = np.load(entry / "extents.npy")
    if extents.shape != (count, 2) or extents.dtype != "<i8":
        raise ValueError("of another shape or type")
    return extents


def _with_squares(dataset: Dataset) -> Dataset:
    """A data set whose parts hold whole pictures, with the center squares as its parts."""
    pictures, held_out = dataset.train, dataset.validation
    # The shorter side of each picture is that of the square.
    side = int(pictures.extents.min()) if pictures.extents is not None else dataset.stored_size
    return replace(
        dataset,
        train=pictures.centers(side),
        validation=None if held_out is None else held_out.centers(side),
        test=dataset.test.centers(side),
        pictures=pictures,
    )


def _matches_fingerprint(
    dataset: Dataset,
    sizes: Mapping[str, int],
    images: npt.NDArray[np.uint8],
    numbers: Iterable[npt.NDArray[np.int64]],
) -> bool:
    """numbers: labels, ids and extents, as far as they are there."""
    digest = _fingerprint(dataset, sizes)
    for start in range(0, len(images), _COPY_ROWS):
        digest.update(np.ascontiguousarray(images[start : start + _COPY_ROWS]).data)
    for values in numbers:
        digest.update(values.astype("<i8").data)
    return digest.hexdigest() == dataset.fingerprint


def _fingerprint(dataset: Dataset, sizes: Mapping[str, int]) -> "hashlib._Hash":
    """The hash for a data set's fingerprint, to which pixels, labels and ids are added later."""
    described = {
        "classes": dataset.classes,
        "parts": sizes,
        "channels": dataset.channels,
        "image_size": dataset.stored_size,
    }
    return hashlib.sha256(json.dumps(described).encode())


def _parts(sizes: Mapping[str, int], whole: Split) -> dict[str, Split]:
    parts, start = {}, 0
    for name, size in sizes.items():
        parts[name] = whole.take(slice(start, start + size))
        start += size
    return parts


def _remove_others(root: Path, stem: str, entry: Path) -> None:
    """Remove entries of earlier states of the source; open memory maps stay readable."""
    for other in root.glob(f"{stem}-*"):
        if other != entry:
            shutil.rmtree(other, ignore_errors=True)


def _digest(value: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def safe_name(name: str) -> str:
    """The beginning of an entry's folder name, for people who look into the cache."""
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in name)[:40]


def _flush(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())
