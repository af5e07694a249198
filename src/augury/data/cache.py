"""Disk cache of decoded images, as memory-mapped uint8 arrays.

An entry is a folder (`cache_entry.py` has its files), whose name contains a hash of the source and
another hash of the state of the source's files, so a changed source is decoded again. Entries are
atomic: written to a neighboring folder, flushed and renamed, under a file lock.
"""

import contextlib
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import filelock

from augury.data.cache_entry import read_entry, write_entry
from augury.data.dataset import Dataset
from augury.errors import DataError, DiskError
from augury.files import CANNOT_WRITE, cache_folder, sync_folder, tell_remade
from augury.inside import is_there

CACHE_VERSION = 3  # raise it when the decoded pixels or the files of an entry change
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
