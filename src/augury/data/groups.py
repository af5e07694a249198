"""Groups of images that a table names, as cameras, sites or subjects: "groups.csv:image,camera"."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from augury.data.folders.labels.matching import FileIndex
from augury.data.folders.labels.table import read_table, table_header, told
from augury.data.folders.listing import LARGEST_FILE, StoredFile, printable
from augury.data.folders.pattern import source_of
from augury.data.location import file_names, is_path
from augury.errors import DataError, InputError
from augury.names import either

_TABLE = re.compile(r"(.+\.(?:csv|tsv|txt))(?::(.*))?", re.IGNORECASE | re.DOTALL)
_IMAGES = ("filename", "file", "filepath", "image", "img", "imageid", "imagename", "id", "path")
"""Usual names of the images' column, in lower case, without spaces, - and _."""

FEWEST_GROUPS = 3
"""To leave one out: of two, each would be trained on alone."""


@dataclass(frozen=True)
class GroupTable:
    """The groups of a data set's images.

    column: the name of the groups' column; of: each image's group, by the image's id; unknown:
    names in the table that are no image.
    """

    column: str
    of: dict[int, str]
    unknown: tuple[str, ...]


def split_groups(text: str) -> tuple[Path, tuple[str, ...]]:
    """The file of "groups.csv:image,camera", and its two columns; none where it names none.

    Raises InputError for another number of columns.
    """
    match = _TABLE.fullmatch(text)
    if not match or match[2] is None:
        return Path(text), ()
    columns = tuple(name.strip() for name in match[2].split(","))
    if len(columns) != 2 or not all(columns):
        raise InputError(f"groups: {text}: after the colon stand two columns, IMAGES,GROUP")
    return Path(match[1]), columns


def whole_groups(text: str) -> str:
    """The same with the whole path of the file, so that a study goes on from any folder."""
    file, columns = split_groups(text)
    path = str(file.expanduser().resolve())
    return f"{path}:{','.join(columns)}" if columns else path


def check_groups(groups: str, datasets: Sequence[str]) -> None:
    """Raise InputError where a study's groups are written wrongly, or of more than one data set."""
    if groups and len(datasets) != 1:
        raise InputError(f"groups: are of one data set, got {len(datasets)}")
    split_groups(groups)


def check_split(split_by: str, folds: int | None, groups: str) -> None:
    """Raise InputError where groups are to be left out and no table names them."""
    if split_by and not groups:
        raise InputError(
            f"split_by: {split_by} is a column of a table of groups, and none is given; "
            f"say which: --groups FILE.csv:IMAGES,{split_by}"
        )
    if folds is not None and not split_by:
        raise InputError("folds: is for groups that are left out, and needs split_by (--split-by)")


def read_groups(text: str, location: str, ids: Collection[int]) -> GroupTable:
    """The groups that a table names for the images of a data set.

    text: the file, perhaps with its columns; location: of the data set, whose files the table names
    if it is a folder or archive; ids: of all images, which it names in other data.
    A table of two columns has the images in the one with a usual name; of more, the columns must be
    said. Rows without a group count for nothing. Raises InputError and DataError, in one line, for
    a file that is no such table, where most of its names are no images, where a name can be several
    files, and where an image has two groups.
    """
    file, columns = split_groups(text)
    where = f"groups: {printable(file.name)}"
    content = _content(file)
    table = read_table(content, where, columns or _columns(table_header(content, where), where))
    find = _finder(location, ids)
    of: dict[int, str] = {}
    unknown: list[str] = []
    for row in table.rows:
        images = find(row.name)
        if len(images) > 1:
            raise DataError(f"{where}: {printable(row.name)} could be several images; give folders")
        if not images:
            unknown.append(printable(row.name))
        elif row.label and of.setdefault(images[0], printable(row.label)) != printable(row.label):
            raise DataError(
                f"{where}: {printable(row.name)} is in two groups, "
                f"{either([of[images[0]], printable(row.label)])}"
            )
    if 2 * len(unknown) > len(table.rows):
        raise DataError(
            f"{where}: {len(unknown):,} of {len(table.rows):,} names in its column "
            f"{told(table.columns[:1])} are no images of {location}: {told(unknown)}"
        )
    return GroupTable(table.columns[1], of, tuple(unknown))


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise DataError(f"groups: {file}: larger than {LARGEST_FILE // 1_000_000} MB")
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"groups: {file}: cannot be read ({error.strerror})") from error


def _columns(header: Sequence[str], where: str) -> tuple[str, ...]:
    """The columns of images and of groups where nobody says them; InputError if it is unclear."""
    images = [name for name in header if re.sub(r"[\s_-]", "", name.lower()) in _IMAGES]
    if len(header) == 2 and len(images) == 1:
        (group,) = (name for name in header if name != images[0])
        return images[0], group
    raise InputError(
        f"{where}: which columns hold images and groups is not clear; there are {told(header, 8)}. "
        f"Say which: FILE.csv:IMAGES,GROUP"
    )


def _finder(location: str, ids: Collection[int]) -> Callable[[str], Sequence[int]]:
    """A function that gives the ids of the images that a name in a table can mean."""
    if not is_path(location):
        known = {str(id): [id] for id in ids}
        return lambda name: known.get(name, ())
    id_of = {path: id for id, path in file_names(location).items() if id in ids}
    files = [StoredFile(path, Path(), 0, 0) for path in id_of]
    index = FileIndex(files, source_of(location))
    return lambda name: [id_of[file.path] for file in index.find(name, "")]
