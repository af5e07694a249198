"""Hints for images without class folders: a command that makes the folders."""

import re
import shlex
from pathlib import Path

from augury.data.folders.folder_names import holds_images, part_named
from augury.data.folders.listing import Listing
from augury.data.folders.tree import listed

_NUMBER = "[._ (-]*[0-9].*"
_TABLES = (".csv", ".tsv", ".xlsx", ".json", ".txt")


def flat_hint(source: Path, listing: Listing, folder: str) -> str:
    """The end of an error about `folder`, whose images are in no class folders.

    If file names begin with a class, "cat.0.jpg": a command that makes a folder of links per class,
    so that nothing is moved. If there is a table beside them: its name.
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
    classes = sorted({re.sub(_NUMBER, "", name) for name in names} - {""})
    if 2 <= len(classes) <= len(names) // 2:
        hint += f", whose names begin with {listed(classes, 3)}"
        return f"{hint}; {_command(source, folder, names)}" if source.is_dir() else hint
    name = folder.rpartition("/")[2]
    if name and not holds_images(name) and not part_named(name):
        return ""  # it may be a class
    tables = [f.path for f in listing.set_aside if f.path.lower().endswith(_TABLES)]
    if tables:
        hint += f", and {min(tables)}, which is not read"
    return f"{hint}; make a folder for each class and move the images there"


def _command(source: Path, folder: str, names: list[str]) -> str:
    target = source.with_name(f"{source.name}-classes")
    each = " ".join(sorted({f"*.{name.rpartition('.')[2]}" for name in names}))
    return (
        f"to link them into class folders, type: cd {shlex.quote(str(source / folder))} && "
        f'for f in {each}; do d={shlex.quote(str(target))}/"$(printf %s "$f" | '
        f"sed 's/{_NUMBER}//')\"; "
        'mkdir -p "$d" && ln -s "$PWD/$f" "$d"; done'
    )
