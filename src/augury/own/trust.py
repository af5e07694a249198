"""Which code the name "module:attribute" may run.

A study file, a plan or a description of an augmentation may come from somebody else, and Python's
own library holds functions that run commands. So nothing is imported because a file names it:

- From Python's own library: nothing, ever.
- From TRANSFORMS, the libraries of transforms: their transforms.
- From files of the user, and from other installed packages: what the user has typed in this
  command, for as long as it runs, and what `--trust` has confirmed, by the SHA-256 of each file.
  Confirmed hashes are kept outside of every study, in `trust_folder`.

What is confirmed is each file of Python that runs from the user's folder: the module, its packages,
and what they import from there, as `code_files.own_modules` finds it. Their bytes that were hashed
are those that run. What such code reads besides, and what it is told by the arguments that a study
gives, is not looked at. Of other installed packages the hash is of the module that is named.
"""

import hashlib
import inspect
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

import platformdirs

from augury.errors import InputError
from augury.files import write_atomically
from augury.own.code_files import (
    Origin,
    OwnModule,
    origin_of,
    own_modules,
    read_source,
    split_name,
)

_MODULE = "torch.nn.modules.module"
# Where the classes of transforms lie, and where their base class does, if they have one.
TRANSFORMS: dict[str, str | None] = {
    "torchvision.transforms": None,
    "albumentations": "albumentations.core.serialization",
    "kornia.augmentation": _MODULE,
    "kornia.color": _MODULE,
    "kornia.enhance": _MODULE,
    "kornia.filters": _MODULE,
    "kornia.geometry.transform": _MODULE,
    "torch.nn": _MODULE,
    "timm.data.auto_augment": None,
    "timm.data.mixup": None,
    "timm.data.random_erasing": None,
    "timm.data.transforms": None,
    "augury.augment": "augury.augment.base",
}
# Functions that make transforms, or are transforms.
FUNCTIONS = (
    "torchvision.transforms.functional",
    "torchvision.transforms.v2.functional",
    "timm.data.auto_augment",
    "timm.data.transforms_factory",
)
_SHOWN = 5

_granted: set[str] = set()
_tell: Callable[[str], None] | None = None


def trust_folder() -> Path:
    """Where confirmed hashes are kept: AUGURY_TRUST, or a folder of the user's state."""
    chosen = os.environ.get("AUGURY_TRUST")
    state = platformdirs.user_state_path("augury") / "trusted"
    return Path(chosen).expanduser() if chosen else state


def granted() -> frozenset[str]:
    """The hashes that were typed or confirmed in this process, for `grant` in its workers."""
    return frozenset(_granted)


def grant(hashes: Iterable[str]) -> None:
    """Accept files of these hashes, for as long as this process runs."""
    _granted.update(hashes)


def point_to(names: Iterable[str]) -> None:
    """Accept the code of these names as it is now: the user, or the user's own code, named them.

    Raises InputError where a name is of a module that is not there or never accepted.
    """
    for name in names:
        grant(_hashes(name))


def confirm(names: Iterable[str]) -> list[Path]:
    """Accept the code of these names as it is now, and remember it; returns the files of it that
    were not accepted before."""
    new: dict[str, Path] = {}
    for name in names:
        new |= {key: file for key, file in _hashes(name).items() if not _is_accepted(key)}
    grant(new)
    try:
        for key, file in new.items():
            write_atomically(trust_folder() / key, f"{file}\n".encode())
    except OSError as error:
        logging.getLogger("augury").warning(
            "%s: cannot be written (%s): confirmed for this command only",
            trust_folder(),
            error.strerror,
        )
    return list(new.values())


def confirming(tell: Callable[[str], None] | None) -> None:
    """From now on `require` confirms what it would refuse, and tells of it; None: it refuses."""
    global _tell
    _tell = tell


def require(names: Iterable[str], where: str) -> None:
    """Raise InputError unless all of these names may run; nothing is imported.

    where: what names them, for the error, which lists all files that would have to be confirmed.
    """
    asked = list(dict.fromkeys(names))
    found = {name: _hashes(name) for name in asked}
    files = {
        file: name
        for name, hashes in found.items()
        for key, file in hashes.items()
        if not _is_accepted(key)
    }
    if not files:
        return
    if _tell:
        for file in confirm(asked):
            _tell(f"trusted from now on: {file}")
        return
    shown = [_short(file) for file in files]
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    wanted = ", ".join(dict.fromkeys(files.values()))
    raise InputError(
        f"{where} would run code that you have not confirmed: {', '.join(shown[:_SHOWN])}{more}"
        f"{'' if wanted == where else f' (for {wanted})'}. Read it, and add --trust to confirm it"
    )


