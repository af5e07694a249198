"""Finds the class folders in a tree of folders, and their parts.

A tree that can be read in only one way is read; any other is refused with one line that shows the
tree and what to type. docs/how-to/data-folders.md lists both.
"""

import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from augury.data.folders.flat import flat_hint
from augury.data.folders.folder_names import (
    holds_images,
    holds_masks,
    is_piece,
    part_named,
    settled,
)
from augury.data.folders.listing import Listing
from augury.data.folders.tree import Folder, listed, sketch
from augury.errors import DataError

USUAL = {"train": "train", "val": "validation", "valid": "validation"}
USUAL |= {"validation": "validation", "test": "test"}


@dataclass(frozen=True)
class Reading:
    """classes: part and class by path of the class folder, which holds its images at any depth.

    files: part and class by path of the image, where names of files tell the class; has_parts:
    whether folders name the parts; masks: folders that are left out; note: how the tree was read,
    "" for class/image and train|val|test/class/image
    """

    classes: dict[str, tuple[str, str]]
    has_parts: bool
    masks: frozenset[str] = frozenset()
    note: str = ""
    files: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def read_tree(source: Path, tree: Folder, listing: Listing) -> Reading:
    """Find the class folders; DataError, showing the tree, if it can be read in several ways.

    source: the folder or archive, for errors; tree: of the listing; masks are removed from it
    """
    masks, note = _take_out_masks(tree), ""
    if masks:
        note = f"masks and annotations beside images are left out, {listed(masks, 1)}"
    top = _inside_wrappers(tree)
    parts = _part_folders(source, top)
    if parts:
        reading = _read_parts(source, top, parts)
    elif inner := _parts_inside_classes(top):
        how = _how_named({folder.rpartition("/")[2]: part for folder, (part, _) in inner.items()})
        reading = Reading(inner, True, note=f"read as class/part/image{how}")
    else:
        _refuse_what_is_no_class(source, top, listing)
        classes = {f.path: ("train", name) for name, f in top.folders.items()}
        reading = Reading(classes, False)
    notes = "; ".join(filter(None, (reading.note, note)))
    return Reading(reading.classes, reading.has_parts, frozenset(masks), notes)


def _take_out_masks(tree: Folder) -> list[str]:
    """Remove folders of masks beside "images" from the tree; return those that held images."""
    found = []
    for folder in list(tree.walk()):
        names = list(folder.folders)
        masks = [name for name in names if holds_masks(name)]
        images = [name for name in names if holds_images(name)]
        if masks and images and len(masks) + len(images) == len(names):
            found += [folder.folders[name].path for name in masks if folder.folders[name].total]
            for name in masks:
                del folder.folders[name]
    tree.count()
    return sorted(found)


def _inside_wrappers(tree: Folder) -> Folder:
    """The folder that holds the parts or classes, below folders that only wrap it."""
    folder = tree
    while len(folder.folders) == 1:
        (inner,) = folder.folders.values()
        named = part_named(inner.name)
        if not inner.folders or (named and named.alone):
            break
        folder = inner
    return folder


def _part_folders(source: Path, top: Folder) -> dict[str, str]:
    """The part of each folder that is named after one; empty if there are only classes.

    A folder counts as a part only if it holds folders, because a class may be named "train".
    """
    named = {
        name: found
        for name, folder in top.folders.items()
        if folder.folders and not _is_unlabelled(folder) and (found := part_named(name))
    }
    trains = {found.rest for found in named.values() if found.part == "train"}
    if not trains:
        if named and named.keys() == top.folders.keys():
            first = _propose(source, *_pieces(top), min(named), "{class}")
            raise DataError(
                f"{source}: there is no train folder beside {', '.join(sorted(named))}; "
                f"to divide one of them, type {first}"
            )
        return {}
    rest = () if () in trains else trains.pop() if len(trains) == 1 else None
    parts = {name: found.part for name, found in named.items() if found.rest == rest}
    meant = settled(parts.values())
    if len(set(meant.values())) < len(parts):
        together = _propose(source, *_pieces(top), "{part}", "{class}")
        raise DataError(
            f"{source}: two folders for one part: {', '.join(sorted(parts))}; rename or remove "
            f"one, or type {together} to put them together"
        )
    return {name: meant[part] for name, part in parts.items()}


def _is_unlabelled(folder: Folder) -> bool:
    """Whether a part has no classes, only a folder with the same name: "test/test/1.png"."""
    inner = list(folder.folders.values())
    if len(inner) != 1 or folder.images or inner[0].folders:
        return False
    name = inner[0].name
    return name == folder.name or holds_images(name) or part_named(name) is not None


def _read_parts(source: Path, top: Folder, parts: dict[str, str]) -> Reading:
    order = sorted(parts, key=lambda name: parts[name] != "train")
    roots: dict[str, Folder] = {}
    known: set[str] = set()
    for name in order:
        roots[name] = _class_root(top.folders[name], known)
        known |= roots[name].folders.keys()
    _refuse_doubtful_siblings(source, top, parts, known)
    classes = {
        folder.path: (parts[name], class_name)
        for name, root in roots.items()
        for class_name, folder in root.folders.items()
    }
    wrapped = [f"{root.path}/" for name, root in roots.items() if root is not top.folders[name]]
    usual = all(USUAL.get(name.lower()) == part for name, part in parts.items())
    if (usual or len(top.folders) == 1) and not wrapped:
        return Reading(classes, True)
    inside = f", classes in {', '.join(wrapped)}" if wrapped else ""
    return Reading(classes, True, note=f"read as part/class/image{_how_named(parts)}{inside}")


