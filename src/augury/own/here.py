"""Objects that a Python session gives and no other process can import: `here:NAME`.

A lambda, or a class of a notebook, has no module that a worker or another command could load. It
is kept here under its name for as long as this process runs, and its cells run in this process.
"""

from dataclasses import dataclass

from augury.errors import InputError
from augury.own.source import described_name, source_hash

PREFIX = "here:"


@dataclass(frozen=True)
class _Entry:
    thing: object
    code: str


_kept: dict[str, _Entry] = {}


def register(name: str, thing: object) -> str:
    """Keep `thing` in this process as "here:NAME", which is returned.

    name: a Python name; one that is kept already is replaced, as a notebook's cell is run again.
    Raises InputError where the name is none, and where the source of `thing`, by which a study
    knows it again, cannot be had.
    """
    if not name.isidentifier() or name.startswith("__"):
        raise InputError(f"{name!r}: must be a Python name")
    kept = _kept.get(name)
    if kept is None or kept.thing is not thing:
        _kept[name] = _Entry(thing, source_hash(thing))
    return PREFIX + name


def register_by_name(thing: object) -> str:
    """As `register`, by the name that `thing` has itself.

    What has no name of its own is called after its class, and what is not unique by its name, as
    lambdas are not, has the beginning of its hash behind it.
    """
    name, unique = described_name(thing)
    return register(name if unique else f"{name}_{source_hash(thing)[:8]}", thing)


def is_here(name: str) -> bool:
    """Whether `name` is "here:NAME"."""
    return name.startswith(PREFIX)


def thing_here(name: str) -> object:
    """The object that is kept as "here:NAME"; InputError where this process has none."""
    return _entry(name).thing


def code_here(name: str) -> str:
    """16 digits of the hash of the object's source; InputError where this process has none."""
    return _entry(name).code


def _entry(name: str) -> _Entry:
    entry = _kept.get(name.removeprefix(PREFIX))
    if entry is None:
        raise InputError(
            f"{name}: an object of the Python session that began the study. Only a session that "
            "gives it to augury.Study again can go on; a command or another process cannot"
        )
    return entry
