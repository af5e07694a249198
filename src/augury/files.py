"""Files that are whole or not there at all, and what the system says when it cannot write."""

import errno
import os
from pathlib import Path

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


def write_atomically(path: Path, content: bytes) -> None:
    """Temporary file, flush, rename: readers see the old file or the new one, whole.

    The folder is made if it is not there. Raises OSError where it cannot be written, and leaves
    nothing behind then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Flush the folder's entries, so that a renamed file survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
