"""Reading and writing a JSON file of a study: sealed, whole, and of the type that is asked for."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from augury.errors import InputError
from augury.files import write_atomically
from augury.inside import read_plain
from augury.schema import read_as
from augury.seal import SEAL, read_sealed, sealed_json

Record = TypeVar("Record")


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write with a checksum and atomically: readers see the old file or the new one, whole."""
    write_atomically(path, sealed_json(values))


def read_json(path: Path, sealed_from: int | None = None) -> dict[str, object]:
    """The object in a file of ours, with its checksum.

    sealed_from: the schema from which on a checksum must be there; without one a file may lack it,
    as those of earlier versions do. Raises InputError, naming the file, where it is missing or not
    what was written, and UnreadableError as `read_plain` does.
    """
    content = read_plain(path)
    try:
        values = read_sealed(content)
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: {error}") from error
    schema = values.get("schema", 0)
    must_be_sealed = sealed_from is not None and isinstance(schema, int) and schema >= sealed_from
    if must_be_sealed and SEAL not in values:
        raise InputError(f"{path}: has no checksum ({SEAL})")
    return values


def known_schema(values: dict[str, object], known: Sequence[int], path: Path) -> int:
    """The schema of a file's content, which is taken out; InputError for one not in `known`."""
    schema = values.pop("schema", None)
    if not isinstance(schema, int) or isinstance(schema, bool) or schema not in known:
        newest = f"this version reads {' and '.join(map(str, known))}"
        raise InputError(f"{path}: of schema {schema!r} where {newest}")
    return schema


def record_from(cls: type[Record], values: Mapping[str, Any], path: Path) -> Record:
    """A file's content as a dataclass; InputError, naming file and field, where it is another."""
    content = {name: value for name, value in values.items() if name != SEAL}
    found: Record = read_as(cls, content, str(path))
    return found


def to_values(record: object) -> Any:
    """A record as JSON values: dataclasses become objects, tuples lists.

    `dataclasses.asdict` copies each value, which takes seconds for a plan of 10,000 cells.
    """
    if is_dataclass(record):
        return {f.name: to_values(getattr(record, f.name)) for f in fields(record)}
    if isinstance(record, Mapping):
        return {key: to_values(value) for key, value in record.items()}
    if isinstance(record, list | tuple):
        return [to_values(value) for value in record]
    return record


def read_lines(path: Path) -> Iterator[Any]:
    """The JSON value of each line; InputError, naming file and line, where it is none.

    A last line that was not written to its end, as by a process that was killed, is left out.
    """
    content = read_plain(path)
    try:
        lines = content.decode().splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not text in UTF-8") from error
    for number, line in enumerate(lines, start=1):
        try:
            yield json.loads(line)
        except (ValueError, RecursionError) as error:
            if number < len(lines):
                raise InputError(f"{path}: line {number} is not valid JSON") from error
