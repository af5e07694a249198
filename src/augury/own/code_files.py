"""Where "module:attribute" would come from, and which files it would run: nothing is imported."""

import ast
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Literal

from augury.errors import InputError

_STANDARD = [sysconfig.get_path(path) for path in ("stdlib", "platstdlib")]
_LARGEST = 10_000_000  # bytes of a file of Python


@dataclass(frozen=True)
class Origin:
    """Where a module would come from.

    kind: "standard" (Python's own library), "installed" (a package in site-packages) or "own" (any
    other file); file: of the module itself, None where there is none; root: for "own", the folder
    that the module's name starts from.
    """

    kind: Literal["standard", "installed", "own"]
    file: Path | None
    root: Path | None = None


@dataclass(frozen=True)
class OwnModule:
    """A module outside of all installed packages; file: None for a folder without __init__.py."""

    name: str
    file: Path | None
    folder: Path | None


def split_name(name: str) -> tuple[str, list[str]]:
    """The module and the attributes of "module:attribute"; InputError for anything else."""
    module, _, attribute = name.partition(":")
    parts = attribute.split(".")
    if not all(part.isidentifier() for part in [*module.split("."), *parts]):
        raise InputError(f"{name!r}: must be module:attribute, both Python names")
    if any(part.startswith("__") for part in parts):
        raise InputError(f"{name}: what begins with two underscores is not for use")
    return module, parts


def origin_of(name: str) -> Origin:
    """Where the module of "module:attribute" would come from.

    What is installed comes first, so that no file of the working folder stands in for it.
    Raises InputError where there is no such module.
    """
    module, _ = split_name(name)
    top, *rest = module.split(".")
    if top in sys.stdlib_module_names:
        return Origin("standard", _file(_installed(top)))
    spec = _installed(top)
    if spec is None or _is_own(spec):
        root = Path.cwd() if spec is None else _place(spec).parent
        if found := _own_module(root, module):
            return Origin("own", found.file, root)
        raise _missing(name)
    for i in range(len(rest)):
        if spec is None or spec.submodule_search_locations is None:
            raise _missing(name)
        part = ".".join([top, *rest[: i + 1]])
        spec = PathFinder.find_spec(part, list(spec.submodule_search_locations))
    if spec is None:
        raise _missing(name)
    kind: Literal["standard", "installed"] = "standard" if _is_standard(spec) else "installed"
    return Origin(kind, _file(spec))


def own_modules(root: Path, module: str) -> list[OwnModule]:
    """`module` and all modules under `root` that it imports, they in turn, and their packages.

    Found are imports that are written as such, anywhere in a file; what a file puts together while
    it runs is not. The order is that in which they are found.
    """
    waiting, found = _with_packages(module), dict[str, OwnModule]()
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        own = _own_module(root, name)
        if own is None or _shadowed(root, name):
            continue
        found[name] = own
        if own.file:
            imported = _imported(read_source(own.file), name, own.folder is not None)
            waiting += [part for each in imported for part in _with_packages(each)]
    return list(found.values())


def read_source(file: Path) -> bytes:
    """The content of a file of Python; InputError where it cannot be read."""
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST:
            raise InputError(f"{file}: not a file of at most {_LARGEST // 1_000_000} MB")
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}") from error


def _installed(top: str) -> ModuleSpec | None:
    """What Python itself would import; asked of the finders, as sys.modules keeps older answers."""
    for finder in sys.meta_path:
        if getattr(finder, "of_own_code", False):
            continue
        find = getattr(finder, "find_spec", None)
        if find and (spec := find(top, None)):
            return spec if _has_place(spec) else None
    return None


def _has_place(spec: ModuleSpec) -> bool:
    """A folder without __init__.py in the working folder is none: any folder looks like that."""
    return spec.loader is not None or not _is_own(spec)


def _place(spec: ModuleSpec) -> Path:
    """The file, or the folder of a package."""
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(spec.origin or "")


def _file(spec: ModuleSpec | None) -> Path | None:
    return Path(spec.origin) if spec and spec.has_location and spec.origin else None


def _is_standard(spec: ModuleSpec) -> bool:
    place = _place(spec)
    return not _in_packages(place) and any(place.is_relative_to(folder) for folder in _STANDARD)


def _is_own(spec: ModuleSpec) -> bool:
    """Neither of Python's own, nor installed, nor of augury, wherever that lies."""
    built_in = not spec.has_location and not spec.submodule_search_locations
    ours = spec.name == "augury"
    return not (built_in or ours or _is_standard(spec) or _in_packages(_place(spec)))


def _in_packages(place: Path) -> bool:
    return bool({"site-packages", "dist-packages"} & {*place.parts})


def _own_module(root: Path, module: str) -> OwnModule | None:
    place = root.joinpath(*module.split("."))
    if (place / "__init__.py").is_file():
        return OwnModule(module, place / "__init__.py", place)
    if place.with_name(place.name + ".py").is_file():
        return OwnModule(module, place.with_name(place.name + ".py"), None)
    return OwnModule(module, None, place) if place.is_dir() else None


def _shadowed(root: Path, module: str) -> bool:
    """Whether Python would import something else under this name."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return True
    spec = _installed(top)
    return spec is not None and not (_is_own(spec) and _place(spec).parent == root)


def _with_packages(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


@lru_cache(maxsize=1000)
def _imported(source: bytes, module: str, is_package: bool) -> tuple[str, ...]:
    """The full names of all that might be imported: of `from a import b` both a and a.b."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # running it tells them
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()  # running it will say so
    return tuple(name for node in ast.walk(tree) for name in _names(node, module, is_package))


def _names(node: ast.AST, module: str, is_package: bool) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        parts = module.split(".")
        kept = len(parts) - node.level + is_package if node.level else 0
        base = ".".join([*parts[:kept], *([node.module] if node.module else [])])
        if base and kept >= 0:
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names if alias.name != "*")


def _missing(name: str) -> InputError:
    return InputError(f"{name}: there is no module {name.partition(':')[0]!r}")