def _how_named(parts: dict[str, str]) -> str:
    """ ": Training is train, Testing is test" """
    return ": " + ", ".join(f"{name} is {part}" for name, part in sorted(parts.items()))


def _class_root(part: Folder, known: set[str]) -> Folder:
    """The folder that holds the classes of a part, for example "seg_train/seg_train".

    known: classes of other parts, which are not wrappers
    """
    folder = part
    while len(folder.folders) == 1 and not folder.images:
        (inner,) = folder.folders.values()
        if inner.name in known or inner.images or len(inner.filled) < 2:
            break
        folder = inner
    return folder


def _refuse_doubtful_siblings(
    source: Path, top: Folder, parts: dict[str, str], classes: set[str]
) -> None:
    """Raise DataError if a folder beside the parts looks like data; others are ignored."""
    for name, folder in top.filled.items():
        if name in parts:
            continue
        alone = len(parts) == 1 and len(folder.filled) > 1
        if name in classes or alone or (part_named(name) and folder.filled.keys() & classes):
            raise _unclear(
                source,
                top,
                f"is {name} a class, a part or neither?",
                [
                    f"{_propose(source, *_pieces(top), min(parts), '{class}')} for that folder",
                    f"{_propose(source, *_pieces(top), '{class}')} if these are the classes",
                ],
            )


def _parts_inside_classes(top: Folder) -> dict[str, tuple[str, str]]:
    """The class folders if the tree is class/part/image, such as cat/train; else empty."""
    found: dict[str, tuple[str, str]] = {}
    for name, folder in top.folders.items():
        if folder.images or not folder.filled:
            return {}
        for inner in folder.folders.values():
            named = part_named(inner.name)
            if not named or named.rest or not inner.images:
                return {}
            found[inner.path] = (named.part, name)
    meant = settled(part for part, _ in found.values())
    classes = {path: (meant[part], name) for path, (part, name) in found.items()}
    several = "train" in meant and len(meant) > 1
    return classes if several and len(set(classes.values())) == len(classes) else {}


def _refuse_what_is_no_class(source: Path, top: Folder, listing: Listing) -> None:
    """Raise DataError if folders that would be classes look like something else."""
    filled = top.filled
    holders = {n: f for n, f in filled.items() if not f.images and f.filled}
    inner = Counter(name for folder in holders.values() for name in folder.filled)
    shared = sum(count for count in inner.values() if count > 1)
    if len(inner) > 1 and len(holders) > 1 and 2 * shared > inner.total():
        raise _same_names(source, top, holders)
    for name, folder in holders.items():
        if 2 * len(folder.filled.keys() & filled.keys()) > len(folder.filled):
            words = f"{name} holds folders named like those beside it"
            inside = _propose(source, *_pieces(folder), *_at_least("{class}", source))
            raise _unclear(source, top, words, [f"{inside} for what it holds"])
    if len(filled) > 1 and (_are_parts(filled) or all(map(is_piece, filled))):
        words = "these are parts or pieces of one data set by their names, and hold no classes"
        as_classes = f"{_propose(source, *_pieces(top), '{class}')} if these are the classes"
        hint = flat_hint(source, listing, max(filled.values(), key=lambda f: f.images).path)
        raise DataError(f"{_unclear(source, top, words, [as_classes])}{hint}")


def _are_parts(folders: dict[str, Folder]) -> bool:
    """Whether the names are parts of one thing: train and test, or cat_train and cat_test."""
    groups: dict[tuple[str, ...], set[str]] = {}
    for name in folders:
        if named := part_named(name):
            groups.setdefault(named.rest, set()).add(named.part)
    return any("train" in parts and len(parts) > 1 for parts in groups.values())


def _same_names(source: Path, top: Folder, holders: dict[str, Folder]) -> DataError:
    first, pieces = min(holders), _pieces(top)
    within = [inner for folder in holders.values() for inner in folder.filled]
    parts = all(part_named(name) for name in within)
    below = ("*", "{part}", "{class}") if parts else ("*", "{class}")
    inner = f"{'part' if parts else 'class'} folders"
    one = _propose(source, *pieces, first, *_at_least("/".join(below[1:]), source))
    choices = [
        f"{one} for one of them",
        f"{_propose(source, *pieces, *below)} for all together, where the {inner} lie inside",
        f"{_propose(source, *pieces, '{class}')} if {listed(sorted(holders), 2)} are the classes",
    ]
    return _unclear(source, top, "the same folders lie in several", choices)


def _propose(source: Path, *pieces: str) -> str:
    """The text to type for a folder of the source, or for a pattern."""
    return shlex.quote(str(source.joinpath(*pieces)))


def _at_least(pattern: str, source: Path) -> list[str]:
    """The pattern, if `source` is an archive: its folders can only be named by a pattern."""
    return [] if source.is_dir() else [pattern]


def _pieces(folder: Folder) -> list[str]:
    return folder.path.split("/") if folder.path else []


def _unclear(source: Path, top: Folder, words: str, choices: list[str]) -> DataError:
    return DataError(f"{source}: {words}: {sketch(top)}. Give {', or '.join(choices)}")
