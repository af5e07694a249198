"""Transforms in the users' own code, named "module:attribute"."""

import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from augury.augment.base import Augmentation
from augury.augment.foreign.adapt import adapt
from augury.augment.foreign.pipelines import required
from augury.errors import InputError
from augury.own.code_files import Origin, origin_of, read_source, split_name
from augury.own.importing import import_own
from augury.own.trust import accepted_sources, check_found, hash_of, require


def is_factory(name: str) -> bool:
    """Whether `name` is "module:attribute"."""
    return ":" in name


def build_foreign(
    name: str, arguments: Mapping[str, Any], per_batch: bool = False
) -> Augmentation[Any]:
    """What "module:attribute" stands for, called with `arguments` where it makes transforms.

    A class, or a function without a parameter that must be given, makes one; anything else that
    can be called is one. Where `arguments` has `code`, it must be `code_hash(name)`: a study goes
    on only with the code that it began with. Nothing is imported that `trust` does not accept.
    Raises InputError with one line for whatever goes wrong.
    """
    arguments = dict(arguments)
    if arguments.pop("code", code := code_hash(name)) != code:
        raise InputError(f"{name}: its code has changed since the study began")
    found = _load(name)
    if inspect.isclass(found) or (inspect.isfunction(found) and _makes(found, arguments)):
        try:
            found = found(**arguments)
        except Exception as error:  # whatever the user's own code raises
            raise InputError(f"{name}: {type(error).__name__}: {error}") from error
    elif arguments:
        raise InputError(f"{name}: takes no arguments, got {', '.join(arguments)}")
    return adapt(found, name, per_batch)


def _makes(function: Callable[..., Any], arguments: Mapping[str, Any]) -> bool:
    return set(required(function)) <= set(arguments)


def code_hash(name: str) -> str:
    """Of the file that "module:attribute" is defined in; "" for a module without one.

    An arm whose code has changed is another arm. Nothing is imported.
    """
    file = origin_of(name).file
    return hash_of(read_source(file))[:16] if file else ""


def _load(name: str) -> Any:
    origin = origin_of(name)
    found, own = _module(name, origin)
    for part in split_name(name)[1]:
        if origin.kind == "installed" and (part.startswith("_") or not inspect.ismodule(found)):
            raise InputError(f"{name}: of installed packages only public classes can be used")
        if not hasattr(found, part):
            raise InputError(f"{name}: the module has no {part!r}")
        found = getattr(found, part)
    check_found(name, found, origin, own)
    return found


def _module(name: str, origin: Origin) -> tuple[Any, list[str]]:
    """The module, which may run, and the names of those of the user's own that it may import."""
    require([name], name)
    module, _ = split_name(name)
    sources = accepted_sources(name, origin)
    try:
        found = import_own(module, sources) if sources else importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise InputError(f"{name}: cannot be imported: {error}") from error
    except Exception as error:  # whatever the user's own code raises
        raise InputError(f"{name}: cannot be imported: {type(error).__name__}: {error}") from error
    return found, [own.name for own in sources]
