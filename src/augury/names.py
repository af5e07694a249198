"""Names: lookup in a table with hints for typing errors, and names of files."""

import difflib
import hashlib
from collections.abc import Iterable, Mapping
from typing import TypeVar

from augury.errors import InputError

T = TypeVar("T")

_SHOWN = 80  # characters of a value in an error message


def lookup(table: Mapping[str, T], name: str, kind: str) -> T:
    """`table[name]`; InputError with the choices and the nearest one for an unknown name."""
    check_name(name, table, kind)
    return table[name]


def check_name(
    name: str, choices: Iterable[str], kind: str, also: Mapping[str, str] | None = None
) -> None:
    """Raise InputError unless `name` is one of `choices`.

    also: names that other programs use for some choices, with the choice that is meant.
    """
    choices = list(choices)
    if name in choices:
        return
    text = name if isinstance(name, str) else ""
    nearest = difflib.get_close_matches(text, choices, n=1, cutoff=0.5)
    meant = (also or {}).get(text) or (nearest[0] if nearest else None)
    hint = f" Did you mean {meant!r}?" if meant else ""
    raise InputError(f"unknown {kind} {shown(name)}.{hint} Choices: {', '.join(choices)}")


def either(names: Iterable[str]) -> str:
    """The names in a sentence: "a, b or c"."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def bounded(name: str, most: int) -> str:
    """`name`, shortened to its beginning and a hash if it has more than `most` bytes."""
    if len(name.encode()) <= most:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name.encode()[: most - 9].decode(errors='ignore')}-{digest}"


def shown(value: object) -> str:
    """A short text for any value, for an error message."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of 5,000 digits, a list 1,000 deep
        return f"{type(value).__name__} that is too long to show"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
