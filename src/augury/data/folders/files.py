"""The files of an image folder, in a directory or in an archive."""

from pathlib import Path

from augury.data.cache import file_state
from augury.data.dataset import Progress
from augury.data.folders.archive import ARCHIVE_SUFFIXES, is_archive, list_archive
from augury.data.folders.directory import folder_state, list_folder
from augury.data.folders.listing import Listing
from augury.data.folders.own_output import leave_out_own
from augury.errors import DataError


def source_state(path: Path) -> dict[str, object]:
    """A value that changes when the directory or archive changes; the `state` of `cached`."""
    return folder_state(path) if path.is_dir() else file_state([path])


def list_files(path: Path, blob: Path, progress: Progress | None) -> Listing:
    """List the images of a directory, or of a zip or tar archive, in the order of their paths.

    blob: path of a new file for the bytes of an archive's images
    Hidden files and files of desktops (.DS_Store, Thumbs.db) are ignored; `list_folder`,
    `list_archive` and `leave_out_own` say what is set aside.
    Raises DataError if `path` is neither, or cannot be read.
    """
    if path.is_dir():
        listing = list_folder(path)
    elif is_archive(path):
        listing = list_archive(path, blob, progress)
    else:
        raise DataError(f"{path}: neither a folder nor an archive ({', '.join(ARCHIVE_SUFFIXES)})")
    leave_out_own(listing, path)
    listing.files.sort(key=lambda file: file.path)
    listing.set_aside.sort(key=lambda file: file.path)
    return listing
