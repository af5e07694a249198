"""Files that are whole or not there at all, and what the system says when it cannot write."""

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
"""What reading a damaged .npy or .npz raises: NumPy parses their headers as Python literals."""

# What some network file systems answer to the flushing of a folder, which they do unasked.
_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP)


def tell_remade(path: Path) -> None:
    """Say in one line, on standard error unless logging is set up, that a file is made anew."""
    logging.getLogger("augury").warning(
        "%s: damaged, or of another version, so it is made anew", printable(str(path))
    )


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of `path` when the block ends well.

    Temporary file, flush, rename, flush of the folder: readers see the old file or the new one,
    whole, also after a power cut. The folder is made if it is not there. Raises OSError where it
    cannot be written, and leaves nothing behind then.
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
        # A disk that refuses this too has said why already.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` as `atomic_file` does."""
    with atomic_file(path) as file:
        file.write(content)


def temporary_path(path: Path) -> Path:
    """Beside `path`, hidden, and nobody else's, also where several machines share the folder."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


def make_folder(folder: Path) -> None:
    """Make `folder` and its parents, and flush the entries of those that are new."""
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
