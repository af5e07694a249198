"""Recognizes files that augury writes, so that they are never read as data.

A study's folder holds plan.json and study.toml, or at first only a lock. Figures of `augury data`
are named after the data set.
"""

import os
import shlex
from collections.abc import Collection, Iterable
from pathlib import Path

from augury.data.folders.archive import without_suffix
from augury.data.folders.formats import is_image_name
from augury.data.folders.listing import Listing
from augury.errors import DataError, InputError

STUDY = "a study of augury's, not data"
FIGURE = "a figure of augury's, not data"
CACHE = "augury's cache, not data"
_FIGURES = ("images", "normalization")  # of `augury data`


def holds_a_study(names: Collection[str]) -> bool:
    """Whether a folder with files of these names is a study."""
    begun = ".plan.lock" in names and not any(map(is_image_name, names))
    return begun or {"plan.json", "study.toml"} <= set(names)


def figure_names(source: Path) -> frozenset[str]:
    """The file names of the figures that `augury data` writes for this data set."""
    return frozenset(f"{without_suffix(source)}-{figure}.png" for figure in _FIGURES)


def leave_out_own(listing: Listing, source: Path) -> None:
    """Set aside the files that augury has written into a folder or archive."""
    files: dict[str, set[str]] = {}
    for aside in listing.set_aside:
        above, _, name = aside.path.rpartition("/")
        if name in ("plan.json", "study.toml"):
            files.setdefault(above, set()).add(name)
    studies = {folder for folder, names in files.items() if holds_a_study(names)}
    if "" in studies:
        raise DataError(f"{source}: the folder of a study, not of images")
    for folder in studies:
        _remove(listing, folder)
        listing.refuse(folder, STUDY)
    figures = figure_names(source)
    for file in [f for f in listing.files if f.path.rpartition("/")[2] in figures]:
        listing.files.remove(file)
        listing.refuse(file.path, FIGURE)
    _forget_hollow_folders(listing)


def _remove(listing: Listing, folder: str) -> None:
    inside = f"{folder}/"
    listing.files = [file for file in listing.files if not file.path.startswith(inside)]
    listing.set_aside = [file for file in listing.set_aside if not file.path.startswith(inside)]
    listing.folders = {f for f in listing.folders if f != folder and not f.startswith(inside)}


def _forget_hollow_folders(listing: Listing) -> None:
    """Forget folders that hold only augury's output, so that they are no empty classes."""
    own = {file.path for file in listing.set_aside if file.reason in (STUDY, FIGURE, CACHE)}
    suspects = {folder for path in own for folder in _above(path)}
    if not suspects:
        return
    others = {file.path for file in listing.files}
    others |= {file.path for file in listing.set_aside} - own
    others |= listing.folders - suspects
    listing.folders -= suspects - {folder for path in others for folder in _above(path)}


def _above(path: str) -> Iterable[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def check_outside(output: Path, source: Path, what: str, instead: str) -> None:
    """Raise InputError if `output` is inside the data, where it would be read as data next time.

    source: a folder or archive; what: the output in words; instead: a name for it beside the data;
    both for the error
    """
    output, source = output.expanduser().resolve(), source.expanduser().resolve()
    if source.is_dir() and (output == source or source in output.parents):
        beside = shlex.quote(os.path.relpath(source.parent / instead))
        raise InputError(
            f"{what} would lie in the data set {source}, and be read as data: write it elsewhere, "
            f"for instance with --out {beside}"
        )
