"""Names of augmentations; building one from a name or a description, and describing one."""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w
from torch import Tensor

from augury.augment.base import Augmentation, Source
from augury.augment.chain import Chain
from augury.augment.earlier import first_meaning
from augury.augment.foreign.factory import build_foreign, is_factory
from augury.augment.names import AUGMENTATIONS, COMPOSITIONS, EARLIER_NAMES, SALIENCY, parts_of
from augury.augment.none import Identity
from augury.augment.strength import split_strength
from augury.batch import Batch
from augury.documents import read_json, read_toml
from augury.errors import InputError
from augury.files import write_atomically
from augury.names import check_name, lookup, shown
from augury.schema import read_as

# Gives a source for a kind of saliency.
Sources = Callable[[str], Source]
Description = dict[str, Any]  # JSON and TOML values: {"name": "cutout", "length": 0.25}
Parameters = Mapping[str, Mapping[str, Any]]

# Arguments that came later than names that hash what `to_config` writes: left out while usual.
_LATER = {"trivialaugment": {"strength": 1.0}}


def _class_of(name: str, table: Mapping[str, type[Augmentation[Any]]]) -> type[Augmentation[Any]]:
    return lookup(table, EARLIER_NAMES.get(name, name), "augmentation")


def build_augmentation(
    name: str, parameters: Parameters | None = None, sources: Sources | None = None
) -> Augmentation[Any]:
    """The augmentation called `name`; names joined by plus signs become a chain.

    "randaugment@0.5" is `randaugment` at strength 0.5 (`augury.augment.strength`), counted from the
    arguments that `parameters` give `randaugment`.
    parameters: arguments by augmentation and name, as a study file gives them (lists stand for
        tuples). A name that is not in AUGMENTATIONS can be described here, as in `from_config`.
    sources: gives a source for a kind of saliency; only the names in SALIENCY need it.
    Raises InputError for an unknown name or parameter.
    """
    given = parameters or {}
    parts = [_build_part(part, given, sources) for part in parts_of(name)]
    return parts[0] if len(parts) == 1 else Chain(parts)


def _build_part(part: str, given: Parameters, sources: Sources | None) -> Augmentation[Any]:
    described = given.get(part, {})
    if is_factory(part):
        return build_foreign(part, described)
    if part not in AUGMENTATIONS and part not in EARLIER_NAMES and part in given:
        return from_config(described, sources)
    base, strength = split_strength(part)
    if strength is not None:
        return _at_strength(_build_part(base, given, sources), strength, part)
    return _construct(part, AUGMENTATIONS, described, sources)


def _at_strength(augmentation: Augmentation[Any], strength: float, part: str) -> Augmentation[Any]:
    """`augmentation` at `strength`: itself at 1, `none` at 0; part: the name, for errors."""
    try:
        found = augmentation.strengthened(strength or 1.0)
    except (InputError, OverflowError) as error:
        raise InputError(f"{part}: {error}") from error
    return Identity() if strength == 0 else augmentation if strength == 1 else found


def describe_strength(part: str, parameters: Parameters) -> Description:
    """What "randaugment@0.5" stands for, as JSON and TOML values: see `to_config`."""
    return to_config(build_augmentation(part, parameters, _Named))


