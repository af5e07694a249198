"""Split an object that is given as a data set into parts of (image, label) pairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from augury.data.folders.folder_names import part_named
from augury.data.folders.layout import PARTS
from augury.data.own import hugging_face
from augury.errors import DataError
from augury.names import shown

FORMS = (
    "must be (images, labels), a map-style data set of (image, label), a datasets.Dataset, or a "
    "dict of these with train and, if there are any, validation and test"
)


class Pairs(Protocol):
    """A map-style data set: `len()`, and (image, label) by number."""

    def __len__(self) -> int: ...

    def __getitem__(self, row: int, /) -> Any: ...


@dataclass(frozen=True)
class GivenParts:
    """The parts by name ("train", "validation", "test", in this order), and the names of classes.

    classes: of the labels 0..K-1, as they were given; None where nothing names them. complete:
    whether each of them must have images.
    """

    pairs: dict[str, Pairs]
    classes: tuple[str, ...] | None
    complete: bool = False


def parts_of(given: object, name: str) -> GivenParts:
    """The parts of `given`; DataError, which `name` begins, for what has none of the FORMS."""
    classes = None
    named: dict[str, object] = {}
    if isinstance(given, Mapping):
        classes = given.get("classes")
        for key, value in _parts_only(given, name).items():
            if _part(key, name) in named:
                raise DataError(f"{name}: {key!r} is given under two names")
            named[_part(key, name)] = value
    elif _has_parts(given):
        classes = getattr(given, "classes", None)
        named = {p: v for p in PARTS if (v := getattr(given, p, None)) is not None}
    else:
        named = {"train": given}
    if "train" not in named:
        raise DataError(f"{name}: has no part train, only {', '.join(map(str, named))}")
    pairs = {part: _pairs(named[part], f"{name}: {part}") for part in PARTS if part in named}
    if classes is not None:
        return GivenParts(pairs, read_classes(classes, name), complete=True)
    found = next((c for each in pairs.values() if (c := _classes_of(each)) is not None), None)
    return GivenParts(pairs, found)


def read_classes(classes: object, name: str) -> tuple[str, ...]:
    """Names of classes, two or more and all different; DataError for anything else."""
    if isinstance(classes, str) or not isinstance(classes, Sequence | np.ndarray):
        raise DataError(f"{name}: classes must be a list of names, got {shown(classes)}")
    found = tuple(map(str, classes))
    if len(set(found)) < len(found):
        raise DataError(f"{name}: classes: each must have a name of its own, got {shown(found)}")
    return found


@dataclass(frozen=True)
class _Together:
    """Images and labels that were given side by side."""

    images: Any
    labels: Any

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> tuple[Any, Any]:
        return self.images[row], self.labels[row]


def _pairs(given: object, where: str) -> Pairs:
    if hugging_face.is_dataset(given):
        return hugging_face.Rows(given, where)
    if isinstance(given, tuple) and len(given) == 2 and not _is_pair(given):
        return _together(*given, where)
    if isinstance(given, torch.utils.data.IterableDataset):
        raise DataError(f"{where}: must be a map-style data set, not an iterable one")
    sized = hasattr(given, "__len__") and hasattr(given, "__getitem__")
    if not sized or isinstance(given, str | bytes | Mapping | np.ndarray | torch.Tensor):
        kind = f"{type(given).__module__}.{type(given).__name__}".removeprefix("builtins.")
        raise DataError(f"{where}: {FORMS}; got {kind}")
    try:
        if not len(given):  # type: ignore[arg-type]
            raise DataError(f"{where}: has no images")
    except TypeError as error:
        raise DataError(f"{where}: its length is not known ({error})") from error
    return given  # type: ignore[return-value]


def _is_pair(given: tuple[Any, ...]) -> bool:
    """Whether a tuple holds two pairs (image, label) itself."""
    return all(isinstance(each, tuple) for each in given)


def _together(images: Any, labels: Any, where: str) -> Pairs:
    for what, values in (("images", images), ("labels", labels)):
        if not isinstance(values, np.ndarray | torch.Tensor | Sequence) or isinstance(values, str):
            kind = type(values).__name__
            raise DataError(f"{where}: {what} must be an array, tensor or list, got {kind}")
    if isinstance(images, np.ndarray | torch.Tensor) and images.ndim not in (3, 4):
        shape = tuple(images.shape)
        raise DataError(
            f"{where}: images must have shape (N, H, W), (N, H, W, C) or (N, C, H, W), got {shape}"
        )
    if isinstance(labels, np.ndarray | torch.Tensor) and labels.ndim != 1:
        raise DataError(
            f"{where}: labels must have shape (N,), one whole number or name for each image, "
            f"got {tuple(labels.shape)}"
        )
    if len(images) != len(labels):
        raise DataError(f"{where}: {len(images):,} images, and {len(labels):,} labels")
    if not len(images):
        raise DataError(f"{where}: has no images")
    return _Together(images, labels)


def _has_parts(given: object) -> bool:
    """Whether parts are its attributes; `train` of torchvision's data sets is a truth value."""
    return not isinstance(getattr(given, "train", None), bool | type(None))


def _parts_only(given: Mapping[object, object], name: str) -> dict[str, object]:
    found = {}
    for key, value in given.items():
        if not isinstance(key, str):
            raise DataError(f"{name}: {FORMS}; got a dict with the key {shown(key)}")
        if key != "classes" and value is not None:
            found[key] = value
    return found


def _part(key: str, name: str) -> str:
    found = part_named(key)
    if found is None:
        raise DataError(f"{name}: {key!r} is no part: train, validation or test")
    return found.part


def _classes_of(pairs: Any) -> tuple[str, ...] | None:
    """Class names of the data set: torchvision's `classes`, also of a Subset."""
    for owner in (pairs, getattr(pairs, "dataset", None)):
        classes = getattr(owner, "classes", None)
        if isinstance(classes, list | tuple) and all(isinstance(each, str) for each in classes):
            return tuple(classes)
    return None
