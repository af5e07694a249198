"""Whether a folder can be the one of a study, and making it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from augury.errors import InputError
from augury.names import shown

PLAN_LOCK = ".plan.lock"
"""Name of the file that is locked while plan.json is read and written."""

_LONGEST_NAME = 255  # bytes, of a folder
_LONGEST_PATH = 4095  # bytes, on Linux


def usable_folder(path: Path) -> Path:
    """`path`, if it can be a study's folder, existing or not; InputError if it cannot."""
    size = len(os.fsencode(path))
    if size > _LONGEST_PATH:
        raise InputError(
            f"the study's folder: a path of {size} bytes, and one may have {_LONGEST_PATH}; "
            "--out gives another"
        )
    for name in path.parts:
        try:
            size = len(name.encode())
        except UnicodeEncodeError as error:
            raise InputError(
                f"the study's folder: {shown(name)} is not valid UTF-8, in which networks cannot "
                "be stored; --out gives another"
            ) from error
        if size > _LONGEST_NAME:
            raise InputError(
                f"the study's folder: {shown(name)} has {size} bytes, and a name may have "
                f"{_LONGEST_NAME}; --out gives another"
            )
    there = next((folder for folder in (path, *path.parents) if os.path.exists(folder)), path)
    if os.path.exists(there) and not os.path.isdir(there):
        raise InputError(f"the study's folder: {there} is a file; --out gives another")
    return path


@contextmanager
def nothing_left(path: Path) -> Iterator[None]:
    """Makes the folder `path`, and takes it away again where the block ends with an error.

    So are the folders around it that were made for it. What holds anything but the plan's lock
    stays, and so does what was there before.
    """
    made = [folder for folder in (path, *path.parents) if not os.path.lexists(folder)]
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            if made and set(os.listdir(path)) <= {PLAN_LOCK}:
                (path / PLAN_LOCK).unlink(missing_ok=True)
                for folder in made:
                    folder.rmdir()
        raise
