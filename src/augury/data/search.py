"""The folders that are searched for the files of a named data set, in order."""

import os
from pathlib import Path

from augury.errors import DataError
from augury.files import cache_folder

SYSTEM_FOLDER = Path("/usr/share/datasets")


def search_roots(data_dir: Path | None) -> list[Path]:
    """The folders to search, in order: `data_dir`, AUGURY_DATA, the user's cache, the system's.

    Raises DataError if `data_dir` or AUGURY_DATA is not a folder.
    """
    chosen = []
    if data_dir is not None:
        chosen.append(_existing(Path(data_dir), "the data folder"))
    if variable := os.environ.get("AUGURY_DATA"):
        chosen.append(_existing(Path(variable), "AUGURY_DATA"))
    return [*chosen, download_folder(), SYSTEM_FOLDER]


def download_folder() -> Path:
    """The folder for downloaded files, where users may also put files by hand."""
    return cache_folder() / "downloads"


def _existing(folder: Path, what: str) -> Path:
    folder = folder.expanduser()
    if not folder.is_dir():
        raise DataError(f"{what} is not a folder: {folder}")
    return folder
