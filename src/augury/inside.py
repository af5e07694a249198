"""Safe access to the files of a folder that may come from someone else: no link is followed.

The folder itself may be a link, because the user has named it. Inside it only regular files are
opened, and only real folders are entered. `augury.files` follows no links either: it writes a
temporary file and renames it, which replaces a link and not its target.
"""

import os
import stat
from io import BufferedReader
from pathlib import Path

from filelock import FileLock

from augury.errors import InputError, UnreadableError

# Protects against a file that is replaced between check and opening; Windows has neither flag.
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def is_there(path: Path) -> bool:
    """Whether anything exists at `path`, including a broken link.

    Raises UnreadableError if the system refuses to tell.
    """
    return _look(path) is not None


def open_plain(path: Path) -> BufferedReader:
    """Open a file to read.

    Raises UnreadableError, naming it, for a link, a named pipe, a folder and the like, and if the
    system refuses; InputError if it does not exist.
    """
    _check_kind(path, _look(path))
    try:
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | _NO_FOLLOW
        file = open(os.open(path, flags), "rb")  # noqa: SIM115 - the caller closes it
    except OSError as error:
        raise _cannot_read(path, error) from error
    try:
        _check_kind(path, os.fstat(file.fileno()))
    except BaseException:
        file.close()
        raise
    return file


def read_plain(path: Path) -> bytes:
    """The content of a file; raises as `open_plain` does."""
    with open_plain(path) as file:
        try:
            return file.read()
        except OSError as error:
            raise _cannot_read(path, error) from error


def check_plain(path: Path) -> None:
    """Raise as `open_plain` does; for files that another library opens by name."""
    open_plain(path).close()


def check_folders(*folders: Path) -> None:
    """Raise UnreadableError, naming it, if one of `folders` exists and is not a real folder."""
    for folder in folders:
        found = _look(folder)
        if found is not None and not stat.S_ISDIR(found.st_mode):
            is_link = stat.S_ISLNK(found.st_mode)
            raise _is_link(folder) if is_link else UnreadableError(f"{folder}: not a folder")


def check_no_link(path: Path) -> None:
    """Raise UnreadableError, naming it, if `path` is a link."""
    found = _look(path)
    if found is not None and stat.S_ISLNK(found.st_mode):
        raise _is_link(path)


def remove_plain(path: Path) -> None:
    """Remove a file or a link (not its target); folders are left alone."""
    found = _look(path)
    if found is not None and not stat.S_ISDIR(found.st_mode):
        path.unlink(missing_ok=True)


def lock(path: Path, timeout: float = -1) -> FileLock:
    """A lock on the file `path`, which is made; timeout: seconds, -1 to wait without limit.

    Raises UnreadableError if `path` is something else than a lock. filelock may empty the file, so
    links, and hard links to files with content, are refused.
    """
    found = _look(path)
    if found is not None:
        _check_kind(path, found)
        if found.st_nlink > 1 and found.st_size > 0:
            raise UnreadableError(f"{path}: another name of a file with content, not a lock")
    return FileLock(path, timeout=timeout)


def is_plain_name(name: str) -> bool:
    """Whether `name` is the name of a folder's direct entry, without any path."""
    return name not in ("", ".", "..") and not any(c in name for c in "/\\\0")


def _look(path: Path) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _cannot_read(path, error) from error


def _check_kind(path: Path, found: os.stat_result | None) -> None:
    if found is None or stat.S_ISREG(found.st_mode):
        return
    if stat.S_ISLNK(found.st_mode):
        raise _is_link(path)
    kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe, socket or device"
    raise UnreadableError(f"{path}: {kind} where a file should be")


def _is_link(path: Path) -> UnreadableError:
    return UnreadableError(
        f"{path}: a link, and no link inside a study is followed. Put in its place what it leads to"
    )


def _cannot_read(path: Path, error: OSError) -> InputError:
    missing = isinstance(error, FileNotFoundError | NotADirectoryError)
    kind = InputError if missing else UnreadableError
    return kind(f"cannot read {path}: {error.strerror or error}")
