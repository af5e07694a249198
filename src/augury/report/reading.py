"""JSON as the report reads it: a damaged file is named, and what is not a number is absent."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from augury.errors import InputError
from augury.inside import read_plain
from augury.seal import read_sealed

Interval = tuple[float, float]


def read_json(path: Path) -> Any:
    """The content of a file; InputError, naming it, where it cannot be read."""
    try:
        return read_sealed(read_plain(path))
    except ValueError as error:
        raise damaged(path, error) from error


def damaged(path: Path, error: Exception) -> InputError:
    """What is wrong with a file, in one line that names it."""
    if isinstance(error, InputError):
        return error
    what = f"the field {error} is missing" if isinstance(error, KeyError) else str(error)
    return InputError(f"{path}: cannot be read as part of a study: {what}")


def number(value: float | None) -> float | None:
    """The value, or None where it is absent or not finite."""
    return float(value) if value is not None and math.isfinite(value) else None


def interval(value: Sequence[float | None] | None) -> Interval | None:
    """Both ends, or None where one of them is absent or not finite."""
    low, high = map(number, value or (None, None))
    return None if low is None or high is None else (low, high)