class _Named:
    """A source of saliency of which only the kind matters."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(self, batch: Batch) -> Tensor:
        raise NotImplementedError


def saliency_kinds(name: str, parameters: Parameters | None = None) -> list[str]:
    """The kinds of saliency that `name` needs, each once, sorted."""
    asked: set[str] = set()

    def source(kind: str) -> Source:
        asked.add(kind)
        return lambda batch: batch.images

    build_augmentation(name, parameters, source)
    return sorted(asked)


def check_parameters(name: str, parameters: Mapping[str, Any]) -> None:
    """Raise InputError unless augmentation `name` has each of `parameters`.

    The parameters of a "module:factory" are not checked: only its own code knows them.
    """
    if is_factory(name):
        return
    cls = _class_of(first_meaning(name, parameters), AUGMENTATIONS | COMPOSITIONS)
    known = sorted(inspect.signature(cls).parameters)
    for key in parameters:
        check_name(key, known, f"parameter of {name}")


def to_config(augmentation: Augmentation[Any]) -> Description:
    """`augmentation` as JSON and TOML values: its name, and all arguments that are not None.

    A source of saliency is code and cannot be written; its kind is, if it has one.
    Raises InputError for an augmentation that is not in AUGMENTATIONS.
    """
    names = {cls: name for name, cls in (AUGMENTATIONS | COMPOSITIONS).items()}
    if type(augmentation) not in names:
        raise InputError(f"{type(augmentation).__name__}: only named augmentations can be written")
    config: Description = {"name": names[type(augmentation)]}
    for key in inspect.signature(type(augmentation)).parameters:
        value = _written(getattr(augmentation, key))
        usual = _LATER.get(config["name"], {})
        if value is not None and not (key in usual and value == usual[key]):
            config[key] = value
    return config


def _written(value: Any) -> Any:
    if isinstance(value, Augmentation):
        return to_config(value)
    if isinstance(value, tuple):
        return [_written(each) for each in value]
    return getattr(value, "kind", None) if callable(value) else value


def from_config(config: Mapping[str, Any], sources: Sources | None = None) -> Augmentation[Any]:
    """The augmentation that `config` describes: {"name": "cutout", "length": 0.25}.

    {"name": "chain", "parts": [...]} and {"name": "one-of", "parts": [...], "weights": [...]}
    hold others. Raises InputError for an unknown or missing name, or one nested too deeply.
    """
    name = config.get("name")
    what = name if isinstance(name, str) else "an augmentation's description"
    read_as(Description, config, what)
    if not isinstance(name, str):
        raise InputError(f"{what} must have a name, got {shown(dict(config))}")
    if is_factory(name):
        return build_foreign(name, {k: v for k, v in config.items() if k != "name"})
    given = {k: v for k, v in config.items() if k != "name"}
    return _construct(name, AUGMENTATIONS | COMPOSITIONS, given, sources)


def _construct(
    name: str,
    table: Mapping[str, type[Augmentation[Any]]],
    given: Mapping[str, Any],
    sources: Sources | None,
) -> Augmentation[Any]:
    name = first_meaning(name, given)
    cls = _class_of(name, table)
    check_parameters(name, given)
    arguments = {key: _read_value(value, sources) for key, value in given.items()}
    if name in SALIENCY:
        if sources is None:
            raise InputError(f"{name}: needs a source for its saliency")
        kind = read_as(str, given.get("saliency", SALIENCY[name]), f"{name}: saliency")
        arguments["saliency"] = sources(kind)
    if name in COMPOSITIONS and "parts" not in arguments:
        raise InputError(f"{name}: needs parts")
    try:
        return cls(**arguments)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # Constructors check values; a wrong type, or one number in place of two, ends up here.
        raise InputError(
            f"{name}: a parameter is of the wrong type or length: {shown(dict(given))}"
        ) from error


def _read_value(value: Any, sources: Sources | None) -> Any:
    if isinstance(value, Mapping):
        return from_config(value, sources)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_read_value(each, sources) for each in value)
    return value


def write_augmentation(augmentation: Augmentation[Any], path: Path) -> None:
    """Write the description of `augmentation` to a .toml or .json file."""
    config = to_config(augmentation)
    text = json.dumps(config, indent=2) + "\n" if _is_json(path) else tomli_w.dumps(config)
    write_atomically(path, text.encode())


def read_augmentation(path: Path, sources: Sources | None = None) -> Augmentation[Any]:
    """The augmentation that a .toml or .json file describes."""
    return from_config(read_config(path), sources)


def read_config(path: Path) -> Description:
    """The description in a .toml or .json file; InputError where it cannot be read."""
    config = read_json(path) if _is_json(path) else read_toml(path)
    if not isinstance(config, dict) or not isinstance(config.get("name"), str):
        raise InputError(f"{path}: an augmentation's description must have a name")
    return config


def _is_json(path: Path) -> bool:
    check_name(path.suffix, (".toml", ".json"), "kind of file")
    return path.suffix == ".json"
