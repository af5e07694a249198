"""Looking a name up in a table, with help for the one who mistypes it."""

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

from augury.errors import InputError

T = TypeVar("T")


def lookup(table: Mapping[str, T], name: str, kind: str) -> T:
    """Return `table[name]`; an unknown name raises InputError with the choices and the nearest."""
    check_name(name, table, kind)
    return table[name]


def check_name(name: str, choices: Iterable[str], kind: str) -> None:
    """Raise InputError unless `name` is one of `choices`."""
    choices = list(choices)
    if name in choices:
        return
    nearest = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    raise InputError(f"unknown {kind} {name!r}.{hint} Choices: {', '.join(choices)}")
