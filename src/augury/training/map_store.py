"""Disk cache of the saliency maps of a data set's training images.

Each file in the cache folder's `maps` is an array (N, H, W) uint8, or (N, C, H, W) float16 for
signed gradients, in the order of the images' ids, followed by a checksum. Its name holds a hash of
everything that the maps depend on, so all cells and seeds that need the same maps share one file,
which is mapped into memory. It is written atomically, under a file lock.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import filelock
import numpy as np
import numpy.typing as npt
import torch

from augury.data import Dataset, batches, cache_folder
from augury.data.cache import writing
from augury.errors import DiskError
from augury.files import UNREADABLE, sync_folder, tell_remade
from augury.inside import check_plain, is_there
from augury.saliency import MapCache, Saliency
from augury.saliency.cache import as_stored

MAPS_VERSION = 1  # to be raised whenever the maps of a kind or the layout of a file change
# Pixels of one batch. Not the study's batch size, as a network's last bits depend on it.
_BATCH_PIXELS = 2**18
_CHECKSUM_BYTES = 32
_CHECK_ROWS = 4096

Values = npt.NDArray[np.uint8] | npt.NDArray[np.float16]


def stored_maps(
    kind: str,
    signed: bool,
    saliency: Saliency,
    origin: Mapping[str, Any],
    dataset: Dataset,
    device: torch.device,
) -> MapCache:
    """Maps of all training images of `dataset`, computed on `device` unless they are stored.

    kind: of saliency; signed: whether its maps are signed gradients; origin: what the maps depend
    on besides kind and data. Raises DiskError if the cache cannot be written.
    """
    train = dataset.train
    identity = _identity({"kind": kind, "data": dataset.fingerprint, **origin})
    path = cache_folder() / "maps" / f"{kind}-{identity[:32]}.npy"
    shape = train.images.shape if signed else (len(train), *train.images.shape[2:])
    dtype = np.dtype("<f2" if signed else "|u1")
    values = _read(path, identity, shape, dtype)
    if values is None:
        with writing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(path.with_suffix(".lock")):
                values = _read(path, identity, shape, dtype)  # another may have written it
                if values is None:
                    if is_there(path):
                        tell_remade(path)
                    rows = _computed(saliency, dataset, device)
                    _write(path, identity, shape, dtype, rows)
                    values = _read(path, identity, shape, dtype)
    if values is None:
        raise DiskError(f"cannot read back what was just written to {path}")
    return MapCache(torch.from_numpy(np.sort(train.ids)), torch.from_numpy(values))


def _computed(saliency: Saliency, dataset: Dataset, device: torch.device) -> Iterator[Values]:
    train = dataset.train
    size = max(2, _BATCH_PIXELS // (train.images.shape[2] * train.images.shape[3]))
    for batch in batches(train, dataset.num_classes, size, np.argsort(train.ids)):
        maps: Values = as_stored(saliency(batch.to(device))).cpu().numpy()
        yield maps


def _identity(origin: Mapping[str, Any]) -> str:
    content = json.dumps({"version": MAPS_VERSION, **origin}, sort_keys=True).encode()
    return hashlib.sha256(content).hexdigest()


def _write(
    path: Path,
    identity: str,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    rows: Iterator[Values],
) -> None:
    checksum = _checksum(identity)
    # One name is enough, as the lock is held. A file left there by a killed process, or by anybody,
    # is removed and never written to: it may be a link.
    temporary = path.with_suffix(".partial")
    temporary.unlink(missing_ok=True)
    try:
        with temporary.open("xb") as file:
            _write_header(file, shape, dtype)
            for maps in rows:
                content = np.ascontiguousarray(maps.astype(dtype, copy=False))
                checksum.update(content.data)
                file.write(content.data)
            file.write(checksum.digest())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _write_header(file: BinaryIO, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


def _read(path: Path, identity: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Values | None:
    """The array in a file; None if the file is missing or damaged."""
    try:
        check_plain(path)
        # Copy on write: nobody writes, but PyTorch warns of arrays that could not be.
        values = np.asarray(np.load(path, mmap_mode="c"))
        with path.open("rb") as file:
            file.seek(-_CHECKSUM_BYTES, os.SEEK_END)
            expected = file.read()
    except UNREADABLE:
        return None
    if values.shape != shape or values.dtype != dtype:
        return None
    checksum = _checksum(identity)
    for start in range(0, len(values), _CHECK_ROWS):
        checksum.update(values[start : start + _CHECK_ROWS].data)
    return values if checksum.digest() == expected else None


def _checksum(identity: str) -> "hashlib.blake2b":
    return hashlib.blake2b(key=bytes.fromhex(identity), digest_size=_CHECKSUM_BYTES)
