"""SHA-256 of the code that a verdict depends on: judging, and all that it imports of augury."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy

_PACKAGE = "augury"
_JUDGING = Path("study/judging")


@cache
def code_digest() -> str:
    """The digest, in hex, of the installed code and of the versions of NumPy and SciPy."""
    return digest_of(Path(__file__).parents[2])


def digest_of(package: Path) -> str:
    """The same of the copy of augury in the folder `package`."""
    digest = hashlib.sha256(f"{np.__version__} {scipy.__version__}".encode())
    for file in judging_code(package):
        digest.update(f"\0{file.relative_to(package).as_posix()}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def judging_code(package: Path) -> list[Path]:
    """The files of judging's modules and of those that they import, directly or through others.

    A name that a package's `__init__.py` only passes on, as `augury.stats` does with `weigh`,
    leads to the module that has it: the other modules of that package are not depended on.
    """
    sources = _Sources(package)
    waiting = sorted((package / _JUDGING).glob("*.py"))
    found: set[Path] = set()
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += sources.imported_by(file)
    return sorted(found)


class _Import(NamedTuple):
    """`from module import name as bound_as`; name: "" for `import module`."""

    bound_as: str
    module: str
    name: str


class _Sources:
    """The modules of a copy of augury, as far as they were asked for."""

    def __init__(self, package: Path) -> None:
        self._package = package
        self._imports: dict[Path, list[_Import]] = {}

    def imported_by(self, file: Path) -> Iterator[Path]:
        """The files that hold what `file` imports of augury."""
        for each in self._imports_of(file):
            yield from self._holding(each.module, each.name)

    def _holding(self, module: str, name: str) -> Iterator[Path]:
        """The file of `name` of `module`; name: "" for the whole module."""
        inside = self._file(f"{module}.{name}") if name else None
        if inside:
            yield inside
            return
        file = self._file(module)
        if file is None:
            return
        inits = self._imports_of(file) if file.name == "__init__.py" else []
        passed_on = next((each for each in inits if each.bound_as == name), None)
        if passed_on:
            yield from self._holding(passed_on.module, passed_on.name)
        else:
            yield file

    def _file(self, module: str) -> Path | None:
        path = self._package.joinpath(*module.split(".")[1:])
        files = (path / "__init__.py", path.with_suffix(".py"))
        return next((file for file in files if file.is_file()), None)

    def _imports_of(self, file: Path) -> list[_Import]:
        if file not in self._imports:
            self._imports[file] = list(_imports(file.read_bytes()))
        return self._imports[file]


def _imports(source: bytes) -> Iterator[_Import]:
    """The modules of augury that a module imports, also within functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and _is_ours(node.module):
            for each in node.names:
                yield _Import(each.asname or each.name, node.module, each.name)
        elif isinstance(node, ast.Import):
            for each in filter(lambda alias: _is_ours(alias.name), node.names):
                yield _Import(each.asname or each.name, each.name, "")


def _is_ours(module: str) -> bool:
    return module.split(".")[0] == _PACKAGE
