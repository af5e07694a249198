"""The part and the class of each image of a folder."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from augury.data.folders.flat import flat_hint
from augury.data.folders.listing import Listing, StoredFile
from augury.data.folders.pattern import Pattern, read_by_pattern
from augury.data.folders.reading import Reading, read_tree
from augury.data.folders.tree import composed, listed, make_tree
from augury.errors import DataError
from augury.records.set_aside import SetAside

PARTS = ("train", "validation", "test")
_MASKS = ("", "")
_EXPECTED = "expected class/image or train|val|test/class/image"


@dataclass(frozen=True)
class Record:
    """One image file with its part and class."""

    file: StoredFile
    part: str
    class_name: str
    id: int


@dataclass(frozen=True)
class Arrangement:
    """The image files, ordered by part and path, and the files that are set aside.

    note: how the folders were read, "" for class/image and train|val|test/class/image
    """

    records: list[Record]
    set_aside: list[SetAside]
    note: str


def arrange(path: Path, listing: Listing, pattern: Pattern = ()) -> Arrangement:
    """Find the part and class of each image, by `pattern` or without one (see `read_tree`).

    A folder that only wraps all others is skipped. Images below a class folder belong to it at any
    depth. Without folders for parts all images are `train`. Class names that differ only in the
    Unicode composition of accents are one class.
    Raises DataError if the folders can be read in several ways, if there are no images, an empty
    class or a single class, or if the parts have different classes.
    """
    tree = make_tree(listing)
    has_images = tree.total > 0
    if pattern:
        reading = read_by_pattern(path, tree, listing, pattern)
    elif has_images:
        reading = read_tree(path, tree, listing)
    else:
        reading = Reading({}, False)
    read = {**reading.classes, **reading.files}
    names, renamed = _one_spelling({name for _, name in read.values()})
    classes = {at: (part, names[name]) for at, (part, name) in reading.classes.items()}
    files = {at: (part, names[name]) for at, (part, name) in reading.files.items()}
    where = "outside the train, val and test classes" if reading.has_parts else "in no class folder"
    reason = f"does not fit {'/'.join(pattern)}" if files else f"lies {where}"
    holds = _with_folders_below(listing.folders, classes, reading.masks)
    set_aside = list(listing.set_aside)
    placed: list[tuple[str, str, StoredFile]] = []
    for file in listing.files:
        place = files.get(file.path) or holds.get(file.path.rpartition("/")[0])
        if place == _MASKS:
            set_aside.append(SetAside(file.path, "a mask or annotation beside the images"))
        elif place is None:
            set_aside.append(SetAside(file.path, reason))
        else:
            placed.append((*place, file))
    if not placed:
        first = min(set_aside, key=lambda file: file.path, default=None)
        why = f"; {len(set_aside):,} set aside, {first.path}: {first.reason}" if first else ""
        hint = flat_hint(path, listing, "")
        raise DataError(f"{path}: no images in class folders ({_EXPECTED}){why}{hint}")
    filled = {(part, name) for part, name, _ in placed}
    if files:
        check_same_classes(path, filled)
    else:
        _check_classes(path, classes, filled, listing)
    placed.sort(key=lambda entry: (PARTS.index(entry[0]), entry[2].path))
    records = [Record(file, part, name, id) for id, (part, name, file) in enumerate(placed)]
    notes = [reading.note]
    if renamed:
        notes.append(f"class names with accents composed in two ways are one: {listed(renamed)}")
    return Arrangement(records, set_aside, "; ".join(filter(None, notes)))


def _with_folders_below(
    folders: Iterable[str], classes: Mapping[str, tuple[str, str]], masks: Collection[str]
) -> dict[str, tuple[str, str]]:
    """The part and class of each folder at any depth in a class folder; _MASKS for masks."""
    found: dict[str, tuple[str, str]] = {}
    for folder in sorted(folders):  # "a" before "a/b"
        place = _MASKS if folder in masks else classes.get(folder)
        place = place or found.get(folder.rpartition("/")[0])
        if place:
            found[folder] = place
    return found


def _one_spelling(names: set[str]) -> tuple[dict[str, str], list[str]]:
    """The name of each class, and the names that were spelled in two ways.

    All other names stay unchanged, because they are part of the fingerprint.
    """
    spellings = Counter(map(composed, names))
    twice = sorted(name for name, count in spellings.items() if count > 1)
    return {name: composed(name) if composed(name) in twice else name for name in names}, twice


def _check_classes(
    path: Path,
    places: dict[str, tuple[str, str]],
    filled: set[tuple[str, str]],
    listing: Listing,
) -> None:
    if empty := sorted(set(places.values()) - filled):
        part, name = empty[0]
        at = min(folder for folder, place in places.items() if place == empty[0])
        unread = _unread(at, listing.set_aside)
        raise DataError(f"{path}: class {name!r} has no images in its {part} part{unread}")
    classes = {name for part, name in places.values() if part == "train"}
    if len(classes) == 1:
        (at,) = [folder for folder, (part, _) in places.items() if part == "train"]
        hint = flat_hint(path, listing, at)
        raise DataError(f"{path}: only one class, {classes.pop()!r}; at least 2 are needed{hint}")
    check_same_classes(path, set(places.values()))


def check_same_classes(path: Path, places: Collection[tuple[str, str]]) -> None:
    """Raise DataError unless there are two classes, and each part has all of them.

    places: every part with each of its classes
    """
    classes = {name for part, name in places if part == "train"}
    if len(classes) < 2:
        only = f"only one class, {min(classes)!r}" if classes else "no image has a class"
        raise DataError(f"{path}: {only}; at least 2 are needed")
    for part in sorted({part for part, _ in places} - {"train"}):
        named = {name for other, name in places if other == part}
        if named != classes:
            raise DataError(
                f"{path}: the {part} part must have the classes of train; only one has "
                f"{listed(sorted(named ^ classes))}"
            )


def _unread(folder: str, set_aside: Iterable[SetAside]) -> str:
    """The number of files of a class that were set aside, and the reason of the first one."""
    files = [file for file in set_aside if file.path.startswith(f"{folder}/")]
    if not files:
        return "; its folder is empty"
    first = min(files, key=lambda file: file.path)
    count = "1 file in it is" if len(files) == 1 else f"{len(files):,} files in it are"
    return f"; {count} not read, {first.path}: {first.reason}"