def names_in(values: Any) -> list[str]:
    """All "module:attribute" in the descriptions, arms and lists of a study, however deep."""
    found, waiting = [], [values]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [each for each in value.values() if not isinstance(each, str)]
            name = value.get("name")
            found += [name] if isinstance(name, str) and ":" in name else []
        elif isinstance(value, list | tuple):
            waiting += [each for each in value if not isinstance(each, str)]
    return sorted(set(found))


def names_in_arm(augmentation: Any) -> list[str]:
    """All "module:attribute" between the plus signs of an arm."""
    return [part for part in str(augmentation).split("+") if ":" in part]


def check_found(name: str, found: Any, origin: Origin, own: Iterable[str] = ()) -> None:
    """Raise InputError unless `found`, which `name` stands for, may be called.

    own: the names of the confirmed modules. Their file may run; but it also holds whatever it has
    imported, as in `mine:os.system`, and a study gives the arguments.
    """
    if origin.kind == "installed" and not _is_transform(found, name):
        raise InputError(
            f"{name}: of installed packages only transforms can be used: classes that can be "
            "called, and functions of torchvision and timm. Call it in a function of your own"
        )
    if origin.kind == "own" and not _is_made_in(found, set(own)):
        home = getattr(found, "__module__", None) or type(found).__module__
        raise InputError(f"{name}: is not yours but of {home}. Call it in a function of your own")


def accepted_sources(name: str, origin: Origin) -> dict[OwnModule, bytes]:
    """What a module of the user's own runs, as bytes that are accepted; {} for an installed one.

    Raises InputError where a file has changed since `require` looked at it.
    """
    if origin.root is None:
        return {}
    found = {
        own: read_source(own.file) if own.file else b""
        for own in own_modules(origin.root, split_name(name)[0])
    }
    for own, source in found.items():
        if own.file and not _is_accepted(hash_of(source)):
            raise InputError(f"{name}: {own.file} has just changed")
    return found


def _hashes(name: str) -> dict[str, Path]:
    """The files that `name` would run and that must be confirmed, by hash."""
    module, _ = split_name(name)
    origin = origin_of(name)
    if origin.kind == "standard":
        raise InputError(
            f"{name}: {module} belongs to Python's own library, which has no transforms; "
            "nothing of it is run"
        )
    if origin.root:
        files = [own.file for own in own_modules(origin.root, module) if own.file]
    elif _is_known(module):
        files = []
    elif _known_library(name) or origin.file is None or origin.file.suffix != ".py":
        raise InputError(f"{name}: {module} is an installed package that makes no transforms")
    else:
        files = [origin.file]
    return {hash_of(read_source(file)): file for file in files}


def hash_of(source: bytes) -> str:
    """SHA-256, in hex."""
    return hashlib.sha256(source).hexdigest()


def _is_accepted(key: str) -> bool:
    return key in _granted or os.path.isfile(trust_folder() / key)


def _short(file: Path) -> str:
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)


def _is_known(module: str) -> bool:
    """Whether it is a module of transforms, or leads to one: kornia, torchvision.transforms."""
    modules = (*TRANSFORMS, *FUNCTIONS)
    return any(_within(module, known) or _within(known, module) for known in modules)


def _known_library(name: str) -> bool:
    top = name.partition(":")[0].partition(".")[0]
    return any(_within(known, top) for known in TRANSFORMS)


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def _is_transform(found: Any, name: str = "") -> bool:
    """Whether it is one by where it was written and what it is; it is not called to see.

    name: of a library that is not known, whatever class makes things that can be called.
    """
    home = str(getattr(found, "__module__", ""))
    if isinstance(found, FunctionType):
        return any(_within(home, each) for each in FUNCTIONS)
    if not inspect.isclass(found) or not any("__call__" in vars(cls) for cls in found.__mro__):
        return False
    if name and not _known_library(name):
        return _within(home, name.partition(":")[0].partition(".")[0])
    homes = [cls.__module__ for cls in found.__mro__]
    return any(
        _within(home, package) and (base is None or base in homes)
        for package, base in TRANSFORMS.items()
    )


def _is_made_in(found: Any, own: set[str]) -> bool:
    """Whether it was written there, is a known transform, or is a thing that was made there."""
    if isinstance(found, MethodType):
        found = found.__func__
    if inspect.isclass(found) or isinstance(found, FunctionType):
        return found.__module__ in own or _is_transform(found)
    return not inspect.isroutine(found)
