"""Finds image files by the names that tables have for them."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from augury.data.folders.archive import without_suffix
from augury.data.folders.folder_names import part_named
from augury.data.folders.listing import StoredFile, printable
from augury.data.folders.tree import composed


class FileIndex:
    """The image files of a folder or archive, by name.

    A name may have the folders above the file or not, its ending or not, and may begin at the root
    of the data set, above it, or below.
    """

    def __init__(self, files: Sequence[StoredFile], source: Path) -> None:
        self._whole: dict[str, list[StoredFile]] = defaultdict(list)
        self._bare: dict[str, list[StoredFile]] = defaultdict(list)
        above = (*source.parts[:-1], without_suffix(source))
        self._above = [composed(printable(part)) for part in above]
        for file in files:
            pieces = composed(file.path).split("/")
            for start in range(len(pieces)):
                name = "/".join(pieces[start:])
                self._whole[name].append(file)
                self._bare[name.rpartition(".")[0]].append(file)

    def find(self, name: str, part: str) -> list[StoredFile]:
        """The files that `name` can mean: none, one, or several that nothing tells apart.

        part: "train", "validation", "test" or ""; of several files, the one at exactly this path is
        meant, or else the one in a folder that is named for the part
        """
        pieces = [composed(printable(p)) for p in name.replace("\\", "/").split("/") if p]
        pieces = pieces[1:] if pieces[:1] == ["."] else pieces
        found = self._of(pieces) or self._of(self._below_source(pieces))
        if len(found) < 2:
            return found
        at = "/".join(pieces)
        exact = [file for file in found if at in (composed(file.path), _bare(file.path))]
        if len(exact) == 1:
            return exact
        of_part = [file for file in found if part in _parts_above(file.path)]
        return of_part or found

    def _of(self, pieces: Sequence[str]) -> list[StoredFile]:
        name = "/".join(pieces)
        return self._whole.get(name) or self._bare.get(name) or [] if name else []

    def _below_source(self, pieces: Sequence[str]) -> Sequence[str]:
        """The pieces after those that lead to the data set: "photos/cat.png" in photos/."""
        for count in range(len(pieces) - 1, 0, -1):
            if self._above[-count:] == list(pieces[:count]):
                return pieces[count:]
        return ()


def _bare(path: str) -> str:
    return composed(path).rpartition(".")[0]


def _parts_above(path: str) -> set[str]:
    named = (part_named(folder) for folder in path.split("/")[:-1])
    return {found.part for found in named if found}
