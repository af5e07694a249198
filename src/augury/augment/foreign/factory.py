"""Transforms in the users' own code, named "module:attribute"."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from augury.augment.base import Augmentation
from augury.augment.foreign.adapt import adapt
from augury.augment.foreign.pipelines import required
from augury.errors import InputError
from augury.own.kinds import TRANSFORM
from augury.own.loading import CHANGED, code_hash, load


def is_factory(name: str) -> bool:
    """Whether `name` is "module:attribute"."""
    return ":" in name


def build_foreign(
    name: str, arguments: Mapping[str, Any], per_batch: bool = False
) -> Augmentation[Any]:
    """What "module:attribute" stands for, called with `arguments` where it makes transforms.

    A class, or a function without a parameter that must be given, makes one; anything else that
    can be called is one. Where `arguments` has `code`, it must be `code_hash(name)`: a study goes
    on only with the code that it began with. Nothing is imported that `own.trust` does not accept.
    Raises InputError with one line for whatever goes wrong.
    """
    arguments = dict(arguments)
    if arguments.pop("code", code := code_hash(name)) != code:
        raise InputError(f"{name}: {CHANGED}")
    found = load(name, TRANSFORM)
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
