"""Transforms in the users' own code, named "module:attribute"."""

import hashlib
import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from augury.augment.base import Augmentation
from augury.augment.foreign import adapt
from augury.augment.pipelines import required
from augury.errors import InputError


def is_factory(name: str) -> bool:
    """Whether `name` is "module:attribute"."""
    return ":" in name


def build_foreign(
    name: str, arguments: Mapping[str, Any], per_batch: bool = False
) -> Augmentation[Any]:
    """What "module:attribute" stands for, called with `arguments` where it makes transforms.

    A class, or a function without a parameter that must be given, makes one; anything else that
    can be called is one. Where `arguments` has `code`, it must be `code_hash(name)`: a study goes
    on only with the code that it began with. Raises InputError with one line for whatever goes
    wrong.
    """
    found = _load(name)
    arguments = dict(arguments)
    if arguments.pop("code", code := code_hash(name)) != code:
        raise InputError(f"{name}: its code has changed since the study began")
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

    An arm whose code has changed is another arm.
    """
    path = getattr(_module(name), "__file__", None)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16] if path else ""


def _load(name: str) -> Any:
    found = _module(name)
    for part in name.partition(":")[2].split("."):
        if not hasattr(found, part):
            raise InputError(f"{name}: the module has no {part!r}")
        found = getattr(found, part)
    return found


def _module(name: str) -> Any:
    module = name.partition(":")[0]
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)  # a module beside the study
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and module.startswith(error.name):
            raise InputError(f"{name}: there is no module {module!r}") from error
        raise InputError(f"{name}: cannot be imported: {error}") from error
    except Exception as error:  # whatever the user's own code raises
        raise InputError(f"{name}: cannot be imported: {type(error).__name__}: {error}") from error
