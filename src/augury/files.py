"""Atomic writing of files, the errors of systems that cannot write, and the cache folder."""

import errno
import logging
import os
import secrets
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from augury.printable import printable

CANNOT_WRITE = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.EFBIG,
    }
)
"""Error numbers of a full, limited, read-only or forbidden disk."""

UNREADABLE = (
    *(OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, SyntaxError),
    *(RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error, struct.error),
    tokenize.TokenError,
)
"""Errors from reading a damaged .npy or .npz, whose header NumPy parses as a Python literal."""

# Errors of network file systems that cannot flush a folder; they do so without being asked.
_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP)


def cache_folder() -> Path:
    """The folder for what can be made again, such as decoded data: AUGURY_CACHE, or the user's."""
    chosen = os.environ.get("AUGURY_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs  # takes 15 ms, which a command that asks for help would wait

    return platformdirs.user_cache_path("augury")


def tell_remade(path: Path) -> None:
    """Log a warning that a damaged or outdated file is made again; by default on standard error."""
    logging.getLogger("augury").warning(
        "%s: damaged, or of another version, so it is made anew", printable(str(path))
    )


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which replaces `path` when the block ends without an error.

    Temporary file, flush, rename, flush of the folder: readers see the whole old file or the whole
    new one, also after a power cut. A missing folder is made. Raises OSError if it cannot be
    written, and then leaves nothing behind.
    """
    make_folder(path.parent)
    temporary = temporary_path(path)
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        # If this fails too, the first error is the one to report.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` as `atomic_file` does."""
    with atomic_file(path) as file:
        file.write(content)


def temporary_path(path: Path) -> Path:
    """A hidden name beside `path` that no other process or machine uses."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


def make_folder(folder: Path) -> None:
    """Make `folder` and its parents, and flush the entries of new ones to disk."""
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in new:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush the folder's entries, so that a renamed file survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)
