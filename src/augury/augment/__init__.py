"""Augmentations: per sample, batched, exactly repeatable, on any device."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from augury.augment.base import Augmentation
from augury.augment.chain import Chain
from augury.augment.crop import Crop
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
    "crop": Crop,
    "salience-raw": SalienceRaw,
    "salience": Salience,
}

# The first argument of these is a source that the caller provides: batch -> tensor.
SOURCES = {"salience-raw": "gradient", "salience": "saliency"}

Source = Callable[[Batch], Tensor]


def check_augmentation(name: str) -> list[str]:
    """The parts of `name`: "normal+cutout" is first normal, then cutout.

    Raises InputError for an unknown part, and for one with saliency that is not the first: maps
    are those of the image as it enters, and the parts before would move it away from them.
    """
    parts = name.split("+")
    for i, part in enumerate(parts):
        check_name(part, AUGMENTATIONS, "augmentation")
        if i and part in SOURCES:
            others = "+".join(parts[:i] + parts[i + 1 :])
            raise InputError(f"{name}: {part} must come first, as in {part}+{others}")
    return parts


def source_kind(name: str) -> str | None:
    """What `name` needs a source for: "saliency", "gradient" or None."""
    return SOURCES.get(check_augmentation(name)[0])


def build_augmentation(
    name: str,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    source: Source | None = None,
) -> Augmentation[Any]:
    """The augmentation called `name`, or the chain of those between plus signs.

    parameters: arguments by augmentation and name, as a study file gives them (lists stand for
        tuples). source: where saliency or gradient comes from, for the names in SOURCES.
    Raises InputError for an unknown name or parameter.
    """
    given = parameters or {}
    parts = [_build(part, given.get(part, {}), source) for part in check_augmentation(name)]
    return parts[0] if len(parts) == 1 else Chain(parts)


def _build(name: str, parameters: Mapping[str, Any], source: Source | None) -> Augmentation[Any]:
    cls = lookup(AUGMENTATIONS, name, "augmentation")
    arguments = dict(check_parameters(name, parameters))
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
    "Chain",
    "Crop",
    "Cutout",
    "Identity",
    "Normal",
    "RandomErasing",
    "Salience",
    "SalienceRaw",
    "Source",
    "build_augmentation",
    "check_augmentation",
    "check_parameters",
    "source_kind",
]
