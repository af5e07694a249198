"""error.json: why the last attempt at a cell failed."""

from dataclasses import dataclass
from pathlib import Path

from augury.inside import is_there
from augury.records.json_file import read_json, record_from, to_values, write_json


@dataclass(frozen=True)
class Failure:
    """cell: its name; error: one line; epoch, step: where training failed, None if elsewhere."""

    cell: str
    error: str
    epoch: int | None = None
    step: int | None = None


def read_failure(path: Path) -> Failure | None:
    """Why a cell failed, None if it did not; InputError for a damaged file."""
    return record_from(Failure, read_json(path), path) if is_there(path) else None


def write_failure(path: Path, failure: Failure) -> None:
    """Write atomically, with a checksum.

    That needs no lock, so whoever has the cell's may sweep the half-written file away meanwhile.
    """
    try:
        write_json(path, to_values(failure))
    except FileNotFoundError:
        write_json(path, to_values(failure))
