"""Which code the name "module:attribute" may run.

A study file, a plan or a description of an augmentation may come from somebody else, and Python's
own library holds functions that run commands. So nothing is imported because a file names it:

- From Python's own library: nothing, ever.
- From installed libraries: what makes things of the kind that is asked for (`kinds`): transforms
  of torchvision for an augmentation, its networks for a model, nothing for a data set.
- From files of the user: what the user has typed in this command, for as long as it runs, and what
  `--trust` has confirmed, by the SHA-256 of each file. Confirmed hashes are kept outside of every
  study, in `trust_folder`. So it is with other installed packages that make transforms.
- From the Python session itself (`here:NAME`): the objects that it was given.

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
from augury.own.here import is_here, thing_here
from augury.own.kinds import TRANSFORM, CodeKind

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


def point_to(names: Iterable[str], kind: CodeKind = TRANSFORM) -> None:
    """Accept the code of these names as it is now: the user, or the user's own code, named them.

    Raises InputError where a name is of a module that is not there or never accepted.
    """
    for name in names:
        grant(_hashes(name, kind))


def confirm(names: Iterable[str], kind: CodeKind = TRANSFORM) -> list[Path]:
    """Accept the code of these names as it is now, and remember it.

    Returns its files that were not accepted before.
    """
    new: dict[str, Path] = {}
    for name in names:
        new |= {key: file for key, file in _hashes(name, kind).items() if not _is_accepted(key)}
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


def require(names: Iterable[str], where: str, kind: CodeKind = TRANSFORM) -> None:
    """Raise InputError unless all of these names may run; nothing is imported.

    where: what names them, for the error, which lists all files that would have to be confirmed.
    """
    require_all({kind: names}, where)


def require_all(names: Mapping[CodeKind, Iterable[str]], where: str) -> None:
    """`require` for names of several kinds."""
    asked = [(name, kind) for kind, each in names.items() for name in dict.fromkeys(each)]
    files = {
        file: name
        for name, kind in asked
        for key, file in _hashes(name, kind).items()
        if not _is_accepted(key)
    }
    if not files:
        return
    if _tell:
        for name, kind in asked:
            for file in confirm([name], kind):
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


def is_named_code(name: str) -> bool:
    """Whether `name` has the form "module:attribute"."""
    return ":" in name


def names_in_arm(augmentation: Any) -> list[str]:
    """All "module:attribute" between the plus signs of an arm."""
    return [part for part in str(augmentation).split("+") if ":" in part]


def check_found(
    name: str, found: Any, origin: Origin, own: Iterable[str] = (), kind: CodeKind = TRANSFORM
) -> None:
    """Raise InputError unless `found`, which `name` stands for, may be called.

    own: the names of the confirmed modules. Their file may run; but it also holds whatever it has
    imported, as in `mine:os.system`, and a study gives the arguments.
    """
    if origin.kind == "installed" and not kind.makes(found, name):
        raise InputError(
            f"{name}: of installed packages only {kind.allowed}. Call it in a function of your own"
        )
    if origin.kind == "own" and not _is_made_in(found, set(own), kind):
        home = getattr(found, "__module__", None) or type(found).__module__
        raise InputError(f"{name}: is not yours but of {home}. Call it in a function of your own")


def accepted_sources(name: str, origin: Origin) -> dict[OwnModule, bytes]:
    """The accepted source bytes of a module of the user's own and of what it imports.

    {} for an installed module.

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


def _hashes(name: str, kind: CodeKind) -> dict[str, Path]:
    """The files that `name` would run and that must be confirmed, by hash."""
    module, _ = split_name(name)
    if is_here(name):
        thing_here(name)  # the session that gave it is this one
        return {}
    origin = origin_of(name)
    if origin.kind == "standard":
        raise InputError(
            f"{name}: {module} belongs to Python's own library, which has no {kind.noun}; "
            "nothing of it is run"
        )
    if origin.root:
        files = [own.file for own in own_modules(origin.root, module) if own.file]
    elif kind.is_known_module(module):
        files = []
    elif not kind.other_packages:
        raise InputError(
            f"{name}: {module} is an installed package that makes no {kind.noun}. "
            "Call it in a function of your own"
        )
    elif kind.is_known_library(name) or origin.file is None or origin.file.suffix != ".py":
        raise InputError(f"{name}: {module} is an installed package that makes no {kind.noun}")
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


def _is_made_in(found: Any, own: set[str], kind: CodeKind) -> bool:
    """Whether it was written there, is known to make things of this kind, or was made there."""
    if isinstance(found, MethodType):
        found = found.__func__
    if inspect.isclass(found) or isinstance(found, FunctionType):
        return found.__module__ in own or kind.makes(found)
    return not inspect.isroutine(found)
