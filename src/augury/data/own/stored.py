"""Data sets that were given as objects, kept in the cache: "stored:NAME@DIGITS".

Such a data set has no file and no function to be read from again, so its arrays are kept under
that name, by which a study finds them in any later process.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import filelock

from augury.data.cache import cached, safe_name, writing
from augury.data.cache_entry import read_entry, write_entry
from augury.data.dataset import Dataset, Split
from augury.data.own.names import PREFIX, title_of
from augury.data.resize import resize_images
from augury.errors import DataError, InputError
from augury.files import cache_folder, sync_folder, temporary_path
from augury.inside import is_plain_name
from augury.records.json_file import to_values

_DIGITS = 16


def stored_name(dataset: Dataset) -> str:
    """The name under which `keep` keeps a data set: what was done to it counts, too."""
    about = [dataset.fingerprint, dataset.source, dataset.notes, to_values(dataset.set_aside)]
    digest = hashlib.sha256(json.dumps(about).encode()).hexdigest()
    return f"{PREFIX}{dataset.name}@{digest[:_DIGITS]}"


def check_title(name: str) -> None:
    """Raise InputError unless a data set can be called `name`."""
    if not is_plain_name(name) or not name.isprintable() or len(name.encode()) > 100:
        raise InputError(f"name: must be at most 100 printable bytes without a slash, got {name!r}")


def keep(decode: Callable[[Path], Dataset]) -> Dataset:
    """The data set that `decode` makes, given a folder for large temporary files; then kept.

    Its fingerprint is not looked at but computed. Raises DiskError where the cache cannot be
    written.
    """
    root = cache_folder() / "kept"
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
        partial = temporary_path(root / "partial")
        scratch, finished = partial / "scratch", partial / "finished"
        try:
            scratch.mkdir(parents=True)
            finished.mkdir()
            write_entry(finished, decode(scratch))
            dataset = read_entry(finished)
            if dataset is None:
                raise DataError(f"cannot read back what was just written to {finished}")
            with filelock.FileLock(root / ".lock"):
                entry = _entry(stored_name(dataset))
                if read_entry(entry) is None:
                    shutil.rmtree(entry, ignore_errors=True)
                    finished.rename(entry)
                    sync_folder(root)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return load_stored(stored_name(dataset), None)


def load_stored(name: str, image_size: int | None) -> Dataset:
    """The data set of that name, at another image size if one is asked for.

    Raises DataError, saying what to do, where the cache does not have it.
    """
    dataset = read_entry(_entry(name))
    if dataset is None or stored_name(dataset) != name:
        raise DataError(
            f"{name}: not in {cache_folder() / 'kept'}. It was given as an object: give the same "
            "object to augury.Study again, and it is kept anew"
        )
    if image_size is None or image_size == dataset.image_size:
        return dataset
    origin = {"kept": name, "image_size": image_size}
    return cached(dataset.name, origin, {}, lambda _: _resized(dataset, image_size))


def _resized(dataset: Dataset, size: int) -> Dataset:
    def part(split: Split) -> Split:
        return replace(split, images=resize_images(split.images, size))

    note = f"{dataset.image_size}×{dataset.image_size} resized bilinearly to {size}×{size}"
    return replace(
        dataset,
        train=part(dataset.train),
        validation=part(dataset.validation) if dataset.validation is not None else None,
        test=part(dataset.test),
        notes=(*dataset.notes, note),
    )


def _entry(name: str) -> Path:
    """The folder that keeps a data set; a name in somebody's plan leads to no other place."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGITS]
    return cache_folder() / "kept" / f"{safe_name(title_of(name))}-{digest}"
