"""What "module:attribute" stands for, imported under the rule of `trust`."""

import importlib
import inspect
from typing import Any

from augury.errors import InputError
from augury.own.code_files import Origin, origin_of, own_modules, read_source, split_name
from augury.own.generators import generators_restored
from augury.own.here import code_here, is_here, thing_here
from augury.own.importing import import_own
from augury.own.kinds import CodeKind
from augury.own.trust import accepted_sources, check_found, hash_of, require

_DIGITS = 16  # of a code's hash that studies keep

CHANGED = "its code has changed since the study began"


def load(name: str, kind: CodeKind) -> Any:
    """What the module has under this name; it is not called.

    Nothing is imported that `trust` does not accept. Raises InputError with one line for a module
    or an attribute that is not there, or that makes no things of this kind.
    """
    if is_here(name):
        return thing_here(name)
    origin = origin_of(name)
    found, own = _module(name, origin, kind)
    for part in split_name(name)[1]:
        if origin.kind == "installed" and (part.startswith("_") or not inspect.ismodule(found)):
            raise InputError(f"{name}: of installed packages only public classes can be used")
        if not hasattr(found, part):
            raise InputError(f"{name}: the module has no {part!r}")
        found = getattr(found, part)
    check_found(name, found, origin, own, kind)
    return found


def code_hash(name: str) -> str:
    """16 digits of the hash of the file that holds the module; "" for a module without a file.

    An augmentation whose code has changed is another arm. Nothing is imported.
    """
    if is_here(name):
        return code_here(name)
    file = origin_of(name).file
    return hash_of(read_source(file))[:_DIGITS] if file else ""


def whole_code_hash(name: str) -> str:
    """16 digits of the hash of all files of the user's own that the module runs, as `trust` finds
    them; "" for an installed module. Nothing is imported."""
    if is_here(name):
        return code_here(name)
    origin = origin_of(name)
    if origin.root is None:
        return ""
    files = {
        own.name: hash_of(read_source(own.file))
        for own in own_modules(origin.root, split_name(name)[0])
        if own.file
    }
    return hash_of(repr(sorted(files.items())).encode())[:_DIGITS]


def _module(name: str, origin: Origin, kind: CodeKind) -> tuple[Any, list[str]]:
    """The module, which may run, and the names of those of the user's own that it may import."""
    require([name], name, kind)
    module, _ = split_name(name)
    sources = accepted_sources(name, origin)
    try:
        with generators_restored():  # a module may draw while it is imported
            found = import_own(module, sources) if sources else importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise InputError(f"{name}: cannot be imported: {error}") from error
    except Exception as error:  # whatever the user's own code raises
        raise InputError(f"{name}: cannot be imported: {type(error).__name__}: {error}") from error
    return found, [own.name for own in sources]
