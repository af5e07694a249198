"""The names of the user's own data sets: "module:attribute" and "stored:NAME@DIGITS"."""

import os
from collections.abc import Iterable

PREFIX = "stored:"


def is_named(name: str) -> bool:
    """Whether `name` is "module:attribute", and no file or folder is called so."""
    module, colon, attribute = name.partition(":")
    parts = [*module.split("."), *attribute.split(".")]
    return bool(colon) and all(map(str.isidentifier, parts)) and not os.path.exists(name)


def named_sources(names: Iterable[str]) -> list[str]:
    """Those of `names` that are "module:attribute"."""
    return [name for name in names if is_named(name)]


def is_stored(name: str) -> bool:
    """Whether `name` is that of a data set that was given as an object."""
    return name.startswith(PREFIX)


def title_of(name: str) -> str:
    """The NAME in "stored:NAME@DIGITS"."""
    return name.removeprefix(PREFIX).rpartition("@")[0]
