"""Augmentations: per sample, batched, exactly repeatable, on any device."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from augury.augment.base import Augmentation
from augury.augment.cutout import Cutout
from augury.augment.none import Identity
from augury.augment.normal import Normal
from augury.augment.random_erasing import RandomErasing
from augury.augment.salience import Salience
from augury.augment.salience_raw import SalienceRaw
from augury.batch import Batch
from augury.errors import InputError
from augury.names import check_name, lookup

AUGMENTATIONS: dict[str, type[Augmentation[Any]]] = {
    "none": Identity,
    "normal": Normal,
    "random-erasing": RandomErasing,
    "cutout": Cutout,
    "salience-raw": SalienceRaw,
    "salience": Salience,
}

# The first argument of these is a source that the caller provides: batch -> tensor.
SOURCES = {"salience-raw": "gradient", "salience": "saliency"}

Source = Callable[[Batch], Tensor]


def build_augmentation(
    name: str, parameters: Mapping[str, Any] | None = None, source: Source | None = None
) -> Augmentation[Any]:
    """The augmentation called `name`.

    parameters: its arguments by name, as a study file gives them (lists stand for tuples).
    source: where its saliency or gradient comes from, for the names in SOURCES.
    Raises InputError for an unknown name or parameter.
    """
    cls = lookup(AUGMENTATIONS, name, "augmentation")
    arguments = dict(check_parameters(name, parameters or {}))
    if name in SOURCES:
        if source is None:
            raise InputError(f"{name}: needs a source for its {SOURCES[name]}")
        arguments[SOURCES[name]] = source
    return cls(**arguments)


def check_parameters(name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """`parameters` with lists as tuples; InputError unless augmentation `name` has each of them."""
    cls = lookup(AUGMENTATIONS, name, "augmentation")
    known = set(inspect.signature(cls).parameters) - {SOURCES.get(name, "")}
    for key in parameters:
        check_name(key, sorted(known), f"parameter of {name}")
    return {k: tuple(v) if isinstance(v, list) else v for k, v in parameters.items()}


__all__ = [
    "AUGMENTATIONS",
    "SOURCES",
    "Augmentation",
    "Cutout",
    "Identity",
    "Normal",
    "RandomErasing",
    "Salience",
    "SalienceRaw",
    "Source",
    "build_augmentation",
    "check_parameters",
]
