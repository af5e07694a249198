"""What names meant in studies that were planned before a method changed.

`salience` is another method since revision 3: what it was before is `salience-blend`. A cell keeps
its revision (`Cell.saliency_revision`), so that a study goes on with the method that it began with.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from augury.augment.names import parts_of

BEFORE, NOW = "salience-blend", "salience"
REVISION = 3
# Arguments that only the method of before has: with one of them, the name still means it.
FIRST_ARGUMENTS = frozenset({"mix", "vmin", "vmax"})

Tables = Mapping[str, Mapping[str, Any]]


def first_meaning(name: str, given: Mapping[str, Any]) -> str:
    """`name`, or the name of today of what it means with the arguments `given`."""
    return BEFORE if name == NOW and FIRST_ARGUMENTS & given.keys() else name


def revision_of(name: str, parameters: Tables) -> int:
    """From which revision on the methods of an arm have today's meaning; 1 for all others."""
    used = {_base(part) for part in parts_of(name)} | set(_named(dict(parameters)))
    return REVISION if NOW in used else 1


def as_meant(name: str, parameters: Tables, revision: int) -> tuple[str, dict[str, Any]]:
    """(name, parameters) of an arm at `revision`, in today's names."""
    if revision >= REVISION:
        return name, dict(parameters)
    renamed = {_renamed(part): _renamed_within(value) for part, value in parameters.items()}
    return "+".join(map(_renamed, parts_of(name))), renamed


def _base(part: str) -> str:
    return part.partition("@")[0]


def _renamed(part: str) -> str:
    return BEFORE + part.removeprefix(NOW) if _base(part) == NOW else part


def _renamed_within(value: Any) -> Any:
    """JSON values in which every description of the method has its name of today."""
    if isinstance(value, Mapping):
        return {
            key: BEFORE if key == "name" and each == NOW else _renamed_within(each)
            for key, each in value.items()
        }
    return [_renamed_within(each) for each in value] if isinstance(value, list) else value


def _named(value: Any) -> Iterator[str]:
    """The names in all descriptions nested in JSON values."""
    if isinstance(value, Mapping):
        if isinstance(value.get("name"), str):
            yield value["name"]
        for each in value.values():
            yield from _named(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _named(each)
