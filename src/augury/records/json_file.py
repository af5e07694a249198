"""Reading and writing the JSON files of a study: atomically, with a checksum, as dataclasses."""

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
    """Write atomically, with a checksum: readers see the whole old file or the whole new one."""
    write_atomically(path, sealed_json(values))


def read_json(path: Path, sealed_from: int | None = None) -> dict[str, object]:
    """The object in a JSON file of a study, including its checksum.

    sealed_from: the first schema whose files must have a checksum; None if it may be missing, as in
    files of earlier versions. Raises InputError, naming the file, if it is missing or was changed,
    and UnreadableError as `read_plain` does.
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
    """Remove the schema from a file's content and return it; InputError if it is not `known`."""
    schema = values.pop("schema", None)
    if not isinstance(schema, int) or isinstance(schema, bool) or schema not in known:
        newest = f"this version reads {' and '.join(map(str, known))}"
        raise InputError(f"{path}: of schema {schema!r} where {newest}")
    return schema


def record_from(cls: type[Record], values: Mapping[str, Any], path: Path) -> Record:
    """A file's content as a dataclass; InputError, naming file and field, if it does not fit."""
    content = {name: value for name, value in values.items() if name != SEAL}
    found: Record = read_as(cls, content, str(path))
    return found


def to_values(record: object) -> Any:
    """A record as JSON values: dataclasses become objects, tuples become lists.

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
    """The JSON value of each line; InputError, naming file and line, for an invalid one.

    An incomplete last line, from a killed process, is ignored.
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
