"""The image files below a directory; links are followed, other kinds of entries set aside."""

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from augury.data.cache import status_values
from augury.data.folders.formats import is_image_name
from augury.data.folders.listing import (
    HIDDEN,
    MOST_FOLDERS,
    Listing,
    StoredFile,
    is_hidden_folder,
    is_ignored,
    printable,
)
from augury.data.folders.own_output import CACHE, STUDY, holds_a_study
from augury.errors import DataError
from augury.files import cache_folder


@dataclass(frozen=True)
class _Found:
    """One entry below a directory; refusal: why it can be neither read nor entered, or ""."""

    name: str
    path: str
    status: os.stat_result | None
    refusal: str | None

    @property
    def is_folder(self) -> bool:
        return self.status is not None and stat.S_ISDIR(self.status.st_mode)


def list_folder(folder: Path) -> Listing:
    """The images below a directory, not yet sorted.

    Links are followed to any place. Broken links, links to a folder that contains them, pipes,
    sockets and devices are set aside without being opened. Studies and the cache of augury, and
    hidden folders with images, are also set aside.
    Raises DataError if a folder below it cannot be read, or if there are too many folders.
    """
    listing = Listing()
    for found in _walk(folder):
        if found.refusal or found.status is None:
            listing.folders.discard(found.name)
            listing.refuse(found.name, found.refusal or "")
        elif found.is_folder:
            listing.add_folder(found.name)
        elif listing.admits(found.name, found.status.st_size):
            file = StoredFile(found.name, Path(found.path), 0, found.status.st_size)
            listing.files.append(file)
    return listing


def folder_state(folder: Path) -> dict[str, object]:
    """A value that changes when any file below a directory changes; the `state` of `cached`."""
    lines = []
    for found in _walk(folder):
        line = f"{found.name}\0{found.refusal}"
        if found.status and not found.is_folder:
            # With mode and owner, because a file that was forbidden may become readable.
            values = (*status_values(found.status), found.status.st_mode, found.status.st_uid)
            line += "".join(f"\0{value}" for value in values)
        lines.append(line)
    # One digest, because writing a large table of states would take longer than gathering it.
    return {"files": hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()}


def _walk(folder: Path) -> Iterator[_Found]:
    """Every entry below a folder, except hidden ones; a loop, because folders may be very deep."""
    waiting: list[tuple[str, str, tuple[tuple[int, int], ...]]] = [("", str(folder), ())]
    folders, cache = 0, _cache_identity()
    found: list[_Found | None]
    while waiting:
        prefix, place, above = waiting.pop()
        folders += 1
        if folders > MOST_FOLDERS:
            raise DataError(f"{folder}: more than {MOST_FOLDERS:,} folders; do links lead around?")
        with _reading(place):
            above = (*above, _identity(os.stat(place)))
            with os.scandir(place) as entries:
                inside = list(entries)
            is_study = holds_a_study({entry.name for entry in inside})
            if prefix and (is_study or above[-1] == cache):
                found = [_Found(prefix[:-1], place, None, STUDY if is_study else CACHE)]
            else:
                found = [_look(prefix, entry, above) for entry in inside]
        for entry in found:
            if entry is not None:
                yield entry
                if entry.is_folder and entry.refusal is None:
                    waiting.append((f"{entry.name}/", entry.path, above))


def _look(
    prefix: str, entry: os.DirEntry[str], above: tuple[tuple[int, int], ...]
) -> _Found | None:
    name = f"{prefix}{printable(entry.name)}"
    if is_ignored(entry.name):
        return _Found(name, entry.path, None, HIDDEN) if _hides_images(entry) else None
    try:
        status = entry.stat()
    except OSError as error:  # a broken link, a link to itself, or a file that was just removed
        reason = "a broken link" if entry.is_symlink() else f"cannot be read ({error.strerror})"
        return _Found(name, entry.path, None, reason)
    refusal = None
    if stat.S_ISDIR(status.st_mode) and _identity(status) in above:
        refusal = "a link to a folder that holds it"
    elif not stat.S_ISDIR(status.st_mode) and not stat.S_ISREG(status.st_mode):
        refusal = "not a regular file"
    return _Found(name, entry.path, status, refusal)


def _hides_images(entry: os.DirEntry[str]) -> bool:
    if not is_hidden_folder(entry.name):
        return False
    try:
        with os.scandir(entry.path) as inside:
            return any(is_image_name(e.name) and not is_ignored(e.name) for e in inside)
    except OSError:  # not a folder, or a forbidden one
        return False


def _cache_identity() -> tuple[int, int] | None:
    try:
        return _identity(os.stat(cache_folder()))
    except OSError:
        return None


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


@contextlib.contextmanager
def _reading(place: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(f"{printable(place)}: cannot be read ({error.strerror})") from error
