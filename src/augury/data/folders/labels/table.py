"""Reading a table of labels: which columns it has, and its rows."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from augury.data.folders.archive import LONGEST_PATH
from augury.data.folders.tree import listed
from augury.errors import DataError

_NAMES = ("filename", "file", "filepath", "image", "img", "imageid", "imagename", "imagepath")
_USUAL = {
    "the files": (*_NAMES, "id", "path"),
    "the labels": ("label", "labels", "class", "classname", "category", "target"),
    "the parts": ("split", "part", "partition", "subset", "set"),
}
"""Usual names of columns, in lower case, without spaces, - and _."""
_DELIMITERS = ",;\t|"
_LONGEST_LABEL, _SHOWN = 255, 60  # characters; file systems have that limit for a class's folder


@dataclass(frozen=True)
class Row:
    """A row of a table, as it is written there; part: "" where the table has no such column."""

    name: str
    label: str
    part: str


@dataclass(frozen=True)
class Table:
    """columns: those of names and labels, and of the parts if there is one."""

    columns: tuple[str, ...]
    rows: list[Row]


def read_table(content: bytes, where: str, columns: Sequence[str]) -> Table:
    """The rows of a CSV file with a line of column names; commas, semicolons or tabs divide it.

    where: the file, for errors; columns: of names and labels, and perhaps of parts; if empty, they
    are known by their usual names. Raises DataError for a file that is no such table, and where
    columns are missing or several have usual names.
    """
    header, *rows = _written(content, where)
    chosen = list(columns) or _usual_columns(header, where)
    for name in chosen:
        if header.count(name) != 1:
            many = "no column" if name not in header else "several columns"
            raise DataError(f"{where}: has {many} {told([name])}; there are {told(header, 8)}")
    places = [header.index(name) for name in chosen]
    cells = [[row[at].strip() if at < len(row) else "" for at in places] for row in rows]
    for number, (name, *others) in enumerate(cells, 2):
        if len(name) > LONGEST_PATH or max(map(len, others)) > _LONGEST_LABEL:
            raise DataError(
                f"{where}: row {number:,}: a name may have {LONGEST_PATH:,} characters, a label or "
                f"part {_LONGEST_LABEL}"
            )
    return Table(tuple(chosen), [Row(*(*found, "")[:3]) for found in cells])


def table_header(content: bytes, where: str) -> list[str]:
    """The names of a table's columns; DataError for a file that is no table."""
    return _written(content, where)[0]


def _written(content: bytes, where: str) -> list[list[str]]:
    """The line of column names and the rows, without empty ones."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: is not text in UTF-8 (byte {error.start:,})") from error
    delimiter = max(_DELIMITERS, key=text.lstrip().partition("\n")[0].count)
    lines = io.StringIO(text, newline="")
    try:
        written = [row for row in csv.reader(lines, delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise DataError(f"{where}: is no table ({error})") from error
    if len(written) < 2:
        raise DataError(f"{where}: has no rows below a line of column names")
    return [[name.strip() for name in written[0]], *written[1:]]


def told(names: Sequence[str], most: int = 3) -> str:
    """The first few of a table's texts in quotes, each cut to a readable length."""
    return listed([n if len(n) <= _SHOWN else f"{n[:_SHOWN]}…" for n in names], most)


def _usual_columns(header: Sequence[str], where: str) -> list[str]:
    """The columns that have usual names; DataError unless names and labels have one each."""
    found = []
    for what, usual in _USUAL.items():
        columns = [name for name in header if re.sub(r"[\s_-]", "", name.lower()) in usual]
        if len(columns) > 1:
            raise DataError(
                f"{where}: {told(columns)} could be the column of {what}; say which: "
                f"{where}:FILES,LABELS"
            )
        if not columns and what != "the parts":
            raise DataError(
                f"{where}: no column has a usual name for {what}; there are {told(header, 8)}. "
                f"Say which: {where}:FILES,LABELS"
            )
        found += columns
    return found
