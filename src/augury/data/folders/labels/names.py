"""How tables of labels are written: "labels.csv", "labels.csv:image,breed", "photos?labels=…".

The last is the location of a folder with its tables, in one text, as plans keep it.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from augury.errors import InputError
from augury.names import shown

Labels = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
"""A table of labels, several in one text with commas, or a list with one in each."""

_IN_LOCATION, _NEXT = "?labels=", "&labels="
_TABLE = re.compile(r"(.+\.(?:csv|tsv|txt))(?::(.*))?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class LabelsFile:
    """A table of labels.

    path: as it was given; columns: of the names and the labels, and perhaps of the parts; none for
    those that have usual names
    """

    path: str
    columns: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> "LabelsFile":
        """From "labels.csv" or "labels.csv:image,breed"; InputError for another number of columns.

        A file whose name ends in none of .csv, .tsv and .txt is taken as it is.
        """
        match = _TABLE.fullmatch(text)
        if not match:
            return cls(text)
        columns = tuple(name.strip() for name in (match[2] or "").split(","))
        if match[2] is None:
            return cls(text)
        if len(columns) not in (2, 3) or not all(columns):
            raise InputError(
                f"labels: {text}: after the colon stand two columns, of names and labels, or three "
                "with that of parts"
            )
        return cls(match[1], columns)

    @property
    def text(self) -> str:
        return f"{self.path}:{','.join(self.columns)}" if self.columns else self.path

    @property
    def name(self) -> str:
        return os.path.basename(self.path)

    def resolved(self, source: Path) -> "LabelsFile":
        """With its whole path: where it is, or else in the folder `source`.

        It stays as it is where it is in neither: it may be inside an archive.
        """
        for place in (Path(self.path).expanduser(), source / self.path):
            if place.is_file():
                return LabelsFile(str(place.resolve()), self.columns)
        return self


def split_labels(text: str) -> list[str]:
    """Several tables in one text: "train.csv,test.csv:image,breed" are two."""
    found: list[str] = []
    for piece in text.split(","):
        if not found or _TABLE.fullmatch(piece):
            found.append(piece.strip())
        else:
            found[-1] += f",{piece}"
    return found


def tables_given(labels: Labels) -> list[str]:
    """Each table as a text; InputError for what is none of `Labels`."""
    if isinstance(labels, str):
        return split_labels(labels)
    tables = []
    for each in labels if isinstance(labels, list | tuple) else [labels]:
        if not isinstance(each, str | os.PathLike):
            raise InputError(f"labels: must be a path or a list of paths, got {shown(each)}")
        tables.append(os.fspath(each))
    return tables


def with_labels(location: str, labels: Iterable[str]) -> str:
    """The location of images and of their tables; one that has tables stays as it is."""
    labels = [each.replace("%", "%25").replace("&", "%26") for each in labels]
    if not labels or _IN_LOCATION in location:
        return location
    return f"{location}{_IN_LOCATION}{_NEXT.join(labels)}"


def without_labels(location: str) -> tuple[str, tuple[LabelsFile, ...]]:
    """The location of the images alone, and the tables."""
    path, mark, written = location.partition(_IN_LOCATION)
    if not mark or os.path.exists(location):
        return location, ()
    texts = [each.replace("%26", "&").replace("%25", "%") for each in written.split(_NEXT)]
    return path, tuple(LabelsFile.of(each) for text in texts for each in split_labels(text))


def check_labels(labels: Sequence[str], datasets: Sequence[str]) -> None:
    """Raise InputError where a study's tables are written wrongly, or of more than one data set."""
    for text in labels:
        LabelsFile.of(text)
    if labels and len(datasets) != 1:
        raise InputError(
            f"labels: are of one data set, got {len(datasets)}: write them behind its path, "
            f"'{with_labels('PATH', labels)}'"
        )
