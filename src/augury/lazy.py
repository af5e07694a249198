"""Imports that wait until a name is asked for: of packages, and of tables of names.

PyTorch takes seconds to import, and most commands need none of it. A package lists its names as
imports that only type checkers see, and takes `__getattr__` and `__dir__` from here:

    if TYPE_CHECKING:
        from augury.models.heads import HEADS
    else:
        __getattr__, __dir__ = lazily(__name__)
"""

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Row(NamedTuple):
    """A row of a table: where the value is, "module:attribute", and what it is, in one line."""

    place: str
    title: str


class LazyTable(Mapping[str, T], Generic[T]):
    """A table by name whose values are imported when they are looked up, not when it is listed."""

    def __init__(self, rows: Mapping[str, Row]) -> None:
        self._rows = dict(rows)

    def __getitem__(self, name: str) -> T:
        found: T = at(self._rows[name].place)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __or__(self, other: "LazyTable[T]") -> "LazyTable[T]":
        return LazyTable(self._rows | other._rows)

    @property
    def titles(self) -> dict[str, str]:
        """What each value is, by name; imports nothing."""
        return {name: row.title for name, row in self._rows.items()}


def lazily(
    package: str, hidden: Mapping[str, str] | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of `package`, by the imports under its `if TYPE_CHECKING`.

    hidden: the places, "module:attribute", of names that type checkers and `dir` do not see.
    A name that is imported stays in the package, so that it is looked up once. No submodule may be
    called like one of the names: importing it would put the module in the name's place.
    """
    module = sys.modules[package]
    shown = _places(Path(str(module.__file__)))
    places = {**shown, **(hidden or {})}

    def get(name: str) -> object:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = at(places[name])
        setattr(module, name, found)
        return found

    return get, lambda: sorted({*vars(module), *shown})


def at(place: str) -> Any:
    """What "module:attribute" names; the module is imported."""
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)


def constant_when_compiled(function: F) -> F:
    """Mark a function of constants, which torch.compile calls once, while it compiles.

    This is what torch.compiler.assume_constant_result does, without the second that importing
    PyTorch's compiler takes.
    """
    function._dynamo_marked_constant = True  # type: ignore[attr-defined]
    return function


def _places(file: Path) -> dict[str, str]:
    """The "module:attribute" of each name."""
    return {
        each.asname or each.name: f"{node.module}:{each.name}"
        for block in ast.parse(file.read_bytes()).body
        if isinstance(block, ast.If)
        and isinstance(block.test, ast.Name)
        and block.test.id == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module
        for each in node.names
    }
