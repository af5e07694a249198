"""Augmentations that are given as objects: the name by which a study calls each of them."""

import hashlib
import inspect
import json
from collections.abc import Mapping
from typing import Any

from augury.augment.base import Augmentation
from augury.augment.chain import Chain
from augury.augment.names import (
    AUGMENTATIONS,
    COMPOSITIONS,
    EARLIER_NAMES,
    SALIENCY,
    parts_of,
)
from augury.augment.registry import Description, to_config
from augury.errors import InputError
from augury.names import shown
from augury.own.here import register, register_by_name
from augury.own.kinds import TRANSFORM
from augury.own.naming import importable_name
from augury.own.trust import point_to

_LONGEST = 40  # characters of a name that tells all its arguments


def own_augmentation(given: object, name: str = "") -> tuple[str, dict[str, Description]]:
    """The name by which a study calls an augmentation, and the descriptions that it needs.

    given: an augmentation of ours, a transform of torchvision, Albumentations or Kornia, any
        callable on images, or a function or class that makes one of these
    name: what studies and reports call it; "" for its own name and the arguments that are not
        usual ("cutout-length-0.25"). A function of a module keeps its name.
    What is ours is described (`chains` of a study); a chain is "a+b". Of other code "module:name"
    is returned where any process can import it, else `here:NAME` (`own.here`). The user gives it,
    so its code may run as it is now. Raises InputError for what is no augmentation.
    """
    if isinstance(given, Augmentation) and type(given) in _names():
        if name:
            _check_name(name)
            return name, {name: _described(given)}
        return _ours(given)
    if not callable(given):
        raise InputError(f"augmentations: must be callable, got {shown(given)}")
    importable = importable_name(given, TRANSFORM)
    if importable is None:
        return (register(name, given) if name else register_by_name(given)), {}
    point_to([importable], TRANSFORM)
    return importable, {}


def _names() -> Mapping[type[Augmentation[Any]], str]:
    return {cls: name for name, cls in (AUGMENTATIONS | COMPOSITIONS).items()}


def _ours(given: Augmentation[Any]) -> tuple[str, dict[str, Description]]:
    if type(given) is Chain and not any(isinstance(part, Chain) for part in given.parts):
        named = [own_augmentation(part) for part in given.parts]
        chains = {name: each for _, described in named for name, each in described.items()}
        return "+".join(name for name, _ in named), chains
    config = _described(given)
    changed = _changed(given, config)
    if not changed:
        return config["name"], {}
    name = _told(config["name"], changed)
    return name, {name: config}


def _described(given: Augmentation[Any]) -> Description:
    config = to_config(given)
    _check_saliency(config)
    return config


def _check_saliency(config: Description) -> None:
    """Raise InputError for a source of saliency that no study can name."""
    name = str(config["name"])
    if name in SALIENCY and "saliency" not in config:
        raise InputError(
            f"{name}: where its saliency comes from is code of yours, and in a study it is the "
            f"teacher. Give the name {name!r}"
        )
    for part in config.get("parts", ()):
        _check_saliency(part)


def _changed(given: Augmentation[Any], config: Description) -> Description:
    """The arguments that are not the usual ones."""
    usual = {
        key: parameter.default
        for key, parameter in inspect.signature(type(given)).parameters.items()
        if parameter.default is not parameter.empty
    }
    if config["name"] in SALIENCY:
        usual["saliency"] = SALIENCY[config["name"]]
    plain = json.loads(json.dumps(usual, default=lambda value: repr(value)))
    return {k: v for k, v in config.items() if k != "name" and v != plain.get(k)}


def _told(name: str, changed: Description) -> str:
    """A name that tells the arguments; with a hash in their place where that would be long."""
    values = [changed[key] for key in changed]
    if all(isinstance(value, bool | int | float | str) for value in values):
        told = "-".join(
            [
                name,
                *(f"{k}-{v:g}" if isinstance(v, float) else f"{k}-{v}" for k, v in changed.items()),
            ]
        )
        if len(told) <= _LONGEST and not set("+:,/@") & set(told):
            return told
    content = json.dumps(changed, sort_keys=True).encode()
    return f"{name}-{hashlib.sha256(content).hexdigest()[:8]}"


def _check_name(name: str) -> None:
    if name in AUGMENTATIONS or name in EARLIER_NAMES:
        raise InputError(f"augmentations: {name!r} is already an augmentation's name")
    if len(parts_of(name)) > 1 or set(":,/@") & set(name) or name.endswith((".toml", ".json")):
        raise InputError(
            f"augmentations: a name has no plus sign, colon, comma, slash or @, got {shown(name)}"
        )
