"""Data sets from Python objects: `from_arrays`, `from_torch`, `from_hugging_face`.

Each returns a `Dataset` as `load_dataset` does, and keeps its arrays in the cache (`stored`), so
that a study about it goes on in any later process.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import FunctionType
from typing import Any

from augury.data.dataset import Dataset, Progress, check_image_size
from augury.data.own import hugging_face
from augury.data.own.decode import decode_parts
from augury.data.own.parts import Pairs, parts_of
from augury.data.own.stored import check_title, keep, stored_name
from augury.errors import DataError
from augury.own.generators import generators_restored, seed_generators
from augury.own.kinds import DATASET
from augury.own.naming import importable_name
from augury.own.trust import point_to
from augury.rng import torch_seed


def from_arrays(
    images: Any,
    labels: Any,
    *,
    validation: tuple[Any, Any] | None = None,
    test: tuple[Any, Any] | None = None,
    classes: Sequence[str] | None = None,
    name: str = "arrays",
    image_size: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """A data set of arrays, tensors or lists.

    images: (N, H, W), (N, H, W, C) or (N, C, H, W), C 1 or 3, uint8, uint16 or floats in [0, 1]; or
        a list of such images, also of different sizes, or of PIL images. 16 bits are scaled to 8 by
        one range, the smallest of 8, 10, 12, 14 and 16 bits that holds all samples
    labels: (N,) whole numbers or names
    validation, test: pairs (images, labels); without `test`, 20 % of `images` is held out
    classes: names of the classes 0..K-1; by default the labels themselves, sorted
    name: what studies and reports call it
    image_size: side in pixels, 8..1024; None keeps the size of square images
    Raises DataError, in one line, for what cannot be used, and DiskError where the cache cannot be
    written.
    """
    given = {"train": (images, labels), "validation": validation, "test": test}
    return _kept({**given, "classes": classes}, name, "arrays", image_size, progress)


def from_torch(
    train: Pairs,
    *,
    validation: Pairs | None = None,
    test: Pairs | None = None,
    classes: Sequence[str] | None = None,
    name: str = "",
    image_size: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """A data set of map-style data sets: anything with `len()` and (image, label) by number.

    Images may be PIL images, or arrays and tensors as in `from_arrays`. They must not change from
    call to call: random transforms and normalization belong to the study. Each image is asked for
    once, the first eight of `train` three times.
    name: the class of `train` by default; all else as in `from_arrays`, `classes` by default those
        that `train.classes` names.
    """
    given = {"train": train, "validation": validation, "test": test, "classes": classes}
    return _kept(given, name or _title(train), _source(train), image_size, progress)


def from_hugging_face(
    dataset: Any,
    *,
    image: str | None = None,
    label: str | None = None,
    name: str = "",
    image_size: int | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """A data set of a Hugging Face `datasets.Dataset`, or `DatasetDict` of parts.

    image, label: the columns; None for the only one of type Image or ClassLabel, or else the one
        with a usual name ("image", "img"; "label", "labels")
    All else as in `from_arrays`.
    """
    parts = dict(dataset) if isinstance(dataset, dict) else {"train": dataset}
    for key, each in parts.items():
        if not hugging_face.is_dataset(each):
            raise DataError(f"{key}: must be a datasets.Dataset, got {type(each).__name__}")
        parts[key] = hugging_face.Rows(each, key, image, label)
    title = name or _title(dataset)
    return _kept(parts, title, "Hugging Face datasets", image_size, progress)


def own_dataset(given: object, name: str = "", image_size: int | None = None) -> str:
    """The name by which a study calls a data set that is given as an object.

    given: a `Dataset` (of `from_arrays`, `load_dataset`, ...), a pair (images, labels), a dict of
        parts, a map-style or Hugging Face data set, or a function without arguments that gives one
    name: what studies and reports call it; by default its own name or that of its class
    A function that any process can import becomes "module:name"; everything else is read now and
    kept as "stored:NAME@DIGITS". Raises as `from_arrays` does.
    """
    title = name or _title(given)
    if isinstance(given, type | FunctionType):
        found = importable_name(given, DATASET)
        if found is not None and not name:
            point_to([found], DATASET)
            return found
        given = call(given, title)
    return stored_name(_kept(given, title, _source(given), image_size, None))


def call(function: Callable[[], object], name: str) -> object:
    """Call a function of the user's own, with the generators seeded the same each time.

    Raises DataError, which `name` begins, for whatever it raises.
    """
    with generators_restored():
        seed_generators(torch_seed("data"))
        try:
            return function()
        except Exception as error:  # whatever the user's own code raises
            said = " ".join(str(error).split())
            raise DataError(f"{name}: {type(error).__name__}: {said}") from error


def dataset_of(
    given: object,
    name: str,
    source: str,
    image_size: int | None,
    scratch: Path,
    progress: Progress | None,
) -> Dataset:
    """The data set that `given` is or holds, its temporary files in `scratch`."""
    if isinstance(given, Dataset):
        return replace(given, name=name)
    parts = parts_of(given, name)
    return decode_parts(parts, name, source, image_size, scratch, progress)


def _kept(
    given: object, name: str, source: str, image_size: int | None, progress: Progress | None
) -> Dataset:
    check_title(name)
    check_image_size(image_size)
    return keep(lambda scratch: dataset_of(given, name, source, image_size, scratch, progress))


def _title(given: object) -> str:
    if isinstance(given, Dataset):
        return given.name
    if isinstance(given, tuple | list):
        return "arrays"
    named = getattr(given, "__name__", None) or _builder(given) or type(given).__name__
    return re.sub(r"\W", "", named) or "data"


def _builder(given: object) -> str:
    """The data set's name on the Hugging Face hub, if it has one."""
    first = next(iter(given.values()), None) if isinstance(given, dict) else given
    return str(getattr(first, "builder_name", None) or "")


def _source(given: object) -> str:
    """The source of the images, for people to read."""
    if isinstance(given, Dataset):
        return given.source
    first = given.get("train") if isinstance(given, dict) else given
    if hugging_face.is_dataset(first):
        return "Hugging Face datasets"
    return "arrays" if isinstance(first, tuple) else f"{type(first).__name__} of Python code"
