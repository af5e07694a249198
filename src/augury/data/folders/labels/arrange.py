"""Parts and classes of images, as tables say."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from augury.data.folders.archive import is_archive, read_member
from augury.data.folders.folder_names import part_named, settled
from augury.data.folders.labels.matching import FileIndex
from augury.data.folders.labels.names import LabelsFile
from augury.data.folders.labels.table import Row, Table, read_table, told
from augury.data.folders.layout import PARTS, Arrangement, Record, check_same_classes
from augury.data.folders.listing import LARGEST_FILE, Listing, StoredFile, printable
from augury.data.folders.tree import listed
from augury.errors import DataError
from augury.names import either
from augury.records.set_aside import SetAside


@dataclass
class _Found:
    """What the tables say of the files.

    places: the parts and classes of each file; notes: what else there is to tell
    """

    files: dict[str, StoredFile] = field(default_factory=dict)
    places: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    set_aside: list[SetAside] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def arrange_by_labels(source: Path, listing: Listing, labels: Sequence[LabelsFile]) -> Arrangement:
    """The part and class of each image that the tables name; folders say nothing.

    One table may have a column of parts; several are one for each part, by their names. Names that
    are no files, files without a label and files that no table names are set aside.
    Raises DataError where a table cannot be read or fewer than half of its names are files, where
    a file has two labels or parts, a part is none, there is only one class, or parts have different
    classes.
    """
    index, found = FileIndex(listing.files, source), _Found()
    for file, part in _parts_of_tables(labels).items():
        _read(source, file, part, index, found)
    _refuse_contradictions(source, found)
    own = {_inside(file.path, source) for file in labels}
    unusable = [aside for aside in found.set_aside if aside.path not in found.places]
    set_aside = [aside for aside in listing.set_aside if aside.path not in own]
    named = {aside.path for aside in unusable} | found.places.keys()
    others = (file.path for file in listing.files if file.path not in named)
    set_aside += [*unusable, *(SetAside(path, "no table names it") for path in others)]
    placed = [(part, name, path) for path, ((part, name),) in found.places.items()]
    places = {(part, name) for part, name, _ in placed}
    check_same_classes(source, places)
    placed.sort(key=lambda entry: (PARTS.index(entry[0]), entry[2]))
    records = [
        Record(found.files[path], part, name, id) for id, (part, name, path) in enumerate(placed)
    ]
    return Arrangement(records, set_aside, "; ".join(found.notes))


def _parts_of_tables(labels: Sequence[LabelsFile]) -> Mapping[LabelsFile, str]:
    """The part of each table by its name; "" for a single one, whose rows may say it."""
    if len(labels) == 1:
        return {labels[0]: ""}
    named = {file: part_named(Path(file.name).stem) for file in labels}
    if unclear := [file.name for file, part in named.items() if part is None]:
        raise DataError(
            f"labels: of several tables each is one part by its name, as in train.csv,test.csv; "
            f"{listed(unclear)} could be any"
        )
    meant = settled(part.part for part in named.values() if part)
    parts = {file: meant[part.part] for file, part in named.items() if part}
    twice = [part for part, count in Counter(parts.values()).items() if count > 1]
    if twice or len(parts) < len(labels):
        raise DataError(f"labels: two tables for one part: {', '.join(f.name for f in labels)}")
    if "train" not in parts.values():
        raise DataError(f"labels: none of {listed([f.name for f in labels])} is of the train part")
    return parts


def _read(source: Path, file: LabelsFile, part: str, index: FileIndex, found: _Found) -> None:
    """Add to `found` what a table says. part: of all its rows, "" where they may say it."""
    name = printable(file.name)
    table = read_table(_content(file, source), name, file.columns)
    parts = {} if part else _parts_of_rows(table.rows, name)
    named = part_named(Path(file.name).stem)
    looked_for = part or (named.part if named else "")  # among files of one name
    unknown, doubtful, unlabelled, repeated = [], [], [], 0
    for row in table.rows:
        row_part = part or parts[row.part]
        files = index.find(row.name, row_part if row.part else looked_for)
        if len(files) > 1:
            doubtful.append(f"{printable(row.name)} ({either([each.path for each in files])})")
        elif not files:
            unknown.append(printable(row.name))
        elif not row.label:
            unlabelled.append(files[0].path)
        else:
            path, place = files[0].path, (row_part, printable(row.label))
            repeated += place in found.places[path]
            found.places[path].add(place)
            found.files[path] = files[0]
    _refuse_names(source, name, table, doubtful, unknown)
    found.set_aside += [SetAside(each, f"named in {name}, but not there") for each in set(unknown)]
    found.set_aside += [SetAside(each, f"has no label in {name}") for each in set(unlabelled)]
    said = [f"labels from {name}, column {told(table.columns[1:2])} by {told(table.columns[:1])}"]
    if parts and len(table.columns) > 2:
        said.append(f"parts from column {told(table.columns[2:])}")
    if unknown:
        said.append(f"{_count(unknown, 'name')} without a file, {told(unknown)}")
    if unlabelled:
        said.append(f"{_count(unlabelled, 'file')} without a label, {told(unlabelled)}")
    if repeated:
        said.append(f"{_count(range(repeated), 'repeated row')}")
    found.notes.append(", ".join(said))


def _refuse_names(
    source: Path, name: str, table: Table, doubtful: Sequence[str], unknown: Sequence[str]
) -> None:
    """Raise DataError for names that could be several files, and where most names are none."""
    if doubtful:
        raise DataError(
            f"{name}: {_count(doubtful, 'name')} could be several files: "
            f"{', '.join(doubtful[:2])}{', …' * (len(doubtful) > 2)}; give them with their folders"
        )
    if 2 * len(unknown) > len(table.rows):
        raise DataError(
            f"{name}: {len(unknown):,} of {len(table.rows):,} names in its column "
            f"{told(table.columns[:1])} are no files of {source}: {told(unknown)}"
        )


def _parts_of_rows(rows: Sequence[Row], name: str) -> dict[str, str]:
    """The part that each value in the column of parts means; DataError where one means none."""
    written = {row.part for row in rows}
    if written == {""}:
        return {"": "train"}
    named = {value: part_named(value) for value in written}
    if strange := sorted(value for value, part in named.items() if part is None):
        count = sum(row.part in strange for row in rows)
        raise DataError(
            f"{name}: {count:,} rows are of none of the parts train, val and test: {told(strange)}"
        )
    meant = settled(part.part for part in named.values() if part)
    return {value: meant[part.part] for value, part in named.items() if part}


def _refuse_contradictions(source: Path, found: _Found) -> None:
    """Raise DataError for files with several labels or in several parts, named and counted."""
    for at, what in ((1, "labels"), (0, "parts")):
        several = {
            path: sorted({place[at] for place in places})
            for path, places in found.places.items()
            if len({place[at] for place in places}) > 1
        }
        if several:
            shown = ", ".join(f"{path} ({' and '.join(s)})" for path, s in _first(several, 3))
            more = f" and {len(several) - 3:,} more" if len(several) > 3 else ""
            raise DataError(
                f"{source}: {_count(several, 'file')} with several {what}: {shown}{more}; "
                "each must have one"
            )


def _first(entries: Mapping[str, list[str]], count: int) -> list[tuple[str, list[str]]]:
    return sorted(entries.items())[:count]


def _content(file: LabelsFile, source: Path) -> bytes:
    """The bytes of a table, which may be a file or a member of the archive `source`."""
    path = Path(file.path)
    try:
        if path.is_file():
            if path.stat().st_size > LARGEST_FILE:
                raise DataError(f"{file.path}: larger than {LARGEST_FILE // 1_000_000} MB")
            return path.read_bytes()
    except OSError as error:
        raise DataError(f"{file.path}: cannot be read ({error.strerror})") from error
    if is_archive(source):
        return read_member(source, file.path)
    raise DataError(f"labels: no such file: {file.path}, neither here nor in {source}")


def _inside(path: str, source: Path) -> str:
    """The path of a table inside the data set, as listings have it."""
    whole = Path(path)
    inside = whole.relative_to(source) if whole.is_relative_to(source) else whole
    return "/".join(map(printable, inside.parts))


def _count(things: Sequence[object] | Mapping[str, object], noun: str) -> str:
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"
