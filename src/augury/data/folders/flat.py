"""Hints for images without class folders: what to type."""

import shlex
from pathlib import Path

from augury.data.folders.class_in_name import CLASS, class_in_name
from augury.data.folders.folder_names import holds_images, part_named
from augury.data.folders.listing import Listing
from augury.data.folders.tree import listed

_PATTERNS = tuple(f"{CLASS}{rest}" for rest in (".#", "_#", "-#", " #", " (#)", "#", "_*", ".*"))
_TABLES = (".csv", ".tsv")


def flat_hint(source: Path, listing: Listing, folder: str) -> str:
    """The end of an error about `folder`, whose images are in no class folders.

    If the names of its files hold the class, "cat.0.jpg": the pattern to type. If there is a table
    beside them: the option to type.
    """
    names = [
        file.path.rpartition("/")[2]
        for file in listing.files
        if file.path.rpartition("/")[0] == folder
    ]
    if not names:
        return ""
    where = f"{folder}/ holds" if folder else "there are"
    hint = f"; {where} {len(names):,} images in no class folders"
    for pattern in _PATTERNS:
        found = [class_in_name(pattern, name) for name in names]
        classes = sorted({name for name in found if name is not None})
        if None not in found and 2 <= len(classes) <= len(names) // 2:
            typed = shlex.quote(str(source / folder / pattern))
            begin = f"whose names begin with {listed(classes, 3)}"
            return f"{hint}, {begin}; if these are the classes, type {typed}"
    name = folder.rpartition("/")[2]
    if name and not holds_images(name) and not part_named(name):
        return ""  # it may be a class
    tables = [f.path for f in listing.set_aside if f.path.lower().endswith(_TABLES)]
    if tables:
        typed = shlex.quote(min(tables))
        return f"{hint}, and {min(tables)}; if it has their labels, type --labels {typed}"
    return f"{hint}; make a folder for each class and move the images there"
