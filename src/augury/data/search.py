"""Where the files of a named data set are looked for, and in which order."""

import os
from pathlib import Path

from augury.data.cache import cache_folder
from augury.errors import DataError

SYSTEM_FOLDER = Path("/usr/share/datasets")


def search_roots(data_dir: Path | None) -> list[Path]:
    """The folders to search, first to last: `data_dir`, AUGURY_DATA, the user cache, the system's.

    Raises DataError where one of the two that a person chose is not a folder.
    """
    chosen = []
    if data_dir is not None:
        chosen.append(_existing(Path(data_dir), "the data folder"))
    if variable := os.environ.get("AUGURY_DATA"):
        chosen.append(_existing(Path(variable), "AUGURY_DATA"))
    return [*chosen, download_folder(), SYSTEM_FOLDER]


def download_folder() -> Path:
    """Where downloaded files are kept, and where a person may put them by hand."""
    return cache_folder() / "downloads"


def _existing(folder: Path, what: str) -> Path:
    folder = folder.expanduser()
    if not folder.is_dir():
        raise DataError(f"{what} is not a folder: {folder}")
    return folder
