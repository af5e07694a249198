"""Which image of a folder belongs to which part and to which class."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from augury.data.dataset import SetAside
from augury.data.listing import Listing, StoredFile
from augury.errors import DataError

PARTS = ("train", "validation", "test")
PART_OF_FOLDER = {
    "train": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
_EXPECTED = "expected class/image or train|val|test/class/image"


@dataclass(frozen=True)
class Record:
    """One image file and its place in the data set."""

    file: StoredFile
    part: str
    class_name: str
    id: int


def arrange(path: Path, listing: Listing) -> tuple[list[Record], list[SetAside]]:
    """The image files, ordered by part and path, and everything that is set aside.

    Folders that merely wrap the rest are looked through. Images below a class folder belong to
    it at any depth. Without train|val|test folders all is `train`.
    Raises DataError where there is no image, an empty class, a single class, or parts differ in
    their classes.
    """
    depth = _wrapper_depth(listing.folders)
    part_of = _part_folders(path, listing.folders, depth)
    set_aside = list(listing.set_aside)
    placed: list[tuple[str, str, StoredFile]] = []
    for file in listing.files:
        place = _place(file.path, depth, part_of)
        if place is None:
            where = "outside the train, val and test classes" if part_of else "in no class folder"
            set_aside.append(SetAside(file.path, f"lies {where}"))
        else:
            placed.append((*place, file))
    if not placed:
        first = min(set_aside, key=lambda file: file.path, default=None)
        why = f"; {len(set_aside):,} set aside, {first.path}: {first.reason}" if first else ""
        raise DataError(f"{path}: no images in class folders ({_EXPECTED}){why}")
    # A made-up file name turns a folder that holds files directly into a place, as for files.
    folders = {
        place
        for folder in listing.folders
        if folder.count("/") == depth + bool(part_of)
        and (place := _place(f"{folder}/_", depth, part_of))
    }
    _check_classes(path, folders, {(part, name) for part, name, _ in placed})
    placed.sort(key=lambda entry: (PARTS.index(entry[0]), entry[2].path))
    records = [Record(file, part, name, id) for id, (part, name, file) in enumerate(placed)]
    return records, set_aside


def _wrapper_depth(folders: Iterable[str]) -> int:
    """How many folders, one inside the other, merely wrap the classes or the parts."""
    below = [folder.split("/") for folder in folders]
    depth = 0
    while True:
        names = {pieces[depth] for pieces in below}
        deeper = [pieces for pieces in below if len(pieces) > depth + 1]
        if len(names) != 1 or names & PART_OF_FOLDER.keys() or not deeper:
            return depth
        below, depth = deeper, depth + 1


def _part_folders(path: Path, folders: Iterable[str], depth: int) -> dict[str, str]:
    """The part that each train, val or test folder holds; empty where there are only classes.

    They count as parts only if they hold folders: a class may be named "train".
    """
    below = [pieces for folder in folders if (pieces := folder.split("/")[depth:])]
    part_of = {
        pieces[0]: PART_OF_FOLDER[pieces[0].lower()]
        for pieces in below
        if len(pieces) > 1 and pieces[0].lower() in PART_OF_FOLDER
    }
    if "train" not in part_of.values():
        if part_of and {pieces[0] for pieces in below} == part_of.keys():
            raise DataError(f"{path}: there is no train folder beside {', '.join(sorted(part_of))}")
        return {}
    if len(set(part_of.values())) < len(part_of):
        raise DataError(f"{path}: two folders for one part: {', '.join(sorted(part_of))}")
    return part_of


def _place(file: str, depth: int, part_of: Mapping[str, str]) -> tuple[str, str] | None:
    """The part and the class of a file; None where it lies outside the classes."""
    pieces = file.split("/")[depth:]
    if not part_of:
        return ("train", pieces[0]) if len(pieces) > 1 else None
    if len(pieces) < 3 or pieces[0] not in part_of:
        return None
    return part_of[pieces[0]], pieces[1]


def _check_classes(path: Path, folders: set[tuple[str, str]], filled: set[tuple[str, str]]) -> None:
    if empty := sorted(folders - filled):
        part, name = empty[0]
        raise DataError(f"{path}: class {name!r} has no images in its {part} part")
    classes = {name for part, name in folders if part == "train"}
    if len(classes) == 1:
        raise DataError(f"{path}: only one class, {classes.pop()!r}; at least 2 are needed")
    for part in sorted({part for part, _ in folders} - {"train"}):
        named = {name for other, name in folders if other == part}
        if named != classes:
            different = ", ".join(map(repr, sorted(named ^ classes)))
            raise DataError(
                f"{path}: the {part} part must have the classes of train; only one has {different}"
            )
