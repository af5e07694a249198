"""The folders of a data set as a tree, with the number of images in each."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from augury.data.folders.listing import Listing

_SHOWN_FOLDERS, _SHOWN_INSIDE = 3, 2


@dataclass
class Folder:
    """One folder; path: inside the data set, "" for the root; images: number directly in it.

    total: number of images in it or anywhere below
    """

    path: str
    folders: dict[str, "Folder"] = field(default_factory=dict)
    images: int = 0
    total: int = 0

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def filled(self) -> dict[str, "Folder"]:
        """The folders in it that hold images, at any depth."""
        return {name: folder for name, folder in self.folders.items() if folder.total}

    def walk(self) -> Iterator["Folder"]:
        """This folder and all below; a loop, because folders may be very deep."""
        waiting = [self]
        while waiting:
            folder = waiting.pop()
            yield folder
            waiting += folder.folders.values()

    def count(self) -> None:
        """Set `total` of this folder and of all below."""
        for folder in reversed(list(self.walk())):  # those inside come first
            folder.total = folder.images + sum(below.total for below in folder.folders.values())


def make_tree(listing: Listing) -> Folder:
    """The tree of all folders in a listing, also empty ones."""
    known = {"": Folder("")}
    for path in sorted(listing.folders):  # "a" before "a/b"
        known[path] = Folder(path)
        above, _, name = path.rpartition("/")
        known[above].folders[name] = known[path]
    for file in listing.files:
        known[file.path.rpartition("/")[0]].images += 1
    known[""].count()
    return known[""]


def sketch(folder: Folder) -> str:
    """A short form of the tree, for errors: "Training/{glioma, notumor, … 4}, Testing/{…}"."""
    names = sorted(folder.folders)
    shown = [_sketch_one(folder.folders[name]) for name in names[:_SHOWN_FOLDERS]]
    if len(names) > _SHOWN_FOLDERS:
        shown.append(f"… {len(names)} folders")
    return ", ".join(shown)


def _sketch_one(folder: Folder) -> str:
    inside = [f"{name}/" for name in sorted(folder.folders)]
    if folder.images:
        inside.append(f"{folder.images:,} image{'' if folder.images == 1 else 's'}")
    if len(inside) > _SHOWN_INSIDE + 1:
        inside = [*inside[:_SHOWN_INSIDE], f"… {len(inside)}"]
    return f"{folder.name}/" + (f"{{{', '.join(inside)}}}" if inside else "")


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names in one line of text: the first few in quotes, and the number of others."""
    shown = ", ".join(map(repr, names[:most]))
    more = len(names) - most
    return f"{shown} and {more:,} more" if more > 0 else shown


def composed(name: str) -> str:
    """`name` with composed accents (NFC): "é" is one letter, not an e and an accent."""
    return unicodedata.normalize("NFC", name)
