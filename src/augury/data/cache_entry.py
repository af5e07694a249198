"""The files of one entry of the cache of decoded images: written, and read with all checks.

An entry is a folder: images.npy (N, C, H, W) uint8, labels.npy and ids.npy (N,) int64, with the
train, validation and test parts one after the other, and meta.json; and extents.npy (N, 2) int64
where whole pictures are kept, see `Dataset.pictures`.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.data.dataset import Dataset, Split
from augury.files import UNREADABLE, sync_folder
from augury.inside import check_folders, check_plain
from augury.records.set_aside import SetAside
from augury.seal import read_sealed, sealed_json

_COPY_ROWS = 4096


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


def _flush(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())
